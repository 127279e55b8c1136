from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from livetechno.store.database import Database
from livetechno.store.errors import StoreError

PLAIN = (
    "CREATE TABLE kept (value INTEGER UNIQUE);\nCREATE TABLE messages (id INTEGER PRIMARY KEY, text TEXT);\n",
)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "x.db", steps=PLAIN)
    yield database
    database.close()


def keeping(database: Database, value: int) -> Future[None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO kept VALUES (?)", (value,))

    return database.write(work)


def keep(database: Database, value: int) -> None:
    keeping(database, value).result()


def kept(database: Database) -> list[int]:
    with database.read() as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def test_what_was_written_is_read_by_the_next_one_who_opens_the_file(plain: Database) -> None:
    keep(plain, 1)
    plain.close()
    again = Database(plain.path, steps=PLAIN)
    assert kept(again) == [1]
    again.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_only_its_owner_can_read_the_file_and_its_neighbours(tmp_path: Path) -> None:
    database = Database(tmp_path / "home" / "x.db", steps=PLAIN)
    keep(database, 1)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").iterdir()}
    assert modes == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    database.close()


def test_a_write_that_fails_undoes_itself_and_no_other(plain: Database) -> None:
    def twice(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO kept VALUES (7)")
        connection.execute("INSERT INTO kept VALUES (7)")

    held = threading.Event()
    plain.write(lambda _: held.wait(5))  # so that the others wait, and go together
    futures = [keeping(plain, value) for value in (1, 2)]
    wrong = plain.write(twice)
    last = keeping(plain, 3)
    held.set()
    for future in (*futures, last):
        future.result()
    with pytest.raises(StoreError):
        wrong.result()
    assert kept(plain) == [1, 2, 3]


def test_what_a_write_raises_reaches_the_one_who_asked(plain: Database) -> None:
    def refuse(_: sqlite3.Connection) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        plain.write(refuse).result()
    keep(plain, 1)
    assert kept(plain) == [1]


def test_a_full_disk_is_told_to_all_who_waited_and_nothing_is_half_written(plain: Database) -> None:
    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        connection.execute("CREATE TABLE big (data BLOB)")

    plain.write(limit).result()
    keep(plain, 1)
    held = threading.Event()
    plain.write(lambda _: held.wait(5))
    too_much = plain.write(lambda c: c.execute("INSERT INTO big VALUES (zeroblob(1000000))"))
    held.set()
    with pytest.raises(StoreError) as caught:
        too_much.result()
    assert caught.value.code == "full"
    assert "Make room" in str(caught.value)
    plain.write(lambda connection: connection.execute("PRAGMA max_page_count = 1000000")).result()
    keep(plain, 2)
    assert kept(plain) == [1, 2]


def test_a_reader_sees_one_state_while_others_write(plain: Database) -> None:
    keep(plain, 1)
    with plain.read() as connection:
        before = connection.execute("SELECT count(*) FROM kept").fetchone()[0]
        keep(plain, 2)
        assert connection.execute("SELECT count(*) FROM kept").fetchone()[0] == before == 1
    assert kept(plain) == [1, 2]


def test_a_reader_cannot_write(plain: Database) -> None:
    with pytest.raises(StoreError), plain.read() as connection:
        connection.execute("INSERT INTO kept VALUES (1)")
    assert kept(plain) == []


def test_many_threads_write_and_read_at_once(plain: Database) -> None:
    def work(start: int) -> None:
        for value in range(start, start + 20):
            keep(plain, value)
            assert value in kept(plain)

    threads = [threading.Thread(target=work, args=(20 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept(plain) == list(range(160))


def test_closing_does_first_what_stands_in_line(plain: Database) -> None:
    held = threading.Event()
    plain.write(lambda _: held.wait(5))
    futures = [keeping(plain, value) for value in range(9)]
    held.set()
    plain.close()
    plain.close()
    assert all(future.done() for future in futures)
    for use in (lambda: plain.write(lambda _: None), lambda: kept(plain)):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.code == "closed"


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("Dear diary, " * 500)
    with pytest.raises(StoreError) as caught:
        Database(path)
    assert caught.value.code == "broken"
    assert path.read_text() == "Dear diary, " * 500


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        Database(tmp_path / "file" / "x.db")
    assert str(tmp_path / "file" / "x.db") in str(caught.value)
    assert "LIVETECHNO_HOME" in caught.value.todo()
    assert "LIVETECHNO_HOME" in caught.value.todo("fr")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_its_parents_file_alone(plain: Database) -> None:
    keep(plain, 1)
    script = f"""
import os, sys
from pathlib import Path
from livetechno.store.database import Database
from livetechno.store.errors import StoreError
database = Database(Path({str(plain.path)!r}), steps=("",))
child = os.fork()
if not child:
    try:
        database.write(lambda connection: None)
    except StoreError as error:
        database.close()
        os._exit(7 if error.code == "closed" else 1)
    os._exit(2)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
database.write(lambda c: c.execute("INSERT INTO kept VALUES (2)")).result()
database.close()
sys.exit(code)
"""
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=30, check=False)
    assert ran.returncode == 7
    assert kept(plain) == [1, 2]
