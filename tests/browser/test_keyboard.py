"""Everything goes by keyboard, and who listens to the page hears an answer once, complete."""

from __future__ import annotations

from typing import Any

from livetechno.words import say
from tests.browser.chat import answers, box, facts, questions, send
from tests.browser.conftest import at_desk
from tests.browser.engine import Page, expect
from tests.browser.model import Model
from tests.browser.stored import keep
from tests.browser.visits import Visits

FOCUS = """() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    if (!one || one === document.body) return null;
    const area = one.getBoundingClientRect();
    const outlined = (part) => part && getComputedStyle(part).outlineStyle !== "none";
    return {
        name: one.ariaLabel || one.labels?.[0]?.innerText || one.innerText?.trim() || "",
        at: [area.x, area.y],
        seen: outlined(one) || outlined(one.closest("form")),
        inside: area.bottom > 0 && area.top < innerHeight && area.right > 0 && area.left < innerWidth,
    };
}"""
"""What has the focus: its name, whether that is seen, whether it is in the window."""
LISTEN = """() => {
    window.spoken = [];
    window.heard = (count) => new Promise((done) => {
        const end = performance.now() + 10_000;
        const enough = () => window.spoken.length >= count || performance.now() > end;
        const look = () => (enough() ? done(window.spoken) : setTimeout(look, 10));
        look();
    });
    const parts = [];
    const find = (root) => {
        for (const one of root.querySelectorAll("*")) {
            if (one.ariaLive === "polite" || one.role === "status" || one.role === "alert") parts.push(one);
            if (one.shadowRoot) find(one.shadowRoot);
        }
    };
    find(document);
    for (const part of parts) {
        new MutationObserver(() => part.textContent.trim() && window.spoken.push(part.textContent.trim()))
            .observe(part, {subtree: true, childList: true, characterData: true});
    }
}"""
"""Keeps what screen readers are told from now on; `heard(n)` waits for n of them, ten seconds at most."""


async def tabs(page: Page, most: int = 60) -> list[dict[str, Any]]:
    """Where Tab leads from the first place on, until the page is left or a place comes again."""
    await page.locator("lt-app .skip").focus()
    stops: list[dict[str, Any]] = [await page.evaluate(FOCUS)]
    while len(stops) < most:
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUS)
        if stop is None or stop in stops:
            return stops
        stops.append(stop)
    raise AssertionError(f"Tab does not come to an end: {stops[-5:]}")


@at_desk
async def test_a_first_visit_goes_by_keyboard_alone(visits: Visits) -> None:
    page = await visits.open(first=True)
    await expect(page.locator("#mock")).to_be_visible()
    await page.keyboard.press("Tab")
    assert (await page.evaluate(FOCUS))["name"] == say("page.app.skip")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("#mock")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(box(page)).to_be_focused()
    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("Two")
    await expect(box(page)).to_have_value("One\nTwo")
    await page.keyboard.press("Enter")
    await expect(questions(page)).to_have_text(["One\nTwo"])
    await expect(facts(page)).to_have_count(1)
    await expect(box(page)).to_be_focused()
    await expect(box(page)).to_have_value("")


@at_desk
async def test_every_stop_of_the_tab_key_has_a_name_and_is_seen(visits: Visits) -> None:
    id_ = keep("What is a flam?", "Two strokes.", title="Flams")
    for path in (f"chat/{id_}", "settings", "costs"):
        page = await visits.open(path)
        await expect(page.get_by_role("heading", level=1).first).to_be_visible()
        stops = await tabs(page)
        assert [stop for stop in stops if not (stop["name"] and stop["seen"] and stop["inside"])] == []
        if path.startswith("chat"):
            names = [stop["name"] for stop in stops]
            order = [
                "page.chat.new",
                "page.chat.search",
                "page.chat.panel",
                "page.chat.retry",
                "page.chat.question",
            ]
            places = [names.index(say(key)) for key in order]
            assert places == sorted(places)


@at_desk
async def test_escape_stops_an_answer_and_closes_what_was_opened(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await send(page, "Count")
    await (await model.asked()).say("One")
    await expect(answers(page)).to_have_text(["One"])
    await page.keyboard.press("Escape")
    await expect(page.locator(".partial")).to_be_visible()
    await page.locator("#edit").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name=say("page.chat.edit_question"))).to_be_focused()
    await page.keyboard.type(" to three")
    await page.keyboard.press("Escape")
    await expect(page.locator("#edit")).to_be_focused()
    await expect(questions(page)).to_have_text(["Count"])
    await page.locator("#tune").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("lt-conversation-panel")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(page.locator("lt-conversation-panel")).to_have_count(0)
    await expect(page.locator("#tune")).to_be_focused()
    await page.keyboard.press("Alt+8")
    await expect(page.get_by_role("heading", level=1)).to_have_text(say("page.tab.settings"))


async def test_who_listens_hears_an_answer_once_and_complete(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await expect(box(page)).to_be_visible()
    await page.evaluate(LISTEN)
    await send(page, "Count")
    answer = await model.asked()
    for word in ("One, ", "**two**, ", "three."):
        await answer.say(word)
        await expect(answers(page)).to_contain_text(word.strip(" *,"))
    assert await page.evaluate("spoken") == []
    await answer.end()
    await expect(facts(page)).to_be_visible()
    assert len(await page.evaluate("heard(1)")) == 1
    await send(page, "On")
    await model.answer("Four.")
    await expect(facts(page)).to_have_count(2)
    assert await page.evaluate("heard(2)") == [
        say("page.chat.says", text="One, two, three."),
        say("page.chat.says", text="Four."),
    ]
