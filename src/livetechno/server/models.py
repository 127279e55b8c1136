"""The models: what each takes, costs and becomes, and which one an alias means today."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from livetechno import app, environment
from livetechno.gpt import model_rows
from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.threads import in_thread
from livetechno.server.routes import DOLLARS, TEXT, WHOLE, YES_NO, Route, Schema, closed, or_null

_DAY: Schema = {"type": "string", "format": "date"}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_PRICES = closed(
    {name: or_null(DOLLARS) for name in ("input", "cached", "output", "cache_write", "cache_write_12h")}
)
_MODEL = closed(
    {
        "name": TEXT,
        "use": {**_TEXTS, "description": "the aliases that mean it"},
        "context": WHOLE,
        "max_input": WHOLE,
        "max_output": WHOLE,
        "endpoints": _TEXTS,
        "efforts": _TEXTS,
        "usd_per_million": or_null(_PRICES),
        "released": or_null(_DAY),
        "ends": or_null(_DAY),
        "ended": YES_NO,
        "successor": or_null(TEXT),
    }
)


def _table() -> dict[str, Any]:
    catalogue, today = load_catalogue(), environment.today()
    aliases = {alias: catalogue.resolve(app.model(alias), today).name for alias in catalogue.aliases}
    rows = [row for row in catalogue.models.values() if not row.ended(today)]
    return {"aliases": aliases, "models": [model_rows.plain(row, aliases, today) for row in rows]}


async def _models(_: web.Request) -> web.StreamResponse:
    return web.json_response(await in_thread(_table))


ROUTES = (
    Route(
        "GET",
        "/api/models",
        _models,
        "owner",
        "The models that have not ended, and what each alias means.",
        answer=closed(
            {
                "aliases": {"type": "object", "additionalProperties": TEXT},
                "models": {"type": "array", "items": _MODEL},
            }
        ),
    ),
)
