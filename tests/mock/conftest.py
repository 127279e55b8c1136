"""A Mock AI of one's own, and a plain HTTP client for it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from livetechno.mock import MockServer

StartMock = Callable[..., Awaitable["Wire"]]


@dataclass(frozen=True)
class Told:
    """A whole answer: status, headers, bytes."""

    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.body["error"]
        return error

    @property
    def events(self) -> list[dict[str, Any]]:
        """The data of a stream, without [DONE]."""
        lines = self.raw.decode().splitlines()
        data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        return [json.loads(one) for one in data if one != "[DONE]"]

    @property
    def text(self) -> str:
        """The text of a streamed Chat Completion."""
        choices = [choice for event in self.events for choice in event["choices"]]
        return "".join(choice["delta"].get("content") or "" for choice in choices)


@dataclass(frozen=True)
class Wire:
    """A running Mock AI, and how to ask it."""

    server: MockServer
    base_url: str
    session: aiohttp.ClientSession

    async def post(
        self, path: str, body: Any = None, *, data: bytes | io.BytesIO | None = None, **headers: Any
    ) -> Told:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            sent = {"Content-Type": "application/json", **sent}
        async with self.session.post(self.base_url + path, json=body, data=data, headers=sent) as response:
            return Told(response.status, response.headers, await response.read())

    async def get(self, path: str, **headers: str) -> Told:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.base_url + path, headers=sent, allow_redirects=False) as response:
            return Told(response.status, response.headers, await response.read())

    async def chat(self, said: str, *, fault: str | None = None, model: str = "gpt-4.1", **more: Any) -> Told:
        body = {"model": model, "messages": [{"role": "user", "content": said}], **more}
        headers: dict[str, Any] = {"X-Mock-Fault": fault} if fault else {}
        return await self.post("/chat/completions", body, **headers)

    async def respond(
        self, said: str, *, fault: str | None = None, model: str = "gpt-4.1", **more: Any
    ) -> Told:
        headers: dict[str, Any] = {"X-Mock-Fault": fault} if fault else {}
        return await self.post("/responses", {"model": model, "input": said, **more}, **headers)


@pytest.fixture
async def start() -> AsyncIterator[StartMock]:
    """Start a Mock AI with these options; all are stopped in the end."""
    running: list[MockServer] = []
    async with aiohttp.ClientSession() as session:

        async def start_one(**options: Any) -> Wire:
            server = MockServer(**options)
            base_url = await server.start()
            running.append(server)
            return Wire(server, base_url, session)

        yield start_one
    for server in running:
        await server.stop()


@pytest.fixture
async def mock(start: StartMock) -> Wire:
    return await start(seed=1)
