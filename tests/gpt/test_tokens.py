from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import tokens
from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.completions import ToolSpec
from livetechno.gpt.messages import Image, Message, ToolCall, to_plain, user
from livetechno.gpt.tokens import Count, count_messages, encoding_for, image_tokens

COOKBOOK = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate jargon into "
        "plain English.",
    },
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Things working well together will increase revenue.",
    },
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities for "
        "increased leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
]
"""The example of OpenAI's cookbook, "How to count tokens with tiktoken", with what its API answered."""


@pytest.mark.parametrize(("model", "counted"), [("gpt-3.5-turbo", 129), ("gpt-4", 129), ("gpt-4o", 124)])
def test_the_cookbooks_conversation_has_the_tokens_that_openai_counted(model: str, counted: int) -> None:
    assert count_messages(COOKBOOK, model).tokens == counted


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4", "cl100k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("ft:gpt-3.5-turbo:mine", "cl100k_base"),
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4.1", "o200k_base"),
        ("gpt-6.2-sol", "o200k_base"),
        ("o3", "o200k_base"),
    ],
)
def test_a_models_name_tells_its_encoding(model: str, encoding: str) -> None:
    assert encoding_for(model) == encoding
    assert tokens.knows(model)


def test_an_unknown_model_is_supposed_to_read_the_newest_encoding() -> None:
    assert encoding_for("llama-9") == "o200k_base"
    assert not tokens.knows("llama-9")
    assert not count_messages([{"role": "user", "content": "Hello"}], "llama-9").exact


def test_the_encoding_of_every_catalogued_model_is_known() -> None:
    assert all(map(tokens.knows, load_catalogue().models))


def test_text_is_exact_where_the_framing_is_published() -> None:
    hello = [user("Hello")]
    assert count_messages(hello, "gpt-4.1") == Count(3 + 1 + 1 + 3, exact=True)
    assert count_messages(hello, "gpt-6-luna") == Count(8, exact=False)
    assert count_messages([], "gpt-4.1") == Count(3, exact=True)


@pytest.mark.parametrize(
    "more",
    [
        {"name": "Ada"},
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"function_call": {"name": "f", "arguments": "{}"}},
        {"tool_call_id": "call_1"},
        {"content": [{"type": "text", "text": "Hello"}, {"image_url": {"url": "https://x.test/a.png"}}]},
        {"content": [{"type": "text", "text": "Hello"}, {"image_url": "https://x.test/a.png"}]},
    ],
)
def test_names_calls_and_pictures_are_estimates_and_cost_something(more: dict[str, Any]) -> None:
    plain = {"role": "user", "content": "Hello"}
    counted = count_messages([{**plain, **more}], "gpt-4.1")
    assert counted.tokens > count_messages([plain], "gpt-4.1").tokens
    assert not counted.exact


def test_a_part_that_we_do_not_know_makes_an_estimate() -> None:
    assert count_messages([{"role": "user", "content": [{"type": "input_audio"}]}], "gpt-4o") == (
        Count(7, exact=False)
    )


def test_tools_are_estimated() -> None:
    tool = ToolSpec("beats", "How many beats are in some bars.", {"type": "object", "properties": {}})
    counted = count_messages([user("Hello")], "gpt-4.1", [tool])
    assert counted.tokens > 8 + tokens.TOOL_TOKENS
    assert not counted.exact


@given(st.lists(st.text(max_size=40), max_size=6), st.sampled_from(["gpt-4", "gpt-4.1"]))
def test_messages_count_the_same_as_values_and_as_dicts_and_add_up(texts: list[str], model: str) -> None:
    counted = count_messages([Message("user", text) for text in texts], model)
    assert counted == count_messages([{"role": "user", "content": text} for text in texts], model)
    own = sum(4 + tokens.count(text, encoding_for(model)) for text in texts)
    assert counted == Count(3 + own, exact=True)


def test_a_message_with_calls_and_pictures_counts_as_its_plain_form() -> None:
    shown = user("Yes", [picture(100, 100)])
    assert count_messages([shown], "gpt-4o") == Count(8 + 85 + 170, exact=False)
    called = Message("assistant", "Yes", tool_calls=(ToolCall("1", "beats", '{"bars": 7}'),))
    assert count_messages([called], "gpt-4o") == count_messages([to_plain(called)], "gpt-4o")


def picture(width: int, height: int) -> Image:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return Image(f"data:image/png;base64,{base64.b64encode(head).decode()}")


@pytest.mark.parametrize(
    ("model", "size", "detail", "cost"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-5", (1024, 1024), "auto", 70 + 4 * 140),
        ("gpt-4.1-mini", (1024, 1024), "high", 1659),
        ("gpt-4.1-mini", (1800, 2400), "high", 2353),  # 1452 patches x 1.62, rounded up
        ("gpt-6-luna", (1024, 1024), "high", 1229),
        ("gpt-6-luna", (8192, 6144), "high", 1743),  # the same patches x 1.2
        ("gpt-6-luna", (1024, 1024), "low", 308),
    ],
)
def test_pictures_cost_what_the_published_examples_say(
    model: str, size: tuple[int, int], detail: str, cost: int
) -> None:
    assert image_tokens(picture(*size).url, detail, model) == cost


@given(
    st.integers(1, 60_000),
    st.integers(1, 60_000),
    st.sampled_from(["low", "high", "auto"]),
    st.sampled_from(sorted(load_catalogue().models)),
)
def test_a_picture_of_any_size_costs_a_bounded_number(
    width: int, height: int, detail: str, model: str
) -> None:
    assert 0 < image_tokens(picture(width, height).url, detail, model) <= 48_169


def test_a_picture_of_unknown_size_is_taken_for_a_square_of_1024() -> None:
    assert image_tokens("https://x.test/a.png", "high", "gpt-4o") == 765
