"""Markdown on a terminal, drawn as it arrives: nothing that has been written is ever written again.

What a line is - a heading, a list, a fence - shows in its first characters; these are held until they
are certain, then the line flows word by word. Lines of code come when they are whole, a table when it
has ended. The text that is seen depends on the answer alone, not on how it was cut into pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from livetechno.cli.code_colours import CodeColours
from livetechno.cli.wrapping import Wrapper
from livetechno.words.inline import Inline
from livetechno.words.styles import BOLD, DIM, PLAIN, Span, Style, paint

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_QUOTE = re.compile(r"(?:[ ]{0,3}>[ ]?)+")
_UNDECIDED = re.compile(
    r"[ \t]*(?:[-*_+][-*_ \t]*|\d{0,9}[.)]?[ \t]*|#{0,6}[ \t]*|`{1,2}|~{1,2}|[`~]{3}.*|\|.*)\Z", re.S
)
"""The beginning of a line that may still become something else."""
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+(?=\S)")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+(?=\S)")
_NUMBER = re.compile(r"([ \t]*)(\d{1,9}[.)])[ \t]+(?=\S)")
_INDENT = re.compile(r"[ \t]*")
_RULE = re.compile(r"[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*\Z")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([^\s`{]*)[^`]*\Z")
_TABLE_ROW = re.compile(r"[ \t]*\|")
_TABLE_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")

_RULE_COLUMNS = 40
_MOST_INDENT = 12
"""Columns that a nested list may be set in; deeper ones stay there."""


class Markdown:
    """Draws one answer: `feed` it as it comes, and write what that returns; then `finish`."""

    def __init__(self, columns: int, *, coloured: bool = True) -> None:
        self._columns = columns
        self._coloured = coloured
        self._wrapper = Wrapper(columns)
        self._line = ""
        self._inline: Inline | None = None
        self._fence = ""
        self._code = CodeColours("")
        self._rows: list[str] = []

    def feed(self, piece: str) -> str:
        """What can be written now that `piece` (already cleaned) has come."""
        for part in _LINES.findall(piece):
            self._part(part)
        return self._wrapper.take()

    def finish(self) -> str:
        """The rest, ended by a newline."""
        if self._line or self._inline:
            self._part("\n")
        self._end_table()
        return self._wrapper.take()

    def _part(self, part: str) -> None:
        """Take part of a line, at most up to its newline."""
        ended = part.endswith("\n")
        text = part[:-1] if ended else part
        if self._inline:
            self._flow(text)
        else:
            self._line += text
            self._begin(ended)
        if ended and self._inline:
            self._end_line()

    def _begin(self, ended: bool) -> None:
        """Find out what the present line is, if that is certain."""
        line = self._line
        if self._fence:
            if ended:
                self._code_line(line)
            return
        if self._rows and not (_TABLE_ROW.match(line) or (not line.strip(" \t") and not ended)):
            self._end_table()
        quote = _QUOTE.match(line)
        rest = line[quote.end() :] if quote else line
        if not ended:
            if not _UNDECIDED.match(rest):
                self._text_line(quote[0].count(">") if quote else 0, rest)
            return
        self._whole_line(line, quote[0].count(">") if quote else 0, rest)

    def _whole_line(self, line: str, depth: int, rest: str) -> None:
        self._line = ""
        fence = _FENCE.match(rest)
        if fence:
            self._fence = fence[1]
            self._code = CodeColours(fence[2] if self._coloured else "")
            self._verbatim(paint(line, DIM))
        elif not depth and _TABLE_ROW.match(rest):
            self._table_row(rest)
        elif _RULE.match(rest):
            self._wrapper.begin(_bars(depth))
            self._wrapper.put("─" * min(_RULE_COLUMNS, self._columns - 2 * depth), DIM)
            self._wrapper.newline()
        else:
            self._text_line(depth, rest)

    def _text_line(self, depth: int, rest: str) -> None:
        """Begin a line of words: its lead, then what follows."""
        self._line = ""
        style: Style = PLAIN
        lead, hang = _bars(depth), _bars(depth)
        if heading := _HEADING.match(rest):
            style = BOLD
            rest = rest[heading.end() :]
        elif bullet := _BULLET.match(rest):
            indent = _indent(bullet[1])
            lead, hang = [*lead, Span(f"{indent}• ")], [*hang, Span(f"{indent}  ")]
            rest = rest[bullet.end() :]
        elif number := _NUMBER.match(rest):
            mark = f"{_indent(number[1])}{number[2]} "
            lead, hang = [*lead, Span(mark)], [*hang, Span(" " * len(mark))]
            rest = rest[number.end() :]
        else:
            blanks = _INDENT.match(rest)
            indent = _indent(blanks[0] if blanks else "")
            lead, hang = [*lead, Span(indent)], [*hang, Span(indent)]
            rest = rest.lstrip(" \t")
        self._wrapper.begin(lead if rest or depth else (), hang)
        self._inline = Inline(style, coloured=self._coloured)
        self._flow(rest)

    def _flow(self, text: str) -> None:
        if self._inline:
            for span in self._inline.feed(text):
                self._wrapper.put(span.text, span.style)

    def _end_line(self) -> None:
        if self._inline:
            for span in self._inline.finish():
                self._wrapper.put(span.text, span.style)
        self._inline = None
        self._wrapper.newline()

    def _code_line(self, line: str) -> None:
        self._line = ""
        bare = _QUOTE.sub("", line, count=1).strip() if ">" in line else line.strip()
        if bare and set(bare) == {self._fence[0]} and len(bare) >= len(self._fence):
            self._fence = ""
            self._verbatim(paint(line, DIM))
        else:
            self._verbatim(self._code.line(line))

    def _verbatim(self, line: str) -> None:
        self._wrapper.verbatim(line + "\n")

    def _table_row(self, row: str) -> None:
        self._rows.append(row)
        if len(self._rows) == 2 and not _TABLE_DELIMITER.match(row):
            self._end_table()

    def _end_table(self) -> None:
        rows, self._rows = self._rows, []
        if len(rows) >= 2 and _TABLE_DELIMITER.match(rows[1]):
            self._wrapper.verbatim("".join(self._table(rows)))
            return
        held, self._line = self._line, ""
        for row in rows:
            self._text_line(0, row)
            self._end_line()
        self._line = held

    def _table(self, rows: list[str]) -> Iterator[str]:
        from livetechno.cli.tables import draw

        cells = [[self._cell(cell) for cell in _cells(row)] for row in (rows[0], *rows[2:])]
        yield from draw(cells, [_alignment(mark) for mark in _cells(rows[1])], self._columns)

    def _cell(self, text: str) -> list[Span]:
        inline = Inline(coloured=self._coloured)
        return inline.feed(text) + inline.finish()


def _bars(depth: int) -> list[Span]:
    return [Span("│ ", DIM)] * depth


def _indent(blanks: str) -> str:
    return " " * min(len(blanks.expandtabs(4)), _MOST_INDENT)


def _cells(row: str) -> list[str]:
    """The cells of a table's row; an escaped bar belongs to its cell."""
    inner = re.sub(r"^\||(?<!\\)\|$", "", row.strip())
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def _alignment(mark: str) -> str:
    if mark.endswith(":"):
        return "center" if mark.startswith(":") else "right"
    return "left"
