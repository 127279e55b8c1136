"""What people do in the page, on the engines that Playwright does not drive: `make browsers`.

`pytest tests/browser/engines/journeys.py -k Firefox-stop` runs one. No other run collects this file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livetechno.words import say
from tests.browser.engines.driver import Engine, EngineError
from tests.browser.engines.firefox import FIREFOX
from tests.browser.engines.page import ANSWERS, ENTER, QUESTIONS, TROUBLE, Page
from tests.browser.engines.serving import serving
from tests.browser.engines.webkitgtk import WEBKITGTK

PACE = 0.02
"""Seconds between two pieces of an answer that takes its time."""
KEY_QUESTION = "How do I store a key?"
TITLES = ".one .title"
SIGN = "to talk to the real one.)"
"""The end of each first answer: Mock AI says who it is."""


def first_visit(page: Page) -> None:
    """A newcomer goes on without a key, has an answer, and finds it again."""
    pass_gate(page)
    page.ask(KEY_QUESTION)
    answer = page.answer(SIGN)
    assert "livetechno key set" in answer
    page.reload()
    assert page.answer(SIGN) == answer
    assert page.texts(QUESTIONS) == [KEY_QUESTION]


def edit(page: Page) -> None:
    """A question that is asked instead stands beside the old one."""
    pass_gate(page)
    page.ask("Count to 5")
    old = page.answer(SIGN)
    page.press("Edit and ask instead")
    page.type("0" + ENTER)
    page.see("Count to 50", QUESTIONS)
    page.see("2/2", ".place")
    assert "49" in page.answer(SIGN)
    page.press("Previous version")
    page.see("1/2", ".place")
    assert page.answer(SIGN) == old
    assert page.texts(QUESTIONS) == ["Count to 5"]


def search(page: Page) -> None:
    """What was said is found by its words, and opened."""
    pass_gate(page)
    page.ask("Count to 5")
    page.answer(SIGN)
    page.press("New conversation")
    page.until("an empty thread", lambda: not page.texts(QUESTIONS))
    page.ask(KEY_QUESTION)
    page.answer(SIGN)
    page.press("Search the conversations")
    page.type("count")
    page.until("what was found", lambda: page.texts(TITLES) == ["Count to 5"])
    page.press("Count to 5", TITLES)
    page.until("its thread", lambda: page.texts(QUESTIONS) == ["Count to 5"])


def delete_and_undo(page: Page) -> None:
    """What was deleted by mistake is back with one press."""
    pass_gate(page)
    page.ask(KEY_QUESTION)
    answer = page.answer(SIGN)
    page.press(f"More about {KEY_QUESTION}")
    page.press("Delete")
    page.see(f"{KEY_QUESTION} was deleted", ".toast")
    assert page.texts(TITLES) == []
    page.press("Undo")
    page.until("it in the list", lambda: page.texts(TITLES) == [KEY_QUESTION])
    assert page.answer(SIGN) == answer


def french(page: Page) -> None:
    """Who chooses French reads, asks and is answered in French, also tomorrow."""
    pass_gate(page)
    page.press("Settings")
    page.press("Français")
    page.until("a French page", lambda: page.language() == "fr")
    page.press(say("page.tab.chat", "fr"))
    page.ask("Comment ranger ma clé ?", box=say("page.chat.question", "fr"))
    sign = say("mock.sign", "fr")[-12:].strip("*")
    answer = page.answer(sign)
    page.reload()
    assert page.answer(sign) == answer
    assert page.language() == "fr"
    assert say("page.tab.settings", "fr") in page.texts("nav a")


def widget(page: Page) -> None:
    """A question to the widget, in the page of it that is for frames, is answered there."""
    page.open("embed?lang=en")
    page.press(say("page.widget.question", "en"))
    page.type(KEY_QUESTION + ENTER)
    page.see("livetechno key set", ".answer[aria-busy=false]")
    assert page.texts(".question") == [KEY_QUESTION]


def streaming(page: Page) -> None:
    """An answer is seen growing, and keeps what was seen."""
    page.open()
    page.ask("Count to 30")
    first = page.growing()
    second = page.growing(than=first)
    whole = page.answer(SIGN)
    assert whole.startswith(second)
    assert second.startswith(first)
    assert "30" in whole


def stop(page: Page) -> None:
    """An answer that was stopped keeps what came, and says so."""
    page.open()
    page.ask("Count to 2000")
    shown = page.growing()
    page.press("Stop")
    page.see("This answer was not finished; what came is kept.", ".partial")
    kept = page.answers()
    assert kept[0].startswith(shown)
    page.reload()
    page.until("the same again", lambda: page.texts(ANSWERS) == kept)


def reload_in_mid_answer(page: Page) -> None:
    """A page that is loaded anew in the middle of an answer goes on with it."""
    page.open()
    page.ask("Count to 40")
    shown = page.growing()
    page.reload()
    more = page.growing(than=shown)
    whole = page.answer(SIGN)
    assert more.startswith(shown)
    assert whole.startswith(more)
    assert "40" in whole


def pass_gate(page: Page) -> None:
    """Come for the first time, without a key."""
    page.open()
    page.press("Continue with Mock AI")


Journey = Callable[[Page], None]
AT_ONCE: tuple[Journey, ...] = (first_visit, edit, search, delete_and_undo, french, widget)
SLOWLY: tuple[Journey, ...] = (streaming, stop, reload_in_mid_answer)
"""With a model that takes its time."""


def walk(engine: Engine, journey: Journey, folder: Path) -> None:
    """Go on a journey with a new window and a new server; at its end no trouble is told."""
    pace = PACE if journey in SLOWLY else None
    with serving(pace) as url, engine.window(folder) as driver:
        page = Page(driver, url)
        journey(page)
        assert page.texts(TROUBLE) == []


@pytest.mark.parametrize("journey", [*AT_ONCE, *SLOWLY], ids=lambda journey: str(journey.__name__))
@pytest.mark.parametrize("engine", [FIREFOX, WEBKITGTK], ids=lambda engine: str(engine.name))
def test_journey(
    engine: Engine,
    journey: Journey,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("journey", journey.__name__.replace("_", " "))
    record_property("engine", engine.name)
    if reason := engine.missing():
        pytest.skip(reason)
    for attempt in range(1, engine.tries + 1):
        record_property("tries", attempt)
        try:
            walk(engine, journey, tmp_path_factory.mktemp("window"))
            break
        except EngineError:
            if attempt == engine.tries:
                raise
