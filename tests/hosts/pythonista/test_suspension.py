"""iOS stops the app at each stage of an answer: nothing is lost, nothing asked twice, and one tap goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from livetechno import app, ask
from livetechno.hosts.pythonista import running, served, waking, web
from livetechno.hosts.pythonista.web import PageView
from livetechno.server import answers, runner
from livetechno.words import say
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.test_web import LOOK, free_port
from tests.hosts.pythonista.upstream import Upstream, upstream
from tests.hosts.pythonista.visitor import Visitor, lives

NIGHT = 8 * 3600.0
Step = tuple[int, str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _quick(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    monkeypatch.setattr(waking, "TICK", LOOK)
    monkeypatch.setattr(served, "PORT", free_port())
    yield
    running.stop_all()


@pytest.fixture
def model(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A model that is not on the phone: when that sleeps, its connections break at the phone's end."""
    with upstream(monkeypatch) as one:
        phone.outside.add(int(one.model.base_url.rpartition(":")[2].partition("/")[0]))
        yield one


@pytest.fixture
def view(phone: Phone) -> PageView:
    phone.run(web.show).wait()
    view = phone.screen
    assert isinstance(view, PageView)
    lives(view, "/chat")
    return view


@pytest.fixture
def page(view: PageView) -> Visitor:
    return Visitor(view._web.loaded[0])


@pytest.fixture
def sleeps(phone: Phone, view: PageView) -> Callable[[], None]:
    """The phone sleeps for a night; this returns when its server listens again, on the same port."""

    def sleep() -> None:
        back = threading.Event()
        end = waking.on_return(back.set)  # told after the view
        phone.suspend(NIGHT)
        assert back.wait(5)
        end()
        assert len(view._web.loaded) == 1

    return sleep


def told(page: Visitor, conversation: str) -> list[tuple[str, str, bool]]:
    """What is stored: who said what, and whether it is a part only."""
    messages = page.ask("GET", f"/api/conversations/{conversation}")["messages"]
    return [(one["role"], one["text"], one["partial"]) for one in messages]


def heard(page: Visitor, id_: str, known: list[Step]) -> list[Step]:
    """All steps of an answer; those after the ones that the page knows are told anew."""
    return known + list(page.steps(id_, known[-1][0] if known else -1))


def text(steps: list[Step]) -> str:
    return "".join(data["text"] for _, kind, data in steps if kind == "delta")


def test_a_page_that_waits_comes_back_to_what_it_had(page: Visitor, sleeps: Callable[[], None]) -> None:
    before = page.ask("GET", "/api/settings")
    for _ in range(3):
        sleeps()
        assert page.ask("GET", "/api/settings") == before  # its session too


def test_a_question_on_its_way_is_asked_once(
    page: Visitor, model: Upstream, sleeps: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    came, goes_on = threading.Event(), threading.Event()
    question = answers._question

    def slow(*given: Any) -> Any:
        came.set()
        assert goes_on.wait(5)
        return question(*given)

    monkeypatch.setattr(answers, "_question", slow)
    body = {"text": "Count", "id": "0123456789abcdef"}
    lost: list[Exception] = []

    def ask() -> None:
        try:
            page.ask("POST", "/api/answers", body)
        except OSError as error:
            lost.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert came.wait(5)
    sleeps()
    asking.join()
    assert lost  # the page knows nothing of its question
    goes_on.set()
    found = page.ask("POST", "/api/answers", body)  # as it does when the person taps, or after it has looked
    model.answer("One.")
    assert text(heard(page, "0123456789abcdef", [])) == "One."
    assert told(page, found["conversation"]["id"]) == [("user", "Count", False), ("assistant", "One.", False)]
    assert model.questions == 1


def test_an_answer_without_a_word_yet_comes_without_being_asked_for(
    page: Visitor, model: Upstream, sleeps: Callable[[], None]
) -> None:
    asked = page.ask("POST", "/api/answers", {"text": "Count"})
    model.asked()
    sleeps()
    model.answer("One, two.")  # the same call, tried again: nothing of it had been shown
    steps = heard(page, asked["answer"]["id"], [])
    assert (text(steps), steps[-1][1]) == ("One, two.", "done")
    assert told(page, asked["conversation"]["id"]) == [
        ("user", "Count", False),
        ("assistant", "One, two.", False),
    ]


def test_an_answer_cut_amid_its_words_is_kept_and_goes_on_with_one_tap(
    page: Visitor, model: Upstream, sleeps: Callable[[], None]
) -> None:
    asked = page.ask("POST", "/api/answers", {"text": "Count"})
    id_, conversation = asked["answer"]["id"], asked["conversation"]["id"]
    model.asked().say("One, ", "two")
    known = []
    for step in page.steps(id_):
        known.append(step)
        if step[0] == 2:
            break
    sleeps()
    steps = heard(page, id_, known)
    assert [number for number, *_ in steps] == [0, 1, 2, 3]
    assert (text(steps), steps[-1][1]) == ("One, two", "error")
    assert told(page, conversation) == [("user", "Count", False), ("assistant", "One, two", True)]
    assert model.questions == 1  # nothing is asked by itself
    (_, kept) = page.ask("GET", f"/api/conversations/{conversation}")["messages"]
    more = {"text": say("page.chat.go_on_words"), "conversation": conversation, "after": kept["id"]}
    again = page.ask("POST", "/api/answers", more)
    model.answer(", three.")
    heard(page, again["answer"]["id"], [])
    assert [one[1:] for one in told(page, conversation)][1::2] == [("One, two", True), (", three.", False)]
    assert model.questions == 2


def test_what_has_come_is_on_disk_before_ios_can_end_the_app(
    phone: Phone, page: Visitor, model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = page.ask("POST", "/api/answers", {"text": "Count"})
    writing = model.asked()
    silent = page.ask("POST", "/api/answers", {"text": "Another"})["answer"]["id"]
    model.asked()
    writing.say("One, ", "two")
    while len(page.ask("GET", f"/api/answers/{asked['answer']['id']}")["answer"]["text"]) < 8:
        pass
    monkeypatch.setattr(waking, "LAST_CALL", 5 * LOOK)
    phone.leave()
    phone.until(lambda: len(told(page, asked["conversation"]["id"])) == 2)
    assert told(page, asked["conversation"]["id"])[1] == ("assistant", "One, two", True)
    # of this one nothing is to be kept, and it may come without being asked for again
    assert page.ask("GET", f"/api/answers/{silent}")["answer"]["state"] == "running"


def test_an_answer_whose_last_word_has_come_is_whole(
    page: Visitor, model: Upstream, sleeps: Callable[[], None]
) -> None:
    asked = page.ask("POST", "/api/answers", {"text": "Count"})
    id_ = asked["answer"]["id"]
    writing = model.asked()
    writing.say("One.")
    known = []
    for step in page.steps(id_):
        known.append(step)
        if step[0] == 1:
            break
    writing.end()
    while page.ask("GET", f"/api/answers/{id_}")["answer"]["state"] == "running":
        pass
    sleeps()
    steps = heard(page, id_, known)
    assert (text(steps), [kind for _, kind, _ in steps]) == ("One.", ["start", "delta", "done"])
    assert told(page, asked["conversation"]["id"])[1] == ("assistant", "One.", False)


def test_the_next_question_meets_no_connection_from_before(
    page: Visitor, model: Upstream, sleeps: Callable[[], None]
) -> None:
    for number in range(3):
        asked = page.ask("POST", "/api/answers", {"text": "Count"})
        model.answer("One.")
        assert text(heard(page, asked["answer"]["id"], [])) == "One."
        assert model.questions == number + 1
        sleeps()


def test_sockets_that_die_while_the_app_is_in_front_are_noticed(
    phone: Phone, view: PageView, page: Visitor
) -> None:
    phone.cut()
    looked = threading.Semaphore(0)
    end = waking.now_and_then(looked.release)
    for _ in range(2):
        assert looked.acquire(timeout=5)
    end()
    assert page.ask("GET", "/api/settings")


def test_a_port_that_another_app_took_meanwhile_is_another_one(
    phone: Phone, view: PageView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "PAUSE", 0.001)

    def taken(_: object) -> None:
        raise OSError("address already in use")

    address, is_free = view._server.address, runner._is_free
    monkeypatch.setattr(runner._Listener, "reopen", taken)
    monkeypatch.setattr(
        runner, "_is_free", lambda host, port: not address.endswith(f":{port}/") and is_free(host, port)
    )
    phone.suspend(NIGHT)
    phone.until(lambda: len(view._web.loaded) >= 2, seconds=15)
    assert view._server.address != address
    assert Visitor(view._web.loaded[1]).ask("GET", "/api/settings")


def test_a_dead_listener_fills_no_console(
    phone: Phone, view: PageView, sleeps: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    sleeps()
    assert caplog.records == []
    assert phone.console.text == ""


def test_mock_ai_answers_after_a_sleep_too(page: Visitor, sleeps: Callable[[], None]) -> None:
    """It is a server of this app, and its sockets die as ours do."""
    for _ in range(2):
        asked = page.ask("POST", "/api/answers", {"text": "Count to 3"})
        assert heard(page, asked["answer"]["id"], [])[-1][1] == "done"
        sleeps()


def test_mock_ai_answers_a_script_that_nobody_wakes(phone: Phone) -> None:
    assert phone.run(lambda: ask("Count to 3")).wait()
    phone.suspend(NIGHT)
    assert phone.run(lambda: ask("Count to 3")).wait()
