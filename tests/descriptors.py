"""What this process has open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import pytest

_OPEN = Path("/dev/fd")
told = pytest.mark.skipif(not _OPEN.is_dir(), reason="the system does not tell what is open")


def count() -> int:
    """How many files and sockets this process has open."""
    return len(list(_OPEN.iterdir()))


class Startable(Protocol):
    """A server."""

    async def start(self) -> str: ...
    async def stop(self) -> None: ...


async def left_open(server: Startable, steps: int) -> int:
    """What is open more than before, when a start is cancelled after so many steps of the loop.

    One that is done by then is stopped instead.
    """
    before = count()
    starting = asyncio.create_task(server.start())
    for _ in range(steps):
        await asyncio.sleep(0)
    if starting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await starting
    else:
        await server.stop()
    return count() - before
