"""A model's Markdown as blocks of plain text, each in one font: what labels can show.

Paragraphs, headings, lists, quotations, tables and code are told apart; `**`, links and the like become plain
text. Nothing is interpreted further: what a model writes can do no more than be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["text", "heading", "quote", "table", "code", "rule"]
LONGEST = 3000
"""Characters of a block: a label of more than 16384 pixels stays blank, in whichever direction."""
LINES = 60
"""Lines of a block, for the same reason."""
WIDEST = 600
"""Characters of a line that is not broken, in code and tables."""
CELL = 40
"""Characters up to which the cells below a wide one are as wide."""
TAB = 4

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)$")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"^([ \t]*)[-*+][ \t]+")
_DIVIDER = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*:?-+:?[ \t]*\|?[ \t]*$")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_LIGHT = (
    (re.compile(r"!?\[([^\]\n]+)\]\(<?([^)\s>]+)>?(?: \"[^\"\n]*\")?\)"), r"\1 (\2)"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a message that is shown in one font."""

    kind: Kind
    text: str
    """As it is shown."""
    start: int
    """Where in the message it begins."""
    fence: str = ""
    """The fence of the code that it goes on with."""
    joined: bool = False
    """Whether it goes on with the block before, which had become too long."""
    amid: bool = False
    """Whether it begins amid a line."""


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of an answer."""
    return tuple(_parsed(text, Block("text", "", 0)))


def grown(before: tuple[Block, ...], text: str) -> tuple[Block, ...]:
    """The same, when `before` are the blocks of its beginning: only the last two are read again.

    Two, as a last line may turn out to be no heading, no fence or no rule when it goes on.
    """
    if not before:
        return blocks(text)
    known = max(0, len(before) - 2)
    again = tuple(_parsed(text, before[known]))
    same = (old if old == new else new for old, new in zip(before[known:], again))  # noqa: B905 - one may be longer
    return (*before[:known], *same, *again[len(before) - known :])


def plain(text: str) -> tuple[Block, ...]:
    """The blocks of what a person wrote: as it is."""
    found: list[Block] = []
    for start, line, fresh in _lines(text, 0, lambda: LONGEST):
        last = found[-1] if found else None
        if last is None or not fresh or _is_full(last.text.split("\n"), line):
            found.append(Block("text", line, start, joined=last is not None, amid=not fresh))
        else:
            found[-1] = replace(last, text=f"{last.text}\n{line}")
    return tuple(found)


def whole_code(blocks: Sequence[Block], place: int) -> str:
    """All of the code that the block at that place begins."""
    text = blocks[place].text
    for block in blocks[place + 1 :]:
        if block.kind != "code" or not block.joined:
            break
        text += block.text if block.amid else f"\n{block.text}"
    return text


def _parsed(text: str, first: Block) -> Iterator[Block]:
    """The blocks from `first` on, which says where and within what that is."""
    kept = _Kept(first)
    for start, line, fresh in _lines(text, first.start, kept.longest):
        if start == first.start and first.amid:
            kept.lines.append(line)
        elif kept.fence:
            yield from _in_code(kept, start, line, fresh)
        elif not fresh:
            yield from kept.end()
            kept.begin(kept.kind, start, joined=True, amid=True)
            kept.lines.append(line)
        elif (kind := _kind(line)) is None:
            yield from kept.end()
        elif kind == "code":
            yield from kept.end()
            kept.begin("code", start, opens=True)
            kept.fence = _fence(line)
        else:
            if kind != kept.kind or not kept.lines or kind in ("heading", "rule"):
                yield from kept.end()
                kept.begin(kind, start, joined=first.joined and start == first.start)
            elif _is_full(kept.lines, line):
                yield from kept.end()
                kept.begin(kind, start, joined=True)
            kept.lines.append(line)
    yield from kept.end()


def _in_code(kept: _Kept, start: int, line: str, fresh: bool) -> Iterator[Block]:
    """A line of code, or the fence that closes it."""
    if fresh and _closes(line, kept.fence):
        yield from kept.end()
        kept.fence = ""
        return
    if not fresh or (kept.lines and _is_full(kept.lines, line)):
        yield from kept.end()
        kept.begin("code", start, kept.fence, joined=True, amid=not fresh)
    kept.lines.append(line)


class _Kept:
    """The lines of the block that is being read."""

    def __init__(self, first: Block) -> None:
        self.kind: Kind = first.kind
        self.fence = first.fence
        """What closes the code that is being read; "" outside of code."""
        self.lines: list[str] = []
        self._head = replace(first, text="")
        self._opens = False

    def longest(self) -> int:
        """Characters after which a line is cut here."""
        return WIDEST if self.fence else LONGEST

    def begin(
        self,
        kind: Kind,
        start: int,
        fence: str = "",
        *,
        joined: bool = False,
        amid: bool = False,
        opens: bool = False,
    ) -> None:
        """The next lines are those of another block; one that `opens` code is one even without a line."""
        self.kind = kind
        self._head = Block(kind, "", start, fence, joined, amid)
        self._opens = opens

    def end(self) -> Iterator[Block]:
        """The block, if there is one."""
        if self.lines or self._opens:
            yield replace(self._head, text=_SHOWN[self.kind](self.lines))
        self.lines, self._opens = [], False


def _is_full(lines: Sequence[str], line: str) -> bool:
    """Whether there is no room for another line."""
    return len(lines) >= LINES or sum(map(len, lines)) + len(lines) + len(line) > LONGEST


def _lines(text: str, start: int, longest: Callable[[], int]) -> Iterator[tuple[int, str, bool]]:
    """The lines from `start` on: where each begins, and whether as a line; a very long one is cut."""
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        fresh = True
        while end - start > (most := longest()):
            space = text.rfind(" ", start + most // 2, start + most)
            cut = start + most if space < 0 else space + 1
            yield start, text[start:cut], fresh
            start, fresh = cut, False
        yield start, text[start:end], fresh
        start = end + 1


def _kind(line: str) -> Kind | None:
    """What a line is; None for a blank one."""
    if not line.strip():
        return None
    if _FENCE.match(line):
        return "code"
    if _HEADING.match(line):
        return "heading"
    if _RULE.match(line):
        return "rule"
    if _QUOTE.match(line):
        return "quote"
    return "table" if line.lstrip().startswith("|") and len(line) <= WIDEST else "text"


def _fence(line: str) -> str:
    found = _FENCE.match(line)
    assert found is not None
    return found[1]


def _closes(line: str, fence: str) -> bool:
    found = _FENCE.match(line)
    return found is not None and found[1].startswith(fence) and not found[2].strip()


def _light(text: str) -> str:
    """A text without the signs of emphasis and links; what is between backticks stays as it is."""
    done, at = [], 0
    for span in _CODE_SPAN.finditer(text):
        done += [_unmarked(text[at : span.start()]), span[0]]
        at = span.end()
    return "".join([*done, _unmarked(text[at:])])


def _unmarked(text: str) -> str:
    for sign, put in _LIGHT:
        text = sign.sub(put, text)
    return text


def _text(lines: list[str]) -> str:
    return "\n".join(_light(_ITEM.sub(_bullet, line, count=1)) for line in lines)


def _bullet(item: re.Match[str]) -> str:
    return f"{item[1].expandtabs(TAB)}• "


def _heading(lines: list[str]) -> str:
    return "\n".join(_light(found[1] if (found := _HEADING.match(line)) else line) for line in lines)


def _quote(lines: list[str]) -> str:
    return _text([_QUOTE.sub("", line, count=1) for line in lines])


def _table(lines: list[str]) -> str:
    """The cells below each other, for a font whose signs are all as wide."""
    rows = [_cells(line) for line in lines if not _DIVIDER.match(line)]
    widths = [0] * max(map(len, rows), default=0)
    for row in rows:
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], min(_columns(cell), CELL))
    return "\n".join("  ".join(_padded(row, widths)).rstrip() for row in rows)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [_light(cell.strip()) for cell in inner.split("|")]


def _padded(row: list[str], widths: list[int]) -> Iterator[str]:
    for cell, width in zip(row, widths):  # noqa: B905 - a row may be short
        yield cell + " " * (width - _columns(cell))  # none for one that is wider


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


_SHOWN: dict[Kind, Callable[[list[str]], str]] = {
    "text": _text,
    "heading": _heading,
    "quote": _quote,
    "table": _table,
    "code": "\n".join,
    "rule": lambda _: "",
}
