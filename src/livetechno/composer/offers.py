"""Which machines an answer may put on the desk."""

from __future__ import annotations

from livetechno.music.checks import Machines, Owned
from livetechno.music.generator.styles import STYLES, USUAL
from livetechno.music.machines.catalogue import GENERIC
from livetechno.music.values import Project
from livetechno.music.wish import Intent

MOST = 8
"""Machines that are offered beside those on the desk: each is a branch of the schema."""


def offered(intent: Intent, project: Project, machines: Machines, inventory: Owned) -> tuple[str, ...]:
    """Ids: those that the wish names, then those that are owned, else those that suit the style."""
    style = STYLES[intent.style or USUAL]
    usual = (style.drums_by, *style.machines, *GENERIC) if inventory is None else tuple(sorted(inventory))
    on_desk = {one.machine for one in project.machines}
    found = dict.fromkeys(id_ for id_ in (*intent.machines, *usual) if id_ in machines and id_ not in on_desk)
    return tuple(found)[:MOST]


def allowed(intent: Intent, inventory: Owned) -> Owned:
    """What may be added: the inventory, and what the wish names beside it; None for anything."""
    return None if inventory is None else inventory | set(intent.machines)
