"""The conversation: in process with a scripted person, and as a real process in a pseudo-terminal."""

from __future__ import annotations

import os
import re
import select
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from livetechno import environment
from livetechno.chat import Chat
from livetechno.cli import prompts
from livetechno.cli.conversation import Conversation
from livetechno.cli.question import Question
from livetechno.gpt import background
from livetechno.mock import MockServer


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


class Person:
    """Types the given lines, then leaves with Ctrl-D. None is a Ctrl-C at an empty prompt."""

    def __init__(self, lines: tuple[str | None, ...]) -> None:
        self._lines = list(lines)

    def read(self) -> str:
        if not self._lines:
            raise EOFError
        line = self._lines.pop(0)
        if line is None:
            raise prompts.Cleared(was_empty=True)
        return line


Converse = Callable[..., Chat]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MockServer]]:
    servers: list[MockServer] = []

    def start(**options: Any) -> MockServer:
        server = MockServer(**options)
        monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
        servers.append(server)
        return server

    yield start
    for server in servers:
        background.run(server.stop())


@pytest.fixture
def converse(monkeypatch: pytest.MonkeyPatch) -> Converse:
    """Hold a conversation in which the person says these lines."""

    def hold(*lines: str | None, first: Question | None = None, whole: bool = False) -> Chat:
        monkeypatch.setattr(prompts, "reader", lambda _: Person(lines))
        chat = Chat()
        Conversation(chat, first=first, whole=whole).run()
        return chat

    return hold


def roles(chat: Chat) -> list[str]:
    return [message.role for message in chat.messages]


def sent(server: MockServer) -> list[dict[str, Any]]:
    """The messages of the last request."""
    body = server.requests[-1].body
    assert isinstance(body, dict)
    messages: list[dict[str, Any]] = body["messages"]
    return messages


def test_answers_go_to_stdout_and_everything_else_to_stderr(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    serve()
    chat = converse("hello", "thank you")
    shown = capsys.readouterr()
    texts = [message.text for message in chat.messages if message.role == "assistant"]
    assert shown.out == "".join(text + "\n" for text in texts)
    assert len(texts) == 2
    assert "tokens" in shown.err
    assert "/help" in shown.err


@pytest.mark.parametrize("farewell", ["quit", "exit", "bye", "BYE", " Quit ", "/quit"])
def test_each_farewell_leaves_and_sends_nothing(
    farewell: str, serve: Callable[..., MockServer], converse: Converse
) -> None:
    server = serve()
    converse(farewell, "never said")
    assert not server.requests


def test_a_sentence_with_a_farewell_inside_is_a_question(
    serve: Callable[..., MockServer], converse: Converse
) -> None:
    server = serve()
    converse("how do I quit vim?")
    assert len(server.requests) == 1


def test_an_unknown_command_is_answered_with_the_list_and_sends_nothing(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve()
    converse("/usr/bin/env: not found", "", "   ")
    assert not server.requests
    assert "/model /system /retry /undo /branch /save /cost /memory /help /quit" in capsys.readouterr().err


def test_two_slashes_send_one(serve: Callable[..., MockServer], converse: Converse) -> None:
    serve()
    assert converse("//etc/hosts?").messages[0].text == "/etc/hosts?"


def test_the_model_and_the_system_message_can_be_shown_and_changed(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve()
    chat = converse("/model", "/model gpt-6-sol", "/system", "/system Be brief.", "hello", "/system -")
    shown = capsys.readouterr().err
    assert "Model: chat" in shown
    assert "Model: gpt-6-sol" in shown
    assert "No system message." in shown
    body = server.requests[-1].body
    assert isinstance(body, dict)
    assert body["model"] == "gpt-6-sol"
    assert body["messages"][0]["content"] == "Be brief."
    assert chat.system is None


def test_retry_asks_again_in_place_of_the_old_answer(
    serve: Callable[..., MockServer], converse: Converse
) -> None:
    server = serve()
    chat = converse("hello", "/retry")
    assert roles(chat) == ["user", "assistant"]
    assert len(server.requests) == 2


def test_undo_takes_the_last_exchange_back(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    serve()
    chat = converse("hello", "and more", "/undo")
    assert [message.text for message in chat.messages if message.role == "user"] == ["hello"]
    assert "Taken back: and more" in capsys.readouterr().err


def test_undo_after_a_failed_question_takes_only_that_back(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(script=[None, "401"])
    chat = converse("good", "bad", "/undo", "/retry")
    assert "Taken back: bad" in capsys.readouterr().err
    assert [message.text for message in chat.messages if message.role == "user"] == ["good"]
    assert [message["content"] for message in sent(server)] == ["good"]


@pytest.mark.parametrize("fault", ["cut;after=6", "error_after_200;after=6"])
def test_what_came_of_a_cut_answer_is_kept_and_retry_asks_once_more(
    fault: str, serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(script=[fault, fault])
    chat = converse("hello")
    assert roles(chat) == ["user", "assistant"]
    assert chat.messages[1].text
    assert "/retry asks again, /undo takes it back." in capsys.readouterr().err
    chat = converse("hello", "/retry")
    assert roles(chat) == ["user", "assistant"]
    assert [message["role"] for message in sent(server)] == ["user"]


def test_undo_takes_a_cut_answer_back(serve: Callable[..., MockServer], converse: Converse) -> None:
    serve(script=[None, "cut;after=6"])
    chat = converse("good", "cut", "/undo")
    assert [message.text for message in chat.messages if message.role == "user"] == ["good"]


def test_there_may_be_nothing_to_retry_or_to_undo(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve()
    converse("/retry", "/undo")
    shown = capsys.readouterr().err
    assert "Nothing has been asked yet." in shown
    assert "There is nothing to take back." in shown
    assert not server.requests


def test_an_error_is_told_in_place_and_retry_asks_the_same_words_again(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(script=["401"])
    chat = converse("my careful words", "/retry")
    assert "livetechno key" in capsys.readouterr().err
    assert chat.messages[0].text == "my careful words"
    assert roles(chat) == ["user", "assistant"]
    assert len(server.requests) == 2


def test_a_model_that_does_not_exist_can_be_changed_in_the_conversation(
    serve: Callable[..., MockServer], converse: Converse
) -> None:
    serve(script=["429_credit"])
    assert roles(converse("/model gpt-6-sol", "hello", "/model chat", "/retry")) == ["user", "assistant"]


def test_files_go_with_the_first_question_only(serve: Callable[..., MockServer], converse: Converse) -> None:
    serve()
    chat = converse("explain", "go on", first=Question("notes.txt:\n```txt\nx\n```"))
    said = [message.text for message in chat.messages if message.role == "user"]
    assert said == ["notes.txt:\n```txt\nx\n```\n\nexplain", "go on"]


def test_files_stay_attached_when_the_first_question_fails(
    serve: Callable[..., MockServer], converse: Converse
) -> None:
    serve(script=["401"])
    chat = converse("explain", "explain again", first=Question("the file"))
    assert chat.messages[0].text == "the file\n\nexplain again"


def test_an_answer_may_be_shown_whole(
    serve: Callable[..., MockServer], converse: Converse, capsys: pytest.CaptureFixture[str]
) -> None:
    serve()
    chat = converse("hello", whole=True)
    assert capsys.readouterr().out == chat.messages[-1].text + "\n"


def test_ctrl_c_twice_at_an_empty_prompt_leaves(serve: Callable[..., MockServer], converse: Converse) -> None:
    serve()
    with pytest.raises(KeyboardInterrupt):
        converse(None, None, "never said")
    converse(None, "hello", None)


def test_ctrl_c_pressed_once_too_often_does_not_end_the_conversation(
    serve: Callable[..., MockServer], converse: Converse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> str:
        raise KeyboardInterrupt

    serve()
    monkeypatch.setattr("livetechno.cli.answers.summary", interrupted)
    assert roles(converse("hello", "/undo")) == []


def test_mock_ai_is_announced_and_named_at_the_prompt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    def reader(prompt: str) -> Person:
        shown.append(prompt)
        return Person(())

    monkeypatch.setattr(prompts, "reader", reader)
    Conversation(Chat()).run()
    assert shown == ["[Mock AI] > "]
    assert "Mock AI: no key needed" in capsys.readouterr().err


# -- a real process in a pseudo-terminal -------------------------------------------------------------

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")


class Terminal:
    """The command at work in a terminal of 80 columns."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.screen = ""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **variables})
            os.execv(sys.executable, [sys.executable, "-m", "livetechno", *arguments])

    def expect(self, text: str, seconds: float = 20) -> str:
        """Wait until `text` is on the screen after what was expected before; what came up to it."""
        end = time.monotonic() + seconds
        while text not in (plain := ESCAPES.sub("", self.screen)):
            assert time.monotonic() < end, f"no {text!r} in {plain!r}"
            self._read(end)
        before, _, rest = plain.partition(text)
        self.screen = rest
        return before

    def prompt(self) -> None:
        """Wait until the editor reads keys itself; before that the terminal would take them."""
        self.expect("> ")
        until(lambda: not termios.tcgetattr(self._fd)[3] & termios.ICANON)

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def _read(self, end: float) -> None:
        if select.select([self._fd], [], [], max(0.0, end - time.monotonic()))[0]:
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # Linux: the other side is closed
                data = b""
            assert data, f"the process ended: {ESCAPES.sub('', self.screen)!r}"
            if b"\x1b[6n" in data:
                self.type("\x1b[1;1R")  # prompt_toolkit asks where the cursor is
            self.screen += data.decode("utf-8", "replace").replace("\r\n", "\n")

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def ends(self, seconds: float = 20) -> int:
        """The exit code."""
        end = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, f"still running: {ESCAPES.sub('', self.screen)!r}"
            if select.select([self._fd], [], [], 0.01)[0]:
                try:
                    self.screen += os.read(self._fd, 65536).decode("utf-8", "replace")
                except OSError:
                    time.sleep(0.005)

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, **variables: str) -> Terminal:
        opened.append(Terminal(*arguments, **variables))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


PROMPT = "[Mock AI] > "


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_bare_command_on_a_terminal_is_a_conversation(terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    screen.expect("Mock AI: no key needed")
    screen.prompt()
    screen.type("hello\r")
    screen.expect("tokens")
    screen.prompt()
    screen.type("\x04")
    assert screen.ends() == 0


def test_ctrl_c_stops_an_answer_keeps_what_came_and_goes_on(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    server = serve(script=["stall;after=6"])
    screen = terminal("chat")
    screen.prompt()
    screen.type("hello\r")
    screen.expect("!")
    screen.type("\x03")
    screen.expect("Stopped; what came is kept.")
    screen.prompt()
    until(lambda: server.open_streams == 0)
    screen.type("hello again\r")
    screen.expect("tokens")
    assert [message["role"] for message in sent(server)] == ["user", "assistant", "user"]
    assert "!" in sent(server)[1]["content"]
    screen.prompt()
    screen.type("/quit\r")
    assert screen.ends() == 0


def test_ctrl_c_before_anything_came_keeps_the_question_for_retry(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    server = serve(script=["slow_first_byte;seconds=60"])
    screen = terminal("chat")
    screen.prompt()
    screen.type("hello\r")
    screen.expect("…")
    until(lambda: bool(server.requests))
    screen.type("\x03")
    screen.expect("Stopped before anything came; /retry asks again.")
    screen.prompt()
    screen.type("/retry\r")
    screen.expect("tokens")
    assert [message["content"] for message in sent(server)] == ["hello"]


def test_ctrl_c_at_the_prompt_clears_the_line_then_leaves(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("chat")
    screen.prompt()
    screen.type("never sent")
    screen.expect("never sent")
    screen.type("\x03")
    screen.prompt()
    screen.type("\x03")
    screen.expect("Ctrl-C once more")
    screen.prompt()
    screen.type("\x03")
    assert screen.ends() == 130


def test_ctrl_c_ends_a_single_answer_with_130_and_what_came_is_shown(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    serve(script=["stall;after=6"])
    screen = terminal("chat", "hello")
    screen.expect("!")
    screen.type("\x03")
    assert screen.ends() == 130
    assert "Traceback" not in screen.screen


def test_alt_enter_and_a_paste_make_lines_and_enter_sends_them_all(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    server = serve()
    screen = terminal("chat")
    screen.prompt()
    screen.type("one\x1b\rtwo \x1b[200~three\nfour\x1b[201~\r")
    screen.expect("tokens")
    body = server.requests[-1].body
    assert isinstance(body, dict)
    assert body["messages"][-1]["content"] == "one\ntwo three\nfour"


def test_what_was_typed_comes_back_with_the_up_arrow_in_the_next_conversation(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    server = serve()
    for typed in ("remember me\r", "\x1b[A\r"):
        screen = terminal("chat")
        screen.prompt()
        screen.type(typed)
        screen.expect("tokens")
        screen.prompt()
        screen.type("\x04")
        assert screen.ends() == 0
    body = server.requests[-1].body
    assert isinstance(body, dict)
    assert body["messages"][-1]["content"] == "remember me"
    assert stat.S_IMODE((environment.home() / "history").stat().st_mode) == 0o600


def test_a_key_typed_by_mistake_is_not_in_the_history_file(terminal: Callable[..., Terminal]) -> None:
    key = "sk-test-" + "e5f6" * 6
    screen = terminal("chat")
    screen.prompt()
    screen.type(f"/my key is {key}\r")
    screen.expect("That is no command")
    screen.prompt()
    screen.type("\x04")
    assert screen.ends() == 0
    kept = (environment.home() / "history").read_text(encoding="utf-8")
    assert "my key is" in kept
    assert key[-8:] not in kept


def test_a_dumb_terminal_gets_a_plain_conversation_without_escape_codes(
    terminal: Callable[..., Terminal],
) -> None:
    screen = terminal("chat", TERM="dumb")
    screen.expect(PROMPT)
    screen.type("hello\n")
    screen._read(time.monotonic() + 5)
    assert "\x1b" not in screen.screen
    screen.expect("tokens")
    screen.expect(PROMPT)
    screen.type("quit\n")
    assert screen.ends() == 0


def test_an_answer_on_a_terminal_is_drawn_and_no_color_takes_the_colours(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    serve()
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        screen = terminal("chat", "show me python code", **variables)
        assert screen.ends() == 0
        assert "```python" in screen.screen
        assert ("\x1b[35m" in screen.screen) is coloured
        assert "\x1b[2m" in screen.screen


def test_a_history_that_cannot_be_written_costs_the_history_only(terminal: Callable[..., Terminal]) -> None:
    (environment.home() / "history").mkdir(parents=True)
    screen = terminal("chat")
    screen.expect("will not be remembered")
    screen.prompt()
    screen.type("hello\r")
    screen.expect("tokens")


def test_what_is_typed_ahead_is_not_shown_in_the_answer_and_is_obeyed_after_it(
    serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    server = serve(pace=0.02)
    screen = terminal("chat")
    screen.prompt()
    screen.type("hello\r")
    screen.expect("Mock AI")
    screen.type("typed ahead\r")
    answer = screen.expect("tokens")
    assert "typed ahead" not in answer
    screen.expect("typed ahead")
    screen.expect("tokens")
    assert sent(server)[-1]["content"] == "typed ahead"


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("", 143)])
def test_however_an_answer_ends_the_terminal_shows_what_is_typed_again(
    key: str, code: int, serve: Callable[..., MockServer], terminal: Callable[..., Terminal]
) -> None:
    serve(script=["stall;after=6"])
    screen = terminal("chat", "hello")
    screen.expect("!")
    assert not screen.echoes()
    if key:
        screen.type(key)
    else:
        os.kill(screen.pid, signal.SIGTERM)
    assert screen.ends() == code
    assert screen.echoes()
    assert "^C" not in screen.screen
