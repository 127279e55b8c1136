"""The owner sees what access keys and sites have cost, beside the own calls."""

from __future__ import annotations

from livetechno import app, environment
from livetechno.words import say
from tests.browser.axe import findings
from tests.browser.engine import expect
from tests.browser.visits import Visits
from tests.cli.booked import book
from tests.store.test_leases import ended, lease


def spend(owner: str, usd: str) -> None:
    store = app.store().of(owner)
    ended(store, lease(store, usd).number, usd)


async def test_what_each_caller_has_cost_is_in_a_table_of_its_own(visits: Visits) -> None:
    book("0.25", environment.today().isoformat())
    key, _secret = app.store().access.create("band")
    spend(key.owner, "0.5")
    spend("site:https://my.site", "0.125")
    page = await visits.open("costs")
    table = page.get_by_role("group", name=say("page.costs.by_caller")).get_by_role("row")
    await expect(table).to_have_count(4)
    for row, name, usd in (
        (1, say("page.costs.caller.access", name="band"), "$0.50"),
        (2, say("page.costs.caller.local"), "$0.25"),
        (3, say("page.costs.caller.site", name="https://my.site"), "$0.125"),
    ):
        await expect(table.nth(row)).to_contain_text(name)
        await expect(table.nth(row)).to_contain_text(usd)
    assert await findings(page) == []
    await table.last.scroll_into_view_if_needed()
    await visits.shot(page, "callers")


async def test_who_is_alone_sees_no_such_table(visits: Visits) -> None:
    book("0.25", environment.today().isoformat())
    page = await visits.open("costs")
    await expect(page.locator("lt-plot")).to_be_visible()
    await expect(page.get_by_role("heading", name=say("page.costs.by_caller"))).to_have_count(0)
