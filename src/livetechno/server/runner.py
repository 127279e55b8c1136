"""Start and stop the server: a port that is free, or a server of ours that is there already."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import json
import socket
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from livetechno.gpt import redaction
from livetechno.server import connections, logs, revoked
from livetechno.server.answers import RUNNING
from livetechno.server.application import build
from livetechno.server.connections import Connection, Door
from livetechno.server.sharing import Share
from livetechno.server.visitors import Site

Result = TypeVar("Result")

PORT = 8787
STEPS = 20
"""Ports after the wanted one that are tried."""
OWN_HOST = "127.0.0.1"
REACHED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where one is reached that binds it
"""Where who listens on all addresses is reached from this machine."""
GRACE = 5.0
"""Most seconds that stopping waits for answers that are under way."""
_SECONDS = 1.0
"""Most that another server may take to say who it is."""
OWN_SECONDS = 4.0
"""The same for our own, which may be busy; one whose sockets have died mostly says so at once."""


class NoPortError(OSError):
    """The wanted port and those after it are taken by other programs."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where to serve: a free port, or the address of a server of ours; `passed` are ports of others."""

    port: int
    ours: bool = False
    passed: tuple[int, ...] = ()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run`, on a loop of `uvloop` where the extra `speed` is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def url(host: str, port: int) -> str:
    """The address, as a person opens it."""
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def find_port(host: str, wanted: int, *, reuse: bool = True) -> Found:
    """The wanted port, or the next that is free or, to `reuse`, served by us. 0 is any free one.

    Raises NoPortError.
    """
    if wanted == 0:
        return Found(0)
    passed: list[int] = []
    for port in range(wanted, min(wanted + STEPS, 65536)):
        if _is_free(host, port):
            return Found(port, passed=tuple(passed))
        if reuse and await _is_ours(host, port, _SECONDS):
            return Found(port, ours=True, passed=tuple(passed))
        passed.append(port)
    raise NoPortError(errno.EADDRINUSE, "no free port", str(wanted))


async def _bound(door: Door, host: str, port: int) -> asyncio.Server:
    """It does not serve yet: nothing is awaited once there is a socket, so no cancelling leaves one open."""
    return await asyncio.get_running_loop().create_server(door, host, port, start_serving=False)


@dataclass(slots=True)
class _Listener:
    """A place where a server listens; its `sockets` are others after `Server.reopen`."""

    host: str
    port: int
    door: Door
    sockets: asyncio.Server

    async def reopen(self) -> None:
        """Raises OSError for a taken port."""
        self.sockets = await _bound(self.door, self.host, self.port)
        await self.sockets.start_serving()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError, ValueError):  # what the system has torn down is closed already
            self.sockets.close()


class Server:
    """The server of this process. `start` gives its address; `stop` ends it.

    For a `site` it listens twice: for everybody, and at `own_port` for the owner's page, on this machine.
    Raises ValueError for a host that others than this machine reach, where there is no site.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        folder: Path | None = None,
        secret: str | None = None,
        site: Site | None = None,
        share: Share | None = None,
        own_port: int = 0,
    ) -> None:
        if site is None and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not this machine alone")
        self._host = host
        self._port = port
        self._own_port = own_port
        self._application, self.guard = build(folder=folder, secret=secret, site=site, share=share)
        self.own_url = ""
        """Where the owner's page is, once it is served."""
        self._runner: web.AppRunner | None = None
        self._listeners: list[_Listener] = []
        self._revoking: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Listen; the address, as a person opens it. Raises OSError for a taken port."""
        redaction.install()
        runner = web.AppRunner(
            self._application,
            handler_cancellation=True,  # a call upstream does not go on for a client that has left
            shutdown_timeout=GRACE,
        )
        await runner.setup()
        self._runner = runner
        try:
            port = own_port = await self._listen(self._host, self._port)
            if self.guard.site is not None:
                own_port = await self._listen(OWN_HOST, self._own_port)
        except BaseException:
            await self.stop()
            raise
        self._revoking = asyncio.create_task(revoked.end_calls(self._connections, self._living))
        self.guard.allow_port(own_port)
        address = url(REACHED.get(self._host, self._host), port)
        if self.guard.site is not None:
            self.guard.allow_site(own_port, address.partition("://")[2].rstrip("/"))
        self.own_url = address if self.guard.site is None else url(OWN_HOST, own_port)
        return address

    async def stop(self) -> None:
        """Stop listening; answers that are under way end, or are told that they are cut."""
        runner, self._runner = self._runner, None
        if self._revoking is not None:
            self._revoking.cancel()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if runner is not None:
            await runner.cleanup()

    async def reopen(self) -> None:
        """Listen anew at the same ports, where the system has made all sockets of a sleeping process useless.

        Sessions and answers under way stay; pages are cut off, and come back. Raises OSError when
        another program has taken a port meanwhile: then it may be called again, or the server stopped.
        """
        for listener in self._listeners:
            listener.close()
            listener.door.cut_off()
        for listener in self._listeners:
            await listener.reopen()

    async def keep(self) -> None:
        """Stop the answers of which something has come; that is on disk when this returns."""
        await self._application[RUNNING].keep()

    async def is_busy(self) -> bool:
        """Whether an answer in a stored conversation is under way."""
        return self._application[RUNNING].is_busy

    async def answers(self) -> bool:
        """Whether somebody who connects now is answered: all sockets of a process that slept may be dead."""
        places = [(REACHED.get(one.host, one.host), one.port) for one in self._listeners]
        told = [await _is_ours(host, port, OWN_SECONDS) for host, port in places]
        return bool(told) and all(told)

    async def _listen(self, host: str, port: int) -> int:
        """Listen there; the port, which is another than 0. Raises OSError for a taken port."""
        assert self._runner is not None
        assert self._runner.server is not None
        door = Door(
            self._runner.server,
            connections.most_open(),
            access_log=None,
            logger=logs.of_http(),
            auto_decompress=False,  # a small body stays small
        )
        opened = await _bound(door, host, port)
        found: int = opened.sockets[0].getsockname()[1]
        self._listeners.append(_Listener(host, found, door, opened))
        await opened.start_serving()
        return found

    def _connections(self) -> Iterator[Connection]:
        return (connection for one in self._listeners for connection in one.door.open)

    def _living(self) -> frozenset[str]:
        return self.guard.store().access.living()


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


async def _is_ours(host: str, port: int, seconds: float) -> bool:
    timeout = aiohttp.ClientTimeout(total=seconds)
    with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, ValueError, OSError):
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url(host, port)}healthz", allow_redirects=False) as answer,
        ):
            return bool(json.loads((await answer.content.read(1000)).decode()).get("app") == "livetechno")
    return False
