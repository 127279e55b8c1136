"""Dollars are exact: every worked case is compared as a fraction."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.completions import Usage
from livetechno.gpt.prices import cost, estimate, format_usd, read_usd, worst_case

NOW = dt.date(2026, 11, 23)
MILLION = 1_000_000
K = 1_000
NAMES = sorted(
    json.loads((resources.files("livetechno.gpt") / "data" / "models.json").read_text("utf-8"))["models"]
)


class Case(NamedTuple):
    """A call, and what it costs in millionths of a dollar, worked out by hand."""

    name: str
    usage: Usage
    millionths: str
    on: dt.date = NOW
    tier: str | None = None
    regional: bool = False


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def tokens(
    given: int = 0, answered: int = 0, cached: int = 0, written: int = 0, written_12h: int = 0
) -> Usage:
    return Usage(given, answered, cached, written, written_12h)


CASES = (
    # the standard price, one row after the other: input x price + output x price
    Case("gpt-4.1", tokens(1 * K, 500), "6000"),
    Case("gpt-4.1-mini", tokens(1 * K, 500), "1200"),
    Case("gpt-4.1-nano", tokens(1 * K, 500), "300"),
    Case("gpt-4", tokens(1 * K, 500), "60000"),
    Case("gpt-3.5-turbo", tokens(1 * K, 500), "1250"),
    Case("gpt-4o", tokens(1 * K, 500), "7500"),
    Case("gpt-4o-mini", tokens(1 * K, 500), "450"),
    Case("gpt-5", tokens(1 * K, 500), "6250"),
    Case("gpt-5-mini", tokens(1 * K, 500), "1250"),
    Case("gpt-5-nano", tokens(1 * K, 500), "250"),
    Case("gpt-5-pro", tokens(1 * K, 500), "75000"),
    Case("gpt-5-codex", tokens(1 * K, 500), "6250"),
    Case("gpt-5.1", tokens(3, 7), "73.75"),
    Case("gpt-5.2", tokens(3, 7), "103.25"),
    Case("gpt-5.2-pro", tokens(3, 7), "1239"),
    Case("gpt-5.3-codex", tokens(3, 7), "103.25"),
    Case("gpt-5.4", tokens(3, 7), "112.5"),
    Case("gpt-5.4-mini", tokens(3, 7), "33.75"),
    Case("gpt-5.4-nano", tokens(3, 7), "9.35"),
    Case("gpt-5.4-pro", tokens(3, 7), "1350"),
    Case("gpt-5.5", tokens(3, 7), "225"),
    Case("gpt-5.5-pro", tokens(3, 7), "1350"),
    Case("gpt-5.6-sol", tokens(3, 7), "152"),
    Case("gpt-5.6-terra", tokens(3, 7), "90"),
    Case("gpt-5.6-luna", tokens(3, 7), "9"),
    Case("gpt-6-astra", tokens(3, 7), "380"),
    Case("gpt-6-sol", tokens(3, 7), "76"),
    Case("gpt-6-luna", tokens(3, 7), "3.8"),
    Case("gpt-6.1-sol", tokens(3, 7), "76"),
    Case("gpt-6.1-terra", tokens(3, 7), "38"),
    Case("gpt-6.2-sol", tokens(3, 7), "76"),
    Case("gpt-6.2-astra", tokens(3, 7), "304"),
    # names: a snapshot's, the vendor's other one
    Case("gpt-4.1-2025-04-14", tokens(1 * K, 500), "6000"),
    Case("gpt-4-0613", tokens(1 * K, 500), "60000"),
    Case("gpt-5.6", tokens(3, 7), "152"),
    # cached input: 75, 50, 90 and 95 percent off
    Case("gpt-4.1", tokens(1 * K, 0, cached=400), "1400"),
    Case("gpt-4o", tokens(1 * K, 0, cached=400), "2000"),
    Case("gpt-5", tokens(1 * K, 0, cached=400), "800"),
    Case("gpt-6.1-sol", tokens(1 * K, 0, cached=400), "1240"),
    Case("gpt-6.2-sol", tokens(1 * K, 0, cached=1 * K), "100"),
    # cache writes: x1.25, twelve hours x2.5, and nothing more before gpt-5.6
    Case("gpt-6.2-sol", tokens(1 * K, 0, written=1 * K), "2500"),
    Case("gpt-6.2-sol", tokens(1 * K, 0, written=1 * K, written_12h=1 * K), "5000"),
    Case("gpt-6.2-sol", tokens(10 * K, 1 * K, cached=4 * K, written=3 * K, written_12h=1 * K), "26400"),
    Case("gpt-6-luna", tokens(1 * K, 0, written=800), "120"),
    Case("gpt-6.2-astra", tokens(1 * K, 0, written=1 * K, written_12h=500), "15000"),
    Case("gpt-5.5", tokens(1 * K, 0, written=1 * K), "5000"),
    # long requests: all tokens of them, and only above the limit
    Case("gpt-6.2-sol", tokens(272 * K, 1 * K), "554000"),
    Case("gpt-6.2-sol", tokens(272 * K + 1, 1 * K), "1103004"),
    Case("gpt-6.2-sol", tokens(300 * K, 1 * K, cached=100 * K, written=50 * K), "885000"),
    Case("gpt-5.4", tokens(300 * K, 2 * K), "1545000"),
    Case("gpt-5.5-pro", tokens(300 * K, 2 * K), "18540000"),
    Case("gpt-6-astra", tokens(900 * K, 100 * K), "25500000"),
    Case("gpt-4.1", tokens(900 * K, 1 * K), "1808000"),
    Case("gpt-5.4-mini", tokens(300 * K, 2 * K), "234000"),
    # tiers
    Case("gpt-6-sol", tokens(1 * K, 500), "3500", tier="batch"),
    Case("gpt-6-sol", tokens(1 * K, 500), "3500", tier="flex"),
    Case("gpt-6-sol", tokens(1 * K, 500), "14000", tier="fast"),
    Case("gpt-6-sol", tokens(1 * K, 500), "14000", tier="priority"),
    Case("gpt-6-sol", tokens(1 * K, 500), "7000", tier="default"),
    Case("gpt-4.1", tokens(1 * K, 500), "10500", tier="priority"),
    Case("gpt-5-mini", tokens(1 * K, 500), "2250", tier="priority"),
    Case("gpt-5.5", tokens(1 * K, 500), "50000", tier="fast"),
    Case("gpt-6.2-sol", tokens(1 * K, 500), "21000", tier="ultrafast"),
    Case("gpt-6.2-sol", tokens(1 * K, 500), "21000", on=day("2027-02-28"), tier="ultrafast"),
    Case("gpt-6.2-sol", tokens(1 * K, 500), "42000", on=day("2027-03-01"), tier="ultrafast"),
    Case("gpt-6.2-sol", tokens(300 * K, 1 * K, cached=100 * K), "417500", tier="flex"),
    # a chosen region
    Case("gpt-6-sol", tokens(1 * K, 500), "7700", regional=True),
    Case("gpt-6-sol", tokens(1 * K, 500), "15400", tier="fast", regional=True),
    # prices by day
    Case("gpt-5.6-sol", tokens(1 * K, 500), "20000", on=day("2026-08-20")),
    Case("gpt-5.6-sol", tokens(1 * K, 500), "14000", on=day("2026-08-21")),
    Case("gpt-5.6-luna", tokens(1 * K, 500, cached=200), "3820", on=day("2026-07-29")),
    Case("gpt-5.6-luna", tokens(1 * K, 500, cached=200), "764", on=day("2026-07-30")),
    Case("gpt-5.6-terra", tokens(1 * K, 500, written=100), "10062.5", on=day("2026-07-29")),
    # nothing used costs nothing, and that is known
    Case("gpt-6-sol", tokens(), "0"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.tier}-{case.millionths}")
def test_a_call_costs_what_was_worked_out_by_hand(case: Case) -> None:
    dollars = cost(case.usage, case.name, on=case.on, tier=case.tier, regional=case.regional)
    assert dollars is not None
    assert Fraction(dollars) == Fraction(case.millionths) / MILLION


@pytest.mark.parametrize(
    ("name", "usage", "tier"),
    [
        ("llama-9", tokens(10, 10), None),
        ("", tokens(10, 10), None),
        ("gpt-6-sol", tokens(10, 10), "turbo"),
        ("gpt-6-sol", tokens(10, 10), "auto"),
        ("gpt-6-sol", tokens(10, 10), "scale"),
        ("gpt-4", tokens(10, 10), "priority"),
        ("gpt-5.3-codex", tokens(10, 10), "batch"),
        ("gpt-5-pro", tokens(10, 10, cached=5), None),
        ("gpt-5.5", tokens(10, 10, written=5, written_12h=5), None),
        ("gpt-6-sol", tokens(10, 10, cached=11), None),
        ("gpt-6-sol", tokens(10, 10, cached=6, written=6), None),
        ("gpt-6-sol", tokens(10, 10, written=1, written_12h=2), None),
        ("gpt-6-sol", tokens(-1, 10), None),
        ("gpt-6-sol", tokens(10, -1), None),
    ],
)
def test_what_is_not_known_is_none_and_never_zero(name: str, usage: Usage, tier: str | None) -> None:
    assert cost(usage, name, on=NOW, tier=tier) is None


def test_every_catalogued_model_has_a_price_today() -> None:
    assert [name for name in NAMES if not cost(tokens(1, 1), name, on=NOW)] == []


def test_an_estimate_is_the_cost_of_the_longest_answer_without_a_cache() -> None:
    expected = cost(Usage(300_000, 4_000), "gpt-6.2-sol", on=NOW, tier="flex")
    assert estimate(300_000, 4_000, "gpt-6.2-sol", on=NOW, tier="flex") == expected
    assert estimate(1, 1, "llama-9", on=NOW) is None


@given(
    name=st.sampled_from(NAMES),
    plain=st.integers(0, 10**6),
    cached=st.integers(0, 10**6),
    short=st.integers(0, 10**6),
    long=st.integers(0, 10**6),
    answered=st.integers(0, 10**6),
    tier=st.sampled_from([None, "flex", "batch", "priority", "ultrafast"]),
    regional=st.booleans(),
)
def test_any_cost_equals_the_same_sum_in_fractions(
    name: str, plain: int, cached: int, short: int, long: int, answered: int, tier: str | None, regional: bool
) -> None:
    usage = Usage(plain + cached + short + long, answered, cached, short + long, long)
    dollars = cost(usage, name, on=NOW, tier=tier, regional=regional)
    row = load_catalogue().models[name]
    price = row.prices[-1]
    tiers = [f for f in row.tiers if f.tier == tier and (f.since is None or f.since <= NOW)]
    lacking = (cached and price.cached is None) or (long and price.cache_write_12h is None)
    if lacking or (tier and not tiers):
        assert dollars is None
        return
    assert dollars is not None
    over = row.long_context and usage.input_tokens > 272_000
    factor, own_cached = (tiers[-1].factor, tiers[-1].cached) if tiers else (Fraction(1), None)
    into = (
        plain * Fraction(price.input) * factor
        + cached * (Fraction(own_cached) if own_cached and not over else Fraction(price.cached or 0) * factor)
        + short * Fraction(price.cache_write) * factor
        + long * Fraction(price.cache_write_12h or 0) * factor
    )
    out = answered * Fraction(price.output) * factor
    total = into * (2 if over else 1) + out * (Fraction(3, 2) if over else 1)
    assert Fraction(dollars) == total * (Fraction(11, 10) if regional else 1) / MILLION


@pytest.mark.parametrize(
    ("name", "most_input", "tokens", "answers", "millionths"),
    [
        # dearest input x tier + output x tier: no price of a cache and no dearer tier
        ("gpt-4", 1 * K, 500, 1, "60000"),
        ("gpt-5-pro", 1 * K, 500, 1, "75000"),
        # the tier priority x1.75
        ("gpt-4.1", 1 * K, 500, 1, "10500"),
        # all written into a cache (x1.25), at the tier priority (x2)
        ("gpt-6.2-sol", 1 * K, 500, 1, "15000"),
        ("gpt-6-luna", 3, 7, 1, "7.75"),
        # two answers
        ("gpt-6.2-sol", 1 * K, 500, 2, "25000"),
        # a long request: x2 in, x1.5 out, and only above the limit
        ("gpt-6.2-sol", 272 * K, 1 * K, 1, "1380000"),
        ("gpt-6.2-sol", 272 * K + 1, 1 * K, 1, "2750010"),
    ],
)
def test_a_worst_case_is_what_was_worked_out_by_hand(
    name: str, most_input: int, tokens: int, answers: int, millionths: str
) -> None:
    worst = worst_case(most_input, name, on=NOW, answers=answers)
    assert worst is not None
    assert Fraction(worst.usd(tokens)) == Fraction(millionths) / MILLION


def test_a_chosen_region_costs_a_tenth_more_at_worst_too() -> None:
    here, there = (worst_case(10, "gpt-6-sol", on=NOW, regional=regional) for regional in (False, True))
    assert here is not None
    assert there is not None
    assert Fraction(there.usd(10)) == Fraction(here.usd(10)) * Fraction(11, 10)


def test_an_unknown_model_or_day_has_no_worst_case() -> None:
    assert worst_case(10, "llama-9", on=NOW) is None


@given(
    name=st.sampled_from(NAMES),
    plain=st.integers(0, 10**6),
    cached=st.integers(0, 10**6),
    written=st.integers(0, 10**6),
    room=st.integers(0, 10**6),
    answered=st.lists(st.integers(0, 10**6), min_size=1, max_size=3),
    tier=st.sampled_from([None, "default", "flex", "fast", "priority"]),
    regional=st.booleans(),
    on=st.dates(day("2026-06-01"), day("2027-06-01")),
)
def test_no_call_costs_more_than_its_worst_case(
    name: str,
    plain: int,
    cached: int,
    written: int,
    room: int,
    answered: list[int],
    tier: str | None,
    regional: bool,
    on: dt.date,
) -> None:
    usage = Usage(plain + cached + written, sum(answered), cached, written)
    worst = worst_case(usage.input_tokens + room, name, on=on, answers=len(answered), regional=regional)
    dollars = cost(usage, name, on=on, tier=tier, regional=regional)
    if dollars is not None:
        assert worst is not None
        assert dollars <= worst.usd(max(answered))


@pytest.mark.parametrize(
    ("amount", "english", "french"),
    [
        ("0", "$0.00", "0,00 $"),
        ("0.00042", "$0.00042", "0,00042 $"),
        ("0.000425", "$0.00043", "0,00043 $"),
        ("0.0000001", "$0.0000001", "0,0000001 $"),
        ("0.0996", "$0.10", "0,10 $"),
        ("0.5", "$0.50", "0,50 $"),
        ("0.999", "$1.00", "1,00 $"),
        ("12", "$12.00", "12,00 $"),
        ("1234.567", "$1,234.57", "1\N{NARROW NO-BREAK SPACE}234,57 $"),
        ("-0.5", "-$0.50", "-0,50 $"),
        (None, "unknown", "inconnu"),
    ],
)
def test_an_amount_reads_as_each_language_writes_it(amount: str | None, english: str, french: str) -> None:
    value = None if amount is None else Decimal(amount)
    assert format_usd(value, "en") == english
    assert format_usd(value, "fr") == french
    assert format_usd(value) == english


@given(st.decimals("0.000000001", 10**9, allow_nan=False))
def test_a_price_that_is_not_zero_never_reads_as_zero_and_is_close(amount: Decimal) -> None:
    shown = Decimal(format_usd(amount, "en").removeprefix("$").replace(",", ""))
    assert shown > 0
    assert abs(shown - amount) <= amount / 20


@pytest.mark.parametrize("text", ["2.50", "2,50", "2.5", "$2.50", "2,50 $", " 2.50$ "])
def test_an_amount_is_read_as_people_write_it(text: str) -> None:
    assert read_usd(text) == Decimal("2.5")


@pytest.mark.parametrize("text", ["", "$", "two", "1,000", "1.000,50", "1e3", "nan", "٣", "-5", "$3$"])
def test_what_may_be_two_amounts_or_none_is_none(text: str) -> None:
    assert read_usd(text) is None
