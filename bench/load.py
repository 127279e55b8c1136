"""Load for gateways: raw HTTP/1.1 on kept connections, so that the client takes next to no CPU.

An answer that is not whole, or not 200, is a BrokenError: nothing is measured that did not work.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

WORD = b" acid"
END_OF_STREAM = b"data: [DONE]\n\n\r\n0\r\n\r\n"


class BrokenError(Exception):
    """An answer was refused, cut or not whole."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask, with which key."""

    url: str
    key: str

    def request(self, body: bytes) -> bytes:
        """The whole request for a chat completion, as it goes over the wire."""
        parts = urlsplit(self.url)
        head = (
            f"POST {parts.path}/chat/completions HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection(asyncio.Protocol):
    """One kept connection: `ask`, and the answer is there when it returns."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def open(self) -> None:
        """Connect, also anew where the server has closed it since the last answer."""
        parts = urlsplit(self._target.url)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, parts.hostname or "", parts.port or 80)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._answer = bytearray()
        self._size = 0
        self._lost = asyncio.Event()
        self._done: asyncio.Future[None] | None = None
        self.first = 0.0
        """When the first word of the newest answer was there."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()
        self._finish(f"the connection was cut: {exc}")

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self.first:
            if WORD not in self._answer:
                if not self._answer.startswith(b"HTTP/1.1 200 "):
                    self._finish(self._answer.decode(errors="replace")[:2000])
                return
            self.first = time.perf_counter()
            self._size = _size(self._answer)
            if self._only_first:
                self._finish()
        if len(self._answer) >= self._size if self._size else self._answer.endswith(END_OF_STREAM):
            self._finish()

    def _finish(self, problem: str = "") -> None:
        if self._done is not None and not self._done.done():
            if problem:
                self._done.set_exception(BrokenError(problem))
            else:
                self._done.set_result(None)

    async def ask(self, request: bytes, words: int, *, only_first: bool = False) -> None:
        """Ask, and wait until all words of the answer are there, or its first."""
        if self.transport.is_closing():
            await self._lost.wait()
            await self.open()
        self._answer.clear()
        self.first, self._only_first = 0.0, only_first
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self._done
        if not only_first and self._answer.count(WORD) != words:
            raise BrokenError(f"{self._answer.count(WORD)} of {words} words came")


def _size(answer: bytearray) -> int:
    """Bytes of the whole answer; 0 where it does not say so."""
    head = answer[: answer.index(b"\r\n\r\n") + 4].lower()
    name = b"\r\ncontent-length:"
    at = head.find(name)
    return len(head) + int(head[at + len(name) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


@contextlib.asynccontextmanager
async def connected(target: Target, number: int) -> AsyncIterator[list[Connection]]:
    """That many connections, closed at the end."""
    opened: list[Connection] = []
    try:
        for _ in range(number):
            connection = Connection(target)
            await connection.open()
            opened.append(connection)
        yield opened
    finally:
        for connection in opened:
            connection.transport.abort()


async def for_seconds(connections: list[Connection], request: bytes, words: int, seconds: float) -> int:
    """How many answers all connections together get in that time."""
    end = time.perf_counter() + seconds

    async def go_on(connection: Connection) -> int:
        count = 0
        while time.perf_counter() < end:
            await connection.ask(request, words)
            count += 1
        return count

    return sum(await asyncio.gather(*map(go_on, connections)))


async def wear(target: Target, request: bytes, words: int, *, count: int, at_once: int, leave: int) -> None:
    """Ask `count` times; every `leave`-th time, go at the first word."""

    async def go_on(numbers: range) -> None:
        left = list(numbers)
        while left:
            async with connected(target, 1) as (connection,):
                while left:
                    goes = left.pop() % leave == 0
                    await connection.ask(request, words, only_first=goes)
                    if goes:
                        break

    await asyncio.gather(*(go_on(range(first, count, at_once)) for first in range(at_once)))
