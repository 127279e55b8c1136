from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from livetechno.store import Store
from livetechno.store.errors import NotFoundError
from livetechno.store.ledger import By
from tests.store.conftest import Clock, reserve, settle

USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "cached_tokens": 60,
    "cache_write_tokens": 10,
    "cache_write_12h_tokens": 4,
    "reasoning_tokens": 7,
}


def call(store: Store, usd: str | None = "0.001", **more: Any) -> int:
    """Book and settle a call; its number."""
    planned = {name: more.pop(name) for name in ("base", "conversation", "purpose") if name in more}
    made = reserve(store, **({"base": "0.01"} | planned))
    told = {"model": "gpt-6-luna", "usage": USAGE, "tier": "default", "request_id": "req_1"}
    settle(store, made.number, usd, **(told | more))
    return made.number


def test_a_call_is_kept_as_it_was_billed(store: Store) -> None:
    number = call(store, "0.000123456789012345678", conversation="c", purpose="summary")
    [row] = store.ledger.calls()
    assert (row.number, row.usd, row.worst) == (number, Decimal("0.000123456789012345678"), Decimal("0.01"))
    assert {name: getattr(row, name) for name in USAGE} == USAGE
    assert (row.model, row.tier, row.request_id, row.finish) == ("gpt-6-luna", "default", "req_1", "stop")
    assert (row.conversation, row.purpose, row.address) == ("c", "summary", "https://api.openai.com/v1")
    assert (row.settled, row.estimated, row.at) == (True, False, "2026-11-23T12:00:00.000000Z")


def test_a_call_is_settled_once(store: Store) -> None:
    number = call(store)
    with pytest.raises(NotFoundError):
        store.ledger.release(number).result()
    with pytest.raises(NotFoundError):
        settle(store, number, "5")
    assert store.ledger.totals()[0].usd == Decimal("0.001")


def test_a_settled_call_is_found_by_the_id_that_the_server_gave_it(store: Store) -> None:
    number = call(store, conversation="c", request_id="req_7")
    call(store, conversation="c", request_id="req_8")
    reserve(store, conversation="c")
    found = store.ledger.call("req_7", "c")
    assert found is not None
    assert (found.number, found.usage) == (number, USAGE)
    assert store.ledger.call("req_7", "other") is store.ledger.call("req_9", "c") is None


def test_sums_are_exact_by_day_and_model(store: Store, clock: Clock) -> None:
    for _ in range(3):
        call(store, "0.1000000000000001")
    call(store, "0.2", finish="stopped", estimated=True)
    clock.forward(days=1)
    call(store, None, usage={})
    reserve(store, "0.5", model="never-settled")
    first, second, third = store.ledger.totals("day", "model")
    assert first.keys == ("2026-11-23", "gpt-6-luna")
    assert (first.calls, first.usd, first.estimated, first.unknown) == (
        4,
        Decimal("0.5000000000000003"),
        1,
        0,
    )
    assert (first.input_tokens, first.output_tokens) == (400, 80)
    assert (second.keys, second.usd, second.unknown) == (("2026-11-24", "gpt-6-luna"), Decimal(0), 1)
    assert (second.at_worst, third.keys, third.at_worst) == (
        Decimal("0.01"),
        ("2026-11-24", "never-settled"),
        Decimal("0.5"),
    )
    [whole] = store.ledger.totals()
    assert (whole.calls, whole.usd, whole.at_worst) == (6, Decimal("0.5000000000000003"), Decimal("0.51"))
    assert whole.keys == ()


def test_sums_can_be_asked_for_by_purpose_month_and_conversation(store: Store) -> None:
    call(store, "0.1", conversation="a")
    call(store, "0.2", conversation="a", purpose="summary")
    call(store, "0.4")

    def sums(*by: By, conversation: str | None = None) -> dict[tuple[str, ...], str]:
        found = store.ledger.totals(*by, conversation=conversation)
        return {one.keys: f"{one.usd}" for one in found}

    assert sums("month") == {("2026-11",): "0.7"}
    assert sums("purpose") == {("chat",): "0.5", ("summary",): "0.2"}
    assert sums("conversation") == {("",): "0.4", ("a",): "0.3"}
    assert sums(conversation="a") == {(): "0.3"}
    assert store.ledger.totals(conversation="b") == ()


def test_calls_are_listed_newest_first_for_some_days(store: Store, clock: Clock) -> None:
    numbers = []
    for _ in range(4):
        numbers.append(call(store))
        clock.forward(days=1)
    assert [row.number for row in store.ledger.calls()] == numbers[::-1]
    day = dt.date(2026, 11, 24)
    assert [row.number for row in store.ledger.calls(since=day)] == numbers[:0:-1]
    assert [row.number for row in store.ledger.calls(until=day)] == numbers[1::-1]
    assert [row.number for row in store.ledger.calls(since=day, until=day)] == [numbers[1]]
    assert [row.number for row in store.ledger.calls(most=1)] == [numbers[3]]


def test_an_unknown_price_shows_as_unknown_and_never_as_nothing(store: Store) -> None:
    call(store, None, base=None)
    [row] = store.ledger.calls()
    assert (row.usd, row.worst) == (None, None)
    [whole] = store.ledger.totals()
    assert (whole.unknown, whole.at_worst) == (1, Decimal(0))
