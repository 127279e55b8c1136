"""`ask` and `Chat` as a script uses them, against Mock AI."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import livetechno
from livetechno import Chat, app, ask
from livetechno.app import MockAIWarning
from livetechno.gpt import background, errors, summaries
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Completion, Request
from livetechno.gpt.errors import UsageError
from livetechno.gpt.fitting import Limits, Window
from livetechno.gpt.messages import assistant, user
from livetechno.gpt.retry import Retry
from livetechno.gpt.summaries import Summary, SummaryWarning
from livetechno.gpt.turns import MemoryTurns, Turn
from livetechno.mock import MockServer
from tests.gpt.conversations import kept, talk


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


SHORT = Limits(messages=6)
"""The question and two exchanges, with or without a system message."""


def questions(server: MockServer) -> list[list[str]]:
    """What the person says in each request that is no summary's."""
    return [
        [text for role, text in messages if role == "user"]
        for messages in sent(server)
        if messages[0][1] != summaries.INSTRUCTIONS
    ]


def answered(chat: Chat, way: str, question: str) -> str:
    """The answer, got in one of four ways."""

    async def pieces() -> str:
        return "".join([piece async for piece in chat.astream(question)])

    ways: dict[str, Callable[[], str]] = {
        "whole": lambda: chat.ask(question),
        "stream": lambda: "".join(chat.stream(question)),
        "async": lambda: asyncio.run(chat.aask(question)),
        "async stream": lambda: asyncio.run(pieces()),
    }
    return ways[way]()


WAYS = pytest.mark.parametrize("way", ["whole", "stream", "async", "async stream"])


@WAYS
def test_what_does_not_fit_stays_in_the_conversation_and_is_not_sent(serve: Any, way: str) -> None:
    server, client = serve()
    chat = Chat("Be brief.", client=client, history=Window(SHORT))
    for number in range(5):
        answered(chat, way, f"Question {number}")
        assert chat.left_out == max(0, number - 2) * 2
    assert questions(server)[-1] == ["Question 2", "Question 3", "Question 4"]
    assert sent(server)[-1][0] == ("system", "Be brief.")
    assert [m.text for m in chat.messages if m.role == "user"] == [f"Question {n}" for n in range(5)]
    assert not chat.summed_up


@WAYS
def test_a_summary_takes_the_place_of_what_does_not_fit(serve: Any, way: str) -> None:
    server, client = serve()
    chat = Chat(client=client, history=Summary(Window(SHORT)))
    for number in range(4):
        answered(chat, way, f"Question {number}")
    asked, told = sent(server)[-2:]
    assert asked[0] == ("system", summaries.INSTRUCTIONS)
    assert "Question 0" in asked[1][1]
    assert told[1][0] == "assistant"
    assert told[1][1].endswith("\n- Question 0\n- Question 1")
    assert questions(server)[-1][1:] == ["Question 2", "Question 3"]
    assert (chat.left_out, chat.summed_up) == (4, True)
    assert len(chat.messages) == 8


def test_everything_is_sent_when_that_is_wanted(serve: Any) -> None:
    server, client = serve()
    chat = Chat(client=client, history="all", turns=kept(talk(200, "word " * 200)))
    chat.ask("Still there?")
    assert len(server.requests[0].body["messages"]) == 401


def test_by_default_what_is_sent_stays_affordable(serve: Any) -> None:
    server, client = serve()
    chat = Chat(client=client, turns=kept(talk(200, "word " * 1000)))
    chat.ask("Still there?")
    assert 60_000 < chat.last.usage.input_tokens <= 64_000  # type: ignore[union-attr]
    assert chat.left_out == 402 - 1 - len(server.requests[0].body["messages"])


@pytest.mark.parametrize("history", ["windows", None, 5, Limits()])
def test_what_is_no_history_is_refused_at_once(history: Any) -> None:
    with pytest.raises(UsageError, match="window, summary, all"):
        Chat(history=history)


@pytest.mark.parametrize("history", ["window", "summary", "all"])
def test_a_history_has_a_name(serve: Any, history: Any) -> None:
    _, client = serve()
    chat = Chat(client=client, history=history)
    assert chat.ask("One")
    assert chat.ask("Two")
    assert (chat.left_out, chat.summed_up, len(chat.messages)) == (0, False, 4)


def test_what_functions_return_takes_its_room_from_older_exchanges(serve: Any) -> None:
    def lyrics(song: str) -> str:
        """The words of a song."""
        return song * 400

    server, client = serve()
    chat = Chat(client=client, tools=[lyrics], history=Window(Limits(bytes=4000)), turns=kept(talk(20)))
    chat.ask('Use lyrics for the song "abcdef"')
    first, second = ([item.get("content") for item in request.body["input"]] for request in server.requests)
    assert len([text for text in first if text]) > len([text for text in second if text])
    assert first[-1] in second
    assert second[-1] is None, "the function's result"


class Notebook(MemoryTurns):
    """Turns with an identity that note what is done to them, and in which thread."""

    identity = "c1"

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []
        self.threads: set[str] = set()
        self.release = threading.Event()
        self.release.set()

    def _note(self, event: str) -> None:
        self.release.wait(5)
        self.events.append(event)
        self.threads.add(threading.current_thread().name)

    def newest(self) -> Iterator[Turn]:
        self.threads.add(threading.current_thread().name)
        return super().newest()

    def add(self, messages: Any, about: Any = None) -> None:
        self._note("add")
        super().add(messages, about)

    def again(self, messages: Any, about: Any = None) -> None:
        self._note("again")
        super().again(messages, about)

    def summarise(self, turn: Turn, text: str) -> None:
        self._note(f"summarise up to {turn.place + len(turn.messages)}")
        super().summarise(turn, text)


def test_a_conversation_that_is_kept_elsewhere_goes_on(serve: Any) -> None:
    server, client = serve()
    turns = Notebook()
    turns.add((user("My name is Ada."), assistant("Hello Ada.")))
    chat = Chat(client=client, turns=turns)
    chat.ask("What did I say before?")
    assert questions(server) == [["My name is Ada.", "What did I say before?"]]
    list(chat.retry())
    assert turns.events == ["add", "add", "again"]
    assert questions(server)[-1] == questions(server)[0]
    assert chat.undo()[0].text == "What did I say before?"
    assert chat.memory == turns.held > 0
    assert len(chat.messages) == 2


@pytest.mark.parametrize("way", ["async", "async stream"])
def test_no_event_loop_waits_for_what_keeps_the_conversation(serve: Any, way: str) -> None:
    _, client = serve()
    turns = Notebook()
    chat = Chat(client=client, turns=turns, history=Summary(Window(Limits(messages=5))))
    for number in range(4):
        answered(chat, way, f"Question {number}")
    assert "summarise up to 4" in turns.events
    assert turns.threads == {"livetechno-work"}


def test_an_answer_that_is_being_kept_when_its_call_is_cancelled_is_kept(serve: Any) -> None:
    _, client = serve()
    turns = Notebook()
    turns.release.clear()
    chat = Chat(client=client, turns=turns)

    async def main() -> None:
        asking = asyncio.ensure_future(chat.aask("Hello"))
        while chat.last is None:  # noqa: ASYNC110 - set by another loop
            await asyncio.sleep(0.001)
        asking.cancel()
        asyncio.get_running_loop().call_later(0.01, turns.release.set)
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert turns.events == ["add"]

    asyncio.run(main())
    assert len(chat.messages) == 2


def test_an_answer_that_cannot_be_kept_is_still_there(serve: Any) -> None:
    class Full(MemoryTurns):
        def add(self, messages: Any, about: Any = None) -> None:
            raise OSError(f"no room for {len(messages)} messages and {about}")

    _, client = serve()
    chat = Chat(client=client, turns=Full())
    with pytest.raises(OSError, match="no room"):
        chat.ask("Hello")
    assert chat.last is not None
    assert chat.last.text


def test_a_question_that_is_stopped_while_the_older_ones_are_summed_up_changes_nothing(serve: Any) -> None:
    server, client = serve(script=["no_answer", None, None])
    chat = Chat(client=client, turns=kept(talk(9)), history=Summary(Window(SHORT)))
    before = chat.messages
    handle = chat.ask_in_background("Hello", lambda _: None)
    for _ in range(1000):
        if server.requests:
            break
        threading.Event().wait(0.005)
    handle.cancel()
    assert handle.wait(5)
    assert chat.messages == before
    assert not any(turn.summary for turn in chat.turns.newest())
    assert chat.ask("Hello again")
    assert chat.summed_up


class Recorder:
    """A client that notes in the notebook what it is asked; at times it fails to sum up."""

    def __init__(self, turns: Notebook, failures: list[bool]) -> None:
        self._turns = turns
        self._failures = failures
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        self._turns.events.append(request.purpose)
        if request.purpose == "summary" and self._failures and self._failures.pop():
            raise errors.ServerFailedError("busy")
        return Completion(f"Answer {len(self.requests)}.", "gpt-4.1-mini", "stop")


@given(st.integers(5, 12), st.integers(1, 15), st.lists(st.booleans(), max_size=4))
def test_a_summary_is_kept_before_the_first_question_without_what_it_stands_for(
    most: int, count: int, failures: list[bool]
) -> None:
    turns = Notebook()
    recorder = Recorder(turns, failures)
    client: Any = recorder
    chat = Chat("Be brief.", client=client, turns=turns, history=Summary(Window(Limits(messages=most))))
    summed_up = 0
    for number in range(count):
        turns.events.clear()
        asked = len(chat.messages)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            chat.ask(f"Question {number}")
        assert len(chat.messages) == asked + 2, "nothing ever leaves the conversation"
        for event in turns.events[: turns.events.index("chat")]:
            if event.startswith("summarise"):
                summed_up = int(event.split()[-1])
        assert {request.conversation for request in recorder.requests} == {"c1"}
        if chat.summed_up:
            assert chat.left_out == summed_up
        else:
            assert not chat.left_out or [one.category for one in caught] == [SummaryWarning]
    said = [message for message in chat.messages if message.role == "user"]
    assert said == [user(f"Question {number}") for number in range(count)]


def test_a_stream_that_a_script_ends_in_the_middle_of_is_kept_as_far_as_it_was_shown(tmp_path: Path) -> None:
    script = tmp_path / "leaves.py"
    script.write_text(
        "from livetechno import Chat\n"
        "stream = Chat(save=True).stream('Write a long text about a kick')\n"
        "print(next(stream), end='')\n"
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30, check=True)
    assert "Traceback" not in ran.stderr
    question, answer = Chat.resume().messages
    assert question.text == "Write a long text about a kick"
    assert (answer.text, answer.partial) == (ran.stdout, True)
