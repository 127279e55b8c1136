from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import tokens
from livetechno.gpt.completions import ToolSpec
from livetechno.gpt.messages import Message
from livetechno.mock import usage
from livetechno.mock.rate import duration


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_pieces_are_the_text_and_as_many_as_its_tokens(text: str) -> None:
    for model in ("gpt-6-luna", "gpt-4"):
        cut = usage.pieces(text, model)
        assert "".join(cut) == text
        assert len(cut) == tokens.count(text, tokens.encoding_for(model))


def test_a_character_of_several_tokens_comes_with_the_last_of_them() -> None:
    assert usage.pieces("𓀀!") == ["", "", "", "𓀀", "!"]


def test_a_prompt_is_counted_with_its_functions_and_schema() -> None:
    messages = (Message("user", "Hello"),)
    plain = usage.input_tokens(messages, "gpt-6-luna")
    assert plain == tokens.count_messages(messages, "gpt-6-luna").tokens
    tool = ToolSpec("beats", "How many beats", {"type": "object"})
    assert usage.input_tokens(messages, "gpt-6-luna", (tool,)) > plain
    assert usage.input_tokens(messages, "gpt-6-luna", extra={"type": "object"}) > plain


def test_a_long_conversation_has_a_cached_beginning_in_whole_steps() -> None:
    long = Message("user", "word " * 2000)
    assert usage.cached_tokens((long,), "gpt-6-luna") == 0
    cached = usage.cached_tokens((long, Message("assistant", "Yes."), Message("user", "And?")), "gpt-6-luna")
    assert 1900 < cached <= 2010
    assert cached % usage.CACHE_STEP == 0
    assert usage.cached_tokens((Message("user", "a"), Message("assistant", "b")), "gpt-6-luna") == 0


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
