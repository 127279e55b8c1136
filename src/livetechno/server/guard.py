"""Who may call, and with what: one middleware before every handler, and the headers after it.

In this order: the Host must be ours (a page of another name that resolves to this machine gets nothing), the
Origin must be absent or ours (or a named one, for a route that is `elsewhere`), other sites' fetches of the
API are refused, the route's permission must be held, the caller's limits must have room, and a body must be
JSON of the right form. A route that is not in the table does not exist.

A server that is deployed for a site (`visitors.py`) listens twice: others ask at one port, the owner at
another one of this machine alone. Whatever a proxy says or leaves out, what comes to the first is never the
owner's.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from aiohttp import web

from livetechno import words
from livetechno.environment import EnvironmentValueError
from livetechno.gpt.errors import GPTError
from livetechno.server import bodies, errors, logs, origins, routes
from livetechno.server.callers import CALLER, NOBODY, Caller, Callers
from livetechno.server.errors import ApiError
from livetechno.server.limits import Limits
from livetechno.server.origins import ABROAD, ORIGIN
from livetechno.server.routes import BODY, QUERY, STORE, Route
from livetechno.server.visitors import Site
from livetechno.settings import SettingsError
from livetechno.store import Store
from livetechno.store.errors import StoreError

FOR_OTHERS = ("/embed",)
"""Pages that are not of the table, and not the owner's (`widget.py`)."""
LEFT = 499
"""The status that a log has for a client that did not wait for the end, as nginx's do."""
REQUEST_ID: web.RequestKey[str] = web.RequestKey("livetechno.request_id", str)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # pages.py has those of pages; what else comes from here is none, whatever a browser takes it for
    "Content-Security-Policy": "default-src 'none'; form-action 'none'; frame-ancestors 'none'",
    "Vary": "Origin",
}
_log = logging.getLogger("livetechno.server")


@dataclass(slots=True)
class Guard:
    """The rules of one server: which hosts it answers to, whom it knows, what is kept."""

    callers: Callers
    store: Callable[[], Store]
    hosts: set[str] = field(default_factory=set)
    """Values of the Host header that are ours: names with their port."""
    site: Site | None = None
    """For whom else the server is. They ask at a port of their own, where nothing of the owner's is."""
    limits: Limits = field(default_factory=Limits)
    visits: Limits = field(default_factory=Limits)
    """Those of visitors, whose number must not get in the way of access keys."""
    _ids: Iterator[str] = field(default_factory=lambda: _request_ids())
    _own_port: int = -1
    _site_hosts: frozenset[str] = frozenset()
    _abroad: set[routes.Handler] = field(default_factory=set)
    _elsewhere: set[routes.Handler] = field(default_factory=set)
    _everywhere: set[routes.Handler] = field(default_factory=set)

    def allow_port(self, port: int, names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")) -> None:
        """Answer to these names at this port."""
        self.hosts |= {f"{name}:{port}" for name in names}
        if port == 80:
            self.hosts |= set(names)

    @property
    def origins(self) -> frozenset[str]:
        """Other sites whose pages may call what is `elsewhere`, and nothing of the owner's."""
        return self.site.origins if self.site is not None else frozenset()

    def allow_site(self, own_port: int, address: str) -> None:
        """Let others ask at this address (`host:port`), and the owner at that port."""
        assert self.site is not None
        self._own_port = own_port
        self._site_hosts = self.site.hosts(int(address.rpartition(":")[2])) | {address}

    def wrap(self, route: Route) -> routes.Handler:
        """The route's handler behind all that must hold before it may run."""
        checks = bodies.Checks(route)

        async def guarded(request: web.Request) -> web.StreamResponse:
            request[CALLER] = caller = await self.callers.of(request, route.permission)
            if route.here and not is_from_here(request):
                raise ApiError("not_from_here", 403)
            with self._counted(caller):
                request[QUERY] = checks.query(request)
                if route.method in ("POST", "PUT", "PATCH") and not route.raw:
                    raw = await bodies.read(request, _most_body(caller))
                    request[BODY] = checks.body(bodies.parse(raw))
                if caller is not NOBODY:
                    request[STORE] = self._store_of(caller)
                return await route.handler(request)

        if route.permission != "owner":
            self._abroad.add(guarded)
        return self.elsewhere(guarded) if route.elsewhere else guarded

    def _counted(self, caller: Caller) -> AbstractContextManager[None]:
        if caller.policy is None:
            return nullcontext()
        limits = self.visits if caller.kind == "visitor" else self.limits
        return limits.enter(caller.policy, *caller.counted)

    def _store_of(self, caller: Caller) -> Store:
        return self.store() if caller.kind == "owner" else self.store().of(caller.owner)

    def elsewhere(self, handler: routes.Handler) -> routes.Handler:
        """The handler, which pages of named origins may call too."""
        self._elsewhere.add(handler)
        self._abroad.add(handler)
        return handler

    def everywhere(self, handler: routes.Handler) -> routes.Handler:
        """The handler, which pages of any site may call: it answers everybody the same."""
        self._everywhere.add(handler)
        return handler

    @web.middleware
    async def middleware(self, request: web.Request, handler: routes.Handler) -> web.StreamResponse:
        """Check where the request comes from; answer errors; add headers; write the log."""
        began = time.monotonic()
        words.listener.set(language(request))
        request[REQUEST_ID] = request_id = next(self._ids)
        response: web.StreamResponse
        try:
            self._check_origin(request)
            response = await handler(request)
        except asyncio.CancelledError:
            self._log(request, LEFT, began)
            raise
        except web.HTTPException as error:
            response = _refused(ApiError(*_HTTP.get(error.status, ("not_here", error.status))), request)
        except (ApiError, GPTError, StoreError, SettingsError, EnvironmentValueError) as error:
            response = _refused(errors.typed(error), request)
        except Exception as error:  # noqa: BLE001 - the last net of a whole server
            _log.exception("request %s failed", request_id)
            response = _refused(error, request)
        if not response.prepared:
            finish(response, request)
        self._log(request, response.status, began)
        return response

    def _log(self, request: web.Request, status: int, began: float) -> None:
        if _log.isEnabledFor(logging.INFO):
            caller = request.get(CALLER, NOBODY)
            asked = logs.Asked(request.method, request.path, caller.kind, caller.name)
            logs.tell(request[REQUEST_ID], status, time.monotonic() - began, asked)

    def _check_origin(self, request: web.Request) -> None:
        site = self.site if _port(request) != self._own_port else None
        hosts = self.hosts if site is None else self._site_hosts
        if request.headers.getall("Host", []) != [request.host] or request.host.lower() not in hosts:
            raise ApiError("host_refused", 421)
        handler = request.match_info.handler
        if handler in self._everywhere:
            return
        origin = ", ".join(request.headers.getall("Origin", []))
        if site is not None:
            request[ABROAD] = True
            if handler in self._elsewhere and site.admits(origin, request.host):
                request[ORIGIN] = origin
                return
        if origin not in ("", f"{request.scheme}://{request.host}"):
            raise ApiError("origin_refused", 403)
        of_api = request.path.startswith(("/api/", "/v1/"))
        if of_api and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise ApiError("cross_site", 403)
        if site is not None and not self._is_for_others(request):
            raise ApiError("not_from_here", 403)

    def _is_for_others(self, request: web.Request) -> bool:
        known = request.match_info.handler in self._abroad
        return known or request.path in FOR_OTHERS or request.path.startswith("/v1/")


def _request_ids() -> Iterator[str]:
    """Random ones, from many bytes at a time: each draw is a call to the system."""
    while True:
        drawn = secrets.token_bytes(12 * 256)
        for start in range(0, len(drawn), 12):
            yield f"req_{drawn[start : start + 12].hex()}"


_HTTP = {
    404: ("not_here", 404),
    405: ("method_refused", 405),
    413: ("too_large", 413),
}
"""What aiohttp itself refuses, as our codes."""


def _refused(error: Exception, request: web.Request) -> web.Response:
    headers = {}
    retry_after = getattr(error, "retry_after", None)
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = f"{max(1, math.ceil(retry_after))}"
    document = errors.openai_document if request.path.startswith("/v1/") else errors.document
    return web.json_response(
        document(error, request[REQUEST_ID], language(request)),
        status=errors.status_of(error),
        headers=headers,
    )


def _most_body(caller: Caller) -> int:
    if caller.policy is not None:
        return caller.policy.most_body
    return bodies.LARGEST if caller.kind == "owner" else bodies.SMALL


def _port(request: web.Request) -> int:
    """Our end of the connection."""
    ours = request.transport and request.transport.get_extra_info("sockname")
    return ours[1] if isinstance(ours, tuple) else 0


def is_from_here(request: web.Request) -> bool:
    """Whether the other end of the connection is on this machine, whatever headers say."""
    try:
        return (
            request.transport is not None
            and ipaddress.ip_address(request.transport.get_extra_info("peername")[0]).is_loopback
        )
    except (ValueError, LookupError, TypeError):  # a socket of another kind names its other end otherwise
        return False


def language(request: web.Request) -> str | None:
    """The language of the page that asks: what it says first in Accept-Language; None for ours."""
    wanted = request.headers.get("Accept-Language", "").strip().lower()[:2]
    return wanted if wanted in ("fr", "en") else None


def finish(response: web.StreamResponse, request: web.Request) -> None:
    """The headers that every answer has. Streams call it themselves before their first byte."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    origins.tell(response, request)
    response.headers["X-Request-Id"] = request[REQUEST_ID]
    if request.path.startswith(("/api/", "/v1/")):
        response.headers.setdefault("Cache-Control", "no-store")
