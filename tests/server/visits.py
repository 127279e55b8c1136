"""A server that is deployed for sites, and visitors on their pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from livetechno.server.runner import Server
from livetechno.server.visitors import Site
from tests.server.conftest import Page

HERE, THERE = "https://here.example", "https://there.example:8443"
SITES = frozenset({HERE, THERE})
HELLO = [{"role": "user", "content": "Hello"}]


@asynccontextmanager
async def deployed(**more: Any) -> AsyncIterator[tuple[Server, str]]:
    """A server for both sites, and its address; more for its `Site`."""
    server = Server(site=Site(**{"origins": SITES, **more}))
    try:
        yield server, await server.start()
    finally:
        await server.stop()


@asynccontextmanager
async def visitor(url: str, origin: str = HERE, **headers: str) -> AsyncIterator[Page]:
    """A page of that origin, with a token."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        own = {"Origin": origin, "Sec-Fetch-Site": "cross-site", **headers}
        page = Page(url, session, own)
        status, given = await page.ask("POST", "/api/session")
        assert status == 200, given
        page.headers["X-Livetechno-Session"] = given["token"]
        yield page


async def chat(page: Page, messages: Any = HELLO, **more: Any) -> tuple[int, Any]:
    """Status, and the answer or the error's code."""
    headers = {name.replace("_", "-"): value for name, value in more.pop("headers", {}).items()}
    status, told = await page.ask("POST", "/api/chat", {"messages": messages, **more}, headers=headers)
    return status, told["error"]["code"] if status >= 400 else told
