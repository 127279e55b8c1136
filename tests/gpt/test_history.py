"""Whole turns stay, torn ones never appear, and the input is left alone."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import background, history, wiring
from livetechno.gpt.client import Client
from livetechno.gpt.errors import MissingKeyError, ParameterError, UsageError
from livetechno.gpt.history import SummaryWarning, summarize_old_messages, trim_history
from livetechno.mock import MockServer

Plain = dict[str, Any]

SYSTEM = {"role": "system", "content": "You are kind."}


def user(text: str) -> Plain:
    return {"role": "user", "content": text}


def assistant(text: str) -> Plain:
    return {"role": "assistant", "content": text}


def call(*ids: str) -> Plain:
    calls = [{"id": one, "type": "function", "function": {"name": "beat", "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(call_id: str) -> Plain:
    return {"role": "tool", "tool_call_id": call_id, "content": "120"}


def turns(count: int) -> list[Plain]:
    return [message for i in range(count) for message in (user(f"Question {i}."), assistant(f"Answer {i}."))]


def heads(conversation: Sequence[Plain]) -> int:
    places = (i for i, one in enumerate(conversation) if one["role"] not in ("system", "developer"))
    return next(places, len(conversation))


def pairs(conversation: Sequence[Plain]) -> set[tuple[int, int]]:
    """The identities of each message that calls tools and of the nearest result of each call."""
    found = set()
    for i, message in enumerate(conversation):
        for one in message.get("tool_calls") or ():
            later = (other for other in conversation[i:] if other.get("tool_call_id") == one["id"])
            if answer := next(later, None):
                found.add((id(message), id(answer)))
    return found


some_ids = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)
a_message = st.one_of(
    st.builds(user, st.text(max_size=3)),
    st.builds(assistant, st.text(max_size=3)),
    some_ids.map(lambda ids: call(*ids)),
    st.sampled_from("abc").map(result),
    st.just(SYSTEM).map(copy.copy),
)
any_conversation = st.lists(a_message, max_size=30)
well_formed = st.builds(
    lambda head, blocks: [*head, *(message for block in blocks for message in copy.deepcopy(block))],
    st.lists(st.just(SYSTEM).map(copy.copy), max_size=2),
    st.lists(
        st.sampled_from(
            [
                [user("Hi"), assistant("Hello")],
                [user("Beat?"), call("a"), result("a"), assistant("120")],
                [user("Both?"), call("a", "b"), result("b"), result("a"), call("a"), result("a")],
                [user("Alone")],
            ]
        ),
        max_size=12,
    ),
)


@given(any_conversation, st.integers(1, 40))
def test_what_stays_is_the_head_and_a_suffix(conversation: list[Plain], most: int) -> None:
    trimmed = trim_history(conversation, most)
    head = heads(conversation)
    rest = len(trimmed) - head
    assert trimmed[:head] == conversation[:head]
    assert list(map(id, trimmed[head:])) == list(map(id, conversation[len(conversation) - rest :]))


@given(any_conversation, st.integers(1, 40))
def test_a_call_of_tools_is_never_torn_from_its_results(conversation: list[Plain], most: int) -> None:
    trimmed = trim_history(conversation, most)
    kept = set(map(id, trimmed))
    for calling, answering in pairs(conversation):
        assert (calling in kept) == (answering in kept)


@given(well_formed, st.integers(1, 40))
def test_what_stays_begins_with_what_a_person_said_and_is_not_longer_than_asked(
    conversation: list[Plain], most: int
) -> None:
    trimmed = trim_history(conversation, most)
    rest = trimmed[heads(trimmed) :]
    assert not rest or rest[0]["role"] == "user"
    newest_turn = next(
        (i for i, one in enumerate(reversed(conversation), 1) if one["role"] == "user"), len(conversation)
    )
    assert len(rest) <= max(most, newest_turn)
    if len(rest) < len(conversation) - heads(conversation):
        older = conversation[: len(conversation) - len(rest)]
        last_left_out = next(i for i, one in enumerate(reversed(older), 1) if one["role"] == "user")
        assert len(rest) + last_left_out > most, "no turn is left out that would have fitted"


@given(any_conversation, st.integers(1, 40))
def test_trimming_twice_is_trimming_once_and_leaves_its_input_alone(
    conversation: list[Plain], most: int
) -> None:
    before = copy.deepcopy(conversation)
    trimmed = trim_history(conversation, most)
    assert trim_history(trimmed, most) == trimmed
    assert conversation == before
    assert trimmed is not conversation


def test_ten_messages_are_kept_by_default() -> None:
    conversation = [SYSTEM, *turns(20)]
    assert trim_history(conversation) == [SYSTEM, *conversation[-10:]]


def test_without_a_system_message_the_first_message_is_not_taken_for_one() -> None:
    assert trim_history(turns(5), 4) == turns(5)[-4:]


def test_half_a_turn_is_never_kept() -> None:
    conversation = [SYSTEM, *turns(3)]
    assert trim_history(conversation, 3) == [SYSTEM, *conversation[-2:]]


def test_the_newest_turn_stays_whole_even_when_it_alone_is_too_long() -> None:
    newest = [user("Beat?"), call("a", "b"), result("a"), result("b")]
    assert trim_history([SYSTEM, *turns(2), *newest], 2) == [SYSTEM, *newest]


@pytest.mark.parametrize("most", [0, -1, True, 2.5, "10", None])
def test_a_senseless_count_is_refused(most: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        trim_history(turns(2), most)
    assert caught.value.parameter == "max_messages"
    with pytest.raises(ParameterError):
        summarize_old_messages(turns(2), most)


@pytest.mark.parametrize("conversation", ["hello", None, [1], [SYSTEM, "text"]])
def test_what_is_no_list_of_messages_is_refused(conversation: Any) -> None:
    with pytest.raises(UsageError):
        trim_history(conversation)


def test_the_reason_of_a_refusal_is_told_in_french_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    nothing: Any = None
    with pytest.raises(UsageError, match="une liste de dicts"):
        trim_history(nothing)


def test_older_messages_are_summarised_and_the_newest_kept() -> None:
    asked: list[list[Plain]] = []

    def summarize(old: list[Plain]) -> str:
        asked.append(old)
        return "They spoke of numbers."

    conversation = [SYSTEM, *turns(10)]
    before = copy.deepcopy(conversation)
    shorter = summarize_old_messages(conversation, 8, summarize)
    assert shorter[0] == SYSTEM
    assert shorter[2:] == conversation[-8:]
    assert shorter[1]["role"] == "system"
    assert shorter[1]["content"].endswith("\nThey spoke of numbers.")
    assert asked == [conversation[1:-8]]
    assert conversation == before


def test_a_short_conversation_stays_as_it_is() -> None:
    conversation = [SYSTEM, *turns(4)]
    same = summarize_old_messages(conversation, 8, lambda _: pytest.fail("nothing is old"))
    assert same == conversation
    assert same is not conversation


def test_the_next_summary_takes_the_last_one_in() -> None:
    first = summarize_old_messages([SYSTEM, *turns(6)], 4, lambda _: "Summary one.")
    seen: list[list[Plain]] = []

    def summarize(old: list[Plain]) -> str:
        seen.append(old)
        return "Summary two."

    second = summarize_old_messages([*first, *turns(6)], 4, summarize)
    assert seen[0][0] == first[1]
    assert [message["role"] for message in second].count("system") == 2
    assert second[1]["content"].endswith("Summary two.")


def test_a_summary_that_fails_leaves_the_plain_window_and_a_warning() -> None:
    def fail(old: list[Plain]) -> str:
        raise RuntimeError("no model today")

    conversation = [SYSTEM, *turns(10)]
    with pytest.warns(SummaryWarning, match="no model today"):
        assert summarize_old_messages(conversation, 8, fail) == trim_history(conversation, 8)


def test_without_a_client_the_persons_first_sentences_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_key() -> Client:
        raise MissingKeyError(url="https://api.openai.com/v1")

    monkeypatch.setattr(wiring, "default_client", no_key)
    old = [user("I build a synth. It has two knobs."), assistant("Nice."), user("Which " + "knob " * 80)]
    summary = summarize_old_messages([*old, *turns(4)], 8)[0]["content"]
    assert "- I build a synth.\n- Which knob" in summary
    assert "two knobs" not in summary
    assert "Nice" not in summary
    assert max(map(len, summary.splitlines())) <= history.LONGEST_EXTRACT + 2


@given(st.lists(st.text(min_size=1, max_size=400), min_size=9, max_size=60))
def test_summaries_without_a_model_stay_short_however_often_they_are_made(said: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "default_client", None)
        conversation: list[Plain] = [SYSTEM]
        for text in said:
            conversation = summarize_old_messages([*conversation, user(text), assistant("Well.")], 4)
    most = (history.MOST_EXTRACTS + 2) * (history.LONGEST_EXTRACT + 3)
    assert sum(len(message["content"]) for message in conversation[:-4]) <= most + len(SYSTEM["content"])
    assert len(conversation) <= 6


def test_the_model_writes_the_summary_and_gets_the_old_messages_as_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = MockServer(seed=1)
    client = Client(base_url=background.run(server.start()))
    monkeypatch.setattr(wiring, "default_client", lambda: client)
    try:
        shorter = summarize_old_messages([SYSTEM, *turns(10)], 8)
    finally:
        background.run(server.stop())
    instructions, material = server.requests[-1].body["messages"]
    assert instructions["role"] == "system"
    assert "Question 0." not in instructions["content"]
    assert material["role"] == "user"
    assert "Question 0." in material["content"]
    assert "Question 9." not in material["content"]
    assert shorter[1]["content"].splitlines()[1:] == [f"- Question {i}." for i in range(6)]
