"""The same seed and the same wish give the same words, however the wish is spelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.mock.answer import Answer, answer
from livetechno.mock.asked import read_chat, read_responses
from livetechno.mock.service import find_model

QUESTIONS = ("Hello", "What is livetechno?", "Bonjour", "Tell me something strange", "Thanks!")


def chat(question: str = "Hello", dice: int = 1, **more: Any) -> Answer:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}], **more}
    return answer(read_chat(body), find_model(body["model"]), dice)


def responses(question: str = "Hello", dice: int = 1, **more: Any) -> Answer:
    body = {"model": "gpt-4o", "input": question, **more}
    return answer(read_responses(body), find_model(body["model"]), dice)


def wordings(**more: Any) -> list[str]:
    """What is said to the same question under many seeds: enough to tell other dice."""
    return [chat("Hello", dice, **more).choices[0].text for dice in range(40)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"max_tokens": 500}, {"max_completion_tokens": 500}),
        ({"stop": "zzz"}, {"stop": ["zzz"]}),
        ({"temperature": 0}, {"temperature": 0.0}),
        ({}, {"temperature": 1, "top_p": 1.0, "presence_penalty": 0, "frequency_penalty": 0.0, "n": 1}),
        ({}, {"stream": True, "stream_options": {"include_usage": True}}),
        ({}, {"user": "me", "metadata": {"a": "b"}, "store": True, "service_tier": "flex", "stop": None}),
        ({}, {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}),
        ({}, {"response_format": {"type": "text"}}),
    ],
)
def test_how_a_wish_is_spelled_does_not_change_the_words(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    assert wordings(**one) == wordings(**other)
    assert chat(**one).digest == chat(**other).digest


@pytest.mark.parametrize(
    "more", [{"temperature": 0.5}, {"max_tokens": 400}, {"n": 2}, {"seed": 3}, {"stop": "zzz"}]
)
def test_another_wish_is_answered_by_other_dice(more: Mapping[str, Any]) -> None:
    assert wordings() != wordings(**more)


@given(
    st.sampled_from(QUESTIONS),
    st.integers(0, 1000),
    st.none() | st.integers(16, 300),
    st.none() | st.floats(0, 2),
    st.booleans(),
)
def test_both_endpoints_whole_or_streamed_say_the_same(
    question: str, seed: int, limit: int | None, temperature: float | None, streamed: bool
) -> None:
    here = chat(question, seed, max_tokens=limit, temperature=temperature)
    there = responses(question, seed, max_output_tokens=limit, temperature=temperature, stream=streamed)
    assert there.choices == here.choices
    assert there.usage == here.usage


def test_an_effort_that_a_model_makes_anyway_changes_nothing() -> None:
    body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}
    plain = answer(read_chat(body), find_model("gpt-5-mini"), 1)
    told = answer(read_chat({**body, "reasoning_effort": "medium"}), find_model("gpt-5-mini"), 1)
    assert replace(told, asked=plain.asked) == plain
