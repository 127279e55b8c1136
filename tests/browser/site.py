"""Somebody else's site: another origin, with a page that holds the widget and an endpoint of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web


class Answer:
    """The streamed answer to one question, which the test writes."""

    def __init__(self, asked: dict[str, Any], response: web.StreamResponse) -> None:
        self.asked = asked
        """The body of the request."""
        self.over = asyncio.Event()
        self._response = response

    async def say(self, *pieces: str) -> None:
        for piece in pieces:
            await self._send("delta", {"text": piece})

    async def done(self, text: str) -> None:
        await self._send("done", {"message": text})
        self.over.set()

    def cut(self) -> None:
        """End without an end."""
        self.over.set()

    async def _send(self, event: str, data: object) -> None:
        await self._response.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())


class Site:
    """A server on a port of its own: its HTML, the headers that come with it, its style sheet."""

    def __init__(self) -> None:
        self.page = ""
        self.style = ""
        self.headers: dict[str, str] = {}
        self.refusals: list[tuple[int, object, dict[str, str]]] = []
        """Status, JSON and headers that the endpoint answers with first."""
        self.url = ""
        """Its origin: without a slash at the end."""
        self._waiting: asyncio.Queue[Answer] = asyncio.Queue()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/", self._page)
        application.router.add_get("/style.css", self._style)
        application.router.add_get("/favicon.ico", self._nothing)
        application.router.add_post("/answer", self._answer)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def asked(self) -> Answer:
        """The answer to the next question, still without a word."""
        return await asyncio.wait_for(self._waiting.get(), 10)

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=self.page, content_type="text/html", headers=self.headers)

    async def _style(self, _: web.Request) -> web.Response:
        return web.Response(text=self.style, content_type="text/css")

    async def _nothing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if self.refusals:
            status, document, headers = self.refusals.pop(0)
            return web.json_response(document, status=status, headers=headers)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        answer = Answer(asked, response)
        self._waiting.put_nowait(answer)
        await answer.over.wait()
        return response
