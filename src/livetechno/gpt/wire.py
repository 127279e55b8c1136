"""Small readers for JSON that came from outside: nothing in it is taken on trust."""

from __future__ import annotations

import json
import re
from typing import Any

from livetechno.gpt.errors import ReplyInvalidError
from livetechno.gpt.redaction import redact

_SURROGATE = re.compile("[\ud800-\udfff]")


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
    return number(value) or 0


def number(value: object) -> int | None:
    """A whole number of zero or more, also written as 12.0; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def text_or_none(value: object) -> str | None:
    """A name or id that is not empty, else None. A key that a server echoes in one is taken out."""
    return redact(whole(value)) if isinstance(value, str) and value else None


def whole(text: str) -> str:
    """The text with halves of characters (lone surrogates) joined, or replaced where one is missing."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Joiner:
    """Makes characters whole that a server cut in two between pieces of a stream."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """The piece, without a half at its end, which waits for the next one."""
        if piece.isascii() and not self._half:
            return piece
        piece = self._half + piece
        self._half = piece[-1] if piece and "\ud800" <= piece[-1] <= "\udbff" else ""
        return whole(piece.removesuffix(self._half) if self._half else piece)
