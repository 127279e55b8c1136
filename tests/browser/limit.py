"""No test hangs: what takes too long fails, and tells what it waits for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest

SECONDS = 60
"""Most that a test may take, or its setting up, or its closing; an honest one takes a few."""
AGAIN = 15
"""Most that each step of leaving it may take then."""


@contextmanager
def limited() -> Iterator[None]:
    """Fail whatever goes on in the main thread, or on its event loop, for longer than `SECONDS`."""
    before = signal.signal(signal.SIGALRM, _fail)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _fail(_number: int, _frame: object) -> None:
    pytest.fail(f"after {SECONDS} s it has not ended\n{_waiting()}")


def _waiting() -> str:
    """Where the tasks of the event loop stand; nothing where none runs, and the traceback tells it all."""
    told = StringIO()
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return ""
    for task in tasks:
        task.print_stack(file=told)
    return told.getvalue()
