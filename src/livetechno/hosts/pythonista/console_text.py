"""Markdown in Pythonista's console, as it comes: what is printed can only be coloured, and stays as it is.

Headings and lists lose their signs, code has a colour of its own. What a line is shows in its first
characters; these are held until that is certain. What is seen depends on the answer alone, not on how it was
cut into pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from livetechno.words.inline import Inline
from livetechno.words.styles import BOLD, CYAN, DIM, PLAIN, Span

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_UNDECIDED = re.compile(r"[ \t]*(?:#{0,6}[ \t]*|[-*+][ \t]*|`{1,2}|~{1,2}|[`~]{3}.*)\Z", re.S)
"""The beginning of a line that may still become something else."""
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+(?=\S)")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+(?=\S)")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[^`]*\Z")
_MAY_CLOSE = re.compile(r"[ \t]*(?:`*|~*)[ \t]*\Z")


class ConsoleText:
    """Draws one answer: `feed` it as it comes, already cleaned, and print the spans; then `finish`."""

    def __init__(self) -> None:
        self._held = ""
        self._inline: Inline | None = None
        self._fence = ""
        self._in_code = False
        """Whether a line of code has begun."""

    def feed(self, piece: str) -> Iterator[Span]:
        """What is certain now."""
        for part in _LINES.findall(piece):
            yield from self._part(part.removesuffix("\n"), ended=part.endswith("\n"))

    def finish(self) -> Iterator[Span]:
        """The rest, ended by a newline."""
        if self._held or self._inline or self._in_code:
            yield from self._part("", ended=True)

    def _part(self, text: str, *, ended: bool) -> Iterator[Span]:
        """Part of a line, at most up to its end."""
        if self._inline is None and not self._in_code:
            text, self._held = self._held + text, ""
            if not ended and (_MAY_CLOSE if self._fence else _UNDECIDED).match(text):
                self._held = text
                return
            yield from self._begin(text, ended)
        elif self._inline is not None:
            yield from self._inline.feed(text)
        else:
            yield Span(text, CYAN)
        if ended:
            if self._inline is not None:
                yield from self._inline.finish()
            self._inline, self._in_code = None, False
            yield Span("\n")

    def _begin(self, text: str, ended: bool) -> Iterator[Span]:
        """A line, as far as it has come: what it is, is certain now."""
        if self._fence:
            if self._closes(text):
                self._fence = ""
                yield Span(text, DIM)
            else:
                self._in_code = True
                yield Span(text, CYAN)
        elif ended and (fence := _FENCE.match(text)):
            self._fence = fence[1]
            yield Span(text, DIM)
        elif heading := _HEADING.match(text):
            self._inline = Inline(BOLD)
            yield from self._inline.feed(text[heading.end() :])
        else:
            bullet = _BULLET.match(text)
            if bullet:
                yield Span(f"{bullet[1]}• ")
            self._inline = Inline(PLAIN)
            yield from self._inline.feed(text[bullet.end() :] if bullet else text)

    def _closes(self, line: str) -> bool:
        bare = line.strip()
        return set(bare) == {self._fence[0]} and len(bare) >= len(self._fence)
