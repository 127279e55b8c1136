"""Composing on the phone, without a screen: a wish becomes a proposal, then music, kept, heard and shared.

All of it is for one project, which is stored and can be undone step by step. What waits for a model must not
be called on the main thread.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import sound

from livetechno import app, projects, studio
from livetechno.composer import Progress, Proposal
from livetechno.hosts.pythonista import files
from livetechno.projects import Piece
from livetechno.server.filenames import name_of
from livetechno.store.errors import NotFoundError, ValueRefusedError

FOLDER = "livetechno-played"
"""In the folder for temporary files: what is played, in the place of what was."""
NAME = "Pythonista"
"""The project that is composed for."""
_playing: list[sound.MIDIPlayer] = []
"""The player that is heard: the app stops one that nobody holds."""


def piece() -> Piece:
    """The project, a new one the first time. Raises StoreError."""
    try:
        return projects.find(app.store(), NAME)
    except NotFoundError:
        return projects.create(app.store(), NAME)


def propose(words: str, progress: Callable[[Progress], object] = lambda _: None) -> Proposal:
    """What a model proposes for the project. Raises as `studio.propose` does, and StoreError."""
    return studio.propose(words, piece().project, progress=progress)


def accept(proposal: Proposal, places: Collection[int] | None = None) -> Proposal | None:
    """Do what is accepted, as one step.

    Where the project was changed meanwhile nothing is done: what the proposal would do now comes back, to be
    shown first. Raises as `studio.accept` and `studio.renewed` do.
    """
    into = piece()
    try:
        studio.accept(into, proposal, places)
    except ValueRefusedError as error:
        if error.code != "project_moved":
            raise
    else:
        return None
    return studio.renewed(proposal, into.project)


def midi(of: Proposal | None = None) -> bytes:
    """The project as a MIDI file, or as it would be with a proposal."""
    return studio.midi(piece().project if of is None else of.after)


def play(of: Proposal | None = None) -> None:
    """Play it with the phone's own sounds, from the beginning; what was playing ends."""
    data = midi(of)
    stop()
    folder = Path(tempfile.gettempdir()) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "loop.mid"
    file.write_bytes(data)
    player = sound.MIDIPlayer(str(file))
    _playing.append(player)
    player.play()


def stop() -> bool:
    """End what is playing. Whether anything was."""
    was = bool(_playing)
    while _playing:
        _playing.pop().stop()
    return was


def share() -> None:
    """Hand the MIDI file to the person, and wait until they have chosen."""
    files.hand_over(f"{name_of(piece().name, 'loop')}.mid", midi())
