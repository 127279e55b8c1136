"""A prompt never has more tokens than its bytes say."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.bounds import counted_input_tokens, most_input_tokens
from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.completions import Request, Schema, ToolSpec
from livetechno.gpt.messages import Image, Message, ToolCall, user
from livetechno.gpt.tokens import count_messages, image_tokens, most_image_tokens

MODELS = [*load_catalogue().models, "unheard-of"]
ODD = [
    "\ud83d",
    "\ude00",
    "\ud83d\ude00",
    "😀",
    "👩‍👩‍👧",
    "日本語",
    "กขค",
    "<|endoftext|>",
    "\0",
    "\x7f",
    "é",
    "\\",
    '"',
]
texts = st.lists(st.text(max_size=30) | st.sampled_from(ODD), max_size=8).map("".join)
calls = st.builds(ToolCall, texts, texts, texts)


def png(width: int, height: int) -> str:
    """The address of a picture that begins like a PNG of that size, as far as a reader of sizes looks."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height)
    return "data:image/png;base64," + base64.b64encode(head + bytes(13)).decode()


images = st.builds(
    Image,
    st.builds(png, st.integers(1, 20_000), st.integers(1, 20_000)) | st.just("https://h/a.png"),
    st.sampled_from(["auto", "low", "high"]),
)
messages = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    texts,
    st.lists(images, max_size=2).map(tuple),
    st.lists(calls, max_size=2).map(tuple),
    st.none() | texts,
)
schemas = st.recursive(
    st.dictionaries(texts, texts | st.integers() | st.none(), max_size=3),
    lambda inner: st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
tools = st.builds(ToolSpec, texts, texts, schemas)


@given(st.lists(messages, max_size=5), st.lists(tools, max_size=3), st.sampled_from(MODELS))
def test_no_prompt_has_more_tokens_than_its_bound(
    said: list[Message], offered: list[ToolSpec], model: str
) -> None:
    request = Request(tuple(said), tools=tuple(offered))
    counted = counted_input_tokens(request, model)
    assert most_input_tokens(request, model) >= counted >= count_messages(said, model, offered).tokens


@pytest.mark.parametrize("piece", ["a", " ", "日", "😀", "\ud83d", "\n", "é", "🇫🇷", "a1é "])
def test_a_long_run_of_anything_stays_within_its_bound(piece: str) -> None:
    said = (user(piece * 5_000),)
    for model in ("gpt-6-luna", "gpt-4"):
        counted = counted_input_tokens(Request(said), model)
        assert most_input_tokens(Request(said), model) >= counted >= count_messages(said, model).tokens


def test_counting_comes_close(request: pytest.FixtureRequest) -> None:
    prose = Request((user(request.path.read_text(encoding="utf-8")),))
    tokens = count_messages(prose.messages, "gpt-4o").tokens
    assert counted_input_tokens(prose, "gpt-4o") < tokens + 200 < most_input_tokens(prose, "gpt-4o") / 2
    assert counted_input_tokens(prose, "unheard-of") < tokens * 5 // 4 + 200


@given(st.integers(1, 50_000), st.integers(1, 50_000), st.sampled_from(MODELS))
def test_no_picture_costs_more_than_the_dearest(width: int, height: int, model: str) -> None:
    for detail in ("low", "high"):
        assert image_tokens(png(width, height), detail, model) <= most_image_tokens(model)


@pytest.mark.parametrize("model", MODELS)
def test_the_dearest_picture_exists(model: str) -> None:
    sizes = [(2048, 768), (4096, 4096), (3200, 3200)]
    assert max(image_tokens(png(*size), "high", model) for size in sizes) == most_image_tokens(model)


def test_an_image_counts_by_its_rule_and_not_by_its_bytes() -> None:
    heavy = Image("data:image/png;base64," + "A" * 1_000_000)
    assert most_input_tokens(Request((user("", [heavy]),)), "gpt-6-luna") < 10_000


def test_a_schema_counts() -> None:
    schema: dict[str, Any] = {"type": "object", "description": "é" * 500}
    plain = most_input_tokens(Request((user("x"),)), "gpt-6-luna")
    assert most_input_tokens(Request((user("x"),), schema=Schema("s", schema)), "gpt-6-luna") > plain + 1_000
