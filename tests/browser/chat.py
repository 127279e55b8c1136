"""The chat's parts, as a person finds them, and what a person does there."""

from __future__ import annotations

from livetechno.words import say
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


def button(page: Page, key: str) -> Locator:
    """The newest button of that name (a key of the catalogue of words) in the thread."""
    return page.locator(".log").get_by_role("button", name=say(key), exact=True).last


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


async def begin(page: Page) -> None:
    """Begin a new conversation."""
    await page.get_by_role("link", name=say("page.chat.new")).locator("visible=true").first.click()


async def show_list(page: Page) -> None:
    """Bring the conversations to sight: on a phone they are behind a button."""
    await expect(box(page)).to_be_visible()
    menu = page.locator("lt-chat-screen header .menu[aria-expanded=false]")
    if await menu.is_visible():
        await menu.click()


async def choose(page: Page, title: str, action: str) -> None:
    """Choose what is to be done (a key of the catalogue of words) with a conversation of the list."""
    await show_list(page)
    await entry(page, title).get_by_role("button", name=say("page.chat.more", title=title)).click()
    await entry(page, title).get_by_role("button", name=say(action), exact=True).click()
