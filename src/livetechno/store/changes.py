"""What has changed since: every change has a number, and the numbers rise.

    for change in store.changes.after(17): ...
    store.changes.wait(17, seconds=15)

Only the newest change of each object is kept, so the list is no longer than what is stored.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from livetechno.store.database import Database

LOOK_EVERY = 0.05
"""Seconds between looks for what other processes have written."""


@dataclass(frozen=True, slots=True)
class Change:
    """That `object` of this `kind` (`conversation`, `call`, `budget`, `settings`) is new, changed or gone."""

    number: int
    kind: str
    object: str


class Changes:
    """The changes of one owner."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def after(self, number: int) -> tuple[Change, ...]:
        """What has changed after the change `number`, the last change last. Raises StoreError."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT number, kind, object FROM changes WHERE owner = ? AND number > ? ORDER BY number",
                (self._owner, number),
            )
            return tuple(Change(*row) for row in rows)

    def last(self) -> int:
        """The number of the last change; 0 before the first. Raises StoreError."""
        with self._database.read() as connection:
            row = connection.execute("SELECT max(number) FROM changes WHERE owner = ?", (self._owner,))
            return row.fetchone()[0] or 0

    def wait(self, number: int, seconds: float) -> tuple[Change, ...]:
        """The changes after `number` as soon as there are any, made by whatever process; () when none came.

        Raises StoreError.
        """
        ends = time.monotonic() + seconds
        with self._database.watch() as version:
            seen = None
            while True:
                now = version()
                if now != seen and (found := self.after(number)):
                    return found
                seen = now
                if (left := ends - time.monotonic()) <= 0:
                    return ()
                with self._database.committed:
                    self._database.committed.wait(min(left, LOOK_EVERY))

    def tell(self, kind: str, object_: str = "") -> None:
        """Number a change of what is kept elsewhere, on disk when this returns. Raises StoreError."""
        self._database.write(lambda connection: note(connection, self._owner, kind, object_)).result()


def note(connection: sqlite3.Connection, owner: str, kind: str, object_: str) -> None:
    """Give the object's change the next number. Part of the write that changes it."""
    connection.execute(
        "INSERT OR REPLACE INTO changes (owner, kind, object) VALUES (?, ?, ?)", (owner, kind, object_)
    )
