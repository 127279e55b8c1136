"""`livetechno chat` with words or a pipe: one answer."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from livetechno import environment
from livetechno.cli import answers, main, question, terminal
from livetechno.gpt import background
from livetechno.gpt.completions import Completion, Usage
from livetechno.gpt.errors import UsageError
from livetechno.mock import MockServer

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class _Stdin(io.TextIOWrapper):
    def __init__(self, data: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


Piped = Callable[[bytes], None]


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Piped:
    return lambda data: monkeypatch.setattr(sys, "stdin", _Stdin(data))


@pytest.fixture(autouse=True)
def _at_a_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b"", terminal=True))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MockServer]]:
    """Start a server of our own at which the command aims."""
    servers: list[MockServer] = []

    def start(**options: Any) -> MockServer:
        server = MockServer(**options)
        monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
        servers.append(server)
        return server

    yield start
    for server in servers:
        background.run(server.stop())


def asked(server: MockServer) -> Any:
    """The content of the last message that the server received."""
    body = server.requests[-1].body
    assert isinstance(body, dict)
    return body["messages"][-1]["content"]


def test_without_a_key_mock_ai_answers_on_stdout_under_a_label_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["chat", "hello"]) == 0
    shown = capsys.readouterr()
    assert "Mock AI" in shown.out
    assert shown.out.endswith("\n")
    assert shown.err.startswith("Mock AI: no key needed")
    assert shown.err.count("\n") == 1


def test_stdout_is_exactly_the_answer_when_it_is_no_terminal(
    serve: Callable[..., MockServer], capsys: pytest.CaptureFixture[str]
) -> None:
    serve()
    assert main(["chat", "show me python code"]) == 0
    streamed = capsys.readouterr().out
    assert main(["chat", "--no-stream", "show me python code"]) == 0
    assert capsys.readouterr().out == streamed
    assert main(["chat", "--json", "show me python code"]) == 0
    assert json.loads(capsys.readouterr().out)["message"] + "\n" == streamed
    assert "```python" in streamed
    assert "\x1b" not in streamed


def test_words_are_one_question(serve: Callable[..., MockServer]) -> None:
    server = serve()
    assert main(["chat", "why", "so", "loud?"]) == 0
    assert asked(server) == "why so loud?"


def test_a_pipe_alone_is_the_question(serve: Callable[..., MockServer], piped: Piped) -> None:
    server = serve()
    piped(b"what is this?\n")
    assert main(["chat"]) == 0
    assert asked(server) == "what is this?"


def test_the_words_come_first_then_the_pipes_text(serve: Callable[..., MockServer], piped: Piped) -> None:
    server = serve()
    piped("été\n  2 lines\n".encode())
    assert main(["chat", "sum", "this", "up"]) == 0
    assert asked(server) == "sum this up\n\nété\n  2 lines"


def test_an_empty_pipe_with_words_is_just_the_words(serve: Callable[..., MockServer], piped: Piped) -> None:
    server = serve()
    piped(b"")
    assert main(["chat", "hello"]) == 0
    assert asked(server) == "hello"


def test_bytes_that_are_no_utf_8_are_replaced(serve: Callable[..., MockServer], piped: Piped) -> None:
    server = serve()
    piped(b"\xef\xbb\xbfcaf\xe9")
    assert main(["chat"]) == 0
    assert asked(server) == "caf\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("words", [[], [""], ["  "]])
def test_no_question_is_a_usage_error(
    words: list[str], piped: Piped, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(b" \n")
    assert main(["chat", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no question" in shown.err


def test_a_closed_stdin_with_words_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["chat", "hello"]) == 0


def test_a_huge_pipe_is_refused_and_nothing_is_sent(
    serve: Callable[..., MockServer],
    piped: Piped,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = serve()
    monkeypatch.setattr(question, "MOST_BYTES", 1000)
    piped(b"x" * 1001)
    assert main(["chat", "hello"]) == 2
    assert not server.requests
    assert capsys.readouterr().out == ""


def test_options_reach_the_model(serve: Callable[..., MockServer]) -> None:
    server = serve()
    options = ["--model", "gpt-4.1", "--system", "Be brief.", "--temperature", "0.5", "--max-tokens", "50"]
    assert main(["chat", *options, "hello"]) == 0
    body = server.requests[-1].body
    assert isinstance(body, dict)
    assert body["model"] == "gpt-4.1"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert body["temperature"] == 0.5
    assert 50 in body.values()


@pytest.mark.parametrize(
    "options",
    [
        ["--temperature", "hot"],
        ["--temperature", "nan"],
        ["--temperature", "3"],
        ["--max-tokens", "1.5"],
        ["--max-tokens", "0"],
        ["--json"],
    ],
)
def test_bad_options_are_usage_errors_and_nothing_is_sent(
    options: list[str], serve: Callable[..., MockServer], capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve()
    words = [] if options == ["--json"] else ["hello"]
    assert main(["chat", *options, *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("livetechno: ")
    assert not server.requests


def test_a_text_file_goes_before_the_words_fenced_under_its_name(
    serve: Callable[..., MockServer], tmp_path: Path
) -> None:
    server = serve()
    file = tmp_path / "song.py"
    file.write_text("x = '''```'''", encoding="utf-8")
    assert main(["chat", "--file", str(file), "explain"]) == 0
    assert asked(server) == f"{file}:\n````py\nx = '''```'''\n````\n\nexplain"


def test_an_image_goes_as_an_image(serve: Callable[..., MockServer], tmp_path: Path) -> None:
    server = serve()
    file = tmp_path / "pixel.png"
    file.write_bytes(PIXEL)
    assert main(["chat", "--file", str(file), "what is it?"]) == 0
    text, image = asked(server)
    assert text == {"type": "text", "text": "what is it?"}
    assert image["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"


def test_many_files_keep_their_order(serve: Callable[..., MockServer], tmp_path: Path) -> None:
    server = serve()
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    files = [option for name in ("b.txt", "a.txt") for option in ("-f", str(tmp_path / name))]
    assert main(["chat", *files, "compare"]) == 0
    content = asked(server)
    assert content.index("b.txt") < content.index("a.txt") < content.index("compare")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.txt", None),
        ("binary.txt", b"a\0b"),
        ("latin.txt", b"caf\xe9"),
        ("huge.txt", b"x" * 2001),
        ("fake.png", b"just text"),
        ("empty.jpg", b""),
    ],
)
def test_a_file_that_cannot_be_sent_is_named_and_nothing_is_sent(
    name: str,
    content: bytes | None,
    serve: Callable[..., MockServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = serve()
    monkeypatch.setattr(question, "MOST_BYTES", 2000)
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    assert main(["chat", "--file", str(file), "hello"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert name in shown.err
    assert not server.requests


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        question.from_files([str(tmp_path)])


def test_text_files_share_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "MOST_BYTES", 10)
    for name in ("a", "b"):
        (tmp_path / name).write_text("123456", encoding="utf-8")
    assert "123456" in question.from_files([str(tmp_path / "a")]).text
    with pytest.raises(UsageError):
        question.from_files([str(tmp_path / "a"), str(tmp_path / "b")])


def test_json_is_one_object_with_usage_cost_and_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--json", "hello"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["message", "model", "usage", "cost", "request_id"]
    assert list(document["usage"]) == ["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"]
    assert document["cost"] == 0
    assert document["request_id"].startswith("req_")


def test_an_unknown_cost_is_null_and_never_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livetechno.app.cost", lambda _: None)
    completion = Completion("hi", "some-model", "stop", Usage(1, 1))
    assert answers.document(completion)["cost"] is None
    assert "cost unknown" in answers.summary(completion)


def test_the_summary_names_model_tokens_and_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livetechno.app.cost", lambda _: Decimal("0.00003"))
    completion = Completion("hi", "gpt-6-luna\x1b[2J", "length", Usage(200, 31))
    assert answers.summary(completion) == "gpt-6-luna · 231 tokens · $0.00003 · cut by the limit of tokens"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("401", 3), ("403", 3), ("429_credit", 4), ("404_model", 5), ("wrong_schema", 6), ("malformed_json", 6)],
)
def test_a_servers_refusal_has_its_exit_code_and_leaves_stdout_empty(
    fault: str, code: int, serve: Callable[..., MockServer], capsys: pytest.CaptureFixture[str]
) -> None:
    serve(script=[fault] * 5)
    assert main(["chat", "--json", "hello"]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("livetechno: ")
    assert "Traceback" not in shown.err


def test_an_answer_that_breaks_off_shows_what_came_then_the_reason(
    serve: Callable[..., MockServer], capsys: pytest.CaptureFixture[str]
) -> None:
    serve(script=["cut;after=3"])
    assert main(["chat", "hello"]) == 5
    shown = capsys.readouterr()
    assert shown.out.strip()
    assert shown.out.endswith("\n")
    assert "cut off" in shown.err


def test_refusing_mock_ai_without_a_key_is_a_key_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    assert main(["chat", "hello"]) == 3
    assert "livetechno key set" in capsys.readouterr().err


def test_a_models_escape_codes_never_reach_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    answers.show(iter(["a\x1b", "]0;evil\x07b", "\x9b2J\u202ec\n"]))
    assert capsys.readouterr().out == "abc\n"


def test_a_name_that_ends_soon_is_one_line_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-12-01")
    assert main(["chat", "--model", "gpt-5-nano", "hello"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("livetechno: ") and "gpt-6-luna" in line for line in lines)
    assert not any("Warning" in line for line in lines)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("length", "cut by the limit of tokens"), ("content_filter", "cut by the provider's filter")],
)
@pytest.mark.parametrize("option", [[], ["--no-stream"], ["--json"]])
def test_an_answer_that_is_not_whole_is_said_to_be_so(
    fault: str,
    words: str,
    option: list[str],
    serve: Callable[..., MockServer],
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve(script=[fault])
    assert main(["chat", *option, "hello"]) == 0
    shown = capsys.readouterr()
    assert f"The answer is not whole: {words}." in shown.err
    assert words not in shown.out
    assert main(["chat", *option, "hello"]) == 0
    assert "not whole" not in capsys.readouterr().err


def test_a_retry_is_told(serve: Callable[..., MockServer], capsys: pytest.CaptureFixture[str]) -> None:
    serve(script=["retry_after_ms;seconds=0.01"])
    assert main(["chat", "hello"]) == 0
    assert "Too many requests for now." in (shown := capsys.readouterr().err)
    assert "Trying again in 0.0 s." in shown


def test_a_long_wait_is_told_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", 0.01)
    terminal.mark_waiting()
    time.sleep(0.03)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(terminal, "is_terminal", lambda _: True)
    terminal.mark_waiting()
    shown, end = "", time.monotonic() + 10
    while "Still waiting" not in shown and time.monotonic() < end:
        time.sleep(0.005)
        shown += capsys.readouterr().err
    assert "Still waiting for the answer… Ctrl-C stops." in shown
    terminal.stop_waiting()


def test_what_is_told_while_waiting_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal, "is_terminal", lambda _: True)
    terminal.mark_waiting()
    terminal.aside("trying again")
    terminal.stop_waiting()
    terminal.stop_waiting()
    shown = capsys.readouterr().err
    assert re.sub(r"\x1b\[\d*[mK]", "", shown) == "…\rtrying again\n…\r"


@pytest.mark.parametrize(
    ("arrange", "told"),
    [
        ({"LIVETECHNO_MOCK": "perhaps"}, "LIVETECHNO_MOCK=perhaps cannot be used: one of: auto"),
        ({"config.json": "{"}, "config.json cannot be used: this is no JSON in UTF-8."),
        ({"config.json": '{"strict": 3}'}, "config.json (strict) cannot be used: one of: true | false."),
        ({"models.json": "[]"}, "models.json cannot be used: a JSON object {...} is expected."),
        ({"models.json": '{"model": {}}'}, "models.json cannot be used: it has a field that is not known."),
    ],
)
def test_what_is_set_up_wrongly_is_named_with_the_reason(
    arrange: dict[str, str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = environment.home()
    home.mkdir(parents=True)
    for name, value in arrange.items():
        if name.endswith(".json"):
            (home / name).write_text(value, encoding="utf-8")
        else:
            monkeypatch.setenv(name, value)
    assert main(["chat", "hello"]) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert "makes no sense" not in shown


def test_how_far_it_is_stands_in_the_place_of_the_mark_and_is_written_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal.tell_waiting("before")
    monkeypatch.setattr(terminal, "is_terminal", lambda _: True)
    terminal.mark_waiting()
    for text in ("one", "two", "two"):
        terminal.tell_waiting(text)
    terminal.stop_waiting()
    terminal.tell_waiting("after")
    shown = capsys.readouterr().err
    assert re.sub(r"\x1b\[\d*[mK]", "", shown) == "…\rone\rtwo\r"
