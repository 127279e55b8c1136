"""Full-text search over all that was said.

SQLite's FTS5 keeps an index of words, without accents and case, that refers to the messages and copies none
of them. Scripts that put no spaces between words (Chinese, Japanese, Thai, ...) are searched by reading, and
so is everything where this SQLite has no FTS5.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from livetechno.store.database import Database
from livetechno.store.index import has_index
from livetechno.store.texts import fold, one_line

_AROUND = 40
"""Characters that are shown before what was found."""
_SHOWN = 160
_MOST_WORDS = 100
"""Words of a search that count: SQLite takes no condition that is deeper than 1,000."""
_MARKUP = re.compile(r"^ {0,3}(?:#{1,6}|>|[-*+]) +|`+|\*\*(?=\S)|(?<=\S)\*\*", re.MULTILINE)
"""Markdown's marks that can be left out of a text to be read: of headings, lists, quotes, bold and code."""
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Thai, Lao, Burmese, Khmer, kana and Chinese characters (Unicode blocks)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message in which all the words stand, and the conversation that it belongs to."""

    conversation: str
    title: str
    message: int
    role: str
    at: str
    excerpt: str
    """The text around the first word that was found, on one line and without Markdown's marks."""


class Search:
    """Search in one owner's conversations."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def __call__(self, text: str, *, most: int = 50) -> tuple[Found, ...]:
        """What holds all the words of `text`, beginnings of words included; the best first, then the newest.

        Deleted conversations are left out. Nothing is found where there is no word. Raises StoreError.
        """
        words = list(dict.fromkeys(_WORD.findall(text)))[:_MOST_WORDS]
        if not words:
            return ()
        with self._database.read() as connection:
            if has_index(connection) and not _UNSPACED.search(text):
                rows = self._by_index(connection, words, most)
            else:
                rows = self._by_reading(connection, words, most)
            return tuple(
                Found(
                    row["conversation"],
                    row["title"],
                    row["id"],
                    row["role"],
                    row["at"],
                    _excerpt(row["text"], words),
                )
                for row in rows
            )

    def _by_index(self, connection: sqlite3.Connection, words: list[str], most: int) -> list[sqlite3.Row]:
        wanted = " AND ".join(f'"{word}"*' for word in words)
        return connection.execute(
            "SELECT messages.id, conversation, title, role, text, at FROM messages"
            " JOIN (SELECT rowid AS hit, rank FROM said WHERE said MATCH :wanted) ON hit = messages.id"
            " JOIN conversations ON conversations.id = conversation AND conversations.owner = :owner"
            " WHERE messages.owner = :owner AND deleted IS NULL AND role IN ('user', 'assistant')"
            " ORDER BY rank, messages.id DESC LIMIT :most",
            {"wanted": wanted, "owner": self._owner, "most": most},
        ).fetchall()

    def _by_reading(self, connection: sqlite3.Connection, words: list[str], most: int) -> list[sqlite3.Row]:
        holds = " AND ".join("instr(lower(text), lower(?))" for _ in words)
        return connection.execute(
            "SELECT messages.id, conversation, title, role, text, at FROM messages"  # noqa: S608 - our own words
            " JOIN conversations ON conversations.id = conversation AND conversations.owner = messages.owner"
            f" WHERE messages.owner = ? AND deleted IS NULL AND role IN ('user', 'assistant') AND {holds}"
            " ORDER BY messages.id DESC LIMIT ?",
            (self._owner, *words, most),
        ).fetchall()


def marks(excerpt: str, text: str) -> list[tuple[int, int]]:
    """Where words of `text` begin and end in what was found by it, to be shown."""
    wanted = "|".join(re.escape(fold(word)) for word in sorted(_WORD.findall(text), key=len, reverse=True))
    begun = "" if _UNSPACED.search(text) else r"(?<![^\W_])"
    return [found.span() for found in re.finditer(f"{begun}(?:{wanted})", fold(excerpt))] if wanted else []


def _excerpt(text: str, words: list[str]) -> str:
    folded = fold(text)
    places = [place for word in words if (place := folded.find(fold(word))) >= 0]
    start = max(0, min(places, default=0) - _AROUND)
    shown = one_line(_MARKUP.sub("", text[start : start + 4 * _SHOWN]), _SHOWN)
    return f"…{shown}" if start else shown
