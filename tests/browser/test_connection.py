"""The server goes and comes back: the page says so, and nothing is lost."""

from __future__ import annotations

import pytest

from livetechno.words import say
from tests.browser.chat import answers, ask, box, button, questions, send, trouble
from tests.browser.conftest import at_desk
from tests.browser.engine import Page, Route, expect
from tests.browser.model import Model
from tests.browser.visits import Served, Visits


@pytest.fixture
def patient(visits: Visits) -> Visits:
    """Who knows that the network fails now, and that a new server knows no session."""
    visits.allow("Failed to load resource")
    visits.allow("net::ERR_")
    return visits


async def is_back(page: Page, served: Served) -> None:
    """Have the server back, and the page know it: at a press, where it has not found it by itself before."""
    await served.start()
    await page.locator("lt-app .news button").evaluate_all("(all) => all.forEach((one) => one.click())")
    await expect(page.locator("lt-app .news.back")).to_have_text(say("page.app.back"))


async def test_a_server_that_goes_and_comes_back_is_told_and_nothing_is_lost(
    patient: Visits, served: Served
) -> None:
    page = await patient.open()
    await ask(page, "Hello")
    said = await answers(page).all_inner_texts()
    await box(page).fill("half a thought")
    await served.stop()
    await expect(page.locator("lt-app .news")).to_contain_text(say("page.app.lost"))
    await patient.shot(page, "lost")
    await expect(questions(page)).to_have_text(["Hello"])
    await is_back(page, served)
    await patient.shot(page, "back")
    assert await answers(page).all_inner_texts() == said
    await expect(box(page)).to_have_value("half a thought")
    await ask(page, "Still there?")
    await expect(questions(page)).to_have_text(["Hello", "Still there?"])


async def test_a_question_that_did_not_arrive_waits_to_be_sent(patient: Visits, served: Served) -> None:
    page = await patient.open()
    await ask(page, "Hello")
    await served.stop()
    await send(page, "Anybody?")
    await expect(trouble(page)).to_contain_text(say("page.chat.not_sent"))
    await expect(questions(page)).to_have_text(["Hello", "Anybody?"])
    await patient.shot(page, "not-sent")
    await expect(page.locator("lt-app .news button")).to_be_visible()
    await is_back(page, served)
    await button(page, "page.chat.try_again").click()
    await expect(page.locator("lt-message .facts")).to_have_count(2)
    await expect(questions(page)).to_have_text(["Hello", "Anybody?"])
    await expect(trouble(page)).to_have_count(0)


async def test_an_answer_that_the_servers_end_cut_is_kept_as_far_as_it_came(
    patient: Visits, served: Served, model: Model
) -> None:
    page = await patient.open()
    await send(page, "Count")
    await (await model.asked()).say("One, two")
    await expect(answers(page)).to_have_text(["One, two"])
    await served.stop()
    await expect(page.locator("lt-app .news")).to_contain_text(say("page.app.lost"))
    await is_back(page, served)
    await expect(page.locator(".partial")).to_contain_text(say("page.chat.partial"))
    await expect(answers(page)).to_have_text(["One, two"])
    await page.locator(".partial button:not(.go-on)").click()
    await model.answer("One, two, three.")
    await expect(answers(page)).to_have_text(["One, two, three."])


@at_desk
async def test_a_question_whose_reply_was_lost_is_found_and_not_asked_twice(
    patient: Visits, served: Served, model: Model
) -> None:
    page = await patient.open()

    async def lose_the_reply(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/api/answers", lose_the_reply, times=1)
    await send(page, "Count")
    await expect(trouble(page)).to_contain_text(say("page.chat.not_sent"))
    await served.reopen()
    await model.answer("One, two.")
    await expect(answers(page)).to_have_text(["One, two."])
    await expect(questions(page)).to_have_text(["Count"])
    await expect(trouble(page)).to_have_count(0)
    assert len(model.exchanges) == 1
