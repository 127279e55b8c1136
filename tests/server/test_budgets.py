"""Budgets over the API."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from livetechno import app, environment
from livetechno.server.application import table
from livetechno.server.routes import validator
from tests.cli.booked import book
from tests.server.conftest import Page


async def test_each_budget_says_how_it_stands(page: Page) -> None:
    today = environment.today()
    book("0.25", today.isoformat())
    status, told = await page.ask("GET", "/api/budgets")
    assert status == 200
    (route,) = [one for one in table() if (one.method, one.path) == ("GET", "/api/budgets")]
    assert route.answer is not None
    validator(route.answer)(told)
    day, month, conversation = told["budgets"]
    assert day == {
        "budget": "day",
        "cap": "1",
        "default": True,
        "spent": "0.25",
        "reserved": "0",
        "left": "0.75",
        "frees": f"{today + dt.timedelta(days=1)}T00:00:00Z",
    }
    assert (month["cap"], month["spent"], conversation["cap"]) == (None, "0.25", None)


async def test_the_budget_of_a_conversation_is_that_of_the_one_named(page: Page) -> None:
    conversation = app.store().conversations.create().id
    book("0.25", conversation=conversation)
    _, told = await page.ask("GET", f"/api/budgets?conversation={conversation}")
    assert told["budgets"][2]["spent"] == "0.25"
    status, told = await page.ask("GET", "/api/budgets?conversation=nobodys")
    assert (status, told["error"]["code"]) == (404, "unknown")


async def test_a_cap_is_set_and_taken_away(page: Page) -> None:
    status, told = await page.ask("PUT", "/api/budgets/month", {"usd": "2.50"})
    assert (status, told["budgets"][1]["cap"]) == (200, "2.5")
    assert app.store().budgets.caps()["month"] == Decimal("2.5")
    _, told = await page.ask("PUT", "/api/budgets/day", {"usd": None})
    assert (told["budgets"][0]["cap"], told["budgets"][0]["default"]) == (None, False)


@pytest.mark.parametrize(
    "usd", ["-1", "1e3", "NaN", "", "1,5", "$1", "1\n", "٣", "9999999", "0.0000000000001", 2.5, True, []]
)
async def test_what_is_no_amount_changes_nothing(page: Page, usd: object) -> None:
    status, _ = await page.ask("PUT", "/api/budgets/day", {"usd": usd})
    assert status == 400
    assert app.store().budgets.caps()["day"] == Decimal(1)


async def test_there_is_no_budget_of_another_name(page: Page) -> None:
    status, told = await page.ask("PUT", "/api/budgets/year", {"usd": "1"})
    assert (status, told["error"]["code"]) == (404, "not_here")
    status, told = await page.ask("PUT", "/api/budgets/day", {})
    assert (status, told["error"]["code"]) == (400, "body_refused")
