"""A call of each route of the table, and servers that are asked, for the tests of this room."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from livetechno.server.application import table
from livetechno.server.routes import Route
from tests.server.conftest import Page

HELLO = [{"role": "user", "content": "Hello"}]
GOOD: dict[str, dict[str, Any]] = {
    "POST /api/session": {},
    "POST /api/chat": {"messages": HELLO},
    "POST /api/answers": {"text": "Hello"},
    "POST /api/answers/{id}/stop": {},
    "PATCH /api/conversations/{id}": {"title": "Another"},
    "POST /api/conversations/{id}/restore": {},
    "POST /api/conversations/{id}/purge": {},
    "PATCH /api/settings": {"strict": False},
    "PUT /api/key": {"key": "sk-" + "test-" + "of-nobody-at-all"},
    "POST /api/key/test": {},
    "POST /api/share": {"name": "a.md", "content": "data:;base64,"},
    "PUT /api/budgets/{budget}": {"usd": None},
}
"""A body that fits, for each route that takes one."""
WITH_BODY = ("POST", "PUT", "PATCH")
NAMES = {f"{route.method} {route.path}": route for route in table() if route.permission != "access"}
"""The routes that pages call; those of access keys are in test_access_keys.py."""
BODIED = {name: route for name, route in NAMES.items() if route.method in WITH_BODY}


def placed(route: Route, **places: str) -> str:
    """The route's path with these in its places; others get a name that nobody has."""
    path = route.path
    for name in ("id", "budget"):
        path = path.replace(f"{{{name}}}", places.get(name, "nobody"))
    return path


async def call(
    page: Page, route: Route, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> tuple[int, str, Mapping[str, str]]:
    """Status, text and headers. Of a stream that goes on for ever, its first event."""
    sent = {**page.headers, **(headers or {})}
    options: dict[str, Any] = {}
    if route.method in WITH_BODY:
        sent.setdefault("Content-Type", "application/json")
        options["data"] = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body or {}).encode())
    url = page.url + path.lstrip("/")
    async with page.session.request(route.method, url, headers=sent, **options) as answer:
        if answer.status == 200 and route.path == "/api/events":
            text = (await answer.content.readuntil(b"}\n\n")).decode()
            answer.close()
        else:
            text = await answer.text()
        return answer.status, text, answer.headers


@asynccontextmanager
async def asked(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server on this machine with one answer to everything; its base URL."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
