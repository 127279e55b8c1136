from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from livetechno.server.runner import Server


@dataclass
class Page:
    """A page of the owner's: it has a session, and asks as a browser does."""

    url: str
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        """Status and JSON (None for an empty answer)."""
        headers = {**self.headers, **more.pop("headers", {})}
        if method in ("POST", "PUT", "PATCH"):
            more["json"] = {} if body is None else body
        async with self.session.request(
            method, self.url + path.lstrip("/"), headers=headers, **more
        ) as answer:
            raw = await answer.read()
            return answer.status, await answer.json(content_type=None) if raw else None


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    started = Server()
    yield started
    await started.stop()


@pytest.fixture
async def page(server: Server) -> AsyncIterator[Page]:
    """The owner's page, opened: Mock AI answers unless a test sets a key and an address."""
    url = await server.start()
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        opened = Page(url, session, {"Origin": url.rstrip("/"), "Sec-Fetch-Site": "same-origin"})
        status, _ = await opened.ask("POST", "/api/session")
        assert status == 204
        yield opened
