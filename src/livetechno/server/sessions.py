"""The sessions of the owner's pages: a random cookie each, known here by its hash only.

They live as long as the server. A page whose session is unknown asks for another one, once. Browsers tell
cookies apart by host and not by port, so each server's has its port in its name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict

from aiohttp import web

COOKIE = "livetechno_session"
"""How the cookie's name begins; the port follows."""
MOST = 1000
"""Sessions that are remembered; the one not used for the longest goes first."""


def cookie_name(request: web.Request) -> str:
    """What the cookie of the server is called that this request was sent to."""
    return f"{COOKIE}_{request.url.port}"


class Sessions:
    """Who has a session. With a `secret`, only who shows it gets one: the page in an app's own WebView."""

    def __init__(self, secret: str | None = None) -> None:
        self._secret = secret
        self._known: OrderedDict[bytes, None] = OrderedDict()

    @property
    def with_page(self) -> bool:
        """Whether our own HTML brings a session along."""
        return self._secret is None

    def admits(self, secret: str | None) -> bool:
        """Whether who shows this secret, or none, may have a session."""
        if self._secret is None:
            return True
        return secret is not None and hmac.compare_digest(_hash(secret), _hash(self._secret))

    def give(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put a new session into the cookie of the response to a request."""
        token = secrets.token_urlsafe(32)
        self._known[_hash(token)] = None
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        response.set_cookie(cookie_name(request), token, httponly=True, samesite="Strict", path="/")

    def holds(self, request: web.Request) -> bool:
        """Whether the request comes with a session that we gave."""
        hashed = _hash(request.cookies.get(cookie_name(request), ""))
        if hashed not in self._known:
            return False
        self._known.move_to_end(hashed)
        return True


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
