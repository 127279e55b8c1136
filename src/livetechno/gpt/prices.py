"""Tokens to US dollars, exactly: decimals throughout, prices by date and tier from the catalogue.

An unknown price is None, never zero.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from livetechno import environment, words
from livetechno.gpt.catalogue import (
    Catalogue,
    LongContext,
    Model,
    Price,
    in_force,
    load_catalogue,
)
from livetechno.gpt.completions import Usage

MILLION = Decimal(1_000_000)
STANDARD_TIERS = (None, "default", "standard")
"""Service tiers that cost the standard price. `auto` is none: the answer tells which tier it was."""
_EXACT = Context(prec=100)
"""Enough digits that no product of tokens, price and factors is ever rounded."""


def cost(
    usage: Usage,
    name: str,
    *,
    on: dt.date,
    tier: str | None = None,
    regional: bool = False,
    catalogue: Catalogue | None = None,
) -> Decimal | None:
    """What a call cost in US dollars, exactly; None when that is not known.

    `name` is the model's name, also a snapshot's; `on` the day of the call; `tier` the service tier
    that the answer tells; `regional` whether it was processed in a chosen region. It is not known for a
    model, tier or day without a price, and for counts of tokens that contradict each other.
    """
    table = catalogue or load_catalogue()
    model = table.find(name)
    price = in_force(model.prices, on) if model is not None else None
    if model is None or price is None or not _consistent(usage):
        return None
    with localcontext(_EXACT):
        factor = _tier_factor(model, tier, on)
        dollars = _standard_dollars(usage, price, table.long_context if model.long_context else None)
        if factor is None or dollars is None:
            return None
        return dollars * factor * (table.regional if regional else 1)


def estimate(
    input_tokens: int,
    max_output: int,
    name: str,
    *,
    on: dt.date,
    tier: str | None = None,
    regional: bool = False,
    catalogue: Catalogue | None = None,
) -> Decimal | None:
    """What a call would cost in US dollars if it used `max_output` tokens and no cache; None if unknown."""
    usage = Usage(input_tokens=input_tokens, output_tokens=max_output)
    return cost(usage, name, on=on, tier=tier, regional=regional, catalogue=catalogue)


def format_usd(amount: Decimal | None, language: str | None = None) -> str:
    """An amount for people: `$0.00042`, in French `0,00042 $`; a word when it is unknown.

    From one dollar on in cents; below, two digits that count.
    """
    if amount is None:
        return words.say("prices.unknown", language)
    places = 2 if abs(amount) >= 1 or not amount else max(2, 1 - amount.adjusted())
    rounded = abs(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, context=_EXACT)
    whole, _, decimals = f"{rounded:,f}".partition(".")
    decimals = decimals.rstrip("0").ljust(2, "0")
    sign = "-" if amount < 0 else ""
    if (language or environment.language()) == "fr":
        narrow_space = "\N{NARROW NO-BREAK SPACE}"
        return f"{sign}{whole.replace(',', narrow_space)},{decimals} $"
    return f"{sign}${whole}.{decimals}"


def _consistent(usage: Usage) -> bool:
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_12h_tokens)
    return (
        min(counts) >= 0
        and usage.cache_write_12h_tokens <= usage.cache_write_tokens
        and usage.cached_tokens + usage.cache_write_tokens <= usage.input_tokens
    )


def _tier_factor(model: Model, tier: str | None, on: dt.date) -> Decimal | None:
    if tier in STANDARD_TIERS:
        return Decimal(1)
    found = in_force((entry for entry in model.tiers if entry.tier == tier), on)
    return None if found is None else found.factor


def _standard_dollars(usage: Usage, price: Price, long_context: LongContext | None) -> Decimal | None:
    """At the standard tier; a long request pays the long-context factors on all of its tokens."""
    times_input = times_cache = times_output = Decimal(1)
    if long_context is not None and usage.input_tokens > long_context.over:
        times_input, times_cache, times_output = (
            long_context.input,
            long_context.cache,
            long_context.output,
        )
    parts = (
        (usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, price.input, times_input),
        (usage.cached_tokens, price.cached, times_cache),
        (usage.cache_write_tokens - usage.cache_write_12h_tokens, price.cache_write, times_cache),
        (usage.cache_write_12h_tokens, price.cache_write_12h, times_cache),
        (usage.output_tokens, price.output, times_output),
    )
    total = Decimal(0)
    for tokens, rate, times in parts:
        if tokens and rate is None:
            return None
        total += tokens * (rate or 0) * times
    return total / MILLION
