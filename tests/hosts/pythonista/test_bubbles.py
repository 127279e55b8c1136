"""Where everything goes in the talk."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.hosts.pythonista import bubbles
from livetechno.hosts.pythonista.blocks import blocks, grown, plain
from livetechno.hosts.pythonista.bubbles import GAP, MARGIN, PAD, Column, Font, covered, kept_in, lay


class Ruler:
    """Each sign is 8 wide, each line 20 high; it counts what it measures."""

    def __init__(self) -> None:
        self.measured: list[str] = []

    def __call__(self, text: str, most: float, font: Font) -> tuple[float, float]:  # noqa: ARG002
        self.measured.append(text)
        lines = 0
        widest = 0.0
        for line in text.split("\n"):
            wide = 8.0 * len(line)
            lines += max(1, math.ceil(wide / most)) if most else 1
            widest = max(widest, min(wide, most) if most else wide)
        return widest, 20.0 * lines


def test_what_the_person_says_is_at_the_right_and_an_answer_at_the_left() -> None:
    mine = lay(plain("Hello"), 400, Ruler(), mine=True)
    answer = lay(blocks("Hello"), 400, Ruler(), mine=False)

    assert mine.x + mine.width == 400 - MARGIN
    assert answer.x == MARGIN
    assert mine.width == answer.width < 100


def test_blocks_stand_below_each_other_and_a_joined_one_without_a_gap() -> None:
    bubble = lay(blocks("one\n\ntwo"), 400, Ruler(), mine=False)
    long = lay(blocks("word " * 1000), 400, Ruler(), mine=False)

    assert [one.frame[1] for one in bubble.placed] == [PAD, PAD + 20 + GAP]
    assert bubble.height == 2 * PAD + 2 * 20 + GAP
    first, second = long.placed[:2]
    assert second.block.joined
    assert second.frame[1] == first.frame[1] + first.frame[3]


def test_code_keeps_its_lines_and_takes_the_whole_width() -> None:
    bubble = lay(blocks("```\n" + "x" * 200 + "\n```"), 400, Ruler(), mine=False)
    (code,) = bubble.placed

    assert code.wide > 1600 > bubble.width
    assert bubble.width == 400 - 2 * MARGIN
    assert code.frame[3] == 20 + 2 * PAD + bubbles.BAR


def test_only_the_block_that_grows_is_measured_anew() -> None:
    ruler = Ruler()
    text = "First.\n\n```\ncode\n```\n\nLast"
    found = blocks(text)
    bubble = lay(found, 400, ruler, mine=False)
    ruler.measured.clear()
    more = grown(found, text + " words")

    after = lay(more, 400, ruler, mine=False, before=bubble)

    assert ruler.measured == ["Last words"]
    assert after == lay(more, 400, Ruler(), mine=False)


@given(st.text(alphabet="ab \n`#>|-", max_size=300), st.integers(200, 1400), st.booleans())
def test_a_bubble_holds_its_blocks_and_stays_on_the_screen(text: str, width: int, mine: bool) -> None:
    bubble = lay(plain(text) if mine else blocks(text), width, Ruler(), mine=mine)

    assert bubble.x >= MARGIN
    assert bubble.x + bubble.width <= width - MARGIN
    bottom = 0.0
    for one in bubble.placed:
        x, y, wide, high = one.frame
        assert y >= bottom
        assert x >= PAD
        assert x + wide <= bubble.width - PAD + 1
        bottom = y + high
    assert bottom <= bubble.height


HEIGHTS = st.lists(st.integers(1, 300).map(float), max_size=40)


@given(HEIGHTS, st.integers(-50, 4000), st.integers(1, 900))
def test_the_rows_in_view_are_those_of_which_something_shows(
    heights: list[float], top: int, height: int
) -> None:
    column = Column(heights)
    shown = {
        row
        for row in range(len(heights))
        if column.top(row) < top + height and column.top(row) + heights[row] > top
    }

    assert set(column.within(top, top + height)) == shown
    assert column.height == sum(heights)


@pytest.mark.parametrize(
    ("offset", "content", "screen", "kept"),
    [(50, 1000, 400, 50), (900, 1000, 400, 600), (-5, 1000, 400, 0), (30, 100, 400, 0)],
)
def test_a_list_is_scrolled_no_further_than_it_goes(
    offset: float, content: float, screen: float, kept: float
) -> None:
    assert kept_in(offset, content, screen) == kept


@pytest.mark.parametrize(
    ("keyboard", "view", "high"),
    [
        ((0, 596, 430, 336), (0, 100, 430, 832), 336),
        ((0, 932, 430, 336), (0, 100, 430, 832), 0),
        ((0, 0, 0, 0), (0, 100, 430, 832), 0),
        ((0, 932, 430, 0), (0, 100, 430, 832), 0),
        ((60, 300, 320, 260), (0, 100, 1024, 1266), 0),
        ((0, 50, 430, 882), (0, 100, 430, 832), 832),
    ],
    ids=["up", "away", "none", "external", "floating", "higher than the view"],
)
def test_the_keyboard_covers_what_it_covers(
    keyboard: bubbles.Frame, view: bubbles.Frame, high: float
) -> None:
    assert covered(keyboard, view) == high


def test_the_input_grows_to_five_lines_and_then_scrolls() -> None:
    heights = [bubbles.input_height(lines * 20, 20, 8) for lines in (0, 1, 3, 5, 9)]

    assert heights == [36, 36, 76, 116, 116]
