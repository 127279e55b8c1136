from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from livetechno.store import migrations
from livetechno.store.database import Database
from livetechno.store.errors import StoreError

FIRST = "CREATE TABLE messages (id INTEGER PRIMARY KEY, text TEXT);\n"
SECOND = "ALTER TABLE messages ADD COLUMN at TEXT;\nUPDATE messages SET at = 'then';\n"


def rows(path: Path) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM messages").fetchall()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "x.db"
    database = Database(path, steps=(FIRST,))
    database.write(
        lambda connection: connection.execute("INSERT INTO messages (text) VALUES ('kept')")
    ).result()
    database.close()
    return path


def test_an_older_database_is_brought_forward_and_a_copy_is_kept_before(old: Path) -> None:
    Database(old, steps=(FIRST, SECOND)).close()
    assert rows(old) == [(1, "kept", "then")]
    assert rows(migrations.copy_of(old, 1)) == [(1, "kept")]
    assert migrations.copy_of(old, 1).name == "x.v1.db"
    assert migrations.copy_of(old, 1).stat().st_mode & 0o077 == 0


def test_each_step_keeps_its_own_copy(old: Path) -> None:
    Database(old, steps=(FIRST, SECOND, "DELETE FROM messages;\n")).close()
    assert rows(old) == []
    assert rows(migrations.copy_of(old, 1)) == [(1, "kept")]
    assert rows(migrations.copy_of(old, 2)) == [(1, "kept", "then")]


def test_a_step_that_fails_changes_nothing(old: Path) -> None:
    with pytest.raises(StoreError):
        Database(old, steps=(FIRST, SECOND + "INSERT INTO nowhere VALUES (1);\n"))
    assert rows(old) == [(1, "kept")]
    Database(old, steps=(FIRST, SECOND)).close()
    assert rows(old) == [(1, "kept", "then")]


def test_the_copy_is_of_what_is_there_now(old: Path) -> None:
    with pytest.raises(StoreError):
        Database(old, steps=(FIRST, "INSERT INTO nowhere VALUES (1);\n"))
    database = Database(old, steps=(FIRST,))
    database.write(lambda connection: connection.execute("DELETE FROM messages")).result()
    database.close()
    Database(old, steps=(FIRST, SECOND)).close()
    assert rows(migrations.copy_of(old, 1)) == []


def test_the_database_of_a_later_livetechno_is_left_alone(old: Path) -> None:
    Database(old, steps=(FIRST, SECOND)).close()
    with pytest.raises(StoreError) as caught:
        Database(old, steps=(FIRST,))
    assert caught.value.code == "newer"
    assert "Update livetechno" in caught.value.todo()
    assert rows(old) == [(1, "kept", "then")]


def test_a_fresh_database_needs_no_copy(tmp_path: Path) -> None:
    Database(tmp_path / "x.db").close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.db"]


def test_the_released_steps_are_numbered_without_a_gap() -> None:
    folder = Path(migrations.__file__).parent
    names = sorted(path.name for path in folder.glob("*.sql"))
    assert names == [f"{number:04}.sql" for number in range(1, len(names) + 1)]
    assert len(migrations.load_steps()) == len(names)


def test_an_older_livetechno_that_still_runs_writes_no_more_into_a_newer_database(old: Path) -> None:
    older = Database(old, steps=(FIRST,))
    Database(old, steps=(FIRST, SECOND)).close()
    with pytest.raises(StoreError) as caught:
        older.write(lambda connection: connection.execute("DELETE FROM messages")).result()
    older.close()
    assert caught.value.code == "newer"
    assert rows(old) == [(1, "kept", "then")]
