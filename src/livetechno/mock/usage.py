"""Tokens of a call, counted exactly where text is concerned (`livetechno.gpt.tokens`)."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from dataclasses import dataclass

from livetechno.gpt import encoding, tokens
from livetechno.gpt.completions import ToolSpec
from livetechno.gpt.messages import Message

REASONING_TOKENS = {"none": 0, "minimal": 8, "low": 32, "medium": 96, "high": 256, "xhigh": 512, "max": 1024}
"""What thinking costs at each effort. Ours: plausible, and rising with the effort."""
CACHE_FROM = 1024
"""Prompts of fewer tokens are not cached (reference/openai.md D2)."""
CACHE_STEP = 128
"""Cached prefixes are counted in steps of this many tokens."""


def pieces(text: str, model: str = "") -> list[str]:
    """The text of each token that the model reads or writes; joined, they are the text.

    A character that several tokens spell comes with the last of them, and the others are empty.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    return [decoder.decode(token) for token in encoding.cut(text, tokens.encoding_for(model))]


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. `output` includes `reasoning`, `input` includes `cached`."""

    input: int
    cached: int
    output: int
    reasoning: int


def input_tokens(
    messages: Iterable[Message], model: str, tools: Iterable[ToolSpec] = (), extra: object = None
) -> int:
    """How many tokens a prompt takes, with its functions and an answer's schema."""
    prompt = tokens.count_messages(messages, model, tools).tokens
    return prompt + (tokens.count(json.dumps(extra), tokens.encoding_for(model)) if extra else 0)


def cached_tokens(messages: tuple[Message, ...], model: str) -> int:
    """How much of the prompt a cache would hold: all up to the model's last answer, in whole steps."""
    answers = [index for index, message in enumerate(messages) if message.role == "assistant"]
    if not answers:
        return 0
    prefix = tokens.count_messages(messages[: answers[-1]], model).tokens
    return prefix // CACHE_STEP * CACHE_STEP if prefix >= CACHE_FROM else 0


def reasoning_tokens(effort: str | None, limit: int | None) -> int:
    """What thinking costs; never more than half of the limit, so that an answer is left to show."""
    tokens = REASONING_TOKENS.get(effort or "none", 0)
    return tokens if limit is None else min(tokens, limit // 2)
