"""What another script, a Shortcut or an address tells livetechno to do, and what it gets back."""

from __future__ import annotations

import sys
import types

import keychain
import pytest
import shortcuts

from livetechno import settings
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import start
from livetechno.hosts.pythonista.start import Room
from livetechno.settings import Settings
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.upstream import upstream

NOTICE = (
    "No key: Mock AI answers, a stand-in on this device. Start livetechno and choose Key to talk to GPT.\n"
)


def told(phone: Phone, *argv: str) -> tuple[str | None, str]:
    """What `main` returns, and what stands in the console then."""
    before = len(phone.console.text)
    answer = phone.run(lambda: pythonista.main(argv)).wait()
    return answer, phone.console.text[before:]


def test_a_question_is_answered_printed_and_returned(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    with upstream(monkeypatch) as model:
        run = phone.run(lambda: pythonista.main(["--ask", "Why does", "it squelch?"]))
        question = model.asked()
        assert question.asked == "Why does it squelch?"
        phone.settle()
        under_way = (phone.app.activity, phone.app.idle_timer_disabled)
        question.say("Reso", "nance.")
        question.end()
        assert run.wait() == "Resonance."
    assert phone.console.text == "Resonance.\n"
    phone.settle()
    assert under_way == (True, True), "it is seen that something is under way, and the screen stays on"
    assert (phone.app.activity, phone.app.idle_timer_disabled) == (False, False)
    assert phone.app.outputs == []


def test_nothing_that_a_model_writes_controls_the_console_or_a_shortcut(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.app.shortcut = True
    with upstream(monkeypatch) as model:
        run = phone.run(lambda: pythonista.main(["--ask", "Show"]))
        model.answer("a\x1b[2", "Jb\x07c\x1b]0;title\x07d\u202ee")
        assert run.wait() == "abcde"
    assert (phone.console.text, phone.app.outputs) == ("abcde\n", ["abcde"])


def test_without_a_key_mock_ai_answers_and_says_so_each_time(phone: Phone) -> None:
    for _ in range(2):
        answer, printed = told(phone, "--ask", "12 * 12")
        assert answer is not None
        assert "**144**" in answer
        assert printed == f"{NOTICE}\n{answer}\n"


def test_a_shortcut_gets_the_text(phone: Phone) -> None:
    phone.app.shortcut = True
    answer, printed = told(phone, "--ask", "12 * 12")
    assert phone.app.outputs == [printed.removesuffix("\n")]
    assert str(answer) in printed


def test_the_address_of_a_question_is_what_the_app_takes(phone: Phone) -> None:
    address = shortcuts.pythonista_url("livetechno.py", argv=["--ask", "Why?"])
    assert address == "pythonista3://livetechno.py?action=run&argv=--ask&argv=Why%3F"


@pytest.mark.parametrize("argv", [("--ask",), ("--ask", " ")])
def test_nothing_asked_is_told_in_a_sentence(phone: Phone, argv: tuple[str, ...]) -> None:
    answer, printed = told(phone, *argv)
    assert answer is None
    assert printed.count("\n") == 1
    assert "question" in printed


def test_what_goes_wrong_is_a_sentence_and_the_shortcut_hears_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.app.shortcut = True
    with upstream(monkeypatch) as model:
        model.refuse(401, "invalid_api_key")
        answer, printed = told(phone, "--ask", "Hello")
    assert answer is None
    assert "Traceback" not in printed
    assert "choose Key to type another one" in printed
    assert phone.app.outputs == [printed.removesuffix("\n")]


def test_an_entry_of_the_keychain_that_is_no_key_is_a_sentence_too(phone: Phone) -> None:
    keychain.set_password("openai", "api_key", "not a key")
    _, printed = told(phone, "--ask", "Hello")
    assert "entry openai" in printed
    assert "not a key" not in printed


def test_the_stop_button_ends_a_question_without_a_traceback(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with upstream(monkeypatch) as model:
        run = phone.run(lambda: pythonista.main(["--ask", "Hello"]))
        model.asked()
        phone.stop_button()
        assert run.wait() is None
    assert phone.console.text.strip() == "Stopped."


def test_what_had_come_of_an_answer_that_breaks_stays_above_the_sentence(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with upstream(monkeypatch) as model:
        run = phone.run(lambda: pythonista.main(["--ask", "Hello"]))
        answer = model.asked()
        answer.say("Half of")
        phone.until(lambda: "Half of" in phone.console.text)
        answer.cut()
        assert run.wait() is None
    first, second, *_ = phone.console.text.splitlines()
    assert first == "Half of"
    assert "Traceback" not in phone.console.text
    assert second


@pytest.mark.parametrize("argv", [("--frobnicate",), ("hello",), ("--console", "more")])
def test_what_it_does_not_know_is_told_with_what_it_knows(phone: Phone, argv: tuple[str, ...]) -> None:
    answer, printed = told(phone, *argv)
    assert answer is None
    assert " ".join(argv) in printed
    assert "--ask" in printed


def test_a_room_is_opened_by_its_name_without_the_start_screen(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[str] = []
    module = types.ModuleType("a_room")
    module.__spec__ = types.SimpleNamespace(name="a_room")  # type: ignore[assignment]
    module.run = lambda: entered.append("console")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_room", module)
    monkeypatch.setattr(start, "ROOMS", (Room("console", "a_room", "run"),))
    assert told(phone, "--console") == (None, "")
    assert entered == ["console"]


def test_without_arguments_the_start_screen_is_shown(phone: Phone) -> None:
    settings.save(Settings(mock=True))
    run = phone.run(pythonista.main)
    phone.screen.close()
    assert run.wait() is None
    assert phone.console.text == ""
