"""Where an app's own window comes in: it shows the secret, and gets the session before its page is there.

The window opens `address(...)`. The secret is in the fragment, which no page of a maker's ever sees.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote, urlencode

from aiohttp import web

PATH = "/_livetechno/enter"
_SCRIPT = """
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
fetch("/api/session", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ secret: given.get("secret") }),
}).then((response) => response.ok && location.replace(`/${given.get("page")}`));
"""
_HTML = f"<!doctype html><meta charset=utf-8><title>livetechno</title><script>{_SCRIPT}</script>"
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'sha256-{_HASH}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}


def address(server: str, secret: str, page: str = "") -> str:
    """What the window opens; `server` ends in a slash, `page` is a path below it."""
    return f"{server.rstrip('/')}{PATH}#{urlencode({'secret': secret, 'page': quote(page)})}"


async def page(_: web.Request) -> web.StreamResponse:
    """The page that asks for the session, and leads on."""
    return web.Response(text=_HTML, content_type="text/html", headers=_HEADERS)
