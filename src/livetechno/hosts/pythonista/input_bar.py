"""Where a message is written: it grows to five lines, and its button sends or stops."""

from __future__ import annotations

from collections.abc import Callable

import ui

from livetechno import words
from livetechno.hosts.pythonista import bubbles
from livetechno.hosts.pythonista.bubbles import PAD
from livetechno.hosts.pythonista.looks import Look

FONT = bubbles.TEXT
INSET = 8.0
"""Above and below the text in a text view, by UIKit."""
SIDE = 5.0
"""Left and right of it."""
BUTTON = 44.0
ENOUGH = 2000
"""Characters that fill all the lines that are shown; a whole book may be pasted."""


class InputBar:
    """The bar, as high as its text asks for. On the main thread only."""

    def __init__(
        self, send: Callable[[str], object], stop: Callable[[], object], grew: Callable[[], object]
    ) -> None:
        """`send` is given what was written; `grew` is called when the bar wants another height."""
        self.view = ui.View()
        self.text = ui.TextView()
        self.button = ui.Button()
        self._hint = ui.Label()
        self._send, self._stop, self._grew = send, stop, grew
        self._busy = False
        self._high = 0.0
        self._line = ui.measure_string("X", 0, FONT)[1]
        self.text.font = FONT
        self.text.auto_content_inset = False
        self.text.corner_radius = 12
        self.text.delegate = self
        self._hint.text, self._hint.font = words.say("page.chat.placeholder"), FONT
        self._hint.touch_enabled = False
        self.button.font = ("<system-bold>", 16)
        self.button.action = self._pressed
        for view in (self.text, self._hint, self.button):
            self.view.add_subview(view)
        self.show(busy=False)

    def show(self, *, busy: bool) -> None:
        """Offer to stop while an answer is under way, else to send what is written."""
        self._busy = busy
        self.button.title = words.say("page.chat.stop" if busy else "page.chat.send")
        self.button.enabled = busy or bool(self.text.text.strip())
        self._hint.hidden = bool(self.text.text)

    def put(self, text: str) -> None:
        """Have another text written there."""
        self.text.text = text
        self.textview_did_change(self.text)

    def height(self, width: float) -> float:
        """How high the bar is in a view of that width."""
        text = self.text.text[:ENOUGH]
        high = ui.measure_string(text, self._room(width) - 2 * SIDE, FONT)[1] if text else 0.0
        return bubbles.input_height(high, self._line, INSET) + 2 * INSET

    def place(self, frame: bubbles.Frame) -> None:
        """Put it there."""
        self.view.frame = frame
        _, _, width, high = frame
        self._high = high
        room = self._room(width)
        self.text.frame = (PAD, INSET, room, high - 2 * INSET)
        self._hint.frame = (PAD + SIDE, INSET, room - 2 * SIDE, self._line + 2 * INSET)
        self.button.frame = (PAD + room, high - BUTTON - INSET / 2, width - room - PAD, BUTTON)

    def recolour(self, look: Look) -> None:
        """Draw it in these colours."""
        self.view.background_color = look.paper
        self.text.background_color, self.text.text_color = look.surface, look.ink
        self.text.tint_color = self.button.tint_color = look.accent
        self._hint.text_color = look.soft

    def textview_did_change(self, _: ui.TextView) -> None:
        """The person writes."""
        self.show(busy=self._busy)
        if self.height(self.view.width) != self._high:
            self._grew()

    def _pressed(self, _: ui.Button) -> None:
        if self._busy:
            self._stop()
        else:
            self._send(self.text.text)

    def _room(self, width: float) -> float:
        """How wide the text is, beside the longer of the two titles."""
        titles = (words.say("page.chat.stop"), words.say("page.chat.send"))
        return width - max(ui.measure_string(one, 0, self.button.font)[0] for one in titles) - 4 * PAD
