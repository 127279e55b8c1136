"""What a route is. One table drives the router, the guard and the OpenAPI document, so none can differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import fastjsonschema
from aiohttp import web

from livetechno.store import Store

Permission = Literal["public", "owner", "access", "chat"]
"""`public`: anybody who may reach this server; `owner`: who has the session of one of its pages; `access`:
who has an access key; `chat`: the owner, or a visitor of a named site (`callers.py`)."""
Kind = Literal["json", "stream", "file"]
Schema = Mapping[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY: web.RequestKey[Any] = web.RequestKey("livetechno.body", object)
"""`request[BODY]`: the body, read and validated."""
QUERY: web.RequestKey[dict[str, Any]] = web.RequestKey("livetechno.query", dict)
"""`request[QUERY]`: the query's values, read and validated; those with a default are always there."""
STORE: web.RequestKey[Store] = web.RequestKey("livetechno.store", Store)
"""`request[STORE]`: what is kept, as its owner sees it."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, with JSON Schemas (draft-07): `body`, `answer`, all of `query` and `events`."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Handler
    permission: Permission
    summary: str
    body: Schema | None = None
    answer: Schema | None = None
    events: Mapping[str, Schema] = field(default_factory=dict)
    """What the data of each event holds, where the answer is, or may be, a stream."""
    query: Mapping[str, Schema] = field(default_factory=dict)
    status: int = 200
    """Where that is 204 and there is an `answer` too, some callers get 200 with it."""
    kind: Kind = "json"
    here: bool = False
    """Only for who is on this machine: what takes a key or an address."""
    raw: bool = False
    """The handler reads the body itself; the guard reads none."""
    elsewhere: bool = False
    """Also for pages of other sites that are named (`Guard.origins`); nothing of the owner's is."""

    def __post_init__(self) -> None:
        if self.elsewhere and (self.permission == "owner" or self.here):
            raise ValueError(f"{self.path} is the owner's")


def closed(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> dict[str, Any]:
    """The schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def or_null(schema: Schema) -> dict[str, Any]:
    """The schema of that, or of null."""
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DOLLARS: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "US dollars, exact"}
NOTHING: Schema = closed({})


def validator(schema: Schema) -> Callable[[Any], Any]:
    """A function that returns what fits the schema, and raises JsonSchemaValueException for the rest."""
    compiled: Callable[[Any], Any] = fastjsonschema.compile(dict(schema))
    return compiled
