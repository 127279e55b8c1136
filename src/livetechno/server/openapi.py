"""The API described as OpenAPI 3.1, made from the table of routes, so that it cannot differ from the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

import livetechno
from livetechno.server import routes
from livetechno.server.origins import VISITOR_HEADER
from livetechno.server.plain import FAILED
from livetechno.server.routes import TEXT, Permission, Route, Schema, closed, or_null
from livetechno.server.sessions import COOKIE, cookie_name

_SECURITY: dict[Permission, list[dict[str, list[str]]]] = {
    "public": [],
    "owner": [{"session": []}],
    "access": [{"key": []}],
    "chat": [{"session": []}, {"visitor": []}],
}
"""Any one of these opens a route of that permission."""
_OPENAIS_FAILED = closed(
    {
        "error": closed(
            {"message": TEXT, "type": TEXT, "param": or_null(TEXT), "code": TEXT, "request_id": TEXT}
        )
    }
)
"""How `/v1` says it (`errors.openai_document`)."""
_PLACE = re.compile(r"\{(\w+)\}")


def document(table: Iterable[Route], cookie: str = COOKIE) -> dict[str, Any]:
    """The OpenAPI document of these routes; `cookie` is what the session's is called."""
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "livetechno", "version": livetechno.__version__},
        "paths": paths,
        "components": {
            "schemas": {"Error": FAILED, "OpenAIsError": _OPENAIS_FAILED},
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": cookie,
                    "description": "comes with our HTML, or from POST /api/session",
                },
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "an access key, from `livetechno access create`",
                },
                "visitor": {
                    "type": "apiKey",
                    "in": "header",
                    "name": VISITOR_HEADER,
                    "description": "from POST /api/session, for pages of named sites",
                },
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.summary,
        "security": _SECURITY[route.permission],
        "responses": {**_answers(route), "default": _refused(route)},
    }
    places = [_parameter("path", name, TEXT, required=True) for name in _PLACE.findall(route.path)]
    asked = [_parameter("query", name, schema, required=False) for name, schema in route.query.items()]
    if places or asked:
        operation["parameters"] = [*places, *asked]
    if route.method in ("POST", "PUT", "PATCH"):
        body = routes.NOTHING if route.body is None else route.body
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _refused(route: Route) -> dict[str, Any]:
    name = "OpenAIsError" if route.path.startswith("/v1/") else "Error"
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"description": "Refused, or failed.", "content": content}


def _name(route: Route) -> str:
    words = re.findall(r"\w+", route.path.removeprefix("/api"))
    return "_".join([route.method.lower(), *words])


def _parameter(place: str, name: str, schema: Schema, *, required: bool) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": schema}


def _answers(route: Route) -> dict[str, Any]:
    if route.status != 204:
        return {str(route.status): _answer(route)}
    return {"204": {"description": "Done."}} | ({"200": _answer(route)} if route.answer else {})


def _answer(route: Route) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if route.kind == "json":
        content["application/json"] = {"schema": route.answer or {}}
    if route.events:
        content["text/event-stream"] = _stream(route.events)
    if route.kind == "file":
        content = {kind: {} for kind in (route.answer or {}).get("contentMediaType", "*/*").split(", ")}
    return {"description": route.summary, "content": content}


def _stream(events: Mapping[str, Schema]) -> dict[str, Any]:
    """A stream of these events. OpenAPI 3.1 has no words for the events of one, hence an extension."""
    described = {
        **TEXT,
        "contentMediaType": "text/event-stream",
        "description": f"server-sent events ({', '.join(events)}); x-events has what the JSON of each holds",
    }
    return {"schema": described, "x-events": dict(events)}


async def _show(request: web.Request) -> web.StreamResponse:
    from livetechno.server.application import table

    return web.json_response(document(table(), cookie_name(request)))


ROUTES = (
    Route(
        "GET",
        "/api/openapi.json",
        _show,
        "owner",
        "This description.",
        answer={"type": "object", "required": ["openapi", "paths"]},
    ),
)
