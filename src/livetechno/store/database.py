"""One SQLite file: many readers, and one thread that writes.

    database = Database(path)
    number = database.write(lambda connection: connection.execute("INSERT ...").lastrowid).result()
    with database.read() as connection:
        rows = connection.execute("SELECT ...").fetchall()
    database.close()

Writes wait in a line. The thread takes all that wait and makes one transaction of them, in which each
stands or falls by itself, so that many callers share one flush of the disk. A Future is done when its
write is on disk. Other processes may have the same file open.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from livetechno.store import index, migrations
from livetechno.store.errors import Refused, StoreError, from_sqlite
from livetechno.store.money import DecimalSum

Result = TypeVar("Result")

BUSY_SECONDS = 30.0
"""How long a write waits for another process's to end."""
MOST_TOGETHER = 256
"""Most writes in one transaction."""
MOST_IDLE = 4
"""Most reading connections that are kept for later."""


@dataclass(slots=True)
class _Write(Generic[Result]):
    work: Callable[[sqlite3.Connection], Result]
    flushed: bool
    future: Future[Result] = field(default_factory=Future)
    result: Any = None
    error: Exception | None = None

    def finish(self, failure: Exception | None = None) -> None:
        error = self.error or failure
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.result)


class Database:
    """The file, opened: made, private to its owner, or brought up to today's form if need be.

    Raises StoreError when that fails. `steps` are the forms it has had (for tests).
    """

    def __init__(self, path: Path, *, steps: tuple[str, ...] | None = None) -> None:
        self.path = path
        self.committed = threading.Condition()
        """Notified after each of this process's writes."""
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[_Write[Any] | None] = queue.SimpleQueue()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        try:
            _make_private(path)
            with contextlib.closing(self._connect()) as connection:
                self._form = migrations.migrate(connection, path, steps)
                index.prepare(connection)
        except Refused as error:
            raise from_sqlite(error, path) from None
        self._thread = threading.Thread(target=self._serve, name="livetechno-store", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[sqlite3.Connection], Result], *, flushed: bool = True) -> Future[Result]:
        """Have `work(connection)` done in a transaction; the Future holds what it returns, or raises.

        With `flushed` it withstands a power cut once the Future is done, else at least the end of this
        process. `work` runs in the writing thread and must not wait. What it raises undoes it alone.
        """
        write = _Write(work, flushed)
        write.future.set_running_or_notify_cancel()  # what stands in line is done, whoever stops waiting
        with self._lock:
            if self._closed or self._process != os.getpid():
                raise StoreError("closed", path=self.path)
            self._waiting.put(write)
        return write.future

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection on which all statements see one and the same state. Raises StoreError."""
        with self._lock:
            if self._closed or self._process != os.getpid():
                raise StoreError("closed", path=self.path)
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                connection = self._connect()
                connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield connection
        except Refused as error:
            raise from_sqlite(error, self.path) from None
        finally:
            self._put_back(connection)

    @contextmanager
    def watch(self) -> Iterator[Callable[[], int]]:
        """A function whose result changes when any process, this one included, has written."""
        try:
            with contextlib.closing(self._connect()) as connection:
                yield lambda: int(connection.execute("PRAGMA data_version").fetchone()[0])
        except Refused as error:
            raise from_sqlite(error, self.path) from None

    def close(self) -> None:
        """Do all writes that wait, then let go of the file. A second time changes nothing."""
        if self._process != os.getpid():
            return  # a forked child must not touch its parent's connections, nor wait for its threads
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
        self._waiting.put(None)
        self._thread.join()
        for connection in idle:
            connection.close()

    def _put_back(self, connection: sqlite3.Connection | None) -> None:
        if connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        with self._lock:
            if not self._closed and len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.create_aggregate("decimal_sum", 1, DecimalSum)  # type: ignore[arg-type]
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten
        except BaseException:
            connection.close()
            raise
        return connection

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        while together := self._take():
            try:
                connection = connection or self._connect()
                self._commit(connection, together)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                failure = from_sqlite(error, self.path) if isinstance(error, Refused) else error
                if connection is not None:
                    with contextlib.suppress(sqlite3.Error):
                        connection.rollback()
                for write in together:
                    write.finish(failure)
            else:
                for write in together:
                    write.finish()
                with self.committed:
                    self.committed.notify_all()
        if connection is not None:
            connection.close()

    def _take(self) -> list[_Write[Any]]:
        """All that waits, at least one; nothing at the end."""
        first = self._waiting.get()
        if first is None:
            return []
        taken = [first]
        while len(taken) < MOST_TOGETHER:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)  # nothing comes after it: the database is closed
                break
            taken.append(more)
        return taken

    def _commit(self, connection: sqlite3.Connection, together: list[_Write[Any]]) -> None:
        level = "FULL" if any(write.flushed for write in together) else "NORMAL"
        connection.execute(f"PRAGMA synchronous = {level}")
        connection.execute("BEGIN IMMEDIATE")
        migrations.check(connection, self.path, self._form)  # a newer livetechno may have come meanwhile
        for write in together:
            connection.execute("SAVEPOINT one")
            try:
                write.result = write.work(connection)
            except Exception as error:
                if not connection.in_transaction:
                    raise  # sqlite has undone the whole transaction, as when the disk is full
                connection.execute("ROLLBACK TO one")
                write.error = from_sqlite(error, self.path) if isinstance(error, Refused) else error
            connection.execute("RELEASE one")
        connection.execute("COMMIT")


def _make_private(path: Path) -> None:
    """See that the file exists; when it is made, only its owner can read it, and what stands beside it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
