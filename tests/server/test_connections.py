"""How many connections a listener holds, and for how long one that says nothing; over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from livetechno.server import connections
from livetechno.server.runner import Server
from livetechno.server.visitors import Site


class _Client:
    """An end of a connection that sends bytes as they are."""

    def __init__(self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.host = urlsplit(url).netloc
        self.reader = reader
        self.writer = writer

    async def asks(self) -> bytes:
        """The status line of an answer, or nothing where the server has hung up."""
        self.writer.write(f"GET /healthz HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        return head.split(b"\r\n")[0]

    async def is_let_go(self) -> bool:
        """Whether the server hangs up without a word."""
        try:
            return await asyncio.wait_for(self.reader.read(1), 5) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def client(url: str) -> AsyncIterator[_Client]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    yield _Client(url, reader, writer)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


OK = b"HTTP/1.1 200 OK"


async def test_a_head_that_does_not_end_in_its_time_ends_the_connection(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD", 0.05)
    url = await server.start()
    async with client(url) as slow, client(url) as silent, client(url) as busy:
        assert await busy.asks() == OK
        for byte in b"GET / HTTP/1.1\r\nX: ":  # drop by drop, to the end of its time
            slow.writer.write(bytes([byte]))
            await asyncio.sleep(0.005)
        assert await slow.is_let_go()
        assert await silent.is_let_go()
        assert await busy.asks() == OK


async def test_a_connection_that_waits_too_long_with_another_request_is_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.05)
    async with client(await server.start()) as one:
        assert await one.asks() == OK
        one.writer.write(b"GET / HTTP/1.1\r\n")
        assert await one.is_let_go()


async def test_where_all_places_are_taken_the_oldest_that_says_nothing_makes_room(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "most_open", lambda: 3)
    url = await server.start()
    async with client(url) as busy, client(url) as oldest:
        assert await busy.asks() == OK
        async with client(url) as second, client(url) as third:
            assert await oldest.is_let_go()
            for one in (busy, second, third):
                assert await one.asks() == OK


async def test_where_each_has_asked_who_comes_is_let_go_and_a_place_is_free_when_one_leaves(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "most_open", lambda: 2)
    url = await server.start()
    async with client(url) as first:
        assert await first.asks() == OK
        async with client(url) as second:
            assert await second.asks() == OK
            for _ in range(10):
                async with client(url) as another:
                    assert await another.is_let_go()
            assert await first.asks() == OK
        for _ in range(100):
            async with client(url) as another:
                if await another.asks() == OK:
                    return
            await asyncio.sleep(0.01)
    raise AssertionError


async def test_a_site_that_is_full_does_not_keep_its_owner_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_open", lambda: 1)
    server = Server(site=Site())
    url = await server.start()
    async with client(url) as other, client(server.own_url) as owner:
        assert await other.asks() == OK
        assert await owner.asks() == OK
    await server.stop()


@pytest.mark.parametrize(
    ("files", "most"),
    [(256, 96), (1024, 480), (1_000_000, connections.MOST), (16, connections.FEWEST), (-1, connections.MOST)],
)
def test_a_process_with_few_files_has_fewer_connections(
    monkeypatch: pytest.MonkeyPatch, files: int, most: int
) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert connections.most_open() == most


def test_a_server_of_its_own_may_have_as_many_files_open_as_it_needs_and_the_system_lets_it() -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        connections.open_many_files()
        now, still = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    wanted = 2 * (connections.MOST + 32)
    assert (now, still) == (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
