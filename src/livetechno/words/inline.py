"""Markdown inside a line - bold, italics, code, links - as the text arrives.

A marker is held until its partner has come; without a partner before the end of the line, or within
`LONGEST` characters, it is shown as it was written. So `2 * 3`, `**kwargs` and `snake_case` lose nothing.
"""

from __future__ import annotations

import re
from functools import cache

from livetechno.words.styles import BOLD, CYAN, DIM, ITALIC, PLAIN, STRUCK, UNDERLINED, Span, Style

LONGEST = 400
"""Characters that a marked passage may have; longer ones keep their markers."""

_LATIN = "0-9A-Za-z_\u00c0-\u024f"
_NO_OPENING_AFTER = re.compile(f"[{_LATIN}/=&?%#@$+\\\\]")
"""After these a marker is part of a word or of an address."""
_SPECIAL = re.compile(r"[`*_~\[!\\]")
_ESCAPED = re.compile(r"\\([`*_~\[\]#|>])")
_LINK = re.compile(
    r"(!?)\[([^\[\]]*)\]\(<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+[\"'][^\"']*[\"'])?\)"
)
_LINK_BEGUN = re.compile(r"!?(?:\[[^\[\]]*(?:\](?:\([^()]*(?:\([^()]*\)[^()]*)*(?:\([^()]*)?)?)?)?\Z")
_RUNS = {marker: re.compile(re.escape(marker) + "+") for marker in "`*_~"}
_EMPHASIS: dict[str, Style] = {
    "*": ITALIC, "_": ITALIC, "**": BOLD, "__": BOLD, "***": BOLD + ITALIC, "___": BOLD + ITALIC, "~~": STRUCK
}  # fmt: skip


class Inline:
    """One line's text, from Markdown to spans. Feed pieces without newlines, then `finish`."""

    def __init__(self, style: Style = PLAIN, *, coloured: bool = True) -> None:
        self._style = style
        self._coloured = coloured
        self._held = ""
        self._before = ""

    def feed(self, piece: str) -> list[Span]:
        """The spans that are certain by now."""
        self._held += piece
        return self._parse(final=False)

    def finish(self) -> list[Span]:
        """The rest, now that the line has ended."""
        return self._parse(final=True)

    def _parse(self, *, final: bool) -> list[Span]:
        text, spans, position = self._held, [], 0
        while position < len(text):
            special = _SPECIAL.search(text, position)
            start = special.start() if special else len(text)
            if start > position:
                spans.append(Span(text[position:start], self._style))
                self._before = text[start - 1]
                position = start
                continue
            taken = self._construct(text[position : position + LONGEST + 1], final)
            if taken is None:
                break
            length, found = taken
            spans += found
            position += length
            self._before = text[position - 1]
        self._held = text[position:]
        return spans

    def _construct(self, text: str, final: bool) -> tuple[int, list[Span]] | None:
        """What begins `text` and its length; None when more must be known."""
        final = final or len(text) > LONGEST
        if text[0] == "\\":
            return self._escape(text, final)
        if text[0] in "![":
            return self._link(text, final)
        return self._marked(text, final)

    def _escape(self, text: str, final: bool) -> tuple[int, list[Span]] | None:
        if len(text) == 1 and not final:
            return None
        escaped = _ESCAPED.match(text)
        return (2, [Span(escaped[1], self._style)]) if escaped else self._literally(text[0])

    def _link(self, text: str, final: bool) -> tuple[int, list[Span]] | None:
        link = _LINK.match(text)
        if link:
            label, address = link[2], link[3]
            spans = self._inside(label, self._style + UNDERLINED)
            if address and address != label:
                spans.append(Span(f" ({address})", self._style + DIM))
            return link.end(), spans
        if not final and _LINK_BEGUN.match(text):
            return None
        return self._literally(text[0])

    def _marked(self, text: str, final: bool) -> tuple[int, list[Span]] | None:
        run = _RUNS[text[0]].match(text)
        marker = run[0] if run else text[0]
        if len(marker) == len(text):
            return self._literally(marker) if final else None
        code = marker[0] == "`"
        if not code and (marker not in _EMPHASIS or not self._opens(text, marker)):
            return self._literally(marker)
        closed = _closing(marker).match(text)
        if closed is None or (closed.end() == len(text) and not final):
            return self._literally(marker) if final else None
        if marker == "__" and closed["body"].isidentifier():
            return self._literally(closed[0])  # a name like __init__, far more often than a bold word
        if not code:
            return closed.end(), self._inside(closed["body"], self._style + _EMPHASIS[marker])
        shown = Span(closed["body"].strip() or closed["body"], self._style + CYAN)
        return closed.end(), [shown if self._coloured else Span(closed[0], self._style)]

    def _opens(self, text: str, marker: str) -> bool:
        return not text[len(marker)].isspace() and not _NO_OPENING_AFTER.match(self._before or " ")

    def _inside(self, text: str, style: Style) -> list[Span]:
        nested = Inline(style, coloured=self._coloured)
        return nested.feed(text) + nested.finish()

    def _literally(self, text: str) -> tuple[int, list[Span]]:
        return len(text), [Span(text, self._style)]


@cache
def _closing(marker: str) -> re.Pattern[str]:
    """A passage between two `marker`s. The alternatives exclude each other, so matching is linear."""
    sign, whole = re.escape(marker[0]), re.escape(marker)
    if sign == "`":
        return re.compile(f"{whole}(?P<body>.+?)(?<!`){whole}(?!`)")
    after = f"[{sign}{_LATIN}]" if len(marker) == 1 or sign == "_" else sign
    return re.compile(rf"{whole}(?P<body>(?:`[^`]*`|\\.|[^`\\])+?)(?<![\s{sign}\\]){whole}(?!{after})")
