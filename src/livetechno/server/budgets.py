"""What may be spent in a day, a month, a conversation; and what is left of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web

from livetechno.gpt.threads import in_thread
from livetechno.server.errors import ApiError
from livetechno.server.routes import (
    BODY,
    DOLLARS,
    MOMENT,
    QUERY,
    STORE,
    TEXT,
    YES_NO,
    Route,
    Schema,
    closed,
    or_null,
)
from livetechno.store import Store
from livetechno.store.budgets import NAMES, Standing

_AMOUNT: Schema = {**DOLLARS, "pattern": r"^[0-9]{1,7}(\.[0-9]{1,12})?$"}
_STANDINGS = closed(
    {
        "budgets": {
            "type": "array",
            "items": closed(
                {
                    "budget": {"enum": list(NAMES)},
                    "cap": or_null(DOLLARS),
                    "default": {**YES_NO, "description": "the cap is livetechno's: nothing was set"},
                    "spent": DOLLARS,
                    "reserved": DOLLARS,
                    "left": or_null(DOLLARS),
                    "frees": or_null(MOMENT),
                }
            ),
        }
    }
)


def _standings(store: Store, conversation: str = "") -> dict[str, Any]:
    if conversation:
        store.conversations.get(conversation)
    # no conversation has an empty id, so nothing was spent in it
    return {"budgets": [_plain(one) for one in store.budgets.standing(conversation)]}


def _plain(standing: Standing) -> dict[str, Any]:
    amounts = {name: getattr(standing, name) for name in ("cap", "spent", "reserved", "left")}
    return {
        "budget": standing.budget,
        "default": standing.default,
        "frees": standing.frees and f"{standing.frees:%Y-%m-%dT%H:%M:%SZ}",
    } | {name: None if amount is None else f"{amount:f}" for name, amount in amounts.items()}


def _cap(store: Store, wanted: str, usd: str | None) -> dict[str, Any]:
    name = next((name for name in NAMES if name == wanted), None)
    if name is None:
        raise ApiError("not_here", 404)
    if usd is None:
        store.budgets.clear(name)
    else:
        store.budgets.set(name, Decimal(usd))
    return _standings(store)


async def _show(request: web.Request) -> web.StreamResponse:
    conversation = request[QUERY].get("conversation", "")
    return web.json_response(await in_thread(_standings, request[STORE], conversation))


async def _set(request: web.Request) -> web.StreamResponse:
    name, usd = request.match_info["budget"], request[BODY]["usd"]
    return web.json_response(await in_thread(_cap, request[STORE], name, usd))


ROUTES = (
    Route(
        "GET",
        "/api/budgets",
        _show,
        "owner",
        "How each budget stands; the one of a conversation is that of the one named.",
        answer=_STANDINGS,
        query={"conversation": TEXT},
    ),
    Route(
        "PUT",
        "/api/budgets/{budget}",
        _set,
        "owner",
        "Cap what a `day`, a `month` or each `conversation` may cost; null takes the cap away.",
        body=closed({"usd": or_null(_AMOUNT)}),
        answer=_STANDINGS,
    ),
)
