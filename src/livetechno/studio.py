"""Composing in a few lines: a wish becomes a proposal, a project a MIDI file.

    from livetechno import studio

    proposal = studio.propose("acid at 132 bpm, dark, four on the floor")
    print(proposal.explain)
    Path("loop.mid").write_bytes(studio.midi(proposal.after))

With no key, Mock AI composes. Machines are those of the catalogue and of the musician's own (`owned`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from livetechno import app, composer, owned
from livetechno.composer import Progress, Proposal
from livetechno.composer.offers import allowed
from livetechno.gpt import background
from livetechno.music import midi_file, wish
from livetechno.music.checks import Owned
from livetechno.music.expansion import expand
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.reduce import reduce
from livetechno.music.values import Project
from livetechno.music.wish import Intent
from livetechno.projects import Entry, Piece
from livetechno.store.errors import ValueRefusedError


def propose(
    what: str | Intent,
    project: Project | None = None,
    *,
    model: str = "patterns",
    progress: Callable[[Progress], object] = lambda _: None,
) -> Proposal:
    """What a model proposes for a wish, in words or read already; `project` None is an empty one.

    Nothing is done: `proposal.after` is what would be. Raises NotComposedError, GPTError and SettingsError
    kinds.
    """
    mine = owned.read()
    intent = wish.read(what, mine.catalogue.solid_names()) if isinstance(what, str) else what
    client = app.client()
    app.announce()
    return background.run(
        composer.compose(
            client,
            intent,
            project or Project(),
            mine.catalogue,
            inventory=mine.inventory,
            model=app.model(model),
            price=app.cost,
            progress=progress,
        )
    )


def accept(piece: Piece, proposal: Proposal, places: Collection[int] | None = None) -> Entry:
    """Do what is accepted in a stored project, as one step: all of it, or the actions at these places.

    Raises Refused where what is accepted needs what is not, StoreError, and of its kinds ValueRefusedError
    `project_moved` where somebody has changed the project since: see `renewed`. Nothing is done then.
    """
    piece.refresh()
    if replace(piece.project, name=proposal.before.name) != proposal.before:
        raise ValueRefusedError("project_moved", name=piece.name)
    machines, may = _playable(proposal)
    batch = proposal.accepted(places, machines, may)
    about = {"message": proposal.intent.words, "proposal": proposal.id}
    return piece.do(batch, machines, author="model", inventory=may, **about)


def renewed(proposal: Proposal, project: Project) -> Proposal:
    """What a proposal would do to a project that has changed meanwhile. Raises Refused where it cannot."""
    return proposal.on(project, *_playable(proposal))


def applied(proposal: Proposal, places: Collection[int] | None = None) -> Project:
    """The project with all of a proposal, or with the actions at these places. Raises Refused."""
    if places is None:
        return proposal.after
    machines, may = _playable(proposal)
    return reduce(proposal.before, proposal.accepted(places, machines, may), machines, may)[0]


def _playable(proposal: Proposal) -> tuple[Catalogue, Owned]:
    """All machines, and which of them the proposal may use."""
    mine = owned.read()
    return mine.catalogue, allowed(proposal.intent, mine.inventory)


def midi(project: Project) -> bytes:
    """The project as a MIDI file, for the machines as their owner has them."""
    return midi_file.write(expand(project), owned.read().catalogue)
