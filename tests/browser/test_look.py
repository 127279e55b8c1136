"""Language and theme follow the browser, until they are chosen; then the choice stays."""

from __future__ import annotations

from livetechno.words import say
from tests.browser.chat import answers, ask, box, facts, send, trouble
from tests.browser.conftest import at_desk
from tests.browser.engine import expect
from tests.browser.model import Model
from tests.browser.visits import Visits

DARKNESS = """() => {
    const [red, green, blue] = getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g);
    return (Number(red) + Number(green) + Number(blue)) / 3 < 64;
}"""
"""Whether the page is dark."""


async def test_a_french_browser_is_spoken_to_in_french(visits: Visits) -> None:
    page = await visits.open(first=True, locale="fr-FR")
    await expect(page.locator("#mock")).to_have_text(say("page.chat.gate.mock", "fr"))
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await visits.shot(page, "gate-french")
    await page.locator("#mock").click()
    await expect(box(page)).to_have_attribute("placeholder", say("page.chat.placeholder", "fr"))
    await ask(page, "Qu'est-ce qu'une grosse caisse ?")
    await expect(facts(page)).to_contain_text("0,00")
    await visits.shot(page, "french")


@at_desk
async def test_errors_are_told_in_the_language_of_the_page(visits: Visits, model: Model) -> None:
    model.refuse(401, "invalid_api_key")
    page = await visits.open(locale="fr-CA")
    await send(page, "Bonjour")
    await expect(trouble(page)).to_contain_text(say("errors.authentication.what", "fr"))
    await expect(trouble(page)).to_contain_text(say("page.chat.kept_question", "fr"))


async def test_a_language_that_was_chosen_stays(visits: Visits) -> None:
    page = await visits.open("settings")
    await page.get_by_text("Français").click()
    title = page.get_by_role("heading", level=1)
    await expect(title).to_have_text(say("page.tab.settings", "fr"))
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await visits.shot(page, "settings-french")
    await page.reload()
    await expect(title).to_have_text(say("page.tab.settings", "fr"))
    await page.get_by_text(say("page.settings.language.follow", "fr")).click()
    await expect(title).to_have_text(say("page.tab.settings"))


async def test_a_dark_system_has_a_dark_page(visits: Visits) -> None:
    page = await visits.open(color_scheme="dark")
    await ask(page, "Hello")
    assert await page.evaluate(DARKNESS)
    await expect(answers(page)).to_be_visible()
    await visits.shot(page, "dark")


@at_desk
async def test_a_theme_that_was_chosen_stays_whatever_the_system_says(visits: Visits) -> None:
    page = await visits.open("settings")
    assert not await page.evaluate(DARKNESS)
    await page.get_by_text(say("page.settings.theme.dark"), exact=True).click()
    assert await page.evaluate(DARKNESS)
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await page.evaluate(DARKNESS)
    await page.emulate_media(color_scheme="dark")
    await page.get_by_text(say("page.settings.theme.light"), exact=True).click()
    assert not await page.evaluate(DARKNESS)
