"""Costs match the bill: every case of the table that was worked out by hand, to the last digit."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Any

import pytest

from livetechno import environment
from livetechno.gpt import chat_completions, responses
from livetechno.gpt.catalogue import Catalogue, Model, load_catalogue
from livetechno.gpt.completions import Completion, Usage
from livetechno.gpt.prices import cost
from livetechno.gpt.sse import ServerEvent
from tests.gpt.cost_table import CASES, Case, reply, worked_out

SHIPPED: dict[str, Any] = json.loads(
    (resources.files("livetechno.gpt") / "data" / "models.json").read_text(encoding="utf-8")
)
ROWS: dict[str, dict[str, Any]] = SHIPPED["models"]
RATES = ("input", "cached", "output", "cache_write", "cache_write_12h")
KNOWN = [case for case in CASES if case.dollars is not None]


def named(case: Case) -> str:
    return case.name


def row_of(case: Case) -> str:
    """The row of the shipped table that the model's name stands for; found without the catalogue."""
    name = str(SHIPPED["names"].get(case.model, case.model))
    return max((row for row in ROWS if name == row or name.startswith(f"{row}-")), key=len)


def whole(case: Case) -> Completion:
    read = chat_completions.read if case.format == "chat" else responses.read
    return read(reply(case))


def streamed(case: Case) -> Completion:
    """The same answer, from its stream."""
    document = reply(case)
    if case.format == "chat":
        chat = chat_completions.Assembler()
        head = {key: document[key] for key in document.keys() - {"choices", "usage"}}
        piece = {"index": 0, "delta": {"content": "Oui."}, "finish_reason": "stop"}
        for chunk in ({"choices": [piece], "usage": None}, {"choices": [], "usage": case.usage}):
            chat.feed(ServerEvent("message", json.dumps({**head, **chunk})))
        return chat.completion()
    answer = responses.Assembler()
    answer.feed(ServerEvent("response.completed", json.dumps({"response": document})))
    return answer.completion()


def dollars(completion: Completion, case: Case, catalogue: Catalogue | None = None) -> Fraction | None:
    if completion.usage is None:
        return None
    found = cost(
        completion.usage,
        completion.model,
        on=case.on,
        tier=completion.service_tier,
        regional=case.regional,
        catalogue=catalogue,
    )
    return None if found is None else Fraction(found)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_call_costs_what_was_worked_out_by_hand(case: Case) -> None:
    assert dollars(whole(case), case) == case.dollars
    assert dollars(streamed(case), case) == case.dollars


# the table itself


def test_no_case_is_there_twice_and_each_names_its_source() -> None:
    names = Counter(case.name for case in CASES)
    calls = Counter(
        (case.format, case.model, case.service_tier, case.on, case.regional, json.dumps(case.usage))
        for case in CASES
    )
    assert [one for counter in (names, calls) for one, times in counter.items() if times > 1] == []
    assert [case.name for case in CASES if not case.source] == []


def test_the_table_is_large_and_holds_what_nobody_can_know() -> None:
    assert len(KNOWN) >= 300
    assert len(CASES) - len(KNOWN) >= 30


@pytest.mark.parametrize("name", sorted(ROWS))
def test_no_price_factor_or_day_of_a_row_can_change_unnoticed(name: str) -> None:
    catalogue = load_catalogue()
    cases = [(case, whole(case)) for case in KNOWN if row_of(case) == name]
    unnoticed = [
        what
        for what, row in changed(catalogue.models[name])
        if all(
            dollars(completion, case, replace(catalogue, models={name: row})) == case.dollars
            for case, completion in cases
        )
    ]
    assert unnoticed == []


def changed(row: Model) -> Iterator[tuple[str, Model]]:
    """The row with one fact changed, by the least that matters, for each fact that costs follow from."""
    changes: list[tuple[str, Any]]
    for number, price in enumerate(row.prices):
        rates = {name: getattr(price, name) for name in RATES}
        if price.cache_write == price.input:  # then a write costs nothing more
            del rates["cache_write"]
        changes = [(name, rate + Decimal("0.001")) for name, rate in rates.items() if rate is not None]
        for name, value in [*changes, *shifted(price.since)]:
            prices = list(row.prices)
            prices[number] = replace(price, **{name: value})
            yield f"{name} from {price.since}", replace(row, prices=tuple(prices))
    for number, tier in enumerate(row.tiers):
        changes = [("factor", tier.factor + Fraction(1, 100))]
        if tier.cached is not None:
            changes.append(("cached", tier.cached + Decimal("0.001")))
        for name, value in [*changes, *shifted(tier.since)]:
            tiers = list(row.tiers)
            tiers[number] = replace(tier, **{name: value})
            yield f"{tier.tier}, {name} from {tier.since}", replace(row, tiers=tuple(tiers))
    if row.max_input > load_catalogue().long_context.over:
        yield "long_context", replace(row, long_context=not row.long_context)


def shifted(since: dt.date | None) -> list[tuple[str, dt.date]]:
    """A day earlier, a day later."""
    return [] if since is None else [("since", since + dt.timedelta(days)) for days in (-1, 1)]


def test_every_row_is_there_in_every_format_that_it_is_offered_in() -> None:
    wanted = {(name, kind) for name, row in ROWS.items() for kind in row["endpoints"] if kind != "batch"}
    assert {(row_of(case), case.format) for case in KNOWN} >= wanted


def test_the_limit_of_long_requests_is_met_from_both_sides() -> None:
    over = SHIPPED["rules"]["long_context"]["over"]
    counts = Counter(usage.input_tokens for case in KNOWN if (usage := whole(case).usage) is not None)
    assert min(counts[over - 1], counts[over], counts[over + 1]) >= 2


def test_a_day_before_the_first_price_has_none() -> None:
    price = {"from": "2026-12-01", "input": "3", "output": "9"}
    row = {"context": 1000, "max_output": 100, "prices": [price]}
    environment.home().mkdir(parents=True, exist_ok=True)
    (environment.home() / "models.json").write_text(json.dumps({"models": {"own-1": row}}), encoding="utf-8")
    usage = Usage(2, 1)
    assert cost(usage, "own-1", on=dt.date(2026, 11, 30)) is None
    assert cost(usage, "own-1", on=dt.date(2026, 12, 1)) == Decimal("0.000015")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", Fraction(7)),
        ("2*3/4", Fraction(3, 2)),
        ("1/3 + 1/6", Fraction(1, 2)),
        ("80*2/10 + 3*1/2", Fraction(35, 2)),
        ("6/2*3", Fraction(9)),
    ],
)
def test_a_sum_of_fractions_is_worked_out_from_left_to_right(text: str, value: Fraction) -> None:
    assert worked_out(text) == value


@pytest.mark.parametrize("text", ["", "0.5", "1 - 1", "1/0", "(1)", "1 +", "__import__", "2**3"])
def test_anything_else_is_no_sum(text: str) -> None:
    with pytest.raises(ValueError, match="no sum"):
        worked_out(text)
