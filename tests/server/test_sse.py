"""What WebKit needs of a stream: it holds back its first bytes, and drops one that is silent for a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from livetechno import app
from livetechno.server import sse
from tests.server.conftest import Page

HELD_BACK = 1024
"""Bytes that a WebView may want to have before it shows any: URLSession 512 (openradar 31862557)."""
SILENCE = 60
"""Seconds after which WebKit drops a request (swisspol/GCDWebServer#432)."""


@asynccontextmanager
async def stream(page: Page, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """One of the page's streams, from its head on."""
    headers = page.headers
    if path == "/api/chat":
        body = {"messages": [{"role": "user", "content": "Hello"}], "stream": True}
        asking = page.session.post(page.url + path[1:], json=body, headers=headers)
    else:
        if "{id}" in path:
            _, told = await page.ask("POST", "/api/answers", {"text": "Hello"})
            path = path.format(id=told["answer"]["id"])
        asking = page.session.get(page.url + path[1:], headers=headers)
    async with asking as answer:
        yield answer


@pytest.mark.parametrize("path", ["/api/events", "/api/answers/{id}/events", "/api/chat"])
async def test_a_stream_begins_with_bytes_enough_and_is_stored_and_guessed_by_nobody(
    page: Page, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    async with stream(page, path) as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in answer.headers
        padding = await answer.content.readuntil(b"\n\n")
        assert padding.startswith(b":")  # a comment: no event
        assert len(padding) >= HELD_BACK


async def test_a_stream_without_news_is_not_silent(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sse.HEARTBEAT <= SILENCE / 4
    monkeypatch.setattr(sse, "HEARTBEAT", 0.01)
    async with stream(page, "/api/events") as answer:
        beats = 0
        while beats < 3:
            block = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 5)
            beats += block == b":\n\n"
