"""How many tokens a text has: an estimate, until exact counting takes its place.

Counted are runs of at most seven Latin letters, three digits, three letters of other alphabets, two
signs, and single characters of the scripts without spaces, each with the blank before it. Against
o200k_base on our own texts: English, French and JSON within 8 %, Python code 16 % too many, Chinese
and Japanese a third too many.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MESSAGE_TOKENS = 4
"""What a message costs beside its words (OpenAI's cookbook: 3, and 1 for a name)."""
REPLY_TOKENS = 3
"""What every prompt costs for the reply to begin (OpenAI's cookbook)."""
IMAGE_TOKENS = 765
"""A picture of 1024 x 1024 at high detail: OpenAI's published size for the gpt-4o line."""

_PIECE = re.compile(
    r" ?[A-Za-z\u00c0-\u024f]{1,7}"
    r"| ?[0-9]{1,3}"
    r"| ?[\u0370-\u1fff]{1,3}"
    r"|[\u2600-\U0010ffff]"
    r"| ?[^\w\s]{1,2}"
    r"|\s+"
    r"|\w"
)


def estimate(text: str) -> int:
    """About how many tokens the text has. Time is linear in its length."""
    return sum(1 for _ in _PIECE.finditer(text))


def estimate_messages(messages: Iterable[Mapping[str, Any]]) -> int:
    """About how many tokens plain messages take as a prompt, what frames them included."""
    return REPLY_TOKENS + sum(MESSAGE_TOKENS + _message(message) for message in messages)


def _message(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    calls = [message[name] for name in ("tool_calls", "function_call") if message.get(name)]
    return sum(map(_part, parts)) + sum(estimate(json.dumps(call, ensure_ascii=False)) for call in calls)


def _part(part: object) -> int:
    match part:
        case str(text) | {"text": str(text)}:
            return estimate(text)
        case {"image_url": _}:
            return IMAGE_TOKENS
        case _:
            return 0
