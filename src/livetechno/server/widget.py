"""`<gpt-chat>` for pages of other sites: its script, which any page may load, and a page of it for a frame.

The script holds nothing of this server's. Who may ask, and who may put the frame into a page, is another
matter: the sites whose origins are named (`Guard.origins`), and no others.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from aiohttp import ETag, web

from livetechno import words
from livetechno.server import guard
from livetechno.server.errors import ApiError
from livetechno.server.guard import Guard
from livetechno.server.pages import BUILT

SCRIPT = "/gpt-chat.js"
FRAME = "/embed"
GIVEN = ("placeholder", "greeting")
"""Attributes of the element that the frame's address may give."""
MOST = 300
"""Characters of each."""
_FILE = BUILT / "gpt-chat.js"
_SECONDS = 300
"""How long a browser uses the script before it asks whether that has changed: its name stays the same."""
_STYLE = "html,body{height:100%;margin:0}gpt-chat{--gpt-chat-height:100%;--gpt-chat-radius:12px}"

_HTML = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
<script type="module" src="{script}"></script>
<gpt-chat {attributes}></gpt-chat>
</html>
"""


@dataclass(frozen=True, slots=True)
class _Script:
    plain: bytes
    zipped: bytes
    tag: ETag


def add_to(router: web.UrlDispatcher, rules: Guard) -> None:
    """Put the routes of both before those of a maker's folder."""
    policy = _policy(rules.origins)

    async def frame(request: web.Request) -> web.StreamResponse:
        return _frame(request, policy)

    router.add_get(SCRIPT, rules.everywhere(_script))
    router.add_get(FRAME, frame)


async def _script(request: web.Request) -> web.StreamResponse:
    try:
        script = _made(_FILE.stat().st_mtime_ns)
    except FileNotFoundError:
        raise ApiError("not_here", 404) from None
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": f"public, max-age={_SECONDS}",
        "Vary": "Accept-Encoding",
    }
    if any(tag.value in (script.tag.value, "*") for tag in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        response = _javascript(script.zipped, headers)
    else:
        response = _javascript(script.plain, headers)
    response.etag = script.tag
    return response


def _javascript(body: bytes, headers: dict[str, str]) -> web.Response:
    return web.Response(body=body, content_type="text/javascript", charset="utf-8", headers=headers)


@lru_cache(maxsize=1)
def _made(_changed: int) -> _Script:
    """The script as the file has had it since then (ns)."""
    plain = _FILE.read_bytes()
    tag = ETag(hashlib.sha256(plain).hexdigest()[:32], is_weak=True)  # weak: it stands for both encodings
    return _Script(plain, gzip.compress(plain, mtime=0), tag)


def _frame(request: web.Request, policy: str) -> web.Response:
    wanted = request.query.get("lang", "")
    language = wanted if wanted in words.LANGUAGES else guard.language(request) or "en"
    given = {name: request.query[name][:MOST] for name in GIVEN if name in request.query}
    attributes = {"endpoint": "/api/chat", "lang": language, **given}
    html = _HTML.format(
        language=language,
        title=escape(words.say("page.widget.chat", language)),
        style=_STYLE,
        script=SCRIPT,
        attributes=" ".join(f'{name}="{escape(value)}"' for name, value in attributes.items()),
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language",
    }
    return web.Response(text=html, content_type="text/html", headers=headers)


def _policy(origins: Iterable[str]) -> str:
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    ancestors = " ".join(sorted(origins)) or "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'sha256-{style}'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {ancestors}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
