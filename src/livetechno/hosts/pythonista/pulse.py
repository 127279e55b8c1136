"""Doing something on the main thread no more often than the eye can tell, however often it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import ui

SECONDS = 1 / 15
"""Between two times."""
LOST = 1.0
"""Seconds after which it is asked for anew: any script may cancel all delays of the app."""


class Pulse:
    """Call it from any thread; `function` is called on the main thread soon after, once for many calls."""

    def __init__(self, function: Callable[[], object], seconds: float = SECONDS) -> None:
        self._function = function
        self._seconds = seconds
        self._lock = threading.Lock()
        self._due: float | None = None
        self._last = 0.0

    def __call__(self) -> None:
        """Have it called soon."""
        now = time.monotonic()
        with self._lock:
            if self._due is not None and now < self._due + LOST:
                return
            self._due = max(now, self._last + self._seconds)
            wait = self._due - now
        ui.delay(self._run, wait)

    def _run(self) -> None:
        with self._lock:
            self._due = None
            self._last = time.monotonic()
        self._function()
