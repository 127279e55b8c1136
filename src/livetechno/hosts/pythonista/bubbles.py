"""Where everything goes in the talk: blocks in a bubble, rows in the list, the input above the keyboard.

Numbers only, in points. What a text measures is asked of `measure`, so none of this needs a screen.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from livetechno.hosts.pythonista.blocks import Block, Kind

Font = tuple[str, float]
Measure = Callable[[str, float, Font], tuple[float, float]]
"""Width and height of a text in a font, on lines no wider than that; 0 for as wide as it likes."""
Frame = tuple[float, float, float, float]
"""x, y, width, height."""

TEXT: Font = ("<system>", 16)
FONTS: dict[Kind, Font] = {
    "text": TEXT,
    "heading": ("<system-bold>", 17),
    "quote": TEXT,
    "table": ("Menlo", 13),
    "code": ("Menlo", 13),
    "rule": TEXT,
}
PAD = 12.0
"""Between a bubble's edge and its text, and between a box of code and the code."""
MARGIN = 12.0
"""Between the screen's edge and a bubble."""
BAR = 32.0
"""Above code, for what it can be copied with."""
GAP = 8.0
"""Between two blocks."""
QUOTE = 10.0
"""How far a quotation is set in."""
WIDEST = 680.0
"""A line that is longer is hard to read; on an iPad."""
SHARE = 0.8
"""Of the screen's width, for what the person says."""
INPUT_LINES = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """A block, and where its text is in the bubble."""

    block: Block
    frame: Frame
    wide: float
    """How wide the text is; more than the frame where it can be moved sideways."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """What is shown of a message, laid out for a list of a certain width."""

    x: float
    width: float
    height: float
    placed: tuple[Placed, ...]


def lay(
    blocks: Sequence[Block], width: float, measure: Measure, *, mine: bool, before: Bubble | None = None
) -> Bubble:
    """The bubble of a message in a list of that width: at the right for the person's, at the left for others.

    `before` is the same bubble with an earlier text, for that width: its blocks are not measured again.
    """
    most = min(width - 2 * MARGIN, WIDEST)
    if mine:
        most = most * SHARE
    known = {} if before is None else {one.block: one for one in before.placed}
    placed: list[Placed] = []
    y = PAD
    for block in blocks:
        if placed:
            y += 0.0 if block.joined else GAP
        one = known.get(block) or _measured(block, most - 2 * PAD, measure)
        left, _, wide, high = one.frame
        placed.append(Placed(block, (left, y, wide, high), one.wide))
        y += high
    right = max((one.frame[0] + one.frame[2] for one in placed), default=0.0)
    if any(one.block.kind in ("code", "table", "rule") for one in placed):
        right = most - PAD
    bubble = min(max(right + PAD, 2 * PAD + 16), most)
    return Bubble(width - MARGIN - bubble if mine else MARGIN, bubble, y + PAD, tuple(placed))


def _measured(block: Block, most: float, measure: Measure) -> Placed:
    """The block with its size, at the top of nothing."""
    if block.kind == "rule":
        return Placed(block, (PAD, 0, most, 1), most)
    font = FONTS[block.kind]
    if block.kind in ("code", "table"):
        wide, high = _up(measure(block.text or " ", 0, font))
        return Placed(block, (PAD, 0, most, high + 2 * PAD + bar(block)), wide)
    inset = QUOTE if block.kind == "quote" else 0.0
    wide, high = _up(measure(block.text or " ", most - inset, font))
    wide = min(wide, most - inset)
    return Placed(block, (PAD + inset, 0, wide, high), wide)


def bar(block: Block) -> float:
    """How high what stands above a block's text is."""
    return BAR if block.kind == "code" and not block.joined else 0.0


def _up(size: tuple[float, float]) -> tuple[float, float]:
    """Whole points: a label that is a fraction too narrow breaks its line."""
    return ceil(size[0]) + 1.0, float(ceil(size[1]))


def guessed(length: int, width: float) -> float:
    """About how high a bubble of that many characters is, before anybody has looked."""
    most = min(width - 2 * MARGIN, WIDEST) - 2 * PAD
    lines = 1 + length // max(1, int(most / (TEXT[1] * 0.5)))
    return lines * TEXT[1] * 1.25 + 2 * PAD


class Column:
    """Rows of known heights, one below the other."""

    def __init__(self, heights: Sequence[float]) -> None:
        self._tops = [0.0, *accumulate(heights)]

    @property
    def height(self) -> float:
        """Of all of them."""
        return self._tops[-1]

    def top(self, row: int) -> float:
        """Where a row begins."""
        return self._tops[row]

    def within(self, top: float, bottom: float) -> range:
        """The rows of which something is between `top` and `bottom`."""
        rows = len(self._tops) - 1
        first = max(0, bisect_right(self._tops, top) - 1)
        return range(first, min(rows, bisect_left(self._tops, bottom)))


def kept_in(offset: float, content: float, screen: float) -> float:
    """The nearest to `offset` that a list can be scrolled to."""
    return max(0.0, min(offset, content - screen))


def covered(keyboard: Frame, view: Frame) -> float:
    """How much of the bottom of a view the keyboard covers; both on the screen. 0 for one that is away.

    A keyboard of height 0 is an external one; one that floats above the bottom covers nothing either.
    """
    _, top, _, height = keyboard
    _, y, _, view_height = view
    bottom = y + view_height
    if height <= 0 or top + height < bottom - 1:
        return 0.0
    return max(0.0, min(bottom - top, view_height))


def input_height(text_height: float, line: float, inset: float) -> float:
    """How high the input is for a text so high: one line to `INPUT_LINES`, then it scrolls."""
    return min(max(text_height, line), INPUT_LINES * line) + 2 * inset
