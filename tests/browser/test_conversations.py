"""The conversations: found, renamed, exported, deleted and taken back, however long they are."""

from __future__ import annotations

import json

import pytest

from livetechno import app
from livetechno.store.errors import NotFoundError
from livetechno.words import say
from tests.browser.chat import answers, ask, begin, box, button, choose, entry, questions, show_list, trouble
from tests.browser.conftest import at_desk
from tests.browser.engine import Page, expect
from tests.browser.stored import keep
from tests.browser.visits import Visits

TURNS = 250


async def test_what_was_said_is_found_and_opened(visits: Visits) -> None:
    keep("How do I swing a hi-hat?", "Delay every second sixteenth.", title="Swing")
    keep("What is a flam?", "Two strokes, nearly together.", title="Flam")
    page = await visits.open()
    await show_list(page)
    search = page.get_by_role("searchbox", name=say("page.chat.search"))
    await search.fill("sixteenth")
    await expect(page.locator("lt-conversation-list li")).to_have_count(1)
    await expect(entry(page, "Swing")).to_contain_text("every second sixteenth")
    await visits.shot(page, "search")
    await entry(page, "Swing").get_by_role("link").click()
    await expect(questions(page)).to_have_text(["How do I swing a hi-hat?"])
    await expect(page.get_by_role("heading", level=1)).to_have_text("Swing")
    await show_list(page)
    await search.fill("polka")
    await expect(page.locator("lt-conversation-list")).to_contain_text(say("page.chat.found_nothing"))


async def test_a_conversation_gets_another_title(visits: Visits) -> None:
    id_ = keep("What is a flam?", "Two strokes.", title="What is a flam?")
    page = await visits.open(f"chat/{id_}")
    await choose(page, "What is a flam?", "page.chat.rename")
    field = page.get_by_role("textbox", name=say("page.chat.rename"))
    await expect(field).to_be_focused()
    await field.fill("Flams & drags")
    await field.press("Enter")
    await expect(entry(page, "Flams & drags")).to_be_visible()
    await expect(page.locator("lt-chat-screen h1")).to_have_text("Flams & drags")
    assert app.store().conversations.get(id_).title == "Flams & drags"


async def test_a_conversation_is_saved_as_markdown_and_as_json(visits: Visits) -> None:
    keep("What is a flam?", "Two **strokes**.", title="Flams: a study")
    page = await visits.open()
    async with page.expect_download() as saving:
        await choose(page, "Flams: a study", "page.chat.export_markdown")
    file = await saving.value
    text = (await file.path()).read_text(encoding="utf-8")
    assert file.suggested_filename.endswith(".md")
    assert "Flams" in file.suggested_filename
    assert "# Flams: a study" in text
    assert "> Two **strokes**." in text
    async with page.expect_download() as saving:
        await choose(page, "Flams: a study", "page.chat.export_json")
    file = await saving.value
    document = json.loads((await file.path()).read_text(encoding="utf-8"))
    assert file.suggested_filename.endswith(".json")
    assert document["format"] == "livetechno.conversation.v1"
    assert "Two **strokes**." in json.dumps(document)


async def test_what_is_deleted_can_be_taken_back_at_once(visits: Visits) -> None:
    id_ = keep("What is a flam?", "Two strokes.", title="Flams")
    page = await visits.open(f"chat/{id_}")
    await expect(questions(page)).to_have_count(1)
    await choose(page, "Flams", "page.chat.delete")
    await expect(entry(page, "Flams")).to_have_count(0)
    await expect(questions(page)).to_have_count(0)
    await expect(page.locator(".toast span")).to_have_text(say("page.chat.removed", title="Flams"))
    await visits.shot(page, "deleted")
    await page.locator(".toast button").click()
    await expect(questions(page)).to_have_text(["What is a flam?"])
    await expect(page.locator(".toast span")).to_have_count(0)
    await show_list(page)
    await expect(entry(page, "Flams")).to_be_visible()


async def test_what_is_deleted_is_restored_later_or_deleted_for_ever(visits: Visits) -> None:
    kept, gone = keep("Keep", "This.", title="Kept"), keep("Drop", "This.", title="Gone")
    for id_ in (kept, gone):
        app.store().conversations.delete(id_)
    page = await visits.open()
    await show_list(page)
    await page.get_by_role("button", name=say("page.chat.deleted")).click()
    await expect(page.locator("lt-conversation-list li")).to_have_count(2)
    await visits.shot(page, "bin")
    await entry(page, "Kept").get_by_role("button", name=say("page.chat.restore")).click()
    await expect(entry(page, "Kept")).to_have_count(0)
    await entry(page, "Gone").get_by_role("button", name=say("page.chat.purge")).click()
    assert app.store().conversations.get(gone).deleted
    await entry(page, "Gone").get_by_role("button", name=say("page.chat.purge_sure")).click()
    await expect(page.locator("lt-conversation-list")).to_contain_text(say("page.chat.bin_empty"))
    with pytest.raises(NotFoundError):
        app.store().conversations.get(gone)
    await page.get_by_role("button", name=say("page.chat.back_to_list")).click()
    await expect(entry(page, "Kept")).to_be_visible()


async def test_a_conversation_of_five_hundred_messages_opens_at_its_end_and_goes_on(visits: Visits) -> None:
    texts = [f"{role} {turn}\n\n- one\n- two" for turn in range(TURNS) for role in ("Question", "Answer")]
    id_ = keep(*texts, title="Long")
    page = await visits.open(f"chat/{id_}")
    await expect(answers(page).last).to_be_in_viewport()
    await expect(answers(page).last).to_contain_text(f"Answer {TURNS - 1}")
    await expect(questions(page)).to_have_count(TURNS)
    await expect(answers(page).last).to_be_in_viewport()
    log = page.locator(".log")
    await log.focus()
    await page.keyboard.press("Home")
    await expect(questions(page).first).to_be_in_viewport()
    await visits.shot(page, "long-top")
    await page.get_by_role("button", name=say("page.chat.to_end")).click()
    await expect(answers(page).last).to_be_in_viewport()
    await ask(page, "And now?")
    await expect(answers(page).last).to_be_in_viewport()
    await visits.shot(page, "long")


@at_desk
async def test_a_conversation_that_is_not_there_is_told_and_another_can_begin(visits: Visits) -> None:
    visits.allow("404")
    page = await visits.open("chat/nowhere")
    await expect(trouble(page)).to_be_visible()
    await begin(page)
    await ask(page, "Hello")
    await expect(questions(page)).to_have_text(["Hello"])


@at_desk
async def test_what_is_typed_waits_in_its_conversation(page: Page) -> None:
    await ask(page, "First")
    await box(page).fill("half a thought")
    await begin(page)
    await expect(box(page)).to_have_value("")
    await page.go_back()
    await expect(box(page)).to_have_value("half a thought")
    await page.reload()
    await expect(box(page)).to_have_value("half a thought")
    await expect(button(page, "page.chat.retry")).to_be_visible()
