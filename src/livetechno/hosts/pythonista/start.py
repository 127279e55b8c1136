"""The start screen: who answers, the rooms to go into, and the settings.

It loads next to nothing, so that it is there at once; a room is loaded when it is chosen.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import ui

from livetechno import words
from livetechno.hosts.pythonista import device, looks

HERE = "livetechno.hosts.pythonista"


@dataclass(frozen=True, slots=True)
class Room:
    """A line of the screen that leads somewhere: `phone.room.{name}`, and `--{name}` for a script.

    What it leads to is called on the interpreter's thread, after the screen has been closed.
    """

    name: str
    module: str
    function: str

    @property
    def exists(self) -> bool:
        """Whether this version has it."""
        return importlib.util.find_spec(self.module) is not None

    def load(self) -> Callable[[], object]:
        """What shows it. The first time this takes a while."""
        shows: Callable[[], object] = getattr(importlib.import_module(self.module), self.function)
        return shows


ROOMS = (
    Room("console", f"{HERE}.console_chat", "run"),
    Room("chat", f"{HERE}.chat_view", "show"),
    Room("page", f"{HERE}.web", "show"),
)


SETTINGS = (
    ("page.key.title", "forms", "manage_key"),
    ("page.server.model", "forms", "choose_model"),
    ("page.tab.settings", "forms", "change_settings"),
    ("phone.about", "about", "show"),
)
"""The lines that open a dialog: what is said, and the module and function that open it.

Such a function may return what is to be called when the screen has been closed.
"""
LOOK_EVERY = 2.0
"""Seconds between two looks whether the device has gone dark, of which nobody tells."""


def show() -> None:
    """Show the screen until it is closed, then the room that was chosen. On the interpreter's thread."""
    screen = Screen()
    screen.present("fullscreen")
    device.later(screen.greet)
    screen.wait_modal()
    if screen.chosen is not None:
        screen.chosen()


class Screen(ui.View):
    """The screen, which is its table's data source and delegate. Once shown, for the main thread only."""

    def __init__(self) -> None:
        self.chosen: Callable[[], object] | None = None
        """What shows the room that was chosen."""
        self._rooms = [room for room in ROOMS if room.exists]
        self._status = ""
        self._busy = False
        self._look = looks.now()
        self.name = "livetechno"
        self._table = ui.TableView(frame=self.bounds, flex="WH")
        self._table.data_source = self
        self._table.delegate = self
        self._spinner = ui.ActivityIndicator()
        self.add_subview(self._table)
        self.add_subview(self._spinner)

    def greet(self) -> None:
        """Ask who comes without a key, and look up who answers."""
        self._ask("forms", "welcome")
        self._watch()

    def layout(self) -> None:
        """Fit the size and the colours of the moment: iOS calls this whenever the device has turned."""
        self._look = looks.now()
        self._spinner.center = (self.width / 2, self.height / 2)
        self._table.background_color = self.background_color = self._look.paper
        self._table.reload()

    def tableview_number_of_sections(self, _table: ui.TableView) -> int:
        """Two: the rooms, and the settings."""
        return 2

    def tableview_number_of_rows(self, _table: ui.TableView, section: int) -> int:
        """How many lines a section has."""
        return len(self._rooms if section == 0 else SETTINGS)

    def tableview_title_for_header(self, _table: ui.TableView, section: int) -> str:
        """Who answers, above the rooms."""
        return self._status if section == 0 else words.say("page.tab.settings")

    def tableview_cell_for_row(self, _table: ui.TableView, section: int, row: int) -> ui.TableViewCell:
        """One line, in the colours of the moment."""
        cell = ui.TableViewCell("subtitle")
        assert cell.detail_text_label is not None
        cell.background_color = self._look.surface
        cell.text_label.text_color, cell.detail_text_label.text_color = self._look.ink, self._look.soft
        if section == 0:
            room = self._rooms[row].name
            cell.text_label.text = words.say(f"phone.room.{room}")
            cell.detail_text_label.text = words.say(f"phone.room.{room}.what")
            cell.accessory_type = "disclosure_indicator"
        else:
            cell.text_label.text = words.say(SETTINGS[row][0])
        return cell

    def tableview_did_select(self, table: ui.TableView, section: int, row: int) -> None:
        """Go into a room, or open a dialog."""
        table.reload()  # so that the line does not stay marked
        if self._busy:
            return
        if section == 0:
            self._enter(self._rooms[row])
        else:
            self._ask(*SETTINGS[row][1:])

    def _enter(self, room: Room) -> None:
        def load() -> None:
            shows = room.load()
            device.later(lambda: self._leave_for(shows))

        self._work(load)

    def _ask(self, module: str, function: str) -> None:
        def ask() -> None:
            from livetechno.hosts.pythonista import forms

            def look() -> None:
                status = forms.status()
                device.later(lambda: self._tell(status))

            look()
            try:
                after = getattr(importlib.import_module(f"{HERE}.{module}"), function)()
                if callable(after):
                    device.later(lambda: self._leave_for(after))
            finally:
                look()

        self._work(ask)

    def _leave_for(self, shows: Callable[[], object]) -> None:
        self.chosen = shows
        self.close()

    def _watch(self) -> None:
        if self.on_screen:
            if looks.now() is not self._look:
                self.layout()
            ui.delay(self._watch, LOOK_EVERY)

    def _tell(self, status: str) -> None:
        self._status = status
        self.layout()

    def _work(self, waits: Callable[[], object]) -> None:
        """Do what waits off the main thread; meanwhile nothing else can be chosen."""

        def work() -> None:
            try:
                waits()
            finally:
                device.later(lambda: self._set_busy(False))

        self._set_busy(True)
        device.off_main(work)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        if busy:
            self._spinner.start()
        else:
            self._spinner.stop()
