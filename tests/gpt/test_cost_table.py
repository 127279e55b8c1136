"""Costs match the bill: every case of the table that was worked out by hand, to the last digit."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from importlib import resources
from typing import Any

import pytest

from livetechno import environment
from livetechno.gpt import chat_completions, responses
from livetechno.gpt.completions import Completion, Usage
from livetechno.gpt.prices import cost
from livetechno.gpt.sse import ServerEvent
from tests.gpt.cost_table import CASES, Case, reply, worked_out

SHIPPED: dict[str, Any] = json.loads(
    (resources.files("livetechno.gpt") / "data" / "models.json").read_text(encoding="utf-8")
)
ROWS: dict[str, dict[str, Any]] = SHIPPED["models"]
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


def dollars(completion: Completion, case: Case) -> Decimal | None:
    if completion.usage is None:
        return None
    return cost(
        completion.usage,
        completion.model,
        on=case.on,
        tier=completion.service_tier,
        regional=case.regional,
    )


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_call_costs_what_was_worked_out_by_hand(case: Case) -> None:
    for completion in (whole(case), streamed(case)):
        found = dollars(completion, case)
        assert (None if found is None else Fraction(found)) == case.dollars


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
    assert len(KNOWN) >= 290
    assert len(CASES) - len(KNOWN) >= 30


def test_every_row_is_there_at_each_of_its_prices() -> None:
    wanted = {(name, price["from"]) for name, row in ROWS.items() for price in row["prices"]}
    found = {
        (row_of(case), price["from"])
        for case in KNOWN
        for price in ROWS[row_of(case)]["prices"]
        if in_force(price, ROWS[row_of(case)]["prices"], case.on)
    }
    assert found == wanted


def test_every_tier_of_every_row_is_there_at_each_of_its_factors() -> None:
    wanted = {
        (name, tier, entry["from"])
        for name, row in ROWS.items()
        for tier, entries in row["tiers"].items()
        for entry in entries
    }
    found = {
        (row_of(case), case.service_tier, entry["from"])
        for case in KNOWN
        for entry in ROWS[row_of(case)]["tiers"].get(case.service_tier, ())
        if in_force(entry, ROWS[row_of(case)]["tiers"][case.service_tier], case.on)
    }
    assert found == wanted


def in_force(entry: dict[str, Any], entries: list[dict[str, Any]], on: dt.date) -> bool:
    return entry == [one for one in entries if (one["from"] or "") <= on.isoformat()][-1]


def test_every_row_is_there_in_every_format_that_it_is_offered_in() -> None:
    wanted = {(name, kind) for name, row in ROWS.items() for kind in row["endpoints"] if kind != "batch"}
    assert {(row_of(case), case.format) for case in KNOWN} >= wanted


def test_every_kind_of_tokens_is_there_for_every_row_that_has_a_price_for_it() -> None:
    billed = {name for name, row in ROWS.items() if row["prices"][-1]["cache_write_12h"]}
    assert rows_with(lambda usage: usage.cached_tokens) == {
        name for name, row in ROWS.items() if row["prices"][-1]["cached"]
    }
    assert rows_with(lambda usage: usage.cache_write_tokens - usage.cache_write_12h_tokens) >= billed
    assert rows_with(lambda usage: usage.cache_write_12h_tokens) == billed


def rows_with(tokens: Callable[[Usage], int]) -> set[str]:
    return {row_of(case) for case in KNOWN if (usage := whole(case).usage) and tokens(usage)}


def test_every_row_with_a_long_price_is_there_with_it_and_the_limit_is_met_from_both_sides() -> None:
    over = SHIPPED["rules"]["long_context"]["over"]
    rows = {name for name, row in ROWS.items() if row["long_context"]}
    assert rows_with(lambda usage: usage.input_tokens > over) >= rows
    for tokens in (over - 1, over, over + 1):
        assert len(rows & rows_with(partial(is_input, tokens))) >= 2


def is_input(tokens: int, usage: Usage) -> bool:
    return usage.input_tokens == tokens


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
