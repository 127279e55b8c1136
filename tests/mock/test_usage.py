from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.messages import Message
from livetechno.mock import usage
from livetechno.mock.rate import duration


@given(st.text())
def test_pieces_are_the_text_and_their_count_is_the_estimate(text: str) -> None:
    cut = usage.pieces(text)
    assert "".join(cut) == text
    assert usage.estimate_tokens(text) == len(cut)


def test_an_estimate_is_near_four_characters_a_token() -> None:
    text = "Answers come piece by piece, as they are written, and what had come is kept on the error."
    assert 3 < len(text) / usage.estimate_tokens(text) < 5.5


def test_a_long_conversation_has_a_cached_beginning_in_whole_steps() -> None:
    long = Message("user", "word " * 2000)
    assert usage.cached_tokens((long,)) == 0
    cached = usage.cached_tokens((long, Message("assistant", "Yes."), Message("user", "And?")))
    assert 1900 < cached <= 2010
    assert cached % usage.CACHE_STEP == 0
    assert usage.cached_tokens((Message("user", "a"), Message("assistant", "b"))) == 0


def test_thinking_grows_with_the_effort_and_leaves_half_of_the_room() -> None:
    costs = [usage.reasoning_tokens(effort, None) for effort in usage.REASONING_TOKENS]
    assert costs == sorted(costs)
    assert usage.reasoning_tokens("max", 20) == 10
    assert usage.reasoning_tokens(None, 20) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.012, "12ms"), (0, "0ms"), (1, "1s"), (1.5, "1.5s"), (60, "1m0s"), (360, "6m0s"), (3630, "1h0m30s")],
)
def test_durations_are_written_as_in_the_headers(seconds: float, text: str) -> None:
    assert duration(seconds) == text
