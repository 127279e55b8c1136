"""A server whose every byte the test decides."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

from livetechno.gpt.client import Client
from livetechno.gpt.retry import Retry
from livetechno.gpt.secret import Secret
from livetechno.gpt.transport import Timeouts

KEY = "sk-test-" + "q7w8e9r1t2y3" * 2
Answer = Callable[["Exchange"], Coroutine[Any, Any, None]]


class Exchange:
    """One request that came, and the means to answer it byte by byte."""

    def __init__(
        self, head: str, body: bytes, writer: asyncio.StreamWriter, reader: asyncio.StreamReader
    ) -> None:
        self.line, *lines = head.split("\r\n")
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.raw = body
        self._writer = writer
        self._reader = reader

    @property
    def body(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.raw)
        return document

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def json(self, document: object, status: int = 200, **headers: str) -> None:
        data = json.dumps(document).encode()
        await self.head(
            status, **{"content-type": "application/json", "content-length": str(len(data)), **headers}
        )
        await self.send(data)

    async def head(self, status: int = 200, **headers: str) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self.send(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode())

    async def begin_stream(self, **headers: str) -> None:
        await self.head(200, content_type="text/event-stream", transfer_encoding="chunked", **headers)

    async def event(self, document: object) -> None:
        await self.chunk(
            f"data: {document if isinstance(document, str) else json.dumps(document)}\n\n".encode()
        )

    async def text(self, text: str) -> None:
        await self.event({"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]})

    async def finish(self, reason: str = "stop") -> None:
        await self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        await self.event({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}})
        await self.event("[DONE]")
        await self.send(b"0\r\n\r\n")

    async def chunk(self, data: bytes) -> None:
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def until_left(self) -> None:
        """Wait until the client has closed the connection."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(1024):
                pass

    def abort(self) -> None:
        self._writer.transport.abort()


class Server:
    """Answers the n-th request with the n-th of `answers`, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a client has closed its connection in the middle of an answer."""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.base_url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n")
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.lower().split("\r\n")
                        if line.startswith("content-length")
                    ),
                    0,
                )
                exchange = Exchange(head, await reader.readexactly(length), writer, reader)
                self.exchanges.append(exchange)
                answer = self.answers[min(len(self.exchanges), len(self.answers)) - 1]
                try:
                    await answer(exchange)
                except (ConnectionError, OSError):
                    self.left.set()
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    def client(self, **options: Any) -> Client:
        """A client for this server with timeouts and waits of milliseconds."""
        options.setdefault("timeouts", Timeouts(connect=1, first_byte=1, idle=1, total=2))
        options.setdefault("retry", Retry(base=0.001, cap=0.002))
        return Client(base_url=self.base_url, key=Secret(KEY), **options)
