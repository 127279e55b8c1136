"""Other scripts in the app: `from livetechno import ask, Chat` works there, and so do the examples."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import keychain
import pytest

from livetechno import app
from livetechno.hosts.pythonista import settle
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.upstream import Upstream, upstream

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NOTICE = (
    "livetechno: No key: Mock AI answers, a stand-in on this device."
    " Start livetechno and choose Key to talk to GPT."
)


@pytest.fixture
def model(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    with upstream(monkeypatch) as one:
        yield one


@pytest.fixture
def mock(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key; Mock AI has not said yet that it answers, and warnings are printed, as in the app."""
    monkeypatch.setattr(app, "_warned_of_mock", False)
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setattr(warnings, "showwarning", printed)
    warnings.simplefilter("default")
    settle()


def printed(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Python's own way, which pytest takes the place of."""
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def script(tmp_path: Path, text: str) -> Path:
    """A file of the person's own."""
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_two_lines_ask_a_question(phone: Phone, mock: None) -> None:
    phone.run(EXAMPLES / "two_lines.py").wait()
    warning, *answer = phone.console.text.splitlines()
    assert warning == NOTICE
    assert "303" in "".join(answer)


def test_a_streamed_answer_is_printed_as_it_comes(phone: Phone, model: Upstream) -> None:
    run = phone.run(EXAMPLES / "streaming.py")
    answer = model.asked()
    answer.say("Swing ")
    phone.until(lambda: phone.console.text == "Swing ")
    answer.say("swings.")
    answer.end()
    run.wait()
    assert phone.console.text.startswith("Swing swings.\n")


def test_a_conversation_on_input_and_print(phone: Phone, model: Upstream) -> None:
    run = phone.run(EXAMPLES / "conversation.py")
    phone.console.types("Count")
    answer = model.asked()
    answer.say("One, ")
    phone.until(lambda: "One, " in phone.console.text)
    phone.stop_button()
    phone.until(lambda: "One,  [stopped]\nYou: " in phone.console.text)
    phone.console.types("Go on", "bye")
    rest = model.asked()
    assert [one["content"] for one in rest._answer.asked["messages"]][1:] == ["Count", "One, ", "Go on"]
    rest.say("two.")
    rest.end()
    run.wait()
    assert phone.console.text.endswith("Assistant: two.\nYou: bye\n")


def test_the_stop_button_at_the_question_ends_it_quietly(phone: Phone) -> None:
    run = phone.run(EXAMPLES / "conversation.py")
    phone.until(lambda: "You: " in phone.console.text)
    phone.stop_button()
    run.wait()
    assert phone.console.text.strip() == "You:"


def test_what_goes_wrong_names_no_command_of_a_terminal(phone: Phone, model: Upstream) -> None:
    model.refuse(401, "invalid_api_key")
    phone.console.types("Hello", "quit")
    phone.run(EXAMPLES / "conversation.py").wait()
    assert "choose Key to type another one" in phone.console.text
    assert "livetechno key" not in phone.console.text


@pytest.mark.parametrize("example", ["conversation.py", "streaming.py"])
def test_without_a_key_mock_ai_answers_and_says_so_once(phone: Phone, mock: None, example: str) -> None:
    phone.console.types("Hello", "Why?", "quit")
    phone.run(EXAMPLES / example).wait()
    assert phone.console.text.count(NOTICE) == 1
    assert "livetechno key set" not in phone.console.text


def test_a_callback_hears_the_answer(phone: Phone, mock: None, tmp_path: Path) -> None:
    text = """
from livetechno import Chat

heard = []
handle = Chat("You are brief.").ask_in_background("12 * 12", on_reply=heard.append)
handle.wait(5)
print(heard)
"""
    phone.run(script(tmp_path, text)).wait()
    assert "144" in phone.console.text


def test_a_warning_of_somebody_else_is_shown_as_ever(phone: Phone, mock: None, tmp_path: Path) -> None:
    settle()
    path = script(tmp_path, "import warnings\nwarnings.warn('of mine')\n")
    phone.run(path).wait()
    assert phone.console.text.startswith(f"{path}:2: UserWarning: of mine\n")


def test_a_script_has_the_key_of_the_keychain(phone: Phone, mock: None, tmp_path: Path) -> None:
    keychain.set_password("openai", "api_key", "sk-" + "test-of-a-script-in-the-app-1234")
    text = "from livetechno import app\nprint(app.endpoint().key)\n"
    phone.run(script(tmp_path, text)).wait()
    assert phone.console.text == "…1234\n"
