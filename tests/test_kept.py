from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from livetechno import kept
from livetechno.gpt.messages import Image, Message, ToolCall, assistant, tool_result, user
from livetechno.gpt.turns import MemoryTurns, Turn, Turns
from livetechno.kept import StoredTurns
from livetechno.store import Store
from livetechno.store.conversations import Draft
from livetechno.store.errors import NotFoundError
from tests.conftest import SOAK

PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "livetechno.db")
    yield opened
    opened.close()


def exchange(text: str) -> tuple[Message, ...]:
    return user(text), assistant(text.upper())


def texts(turns: Turns) -> list[str]:
    return [message.text for turn in reversed(list(turns.newest())) for message in turn.messages]


def test_nothing_is_stored_before_something_is_said(store: Store) -> None:
    turns = kept.begin(store, system="You are brief.", model="code")
    assert list(turns.newest()) == []
    assert turns.undo() == ()
    turns.describe(title="Kicks")
    assert (store.conversations.list(), turns.saved) == ((), False)
    turns.add(exchange("hello"))
    [found] = store.conversations.list()
    assert (found.id, found.title, found.system, found.model) == (
        turns.identity,
        "Kicks",
        "You are brief.",
        "code",
    )
    assert turns.saved


def test_it_is_gone_on_with_another_day(store: Store) -> None:
    turns = kept.begin(store)
    for text in "abc":
        turns.add(exchange(text))
    again = StoredTurns(store, kept.find(store).id)
    assert texts(again) == ["a", "A", "b", "B", "c", "C"]
    again.add(exchange("d"))
    assert texts(turns) == ["a", "A", "b", "B", "c", "C", "d", "D"]
    assert kept.find(store, (turns.identity or "")[:8]).id == turns.identity


def test_without_any_there_is_none_to_go_on_with(store: Store) -> None:
    with pytest.raises(NotFoundError):
        kept.find(store)


def test_all_that_a_turn_holds_comes_back(store: Store) -> None:
    calls = (ToolCall("c1", "beats", '{"bars": 4}'),)
    turn = (
        user("Look", [Image(PIXEL, "low"), Image("https://example.org/a.png")]),
        assistant("", calls),
        tool_result("c1", "16"),
        assistant("Sixteen", partial=True),
    )
    kept_ = kept.begin(store)
    kept_.add(turn, {"model": "gpt-6-luna", "cost": "0.1"})
    fresh = StoredTurns(store, kept_.identity or "")
    assert next(fresh.newest()).messages == next(kept_.newest()).messages == turn
    found = store.conversations.get(kept_.identity or "")
    assert store.tree.branch(found.id, found.head)[-1].about == {"model": "gpt-6-luna", "cost": "0.1"}


def test_another_answer_keeps_the_first_as_a_branch(store: Store) -> None:
    turns = kept.begin(store)
    turns.add(exchange("a"))
    turns.add(exchange("b"))
    turns.again((user("b"), assistant("other")))
    assert texts(turns) == ["a", "A", "b", "other"]
    id_ = turns.identity or ""
    first, second = store.tree.branches(id_)
    assert store.conversations.get(id_).size == 5
    assert (first.in_use, second.in_use) == (False, True)
    turns.use(first.head)
    assert texts(turns) == ["a", "A", "b", "B"]


def test_what_is_undone_stays_as_a_branch(store: Store) -> None:
    turns = kept.begin(store)
    turns.add(exchange("a"))
    turns.add(exchange("b"))
    assert turns.undo() == exchange("b")
    assert texts(turns) == ["a", "A"]
    turns.add(exchange("c"))
    assert turns.undo() == exchange("c")
    assert turns.undo() == exchange("a")
    assert turns.undo() == ()
    turns.add(exchange("d"))
    assert texts(turns) == ["d", "D"]
    assert len(store.tree.branches(turns.identity or "")) == 3


def test_a_summary_comes_with_the_turn_it_ends_with(store: Store) -> None:
    turns = kept.begin(store)
    for text in "abc":
        turns.add(exchange(text))
    middle = list(turns.newest())[1]
    turns.summarise(middle, "a and b")
    for one in (turns, StoredTurns(store, turns.identity or "")):
        assert [turn.summary for turn in one.newest()] == [None, "a and b", None]


def test_memory_stays_within_its_bound_and_nothing_is_lost(store: Store) -> None:
    turns = StoredTurns(store, kept.begin(store).identity or "", draft=Draft(), most_bytes=20_000)
    for number in range(30):
        turns.add((user(f"{number}"), assistant("x" * 1000)))
        assert turns.held <= 20_000
    assert turns.held > 15_000
    assert [turn.messages[0].text for turn in turns.newest()] == [
        f"{number}" for number in reversed(range(30))
    ]
    assert turns.held <= 20_000
    turns.add((user("big"), assistant("x" * 50_000)))
    assert turns.held <= 20_000
    assert next(turns.newest()).messages[1].text == "x" * 50_000
    fresh = StoredTurns(store, turns.identity or "", most_bytes=20_000)
    assert (fresh.held, len(list(fresh.newest())), fresh.held <= 20_000) == (0, 31, True)


def test_a_phone_holds_100_kb(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept.begin(store).most_bytes == kept.DESK_BYTES
    monkeypatch.setattr("sys.platform", "ios")
    assert kept.begin(store).most_bytes == 100_000


def test_two_who_have_it_open_see_each_others_turns(store: Store) -> None:
    one = kept.begin(store)
    one.add(exchange("a"))
    other = StoredTurns(store, one.identity or "")
    list(other.newest())
    other.add(exchange("b"))
    assert texts(one) == ["a", "A", "b", "B"]
    list(other.newest())
    one.add(exchange("c"))
    other.add(exchange("d"))  # it has not looked since: an answer to what it had seen
    assert texts(one) == texts(other) == ["a", "A", "b", "B", "d", "D"]
    assert len(store.tree.branches(one.identity or "")) == 2


@pytest.mark.parametrize("count", [10, 2000])
def test_going_on_reads_the_newest_turns_only(
    store: Store, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = kept.begin(store)
    for number in range(count):
        turns.add((user(f"{number}"), assistant("x")))
    fresh = StoredTurns(store, turns.identity or "")
    read = Mock(wraps=store.tree._back)
    monkeypatch.setattr(store.tree, "_back", read)
    newest = fresh.newest()
    next(newest)
    fresh.add(exchange("new"))
    fresh.again((user("new"), assistant("newer")))
    assert read.call_count <= 3


class Same(RuleBasedStateMachine):
    """Whatever is done, a stored conversation reads as one in memory does."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(Path(self.folder.name) / "x.db")
        self.stored = StoredTurns(self.store, "one", Draft(), most_bytes=3000)
        self.plain = MemoryTurns()

    @rule(text=st.text(max_size=300), partial=st.booleans())
    def add(self, text: str, partial: bool) -> None:
        for turns in (self.stored, self.plain):
            list(turns.newest())
            turns.add((user(text), assistant(text, partial=partial)))

    @precondition(lambda self: any(True for _ in self.plain.newest()))
    @rule(text=st.text(max_size=300), same=st.booleans())
    def again(self, text: str, same: bool) -> None:
        for turns in (self.stored, self.plain):
            last = next(turns.newest())
            turns.again((last.messages[0] if same else user(text), assistant(text)))

    @rule()
    def undo(self) -> None:
        assert self.stored.undo() == self.plain.undo()

    @precondition(lambda self: any(True for _ in self.plain.newest()))
    @rule(data=st.data(), text=st.text(min_size=1))
    def summarise(self, data: st.DataObject, text: str) -> None:
        chosen = data.draw(st.integers(0, len(list(self.plain.newest())) - 1))
        for turns in (self.stored, self.plain):
            turns.summarise(list(turns.newest())[chosen], text)

    @rule()
    def reopen(self) -> None:
        if self.stored.saved:
            self.stored = StoredTurns(self.store, "one", most_bytes=3000)

    @invariant()
    def both_read_the_same(self) -> None:
        def seen(turn: Turn) -> tuple[object, ...]:
            return turn.messages, turn.place, turn.summary

        assert [seen(turn) for turn in self.stored.newest()] == [seen(turn) for turn in self.plain.newest()]
        assert self.stored.held <= 3000

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


Same.TestCase.settings = settings(max_examples=150 if SOAK else 10, stateful_step_count=20)
test_a_stored_conversation_reads_as_one_in_memory = Same.TestCase


def test_what_was_stored_when_ctrl_c_came_is_gone_on_with(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = kept.begin(store)
    add = store.tree.add

    def interrupted(*arguments: Any, **keywords: Any) -> int:
        add(*arguments, **keywords)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store.tree, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            turns.add(exchange("a"))
    assert texts(turns) == ["a", "A"]
    turns.add(exchange("b"))
    assert texts(turns) == ["a", "A", "b", "B"]
    assert len(store.conversations.list()) == 1


def test_a_turn_goes_to_the_end_though_nobody_has_read_what_stands_before(store: Store) -> None:
    turns = kept.begin(store)
    turns.add(exchange("a"))
    later = StoredTurns(store, str(turns.identity))
    later.add(exchange("b"))
    assert texts(turns) == ["a", "A", "b", "B"]


def test_going_on_looks_at_no_more_messages_in_a_long_conversation(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = kept.begin(store)
    turns.add(exchange("a"))
    monkeypatch.setattr(store.conversations, "get", Mock(side_effect=AssertionError("it counts them all")))
    assert texts(turns) == ["a", "A"]
