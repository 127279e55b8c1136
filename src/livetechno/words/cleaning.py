"""What may be shown of a text that came from outside.

Text of a model or a server is hostile until cleaned: an escape sequence in it could retitle the
window, write the clipboard, hide or forge lines. `Cleaner` takes such sequences out, also when one
is split between two pieces of a stream.
"""

from __future__ import annotations

import re

_FORBIDDEN_CLASS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\ud800-\udfff"  # lone surrogates: no terminal can be sent one
)
_FORBIDDEN = re.compile(f"[{_FORBIDDEN_CLASS}]")

_TEXT, _ESCAPE, _CSI, _STRING = range(4)
_STRING_OPENERS_7_BIT = frozenset("]PX^_")
_STRING_OPENERS_8_BIT = frozenset("\x9d\x90\x98\x9e\x9f")
_STRING_ENDERS = frozenset("\x07\x9c\x18\x1a")


class Cleaner:
    """Takes control sequences and control characters out of a text that comes in pieces.

    The result does not depend on where the pieces are cut. Newline and tab stay. Sequences are those
    of ECMA-48 in their 7-bit and 8-bit forms; a control string (OSC, DCS, ...) that is never closed
    ends with its line, so a stray one cannot swallow the rest of an answer.
    """

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = _TEXT

    def __call__(self, piece: str) -> str:
        """The piece without what may not be shown."""
        if self._state == _TEXT and not _FORBIDDEN.search(piece):
            return piece
        return "".join(filter(self._keeps, piece))

    def _keeps(self, char: str) -> bool:
        if self._state == _STRING and char not in "\x1b\n":
            if char in _STRING_ENDERS:
                self._state = _TEXT
            return False
        if self._state == _CSI:
            if "\x20" <= char <= "\x3f":
                return False
            self._state = _TEXT
            if "\x40" <= char <= "\x7e":
                return False
        elif self._state == _ESCAPE:
            if "\x20" <= char <= "\x2f":
                return False
            self._state = _CSI if char == "[" else _STRING if char in _STRING_OPENERS_7_BIT else _TEXT
            if "\x30" <= char <= "\x7e":
                return False
        self._state = _state_after(char)
        return not _FORBIDDEN.match(char)


def _state_after(char: str) -> int:
    if char == "\x1b":
        return _ESCAPE
    if char == "\x9b":
        return _CSI
    return _STRING if char in _STRING_OPENERS_8_BIT else _TEXT


def clean(text: str) -> str:
    """The whole `text` without control sequences and control characters."""
    return Cleaner()(text)


def one_line(text: str) -> str:
    """`text` cleaned, on one line: for names, ids and errors that a server sent."""
    return " ".join(clean(text).split())
