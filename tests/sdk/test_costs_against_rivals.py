"""The costs worked out by hand against two public price tables: no difference where they cover a call."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.gpt.cost_table import CASES, Case, reply

LITELLM = Path(__file__).parents[2] / "build" / "litellm" / "litellm"
STANDARD = (None, "default", "standard")


class NotCoveredError(Exception):
    """A rival has no price for the call; the text says why."""


def counts(case: Case) -> dict[str, int]:
    """The tokens of each price, straight from the body. Raises NotCoveredError where they contradict."""
    into, out = ("prompt", "completion") if case.format == "chat" else ("input", "output")
    told = case.usage if isinstance(case.usage, dict) else {}
    all_in, output = told.get(f"{into}_tokens"), told.get(f"{out}_tokens")
    details = told.get(f"{into}_tokens_details") or {}
    cached, written = details.get("cached_tokens") or 0, details.get("cache_write_tokens") or 0
    written_12h = (details.get("cache_write_tokens_details") or {}).get("ttl_12h_tokens", 0)
    if not isinstance(all_in, int | float) or not isinstance(output, int | float):
        raise NotCoveredError("no counts")
    tokens = {
        "input": all_in,
        "plain": all_in - cached - written,
        "cached": cached,
        "written": written - written_12h,
        "written_12h": written_12h,
        "output": output,
    }
    if any(count < 0 or count != int(count) for count in tokens.values()):
        raise NotCoveredError("no counts")
    return {kind: int(count) for kind, count in tokens.items()}


# --- LiteLLM: only its table, in dollars per token, read as the digits that are written there

FIELDS = {
    "plain": "input_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "written": "cache_creation_input_token_cost",
    "written_12h": "cache_creation_input_token_cost_above_12hr",
    "output": "output_cost_per_token",
}
LONG = ("input_cost_per_token_above_272k_tokens", 272_000, "_above_272k_tokens")
SUFFIXES = {
    **dict.fromkeys(STANDARD, ""),
    "batch": "_batches",
    "flex": "_flex",
    "fast": "_priority",  # its other name
    "priority": "_priority",
    "ultrafast": "_ultrafast",
}
CHANGED = {
    "gpt-5.6": dt.date(2026, 8, 21),
    "gpt-5.6-sol": dt.date(2026, 8, 21),
    "gpt-5.6-terra": dt.date(2026, 7, 30),
    "gpt-5.6-luna": dt.date(2026, 7, 30),
}
"""From when on the table, which has no past, holds for a model whose price has changed."""


@cache
def litellm_table() -> dict[str, Any]:
    text = (LITELLM / "model_prices_and_context_window_backup.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text, parse_float=Fraction)
    return table


def by_litellm(case: Case) -> Fraction:
    tokens, row = counts(case), litellm_table().get(case.model)
    if row is None:
        raise NotCoveredError("model")
    if case.regional:
        raise NotCoveredError("region")
    if case.on < CHANGED.get(case.model, dt.date.min):
        raise NotCoveredError("day")
    if case.service_tier not in SUFFIXES:
        raise NotCoveredError("tier")
    sign, over, suffix = LONG
    long = suffix if sign in row and tokens["input"] > over else ""
    total = Fraction(0)
    for kind, field in FIELDS.items():
        price = row.get(field + long + SUFFIXES[case.service_tier])
        if tokens[kind] and price is None:
            raise NotCoveredError("tier" if field + long in row else "kind of tokens")
        total += tokens[kind] * (price or 0)
    return total


# --- genai-prices: its own reader of the body and its own calculation, on the day of the call


def by_genai_prices(case: Case) -> Fraction:
    import genai_prices

    if counts(case)["written_12h"]:
        raise NotCoveredError("kind of tokens")
    if case.regional:
        raise NotCoveredError("region")
    try:
        used = genai_prices.extract_usage(reply(case), provider_id="openai", api_flavor=case.format)
    except LookupError:
        raise NotCoveredError("model") from None
    assert used.model is not None
    noon = dt.datetime.combine(case.on, dt.time(12), dt.timezone.utc)
    kind = "processing" if case.service_tier == "batch" else "service_tier"
    context = {} if case.service_tier in STANDARD else {kind: str(case.service_tier)}
    begun = [
        variant.when
        for variant in used.model.price_variants or ()
        if variant.constraint is None or variant.constraint.active(noon)
    ]
    if context and context not in begun:
        raise NotCoveredError("tier")  # it would take the standard price
    return Fraction(used.calc_price(genai_request_timestamp=noon, price_context=context).total_price)


# --- what they say

HALVED = "no price of cached input in batches is published; it takes the standard one, the rule halves it"
FLAT = "its batch prices of gpt-5.5-pro know no long request; LiteLLM's do"
NO_DISCOUNT = "no price of cached input is published; it takes the one of input"


@dataclass(frozen=True, slots=True)
class Rival:
    """A price table, and what is known of how it stands to ours."""

    price: Callable[[Case], Fraction]
    confirms: int
    """In how many cases, at least, it says the same."""
    differs: dict[str, str]
    """The cases in which it says something else, and why: all of them."""
    not_covered: dict[str, int]
    """In how many cases, at most, it has no price, by what it does not know."""


RIVALS = {
    "litellm": Rival(
        by_litellm,
        confirms=227,
        differs={},
        not_covered={"model": 39, "tier": 29, "no counts": 17, "day": 11, "region": 7, "kind of tokens": 6},
    ),
    "genai_prices": Rival(
        by_genai_prices,
        confirms=223,
        differs={
            "gpt-4.1, batch with cached input": HALVED,
            "gpt-5.5-pro, long in a batch": FLAT,
            "cached input of gpt-4": NO_DISCOUNT,
            "cached input of gpt-5-pro": NO_DISCOUNT,
            "cached input of gpt-5.4-pro": NO_DISCOUNT,
        },
        not_covered={"model": 31, "tier": 30, "kind of tokens": 21, "no counts": 17, "region": 9},
    ),
}


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_differs_only_where_and_why_it_is_known(name: str) -> None:
    if name == "genai_prices":
        pytest.importorskip(name, reason="it needs Python 3.11")
    rival, confirmed, differs, not_covered = RIVALS[name], 0, set[str](), Counter[str]()
    for case in CASES:
        try:
            same = rival.price(case) == case.dollars
        except NotCoveredError as reason:
            not_covered[str(reason)] += 1
            continue
        confirmed += same
        if not same:
            differs.add(case.name)
    assert differs == set(rival.differs)
    assert confirmed >= rival.confirms
    assert not_covered <= Counter(rival.not_covered)
