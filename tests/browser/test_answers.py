"""An answer: it grows, is stopped, asked again, asked otherwise, found again, and refused."""

from __future__ import annotations

from decimal import Decimal

from livetechno import app
from livetechno.words import say
from tests.browser.chat import answers, ask, box, button, facts, questions, send, trouble
from tests.browser.conftest import KEY, at_desk
from tests.browser.engine import Page, expect
from tests.browser.model import Model
from tests.browser.visits import Visits


async def test_an_answer_is_seen_growing(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await send(page, "Count")
    answer = await model.asked()
    await expect(questions(page)).to_have_text(["Count"])
    await answer.say("One, ")
    await expect(answers(page)).to_have_text(["One,"])
    await answer.say("**two**, ")
    await expect(answers(page)).to_have_text(["One, two,"])
    await expect(page.locator(".stop")).to_be_visible()
    await visits.shot(page, "growing")
    await answer.say("three.")
    await answer.end()
    await expect(facts(page)).to_contain_text(say("page.chat.tokens.other", count=7))
    await expect(answers(page)).to_have_text(["One, two, three."])
    await expect(page.locator(".stop")).to_have_count(0)
    await expect(box(page)).to_be_focused()


async def test_what_came_before_a_stop_is_kept(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await send(page, "Count")
    await (await model.asked()).say("One, two")
    await expect(answers(page)).to_have_text(["One, two"])
    await page.locator(".stop").click()
    await expect(page.locator(".partial")).to_contain_text(say("page.chat.partial"))
    await expect(page.locator(".stop")).to_have_count(0)
    await visits.shot(page, "stopped")
    await page.reload()
    await expect(answers(page)).to_have_text(["One, two"])
    await page.locator(".partial button:not(.go-on)").click()
    await model.answer("One, two, three.")
    await expect(answers(page)).to_have_text(["One, two, three."])
    await expect(page.locator(".partial")).to_have_count(0)


async def test_an_answer_is_given_again_and_both_are_kept(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await send(page, "A name?")
    await model.answer("Ada")
    await expect(facts(page)).to_be_visible()
    await button(page, "page.chat.retry").click()
    await model.answer("Grace")
    await expect(answers(page)).to_have_text(["Grace"])
    await expect(page.locator(".place")).to_have_text("2/2")
    await button(page, "page.chat.previous").click()
    await expect(answers(page)).to_have_text(["Ada"])
    await expect(page.locator(".place")).to_have_text("1/2")
    await expect(questions(page)).to_have_text(["A name?"])


async def test_a_question_that_is_edited_begins_a_branch(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await send(page, "One")
    await model.answer("First")
    await expect(facts(page)).to_have_count(1)
    await send(page, "Two")
    await model.answer("Second")
    await expect(facts(page)).to_have_count(2)
    await page.locator("#edit").last.click()
    editor = page.get_by_role("textbox", name=say("page.chat.edit_question"))
    await expect(editor).to_be_focused()
    await expect(editor).to_have_value("Two")
    await editor.fill("Two, otherwise")
    await visits.shot(page, "editing")
    await button(page, "page.chat.send_instead").click()
    sent = (await model.answer("Third")).asked["messages"]
    assert [one["content"] for one in sent if one["role"] != "system"] == ["One", "First", "Two, otherwise"]
    await expect(answers(page)).to_have_text(["First", "Third"])
    await expect(questions(page)).to_have_text(["One", "Two, otherwise"])
    await expect(page.locator(".place")).to_have_text("2/2")
    await button(page, "page.chat.previous").click()
    await expect(questions(page)).to_have_text(["One", "Two"])
    await expect(answers(page)).to_have_text(["First", "Second"])
    await visits.shot(page, "branch")


async def test_a_reload_in_the_middle_of_an_answer_loses_and_doubles_nothing(
    visits: Visits, model: Model
) -> None:
    page = await visits.open()
    await send(page, "Count")
    answer = await model.asked()
    words = [f"{number} " for number in range(60)]
    await answer.say(*words[:20])
    await expect(answers(page)).to_contain_text("19")
    await page.reload()
    await expect(answers(page)).to_have_text(["".join(words[:20]).strip()])
    await expect(page.locator(".stop")).to_be_visible()
    await answer.say(*words[20:40])
    await page.reload()
    await answer.say(*words[40:])
    await answer.end()
    await expect(facts(page)).to_be_visible()
    await expect(answers(page)).to_have_text(["".join(words).strip()])
    (kept,) = app.store().conversations.list()
    assert [one.plain["content"] for one in app.store().tree.branch(kept.id, kept.head)] == [
        "Count",
        "".join(words),
    ]


async def test_a_wrong_key_is_told_in_the_thread_with_what_to_do(visits: Visits, model: Model) -> None:
    model.refuse(401, "invalid_api_key")
    page = await visits.open()
    await send(page, "Hello")
    await expect(trouble(page)).to_contain_text(say("errors.authentication.what"))
    await expect(trouble(page)).to_contain_text(say("page.chat.kept_question"))
    assert KEY[-8:] not in await page.evaluate("document.body.innerText")
    await visits.shot(page, "wrong-key")
    await trouble(page).get_by_role("link", name=say("page.chat.to_settings")).click()
    await expect(page.locator("lt-key-card")).to_contain_text(say("page.key.ends", last4=KEY[-4:]))


async def test_a_budget_that_is_spent_is_told_in_the_thread(visits: Visits, model: Model) -> None:
    app.store().budgets.set("day", Decimal("0.000001"))
    page = await visits.open()
    await send(page, "Hello")
    await expect(trouble(page)).to_contain_text("Your budget for today is $0.000001")
    await visits.shot(page, "budget")
    app.store().budgets.clear("day")
    await trouble(page).get_by_role("button", name=say("page.chat.try_again")).click()
    await model.answer("Hello!")
    await expect(answers(page)).to_have_text(["Hello!"])
    await expect(trouble(page)).to_have_count(0)


@at_desk
async def test_what_mock_ai_says_costs_nothing(page: Page) -> None:
    await ask(page, "Hello")
    await expect(facts(page)).to_contain_text("$0.00")
