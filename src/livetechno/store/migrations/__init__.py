"""The forms that the database has had, one after the other, and how it gets from one to the next.

Each step is an SQL file here, `0001.sql` and so on. A step that has been released is never changed: what is
new comes as another step. Before a step changes a database that holds something, a copy is put beside it,
`livetechno.v1.db` for the form 1; it stays there until its owner removes it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from livetechno.store.errors import StoreError


def migrate(connection: sqlite3.Connection, path: Path, steps: tuple[str, ...] | None = None) -> int:
    """Bring the database into its newest form, and tell its number; each step whole, or not at all.

    Raises StoreError (code `newer`) for one that a later livetechno has changed, and sqlite3.Error.
    """
    steps = load_steps() if steps is None else steps
    found = _form(connection)
    while (form := _form(connection)) != len(steps):
        check(connection, path, len(steps))
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _form(connection) == form:  # else another process has just done it
                if found:
                    _keep_copy(path, form)
                for statement in statements(steps[form]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {form + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
    return form


def check(connection: sqlite3.Connection, path: Path, known: int) -> None:
    """Raises StoreError (code `newer`) when the database has a later form than the one that is known."""
    if (form := _form(connection)) > known:
        raise StoreError("newer", path=path, form=form, known=known)


def load_steps() -> tuple[str, ...]:
    """The SQL of every step, in order."""
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".sql"))
    return tuple(file.read_text(encoding="utf-8") for file in sorted(files, key=lambda file: file.name))


def copy_of(path: Path, form: int) -> Path:
    """Where the copy of a database in an older form is kept."""
    return path.with_suffix(f".v{form}{path.suffix}")


def _form(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _keep_copy(path: Path, form: int) -> None:
    """Put a whole copy beside it, under its name only once it is complete; an older one of it goes then."""
    kept = copy_of(path, form)
    unfinished = kept.with_name(f".{kept.name}.{os.getpid()}")
    os.close(os.open(unfinished, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(unfinished)) as target,
        ):
            source.backup(target)
        with unfinished.open("r+b") as written:  # Windows flushes only what may be written
            os.fsync(written.fileno())
        unfinished.replace(kept)
    finally:
        unfinished.unlink(missing_ok=True)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would end the transaction that is open."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
