"""Who comes for the first time chats at once."""

from __future__ import annotations

from tests.browser.chat import answers, ask, box, questions
from tests.browser.engine import Page, expect
from tests.browser.visits import Visits


async def test_a_newcomer_has_an_answer_without_a_key(visits: Visits) -> None:
    page = await visits.open(first=True)
    await visits.shot(page, "gate")
    await page.locator("#mock").click()
    await expect(box(page)).to_be_focused()
    await visits.shot(page, "empty")
    await ask(page, "What is a kick drum?")
    await expect(questions(page)).to_have_text(["What is a kick drum?"])
    await expect(answers(page).first).to_contain_text("kick")
    await expect(page.locator(".badge.mock")).to_be_visible()
    await visits.shot(page, "first-answer")


async def test_nobody_is_asked_twice(page: Page) -> None:
    await expect(box(page)).to_be_visible()
    await expect(page.locator("lt-key-gate")).to_have_count(0)
