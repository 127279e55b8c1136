"""Who calls: one place reads every credential, and what comes of it is judged by one policy.

| permission | credential | caller | whose data |
|---|---|---|---|
| `owner` | the cookie of our own pages | owner | the owner's |
| `access` | `Authorization: Bearer lt-...` or `x-api-key: lt-...` | access | `access:<id of the key>` |
| `chat` | the cookie, or `X-Livetechno-Session` from a named site | owner or visitor | `site:<origin>` |

A route looks at the credentials of its permission only, and the owner's cookie counts only where the owner
asks (`origins.ABROAD`). Where one stands in a header, two are refused, whatever they are worth: else one
could be checked, and the other obeyed.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from aiohttp import web

from livetechno.gpt.threads import in_thread
from livetechno.server.errors import ApiError
from livetechno.server.origins import ABROAD, ORIGIN, VISITOR_HEADER
from livetechno.server.routes import Permission
from livetechno.server.sessions import Sessions
from livetechno.store import LOCAL

KEY_HEADERS = ("Authorization", "X-Api-Key")
KNOWN_FOR = 0.5
"""Seconds that an access key is trusted after it was looked up: a revoked one is refused that soon."""
MOST_KNOWN = 1000
"""Keys that are remembered; the one looked up first goes first."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a caller may do. What it may spend is in the budgets of its data's owner."""

    models: tuple[str, ...] = ()
    """The models it may name; empty for every one whose price is known."""
    most_tokens: int = 16_384
    """Tokens of one answer."""
    most_messages: int = 200
    most_body: int = 1_000_000
    """Bytes of a request."""
    at_once: int = 4
    seconds: float = 300.0
    """How long one answer may take."""
    per_minute: int = 60
    system: str | None = None
    """The system message of all its calls, in place of its own."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and whose data in the store is touched. The owner has no policy: all is theirs."""

    kind: Literal["owner", "access", "visitor", "nobody"]
    owner: str = ""
    policy: Policy | None = None
    name: str = ""
    """What a log may call it: a key's name, a visitor's origin. Never a credential."""
    counted: tuple[str, ...] = ()
    """Under which names its requests count against the policy's limits."""


NOBODY = Caller("nobody")
OWNER = Caller("owner", LOCAL)
CALLER: web.RequestKey[Caller] = web.RequestKey("livetechno.caller", Caller)
"""`request[CALLER]`: who asks, for every route of the table."""


class Key(Protocol):
    """What is kept of an access key."""

    @property
    def id(self) -> Any:
        """Its own, for ever."""

    @property
    def name(self) -> str:
        """What its maker calls it."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models it may name; empty for all."""

    @property
    def limits(self) -> Mapping[str, int]:
        """Fields of `Policy` that differ for it."""


LookUp = Callable[[bytes], Key | None]
"""The living access key with this SHA-256, or none. May read the disk, and raise StoreError."""
Visit = Callable[[web.Request, str, str], Caller | None]
"""The visitor that a request is of, by its token and the origin of its page."""


@dataclass(slots=True)
class Callers:
    """Everybody that one server knows."""

    sessions: Sessions
    access: LookUp
    visit: Visit | None = None
    _known: OrderedDict[bytes, tuple[float, Caller]] = field(default_factory=OrderedDict)

    async def of(self, request: web.Request, permission: Permission) -> Caller:
        """Who asks for a route of this permission. Raises ApiError (401) when nobody with it does."""
        match permission:
            case "owner":
                return self._owner(request)
            case "access":
                return await self._access(request)
            case "chat":
                return self._chat(request)
        return NOBODY

    def _owner(self, request: web.Request) -> Caller:
        if ABROAD in request or not self.sessions.holds(request):
            raise ApiError("session_unknown", 401)
        return OWNER

    async def _access(self, request: web.Request) -> Caller:
        header, value = _shown(request)
        secret = _bearer(value) if header == "Authorization" else value.strip()
        found = await self._living(secret) if header in KEY_HEADERS and secret else None
        if found is None:
            raise ApiError("key_unknown", 401)
        return found

    async def _living(self, secret: str) -> Caller | None:
        hashed = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        known = self._known.get(hashed)
        now = time.monotonic()
        if known is not None and now < known[0]:
            return known[1]
        self._known.pop(hashed, None)
        key = await in_thread(self.access, hashed)
        if key is None:
            return None
        caller = _holder(key)
        self._known[hashed] = now + KNOWN_FOR, caller
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return caller

    def _chat(self, request: web.Request) -> Caller:
        if ABROAD not in request:
            return self._owner(request)
        header, token = _shown(request)
        if header in KEY_HEADERS:
            raise ApiError("credentials_refused", 401)
        found = None
        if self.visit is not None and ORIGIN in request:
            found = self.visit(request, token, request[ORIGIN])
        if found is None:
            raise ApiError("session_unknown", 401)
        return found


def _shown(request: web.Request) -> tuple[str, str]:
    """The header that holds a credential, and what it holds; empty texts when there is none."""
    headers = request.headers
    found = [(name, value) for name in (*KEY_HEADERS, VISITOR_HEADER) for value in headers.getall(name, ())]
    if len(found) > 1:
        raise ApiError("credentials_refused", 401)
    return found[0] if found else ("", "")


def _bearer(value: str) -> str:
    scheme, _, secret = value.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _holder(key: Key) -> Caller:
    owner = f"access:{key.id}"
    limits: dict[str, Any] = dict(key.limits)
    return Caller("access", owner, Policy(models=tuple(key.models), **limits), key.name, (owner,))
