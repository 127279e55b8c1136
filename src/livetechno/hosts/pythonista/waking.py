"""Notices that the app was away: iOS stops all its threads then, and its sockets are dead when they go on.

A thread looks at the clock each second: where the clock is far ahead of it, all of us stood still. After
that, and whenever the app comes back to the front, those who asked for it are told once.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable

from livetechno.hosts.pythonista import device, running

TICK = 1.0
"""Seconds between two looks."""
JUMP = 5.0
"""Seconds that a look may be late: a phone that is busy is less."""
LAST_CALL = 25.0
"""Seconds in the background after which iOS will soon stop us; since iOS 13 it does so after about 30."""
NOW_AND_THEN = 5
"""Looks between two calls of those who want some while the app is in front."""

Callback = Callable[[], object]

_log = logging.getLogger("livetechno.phone")
_lock = threading.Lock()
_leaving: list[Callback] = []
_sleeping: list[Callback] = []
_returning: list[Callback] = []
_in_front: list[Callback] = []
_watch: _Watch | None = None


def on_return(callback: Callback) -> Callback:
    """Call it, in a thread of ours, whenever the app has come back from the background. What ends that."""
    return _tell(_returning, callback)


def on_leaving(callback: Callback) -> Callback:
    """The same when the app goes to the background, where about half a minute is left."""
    return _tell(_leaving, callback)


def before_sleep(callback: Callback) -> Callback:
    """The same when little of that is left: what is not on disk then is lost where iOS ends the app."""
    return _tell(_sleeping, callback)


def now_and_then(callback: Callback) -> Callback:
    """The same every few seconds while the app is in front, for what may break without a sleep."""
    return _tell(_in_front, callback)


def start() -> None:
    """Begin to look, if nobody has yet: connections upstream, and Mock AI, break in a sleep for all."""
    global _watch
    with _lock:
        if _watch is None:
            _watch = _Watch()
            running.replace("waking", _stop)


def _tell(those: list[Callback], callback: Callback) -> Callback:
    start()
    with _lock:
        those.append(callback)

    def end() -> None:
        with _lock:
            if callback in those:
                those.remove(callback)

    return end


def _stop() -> None:
    global _watch
    with _lock:
        watch, _watch = _watch, None
        for those in (_leaving, _sleeping, _returning, _in_front):
            those.clear()
    if watch is not None:
        watch.stop()


class _Watch:
    """The thread that looks."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="livetechno-waking", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        chores = threading.Thread()
        looked, looks, away, back, ran = time.time(), 0, False, True, 0.0
        while not self._over.wait(TICK):
            now, looks = time.time(), looks + 1
            slept, looked = now - looked > TICK + JUMP, now
            was_away, away = away, device.in_background()
            if away and not was_away:
                _call(_leaving)
            ran_before, ran = ran, ran + TICK if away else 0.0  # while we ran: a sleep does not count
            if ran_before < LAST_CALL <= ran:
                _call(_sleeping)
            back = back and not slept and not away
            if not back and not away:
                back = True
                _call([_mend, *_returning])
            elif not away and looks % NOW_AND_THEN == 0 and not chores.is_alive():
                chores = _call(_in_front)


def _mend() -> None:
    """What breaks for all; what is not loaded nobody uses."""
    if "livetechno.gpt.transport" in sys.modules:
        from livetechno import app
        from livetechno.gpt import transport

        transport.renew_pools()
        app.mend_mock()


def _call(those: list[Callback]) -> threading.Thread:
    """Call them one after the other, while the clock is looked at."""

    def run() -> None:
        for callback in tuple(those):
            try:
                callback()
            except Exception:  # noqa: BLE001 - the others must hear it all the same
                _log.exception("what was to be done failed")

    thread = threading.Thread(target=run, name="livetechno-woken", daemon=True)
    thread.start()
    return thread
