"""Conversations: the list of them, and what is done to one as a whole.

What is deleted can be restored until it is purged. `tree.py` holds what is said in them.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livetechno.store import changes
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError
from livetechno.store.migrations import statements
from livetechno.store.texts import moment, one_line, whole

LONGEST_TITLE = 200
"""Characters of a title that are kept."""
_AUTOMATIC = 60
"""Characters of a title that is made of the first question."""
_COLUMNS = """id, title, system, model, parameters, head, made, changed, deleted, (
    SELECT count(*) FROM messages WHERE conversation = conversations.id AND owner = conversations.owner
) AS size"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without what is said in it. Moments are UTC, as ISO 8601."""

    id: str
    title: str
    system: str
    model: str
    """A name or a use, as `Chat` takes it."""
    parameters: dict[str, Any]
    """How it is answered beside that (temperature, max_tokens, ...), as `Chat` takes it."""
    head: int | None
    """The last message of the branch in use; None while there is none."""
    made: str
    changed: str
    deleted: str | None
    size: int
    """How many messages it holds, on all branches."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A conversation that is not stored yet: it will be with the first thing that is said in it."""

    title: str = ""
    system: str = ""
    model: str = "chat"
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Conversations:
    """The conversations of one owner. Every method raises StoreError kinds, and changes nothing then."""

    def __init__(self, database: Database, owner: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now

    def create(self, *, title: str = "", system: str = "", model: str = "chat") -> Conversation:
        """A new one, empty."""
        id_, draft, at = self.new_id(), Draft(title, system, model), moment(self._now())
        self._database.write(lambda connection: insert(connection, self._owner, id_, draft, at)).result()
        return self.get(id_)

    @staticmethod
    def new_id() -> str:
        """An id that no conversation has."""
        return secrets.token_hex(6)

    def get(self, id_: str) -> Conversation:
        """The conversation of that id, deleted or not. Raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM conversations WHERE owner = ? AND id = ?",  # noqa: S608 - our own words
                (self._owner, id_),
            ).fetchone()
        if row is None:
            raise NotFoundError("unknown", name=id_)
        return _conversation(row)

    def find(self, beginning: str) -> Conversation:
        """The conversation whose id begins so. Raises NotFoundError, also when there are several."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM conversations"  # noqa: S608 - our own words
                " WHERE owner = ? AND substr(id, 1, ?) = ? LIMIT 2",
                (self._owner, len(beginning), whole(beginning).lower()),
            ).fetchall()
        if not beginning or not rows:
            raise NotFoundError("unknown", name=beginning)
        if len(rows) > 1:
            raise NotFoundError("ambiguous", name=beginning)
        return _conversation(rows[0])

    def newest(self) -> Conversation | None:
        """The one in which something was said last; None when there is none."""
        found = self.list(most=1)
        return found[0] if found else None

    def list(self, *, deleted: bool = False, most: int = 1000) -> tuple[Conversation, ...]:
        """Those that are there, or those that are deleted; the last changed first."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM conversations"  # noqa: S608 - our own words
                " WHERE owner = ? AND (deleted IS NOT NULL) = ? ORDER BY changed DESC, id LIMIT ?",
                (self._owner, deleted, most),
            )
            return tuple(map(_conversation, rows))

    def change(
        self,
        id_: str,
        *,
        title: str | None = None,
        system: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Give it another title, system message or model, or other parameters; None leaves what there is."""
        new = {
            "title": title and one_line(title, LONGEST_TITLE),
            "system": system,
            "model": model,
            "parameters": None if parameters is None else json.dumps(dict(parameters)),
        }
        self._update(id_, {name: whole(value) for name, value in new.items() if value is not None})

    def delete(self, id_: str) -> None:
        """Put it aside: it is listed no more, and can be restored."""
        self._update(id_, {"deleted": moment(self._now())})

    def restore(self, id_: str) -> None:
        """Take it back from where `delete` put it."""
        self._update(id_, {"deleted": None})

    def purge(self, id_: str | None = None) -> int:
        """Remove a deleted one for good, or all of them; how many that were.

        Its costs stay in the ledger. One that is not deleted is left alone.
        """

        def work(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "SELECT id FROM conversations"
                " WHERE owner = ? AND deleted IS NOT NULL AND id = coalesce(?, id)",
                (self._owner, id_),
            ).fetchall()
            for row in rows:
                _remove(connection, self._owner, row["id"])
            return len(rows)

        return self._database.write(work).result()

    def _update(self, id_: str, values: dict[str, Any]) -> None:
        if not values:
            return
        named = ", ".join(f"{name} = ?" for name in values)

        def work(connection: sqlite3.Connection) -> None:
            done = connection.execute(
                f"UPDATE conversations SET {named} WHERE owner = ? AND id = ?",  # noqa: S608 - our own words
                (*values.values(), self._owner, id_),
            )
            if not done.rowcount:
                raise NotFoundError("unknown", name=id_)
            changes.note(connection, self._owner, "conversation", id_)

        self._database.write(work).result()


def _conversation(row: sqlite3.Row) -> Conversation:
    return Conversation(**{**dict(row), "parameters": json.loads(row["parameters"])})


def insert(connection: sqlite3.Connection, owner: str, id_: str, draft: Draft, at: str) -> None:
    """Store a new conversation, as part of a write."""
    title, system, model = one_line(draft.title, LONGEST_TITLE), whole(draft.system), whole(draft.model)
    connection.execute(
        "INSERT INTO conversations (id, owner, title, system, model, parameters, made, changed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (id_, owner, title, system, model, json.dumps(dict(draft.parameters)), at, at),
    )
    changes.note(connection, owner, "conversation", id_)


def head(connection: sqlite3.Connection, owner: str, id_: str) -> int | None:
    """The last message of the branch in use. Raises NotFoundError where there is no such conversation."""
    found = connection.execute("SELECT head FROM conversations WHERE owner = ? AND id = ?", (owner, id_))
    row = found.fetchone()
    if row is None:
        raise NotFoundError("unknown", name=id_)
    return row["head"]  # type: ignore[no-any-return]


def check(connection: sqlite3.Connection, owner: str, id_: str) -> None:
    """See that there is such a conversation. Raises NotFoundError."""
    found = connection.execute("SELECT 1 FROM conversations WHERE owner = ? AND id = ?", (owner, id_))
    if found.fetchone() is None:
        raise NotFoundError("unknown", name=id_)


def touch(
    connection: sqlite3.Connection, owner: str, id_: str, head: int | None, at: str, title: str = ""
) -> None:
    """Something was said in it: it has another head, is the newest, and gets that title if it has none."""
    connection.execute(
        "UPDATE conversations SET head = ?, changed = ?, title = CASE title WHEN '' THEN ? ELSE title END"
        " WHERE owner = ? AND id = ?",
        (head, at, one_line(title, _AUTOMATIC), owner, id_),
    )
    changes.note(connection, owner, "conversation", id_)


_REMOVAL = """
    PRAGMA defer_foreign_keys = ON;  -- messages refer to each other
    DELETE FROM attached WHERE owner = :owner AND message IN (
        SELECT id FROM messages WHERE owner = :owner AND conversation = :id
    );
    DELETE FROM attachments WHERE owner = :owner AND NOT EXISTS (
        SELECT 1 FROM attached WHERE attached.owner = attachments.owner AND attached.hash = attachments.hash
    );
    DELETE FROM summaries WHERE owner = :owner AND conversation = :id;
    DELETE FROM messages WHERE owner = :owner AND conversation = :id;
    DELETE FROM conversations WHERE owner = :owner AND id = :id;
"""


def _remove(connection: sqlite3.Connection, owner: str, id_: str) -> None:
    """Take out everything of it, and the attachments that nothing else uses."""
    for statement in statements(_REMOVAL):
        connection.execute(statement, {"owner": owner, "id": id_})
    changes.note(connection, owner, "conversation", id_)
