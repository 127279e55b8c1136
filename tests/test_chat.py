"""`ask` and `Chat` as a script uses them, against Mock AI."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import livetechno
from livetechno import Chat, app, ask
from livetechno.app import MockAIWarning
from livetechno.gpt import background, errors
from livetechno.gpt.client import Client
from livetechno.gpt.errors import UsageError
from livetechno.gpt.retry import Retry
from livetechno.mock import MockServer


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    yield
    background.stop()


@pytest.fixture
def serve() -> Callable[..., tuple[MockServer, Client]]:
    """Start Mock AI with these options; a client for it comes along."""

    def start(**options: Any) -> tuple[MockServer, Client]:
        server = MockServer(**options)
        base_url = background.run(server.start())
        background.at_stop(server.stop)
        return server, Client(base_url=base_url, retry=Retry(attempts=1))

    return start


def sent(server: MockServer) -> list[list[tuple[str, str]]]:
    """Role and text of the messages of each request."""
    return [[(m["role"], m["content"]) for m in request.body["messages"]] for request in server.requests]


def test_two_lines_are_a_script() -> None:
    assert "Mock AI" in ask("Who are you?")


def test_without_a_key_it_is_said_once_that_mock_ai_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_warned_of_mock", False)
    with pytest.warns(MockAIWarning, match="livetechno key set") as caught:
        [ask("Hello"), ask("Hello again")]
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_script_of_its_own_says_it_on_stderr_and_only_the_answer_on_stdout(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text("from livetechno import ask\nprint(ask('Hello', system='Answer in English'))\n")
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30, check=True)
    assert "Mock AI" in ran.stderr
    assert "MockAIWarning" in ran.stderr
    assert ran.stderr.count("MockAIWarning") == 1
    assert ran.stdout.strip()


def test_mock_ai_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    with pytest.raises(errors.MissingKeyError) as caught:
        ask("Hello")
    assert caught.value.exit_code == 3
    assert "livetechno key set" in str(caught.value)


def test_a_conversation_is_sent_whole(serve: Any) -> None:
    server, client = serve()
    chat = Chat("Be brief.", client=client)
    first = chat.ask("My name is Ada.")
    chat.ask("What did I say before?")
    assert sent(server) == [
        [("system", "Be brief."), ("user", "My name is Ada.")],
        [
            ("system", "Be brief."),
            ("user", "My name is Ada."),
            ("assistant", first),
            ("user", "What did I say before?"),
        ],
    ]
    assert chat.last is not None
    assert chat.last.usage is not None


def test_whole_streamed_async_and_in_the_background_give_the_same_answer(serve: Any) -> None:
    _, client = serve()
    question = "What is livetechno?"
    whole = Chat(client=client).ask(question)
    assert "".join(Chat(client=client).stream(question)) == whole

    async def both() -> tuple[str, str]:
        pieces = [piece async for piece in Chat(client=client).astream(question)]
        return await Chat(client=client).aask(question), "".join(pieces)

    assert asyncio.run(both()) == (whole, whole)
    got: list[str] = []
    assert Chat(client=client).ask_in_background(question, got.append).wait(5)
    assert got == [whole]


def test_a_stream_comes_in_many_pieces(serve: Any) -> None:
    _, client = serve()
    assert len(list(Chat(client=client).stream("What is livetechno?"))) > 5


def test_a_stream_that_is_left_stops_upstream_and_keeps_what_came(serve: Any) -> None:
    server, client = serve(pace=0.005)
    chat = Chat(client=client)
    pieces = chat.stream("What is livetechno?")
    heard = next(pieces) + next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert [(m.role, m.text, m.partial) for m in chat.messages] == [
        ("user", "What is livetechno?", False),
        ("assistant", heard, True),
    ]
    for _ in range(200):
        if server.open_streams == 0:
            break
        threading.Event().wait(0.005)
    assert server.open_streams == 0


def test_an_async_stream_that_is_left_keeps_what_came_too(serve: Any) -> None:
    _, client = serve(pace=0.005)
    chat = Chat(client=client)

    async def leave() -> str:
        pieces = chat.astream("What is livetechno?")
        heard = await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        return heard

    heard = asyncio.run(leave())
    assert chat.messages[-1].partial
    assert chat.messages[-1].text == heard


def test_a_background_call_can_be_cancelled(serve: Any) -> None:
    _, client = serve(script=["no_answer"])
    chat = Chat(client=client)
    called: list[object] = []
    handle = chat.ask_in_background("Hello", called.append, called.append)
    handle.cancel()
    assert handle.wait(5)
    assert called == []
    assert chat.messages == ()


@pytest.mark.parametrize("way", ["whole", "stream", "retry"])
def test_a_call_that_fails_changes_nothing(serve: Any, way: str) -> None:
    _, client = serve(script=[None, "500", None])
    chat = Chat(client=client)
    chat.ask("Hello")
    before = chat.messages
    ways: dict[str, Callable[[], object]] = {
        "whole": lambda: chat.ask("x"),
        "stream": lambda: list(chat.stream("x")),
        "retry": lambda: list(chat.retry()),
    }
    with pytest.raises(errors.ServerFailedError):
        ways[way]()
    assert chat.messages == before
    assert chat.ask("x")


def test_an_error_in_the_middle_carries_what_had_come(serve: Any) -> None:
    _, client = serve(script=["cut;after=4", None])
    chat = Chat(client=client)
    heard: list[str] = []
    with pytest.raises(errors.NetworkError) as caught:
        heard.extend(chat.stream("What is livetechno?"))
    assert caught.value.text == "".join(heard)
    assert heard
    assert [(m.text, m.partial) for m in chat.messages] == [
        ("What is livetechno?", False),
        ("".join(heard), True),
    ]
    assert "".join(chat.retry()).startswith("".join(heard))
    assert len(chat.messages) == 2


def test_retry_replaces_the_last_answer(serve: Any) -> None:
    server, client = serve()
    chat = Chat(client=client)
    chat.ask("One")
    chat.ask("Two")
    again = "".join(chat.retry())
    assert [m.text for m in chat.messages if m.role == "user"] == ["One", "Two"]
    assert chat.messages[-1].text == again
    assert sent(server)[-1] == sent(server)[-2]


def test_retry_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        Chat().retry()


def test_undo_takes_the_last_exchange_back(serve: Any) -> None:
    _, client = serve()
    chat = Chat("Be brief.", client=client)
    assert chat.undo() == ()
    chat.ask("One")
    before = chat.messages
    chat.ask("Two")
    assert chat.undo()[0].text == "Two"
    assert chat.messages == before


def beats(bars: int) -> int:
    """How many beats are in some bars."""
    return bars * 4


@pytest.mark.parametrize("streamed", [False, True])
def test_functions_are_called_and_their_results_used(serve: Any, streamed: bool) -> None:
    server, client = serve()
    chat = Chat(client=client, tools=[beats])
    question = "Use beats to say how many beats are in 7 bars"
    answer = "".join(chat.stream(question)) if streamed else chat.ask(question)
    assert "28" in answer
    assert [m.role for m in chat.messages] == ["user", "assistant", "tool", "assistant"]
    assert len(server.requests) == 2


def test_an_answer_can_follow_a_schema(serve: Any) -> None:
    _, client = serve()
    schema = {
        "type": "object",
        "properties": {"bpm": {"type": "integer", "minimum": 100, "maximum": 160}},
        "required": ["bpm"],
        "additionalProperties": False,
    }
    chat = Chat(client=client, schema=schema)
    chat.ask("A tempo, please")
    assert chat.last is not None
    assert 100 <= chat.last.parsed["bpm"] <= 160


def test_an_image_goes_along(serve: Any, tmp_path: Path) -> None:
    server, client = serve()
    picture = tmp_path / "knob.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    Chat(client=client).ask("What is this?", images=[picture])
    assert server.requests[0].body["messages"][0]["content"][1]["type"] == "image_url"


@pytest.mark.parametrize("question", ["", "  \n", None, 5, b"x", ["x"]])
def test_what_is_no_question_is_refused_and_nothing_is_sent(serve: Any, question: Any) -> None:
    server, client = serve()
    for call in (Chat(client=client).ask, Chat(client=client).stream):
        with pytest.raises(UsageError):
            call(question)
    assert not server.requests


@pytest.mark.parametrize("parameters", [{"temperature": 3}, {"temprature": 1}, {"max_tokens": 0}, {"n": "2"}])
def test_a_parameter_that_makes_no_sense_is_refused_by_its_name(parameters: dict[str, Any]) -> None:
    with pytest.raises(errors.ParameterError) as caught:
        Chat(**parameters)
    assert caught.value.parameter == next(iter(parameters))


def test_the_public_names_are_there_and_help_is_readable() -> None:
    assert {"Chat", "ask"} <= set(livetechno.__all__)
    with pytest.raises(AttributeError):
        livetechno.nothing  # noqa: B018
    for name in ("ask", "stream", "ask_in_background", "aask", "astream", "retry", "undo"):
        assert getattr(Chat, name).__doc__


def exits() -> None:
    """Ends the program."""
    sys.exit(3)


def test_a_function_that_exits_ends_neither_the_call_nor_everybody_elses(serve: Any) -> None:
    _, client = serve()
    assert Chat(client=client, tools=[exits]).ask("Use exits to end the program")
    assert Chat(client=client).ask("Still there?")


def test_pictures_and_functions_may_be_given_one_or_several(serve: Any) -> None:
    server, client = serve()
    Chat(client=client).ask("What is this?", images="https://example.com/a.png")
    parts = server.requests[0].body["messages"][0]["content"]
    assert parts[1]["image_url"]["url"] == "https://example.com/a.png"
    assert Chat(tools=beats).messages == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("schema", ["abc", 5, {"pattern": "("}, {"type": "nonsense"}])
def test_a_schema_that_makes_no_sense_is_refused_at_once(schema: Any) -> None:
    with pytest.raises(UsageError):
        Chat(schema=schema)


def test_a_stream_left_open_when_its_loop_ends_is_closed_quietly(serve: Any, caplog: Any) -> None:
    server, client = serve(pace=0.005)
    kept: list[Any] = []

    async def main() -> None:
        kept.append(Chat(client=client).astream("What is livetechno?"))
        await anext(kept[0])

    asyncio.run(main())
    for _ in range(400):
        if server.open_streams == 0:
            break
        threading.Event().wait(0.005)
    assert server.open_streams == 0
    assert "asynchronous generator" not in caplog.text


ENDING = {
    "a callback": """
from livetechno import Chat
Chat().ask_in_background("Hello", lambda text: print("answer:", text[:5]))
""",
    "a thread": """
import threading
from livetechno import ask
threading.Thread(target=lambda: (time.sleep(0.2), print("answer:", ask("Hello")[:5]))).start()
""",
    "a thread that is first to import": """
import threading
def work():
    time.sleep(0.2)
    from livetechno import ask
    print("answer:", ask("Hello")[:5])
import livetechno.gpt
threading.Thread(target=work).start()
""",
    "a thread through the older interface": """
import threading
from livetechno.gpt import legacy
legacy.install()
import openai
def work():
    time.sleep(0.2)
    messages = [{"role": "user", "content": "Hello"}]
    reply = openai.ChatCompletion.create(model="gpt-4.1-mini", messages=messages)
    print("answer:", reply["choices"][0]["message"]["content"][:5])
threading.Thread(target=work).start()
""",
}


@pytest.mark.parametrize("way", ENDING)
def test_a_script_that_ends_first_still_gets_its_answer(way: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import time\n" + ENDING[way])
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout[:7]) == (0, "answer:"), ran.stderr
    assert "Traceback" not in ran.stderr
