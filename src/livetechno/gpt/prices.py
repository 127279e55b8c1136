"""Tokens to US dollars, exactly: decimals throughout, prices by date and tier from the catalogue.

An unknown price is None, never zero.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

from livetechno import environment, words
from livetechno.gpt.catalogue import (
    Catalogue,
    Factor,
    Model,
    Price,
    in_force,
    load_catalogue,
)
from livetechno.gpt.completions import Usage

MILLION = Decimal(1_000_000)
STANDARD_TIERS = (None, "default", "standard")
"""Service tiers that cost the standard price. `auto` is none: the answer tells which tier it was."""
UNASKED_TIERS = ("fast", "priority")
"""Dearer tiers that a call gets without naming one, where the project's own settings choose them."""
_EXACT = Context(prec=100)
"""Enough digits that no product of tokens, price and factors is ever rounded."""
_AMOUNT = re.compile(r"[0-9]+|[0-9]*\.[0-9]+|[0-9]+,[0-9]{1,2}|0?,[0-9]+")
"""Dollars with a point or a comma."""


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
    long = usage.input_tokens > table.long_context.over
    found = rates(name, on=on, tier=tier, long=long, regional=regional, catalogue=table)
    return None if found is None else found.usd(usage)


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per token of each kind; None where there is no such price."""

    input: Decimal
    cached: Decimal | None
    cache_write: Decimal
    cache_write_12h: Decimal | None
    output: Decimal

    def usd(self, usage: Usage) -> Decimal | None:
        """What these tokens cost, exactly; None where a price is missing or counts contradict each other."""
        if not _consistent(usage):
            return None
        parts = (
            (usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, self.input),
            (usage.cached_tokens, self.cached),
            (usage.cache_write_tokens - usage.cache_write_12h_tokens, self.cache_write),
            (usage.cache_write_12h_tokens, self.cache_write_12h),
            (usage.output_tokens, self.output),
        )
        total = Decimal(0)
        for tokens, rate in parts:
            if not tokens:
                continue
            if rate is None:
                return None
            total = _EXACT.fma(Decimal(tokens), rate, total)
        return total


def rates(
    name: str, *, on: dt.date, tier: str | None, long: bool, regional: bool, catalogue: Catalogue
) -> Rates | None:
    """What a token costs as `cost` says, in a `long` request or another; None when that is not known."""
    model = catalogue.find(name)
    price = in_force(model.prices, on) if model is not None else None
    service = _service(model, tier, on) if model is not None else None
    if model is None or price is None or service is None:
        return None
    context = catalogue.long_context if long and model.long_context else None
    # a long request pays the long-context factors on all of its tokens
    times_input, times_cache, times_output = (
        (context.input, context.cache, context.output) if context else (1, 1, 1)
    )
    with localcontext(_EXACT):
        standing = _at_tier(price, service, long=context is not None)
        times = (catalogue.regional if regional else Decimal(1)) / MILLION
        later = standing.cache_write_12h
        return Rates(
            input=standing.input * times_input * times,
            cached=None if standing.cached is None else standing.cached * times_cache * times,
            cache_write=standing.cache_write * times_cache * times,
            cache_write_12h=None if later is None else later * times_cache * times,
            output=standing.output * times_output * times,
        )


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


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The most that a call can cost: `base + per_token * tokens` dollars for a reply of so many tokens."""

    base: Decimal
    per_token: Decimal

    def usd(self, tokens: int) -> Decimal:
        """With a reply of that many tokens."""
        return _EXACT.add(self.base, _EXACT.multiply(self.per_token, Decimal(tokens)))


def worst_case(
    most_input: int,
    name: str,
    *,
    on: dt.date,
    answers: int = 1,
    regional: bool = False,
    catalogue: Catalogue | None = None,
) -> WorstCase | None:
    """The most that a call can cost whose prompt has at most `most_input` tokens; None if unknown.

    Every token of the prompt is taken at the dearest of its prices, as of a long request where it may be
    one, and all at the dearest tier that comes unasked. Caches that last twelve hours do not: they are
    asked for by name, which we never do. Each of so many `answers` may be as long as the reply is allowed
    to be.
    """
    table = catalogue or load_catalogue()
    model = table.find(name)
    price = in_force(model.prices, on) if model is not None else None
    if model is None or price is None:
        return None
    long = table.long_context if model.long_context and most_input > table.long_context.over else None
    times_input, times_cache, times_output = (long.input, long.cache, long.output) if long else (1, 1, 1)
    services = [_service(model, tier, on) for tier in (None, *UNASKED_TIERS)]
    dearest = max((one for one in services if one is not None), key=lambda one: one.factor)
    with localcontext(_EXACT):
        rates = _at_tier(price, dearest, long=long is not None)
        cached = max(rates.cached or 0, rates.cache_write)
        times = (table.regional if regional else 1) / MILLION
        return WorstCase(
            base=most_input * max(rates.input * times_input, cached * times_cache) * times,
            per_token=answers * rates.output * times_output * times,
        )


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


def read_usd(text: str) -> Decimal | None:
    """An amount as people write it: `2.50`, `2,50`, `$2`, `2 $`; None where it is no amount.

    `1,000` is none: it is a thousand to some, and one to others.
    """
    given = text.strip()
    bare = (given.removeprefix("$") if given.startswith("$") else given.removesuffix("$")).strip()
    return Decimal(bare.replace(",", ".")) if _AMOUNT.fullmatch(bare) else None


def _consistent(usage: Usage) -> bool:
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_12h_tokens)
    return (
        min(counts) >= 0
        and usage.cache_write_12h_tokens <= usage.cache_write_tokens
        and usage.cached_tokens + usage.cache_write_tokens <= usage.input_tokens
    )


def _service(model: Model, tier: str | None, on: dt.date) -> Factor | None:
    if tier in STANDARD_TIERS:
        return Factor("standard", None, Fraction(1))
    return in_force((entry for entry in model.tiers if entry.tier == tier), on)


def _at_tier(price: Price, service: Factor, *, long: bool) -> Price:
    """The standard price as the service tier changes it."""

    def times(rate: Decimal) -> Decimal:
        return rate * service.factor.numerator / service.factor.denominator

    cached = None if price.cached is None else times(price.cached)
    if service.cached is not None and not long:
        cached = service.cached
    return replace(
        price,
        input=times(price.input),
        cached=cached,
        output=times(price.output),
        cache_write=times(price.cache_write),
        cache_write_12h=None if price.cache_write_12h is None else times(price.cache_write_12h),
    )
