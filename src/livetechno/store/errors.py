"""What can go wrong with what is kept: typed, with a sentence that says what to do next."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from livetechno import words


class StoreError(Exception):
    """What is kept cannot be read or written; nothing has changed.

    `code` is `unreadable`, `full`, `busy`, `broken`, `newer`, `closed`, `none`, `unknown`, `ambiguous`,
    `value`, `access_name`, `access_taken`, `access_unknown`, `project_name`, `project_taken`,
    `project_unknown` or `project_moved`; `values` fill the sentences, and hold `path` where a file is at
    fault.
    """

    exit_code = 1

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def what(self, language: str | None = None) -> str:
        """What happened, in one sentence."""
        return words.say(f"store.{self.code}.what", language, **self.values)

    def todo(self, language: str | None = None) -> str:
        """What to do next, in one sentence."""
        return words.say(f"store.{self.code}.todo", language, **self.values)

    def __str__(self) -> str:
        return f"{self.what()} {self.todo()}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.values)


def _rebuild(kind: type[StoreError], code: str, values: dict[str, object]) -> StoreError:
    return kind(code, **values)


class NotFoundError(StoreError):
    """Nothing of this owner's has that name. `values`: name."""

    exit_code = 2


class ValueRefusedError(StoreError):
    """A value that cannot be kept. `values`: name, allowed."""

    exit_code = 2


def from_sqlite(error: Exception, path: Path) -> StoreError:
    """The StoreError for what sqlite3, or the system under it, says about this file."""
    reason = str(error)
    if isinstance(error, UnicodeEncodeError):
        return ValueRefusedError("value", name="text", allowed="Unicode")
    if isinstance(error, OSError):
        return StoreError("unreadable", path=path, reason=error.strerror or reason)
    for code, signs in _SIGNS.items():
        if any(sign in reason for sign in signs):
            return StoreError(code, path=path, reason=reason)
    return StoreError("unreadable", path=path, reason=reason)


_SIGNS = {
    "full": ("disk is full", "disk full"),
    "busy": ("locked", "busy"),
    "broken": ("malformed", "not a database", "corrupt"),
}
"""What sqlite's messages say; the numbers of its errors came with Python 3.11 only."""

Refused = (sqlite3.Error, OSError, UnicodeEncodeError)
"""What opening, reading and writing a database may raise; the last for half a character in a name."""
