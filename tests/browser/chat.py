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
    """What went wrong, in the thread."""
    return page.locator(".log .trouble")


def button(page: Page, name: str) -> Locator:
    """The newest button of that name in the thread."""
    return page.locator(".log").get_by_role("button", name=name, exact=True).last


def entry(page: Page, title: str) -> Locator:
    """A conversation in the list."""
    return page.locator("lt-conversation-list li").filter(has_text=title)


async def send(page: Page, text: str) -> None:
    """Type a question, and send it with Enter."""
    await box(page).fill(text)
    await box(page).press("Enter")


async def ask(page: Page, text: str) -> None:
    """Send a question, and wait until its answer is whole."""
    before = await facts(page).count()
    await send(page, text)
    await expect(facts(page)).to_have_count(before + 1)


async def show_list(page: Page) -> None:
    """Bring the conversations to sight: on a phone they are behind a button."""
    menu = page.locator("lt-chat-screen header .menu")
    if await menu.is_visible():
        await menu.click()


async def choose(page: Page, title: str, action: str) -> None:
    """Choose what is to be done with a conversation of the list."""
    await show_list(page)
    await entry(page, title).get_by_role("button", name=f"More about {title}").click()
    await entry(page, title).get_by_role("button", name=action, exact=True).click()
