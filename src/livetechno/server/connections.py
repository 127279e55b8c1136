"""How many connections one listener holds, and how long one may wait with its first request.

Where all places are taken, the oldest connection that has not sent its first request's head makes room; where
each has sent one, who comes is let go at once. So who opens connections and says nothing keeps nobody out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

MOST = 4_000
"""Open connections of one listener, where the system lets a process have so many."""
FEWEST = 64
HEAD = 30.0
"""Seconds from the connection to the end of the first request's head, however slowly it comes."""
IDLE = 150.0
"""Seconds between an answer and the end of the next head: longer than nginx (60) and Caddy (120) keep a
connection, so that none is closed just when they send on it."""


def most_open() -> int:
    """`MOST`, or less where the process may have few files open: a call has two, its own and upstream's."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(FEWEST, min(MOST, files // 2 - 32))


def open_many_files() -> None:
    """Let this process have as many files open as `MOST` connections need, as far as the system lets it."""
    try:
        import resource
    except ImportError:
        return
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * (MOST + 32)
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if files != resource.RLIM_INFINITY and files < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Door:
    """Makes a connection of each that a listener accepts: `loop.create_server(Door(...), ...)`.

    `options` are those of aiohttp's RequestHandler.
    """

    def __init__(self, server: web.Server, most: int, **options: Any) -> None:
        self.server = server
        self.options = options
        self.most = most
        self.open: dict[Connection, None] = {}
        """The oldest first."""

    def __call__(self) -> Connection:
        """A connection that is about to be made."""
        return Connection(self)

    def makes_room(self) -> bool:
        """Whether another one may come in; lets one go for it, if need be."""
        if len(self.open) < self.most:
            return True
        silent = next((one for one in self.open if one.is_silent), None)
        if silent is not None:
            silent.let_go()
        return silent is not None

    def cut_off(self) -> None:
        """End all connections at once, whatever waits to be sent on them."""
        for connection in list(self.open):
            connection.cut_off()


class Connection(web.RequestHandler):
    """aiohttp's, with a place that is free again when it ends."""

    __slots__ = ("_door", "_late")

    def __init__(self, door: Door) -> None:
        super().__init__(door.server, loop=asyncio.get_running_loop(), keepalive_timeout=IDLE, **door.options)
        self._door = door
        self._late: asyncio.TimerHandle | None = None

    @property
    def request(self) -> web.BaseRequest | None:
        """The request that is being answered."""
        return self._current_request

    @property
    def is_silent(self) -> bool:
        """Whether no whole head of a request has come yet."""
        return self._request_count == 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or close at once where there is none."""
        if not self._door.makes_room():
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()
            return
        self._door.open[self] = None
        self._late = asyncio.get_running_loop().call_later(HEAD, self._is_late)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._leave()
        super().connection_lost(exc)

    def let_go(self) -> None:
        """Close it, for another one or for being late."""
        self._leave()
        self.force_close()

    def cut_off(self) -> None:
        """End it, without what waits to be sent."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _is_late(self) -> None:
        if self.is_silent:
            self.let_go()

    def _leave(self) -> None:
        self._door.open.pop(self, None)
        if self._late is not None:
            self._late.cancel()
