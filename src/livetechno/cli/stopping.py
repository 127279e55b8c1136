"""A server that runs until a person, or the system, stops it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

from livetechno.cli import failures


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Future[int]]:
    """A Future of the exit code: that of an interruption after Ctrl-C, 0 after SIGTERM.

    Signals go back to what they meant before when the block ends. Only in the main thread.
    """
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def finish(code: int) -> None:
        if not stopped.done():
            stopped.set_result(code)

    def stop(number: int, _frame: object) -> None:
        code = failures.INTERRUPTED if number == signal.SIGINT else failures.OK
        loop.call_soon_threadsafe(finish, code)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
