"""All machines by id: those made by hand, an owner's own, and those of the MIDI Guide data.

    machines = Catalogue()
    machines["behringer.td3"]              a Machine; nothing is read before it is asked for
    machines.search("moog sub", limit=5)   what it finds, without reading them

Where two have one id the owner's counts, then the one that was made by hand.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from livetechno.music import documents
from livetechno.music.machines import guide
from livetechno.music.machines.device import Machine

GENERIC = ("generic.drums", "generic.synth")
"""For what is in no catalogue: General MIDI's drum notes, and a synthesizer with the usual controls."""


@dataclass(frozen=True, slots=True)
class Own:
    """What an owner has said of machines."""

    machines: Mapping[str, Machine] = field(default_factory=dict)
    """Machines of the owner's making."""
    notes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Which note a voice sends, by machine and voice."""
    through: Mapping[str, str] = field(default_factory=dict)
    """Which machine stands in for one that has no MIDI."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search finds."""

    id: str
    maker: str
    name: str
    by_hand: bool
    """Whether it was made by hand, with sources; else it is from the MIDI Guide data."""


class Catalogue(Mapping[str, Machine]):
    """Machines by id."""

    def __init__(self, own: Own | None = None) -> None:
        self._own = own or Own()
        self._made: dict[str, Machine] = {}

    def __getitem__(self, id_: str) -> Machine:
        """The machine, with its owner's notes. Raises KeyError."""
        if id_ not in self._made:
            self._made[id_] = self._with_notes(self._spoken_to(self._plain(id_)))
        return self._made[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, id_: object) -> bool:
        return id_ in self._own.machines or id_ in _by_hand() or id_ in guide.devices()

    def search(self, words: str, limit: int = 20) -> tuple[Found, ...]:
        """Machines whose id, maker or name has every word, the nearest first."""
        wanted = _plain(words).split()
        found = []
        for id_, (maker, name) in self._names().items():
            text = f"{id_} {_plain(maker)} {_plain(name)}"
            solid = _solid(text)
            if all(word in text or _solid(word) in solid for word in wanted):
                found.append(Found(id_, maker, name, id_ in self._own.machines or id_ in _by_hand()))
        exact = "".join(wanted)
        found.sort(key=lambda one: (exact not in one.id.replace(".", ""), not one.by_hand, one.id))
        return tuple(found[:limit])

    def solid_names(self) -> dict[str, str]:
        """Ids by name, and by maker with name, in small letters and digits alone: `subsequent37`."""
        found: dict[str, str] = {}
        for id_, (maker, name) in self._names().items():
            solid = _solid(name)
            found[_solid(maker) + solid] = id_
            if any(sign.isdigit() for sign in solid):  # "Peak" and "Pulse" are words, too
                found.setdefault(solid, id_)
        return {name: id_ for name, id_ in found.items() if len(name) >= 3 and not name.isdigit()}

    def _names(self) -> dict[str, tuple[str, str]]:
        own = {one.id: (one.maker, one.name) for one in self._own.machines.values()}
        hand = {one.id: (one.maker, one.name) for one in _by_hand().values()}
        return {**guide.devices(), **hand, **own}

    def _plain(self, id_: str) -> Machine:
        return self._own.machines.get(id_) or _by_hand().get(id_) or guide.machine(id_)

    def _spoken_to(self, machine: Machine) -> Machine:
        """A machine without MIDI has the controls and manners of the one that stands in for it."""
        if not machine.through:
            return machine
        chosen = self._own.through.get(machine.id, machine.through[0])
        if chosen not in self or chosen == machine.id:
            chosen = machine.through[0]
        other = self._plain(chosen)
        return replace(
            machine,
            controls=other.controls,
            accent=other.accent,
            slide=other.slide,
            low_note=other.low_note,
            high_note=other.high_note,
            through=(chosen, *(one for one in machine.through if one != chosen)),
        )

    def _with_notes(self, machine: Machine) -> Machine:
        notes = self._own.notes.get(machine.id, {})
        if not notes:
            return machine
        voices = tuple(replace(one, sends=notes.get(one.name, one.sends)) for one in machine.voices)
        return replace(machine, voices=voices)


def read(document: Mapping[str, Any]) -> Machine:
    """The machine that a Machine.v1, which has been checked, stands for."""
    return documents.read(Machine, {name: held for name, held in document.items() if name != "type"})


@cache
def _by_hand() -> Mapping[str, Machine]:
    folder = resources.files(__package__).joinpath("data")
    files = (file for file in folder.iterdir() if file.name.endswith(".json"))
    machines = (read(json.loads(file.read_text(encoding="utf-8"))) for file in files)
    return {one.id: one for one in sorted(machines, key=lambda one: one.id)}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def _solid(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _plain(text))
