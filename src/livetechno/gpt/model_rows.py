"""A row of the table of models for programs: what a model takes, costs and becomes, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from livetechno.gpt.catalogue import Model, in_force


def plain(row: Model, aliases: Mapping[str, str], today: dt.date) -> dict[str, Any]:
    """A model as plain values. `aliases` are those in force, each with the name that it means."""
    price = in_force(row.prices, today)
    usd = ("input", "cached", "output", "cache_write", "cache_write_12h")
    return {
        "name": row.name,
        "use": [alias for alias, name in aliases.items() if name == row.name],
        "context": row.context,
        "max_input": row.max_input,
        "max_output": row.max_output,
        "endpoints": sorted(row.endpoints),
        "efforts": list(row.efforts),
        "usd_per_million": {
            part: None if (amount := getattr(price, part)) is None else f"{amount:f}" for part in usd
        }
        if price
        else None,
        "released": row.released.isoformat() if row.released else None,
        "ends": row.ends.isoformat() if row.ends else None,
        "ended": row.ended(today),
        "successor": row.successor,
    }
