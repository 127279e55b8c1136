"""A message on the screen: its bubble, a label for each block, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import clipboard
import dialogs
import ui

from livetechno import words
from livetechno.hosts.pythonista import device
from livetechno.hosts.pythonista.blocks import Block, whole_code
from livetechno.hosts.pythonista.bubbles import BAR, FONTS, MARGIN, PAD, QUOTE, Bubble, Placed, bar
from livetechno.hosts.pythonista.chat_shown import Said
from livetechno.hosts.pythonista.looks import Look

ROUND = 16.0
BETWEEN = 6.0
"""Above a bubble."""
TOOLS = 44.0
"""Below a bubble, for what can be done with the message: as high as a finger needs."""
SMALL = ("<system>", 13)
SAID = 1.5
"""Seconds for which a button says that it has copied."""


def height(said: Said, bubble: Bubble) -> float:
    """How high the message is with all that belongs to it."""
    return BETWEEN + bubble.height + (0.0 if said.growing else TOOLS)


@dataclass(slots=True)
class _Part:
    """What shows a block: a view, the label in it, and what that is moved sideways in."""

    placed: Placed
    view: ui.View
    label: ui.Label | None = None
    lines: ui.ScrollView | None = None

    def put(self, placed: Placed) -> None:
        """Show another text of the same kind there."""
        self.placed = placed
        left, top, width, high = placed.frame
        if self.label is not None:
            self.label.text = placed.block.text
        if self.lines is not None and self.label is not None:
            above = bar(placed.block)
            self.view.frame = placed.frame
            self.lines.frame = (0, above, width, high - above)
            self.lines.content_size = (placed.wide + 2 * PAD, high - above)
            self.label.frame = (PAD, PAD, placed.wide, high - above - 2 * PAD)
        elif placed.block.kind == "quote" and self.label is not None:
            self.view.frame = (left - QUOTE, top, width + QUOTE, high)
            self.label.frame = (QUOTE, 0, width, high)
        else:
            self.view.frame = placed.frame


@dataclass(slots=True)
class BubbleView:
    """The views of one message. On the main thread only."""

    look: Look
    text: Callable[[], str]
    """All that the message says, with its Markdown."""
    again: Callable[[], object]
    view: ui.View = field(default_factory=ui.View)
    _bubble: ui.View = field(default_factory=ui.View)
    _parts: list[_Part] = field(default_factory=list)
    _tools: list[ui.Button | ui.Label] = field(default_factory=list)
    _shown: tuple[Said, bool] | None = None

    def __post_init__(self) -> None:
        self._bubble.corner_radius = ROUND
        self.view.add_subview(self._bubble)

    def update(self, said: Said, bubble: Bubble, width: float, *, last: bool) -> None:
        """Show the message as it is now, in a list of that width."""
        self._bubble.frame = (bubble.x, BETWEEN, bubble.width, bubble.height)
        self._bubble.background_color = self.look.mine if said.mine else self.look.surface
        self._show_blocks(bubble)
        if self._shown != (said, last):
            self._shown = said, last
            self._show_tools(said, last=last)
        self._place_tools(said, bubble, width)

    def _show_blocks(self, bubble: Bubble) -> None:
        for place, placed in enumerate(bubble.placed):
            old = self._parts[place] if place < len(self._parts) else None
            if old is None:
                self._parts.append(self._part(placed, place))
            elif not _alike(old.placed.block, placed.block):
                self._bubble.remove_subview(old.view)
                self._parts[place] = self._part(placed, place)
            elif old.placed != placed:
                old.put(placed)
        while len(self._parts) > len(bubble.placed):
            self._bubble.remove_subview(self._parts.pop().view)

    def _part(self, placed: Placed, place: int) -> _Part:
        kind = placed.block.kind
        if kind == "rule":
            part = _Part(placed, ui.View(background_color=self.look.line))
        elif kind in ("code", "table"):
            part = self._box(placed, place)
        elif kind == "quote":
            label = self._label(placed.block)
            part = _Part(placed, ui.View(), label)
            part.view.add_subview(ui.View(frame=(0, 0, 3, 100), flex="H", background_color=self.look.line))
            part.view.add_subview(label)
        else:
            label = self._label(placed.block)
            part = _Part(placed, label, label)
        part.put(placed)
        self._bubble.add_subview(part.view)
        return part

    def _label(self, block: Block) -> ui.Label:
        label = ui.Label()
        label.font = FONTS[block.kind]
        label.number_of_lines = 0
        label.line_break_mode = ui.LB_WORD_WRAP
        label.text_color = self.look.soft if block.kind == "quote" else self.look.ink
        return label

    def _box(self, placed: Placed, place: int) -> _Part:
        """Code or a table: its lines are not broken, but moved sideways."""
        part = _Part(placed, ui.View(), self._label(placed.block), ui.ScrollView())
        assert part.lines is not None
        assert part.label is not None
        part.view.background_color = self.look.sunken
        part.view.corner_radius = 0 if placed.block.joined else 8
        part.lines.add_subview(part.label)
        part.view.add_subview(part.lines)
        if bar(placed.block):
            copy = self._button("page.chat.copy_code")
            copy.frame = (placed.frame[2] - copy.width, 0, copy.width, BAR)
            copy.action = lambda sender: _copy(
                sender, lambda: whole_code([one.placed.block for one in self._parts], place)
            )
            part.view.add_subview(copy)
        return part

    def _show_tools(self, said: Said, *, last: bool) -> None:
        for old in self._tools:
            self.view.remove_subview(old)
        self._tools.clear()
        if said.growing:
            return
        copy, share = self._button("page.chat.copy"), self._button("phone.chat.share")
        copy.action = lambda sender: _copy(sender, self.text)
        share.action = lambda _: device.off_main(lambda: dialogs.share_text(self.text()))
        self._tools += [copy, share]
        if last and not said.mine:
            again = self._button("page.chat.ask_again")
            again.action = lambda _: self.again()
            self._tools.append(again)
        if said.partial:
            self._tools.append(self._note("phone.chat.unfinished"))
        for tool in self._tools:
            self.view.add_subview(tool)

    def _place_tools(self, said: Said, bubble: Bubble, width: float) -> None:
        wide = sum(tool.width for tool in self._tools)
        x = width - MARGIN - wide if said.mine else MARGIN
        for tool in self._tools:
            tool.frame = (x, BETWEEN + bubble.height, tool.width, TOOLS)
            x += tool.width

    def _button(self, key: str) -> ui.Button:
        button = ui.Button(title=words.say(key))
        button.font = SMALL
        button.tint_color = self.look.soft
        button.width = ui.measure_string(button.title, 0, SMALL)[0] + 2 * PAD
        return button

    def _note(self, key: str) -> ui.Label:
        label = ui.Label()
        label.text, label.font, label.text_color = words.say(key), SMALL, self.look.on_warning
        label.width = ui.measure_string(label.text, 0, SMALL)[0] + 2 * PAD
        return label


def _alike(one: Block, other: Block) -> bool:
    """Whether the views of one can show the other."""
    return one.kind == other.kind and one.joined == other.joined


def _copy(button: ui.Button, text: Callable[[], str]) -> None:
    """Put a text on the clipboard, and have the button say so for a moment."""
    clipboard.set(text())
    title, button.title = button.title, words.say("page.chat.copied")
    if title != button.title:
        ui.delay(lambda: setattr(button, "title", title), SAID)
