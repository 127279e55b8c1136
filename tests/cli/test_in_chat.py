"""Conversations that last, at the terminal: going on with one, its branches, its cost, its size."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from livetechno import app, cli, environment
from livetechno.chat import Chat
from livetechno.cli import prompts
from livetechno.cli.conversation import Conversation
from livetechno.gpt import background
from livetechno.gpt.fitting import Limits, Window
from livetechno.mock import MockServer

KEY = "sk-" + "test-inchat0123456789"


@pytest.fixture(autouse=True)
def _nothing_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(app, "_warned_of_mock", True)


class Person:
    """Types the given lines, then leaves with Ctrl-D."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = list(lines)

    def read(self) -> str:
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)


Talk = Callable[..., Chat]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Hold a conversation in which the person says these lines."""

    def hold(*lines: str, chat: Chat | None = None) -> Chat:
        monkeypatch.setattr(prompts, "reader", lambda _: Person(lines))
        chat = chat or Chat(save=True)
        Conversation(chat).run()
        return chat

    return hold


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    """A server on this machine that is taken to ask OpenAI's prices; the key is there."""
    server = MockServer()
    monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield server
    background.run(server.stop())


def said(chat: Chat) -> list[str]:
    return [message.text for message in chat.messages if message.role == "user"]


def run(*arguments: str) -> int:
    return cli.main(arguments)


def test_a_question_is_kept_and_the_next_one_goes_on_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("chat", "-s", "Be brief", "-m", "code", "My name is Ada") == 0
    assert run("chat", "-c", "What is my name?") == 0
    assert run("chat", "Another conversation") == 0
    chats = app.store().conversations.list()
    assert [(one.title, one.size) for one in chats] == [("Another conversation", 2), ("My name is Ada", 4)]
    assert (chats[1].system, chats[1].model) == ("Be brief", "code")
    assert run("chat", "--conversation", chats[1].id[:8], "-m", "chat", "And now?") == 0
    gone_on = app.store().conversations.get(chats[1].id)
    assert (gone_on.size, gone_on.model, gone_on.system) == (6, "chat", "Be brief")
    assert said(Chat.resume()) == ["My name is Ada", "What is my name?", "And now?"]


def test_an_answer_is_kept_with_its_model_tokens_and_cost(paid: MockServer) -> None:
    assert run("chat", "-m", "gpt-6-luna", "Hello") == 0
    [found] = app.store().conversations.list()
    answer = app.store().tree.branch(found.id, found.head)[-1]
    [row] = app.store().ledger.calls()
    assert answer.about is not None
    assert answer.about["model"] == row.model
    assert Decimal(answer.about["cost"]) == row.usd
    assert answer.about["usage"]["output_tokens"] == row.output_tokens
    assert row.conversation == found.id


def test_nothing_is_kept_of_a_conversation_that_is_not_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("chat", "--no-save", "Hello") == 0
    assert app.store().conversations.list() == ()
    assert run("chat", "--no-save", "-c", "Hello") == 2
    assert "--no-save" in capsys.readouterr().err


def test_without_a_conversation_there_is_nothing_to_go_on_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("chat", "-c", "Hello") != 0
    assert "There is no conversation yet" in capsys.readouterr().err
    assert run("chat", "--conversation", "", "Hello") != 0
    assert run("chat", "--conversation", "abc", "Hello") != 0
    assert "abc" in capsys.readouterr().err


def test_without_a_place_to_keep_it_mock_ai_answers_and_it_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (environment.home() / app.DATABASE).mkdir(parents=True)
    assert run("chat", "Hello") == 0
    told = capsys.readouterr()
    assert told.out.strip()
    assert "This conversation is not kept" in told.err


def test_going_on_shows_where_it_was(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk("What is a kick?")
    capsys.readouterr()
    chat = talk("And swing?", chat=Chat.resume())
    told = capsys.readouterr()
    assert "Going on after: What is a kick?" in told.err
    assert told.out.startswith(chat.messages[1].text[:20])
    assert said(chat) == ["What is a kick?", "And swing?"]


def test_branches_are_listed_and_gone_back_to(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    chat = talk("One", "Two", "/undo", "Three", "/branch", "/branch 1", "/branch 9", "/branch x")
    told = capsys.readouterr().err
    assert "   1     4 messages  Two\n*  2     4 messages  Three\n" in told
    assert "On branch 1, after: Two" in told
    assert told.count("they go from 1 to 2") == 2
    assert said(chat) == ["One", "Two"]
    assert said(talk("/branch", "/branch 2", chat=Chat.resume())) == ["One", "Three"]


def test_one_branch_is_said_to_be_one(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk("/branch", "One", "/branch")
    assert capsys.readouterr().err.count("There is one branch") == 2


def test_saving_names_it_and_says_how_to_go_on(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk("/save Kicks", "Hello", "/save")
    [found] = app.store().conversations.list()
    assert found.title == "Kicks"
    assert capsys.readouterr().err.count(f"--conversation {found.id[:6]}") == 2


def test_what_was_only_in_memory_can_be_kept_later(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    chat = talk("One", "/branch", "/memory", "Two", "/save Late", "Three", chat=Chat("Be brief"))
    told = capsys.readouterr().err
    assert "only in memory; /save keeps it" in told
    assert "nothing is stored" in told
    [found] = app.store().conversations.list()
    assert (found.title, found.system, found.size) == ("Late", "Be brief", 6)
    assert said(Chat.resume()) == said(chat) == ["One", "Two", "Three"]


def test_the_system_message_and_the_model_last(talk: Talk) -> None:
    talk("/model code", "Hello", "/system Be brief", "/model reasoning")
    chat = Chat.resume()
    assert (chat.system, chat.model) == ("Be brief", "reasoning")
    talk("/system -", chat=chat)
    assert Chat.resume().system is None


def test_the_cost_is_that_of_the_conversation_and_of_the_day(
    talk: Talk, paid: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    talk("Something else")
    chat = talk("Hello", "/cost")
    assert chat.turns.identity is not None
    [total] = app.store().ledger.totals(conversation=chat.turns.identity)
    told = capsys.readouterr().err
    assert total.calls == 1
    assert f"{total.input_tokens + total.output_tokens} tokens, calls: 1." in told
    assert "of $1.00; left $" in told
    app.store().budgets.clear()
    talk("/cost")
    assert "without a budget" in capsys.readouterr().err


def test_a_budget_that_is_reached_ends_no_conversation(
    talk: Talk, paid: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    app.store().budgets.set("day", Decimal("0.000001"))
    chat = talk("Hello", "/cost")
    told = capsys.readouterr().err
    assert "Your budget for today is" in told
    assert "/retry asks again" in told
    assert chat.messages == ()
    assert run("chat", "Hello") == 4


def test_memory_is_shown(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk("Hello", "/memory")
    assert "of at most 4000.0 kB; stored: 2 messages." in capsys.readouterr().err


def test_what_did_not_go_along_is_said(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    chat = talk("One", "Two", "Three", chat=Chat(save=True, history=Window(Limits(messages=3))))
    assert "2 earlier messages not sent" in capsys.readouterr().err
    assert len(chat.messages) == 6


def test_a_failing_disk_ends_no_conversation(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from livetechno.store.errors import StoreError

    def full(*_: object, **__: object) -> int:
        raise StoreError("full", path="there")

    chat = Chat(save=True)
    monkeypatch.setattr(app.store().tree, "add", full)
    talk("Hello", "/save", chat=chat)
    told = capsys.readouterr().err
    assert "cannot be read or kept" in told
    assert "The disk that holds there is full" in told
