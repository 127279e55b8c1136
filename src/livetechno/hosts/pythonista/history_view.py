"""The conversations that are kept, over the talk: to open, to begin anew, to delete and take back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import ui

from livetechno import app, words
from livetechno.hosts.pythonista import bubbles, device
from livetechno.hosts.pythonista.bubbles import PAD
from livetechno.hosts.pythonista.looks import Look
from livetechno.store.conversations import Conversation

MOST = 500
"""Conversations that are listed."""
BAR = 44.0
ROW = 60.0
SMALL = ("<system>", 13)
BOLD = ("<system-bold>", 16)


class History:
    """The list. On the main thread only; what it reads and writes it does in threads."""

    def __init__(
        self,
        look: Look,
        opens: Callable[[str | None], object],
        closes: Callable[[], object],
        removed: Callable[[str], object],
    ) -> None:
        """`opens` is given the conversation that was chosen, None for a new one; `removed` a deleted one."""
        self.conversations: tuple[Conversation, ...] = ()
        self.view = ui.View(background_color=look.paper)
        self.table = ui.TableView()
        self.table.row_height = ROW
        self.table.background_color = look.paper
        self.table.data_source = self.table.delegate = self
        self._look = look
        self._opens, self._removed = opens, removed
        self._gone: Conversation | None = None
        self._new = self._button("page.chat.new", lambda: opens(None))
        self._close = self._button("phone.chat.close", closes)
        self._undo = self._button("page.chat.undo", self._take_back)
        self._told = ui.Label()
        self._told.font, self._told.text_color = SMALL, look.soft
        for view in (self.table, self._new, self._close, self._undo, self._told):
            self.view.add_subview(view)
        self._tell()

    def place(self, frame: bubbles.Frame) -> None:
        """Put it there."""
        self.view.frame = frame
        _, _, width, height = frame
        self._new.frame = (0, 0, self._new.width, BAR)
        self._close.frame = (width - self._close.width, 0, self._close.width, BAR)
        below = BAR if self._gone is not None else 0.0
        self.table.frame = (0, BAR, width, height - BAR - below)
        self._told.frame = (PAD, height - BAR, width - self._undo.width - 2 * PAD, BAR)
        self._undo.frame = (width - self._undo.width, height - BAR, self._undo.width, BAR)

    def read(self) -> None:
        """List what is kept."""

        def listed() -> None:
            found = app.store().conversations.list(most=MOST)
            device.later(lambda: self._show(found))

        device.off_main(listed)

    def tableview_number_of_rows(self, _table: ui.TableView, _section: int) -> int:
        """As many as are kept; a line that says so where there are none."""
        return len(self.conversations) or 1

    def tableview_cell_for_row(self, _table: ui.TableView, _section: int, row: int) -> ui.TableViewCell:
        """Its title; when something was said in it last, and how much there is."""
        cell = ui.TableViewCell("subtitle")
        cell.background_color = self._look.paper
        cell.text_label.text_color = self._look.ink
        if not self.conversations:
            cell.selectable = False
            cell.text_label.text = words.say("page.chat.list_empty")
            cell.text_label.number_of_lines = 0
            return cell
        one = self.conversations[row]
        cell.text_label.text = _title(one)
        if cell.detail_text_label is not None:
            cell.detail_text_label.text = _about(one)
            cell.detail_text_label.text_color = self._look.soft
        return cell

    def tableview_can_delete(self, _table: ui.TableView, _section: int, _row: int) -> bool:
        """Each of them."""
        return bool(self.conversations)

    def tableview_delete(self, _table: ui.TableView, _section: int, row: int) -> None:
        """Put one aside; it can be taken back."""
        gone = self.conversations[row]
        self._gone = gone
        self._show(tuple(one for one in self.conversations if one.id != gone.id))
        self._removed(gone.id)
        device.off_main(lambda: app.store().conversations.delete(gone.id))

    def tableview_title_for_delete_button(self, _table: ui.TableView, _section: int, _row: int) -> str:
        """What the button says that a swipe uncovers."""
        return words.say("page.chat.delete")

    def tableview_did_select(self, _table: ui.TableView, _section: int, row: int) -> None:
        """Open one."""
        if self.conversations:
            self._opens(self.conversations[row].id)

    def _take_back(self) -> None:
        gone, self._gone = self._gone, None
        if gone is None:
            return

        def restore() -> None:
            app.store().conversations.restore(gone.id)
            self.read()

        device.off_main(restore)

    def _show(self, found: tuple[Conversation, ...]) -> None:
        self.conversations = found
        self.table.reload()
        self._tell()

    def _tell(self) -> None:
        """Say what was deleted, and offer to take it back."""
        gone = self._gone
        self._told.hidden = self._undo.hidden = gone is None
        if gone is not None:
            self._told.text = words.say("page.chat.removed", title=_title(gone))
        self.place(self.view.frame)

    def _button(self, key: str, action: Callable[[], object]) -> ui.Button:
        button = ui.Button(title=words.say(key))
        button.font, button.tint_color = BOLD, self._look.accent
        button.action = lambda _: action()
        button.width = ui.measure_string(button.title, 0, BOLD)[0] + 2 * PAD
        return button


def _title(one: Conversation) -> str:
    return one.title or words.say("page.chat.untitled")


def _about(one: Conversation) -> str:
    """When something was said in it last, by the clock of the device, and how many messages it holds."""
    changed = datetime.strptime(one.changed, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone()
    key = "page.chat.messages.one" if one.size == 1 else "page.chat.messages.other"
    return f"{changed:%Y-%m-%d %H:%M} · {words.say(key, count=one.size)}"
