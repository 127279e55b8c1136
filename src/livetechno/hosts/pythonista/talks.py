"""The talks of this process: one that still answers, or holds what is nowhere else, is found again."""

from __future__ import annotations

from livetechno import app
from livetechno.hosts.pythonista import device, running
from livetechno.hosts.pythonista.chat_talk import Talk
from livetechno.store.errors import StoreError

PARTING = 5.0
"""Most seconds that one is waited for."""

_registered = False
_open: list[Talk] = []
"""Those that are shown, or that something is under way in. The last one was opened last."""


def latest() -> Talk:
    """The talk that was shown last, else the conversation in which something was said last, else a new one.

    Not on the main thread: it may open the store.
    """
    if _open:
        return _open[-1]
    try:
        newest = app.store().conversations.newest()
    except StoreError:
        newest = None  # the talk tells of it
    return of(None if newest is None else newest.id)


def of(id_: str | None) -> Talk:
    """The talk about a conversation; a new one without an id."""
    global _registered
    if not _registered:  # what another life of this module has left running is ended
        running.replace("chat", stop_all)
        _registered = True
    found = next((talk for talk in _open if id_ is not None and talk.id == id_), None)
    found = found or Talk(id_, awake=device.awake)
    _open[:] = [talk for talk in _open if talk is not found and talk.is_needed] + [found]
    return found


def stop_all() -> None:
    """End every answer; what came of them is kept."""
    global _registered
    for talk in _open:
        talk.stop()
    for talk in _open:
        talk.wait(PARTING)
    _open.clear()
    _registered = False
