"""What every keeper of a conversation does, and what the one in memory does."""

from __future__ import annotations

import copy
import pickle
import sys
import tracemalloc
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import messages
from livetechno.gpt.messages import Message, assistant, user
from livetechno.gpt.turns import BeforeLast, MemoryTurns, Turns
from tests.gpt.conversations import exchanges, kept, oldest_first, talk

STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["add", "again"]), exchanges()),
        st.tuples(st.just("undo"), st.none()),
        st.tuples(st.just("summarise"), st.integers(0, 5)),
    ),
    max_size=20,
)


def follow(turns: Turns, steps: Sequence[tuple[str, Any]]) -> None:
    """Hold a keeper against a plain list while it goes through the steps. For every kind of keeper."""
    said: list[tuple[tuple[Message, ...], str | None]] = []
    for number, (step, value) in enumerate(steps):
        if step == "add" or (step == "again" and not said):
            turns.add(value)
            said.append((value, None))
        elif step == "again":
            turns.again(value)
            said[-1] = (value, None)
        elif step == "undo":
            assert turns.undo() == (said.pop()[0] if said else ())
        elif value < len(said):
            turns.summarise(list(turns.newest())[value], f"Summary {number}")
            said[-1 - value] = (said[-1 - value][0], f"Summary {number}")
        newest = list(turns.newest())
        assert [(turn.messages, turn.summary) for turn in reversed(newest)] == said
        assert [turn.place for turn in reversed(newest)] == [
            sum(len(exchange) for exchange, _ in said[:before]) for before in range(len(said))
        ]
        assert len({turn.key for turn in newest}) == len(newest)


@given(STEPS)
def test_turns_in_memory_do_what_every_keeper_does(steps: list[tuple[str, Any]]) -> None:
    follow(MemoryTurns(), steps)


def test_another_answer_to_nothing_is_an_answer() -> None:
    turns = MemoryTurns()
    turns.again([user("One"), assistant("Two")])
    assert [turn.messages for turn in turns.newest()] == [(user("One"), assistant("Two"))]


def test_another_answer_does_not_take_over_the_summary_of_the_old_one() -> None:
    turns = kept(talk(3))
    turns.summarise(next(turns.newest()), "The old answer was good.")
    turns.again([user("Question 2."), assistant("Better.")])
    assert next(turns.newest()).summary is None


def test_a_summary_of_a_turn_that_is_gone_changes_nothing() -> None:
    turns = kept(talk(2))
    gone = next(turns.newest())
    turns.undo()
    turns.summarise(gone, "Nothing.")
    assert [turn.summary for turn in turns.newest()] == [None]


def test_asking_again_leaves_the_last_turn_out() -> None:
    turns = kept(talk(3))
    assert list(BeforeLast(turns).newest()) == list(turns.newest())[1:]
    first = oldest_first(turns)[0]
    BeforeLast(turns).summarise(first, "They met.")
    assert oldest_first(turns)[0].summary == "They met."
    assert list(BeforeLast(MemoryTurns()).newest()) == []


def test_what_is_held_is_what_the_messages_hold() -> None:
    turns = MemoryTurns()
    assert (turns.held, turns.identity) == (0, None)
    turns.add([user("x" * 1000), assistant("y" * 5000)])
    assert 6000 < turns.held < 6500
    turns.add([user("z" * 100_000), assistant("")])
    turns.undo()
    assert turns.held < 6500


def test_adding_a_turn_costs_the_same_however_many_there_are() -> None:
    (few_steps, _), (many_steps, most_bytes) = effort(kept(talk(10))), effort(kept(talk(5000)))
    assert many_steps == few_steps
    assert most_bytes < 10_000  # a copy of 5000 turns takes 40,000


def effort(turns: Turns) -> tuple[int, int]:
    """Steps of Python, and most bytes at once, of adding a turn and looking at it."""
    first, second, third = talk(3)
    turns.add(first)  # it may make room for those that follow
    steps = 0

    def step(*_: object) -> Any:
        nonlocal steps
        steps += 1
        return step

    def add(exchange: Sequence[Message]) -> None:
        turns.add(exchange)
        next(turns.newest())

    before = sys.gettrace()
    sys.settrace(step)
    try:
        add(second)
    finally:
        sys.settrace(before)
    tracemalloc.start()
    try:
        add(third)
        return steps, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_conversation_can_be_copied_and_pickled() -> None:
    turns = kept(talk(2))
    for other in (copy.deepcopy(turns), pickle.loads(pickle.dumps(turns))):
        other.add([user("More"), assistant("Yes.")])
        other.summarise(oldest_first(other)[0], "They met.")
        assert [turn.summary for turn in oldest_first(other)] == ["They met.", None, None]
    assert len(list(turns.newest())) == 2


@given(exchanges())
def test_a_message_holds_at_least_its_characters(exchange: tuple[Message, ...]) -> None:
    for message in exchange:
        characters = len(message.text) + sum(len(image.url) for image in message.images)
        characters += sum(len(call.arguments) for call in message.tool_calls)
        assert characters < messages.size(message) < 4 * characters + 1500
