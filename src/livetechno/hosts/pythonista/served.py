"""The app's own servers: one for our page, one for each maker's folder that is shown; no run adds another.

A page belongs to its address, with all that the browser keeps for it. So each has a port of its own, which is
remembered, and a maker's page never has the one of ours.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path

from livetechno import environment
from livetechno.hosts import serving
from livetechno.hosts.pythonista import device, files, running, waking
from livetechno.server import entrance

PORT, FOLDERS_PORT = 8787, 8887
"""The first that are tried, for our page and for makers'."""
FILE = "ports.json"
TRIES, PAUSE = 5, 0.2
"""How often, and how many seconds apart, a port is asked for that was ours until the app was away."""


class Served:
    """A server that is there until another run replaces it; iOS may kill its sockets meanwhile."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._secret = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._awake = self._ended = False
        self._serving = self._start()
        self._endings = [
            waking.before_sleep(self._keep),
            waking.on_return(self.mend),
            waking.now_and_then(self._look_after),
        ]

    @property
    def address(self) -> str:
        """Its address, which ends in a slash."""
        return self._serving.address

    def entrance(self, path: str = "") -> str:
        """What a view of the app opens to come in at that path."""
        return entrance.address(self.address, self._secret, path)

    def mend(self) -> None:
        """Have it listen again where its sockets have died; where its port is gone, at another one."""
        with self._lock:
            if not self._ended and not self._serving.answers() and not self._reopened():
                self._serving.stop()
                self._serving = self._start()

    def stop(self) -> None:
        """End it for good; what has come of an answer is kept."""
        for end in self._endings:
            end()
        with self._lock:
            self._ended = True
            self._serving.stop()
            self._stay_awake(False)

    def _look_after(self) -> None:
        self.mend()
        with self._lock:  # a phone that locks itself would cut an answer off
            self._stay_awake(self._serving.is_busy())

    def _stay_awake(self, stay: bool) -> None:
        if stay != self._awake:
            self._awake = stay
            device.awake(stay)

    def _keep(self) -> None:
        with self._lock:
            self._serving.keep()

    def _reopened(self) -> bool:
        for _ in range(TRIES):
            try:
                self._serving.reopen()
            except OSError:
                time.sleep(PAUSE)
            else:
                return True
        return False

    def _start(self) -> serving.Serving:
        name = "" if self._folder is None else self._folder.name
        ports = _ports()
        wanted = ports.get(name, PORT if self._folder is None else FOLDERS_PORT)
        started = serving.start(wanted, folder=self._folder, secret=self._secret, share=files.share)
        used = int(started.address.rstrip("/").rpartition(":")[2])
        if used != ports.get(name):
            _remember({**ports, name: used})
        return started


_lock = threading.Lock()
_served: dict[Path | None, Served] = {}


def get(folder: Path | None = None) -> Served:
    """The server for our page or that folder: the one that runs, which listens, or a new one. Not on main.

    Raises NoPortError.
    """
    with _lock:
        if folder in _served:
            _served[folder].mend()
            return _served[folder]
        name = f"server {folder or ''}"
        running.stop(name)  # one of modules that were loaded before ours
        _served[folder] = served = Served(folder)

        def end() -> None:
            _served.pop(folder, None)
            served.stop()

        running.replace(name, end)
        return served


def _ports() -> dict[str, int]:
    try:
        found = json.loads((environment.home() / FILE).read_bytes())
        return {str(name): port for name, port in found.items() if type(port) is int and 1024 <= port < 65536}
    except (OSError, ValueError, AttributeError):
        return {}


def _remember(ports: dict[str, int]) -> None:
    with suppress(OSError):  # without it a page may lose what its browser keeps, and nothing else
        environment.home().mkdir(parents=True, exist_ok=True)
        (environment.home() / FILE).write_text(json.dumps(ports), encoding="utf-8")
