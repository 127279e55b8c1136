"""The messages of a talk in a list that scrolls: only what is near the visible part exists and is measured.

What nobody has looked at has a guessed height. When it turns out to be another, what is seen stays in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ui

from livetechno import failures
from livetechno.hosts.pythonista import bubble_view, bubbles, chat_card, looks
from livetechno.hosts.pythonista.blocks import Block, blocks, grown, plain
from livetechno.hosts.pythonista.bubble_view import BubbleView
from livetechno.hosts.pythonista.bubbles import MARGIN, PAD, Bubble, Column, guessed, kept_in
from livetechno.hosts.pythonista.chat_card import Card, Step
from livetechno.hosts.pythonista.chat_shown import Said, Shown
from livetechno.store.errors import StoreError

_Place = tuple[int, float]
"""The key of a message, and how far its top is above that of the visible part."""
NEAR = 400.0
"""Points beyond the visible part within which messages exist already."""
AT_END = 40.0
"""Points from the end that still count as being there."""
BUTTON = 44.0
WAITING = "…"
SENTENCE = ("<system>", 15)
BOLD = ("<system-bold>", 15)


@dataclass(slots=True)
class _Row:
    """A message in the list. Far from the visible part only its height is kept."""

    said: Said
    height: float
    blocks: tuple[Block, ...] = ()
    bubble: Bubble | None = None
    fresh: bool = False
    """Whether the bubble is that of the message as it is now."""
    view: BubbleView | None = None


@dataclass(slots=True)
class Asks:
    """What the list asks of who shows it."""

    text: Callable[[Said], str]
    step: Callable[[Step], object]
    older: Callable[[], object]
    """The person comes to the beginning."""
    away: Callable[[bool], object]
    """Whether the end is out of sight."""


@dataclass(slots=True)
class _Below:
    """The card below the last message."""

    card: Card | None = None
    view: ui.View | None = None
    height: float = 0.0
    width: float = 0.0


class Thread:
    """The list. On the main thread only."""

    def __init__(self, asks: Asks) -> None:
        self.view = ui.ScrollView()
        self.view.always_bounce_vertical = True
        self.view.delegate = self
        self._asks = asks
        self._look = looks.now()
        self._rows: list[_Row] = []
        self._below = _Below()
        self._follows = True
        self._arranging = False
        self._older = False

    def show(self, shown: Shown) -> None:
        """Show the talk as it stands."""
        held = self._held()
        known = {row.said.key: row for row in self._rows}
        self._rows = [self._row(said, known.pop(said.key, None)) for said in shown.said]
        for gone in known.values():
            self._let_go(gone)
        self._older = shown.older
        self._show_card(chat_card.card(shown))
        self._arrange(held)

    def place(self, frame: bubbles.Frame) -> None:
        """Put the list there: what is seen stays, also when the lines break elsewhere now."""
        held = self._held()
        wide = frame[2] != self.view.width
        self._arranging = True  # the list scrolls when its size changes, and that is no person
        self.view.frame = frame
        self._arranging = False
        if wide:
            self._measure_anew()
        self._arrange(held)

    def recolour(self, look: looks.Look) -> None:
        """Draw everything in other colours."""
        held = self._held()
        self._look = look
        self._measure_anew()
        self._arrange(held)

    def to_end(self) -> None:
        """Go to the end, and stay there while an answer grows."""
        self._follows = True
        self._arrange(None)

    def scrollview_did_scroll(self, _: ui.ScrollView) -> None:
        """The person scrolls, or we do."""
        if self._arranging:
            return
        top = self.view.content_offset[1]
        self._arrange(self._top(), bounces=not 0 <= top <= self._end())
        self._follows = self.view.content_offset[1] >= self._end() - AT_END
        self._asks.away(not self._follows)
        if top < NEAR and self._older:
            self._older = False
            self._asks.older()

    def _row(self, said: Said, row: _Row | None) -> _Row:
        if row is None:
            return _Row(said, guessed(said.length, self.view.width) + bubble_view.TOOLS)
        if row.said != said or said.growing:
            row.said, row.fresh = said, False
        return row

    def _end(self) -> float:
        """How far the list can be scrolled."""
        return max(0.0, self.view.content_size[1] - self.view.height)

    def _held(self) -> _Place | None:
        """What is to stay where it is: the message at the top of the visible part, or the end."""
        return None if self._follows else self._top()

    def _top(self) -> _Place | None:
        if not self._rows:
            return None
        offset = self.view.content_offset[1]
        column = self._column()
        row = min(column.within(offset, offset + 1), default=0)
        return self._rows[row].said.key, offset - column.top(row)

    def _column(self) -> Column:
        return Column([row.height for row in self._rows])

    def _arrange(self, held: _Place | None, *, bounces: bool = False) -> None:
        """Measure what is near, put it in its place, and let go of what is far.

        What is `held` stays where it is, the end with None. A finger may have drawn the list beyond its end,
        from where it `bounces` back by itself.
        """
        if self.view.width <= 0 or self._arranging:
            return
        self._arranging = True
        try:
            column, offset = self._settled(held, bounces=bounces)
            size = (self.view.width, column.height + self._below.height + PAD)
            if self.view.content_size != size:
                self.view.content_size = size
            if abs(self.view.content_offset[1] - offset) > 0.5:
                self.view.content_offset = (0, offset)
            self._draw(column, offset)
        finally:
            self._arranging = False
        self._asks.away(not self._follows)

    def _settled(self, held: _Place | None, *, bounces: bool) -> tuple[Column, float]:
        """Where the rows are, and how far it is scrolled, with everything measured that is near that."""
        while True:
            column = self._column()
            offset = self._offset(column, held, bounces=bounces)
            unknown = [row for number in self._near(column, offset) if not (row := self._rows[number]).fresh]
            if not unknown:
                return column, offset
            for row in unknown:
                self._measure(row)

    def _offset(self, column: Column, held: _Place | None, *, bounces: bool) -> float:
        """How far the list is to be scrolled."""
        content = column.height + self._below.height + PAD
        if held is None:
            return max(0.0, content - self.view.height)
        key, above = held
        row = next((number for number, row in enumerate(self._rows) if row.said.key == key), 0)
        wanted = column.top(row) + above
        return wanted if bounces else kept_in(wanted, content, self.view.height)

    def _near(self, column: Column, offset: float) -> range:
        return column.within(offset - NEAR, offset + self.view.height + NEAR)

    def _measure(self, row: _Row) -> None:
        said = row.said
        try:
            text = self._asks.text(said)
        except StoreError as error:
            text = failures.sentence(error)
        if said.mine:
            row.blocks = plain(text)
        else:
            row.blocks = grown(row.blocks, text) if said.growing and text else blocks(text or WAITING)
        row.bubble = bubbles.lay(row.blocks, self.view.width, _measured, mine=said.mine, before=row.bubble)
        row.height, row.fresh = bubble_view.height(said, row.bubble), True

    def _draw(self, column: Column, offset: float) -> None:
        near = self._near(column, offset)
        for number, row in enumerate(self._rows):
            if number not in near:
                self._let_go(row)
        for number in near:
            row = self._rows[number]
            assert row.bubble is not None
            if row.view is None:
                row.view = self._bubble_view(row)
                self.view.add_subview(row.view.view)
            row.view.view.frame = (0, column.top(number), self.view.width, row.height)
            row.view.update(row.said, row.bubble, self.view.width, last=number == len(self._rows) - 1)
        if self._below.view is not None:
            self._below.view.y = column.height

    def _bubble_view(self, row: _Row) -> BubbleView:
        return BubbleView(self._look, lambda: self._asks.text(row.said), lambda: self._asks.step("again"))

    def _let_go(self, row: _Row) -> None:
        """Keep of a row no more than its height."""
        if row.view is not None:
            self.view.remove_subview(row.view.view)
        row.view, row.bubble, row.blocks, row.fresh = None, None, (), False

    def _measure_anew(self) -> None:
        for row in self._rows:
            self._let_go(row)
            row.height = guessed(row.said.length, self.view.width) + bubble_view.TOOLS
        card, self._below.card = self._below.card, None
        self._show_card(card)

    def _show_card(self, card: Card | None) -> None:
        below = self._below
        if card == below.card and below.width == self.view.width:
            return
        if below.view is not None:
            self.view.remove_subview(below.view)
        self._below = _Below(card, width=self.view.width)
        if card is not None and self.view.width > 0:
            view = self._card_view(card)
            self._below.view, self._below.height = view, view.height
            self.view.add_subview(view)

    def _card_view(self, card: Card) -> ui.View:
        """The sentence, and a button for each step."""
        width = min(self.view.width - 2 * MARGIN, bubbles.WIDEST)
        high = _measured(card.sentence, width - 2 * PAD, SENTENCE)[1] + 1
        view = ui.View(frame=(MARGIN, 0, width, high + 2 * PAD + (BUTTON if card.steps else 0)))
        view.corner_radius = bubble_view.ROUND
        view.background_color = None if card.calm else self._look.warning
        label = ui.Label(frame=(PAD, PAD, width - 2 * PAD, high))
        label.number_of_lines, label.font, label.text = 0, SENTENCE, card.sentence
        label.text_color = self._look.soft if card.calm else self._look.on_warning
        view.add_subview(label)
        x = 0.0
        for step in card.steps:
            button = ui.Button(title=chat_card.title(step))
            button.font, button.tint_color = BOLD, self._look.on_warning
            wide = _measured(button.title, 0, BOLD)[0] + 2 * PAD
            button.frame = (x, high + 2 * PAD, wide, BUTTON)
            button.action = lambda _, step=step: self._asks.step(step)
            view.add_subview(button)
            x += wide
        return view


def _measured(text: str, most: float, font: bubbles.Font) -> tuple[float, float]:
    """Width and height of a text; `most` 0 is as wide as it likes."""
    wide, high = ui.measure_string(text, most, font)
    return wide, high
