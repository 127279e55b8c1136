"""The server's log in a file: a JSON object on each line, without any key."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from livetechno.gpt.redaction import redact

LOGGER = "livetechno.server"
GATHERED_SECONDS = 0.1
"""How long a line may wait for others before they are in the file."""
MOST_WAITING = 32
"""Requests that wait to be told of together."""
_waiting: list[tuple[float, str, int, float, Asked]] = []


def _in_a_line(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", ()
        record.exc_info = None
    return True


def of_http() -> logging.Logger:
    """The log of what never was a request. Anybody can send such bytes: each is a line, and no traceback."""
    logger = logging.getLogger(f"{LOGGER}.http")
    logger.addFilter(_in_a_line)
    return logger


class Asked(NamedTuple):
    """What the log tells of a request in words from outside: who asked for what."""

    method: str
    path: str
    caller: str
    name: str
    """Empty where the caller has none."""


class Lines(logging.LogRecord):
    """A record whose message is lines of JSON already, without any key."""


def tell(request_id: str, status: int, seconds: float, asked: Asked) -> None:
    """Log a request that took so long, as of now: soon, together with others, on this loop.

    Many in one record take a fifth of the time that a record for each does.
    """
    _waiting.append((time.time(), request_id, status, seconds, asked))
    if len(_waiting) >= MOST_WAITING:
        write_down()
    elif len(_waiting) == 1:
        asyncio.get_running_loop().call_later(GATHERED_SECONDS / 2, write_down)


def write_down() -> None:
    """Log what `tell` was told and what still waits."""
    global _waiting
    told, _waiting = _waiting, []
    if not told:
        return
    clean = {asked: _without_key(asked) for asked in {asked for *_, asked in told}}  # most ask the same
    lines = [
        f'{_head(at, "info")}"request": "{request_id}", "status": {status}, "ms": {seconds * 1000:.1f}, '
        f"{clean[asked]}}}"
        for at, request_id, status, seconds, asked in told
    ]
    logging.getLogger(LOGGER).handle(Lines(LOGGER, logging.INFO, __file__, 0, "\n".join(lines), (), None))


def _without_key(asked: Asked) -> str:
    """As fields of JSON."""
    return redact(json.dumps({name: text for name, text in asked._asdict().items() if text})[1:-1])


class JsonLines(logging.Formatter):
    """A record as one line of JSON, or as the `Lines` that it is."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. The record's texts are redacted already (`gpt.redaction.install`)."""
        message = record.getMessage()
        if isinstance(record, Lines):
            return message
        told = {"message": message}
        traceback = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        if traceback:
            told["traceback"] = traceback
        return _head(record.created, record.levelname.lower()) + json.dumps(told)[1:]


def _head(created: float, level: str) -> str:
    """How each line begins."""
    second, rest = divmod(created, 1)
    return f'{{"at": "{_second(second)}.{int(rest * 1e6):06}Z", "level": "{level}", '


@lru_cache(maxsize=2)
def _second(timestamp: float) -> str:
    return f"{dt.datetime.fromtimestamp(timestamp, dt.timezone.utc):%Y-%m-%dT%H:%M:%S}"


class _Gathering(logging.FileHandler):
    """Writes warnings at once, the rest together: a call to the system for each line is dear."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8")
        self._at_once = False
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._at_once = record.levelno >= logging.WARNING
        super().emit(record)

    def flush(self) -> None:
        if self._at_once:
            super().flush()
        elif self._timer is None:
            self._timer = threading.Timer(GATHERED_SECONDS, self._write)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        self._at_once = True
        if self._timer is not None:
            self._timer.cancel()
        super().close()

    def _write(self) -> None:
        self._timer = None
        with contextlib.suppress(OSError, ValueError):  # the disk is full, or the file is closed
            super().flush()


@contextlib.contextmanager
def kept_in(file: Path | None) -> Iterator[None]:
    """Append what the server logs to this file, which only its owner can read. Raises OSError."""
    if file is None:
        yield
        return
    os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    handler = _Gathering(file)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(LOGGER)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        write_down()
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
