"""The index of words that full-text search uses, where this SQLite has FTS5.

It refers to the messages and copies none of them; triggers keep it true to them.
"""

from __future__ import annotations

import sqlite3

from livetechno.store.migrations import statements

_INDEX = """
    CREATE VIRTUAL TABLE said USING fts5 (
        text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER said_new AFTER INSERT ON messages BEGIN
        INSERT INTO said (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER said_gone AFTER DELETE ON messages BEGIN
        INSERT INTO said (said, rowid, text) VALUES ('delete', old.id, old.text);
    END;
    CREATE TRIGGER said_anew AFTER UPDATE OF text ON messages BEGIN
        INSERT INTO said (said, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO said (rowid, text) VALUES (new.id, new.text);
    END;
    INSERT INTO said (said) VALUES ('rebuild');
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the index of a database that has none, where this SQLite can. Raises sqlite3.Error."""
    if has_index(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not has_index(connection):  # else another process has just made it
            for statement in statements(_INDEX):
                connection.execute(statement)
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        connection.rollback()
        if "no such module" not in str(error):
            raise


def has_index(connection: sqlite3.Connection) -> bool:
    """Whether this database has it."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'said'").fetchone())
