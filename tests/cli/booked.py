"""Calls in the ledger of the test's own home, as `app.client` would book them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from livetechno import app

TODAY = "2026-11-23"
TOKENS = {"input_tokens": 1000, "output_tokens": 200}


def book(
    usd: str | None,
    day: str = TODAY,
    *,
    model: str = "gpt-6-luna",
    worst: str | None = "0.01",
    purpose: str = "chat",
    conversation: str | None = None,
    settled: bool = True,
    estimated: bool = False,
    request_id: str | None = "req_1",
    finish: str = "stop",
) -> None:
    """A call at noon (UTC) of that day; `usd` of None is a cost that is not known."""
    store = app.store()
    reserved = store.budgets.reserve(
        at=dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), dt.timezone.utc),
        model=model,
        address="https://api.openai.com/v1",
        purpose=purpose,
        conversation=conversation,
        base=None if worst is None else Decimal(worst),
        per_token=Decimal(0),
        wanted=None,
        least=0,
    ).result()
    assert reserved.refusal is None
    if settled:
        store.ledger.settle(
            reserved.number,
            usd=None if usd is None else Decimal(usd),
            estimated=estimated,
            model=model,
            usage=TOKENS,
            tier="default",
            request_id=request_id,
            finish=finish,
        ).result()
