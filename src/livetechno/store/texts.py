"""Small forms that the rows share: moments, one line of a text, a text that can be kept."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timezone


def moment(of: datetime) -> str:
    """A moment as it is kept: UTC, ISO 8601 to the microsecond, so that text sorts by time."""
    return f"{of.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def one_line(text: str, most: int) -> str:
    """The text on one line, cut to `most` characters with an ellipsis."""
    line = " ".join(whole(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def whole(text: str) -> str:
    """The text with the replacement character for halves of surrogate pairs, which UTF-8 cannot say."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class _Folded(dict[int, str]):
    """What stands for a character when neither case nor accents count, found out once."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFD", chr(code))
        accented = all("\u0300" <= part <= "\u036f" for part in parts[1:])  # unlike kana and hangul
        self[code] = (parts[0] if accented else chr(code)).lower()[0]
        return self[code]


_folded = _Folded()


def fold(text: str) -> str:
    """The text without case and accents, each character in its place."""
    return text.translate(_folded)
