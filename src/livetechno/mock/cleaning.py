"""What a recording may hold: no key, no organisation's id, and only the headers that a replay needs.

JSON is cleaned in its texts, not as it is written: a key spelled with escapes is found, and what is
left is still JSON. Whatever holds nothing to remove stays as it is, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from livetechno.gpt.errors import KeyProblem
from livetechno.gpt.redaction import MARK, redact
from livetechno.gpt.secret import Secret
from livetechno.mock import wire

KEPT_HEADERS = re.compile(
    r"content-type|retry-after(-ms)?|x-should-retry|x-request-id|x-ratelimit-[a-z-]+"
    r"|openai-(processing-ms|version)"
)
"""The headers of an answer that are passed on and kept: no `location`, no cookie, nobody's account."""
DEEPEST = 100
"""Levels of JSON inside one another; what goes deeper is handled as text."""

_KEY = re.compile(r"(?=\S*[0-9])\S{16,}$")
"""Keys in use have 20 characters or more, digits among them."""
_OWNER = re.compile(r"\b(org|proj)([-_])[A-Za-z0-9]{16,}")
_LINE = re.compile(r"[^\r\n]+")


def remember(values: Iterable[str]) -> None:
    """From now on the keys in these headers' values are known, and removed like our own.

    What stands in for a key (`unused`, `anything`) is none: its letters may be words of an answer.
    """
    for value in values:
        if key := _KEY.search(value):
            with contextlib.suppress(KeyProblem):
                Secret(key[0])


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """The headers that are kept, in small letters."""
    lower = {name.lower(): plain(value) for name, value in given.items() if value.isprintable()}
    return {name: value for name, value in lower.items() if KEPT_HEADERS.fullmatch(name)}


def plain(text: str) -> str:
    """A text that is no JSON, cleaned."""
    return _OWNER.sub(rf"\1\2{MARK}", redact(text))


def json_or_text(text: str) -> str:
    """A text that may be JSON, cleaned; JSON in which something was removed is written anew."""
    found = document(text)
    if found is None:
        return plain(text)
    original, cleaned = found
    return text if cleaned == original else wire.dump(cleaned).decode()


def document(text: str) -> tuple[Any, Any] | None:
    """The JSON object, list or text in `text`, as it is and cleaned; None for others, and one too deep."""
    try:
        original = json.loads(text)
        return (original, _value(original)) if isinstance(original, dict | list | str) else None
    except (ValueError, RecursionError):
        return None


def event(text: str) -> str:
    """One event of a stream, cleaned."""
    return _LINE.sub(lambda line: _field(line[0]), text)


def binary(data: bytes) -> bytes:
    """Bytes that are no text, cleaned."""
    as_text = data.decode("latin-1")
    cleaned = plain(as_text)
    return data if cleaned == as_text else cleaned.encode("latin-1", "replace")


def _value(given: Any, name: str = "", depth: int = 0) -> Any:
    """A JSON value with every text in it cleaned, the names of fields too. Raises ValueError past DEEPEST."""
    if depth > DEEPEST:
        raise ValueError(f"over {DEEPEST} levels deep")
    match given:
        case str():
            return _held(given, name)
        case dict():
            return {plain(key): _value(inner, key, depth + 1) for key, inner in given.items()}
        case list():
            return [_value(inner, name, depth + 1) for inner in given]
    return given


def _held(text: str, name: str) -> str:
    """A field's text, cleaned; nothing of it where the field's name (`api_key`) says that it is secret."""
    start = text[:64]
    secret = plain(f"{name}: {start}") != f"{name}: {plain(start)}"
    return MARK if secret else plain(text)


def _field(line: str) -> str:
    start, colon, data = line.partition("data:")
    if start or not colon:
        return plain(line)
    cleaned = json_or_text(data)
    return line if cleaned == data else f"data: {cleaned}"
