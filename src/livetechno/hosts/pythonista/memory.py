"""How much memory a conversation takes on the phone: the texts looked at last; the rest is on disk."""

from __future__ import annotations

from livetechno import app
from livetechno.hosts import conversing
from livetechno.hosts.pythonista import talks
from livetechno.hosts.pythonista.chat_talk import Talk
from livetechno.kept import PHONE_BYTES


def told(talk: Talk | None = None) -> str:
    """What of a conversation is in memory, how much that may be, and how much is stored, in a sentence.

    Without one: of that which was open last. Not on the main thread. Raises StoreError kinds.
    """
    talk = talk or talks.latest()
    size = 0 if talk.id is None else app.store().conversations.get(talk.id).size
    return conversing.memory(talk.held, PHONE_BYTES, size)
