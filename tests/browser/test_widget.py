"""`<gpt-chat>` in pages of another origin: with their style, their policy, their endpoint, and in a frame."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from livetechno import app
from livetechno.server.visitors import Site as Visited
from tests.browser.axe import findings
from tests.browser.conftest import at_desk
from tests.browser.engine import ROOT, Locator, Page, expect
from tests.browser.model import Model
from tests.browser.site import Answer, Site
from tests.browser.visits import Served, Visits

LINES = re.compile(r"^```html\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EVENTS = """
window.heard = [];
const hear = ({type, detail}) => heard.push([type, detail]);
for (const kind of ["gpt-message", "gpt-error"]) addEventListener(kind, hear);
"""
HOSTILE = """
* { color: red !important; font: 40px cursive !important; text-transform: uppercase !important;
    letter-spacing: 9px !important; --ink: red; --paper: red; --target: 3px; }
div, form, p, button, textarea { display: none !important; background: red !important; }
html { font-size: 3px; line-height: 9; cursor: wait; text-align: right; }
gpt-chat { visibility: visible; }
"""


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[Site]:
    """A site that our server names."""
    started = Site()
    await started.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def stranger() -> AsyncIterator[Site]:
    """A site that it does not name."""
    started = Site()
    await started.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def served(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """Our server, where the widget's script comes from."""
    monkeypatch.setattr(app, "_warned_of_mock", True)
    started = Served(site=Visited(frozenset({site.url})))
    await started.start()
    yield started
    await started.stop()


def holds(visits: Visits, attributes: str = "", inside: str = "", head: str = "") -> str:
    """A page with the two lines of the README."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mine</title>{head}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<script type="module" src="{visits.url}gpt-chat.js"></script></head>'
        f'<main><h1>Mine</h1><gpt-chat endpoint="/answer" {attributes}>{inside}</gpt-chat></main>'
    )


async def enter(visits: Visits, site: Site, html: str, **options: object) -> Page:
    site.page = html
    page = await visits.open(site.url, first=True, **options)
    await page.evaluate(EVENTS)
    return page


def box(place: Page | Locator) -> Locator:
    return place.locator("gpt-chat textarea")


def rows(place: Page | Locator) -> Locator:
    return place.locator("gpt-chat .rows .message")


async def ask(page: Page, text: str) -> None:
    await box(page).fill(text)
    await page.get_by_role("button", name="Send").click()


async def asked(page: Page, site: Site, text: str) -> Answer:
    await ask(page, text)
    return await site.asked()


@at_desk
@pytest.mark.parametrize("readme", ["README.md", "README.fr.md"])
async def test_the_two_lines_of_the_readmes_are_a_chat(
    visits: Visits, site: Site, model: Model, readme: str
) -> None:
    (lines,) = LINES.findall((ROOT / readme).read_text(encoding="utf-8"))
    html = re.sub(r"https://chat\.[a-z.]+/", visits.url, lines)
    assert html.count(visits.url) == 2
    page = await enter(visits, site, f"<!doctype html><title>Mine</title>{html}")
    await ask(page, "Hello")
    await model.answer("Hi")
    await expect(rows(page)).to_have_text(["Hello", "Hi"])


async def test_an_answer_is_streamed_under_a_policy_that_allows_nothing_inline(
    visits: Visits, site: Site
) -> None:
    site.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {visits.url}gpt-chat.js; "
        "connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    }
    page = await enter(visits, site, holds(visits, 'title="Ask us" greeting="What is it?"'))
    await expect(page.get_by_role("region", name="Ask us")).to_be_visible()
    await expect(page.locator("gpt-chat")).to_contain_text("What is it?")
    answer = await asked(page, site, "How long is a bar?")
    assert answer.asked == {"messages": [{"role": "user", "content": "How long is a bar?"}], "stream": True}
    await answer.say("**Four** ", "beats")
    await expect(rows(page).last).to_have_text("Four beats")
    await expect(page.locator("gpt-chat [role=status]")).to_have_text("")
    await answer.say(".\n\n```py\nbeats = 4\n```\n\n![x](https://evil.example/a.png)")
    await answer.done("**Four** beats.\n\n```py\nbeats = 4\n```\n\n![x](https://evil.example/a.png)")
    await expect(page.locator("gpt-chat [role=status]")).to_contain_text("Answer: Four beats.")
    await expect(rows(page).last.locator(".code-bar button")).to_have_text("Copy")
    await expect(page.locator("gpt-chat img")).to_have_count(0)
    await expect(box(page)).to_be_focused()
    assert [kind for kind, _ in await page.evaluate("heard")] == ["gpt-message", "gpt-message"]
    await visits.shot(page, "widget")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_it(visits: Visits, site: Site, scheme: str) -> None:
    visits.allow("500")
    page = await enter(visits, site, holds(visits, 'title="Ask us"'), color_scheme=scheme)
    await (await asked(page, site, "How?")).done(
        "# So\n\n[There](https://x.example/a) | `code`\n\n```py\na\n```"
    )
    await expect(page.locator("gpt-chat .code-bar")).to_be_visible()
    site.refusals = [(500, {"error": "Broken."}, {})]
    await ask(page, "And?")
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await findings(page) == []
    await visits.shot(page, f"widget-{scheme}")


async def test_the_style_of_the_page_around_does_not_reach_it(visits: Visits, site: Site) -> None:
    site.style = HOSTILE
    plain = await enter(visits, site, holds(visits))
    styled = await enter(visits, site, holds(visits, head='<link rel="stylesheet" href="/style.css">'))
    look = """() => {
        const names = ["color", "font", "display", "backgroundColor", "textTransform", "letterSpacing",
            "minHeight", "textAlign", "cursor", "lineHeight"];
        const inside = document.querySelector("gpt-chat").shadowRoot.querySelectorAll("*");
        return [...inside].map((one) => {
            const style = getComputedStyle(one);
            return [one.localName, one.className, ...names.map((name) => style[name])].join();
        });
    }"""
    assert await plain.evaluate(look) == await styled.evaluate(look)
    await (await asked(styled, site, "Still here?")).done("Yes.")
    await expect(rows(styled)).to_have_text(["Still here?", "Yes."])
    await visits.shot(styled, "widget-hostile")


@at_desk
async def test_a_page_styles_it_by_properties_and_parts(visits: Visits, site: Site) -> None:
    site.style = """
        gpt-chat { --gpt-chat-accent: rgb(1, 2, 3); --gpt-chat-height: 300px; --gpt-chat-font: monospace; }
        gpt-chat::part(question) { outline: 1px solid rgb(4, 5, 6); }
    """
    page = await enter(visits, site, holds(visits, head='<link rel="stylesheet" href="/style.css">'))
    (await asked(page, site, "Hello")).cut()
    await expect(page.locator("gpt-chat .send")).to_have_css("background-color", "rgb(1, 2, 3)")
    await expect(page.locator("gpt-chat")).to_have_css("height", "300px")
    await expect(box(page)).to_have_css("font-family", "monospace")
    await expect(rows(page).first).to_have_css("outline-color", "rgb(4, 5, 6)")


@at_desk
async def test_its_theme_is_the_systems_or_the_pages_choice(visits: Visits, site: Site) -> None:
    light, dark = "rgb(255, 255, 255)", "rgb(28, 29, 32)"
    page = await enter(visits, site, holds(visits), color_scheme="dark")
    frame = page.locator("gpt-chat .frame")
    await expect(frame).to_have_css("background-color", dark)
    await page.locator("gpt-chat").evaluate("(one) => (one.theme = 'light')")
    await expect(frame).to_have_css("background-color", light)
    await page.emulate_media(color_scheme="light")
    await page.locator("gpt-chat").evaluate("(one) => (one.theme = 'dark')")
    await expect(frame).to_have_css("background-color", dark)


@at_desk
async def test_slots_take_what_the_page_puts_in(visits: Visits, site: Site) -> None:
    inside = (
        '<h2 slot="header">Our desk</h2><em slot="greeting">Welcome</em>'
        '<p slot="empty">Nothing yet</p><small slot="footer">It may err</small>'
    )
    page = await enter(visits, site, holds(visits, inside=inside))
    for shown in ("Our desk", "Welcome", "Nothing yet", "It may err"):
        await expect(page.get_by_text(shown)).to_be_visible()
    await (await asked(page, site, "Hello")).done("Hi")
    await expect(page.get_by_text("Nothing yet")).to_be_hidden()
    await expect(page.get_by_text("Welcome")).to_be_visible()


@at_desk
async def test_a_refused_question_waits_as_long_as_the_server_says(visits: Visits, site: Site) -> None:
    visits.allow("429")
    page = await enter(visits, site, holds(visits))
    await page.clock.install()
    site.refusals = [(429, {"error": {"code": "rate_limited", "message": "Slower."}}, {"Retry-After": "30"})]
    await ask(page, "Hello")
    await expect(page.get_by_role("alert")).to_contain_text("Slower.")
    again = page.get_by_role("button", name="Try again")
    await expect(again).to_be_disabled()
    await page.clock.fast_forward(31_000)
    await expect(again).to_have_text("Try again")
    await again.click()
    answer = await site.asked()
    assert [one["content"] for one in answer.asked["messages"]] == ["Hello"]
    await answer.done("Hi")
    await page.clock.run_for(1000)
    await expect(rows(page)).to_have_text(["Hello", "Hi"])
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert [kind for kind, _ in await page.evaluate("heard")] == ["gpt-message", "gpt-error", "gpt-message"]


@at_desk
async def test_a_cut_answer_stays_and_can_be_asked_for_again(visits: Visits, site: Site) -> None:
    page = await enter(visits, site, holds(visits))
    answer = await asked(page, site, "Hello")
    await answer.say("Ha")
    await expect(rows(page).last).to_have_text("Ha")
    answer.cut()
    await expect(page.get_by_role("alert")).to_contain_text("cut off")
    await page.get_by_role("button", name="Try again").click()
    await (await site.asked()).done("Hallo")
    await expect(rows(page)).to_have_text(["Hello", "Hallo"])


@at_desk
async def test_all_of_it_works_by_keyboard(visits: Visits, site: Site) -> None:
    page = await enter(visits, site, holds(visits, 'title="Ask us"'))
    await page.locator("gpt-chat").evaluate("(one) => one.focus()")
    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    answer = await site.asked()
    assert answer.asked["messages"][0]["content"] == "One\ntwo"
    await answer.say("Ha")
    await expect(rows(page).last).to_have_text("Ha")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("note")).to_contain_text("Stopped.")
    await expect(box(page)).to_be_focused()
    for _ in range(2):
        await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("log")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(rows(page)).to_have_count(0)
    await expect(box(page)).to_be_focused()
    answer.cut()


@at_desk
async def test_a_conversation_lasts_where_the_page_says_so(visits: Visits, site: Site) -> None:
    page = await enter(visits, site, holds(visits, 'history="session"'))
    await (await asked(page, site, "Hello")).done("**Hi**")
    await expect(rows(page).last.locator("strong")).to_have_text("Hi")
    await page.reload()
    await expect(rows(page)).to_have_text(["Hello", "Hi"])
    await page.get_by_role("button", name="New conversation").click()
    await page.reload()
    await expect(box(page)).to_be_visible()
    await expect(rows(page)).to_have_count(0)
    assert await page.evaluate("sessionStorage.length + localStorage.length") == 0


@at_desk
async def test_a_script_drives_several_and_finds_nothing_else_of_them(visits: Visits, site: Site) -> None:
    page = await enter(visits, site, "<!doctype html><title>Mine</title>")
    before = await page.evaluate("Object.keys(window)")
    await page.evaluate(
        """(address) => {
            document.body.innerHTML = '<gpt-chat id="a" lang="fr"></gpt-chat>';
            document.body.firstChild.messages = [{role: "user", content: "Early"}];
            const script = Object.assign(document.createElement("script"), {type: "module", src: address});
            document.head.append(script);
            return customElements.whenDefined("gpt-chat");
        }""",
        f"{visits.url}gpt-chat.js",
    )
    assert await page.evaluate("Object.keys(window)") == before
    first, second = page.locator("gpt-chat#a"), page.locator("gpt-chat#b")
    await expect(first.locator(".question")).to_have_text("Early")
    await expect(first.get_by_role("button", name="Envoyer")).to_be_visible()
    await page.evaluate(
        """() => {
            const second = document.createElement("gpt-chat");
            Object.assign(second, {id: "b", endpoint: "/answer"});
            document.body.append(second);
            window.answered = second.send("Hello");
        }"""
    )
    await (await site.asked()).done("Hi")
    assert await page.evaluate("answered") == "Hi"
    await expect(second.locator(".rows .message")).to_have_text(["Hello", "Hi"])
    await expect(first.locator(".rows .message")).to_have_text(["Early"])
    assert await page.evaluate("document.querySelector('#b').messages") == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
    ]


async def test_the_thread_follows_its_end_until_it_is_read_elsewhere(visits: Visits, site: Site) -> None:
    page = await enter(visits, site, holds(visits))
    answer = await asked(page, site, "Count")
    thread = page.locator("gpt-chat .thread")
    left = "(one) => Math.round(one.scrollHeight - one.scrollTop - one.clientHeight)"
    await answer.say(*(f"{number}\n\n" for number in range(60)))
    await expect(rows(page).last).to_contain_text("59")
    await page.wait_for_function(
        f"({left})(document.querySelector('gpt-chat').shadowRoot.querySelector('.thread')) < 5"
    )
    await thread.evaluate("(one) => one.scrollTo(0, 0)")
    await asyncio.sleep(0.05)
    await answer.say("60\n\n61\n\n")
    await expect(rows(page).last).to_contain_text("61")
    assert await thread.evaluate("(one) => one.scrollTop") == 0
    answer.cut()


@at_desk
async def test_a_page_that_is_not_named_has_no_answer_of_our_server(visits: Visits, stranger: Site) -> None:
    visits.allow("/api/session")
    visits.allow("/api/chat")
    visits.allow("CORS policy")
    html = holds(visits).replace("/answer", f"{visits.url}api/chat")
    page = await enter(visits, stranger, html)
    await ask(page, "Hello")
    await expect(page.get_by_role("alert")).to_contain_text("does not let this page ask")
    assert (await page.evaluate("heard"))[-1][1]["code"] == "no_connection"


@at_desk
async def test_a_visitor_of_a_named_site_has_an_answer_of_our_server(
    visits: Visits, site: Site, model: Model
) -> None:
    # without an endpoint it asks where its script came from
    page = await enter(visits, site, holds(visits).replace('endpoint="/answer"', ""))
    for question, words in (("Hello", "Hi"), ("Again", "Yes")):
        await ask(page, question)
        answer = await model.asked()
        await answer.say(words)
        await expect(rows(page).last).to_have_text(words)
        await answer.end()
        await expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert [one["content"] for one in answer.asked["messages"]][-3:] == ["Hello", "Hi", "Again"]
    assert [kind for kind, _ in await page.evaluate("heard")] == ["gpt-message"] * 4
    assert await page.evaluate("[document.cookie, sessionStorage.length, localStorage.length]") == ["", 0, 0]
    assert await page.context.cookies() == []


@at_desk
async def test_a_named_site_may_frame_it(visits: Visits, site: Site, model: Model) -> None:
    src = f"{visits.url}embed?lang=fr&greeting=Bonjour%20%3Cb%3E"
    page = await enter(visits, site, f'<!doctype html><title>Mine</title><iframe src="{src}"></iframe>')
    frame = page.frame_locator("iframe")
    await expect(frame.locator("gpt-chat")).to_contain_text("Bonjour <b>")
    await frame.locator("textarea").fill("Salut")
    await frame.get_by_role("button", name="Envoyer").click()
    await model.answer("Bon", "jour !")
    await expect(frame.locator("gpt-chat .rows .message")).to_have_text(["Salut", "Bonjour !"])
    assert await page.context.cookies() == []


@at_desk
async def test_another_site_may_not_frame_it(visits: Visits, stranger: Site) -> None:
    visits.allow("frame-ancestors")
    page = await enter(
        visits, stranger, f'<!doctype html><title>Mine</title><iframe src="{visits.url}embed"></iframe>'
    )
    await expect(page.frame_locator("iframe").locator("gpt-chat")).to_have_count(0)
    assert "chrome-error" in page.frames[1].url
