"""Projects: of each a log that only grows, of entries whose meaning is not this room's.

    row = store.projects.create("loop", first_entry)
    store.projects.append(row.id, entry, after=1)       raises where another has written since
    store.projects.log(row.id)

What an entry makes of a project is for who writes it to know; that nobody wrote in between, for us.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from livetechno.store import changes
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError, ValueRefusedError
from livetechno.store.texts import moment

LONGEST_NAME = 120
_NAME = re.compile(r"[^\W_][\w .'()&+-]*")


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as the list has it."""

    id: str
    name: str
    made: str
    changed: str
    """When its last entry was written (UTC)."""
    entries: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a log."""

    number: int
    """From 1."""
    at: str
    text: str


def check_name(name: str) -> None:
    """Raises ValueRefusedError for what is no name of a project."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueRefusedError("project_name", name=name)


class Projects:
    """The projects of one owner. Every method raises StoreError kinds."""

    def __init__(self, database: Database, owner: str, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now

    def create(self, name: str, *entries: str) -> ProjectRow:
        """A new project with the first entries of its log.

        Raises ValueRefusedError for a name that is taken or none.
        """
        check_name(name)
        id_ = secrets.token_hex(8)

        def work(connection: sqlite3.Connection) -> ProjectRow:
            if self._row(connection, name) is not None:
                raise ValueRefusedError("project_taken", name=name)
            now = moment(self._now())
            connection.execute(
                "INSERT INTO projects (id, owner, name, made) VALUES (?, ?, ?, ?)",
                (id_, self._owner, name, now),
            )
            connection.executemany(
                "INSERT INTO project_log (owner, project, number, at, entry) VALUES (?, ?, ?, ?, ?)",
                [(self._owner, id_, number, now, text) for number, text in enumerate(entries, 1)],
            )
            changes.note(connection, self._owner, "project", id_)
            made = self._row(connection, id_)
            assert made is not None
            return made

        return self._database.write(work).result()

    def list(self) -> tuple[ProjectRow, ...]:
        """All of them, the one last changed first."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE owner = ? ORDER BY changed DESC, name", (self._owner,)
            )
            return tuple(ProjectRow(*row) for row in rows)

    def find(self, name_or_id: str) -> ProjectRow:
        """The project of that name or id. Raises NotFoundError."""
        with self._database.read() as connection:
            found = self._row(connection, name_or_id)
        if found is None:
            raise NotFoundError("project_unknown", name=name_or_id)
        return found

    def log(self, id_: str, after: int = 0) -> tuple[LogEntry, ...]:
        """The entries after a number, the first first. Raises NotFoundError."""
        with self._database.read() as connection:
            self._there(connection, id_)
            rows = connection.execute(
                "SELECT number, at, entry FROM project_log WHERE owner = ? AND project = ? AND number > ?"
                " ORDER BY number",
                (self._owner, id_, after),
            )
            return tuple(LogEntry(*row) for row in rows)

    def append(self, id_: str, entry: str, *, after: int) -> LogEntry:
        """Write an entry, the first after number `after`.

        Raises NotFoundError, and ValueRefusedError `project_moved` where there is such an entry already.
        """

        def work(connection: sqlite3.Connection) -> LogEntry:
            row = self._there(connection, id_)
            if row.entries != after:
                raise ValueRefusedError("project_moved", name=row.name)
            written = LogEntry(after + 1, moment(self._now()), entry)
            connection.execute(
                "INSERT INTO project_log (owner, project, number, at, entry) VALUES (?, ?, ?, ?, ?)",
                (self._owner, id_, written.number, written.at, written.text),
            )
            changes.note(connection, self._owner, "project", id_)
            return written

        return self._database.write(work).result()

    def _there(self, connection: sqlite3.Connection, id_: str) -> ProjectRow:
        row = connection.execute(f"{_SELECT} WHERE owner = ? AND id = ?", (self._owner, id_)).fetchone()
        if row is None:
            raise NotFoundError("project_unknown", name=id_)
        return ProjectRow(*row)

    def _row(self, connection: sqlite3.Connection, name_or_id: str) -> ProjectRow | None:
        row = connection.execute(
            f"{_SELECT} WHERE owner = ? AND ? IN (name, id)", (self._owner, name_or_id)
        ).fetchone()
        return None if row is None else ProjectRow(*row)


_SELECT = """
    SELECT id, name, made,
        coalesce((SELECT at FROM project_log AS log
            WHERE log.owner = projects.owner AND project = id ORDER BY number DESC LIMIT 1), made) AS changed,
        coalesce((SELECT max(number) FROM project_log AS log
            WHERE log.owner = projects.owner AND project = id), 0) AS entries
    FROM projects
"""
