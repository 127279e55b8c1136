"""Two pages and a terminal, with one conversation open: each shows what the others do."""

from __future__ import annotations

import asyncio
import sys

from livetechno import app
from livetechno.words import say
from tests.browser.chat import answers, ask, choose, entry, facts, questions, send, show_list
from tests.browser.conftest import at_desk
from tests.browser.engine import Page, expect
from tests.browser.model import Model
from tests.browser.stored import keep
from tests.browser.visits import Visits


async def test_two_pages_show_the_same(visits: Visits, model: Model) -> None:
    id_ = keep("Hello", "Hello!", title="Shared")
    here, there = await visits.open(f"chat/{id_}"), await visits.open(f"chat/{id_}")
    await expect(answers(there)).to_have_text(["Hello!"])
    await send(here, "Count")
    answer = await model.asked()
    await answer.say("One, ")
    for page in (here, there):
        await expect(questions(page)).to_have_text(["Hello", "Count"])
        await expect(answers(page)).to_have_text(["Hello!", "One,"])
    await there.locator(".stop").click()
    for page in (here, there):
        await expect(page.locator(".partial")).to_be_visible()
        await expect(page.locator(".stop")).to_have_count(0)
    await choose(there, "Shared", "page.chat.rename")
    await there.get_by_role("textbox", name=say("page.chat.rename")).fill("Ours")
    await there.keyboard.press("Enter")
    await expect(here.locator("lt-chat-screen h1")).to_have_text("Ours")
    await show_list(here)
    await expect(entry(here, "Ours")).to_be_visible()


async def test_what_is_begun_in_one_page_is_in_the_list_of_the_other(visits: Visits) -> None:
    here, there = await visits.open(), await visits.open()
    await show_list(there)
    await expect(there.locator("lt-conversation-list")).to_contain_text(say("page.chat.list_empty"))
    await ask(here, "What is a flam?")
    await expect(entry(there, "What is a flam?")).to_be_visible()
    (kept,) = app.store().conversations.list()
    app.store().conversations.delete(kept.id)
    await expect(entry(there, "What is a flam?")).to_have_count(0)


@at_desk
async def test_what_is_said_in_a_terminal_appears(visits: Visits, page: Page) -> None:
    await ask(page, "My name is Ada")
    terminal = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "livetechno", "chat", "-c", "What did I say before?"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    printed, _ = await terminal.communicate()
    assert b"My name is Ada" in printed
    await expect(questions(page)).to_have_text(["My name is Ada", "What did I say before?"])
    await expect(facts(page)).to_have_count(2)
    await expect(answers(page).last).to_contain_text("My name is Ada")
