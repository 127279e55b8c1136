"""Breaks styled text between words at the terminal's width, as it arrives.

A word is held until it is known to be whole; then it is written and never touched again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from livetechno.words.styles import PLAIN, Span, Style, paint

_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    "\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
)
"""Scripts that may be broken anywhere: Chinese, Japanese, Korean."""
_PARTS = re.compile(f"(?P<blank>[ \t]+)|(?P<wide>[{_WIDE}])|(?P<rest>[^ \t{_WIDE}]+)")
"""A no-break space is no blank."""


class Wrapper:
    """Collects text and gives it back broken into lines of at most `columns` cells.

    A word wider than a line is cut where the line is full. The result depends on the text alone, not
    on how it was cut into pieces.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._out: list[str] = []
        self._column = 0
        self._hang: tuple[Span, ...] = ()
        self._hang_width = 0
        self._blanks = ""
        self._word: list[tuple[str, Style]] = []
        self._word_width = 0

    @property
    def at_line_start(self) -> bool:
        """Whether nothing is on the present line."""
        return self._column == 0 and not self._word

    def begin(self, lead: Iterable[Span], hang: Iterable[Span] = ()) -> None:
        """Start a line with `lead`; the lines that it wraps into start with `hang`."""
        for span in lead:
            self._write(span)
        self._hang = tuple(hang)
        self._hang_width = min(sum(cell_width(span.text) for span in self._hang), self._columns // 2)

    def put(self, text: str, style: Style = PLAIN) -> None:
        """Add text that may wrap. It holds no newline."""
        for part in _PARTS.finditer(text):
            if part.lastgroup == "blank":
                self._end_word()
                self._blanks += part[0].replace("\t", "    ")
            elif part.lastgroup == "wide":
                self._end_word()
                self._add(part[0], style)
                self._end_word()
            else:
                for char in part[0]:
                    self._add(char, style)

    def verbatim(self, text: str) -> None:
        """Add text as it is, with its own codes and newlines; the next text begins a line."""
        self._end_word()
        self._out.append(text)
        self._column = 0

    def newline(self) -> None:
        """End the line."""
        self._end_word()
        self._blanks = ""
        self._out.append("\n")
        self._column = 0
        self._hang, self._hang_width = (), 0

    def end(self) -> None:
        """Let the last word go."""
        self._end_word()

    def take(self) -> str:
        """What is ready, handed out once."""
        text = "".join(self._out)
        self._out.clear()
        return text

    def _add(self, char: str, style: Style) -> None:
        width = cell_width(char)
        if width == 0 and not self._word and not self._blanks:
            self._out.append(char)  # belongs to what is already written
            return
        if self._word_width + width > self._columns - self._hang_width:
            self._end_word()
        self._word.append((char, style))
        self._word_width += width

    def _end_word(self) -> None:
        if not self._word:
            return
        if self._column + len(self._blanks) + self._word_width <= self._columns:
            self._write(Span(self._blanks))
        elif self._column > self._hang_width:
            self._out.append("\n")
            self._column = 0
            for span in self._hang:
                self._write(span)
        for style, chars in groupby(self._word, key=lambda pair: pair[1]):
            self._write(Span("".join(char for char, _ in chars), style))
        self._blanks = ""
        self._word, self._word_width = [], 0

    def _write(self, span: Span) -> None:
        self._out.append(paint(span.text, span.style))
        self._column += cell_width(span.text)


def cell_width(text: str) -> int:
    """How many cells of a terminal a text without control characters takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
