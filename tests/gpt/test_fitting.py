"""What is sent is the newest whole turns that fit, and nothing is read or counted without need."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import tokens
from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.completions import Parameters, Request, Schema, ToolSpec
from livetechno.gpt.fitting import ECONOMICAL, Everything, Fitted, History, Limits, Window, limits_for
from livetechno.gpt.messages import Message, assistant, size, system, tool_result, user
from livetechno.gpt.turns import MemoryTurns, Past, Turn
from tests.gpt.conversations import CONVERSATIONS, TEXTS, exchanges, kept, oldest_first, talk, torn

NO_CLIENT: Any = None
MODEL = "gpt-6-luna"
BEATS = ToolSpec("beats", "How many beats are in some bars.", {"type": "object", "properties": {}})
A_SCHEMA = Schema("answer", {"type": "object", "properties": {"bpm": {"type": "integer"}}})


def some(most: int) -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), st.integers(0, most))


SOME_LIMITS = st.builds(Limits, tokens=some(1500), messages=some(30), bytes=some(20_000))
REQUESTS = st.builds(
    lambda head, question, more, tools, schema: Request(
        (*head, user(question), *more), MODEL, tools=tools, schema=schema
    ),
    st.lists(TEXTS.map(system), max_size=1),
    TEXTS,
    st.one_of(st.just(()), exchanges().map(lambda exchange: exchange[1:-1])),
    st.sampled_from([(), (BEATS,)]),
    st.sampled_from([None, A_SCHEMA]),
)


def fit(policy: History, request: Request, past: Past) -> Fitted:
    return asyncio.run(policy.fit(request, past, NO_CLIENT))


def ask(question: str = "And now?", model: str = MODEL, **more: Any) -> Request:
    return Request((system("Be brief."), user(question)), model, **more)


def apart(request: Request) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The system message, and the question with what follows it."""
    head = tuple(takewhile(lambda message: message.role == "system", request.messages))
    return head, request.messages[len(head) :]


def within(request: Request, sent: Sequence[Message], limits: Limits) -> bool:
    """Whether what is sent keeps to the limits, counted anew."""
    counted = tokens.count_messages(sent, MODEL, request.tools).tokens
    if request.schema is not None:
        counted += tokens.count(json.dumps(request.schema.schema))
    sizes = (counted, len(sent), sum(map(size, sent)))
    most = (limits.tokens, limits.messages, limits.bytes)
    return all(bound is None or number <= bound for number, bound in zip(sizes, most, strict=True))


@dataclass
class Read:
    """A past that notes how many turns were read of it."""

    turns: MemoryTurns
    count: int = 0
    threads: set[str] = field(default_factory=set)

    def newest(self) -> Iterator[Turn]:
        for turn in self.turns.newest():
            self.count += 1
            self.threads.add(threading.current_thread().name)
            yield turn

    def summarise(self, turn: Turn, text: str) -> None:
        self.turns.summarise(turn, text)


@given(CONVERSATIONS, REQUESTS, SOME_LIMITS)
def test_the_window_is_the_longest_end_of_whole_turns_that_keeps_to_the_limits(
    conversation: list[tuple[Message, ...]], request: Request, limits: Limits
) -> None:
    fitted = fit(Window(limits), request, kept(conversation))
    head, asked = apart(request)
    ends = [
        tuple(message for exchange in conversation[start:] for message in exchange)
        for start in range(len(conversation) + 1)
    ]
    right = [
        end for end in ends if not end or within(request, (*head, *end, *asked), limits)
    ]  # the question goes in any case
    assert fitted.messages == (*head, *right[0], *asked)
    assert fitted.left_out == len(ends[0]) - len(right[0])
    assert not fitted.summed_up
    assert torn(fitted.messages) == []


@given(CONVERSATIONS, REQUESTS)
def test_everything_is_everything(conversation: list[tuple[Message, ...]], request: Request) -> None:
    turns = kept(conversation)
    for turn in list(turns.newest())[1:2]:
        turns.summarise(turn, "They spoke.")
    fitted = fit(Everything(), request, turns)
    head, asked = apart(request)
    assert fitted.messages == (*head, *(message for exchange in conversation for message in exchange), *asked)
    assert (fitted.left_out, fitted.summed_up) == (0, False)


@given(CONVERSATIONS, SOME_LIMITS, st.integers(0, 7))
def test_a_summary_ends_the_window_and_stands_for_all_before(
    conversation: list[tuple[Message, ...]], limits: Limits, at: int
) -> None:
    turns = kept(conversation)
    for turn in oldest_first(turns)[at : at + 1]:
        turns.summarise(turn, "They spoke of drums.")
    fitted = fit(Window(limits), ask(), turns)
    before = sum(len(exchange) for exchange in conversation[: at + 1])
    if at >= len(conversation) or fitted.left_out != before:
        assert not fitted.summed_up
        return
    said = [message for exchange in conversation[at + 1 :] for message in exchange]
    if fitted.summed_up:
        recall, summary = fitted.messages[1:3]
        assert (recall.role, summary.role) == ("user", "assistant")
        assert summary.text.endswith("\nThey spoke of drums.")
        assert list(fitted.messages[3:-1]) == said
        assert within(ask(), fitted.messages, limits)
    else:
        assert list(fitted.messages[1:-1]) == said


def test_the_question_stays_whole_even_when_nothing_else_fits() -> None:
    question = "Why? " * 10_000
    for limits in (Limits(tokens=0), Limits(messages=0), Limits(bytes=0), Limits(0, 0, 0)):
        fitted = fit(Window(limits), ask(question), kept(talk(3)))
        assert [message.text for message in fitted.messages] == ["Be brief.", question]
        assert fitted.left_out == 6


def test_results_of_functions_make_room_for_themselves() -> None:
    calls = (assistant("", ()), tool_result("1", "x" * 3000))
    asked = Request((system("Be brief."), user("How many?"), *calls), MODEL)
    limits = Limits(bytes=6000)
    before = fit(Window(limits), ask("How many?"), kept(talk(30)))
    after = fit(Window(limits), asked, kept(talk(30)))
    assert after.left_out > before.left_out
    assert after.messages[-3:] == asked.messages[-3:]


def test_of_a_hundred_thousand_messages_only_those_that_are_sent_are_read() -> None:
    past = Read(kept(talk(50_000)))
    fitted = fit(Window(Limits(messages=20)), ask(), past)
    assert len(fitted.messages) == 20
    assert past.count == 10  # nine turns and the first that did not fit
    assert fitted.left_out == 100_000 - 18


def test_nothing_is_counted_while_everything_fits_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "count_messages", lambda *_: pytest.fail("no need to count"))
    fitted = fit(Window(Limits(tokens=2500)), ask(), kept(talk(20)))
    assert len(fitted.messages) == 42


def test_a_turn_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Sequence[Message]] = []
    count = tokens.count_messages

    def counting(messages: Sequence[Message], *more: Any) -> tokens.Count:
        counted.append(messages)
        return count(messages, *more)

    monkeypatch.setattr(tokens, "count_messages", counting)
    window, turns = Window(Limits(tokens=300)), kept(talk(40))
    fit(window, ask(), turns)
    assert len(counted) > 10
    counted.clear()
    turns.add((user("One more?"), assistant("One more.")))
    fit(window, ask(), turns)
    assert len(counted) <= 2  # the new turn and the question
    counted.clear()
    fit(window, ask(model="gpt-5.5"), turns)
    assert len(counted) > 10, "another model may count differently"


async def test_reading_and_counting_leave_the_event_loop_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    past = Read(kept(talk(20, "Question " * 50)))
    count = tokens.count_messages

    def counting(*given: Any) -> tokens.Count:
        past.threads.add(threading.current_thread().name)
        return count(*given)

    monkeypatch.setattr(tokens, "count_messages", counting)
    for policy in (Window(Limits(tokens=100)), Everything()):
        await policy.fit(ask(), past, NO_CLIENT)
    assert past.threads == {"livetechno-work"}


def test_limits_combine_to_the_smaller_of_each() -> None:
    assert Limits(tokens=5, messages=7) & Limits(tokens=6, bytes=3) == Limits(5, 7, 3)
    assert Limits(tokens=0) & Limits(tokens=1) == Limits(tokens=0)
    assert Limits(9, 5, None).half() == Limits(4, 2, None)


@pytest.mark.parametrize(
    ("model", "max_tokens", "most"),
    [
        ("gpt-6-luna", None, 922_000),
        ("chat", None, 922_000),
        ("gpt-5", None, 272_000),
        ("gpt-5.2", None, 400_000 - 16_000),
        ("gpt-5.2", 128_000, 272_000),
        ("gpt-4o", None, 128_000 - 16_000),
        ("gpt-4o", 1_000, 127_000),
        ("gpt-4o", 900_000, 128_000 - 16_384),
        ("somebodys-model", None, None),
    ],
)
def test_a_model_reads_what_its_answer_leaves_of_its_context(
    model: str, max_tokens: int | None, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-11-23")
    assert limits_for(model, max_tokens) == Limits(tokens=most)


def test_an_answer_takes_no_more_than_a_quarter_of_a_small_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2025-01-01")
    assert limits_for("gpt-4") == Limits(tokens=8192 - 2048)


def test_a_large_reply_is_given_room_and_the_question_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-11-23")
    turns = kept([(user("word " * 10_000), assistant("Well."))] * 12)
    wide = fit(Window(Limits()), ask(model="gpt-4o", parameters=Parameters(max_tokens=100)), turns)
    narrow = fit(Window(Limits()), ask(model="gpt-4o", parameters=Parameters(max_tokens=16_000)), turns)
    assert narrow.left_out > wide.left_out
    assert narrow.messages[-1] == user("And now?")


def test_what_is_sent_by_default_is_far_from_where_the_price_doubles() -> None:
    assert ECONOMICAL.tokens is not None
    assert ECONOMICAL.tokens * 2 < load_catalogue().long_context.over
    assert Window().limits == ECONOMICAL
