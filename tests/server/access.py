"""Programs with access keys, and the server of bytes that is asked for them, for the tests of `/v1`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.server.runner import Server
from livetechno.store.access import AccessKey
from livetechno.store.budgets import Name
from tests.gpt import raw_server

MODEL = "gpt-4.1-mini"
"""A model that does not think, so that nothing of what it writes is unseen."""
HELLO = [{"role": "user", "content": "Hello"}]
CHAT = {"model": MODEL, "messages": HELLO}
RESPONSE = {"model": MODEL, "input": "Hello"}
USAGE = {"prompt_tokens": 5, "completion_tokens": 2}
REPLY = {
    "id": "c1",
    "object": "chat.completion",
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": USAGE,
}


@dataclass
class Program:
    """What holds an access key, and asks with it."""

    url: str
    key: AccessKey
    secret: str
    session: aiohttp.ClientSession

    @asynccontextmanager
    async def asks(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a POST of the body, or to a GET without one."""
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        method = "GET" if body is None else "POST"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        async with self.session.request(method, f"{self.url}v1/{path}", data=data, headers=sent) as answer:
            yield answer

    async def ask(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON."""
        async with self.asks(path, body, headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def rows(self, count: int = 1) -> list[dict[str, Any]]:
        """Its calls in the books, once there are so many that have ended."""
        owner = f"access:{self.key.id}"
        for _ in range(200):
            rows = await in_thread(_rows, owner)
            if len(rows) >= count and all(row["settled"] for row in rows):
                return rows
            await asyncio.sleep(0.01)
        raise AssertionError(rows)


def _rows(owner: str) -> list[dict[str, Any]]:
    database = app.store()._database  # the test looks where no command does
    with database.read() as connection:
        found = connection.execute("SELECT * FROM calls WHERE owner = ? ORDER BY number", (owner,))
        return [dict(row) for row in found]


async def answer(exchange: raw_server.Exchange) -> None:
    """A whole answer, or a stream, as was asked for."""
    if not exchange.body.get("stream"):
        await exchange.json(REPLY)
        return
    await exchange.begin_stream()
    await exchange.text("Hi")
    await exchange.finish()


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[raw_server.Server]:
    """The server that is asked, with the owner's key for it."""
    started = raw_server.Server()
    await started.start()
    started.answers = [answer]
    monkeypatch.setenv("OPENAI_BASE_URL", started.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", raw_server.KEY)
    yield started
    await started.stop()


@asynccontextmanager
async def program(url: str, name: str = "band", usd: str = "5", **options: Any) -> AsyncIterator[Program]:
    """A new access key, in use."""
    caps: dict[Name, Decimal] = {"month": Decimal(usd)}
    key, secret = await in_thread(lambda: app.store().access.create(name, caps=caps, **options))
    async with aiohttp.ClientSession() as session:
        yield Program(url, key, secret, session)


@pytest.fixture
async def band(server: Server, upstream: raw_server.Server) -> AsyncIterator[Program]:
    """A program with five dollars a month."""
    async with program(await server.start()) as one:
        yield one
