"""Tokens, estimated.

An estimate, not a tokenizer: a piece is a run of at most six letters or digits, or of at most two
signs, with the blank before it; or a run of blanks. English and French come near four characters
a piece, as with GPT's own vocabularies. Exact counting will replace `estimate_tokens` and `pieces`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from livetechno.gpt.completions import ToolSpec
from livetechno.gpt.messages import Message

_PIECE = re.compile(r" ?\w{1,6}| ?[^\w\s]{1,2}|\s+")

MESSAGE_TOKENS = 4
"""What a message costs beside its text."""
IMAGE_TOKENS = {"low": 85, "high": 765, "auto": 765}
"""A picture at each detail: OpenAI's published sizes for a 1024 x 1024 picture of the gpt-4o line."""
REASONING_TOKENS = {"none": 0, "minimal": 8, "low": 32, "medium": 96, "high": 256, "xhigh": 512, "max": 1024}
"""What thinking costs at each effort. Ours: plausible, and rising with the effort."""
CACHE_FROM = 1024
"""Prompts of fewer tokens are not cached (reference/openai.md D2)."""
CACHE_STEP = 128
"""Cached prefixes are counted in steps of this many tokens."""


def pieces(text: str) -> list[str]:
    """The text cut into pieces of about one token each; joined, they are the text."""
    return _PIECE.findall(text)


def estimate_tokens(text: str) -> int:
    """About how many tokens the text has."""
    return sum(1 for _ in _PIECE.finditer(text))


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. `output` includes `reasoning`, `input` includes `cached`."""

    input: int
    cached: int
    output: int
    reasoning: int


def message_tokens(message: Message) -> int:
    """About how many tokens one message takes."""
    calls = sum(estimate_tokens(call.name + call.arguments) for call in message.tool_calls)
    images = sum(IMAGE_TOKENS[image.detail] for image in message.images)
    return MESSAGE_TOKENS + estimate_tokens(message.text) + calls + images


def input_tokens(messages: Iterable[Message], tools: Iterable[ToolSpec] = (), extra: object = None) -> int:
    """About how many tokens a prompt takes, with its functions and an answer's schema."""
    total = 3 + sum(message_tokens(message) for message in messages)
    for tool in tools:
        total += MESSAGE_TOKENS + estimate_tokens(tool.name + tool.description + json.dumps(tool.parameters))
    return total + (estimate_tokens(json.dumps(extra)) if extra else 0)


def cached_tokens(messages: tuple[Message, ...]) -> int:
    """How much of the prompt a cache would hold: all up to the model's last answer, in whole steps."""
    answers = [index for index, message in enumerate(messages) if message.role == "assistant"]
    if not answers:
        return 0
    prefix = 3 + sum(message_tokens(message) for message in messages[: answers[-1]])
    return prefix // CACHE_STEP * CACHE_STEP if prefix >= CACHE_FROM else 0


def reasoning_tokens(effort: str | None, limit: int | None) -> int:
    """What thinking costs; never more than half of the limit, so that an answer is left to show."""
    tokens = REASONING_TOKENS.get(effort or "none", 0)
    return tokens if limit is None else min(tokens, limit // 2)
