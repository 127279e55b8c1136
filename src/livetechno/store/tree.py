"""What is said in a conversation: a tree of messages, each kept once.

An exchange is a person's message with all that follows it up to the answer. Asking again or editing makes a
branch: both share what stands before. Reading goes from the end of a branch backwards, so that adding to a
conversation costs the same after ten messages and after a hundred thousand.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from livetechno.store import changes, conversations
from livetechno.store.conversations import Draft
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError
from livetechno.store.messages import NewMessage, StoredMessage, insert, stored, text_of
from livetechno.store.texts import moment, one_line, whole

PAGE = 64
"""Messages that are read at once on the way back."""
_BACKWARDS = """
    WITH RECURSIVE back AS (
        SELECT * FROM messages WHERE owner = :owner AND conversation = :conversation AND id = :start
        UNION ALL
        SELECT messages.* FROM messages JOIN back ON messages.id = back.parent WHERE messages.owner = :owner
        LIMIT :most
    )
    SELECT back.*, summaries.text AS summary FROM back
    LEFT JOIN summaries ON summaries.message = back.id AND summaries.owner = :owner
"""
# what follows a message has a higher id
_BELOW = """
    WITH RECURSIVE below AS (
        SELECT id FROM messages WHERE owner = :owner AND conversation = :conversation AND id = :start
        UNION ALL
        SELECT messages.id FROM messages JOIN below ON messages.parent = below.id
        WHERE messages.owner = :owner
    )
    SELECT max(id) FROM below
"""
_LAST_WORDS = 80


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through the tree, to the message at its end."""

    head: int
    size: int
    """Messages on it."""
    in_use: bool
    last: str
    """The beginning of the last thing the person said on it, on one line."""
    at: str


class Tree:
    """The messages of one owner's conversations. Every method raises StoreError kinds."""

    def __init__(self, database: Database, owner: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now

    def add(
        self,
        conversation: str,
        messages: Sequence[NewMessage],
        *,
        after: int | None,
        turn: int | None = None,
        draft: Draft | None = None,
        if_in_use: bool = False,
    ) -> int:
        """Keep messages after the message `after` (None: at the beginning), and use that branch.

        With `if_in_use` another branch stays in use where `after` is not the end of the one that is. The
        messages make an exchange of their own, or go on with the one that `turn` opened. With a `draft` the
        conversation is new, and stored with them. Returns the id of the last message, which is on disk then.
        Raises NotFoundError for messages of another conversation.
        """
        at = moment(self._now())

        def work(connection: sqlite3.Connection) -> int:
            if draft is not None:
                conversations.insert(connection, self._owner, conversation, draft, at)
            in_use = conversations.head(connection, self._owner, conversation)
            place = 0 if after is None else self._place(connection, conversation, after) + 1
            if turn is not None:
                self._place(connection, conversation, turn)
            last, opened = after, turn
            for number, new in enumerate(messages, place):
                last = insert(
                    connection, self._owner, conversation, new, parent=last, turn=opened, place=number, at=at
                )
                opened = opened or last
            assert last is not None
            head = in_use if if_in_use and in_use != after else last
            conversations.touch(connection, self._owner, conversation, head, at, _title(messages))
            return last

        return self._database.write(work).result()

    def use(self, conversation: str, head: int | None) -> None:
        """Go on from that message: an earlier one, one of another branch, or from the beginning (None).

        Nothing is removed. Raises NotFoundError for a message of another conversation.
        """
        at = moment(self._now())

        def work(connection: sqlite3.Connection) -> None:
            conversations.check(connection, self._owner, conversation)
            if head is not None:
                self._place(connection, conversation, head)
            conversations.touch(connection, self._owner, conversation, head, at)

        self._database.write(work).result()

    def head(self, conversation: str) -> int | None:
        """The last message of the branch in use, None before the first; takes no longer in a long one.

        Raises NotFoundError.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT head FROM conversations WHERE owner = ? AND id = ?", (self._owner, conversation)
            ).fetchone()
        if row is None:
            raise NotFoundError("unknown", name=conversation)
        head: int | None = row["head"]
        return head

    def branch(self, conversation: str, head: int | None) -> tuple[StoredMessage, ...]:
        """All messages of the branch that ends there, the first one first."""
        if head is None:
            return ()
        with self._database.read() as connection:
            back = self._back(connection, conversation, head, most=-1)
        return tuple(reversed(back))

    def exchanges(self, conversation: str, head: int | None) -> Iterator[tuple[StoredMessage, ...]]:
        """The exchanges of the branch that ends there, the newest first, read as they are asked for."""
        for _, exchange in groupby(self._messages_back(conversation, head), key=lambda message: message.turn):
            yield tuple(reversed(tuple(exchange)))

    def message(self, conversation: str, message: int) -> StoredMessage:
        """One message. Raises NotFoundError."""
        with self._database.read() as connection:
            return self._back(connection, conversation, message, 1)[0]

    def end(self, conversation: str, message: int) -> int:
        """The newest end of the branches that hold a message. Raises NotFoundError."""
        with self._database.read() as connection:
            newest: int | None = connection.execute(
                _BELOW, {"owner": self._owner, "conversation": conversation, "start": message}
            ).fetchone()[0]
        if newest is None:
            raise NotFoundError("unknown", name=f"{conversation}/{message}")
        return newest

    def children(self, conversation: str) -> dict[int | None, list[int]]:
        """The ids of the messages that follow each message; under None those at the beginning."""
        found: dict[int | None, list[int]] = {}
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, parent FROM messages WHERE owner = ? AND conversation = ? ORDER BY id",
                (self._owner, conversation),
            )
            for row in rows:
                found.setdefault(row["parent"], []).append(row["id"])
        return found

    def branches(self, conversation: str) -> tuple[Branch, ...]:
        """The ends of all branches, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT leaf.id, leaf.place + 1 AS size, leaf.id = conversations.head AS in_use,"
                " question.text AS last, leaf.at FROM messages AS leaf"
                " JOIN conversations ON conversations.id = leaf.conversation"
                " JOIN messages AS question ON question.id = leaf.turn AND question.owner = leaf.owner"
                " WHERE leaf.owner = :owner AND leaf.conversation = :conversation"
                " AND (leaf.id = conversations.head OR NOT EXISTS"
                "   (SELECT 1 FROM messages AS child WHERE child.parent = leaf.id AND child.owner = :owner))"
                " ORDER BY leaf.id",
                {"owner": self._owner, "conversation": conversation},
            )
            return tuple(
                Branch(
                    row["id"], row["size"], bool(row["in_use"]), one_line(row["last"], _LAST_WORDS), row["at"]
                )
                for row in rows
            )

    def summarise(self, conversation: str, message: int, text: str) -> None:
        """Keep a summary of everything up to and including a message, on disk when this returns."""
        at = moment(self._now())

        def work(connection: sqlite3.Connection) -> None:
            self._place(connection, conversation, message)
            connection.execute(
                "INSERT OR REPLACE INTO summaries (message, owner, conversation, text, at)"
                " VALUES (?, ?, ?, ?, ?)",
                (message, self._owner, conversation, whole(text), at),
            )
            changes.note(connection, self._owner, "conversation", conversation)

        self._database.write(work).result()

    def _messages_back(self, conversation: str, head: int | None) -> Iterator[StoredMessage]:
        while head is not None:
            with self._database.read() as connection:
                page = self._back(connection, conversation, head, PAGE)
            yield from page
            head = page[-1].parent

    def _back(
        self, connection: sqlite3.Connection, conversation: str, start: int, most: int
    ) -> list[StoredMessage]:
        rows = connection.execute(
            _BACKWARDS, {"owner": self._owner, "conversation": conversation, "start": start, "most": most}
        )
        found = [stored(connection, self._owner, row) for row in rows.fetchall()]
        if not found:
            raise NotFoundError("unknown", name=f"{conversation}/{start}")
        return found

    def _place(self, connection: sqlite3.Connection, conversation: str, message: int) -> int:
        row = connection.execute(
            "SELECT place FROM messages WHERE owner = ? AND conversation = ? AND id = ?",
            (self._owner, conversation, message),
        ).fetchone()
        if row is None:
            raise NotFoundError("unknown", name=f"{conversation}/{message}")
        return int(row["place"])


_FILE = re.compile(r"(?:^|\n\n)([^\n]{1,255}\.([\w+#-]{1,16})):\n(`{3,})\2\n[\s\S]*?\n\3(?=\n\n|$)")
"""A text file in a question, fenced under its name, as web/src/chat/attachments.ts puts it there."""


def _title(messages: Sequence[NewMessage]) -> str:
    """What the person says in them, to name the conversation by; where that is nothing, the files' names."""
    for message in messages:
        if message.plain.get("role") == "user" and (said := text_of(message.plain)):
            names = (found[1] for found in _FILE.finditer(said))
            return _FILE.sub("", said).strip() or ", ".join(names)
    return ""
