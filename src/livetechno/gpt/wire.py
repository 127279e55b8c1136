"""Small readers for JSON that came from outside: nothing in it is taken on trust."""

from __future__ import annotations

import json
from typing import Any

from livetechno.gpt.errors import ReplyInvalidError


def parse(data: str | bytes, request_id: str | None = None) -> dict[str, Any]:
    """The JSON object in `data`. Raises ReplyInvalidError when it is anything else."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ReplyInvalidError("no JSON", code="malformed_json", request_id=request_id) from None
    if not isinstance(document, dict):
        raise ReplyInvalidError("no JSON object", code="malformed_json", request_id=request_id)
    return document


def details(told: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`, or an empty one."""
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def items(value: object) -> list[Any]:
    """The list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def count(value: object) -> int:
    """A number of tokens: a whole number above zero, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def text_or_none(value: object) -> str | None:
    """A text that is not empty, else None."""
    return value if isinstance(value, str) and value else None
