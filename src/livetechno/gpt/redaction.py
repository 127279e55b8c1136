"""No key in any text: `redact(text)`, and one redactor on every log record.

Two nets. Every key that this process has seen is known by the hashes of its eight-character
pieces, so that any eight of its characters in a row are found, and the registry itself holds no
text that could be printed. And what looks like a key (`sk-...`, `Bearer ...`, `api_key=...`, the
password of an address) is hidden even when nobody told us about it.
"""

from __future__ import annotations

import logging
import re
import threading
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = 8
"""Characters of a key in a row that count as a leak."""
SHORTEST = 6
"""Characters of the shortest text in which something is hidden: `://:x@`."""
MARK = "…"
"""What stands in place of what was removed. No key holds this sign, so removing never joins a key."""

_PREFIX = re.compile(r"sk-(?:(?:proj|svcacct|admin|test|ant|or-v1)-)?|gsk_|xai-|hf_")
_PATTERNS = (
    # OpenAI's own 401 echoes a key as sk-abc***...***wxyz, hence the stars and dots.
    (("sk-",), re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_*.…-]{7,}[A-Za-z0-9_*]"), f"sk-{MARK}"),
    # an access key of ours
    (("lt-",), re.compile(r"(?<![A-Za-z0-9])lt-[A-Za-z0-9_-]{20,}"), f"lt-{MARK}"),
    (
        ("bearer", "basic"),
        re.compile(r"\b((?:bearer|basic)\s+)[^\s\"',;]{16,}", re.IGNORECASE),
        rf"\1{MARK}",
    ),
    (
        ("key", "authorization", "token", "secret", "password"),
        re.compile(
            r"((?:api[-_]?key|authorization|access[-_]token|secret|password)[\"']?\s?[:=]\s?[\"']?)"
            r"[^\s\"',;&]{16,}",
            re.IGNORECASE,
        ),
        rf"\1{MARK}",
    ),
    (("://",), re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), rf"\1{MARK}@"),
)
"""What may be a key: words of which one must be there (they are found fast), the pattern, its stand-in."""

_pieces: set[int] = set()
_quarters: set[int] = set()
"""Hashes of the known keys' four-character pieces. Eight characters in a row hold one that begins at a
multiple of four, so looking at every fourth place is enough to tell that nothing is there."""
_previous: Callable[..., logging.LogRecord] | None = None
_lock = threading.Lock()


def secret_part(key: str) -> str:
    """What follows the prefix that all keys of a provider share (`sk-`, `sk-proj-`, ...)."""
    prefix = _PREFIX.match(key)
    return key[prefix.end() :] if prefix else key


def register(key: str) -> None:
    """From now on `redact` removes every eight characters in a row of this key's secret part."""
    secret = secret_part(key)
    if len(secret) < RUN:
        return  # nothing of it counts as a leak
    _pieces.update(hash(secret[i : i + RUN]) for i in range(len(secret) - RUN + 1))
    _quarters.update(hash(secret[i : i + 4]) for i in range(len(secret) - 3))


def redact(text: str) -> str:
    """The text without any key in it. Time is linear in its length."""
    if len(text) < SHORTEST:
        return text
    text = _without_known_keys(text)
    lower = text.lower()
    for hints, pattern, replacement in _PATTERNS:
        if any(hint in lower for hint in hints):
            text = pattern.sub(replacement, text)
    return text


def _without_known_keys(text: str) -> str:
    if _quarters.isdisjoint([hash(text[i : i + 4]) for i in range(0, len(text) - 3, 4)]):
        return text
    kept: list[str] = []
    end = 0
    for start in range(len(text) - RUN + 1):
        if hash(text[start : start + RUN]) in _pieces:
            if start >= end:
                kept += text[end:start], MARK
            end = start + RUN
    return "".join([*kept, text[end:]])


def install() -> None:
    """Redact the message, arguments, traceback and stack of every log record of this process.

    Doing it twice changes nothing. A record without a key in it stays as it is, arguments and all.
    What a caller adds through `extra=` is set later than we are asked, and is not looked at.
    """
    global _previous
    with _lock:
        if _previous is None:
            _previous = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_redacted_record)


def uninstall() -> None:
    """Give logging its former factory back and forget every key. For tests."""
    global _previous
    with _lock:
        if _previous is not None and logging.getLogRecordFactory() is _redacted_record:
            logging.setLogRecordFactory(_previous)
        _previous = None
        _pieces.clear()
        _quarters.clear()


def _redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = (_previous or logging.LogRecord)(*args, **kwargs)
    _redact_message(record)
    if record.exc_info and record.exc_info[0]:
        text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        clean = redact(text)
        if clean != text:
            # Without exc_info no handler can print the exception in a way of its own.
            record.exc_text, record.exc_info = clean, None
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    return record


def _redact_message(record: logging.LogRecord) -> None:
    try:
        message, arguments = record.getMessage(), repr(record.args) if record.args else ""
    except Exception:  # noqa: BLE001 - logging would print message and arguments to stderr, key and all
        record.msg, record.args = redact(f"{record.msg!s} {_safe_repr(record.args)}"), ()
        return
    clean = redact(message)
    if clean != message or redact(arguments) != arguments:
        record.msg, record.args = clean, ()


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a faulty __repr__ of anybody's
        return f"<{type(value).__name__}>"
