"""What a request may hold: its body read up to a size, as JSON of the right form, and its query."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiohttp import web

from livetechno.gpt.transport import timeout_at
from livetechno.server import routes
from livetechno.server.errors import ApiError
from livetechno.server.routes import Route

LARGEST = 28 * 1024 * 1024
"""Bytes: 20 MB of files as base64, and what is said beside them."""
SMALL = 10_000
"""Bytes that anybody may send, without a session or a key."""
SECONDS = 60.0
"""How long a body may take to come: who sends a byte now and then would keep its place for ever."""
DEEPEST = 60
"""How deep JSON may be nested: what is meant never is so."""
_WHOLE = re.compile(r"-?[0-9]{1,18}")


async def read(request: web.Request, most: int = LARGEST) -> bytes:
    """The body. Raises ApiError for what is not JSON by its name, is late, or is larger and stays unread."""
    if request.content_type != "application/json":
        raise ApiError("not_json", 415)
    if (request.content_length or 0) > most:
        raise ApiError("too_large", 413)
    content = request.content
    try:
        # most bodies are there with their head
        raw = content.read_nowait() if content.is_eof() else await _rest(content, most)
    except (ValueError, web.RequestPayloadError):
        raise ApiError("body_unreadable", 400) from None
    except asyncio.TimeoutError:
        raise ApiError("body_late", 408, seconds=SECONDS) from None
    if len(raw) > most:
        raise ApiError("too_large", 413)
    return raw


async def _rest(content: aiohttp.StreamReader, most: int) -> bytes:
    """All of it, as far as it is not larger than that."""
    raw = bytearray()
    async with timeout_at(asyncio.get_running_loop().time() + SECONDS):
        while len(raw) <= most and (chunk := await content.readany()):
            raw += chunk
    return bytes(raw)


def parse(raw: bytes) -> object:
    """The JSON in a body; an empty object for none. Raises ApiError."""
    try:
        document = json.loads(raw.decode()) if raw else {}
    except (ValueError, RecursionError):
        raise ApiError("body_unreadable", 400) from None
    if _depth(document) > DEEPEST:
        raise ApiError("body_unreadable", 400)
    return document


class Checks:
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
            found[name] = _fitting(check, _value(request.query[name], schema), name)
        return found


def _value(text: str, schema: Mapping[str, Any]) -> object:
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


def _depth(document: object) -> int:
    depth, level = 0, [document]
    while depth <= DEEPEST and level:
        depth += 1
        nested = (one for one in level if isinstance(one, dict | list))
        level = [inner for one in nested for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
