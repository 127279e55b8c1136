"""What of livetechno runs in the app: one record, which outlives the scripts and our own modules.

All scripts share one interpreter that does not end with them. So a second run replaces what the first has
left running, and an update ends all of it, even what was started by modules that nobody can reach any more.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import cast

_NAME = "_livetechno_running"
"""The record's name in `sys.modules`: whoever makes our modules anew leaves it alone."""

Closer = Callable[[], object]


class _Record(ModuleType):
    def __init__(self) -> None:
        super().__init__(_NAME)
        self.lock = threading.RLock()
        self.closers: dict[str, Closer] = {}


def replace(name: str, closer: Closer) -> None:
    """Note what runs now under this name, and how it is ended; what ran under it before is ended first."""
    stop(name)
    record = _record()
    with record.lock:
        record.closers[name] = closer


def stop(name: str) -> None:
    """End what runs under this name, if anything does."""
    record = _record()
    with record.lock:
        closer = record.closers.pop(name, None)
    if closer is not None:
        closer()


def stop_all() -> None:
    """End everything, the newest first. What fails keeps nothing else running, and is raised at the end."""
    failures: list[Exception] = []
    record = _record()
    while record.closers:
        try:
            stop(next(reversed(record.closers)))
        except Exception as error:  # noqa: BLE001
            failures.append(error)
    if failures:
        raise failures[0]


def _record() -> _Record:
    return cast(_Record, sys.modules.setdefault(_NAME, _Record()))
