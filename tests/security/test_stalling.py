"""Who sends nothing, or reads nothing, keeps no place for itself and no answer going (F2.5)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from livetechno.server import bodies, sse
from livetechno.server.callers import Policy
from livetechno.server.runner import Server
from tests.gpt import raw_server
from tests.gpt.raw_server import Exchange
from tests.server.access import CHAT, Program, band, upstream
from tests.server.test_gateway_calls import allow
from tests.server.visits import HELLO, chat, deployed, visitor

__all__ = ["band", "upstream"]
POLICY = Policy(per_minute=50, at_once=1, seconds=0.2)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    started = Server()
    yield started
    await started.stop()


async def floods(exchange: Exchange) -> None:
    await exchange.begin_stream()
    while True:
        await exchange.text("Hi" * 10_000)


@asynccontextmanager
async def posted(
    url: str, path: str, headers: Mapping[str, str], body: bytes
) -> AsyncIterator[socket.socket]:
    """A connection on which a POST was begun, and nothing is read by itself; its body is of 2000 bytes."""
    place = url.partition("://")[2].rstrip("/")
    host, _, port = place.rpartition(":")
    heads = {"Host": place, "Content-Type": "application/json", "Content-Length": "2000", **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in heads.items()), "", ""]
    with socket.create_connection((host, int(port))) as connection:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_sendall(connection, "\r\n".join(lines).encode() + body)
        yield connection


async def rest(connection: socket.socket) -> bytes:
    """What had come, up to the end of the connection. Raises asyncio.TimeoutError where that stays open."""
    read, loop = bytearray(), asyncio.get_running_loop()
    with contextlib.suppress(ConnectionResetError):
        while block := await asyncio.wait_for(loop.sock_recv(connection, 1 << 20), 5):
            read += block
    return bytes(read)


async def test_a_visitor_that_reads_nothing_is_let_go_with_its_answer(
    upstream: raw_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "STALLED", 0.1)
    upstream.answers = [floods]
    async with deployed(policy=POLICY) as (_, url), visitor(url) as page:
        body = json.dumps({"messages": HELLO, "stream": True}).encode().ljust(2000)
        async with posted(url, "/api/chat", page.headers, body) as connection:
            await asyncio.wait_for(upstream.left.wait(), 5)
            assert b"total_timeout" not in await rest(connection)
        upstream.answers = []
        assert await chat(page) != (429, "too_many_at_once")


async def test_a_program_that_reads_nothing_keeps_no_connection(
    server: Server, band: Program, upstream: raw_server.Server
) -> None:
    allow(server, seconds=0.6)  # in which the flood fills what the system keeps for a reader
    upstream.answers = [floods]
    body = json.dumps({**CHAT, "stream": True}).encode().ljust(2000)
    headers = {"Authorization": f"Bearer {band.secret}"}
    async with posted(band.url, "/v1/chat/completions", headers, body) as connection:
        await asyncio.wait_for(upstream.left.wait(), 5)
        await asyncio.sleep(0.05)
        assert b"total_timeout" not in await rest(connection)  # nor what waited before it


async def test_a_body_that_does_not_come_keeps_no_place(
    upstream: raw_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.05)
    async with deployed(policy=POLICY) as (_, url), visitor(url) as page:
        for path in ("/api/session", "/api/chat"):
            async with posted(url, path, page.headers, b"{") as connection:
                said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 9999), 5)
                assert said.startswith(b"HTTP/1.1 408 ")
                assert b'"body_late"' in said
        assert (await chat(page))[0] == 200
