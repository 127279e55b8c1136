"""Costs as the page shows them: the ledger's own sums, to the last digit."""

from __future__ import annotations

import csv
import io

import pytest

from livetechno import app
from livetechno.server.application import table
from livetechno.server.routes import validator
from tests.cli.booked import TODAY, book
from tests.server.conftest import Page
from tests.store.test_leases import ended, lease


@pytest.fixture(autouse=True)
def _that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", TODAY)


def fits(path: str, answer: object) -> None:
    (route,) = [one for one in table() if (one.method, one.path) == ("GET", path)]
    assert route.answer is not None
    validator(route.answer)(answer)


async def test_sums_by_day_and_model_are_exact(page: Page) -> None:
    book("0.1")
    book("0.2")
    book("0.000000000001", model="gpt-6-sol")
    book(None, "2026-11-22", worst="0.5")
    status, told = await page.ask("GET", "/api/costs")
    assert status == 200
    fits("/api/costs", told)
    assert told["by"] == ["day", "model"]
    assert [(one["keys"], one["usd"], one["unknown"], one["at_worst"]) for one in told["totals"]] == [
        (["2026-11-22", "gpt-6-luna"], "0", 1, "0.5"),
        ([TODAY, "gpt-6-luna"], "0.3", 0, "0"),
        ([TODAY, "gpt-6-sol"], "0.000000000001", 0, "0"),
    ]
    assert (told["total"]["usd"], told["total"]["calls"]) == ("0.300000000001", 4)


async def test_days_and_names_can_be_chosen(page: Page) -> None:
    book("1", "2026-01-02", purpose="summary")
    book("2", "2026-01-03")
    _, told = await page.ask("GET", "/api/costs?since=2026-01-02&until=2026-01-02&by=purpose,month,purpose")
    assert told["by"] == ["purpose", "month"]
    assert [one["keys"] for one in told["totals"]] == [["summary", "2026-01"]]


async def test_the_owner_sees_what_each_caller_has_cost(page: Page) -> None:
    book("0.1")
    key, _secret = app.store().access.create("band")
    for owner, usd in ((key.owner, "0.2"), ("site:https://my.site", "0.4")):
        ended(app.store().of(owner), lease(app.store().of(owner)).number, usd)
    _, told = await page.ask("GET", "/api/costs?by=caller")
    fits("/api/costs", told)
    assert [(one["keys"], one["usd"]) for one in told["totals"]] == [
        (["access:band"], "0.2"),
        (["local"], "0.1"),
        (["site:https://my.site"], "0.4"),
    ]
    assert told["total"]["usd"] == "0.7"
    _, own = await page.ask("GET", "/api/costs")
    assert own["total"]["usd"] == "0.1"


async def test_where_nothing_was_spent_the_sum_is_nothing(page: Page) -> None:
    _, told = await page.ask("GET", "/api/costs")
    fits("/api/costs", told)
    assert (told["totals"], told["total"]["usd"]) == ([], "0")


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "since=2026-02-30",
        "since=20261123",
        "until=0000-01-01",
        "since=2026-11-24",
        "by=owner",
        "by=day;model",
        "by=",
        "since=2026-11-23&owner=other",
    ],
)
async def test_what_makes_no_sense_is_refused(page: Page, query: str) -> None:
    for path in ("costs", "costs.csv"):
        status, told = await page.ask("GET", f"/api/{path}?{query}")
        assert (status, told["error"]["code"]) == (400, "query_refused"), path


async def test_the_csv_has_a_line_for_each_call_oldest_first_and_no_formula(page: Page) -> None:
    book("0.1", "2026-11-22")
    book("0.2", request_id="=1+1")
    async with page.session.get(f"{page.url}api/costs.csv") as answer:
        assert answer.content_type == "text/csv"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        rows = list(csv.DictReader(io.StringIO(await answer.text(), newline="")))
    assert [row["usd"] for row in rows] == ["0.1", "0.2"]
    assert rows[1]["request_id"] == "'=1+1"


async def test_the_csv_can_be_of_sums(page: Page) -> None:
    book("0.1")
    async with page.session.get(f"{page.url}api/costs.csv?by=day") as answer:
        text = await answer.text()
    assert text.splitlines()[1].startswith(f"{TODAY},1,")
