"""Pages as people open them, which may do nothing wrong; and the server that they open."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from livetechno.server.runner import Server
from tests.browser.engine import (
    PATIENCE,
    SCREENSHOTS,
    VIEWS,
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
)


class Served:
    """A server of this process, which can go and come back at the same address. `options` are `Server`'s."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._port = 0
        self._server: Server | None = None
        self.url = ""
        """Ends in a slash."""

    async def start(self) -> None:
        self._server = Server(port=self._port, **self._options)
        self.url = await self._server.start()
        self._port = urlsplit(self.url).port or 0

    async def reopen(self) -> None:
        """Cut all pages off, and listen anew."""
        assert self._server is not None
        await self._server.reopen()

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()


class Visits:
    """Opens pages in one of `VIEWS`, and remembers what went wrong in them."""

    def __init__(self, browser: Browser, served: Served, view: str) -> None:
        self._browser = browser
        self._served = served
        self._contexts: list[BrowserContext] = []
        self._allowed: list[str] = []
        self._wrong: list[str] = []
        self.view = view

    @property
    def url(self) -> str:
        """Where the server is; ends in a slash."""
        return self._served.url

    @property
    def is_phone(self) -> bool:
        """Whether one column is shown, and fingers touch it."""
        return self.view == "phone"

    async def open(self, path: str = "", *, first: bool = False, **options: Any) -> Page:
        """A page of a browser of its own. One that is there for the `first` time is asked for a key.

        `path` may be the address of another site. `options` are Playwright's for a context: `locale`,
        `color_scheme` and others.
        """
        wanted: dict[str, Any] = {"locale": "en-GB", **VIEWS[self.view], **options}
        if not first:
            passed = {"name": "livetechno.gate", "value": "passed"}
            origin = {"origin": self._served.url.rstrip("/"), "localStorage": [passed]}
            wanted.setdefault("storage_state", {"cookies": [], "origins": [origin]})
        context = await self._browser.new_context(**wanted)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._wrong.append(str(error.error)))
        context.on("request", self._look_at)
        page = await context.new_page()
        await page.goto(path if path.startswith("http://") else self._served.url + path)
        return page

    def allow(self, text: str) -> None:
        """Do not take a console error that contains this for wrong: the test provokes it."""
        self._allowed.append(text)

    async def shot(self, page: Page, name: str) -> None:
        """Keep what the page shows, as `build/screenshots/<name>-<view>.png`."""
        await page.screenshot(path=SCREENSHOTS / f"{name}-{self.view}.png", animations="disabled")

    @property
    def wrong(self) -> list[str]:
        """What went wrong and was not allowed: errors in the console, and requests elsewhere."""
        return [one for one in self._wrong if not any(text in one for text in self._allowed)]

    async def end(self) -> None:
        """Close every page."""
        for context in self._contexts:
            await asyncio.wait_for(context.close(), PATIENCE / 1000)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._wrong.append(f"{said.text} ({said.location['url']})")

    def _look_at(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self._wrong.append(f"a request to {request.url}")
