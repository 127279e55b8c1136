"""examples/web_chat: a plain page with its own script, served by `livetechno serve --folder`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from livetechno import app
from tests.browser.axe import findings
from tests.browser.engine import ROOT, Page, expect
from tests.browser.model import Model
from tests.browser.visits import Served, Visits


@pytest_asyncio.fixture(loop_scope="session")
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    started = Served(folder=ROOT / "examples" / "web_chat")
    await started.start()
    yield started
    await started.stop()


async def ask(page: Page, text: str) -> None:
    await page.get_by_label("Your question").fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_it_holds_a_conversation_and_shows_words_as_words(visits: Visits) -> None:
    visits.allow("favicon.ico")
    page = await visits.open()
    await ask(page, "Is <b>bold</b> a word?")
    await expect(page.locator("li.assistant")).to_contain_text("<b>bold</b>")  # Mock AI says it again
    await ask(page, "What did I say?")
    await expect(page.locator("li.assistant").last).to_contain_text("<b>bold</b>")
    await expect(page.locator("li.user")).to_have_text(["Is <b>bold</b> a word?", "What did I say?"])
    await expect(page.get_by_label("Your question")).to_be_focused()
    assert await findings(page) == []
    await visits.shot(page, "web-chat")


async def test_a_question_that_fails_is_there_to_be_sent_again(visits: Visits, model: Model) -> None:
    visits.allow("favicon.ico")
    visits.allow("api/chat")
    model.refuse(400, "invalid_request")
    page = await visits.open()
    await ask(page, "Hello")
    await expect(page.locator("li.problem")).to_be_visible()
    await expect(page.get_by_label("Your question")).to_have_value("Hello")
