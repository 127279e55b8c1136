"""How many tokens a text or a conversation is for a model: text exactly, the rest as an estimate marked so.

    tokens.count("Hello")                               # 1, in o200k_base
    tokens.count_messages(messages, "gpt-4.1-mini")     # Count(tokens=12, exact=True)

Which model reads which encoding, and what an image costs, is data with its sources (`data/tokens.json`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from livetechno.gpt.completions import ToolSpec
from livetechno.gpt.encoding import DEFAULT, count, count_async, encode
from livetechno.gpt.image_size import image_size
from livetechno.gpt.messages import Message, to_plain

__all__ = [
    "Count",
    "count",
    "count_async",
    "count_messages",
    "encode",
    "encoding_for",
    "image_tokens",
    "knows",
    "most_image_tokens",
]

MESSAGE_TOKENS = 3
"""What frames a message, beside its role (OpenAI's cookbook, see `data/tokens.json`)."""
NAME_TOKENS = 1
"""What a name costs beside itself (the same)."""
MOST_TILES = 8
"""Tiles of the largest picture: 2048 x 768 pixels after shrinking."""
REPLY_TOKENS = 3
"""What every prompt costs for the reply to begin (the same)."""
TOOL_TOKENS = 7
"""What frames a function that may be called, beside its description (the same, for gpt-4o)."""
UNKNOWN_SIZE = (1024, 1024)
"""Taken for a picture whose size cannot be read, in pixels."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Count:
    """A number of tokens, and whether it is exact."""

    tokens: int
    exact: bool

    def __add__(self, other: Count) -> Count:
        return Count(self.tokens + other.tokens, self.exact and other.exact)


def encoding_for(model: str) -> str:
    """The name of the encoding that a model reads; o200k_base for one that we do not know."""
    return _longest(_data()["encodings"], model) or DEFAULT


def knows(model: str) -> bool:
    """Whether the encoding of a model is known, and not only supposed."""
    return _longest(_data()["encodings"], model) is not None


def count_messages(
    messages: Iterable[Message | Mapping[str, Any]], model: str, tools: Iterable[ToolSpec] = ()
) -> Count:
    """What messages and tools take as a prompt, with all that frames them.

    Exact for messages of text, to the models whose framing OpenAI has published. Names, tools, their
    calls and results, and images are estimates.
    """
    total = Count(REPLY_TOKENS, _longest(dict.fromkeys(_data()["framed"], True), model) is not None)
    for message in messages:
        total += _message(to_plain(message) if isinstance(message, Message) else message, model)
    for tool in tools:
        told = json.dumps([tool.name, tool.description, tool.parameters], ensure_ascii=False)
        total += Count(TOOL_TOKENS + count(told, encoding_for(model)), exact=False)
    return total


def image_tokens(url: str, detail: str, model: str) -> int:
    """About what an image costs, by OpenAI's published formulas (`data/tokens.json`)."""
    rule = _longest(_data()["images"], model)
    assert rule is not None
    width, height = image_size(url) or UNKNOWN_SIZE
    if "tile" in rule:
        tiles = 0 if detail == "low" else _tiles(width, height)
        return int(rule["base"] + rule["tile"] * tiles)
    if detail == "low":
        width, height = _within(width, height, 512)
    return math.ceil(_patches(width, height, rule["most"]) * Fraction(rule["factor"]))


def most_image_tokens(model: str) -> int:
    """What the dearest image costs, of whichever size and detail, by the same formulas."""
    rule = _longest(_data()["images"], model)
    assert rule is not None
    if "tile" in rule:
        return int(rule["base"] + rule["tile"] * MOST_TILES)
    return math.ceil(int(rule["most"]) * Fraction(rule["factor"]))


def _message(message: Mapping[str, Any], model: str) -> Count:
    encoding = encoding_for(model)
    total = Count(MESSAGE_TOKENS + count(str(message.get("role", "")), encoding), exact=True)
    content = message.get("content")
    for part in content if isinstance(content, list) else [content]:
        total += _part(part, model)
    if message.get("name"):
        total += Count(NAME_TOKENS + count(str(message["name"]), encoding), exact=False)
    for field in ("tool_calls", "function_call", "tool_call_id"):
        if message.get(field):
            told = json.dumps(message[field], ensure_ascii=False, default=str)
            total += Count(count(told, encoding), exact=False)
    return total


def _part(part: object, model: str) -> Count:
    match part:
        case None:
            return Count(0, exact=True)
        case str(text) | {"text": str(text)}:
            return Count(count(text, encoding_for(model)), exact=True)
        case {"image_url": {"url": str(url), **rest}} | {"image_url": str(url), **rest}:
            return Count(image_tokens(url, str(rest.get("detail") or "auto"), model), exact=False)
        case _:
            return Count(0, exact=False)


def _tiles(width: int, height: int) -> int:
    width, height = _within(width, height, 2048)
    if min(width, height) > 768:
        shrink = Fraction(768, min(width, height))
        width, height = round(width * shrink), round(height * shrink)
    return math.ceil(width / 512) * math.ceil(height / 512)


def _within(width: int, height: int, side: int) -> tuple[int, int]:
    if max(width, height) <= side:
        return width, height
    shrink = Fraction(side, max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _patches(width: int, height: int, most: int) -> int:
    """How many patches cover the picture, shrunk as the guide does it when they are too many."""
    if math.ceil(width / 32) * math.ceil(height / 32) <= most:
        return math.ceil(width / 32) * math.ceil(height / 32)
    shrink = math.sqrt(most * 32 * 32 / (width * height))
    across, down = width * shrink / 32, height * shrink / 32
    shrink *= min(max(1, int(across)) / across, max(1, int(down)) / down)
    return min(most, math.ceil(width * shrink / 32 - 1e-9) * math.ceil(height * shrink / 32 - 1e-9))


def _longest(table: Mapping[str, Value], model: str) -> Value | None:
    """The entry whose key the model's name begins with, the longest of them. Of a tuned one, its base's."""
    name = model.removeprefix("ft:").lower()
    fitting = [beginning for beginning in table if name.startswith(beginning)]
    return table[max(fitting, key=len)] if fitting else None


@cache
def _data() -> dict[str, Any]:
    path = resources.files("livetechno.gpt") / "data" / "tokens.json"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data
