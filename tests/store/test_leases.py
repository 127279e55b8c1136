from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from livetechno.store import Store
from livetechno.store.budgets import Reserved, Standing

UTC = dt.timezone.utc
WISH: dict[str, Any] = {
    "model": "m",
    "address": "https://api.openai.com/v1",
    "purpose": "gateway",
    "per_token": Decimal(0),
    "wanted": None,
    "least": 0,
}
END: dict[str, Any] = {
    "estimated": False,
    "model": "m",
    "usage": {},
    "tier": None,
    "request_id": None,
    "finish": "stop",
}


def lease(store: Store, base: str | None = "0.1", **more: Any) -> Reserved:
    """Reserve a call from a slice, at worst `base` dollars."""
    wish = {"at": store._now(), "conversation": None} | WISH | more
    return store.leases.reserve(base=None if base is None else Decimal(base), **wish).result(10)


def take(store: Store, base: str = "0.1", **more: Any) -> Reserved | None:
    return store.leases.take(base=Decimal(base), **({"at": store._now()} | WISH | more))


def ended(store: Store, number: int, usd: str | None = "0.05", **more: Any) -> None:
    """Settle it, and wait until that is on disk."""
    store.leases.settle(number, usd=None if usd is None else Decimal(usd), **(END | more)).result(10)


def day(store: Store) -> Standing:
    return store.budgets.standing()[0]


def until(true: Callable[[], object], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.01)
