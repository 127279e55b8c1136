"""The chat's parts, as a person finds them, and what a person does there."""

from __future__ import annotations

from tests.browser.engine import Locator, Page, expect


def box(page: Page) -> Locator:
    """Where a question is written."""
    return page.locator("lt-composer textarea")


def questions(page: Page) -> Locator:
    return page.locator("lt-message .bubble")


def answers(page: Page) -> Locator:
    """The texts of the answers."""
    return page.locator("lt-message .assistant lt-markdown")


def facts(page: Page) -> Locator:
    """Model, tokens and cost of each answer that is whole."""
    return page.locator("lt-message .facts")


def trouble(page: Page) -> Locator:
    return page.locator(".trouble")


async def send(page: Page, text: str) -> None:
    """Type a question, and send it with Enter."""
    await box(page).fill(text)
    await box(page).press("Enter")


async def ask(page: Page, text: str) -> None:
    """Send a question, and wait until its answer is whole."""
    before = await facts(page).count()
    await send(page, text)
    await expect(facts(page)).to_have_count(before + 1)
