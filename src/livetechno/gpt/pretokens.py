r"""A text cut into pre-tokens: words, numbers, runs of signs or of blanks. Tokens never reach across a cut.

OpenAI cuts with regular expressions over Unicode's classes, which the standard `re` does not know. So
each character is first replaced by a code for its class, and the same expressions, written over codes,
find the cuts. Source of the expressions: tiktoken 0.14, `tiktoken_ext/openai_public.py`.

The codes: `\n` for line feed and carriage return, blank, `\t` for other white space, `0` for numbers,
`~` for marks, apostrophe and slash as they are, `.` for all else. Upper case letters become `U`, lower
case ones `u`, letters without case `c`; but those that contractions are made of keep their name.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from importlib import resources
from unicodedata import category

PATTERNS = {
    "cl100k_base": re.compile(
        r"'(?i:[sdmt]|ll|ve|re)"
        r"|[^\n0A-Za-z]?[A-Za-z]+"
        r"|0{1,3}"
        r"| ?[^\s0A-Za-z]+\n*"
        r"|\s+\Z"
        r"|\s*\n"
        r"|\s+(?!\S)"
        r"|\s"
    ),
    "o200k_base": re.compile(
        r"[^\n0A-Za-z]?[A-Zc~]*[a-z~]+(?i:'(?:s|t|re|ve|m|ll|d))?"
        r"|[^\n0A-Za-z]?[A-Zc~]+[a-z~]*(?i:'(?:s|t|re|ve|m|ll|d))?"
        r"|0{1,3}"
        r"| ?[^\s0A-Za-z]+[\n/]*"
        r"|\s*\n+"
        r"|\s+(?!\S)"
        r"|\s+"
    ),
}
"""By encoding: where it cuts, written over codes."""

WINDOW = 1 << 15
"""About how many characters are cut at once: a long text takes little memory beside its own, and the
thread that cuts it lets others run in between."""


def windows(size: int) -> re.Pattern[str]:
    """Parts of at least `size` characters that end where every encoding cuts: between words or lines."""
    return re.compile(rf".{{{size}}}.*?(?:[A-Za-z](?= [A-Za-z])|\n(?=\w))|.+", re.DOTALL)


_WINDOWS = windows(WINDOW)
_CONTRACTIONS = frozenset("STMDLVREstmdlvre")
_WHITE_SPACE = frozenset(
    "\t\v\f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's White_Space without the two line ends; `str.isspace` takes four control characters more."""
_LETTERS = {"Lu": "U", "Lt": "U", "Ll": "u", "Lm": "c", "Lo": "c"}


def pretokens(text: str, encoding: str) -> Iterator[list[str]]:
    """The pre-tokens in order, a list for each part of the text; all of them joined are the text."""
    find = PATTERNS[encoding].findall
    for found in _WINDOWS.finditer(text):
        window = found.group()
        pieces = []
        start = 0
        for codes in find(window.translate(_CODES)):
            end = start + len(codes)
            pieces.append(window[start:end])
            start = end
        yield pieces


class _Codes(dict[int, str]):
    """Code points to codes, filled in as characters are met (`str.translate` asks)."""

    def __missing__(self, point: int) -> str:
        code = self[point] = _code(chr(point))
        return code


def _code(character: str) -> str:
    if character in "\r\n":
        return "\n"
    if character in " '/" or character in _CONTRACTIONS:
        return character
    if character == "ſ":  # the long s folds to s
        return "s"
    if character in _WHITE_SPACE:
        return "\t"
    kind = category(character)
    if kind == "Cn":
        kind = _newer_category(ord(character))
    if kind in _LETTERS:
        return _LETTERS[kind]
    return {"N": "0", "M": "~"}.get(kind[0], ".")


_CODES = _Codes()


def _newer_category(point: int) -> str:
    """The category of a character that Unicode 16 has and this Python's `unicodedata` has not."""
    firsts, ranges = _newer()
    place = bisect_right(firsts, point) - 1
    return ranges[place][2] if place >= 0 and point <= ranges[place][1] else "Cn"


@cache
def _newer() -> tuple[list[int], list[tuple[int, int, str]]]:
    path = resources.files("livetechno.gpt") / "data" / "unicode16.json"
    ranges: list[tuple[int, int, str]] = json.loads(path.read_text(encoding="utf-8"))["ranges"]
    return [first for first, _, _ in ranges], ranges
