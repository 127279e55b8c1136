"""One window for each home folder: the first has the place; a later call asks it to come to the front.

The lock is the operating system's, so it ends with its process, however that ends. The file says where the
window listens, and the key that it wants to hear; only its owner can read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from livetechno.gpt import background
from livetechno.gpt.threads import in_thread

FILE = "desktop.lock"
PATIENCE = 10.0
"""Seconds that a window may take to answer; one that is just starting does not yet."""
_HERE = b"here\n"
_LONGEST = 200
"""Bytes of what is said to a window."""
_BEYOND = 1 << 30
"""The byte that Windows locks: one that nobody wants to read."""


class NotAnsweringError(Exception):
    """Another window has the place and does not answer. `process` is its id, where it is known."""

    def __init__(self, process: int | None) -> None:
        super().__init__(process)
        self.process = process


def take(home: Path, patience: float = PATIENCE) -> BinaryIO | None:
    """The place, until it is closed; None when another window has it, and came to the front.

    Raises NotAnsweringError, and OSError when the home cannot be written to.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    until = time.monotonic() + patience
    while True:
        place = _claim(home / FILE)
        if place is not None:
            return place
        told = _told(home / FILE)
        if told is not None and _comes(*told[:2]):
            return None
        if time.monotonic() > until:
            raise NotAnsweringError(None if told is None else told[2])
        time.sleep(0.05)


@contextlib.contextmanager
def listening(place: BinaryIO, to_front: Callable[[], object]) -> Iterator[None]:
    """Call `to_front` in a thread whenever another call asks for it."""
    key = secrets.token_hex(32)

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.TimeoutError), contextlib.closing(writer):
            said = await asyncio.wait_for(reader.readline(), PATIENCE)
            if hmac.compare_digest(said.strip(), key.encode()):
                await in_thread(to_front)
                writer.write(_HERE)
                await writer.drain()

    server = background.run(asyncio.start_server(hear, "127.0.0.1", 0, limit=_LONGEST))
    try:
        port = server.sockets[0].getsockname()[1]
        place.write(json.dumps({"port": port, "key": key, "process": os.getpid()}).encode())
        yield
    finally:
        background.run(_close(server))


async def _close(server: asyncio.AbstractServer) -> None:
    server.close()


def _claim(file: Path) -> BinaryIO | None:
    place = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
    try:
        _lock(place)
        place.truncate(0)  # what one that was killed has left
    except OSError:
        place.close()
        return None
    return place


def _lock(place: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        place.seek(_BEYOND)
        msvcrt.locking(place.fileno(), msvcrt.LK_NBLCK, 1)
        place.seek(0)
    else:
        import fcntl

        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _told(file: Path) -> tuple[int, str, int] | None:
    """Port, key and process of the window; None while it has not said them yet."""
    try:
        told = json.loads(file.read_bytes())
        return int(told["port"]), str(told["key"]), int(told["process"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _comes(port: int, key: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(f"{key}\n".encode())
            return connection.recv(len(_HERE)) == _HERE
    except OSError:
        return False
