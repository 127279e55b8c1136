"""The keyboard while an answer is being written: what is typed ahead must not land in the answer."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn

from livetechno.cli import terminal

_LOCAL_MODES = 3
"""Place of the local modes in what `termios.tcgetattr` gives."""


@contextlib.contextmanager
def unechoed() -> Iterator[None]:
    """Keep the terminal from showing what is typed; the lines themselves wait to be read.

    Nothing is changed where there is no terminal to change, or where it belongs to another job.
    """
    try:
        import termios

        number = sys.stdin.fileno()
        if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout) and _is_ours(number)):
            raise OSError
        before = termios.tcgetattr(number)
    except (ImportError, OSError, ValueError, AttributeError, termios.error):
        yield
        return
    silent = before.copy()
    silent[_LOCAL_MODES] &= ~termios.ECHO
    with _ended_by_sigterm():
        try:
            termios.tcsetattr(number, termios.TCSANOW, silent)
            yield
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(number, termios.TCSANOW, before)


def _is_ours(number: int) -> bool:
    """Whether we are in the foreground; a job behind it is stopped when it changes the terminal."""
    import os

    return os.tcgetpgrp(number) == os.getpgrp()


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind, so that the terminal is put right."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
