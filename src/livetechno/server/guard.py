"""Who may call, and with what: one middleware before every handler, and the headers after it.

In this order: the Host must be ours (a page of another name that resolves to this machine gets nothing), the
Origin must be absent or ours (or a named one, for a route that is `elsewhere`), other sites' fetches of the
API are refused, the route's permission must be held, and a body must be JSON of the right form. A route that
is not in the table does not exist.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from livetechno import words
from livetechno.environment import EnvironmentValueError
from livetechno.gpt.errors import GPTError
from livetechno.server import errors, origins, routes
from livetechno.server.errors import ApiError
from livetechno.server.origins import ORIGIN
from livetechno.server.routes import BODY, QUERY, STORE, Route
from livetechno.server.sessions import Sessions
from livetechno.settings import SettingsError
from livetechno.store import Store
from livetechno.store.errors import StoreError

LARGEST_BODY = 28 * 1024 * 1024
"""Bytes: 20 MB of files as base64, and what is said beside them."""
DEEPEST = 60
"""How deep JSON may be nested: what is meant never is so."""
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
    """The rules of one server: which hosts it answers to, whose sessions it knows, what is kept."""

    sessions: Sessions
    store: Callable[[], Store]
    hosts: set[str] = field(default_factory=set)
    """Values of the Host header that are ours: names with their port."""
    origins: frozenset[str] = frozenset()
    """Other sites whose pages may call what is `elsewhere`, and nothing of the owner's."""
    _elsewhere: set[routes.Handler] = field(default_factory=set)

    def allow_port(self, port: int, names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")) -> None:
        """Answer to these names at this port."""
        self.hosts |= {f"{name}:{port}" for name in names}
        if port == 80:
            self.hosts |= set(names)

    def wrap(self, route: Route) -> routes.Handler:
        """The route's handler behind all that must hold before it may run."""
        checks = _Checks(route)

        async def guarded(request: web.Request) -> web.StreamResponse:
            if route.permission == "owner" and not self.sessions.holds(request):
                raise ApiError("session_unknown", 401)
            if route.here and not is_from_here(request):
                raise ApiError("not_from_here", 403)
            request[QUERY] = checks.query(request)
            if route.method in ("POST", "PUT", "PATCH"):
                request[BODY] = checks.body(await _json(request))
            request[STORE] = self.store()
            return await route.handler(request)

        return self.elsewhere(guarded) if route.elsewhere else guarded

    def elsewhere(self, handler: routes.Handler) -> routes.Handler:
        """The handler, which pages of named origins may call too."""
        self._elsewhere.add(handler)
        return handler

    @web.middleware
    async def middleware(self, request: web.Request, handler: routes.Handler) -> web.StreamResponse:
        """Check where the request comes from; answer errors; add headers; write the log."""
        began = time.monotonic()
        words.listener.set(language(request))
        request[REQUEST_ID] = request_id = f"req_{secrets.token_hex(12)}"
        response: web.StreamResponse
        try:
            self._check_origin(request)
            response = await handler(request)
        except web.HTTPException as error:
            response = _refused(ApiError(*_HTTP.get(error.status, ("not_here", error.status))), request)
        except (ApiError, GPTError, StoreError, SettingsError, EnvironmentValueError) as error:
            response = _refused(errors.typed(error), request)
        except Exception as error:  # noqa: BLE001 - the last net of a whole server
            _log.exception("request %s failed", request_id)
            response = _refused(error, request)
        if not response.prepared:
            finish(response, request)
        _log.info(
            json.dumps(
                {
                    "request": request_id,
                    "method": request.method,
                    "path": request.path,
                    "status": response.status,
                    "ms": round((time.monotonic() - began) * 1000, 1),
                }
            )
        )
        return response

    def _check_origin(self, request: web.Request) -> None:
        if request.headers.getall("Host", []) != [request.host] or request.host.lower() not in self.hosts:
            raise ApiError("host_refused", 421)
        origin = ", ".join(request.headers.getall("Origin", []))
        if origin in self.origins and request.match_info.handler in self._elsewhere:
            request[ORIGIN] = origin
            return
        if origin not in ("", f"{request.scheme}://{request.host}"):
            raise ApiError("origin_refused", 403)
        of_api = request.path.startswith(("/api/", "/v1/"))
        if of_api and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise ApiError("cross_site", 403)


_HTTP = {
    404: ("not_here", 404),
    405: ("method_refused", 405),
    413: ("too_large", 413),
}
"""What aiohttp itself refuses, as our codes."""


_WHOLE = re.compile(r"-?[0-9]{1,18}")


class _Checks:
    """The compiled schemas of a route."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._body = routes.validator(route.body if route.body is not None else routes.NOTHING)
        self._query = {name: routes.validator(schema) for name, schema in route.query.items()}

    def body(self, document: object) -> Any:
        """The body, if it is of the right form."""
        return _fitting(self._body, document, "body")

    def query(self, request: web.Request) -> dict[str, Any]:
        """The query's values, read as what their schemas ask for."""
        unknown = set(request.query) - set(self._query)
        if unknown:
            raise ApiError("query_refused", 400, name=min(unknown), reason="?")
        found: dict[str, Any] = {}
        for name, check in self._query.items():
            schema = self._route.query[name]
            if name not in request.query:
                if "default" in schema:
                    found[name] = schema["default"]
                continue
            found[name] = _fitting(check, _read(request.query[name], schema), name)
        return found


def _read(text: str, schema: Mapping[str, Any]) -> object:
    match schema.get("type"):
        case "integer":
            return int(text) if _WHOLE.fullmatch(text) else text
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
    return text


def _fitting(check: Callable[[Any], Any], document: object, name: str) -> Any:
    import fastjsonschema

    try:
        return check(document)
    except fastjsonschema.JsonSchemaValueException as error:
        path = ".".join(map(str, error.path[1:])) or name
        reason = f"{error.rule}: {error.rule_definition}"
    raise ApiError("body_refused" if name == "body" else "query_refused", 400, name=path, reason=reason[:300])


async def _json(request: web.Request) -> object:
    if request.content_type != "application/json":
        raise ApiError("not_json", 415)
    try:
        raw = await request.read()
        document = json.loads(raw.decode()) if raw else {}
    except (ValueError, RecursionError, web.RequestPayloadError):
        raise ApiError("body_unreadable", 400) from None
    if _depth(document) > DEEPEST:
        raise ApiError("body_unreadable", 400)
    return document


def _depth(document: object) -> int:
    depth, level = 0, [document]
    while depth <= DEEPEST and level:
        depth += 1
        nested = (one for one in level if isinstance(one, dict | list))
        level = [inner for one in nested for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _refused(error: Exception, request: web.Request) -> web.Response:
    headers = {}
    retry_after = getattr(error, "retry_after", None)
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = f"{max(1, round(retry_after))}"
    return web.json_response(
        errors.document(error, request[REQUEST_ID], language(request)),
        status=errors.status_of(error),
        headers=headers,
    )


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
