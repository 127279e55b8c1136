"""What calls have cost, as sums for a page and as CSV for a spreadsheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from livetechno import environment
from livetechno.gpt.threads import in_thread
from livetechno.server.errors import ApiError
from livetechno.server.routes import DOLLARS, QUERY, STORE, TEXT, WHOLE, Route, Schema, closed
from livetechno.store import Store, costs_export
from livetechno.store.ledger import By, Total

NAMES: tuple[By, ...] = ("day", "month", "model", "purpose", "conversation", "caller")
USUAL_DAYS = 30
_DAY: Schema = {"type": "string", "format": "date"}
_NAME = "|".join(NAMES)
_BY: Schema = {"type": "string", "pattern": rf"^({_NAME})(,({_NAME}))*$", "maxLength": 100}
_COUNTS = ("calls", "input_tokens", "output_tokens", "unknown", "unpriced", "unsettled", "estimated")
SUM = {**dict.fromkeys(_COUNTS, WHOLE), "usd": DOLLARS, "at_worst": DOLLARS}
_QUERY = {
    "since": {**_DAY, "description": f"first day, UTC; default: {USUAL_DAYS} days with the last"},
    "until": {**_DAY, "description": "last day; default: today"},
}


def _days(query: Mapping[str, Any]) -> tuple[dt.date, dt.date]:
    until = _day(query, "until") or environment.today()
    since = _day(query, "since") or dt.date.fromordinal(max(1, until.toordinal() - USUAL_DAYS + 1))
    if since > until:
        raise ApiError("query_refused", 400, name="since", reason=f"<= {until}")
    return since, until


def _day(query: Mapping[str, Any], name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(query[name]) if name in query else None
    except ValueError:
        raise ApiError("query_refused", 400, name=name, reason="YYYY-MM-DD") from None


def _by(query: Mapping[str, Any]) -> tuple[By, ...]:
    wanted = query["by"].split(",") if "by" in query else ()
    return tuple(name for value in dict.fromkeys(wanted) for name in NAMES if name == value)


def _sums(store: Store, query: Mapping[str, Any]) -> dict[str, Any]:
    (since, until), by = _days(query), _by(query)
    whole = store.ledger.totals(since=since, until=until, callers="caller" in by)
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "by": list(by),
        "totals": [
            {"keys": list(one.keys)} | plain_sum(one)
            for one in store.ledger.totals(*by, since=since, until=until)
        ],
        "total": plain_sum(next(iter(whole), costs_export.NOTHING)),
    }


def plain_sum(total: Total) -> dict[str, Any]:
    """A sum as JSON, its dollars as text."""
    return {name: costs_export.exact(getattr(total, name)) for name in costs_export.SUM_COLUMNS}


def _sheet(store: Store, query: Mapping[str, Any]) -> tuple[str, bytes]:
    (since, until), by = _days(query), _by(query)
    name = f"livetechno-{since}-{until}.csv"
    if by:
        return name, costs_export.csv_of_totals(by, store.ledger.totals(*by, since=since, until=until))
    return name, costs_export.csv_of_calls(reversed(store.ledger.calls(since=since, until=until)))


async def _costs(request: web.Request) -> web.StreamResponse:
    return web.json_response(await in_thread(_sums, request[STORE], request[QUERY]))


async def _csv(request: web.Request) -> web.StreamResponse:
    name, data = await in_thread(_sheet, request[STORE], request[QUERY])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=data, content_type="text/csv", charset="utf-8", headers=headers)


ROUTES = (
    Route(
        "GET",
        "/api/costs",
        _costs,
        "owner",
        "Sums over the calls of some days. `keys` of a sum are in the order of `by`. Those by `caller` are"
        " also of access keys (`access:NAME`) and sites (`site:ORIGIN`); the owner's are of `local`.",
        answer=closed(
            {
                "since": _DAY,
                "until": _DAY,
                "by": {"type": "array", "items": {"enum": list(NAMES)}},
                "totals": {
                    "type": "array",
                    "items": closed({"keys": {"type": "array", "items": TEXT}, **SUM}),
                },
                "total": closed(SUM),
            }
        ),
        query={**_QUERY, "by": {**_BY, "default": "day,model"}},
    ),
    Route(
        "GET",
        "/api/costs.csv",
        _csv,
        "owner",
        "The same as CSV; without `by` a line for each call.",
        answer={"contentMediaType": "text/csv"},
        query={**_QUERY, "by": _BY},
        kind="file",
    ),
)
