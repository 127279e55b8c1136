"""The stored conversations, as a numbered list in the console."""

from __future__ import annotations

from livetechno import app, words
from livetechno.gpt.redaction import redact
from livetechno.hosts import conversing
from livetechno.hosts.pythonista import ink

MOST = 20


class History:
    """The list that was shown last: its numbers mean the same until it is shown anew."""

    def __init__(self) -> None:
        self._ids: tuple[str, ...] = ()

    def show(self) -> None:
        """Print the conversations, the last changed first. Raises StoreError kinds."""
        from livetechno.store.export import local_time

        found = app.store().conversations.list(most=MOST)
        self._ids = tuple(one.id for one in found)
        for number, one in enumerate(found, 1):
            title = redact(conversing.beginning(one.title)) or words.say("export.untitled")
            ink.say(f"{number:>2}  {local_time(one.changed)}  {title}", None)
        ink.say(words.say("phone.console.history" if found else "phone.console.history.none"))

    def find(self, number: str) -> str | None:
        """The id of the conversation of that number; None for another one. Raises StoreError kinds."""
        if not self._ids:
            self._ids = tuple(one.id for one in app.store().conversations.list(most=MOST))
        if not number.isdecimal() or not 1 <= int(number) <= len(self._ids):
            return None
        return self._ids[int(number) - 1]
