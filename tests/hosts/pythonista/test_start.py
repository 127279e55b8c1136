"""The start screen: there at once, on the right threads, in the colours of the moment."""

from __future__ import annotations

import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest
import ui
from _app import CANCEL

from livetechno import settings
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import about, start
from livetechno.hosts.pythonista.start import Room
from livetechno.settings import Settings
from tests.hosts.pythonista.phone import Phone, Run

ROOMS = (Room("console", "a_room", "run"), Room("chat", "no_room_at_all", "show"))


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module with a room, which remembers who called it; and one that does not exist."""
    module = types.ModuleType("a_room")
    module.__spec__ = types.SimpleNamespace(name="a_room")  # type: ignore[assignment]
    module.threads = []  # type: ignore[attr-defined]
    module.run = lambda: module.threads.append(threading.current_thread().name)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_room", module)
    monkeypatch.setattr(start, "ROOMS", ROOMS)
    return module


@pytest.fixture
def chosen_mock() -> None:
    """Somebody who has said already that Mock AI is to answer."""
    settings.save(Settings(mock=True))


def opened(phone: Phone) -> tuple[Run, ui.TableView]:
    """The screen, when it has found out who answers."""
    run = phone.run(pythonista.main)
    table = phone.find(ui.TableView)
    phone.until(lambda: header(table) != "")
    still(phone)
    return run, table


def header(table: ui.TableView) -> str:
    return str(table.data_source.tableview_title_for_header(table, 0))


def select(phone: Phone, table: ui.TableView, row: int, section: int) -> None:
    phone.on_main(lambda: table.select(row, section))


def still(phone: Phone) -> None:
    """Wait until nothing is under way on the screen."""
    phone.until(lambda: not phone.screen._busy)  # type: ignore[attr-defined]


def test_it_shows_who_answers_the_rooms_that_there_are_and_the_settings(
    phone: Phone, chosen_mock: None
) -> None:
    run, table = opened(phone)
    assert header(table) == "Mock AI answers"
    assert table.titles(0) == ["Console"]
    assert table.titles(1) == ["Key", "Model for chat", "Settings", "About"]
    phone.screen.close()
    assert run.wait() is None


def test_a_room_is_entered_on_the_interpreters_thread_when_the_screen_is_closed(
    phone: Phone, chosen_mock: None, room: types.ModuleType
) -> None:
    run, table = opened(phone)
    select(phone, table, 0, 0)
    run.wait()
    assert room.threads == ["interpreter"]
    assert phone.app.presented == []


def test_a_second_tap_while_a_room_loads_does_nothing(
    phone: Phone, chosen_mock: None, room: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def load(_: Room) -> object:
        go_on.wait(5)
        return room.run

    monkeypatch.setattr(Room, "load", load)
    run, table = opened(phone)
    for section, row in ((0, 0), (0, 0), (1, 2)):
        select(phone, table, row, section)
    go_on.set()
    run.wait()
    assert room.threads == ["interpreter"]


def test_a_room_that_cannot_be_loaded_is_told_and_the_screen_stays(
    phone: Phone, chosen_mock: None, room: types.ModuleType
) -> None:
    del room.run
    _, table = opened(phone)
    phone.answers(1)
    select(phone, table, 0, 0)
    phone.until(lambda: len(phone.asked) == 1)
    assert "A fault of livetechno itself (AttributeError" in phone.asked[0].details["message"]
    still(phone)
    assert phone.app.presented


def test_who_comes_without_a_key_is_asked_and_then_not_again(phone: Phone) -> None:
    phone.answers("Continue with Mock AI")
    run, table = opened(phone)
    assert phone.asked[0].details["title"] == "Welcome to livetechno"
    assert header(table) == "Mock AI answers"
    phone.screen.close()
    run.wait()
    _, table = opened(phone)
    assert len(phone.asked) == 1


def test_who_does_not_choose_is_asked_the_next_time(phone: Phone) -> None:
    for _ in range(2):
        phone.answers(CANCEL)
        run, _table = opened(phone)
        phone.screen.close()
        run.wait()
    assert len(phone.asked) == 2
    assert not settings.path().exists()


def test_a_dialog_opens_off_the_main_thread_and_the_screen_speaks_what_it_chose(
    phone: Phone, chosen_mock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIVETECHNO_LANG")
    phone.app.languages = ["en-US"]
    _, table = opened(phone)
    phone.answers({"language": "fr"})
    select(phone, table, 2, 1)
    phone.until(lambda: table.titles(1)[2] == "Réglages")
    phone.until(lambda: header(table) == "Mock AI répond")


def test_it_takes_the_size_and_the_colours_of_the_moment(
    phone: Phone, chosen_mock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "LOOK_EVERY", 0.01)
    _, table = opened(phone)
    light = table.rows(0)[0].text_label.text_color
    assert (table.width, table.height) == (phone.screen.width, phone.screen.height)
    phone.rotate()
    assert (table.width, table.height) == (phone.screen.width, phone.screen.height)
    phone.dark()
    phone.until(lambda: table.rows(0)[0].text_label.text_color != light)
    assert table.background_color == phone.screen.background_color != light


def test_broken_settings_are_told_on_the_screen(phone: Phone) -> None:
    settings.path().parent.mkdir(parents=True)
    settings.path().write_text("{")
    phone.answers(1)
    _, table = opened(phone)
    assert "no JSON" in header(table)


def test_livetechno_is_removed_when_nothing_of_it_is_shown(
    phone: Phone, chosen_mock: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "livetechno.py"
    script.write_text(
        "import pathlib, threading\n"
        "def uninstall(data):\n"
        "    thread = threading.current_thread().name\n"
        "    pathlib.Path(__file__).with_name('removed').write_text(f'{data} {thread}')\n"
    )
    monkeypatch.setattr(about, "installed", lambda: tmp_path)
    run, table = opened(phone)
    phone.answers("Uninstall", CANCEL)
    select(phone, table, 3, 1)
    phone.until(lambda: len(phone.asked) == 2)
    still(phone)
    assert phone.app.presented, "who thinks better of it stays"
    phone.answers("Uninstall", "Remove, and keep them")
    select(phone, table, 3, 1)
    run.wait()
    assert (tmp_path / "removed").read_text() == "False interpreter"


def test_it_is_there_before_anything_large_is_loaded() -> None:
    """The phone imports slowly: what is not needed for the first screen comes after it."""
    app = Path(__file__).with_name("app")
    program = f"""
import os, sys
sys.path.append({str(app)!r})
import _app
phone = _app.launch()
from livetechno.hosts import pythonista
phone.interpreter.put(pythonista.main)
while not phone.presented:
    pass
print(*(name for name in ("aiohttp", "asyncio", "sqlite3", "ssl") if name in sys.modules), flush=True)
os._exit(0)  # a question is open, and nobody will answer it
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == ""
