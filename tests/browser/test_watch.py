"""What these tests watch for is noticed when it happens."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.browser.conftest import at_desk
from tests.browser.engine import PATIENCE, Error
from tests.browser.visits import Visits


@at_desk
@pytest.mark.parametrize(
    ("script", "noticed"),
    [
        ("console.error('an error')", "an error"),
        ("throw new Error('an exception')", "an exception"),
        ("document.body.setAttribute('style', 'color: red')", "Applying inline style"),
        ("document.body.innerHTML = '<b>markup</b>'", "TrustedHTML"),
        ("fetch('http://x.example/').catch(() => {})", "Connecting to 'http://x.example/'"),
        ("fetch('/api/nothing')", "404"),
    ],
)
async def test_what_a_page_may_not_do_is_noticed(visits: Visits, script: str, noticed: str) -> None:
    page = await visits.open()
    await page.evaluate(f"() => void setTimeout(() => {{ {script} }})")
    deadline = time.monotonic() + PATIENCE / 1000
    while not any(noticed in one for one in visits.wrong) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert any(noticed in one for one in visits.wrong)
    visits.allow("")


@at_desk
async def test_a_request_that_leaves_this_machine_is_noticed(visits: Visits) -> None:
    page = await visits.open()
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://x.example/")
    assert "a request to http://x.example/" in visits.wrong
    visits.allow("x.example")
