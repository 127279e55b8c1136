"""The stand-in for Pythonista has the app's sharp edges, so that code that would crash there fails here."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import appex
import clipboard
import console
import dialogs
import keychain
import objc_util
import pytest
import shortcuts
import sound
import ui
from _app import CANCEL, ViolationError, launch

from tests.hosts.pythonista.phone import Phone, held


def broken(phone: Phone, *rules: str) -> None:
    """The rules that were broken on purpose, and no others."""
    found = list(phone.violations)
    phone.violations.clear()
    assert len(found) == len(rules), found
    for told, rule in zip(found, rules, strict=True):
        assert rule in told


def test_what_would_crash_the_app_fails_the_test_at_its_end() -> None:
    went_on: list[bool] = []

    def wrong(phone: Phone) -> None:
        view = ui.View()
        view.present()
        view.name = "wrong"
        went_on.append(True)

    def uncaught(phone: Phone) -> None:
        ui.delay(lambda: 1 / 0, 0)
        phone.settle()

    def tried(test: Callable[[Phone], None]) -> None:
        with held(launch()) as phone:
            test(phone)

    with pytest.raises(AssertionError, match=r"View.name was changed on MainThread"):
        tried(wrong)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        tried(uncaught)
    assert went_on  # a violation is recorded, and the test goes on


def test_a_view_on_screen_changes_on_the_main_thread_only(phone: Phone) -> None:  # OMZ#621, STASH#496
    view = ui.View()
    label = ui.Label(text="before")
    view.add_subview(label)
    view.present()
    assert view.on_screen
    assert not phone.violations
    label.text = "wrong"
    phone.on_main(lambda: setattr(label, "text", "right"))
    broken(phone, "Label.text was changed")


def test_nothing_modal_is_called_from_a_callback(phone: Phone) -> None:  # OMZ#724, DOC17
    button = ui.Button(action=lambda _: console.alert("No"))
    button.present()
    with pytest.raises(ViolationError):
        phone.tap(button)
    broken(phone, "alert on the main thread")


def test_a_cancelled_alert_is_no_exception_that_scripts_expect(phone: Phone) -> None:  # DOC17
    phone.answers(CANCEL)

    def script() -> str:
        try:
            console.alert("Sure?")
        except Exception:  # noqa: BLE001 - that this does not catch it is the point
            return "caught"
        return "went on"

    with pytest.raises(KeyboardInterrupt):
        phone.run(script).wait()


def test_a_cancelled_dialog_gives_none(phone: Phone) -> None:  # APP34
    phone.answers(CANCEL, "b", {"name": "Ada"})
    assert phone.run(lambda: dialogs.list_dialog("Which?", ["a", "b"])).wait() is None
    assert phone.run(lambda: dialogs.list_dialog("Which?", ["a", "b"])).wait() == "b"
    form: list[dict[str, Any]] = [
        {"type": "text", "key": "name"},
        {"type": "switch", "key": "on", "value": True},
    ]
    assert phone.run(lambda: dialogs.form_dialog("Who?", form)).wait() == {"name": "Ada", "on": True}
    with pytest.raises(ValueError, match="required"):
        phone.run(lambda: dialogs.form_dialog("Nothing")).wait()


def test_the_keychain_holds_strings_and_tells_what_it_has_not_by_none(phone: Phone) -> None:  # DOC17, STUB
    assert keychain.get_password("openai", "api_key") is None
    keychain.set_password("openai", "api_key", "one")
    keychain.set_password("openai", "api_key", "two")
    assert keychain.get_password("openai", "api_key") == "two"
    with pytest.raises(TypeError):
        keychain.set_password("openai", "api_key", None)  # type: ignore[arg-type]
    keychain.delete_password("openai", "api_key")
    assert keychain.get_services() == []
    keychain.reset_keychain()
    broken(phone, "reset_keychain")


def test_what_is_put_in_the_background_waits_for_the_script(phone: Phone) -> None:  # APP34, jsbain
    order: list[str] = []

    def script() -> None:
        ui.in_background(order.append)("first in the queue")
        ui.in_background(order.append)("second in the queue")
        time.sleep(0.01)
        order.append("script")

    phone.run(script).wait()
    phone.app.interpreter.settle()
    assert order == ["script", "first in the queue", "second in the queue"]


def test_what_fails_on_the_main_thread_comes_back_as_none(phone: Phone) -> None:  # APP34
    assert objc_util.on_main_thread(lambda: 1 / 0)() is None
    assert [type(error) for error in phone.app.swallowed] == [ZeroDivisionError]


def test_delays_come_on_the_main_thread_and_are_all_dropped_at_once(phone: Phone) -> None:  # DOC17
    where: list[threading.Thread] = []
    ui.delay(lambda: where.append(threading.current_thread()), 0)
    phone.until(lambda: bool(where))
    assert where == [phone.app.main.thread]
    ui.delay(lambda: where.append(threading.current_thread()), 0.03)
    ui.cancel_delays()
    time.sleep(0.05)
    assert len(where) == 1


def test_only_view_can_be_subclassed(phone: Phone) -> None:  # DOC17
    with pytest.raises(TypeError):
        type("Mine", (ui.Label,), {})


def test_a_view_is_laid_out_on_the_main_thread_when_the_phone_is_turned(phone: Phone) -> None:
    sizes: list[tuple[float, float, bool]] = []

    class Page(ui.View):
        def layout(self) -> None:
            sizes.append((self.width, self.height, phone.app.main.is_here))

    page = Page()
    page.add_subview(ui.View(frame=(0, 0, 100, 20), flex="WT"))
    page.present(hide_title_bar=True)
    phone.settle()
    phone.rotate()
    assert (sizes[0], sizes[-1]) == ((390.0, 844.0, True), (844.0, 390.0, True))
    assert page.subviews[0].frame.width > 800


def test_the_clipboard_is_the_main_threads_and_may_have_no_text(phone: Phone) -> None:  # APP34, OMZ#461
    assert phone.on_main(clipboard.get) is None
    phone.on_main(lambda: clipboard.set("text"))
    assert clipboard.get() == "text"
    broken(phone, "clipboard.get")


def test_the_console_is_no_terminal_and_keeps_the_colour_of_each_word(phone: Phone) -> None:
    def script() -> str:
        console.set_color(1, 0, 0)
        print("red", end="")
        console.set_color()
        return input("name? ")

    phone.console.types("Ada")
    assert phone.run(script).wait() == "Ada"
    assert phone.console.spans[:2] == [("red", (1, 0, 0)), ("name? Ada\n", None)]
    phone.console.write("\x1b[31m")
    broken(phone, "an escape code")


def test_the_stop_button_interrupts_a_script(phone: Phone) -> None:
    run = phone.run(input)
    phone.until(lambda: run.running)
    time.sleep(0.01)
    phone.stop_button()
    with pytest.raises(KeyboardInterrupt):
        run.wait()


def test_one_interpreter_runs_all_scripts_and_loads_their_neighbours_anew(
    phone: Phone, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("count = []")
    (tmp_path / "script.py").write_text(
        "import sys, beside\nbeside.count.append(1)\nn = len(beside.count)\nargs = sys.argv[1:]\n"
        "sys.modules.setdefault('left_by_a_script', sys)\n"
    )
    runs: list[dict[str, Any]] = [phone.run(tmp_path / "script.py", "a").wait() for _ in range(2)]
    assert [(run["n"], run["args"]) for run in runs] == [(1, ["a"]), (1, ["a"])]
    assert sys.modules.pop("left_by_a_script") is sys


def test_the_next_run_takes_the_names_of_the_one_before(phone: Phone, tmp_path: Path) -> None:  # DOC17
    (tmp_path / "script.py").write_text(
        "import __main__\nassert __main__.__file__ == __file__\nname = 'here'\n"
        "def left_behind():\n    return name\n"
    )
    first = phone.run(tmp_path / "script.py").wait()
    assert first["left_behind"]() == "here"
    phone.run(tmp_path / "script.py").wait()
    with pytest.raises(NameError):
        first["left_behind"]()


def test_a_script_sees_that_it_is_in_the_app(phone: Phone) -> None:  # BLEAK, STASH libdist
    assert (sys.platform, "Pythonista" in sys.executable, sys.stdout.isatty()) == ("ios", True, False)
    assert (appex.is_running_extension(), shortcuts.is_running_shortcut()) == (False, False)


def test_a_form_and_a_list_refuse_what_they_cannot_show(phone: Phone) -> None:  # APP34
    with pytest.raises(TypeError):
        phone.run(lambda: dialogs.list_dialog(None, [])).wait()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="field type"):
        phone.run(lambda: dialogs.form_dialog("Who?", [{"type": "colour"}])).wait()


def test_a_hud_blocks_until_it_is_gone_so_never_on_the_main_thread(phone: Phone) -> None:  # DOC17
    before = time.monotonic()
    phone.run(lambda: console.hud_alert("Copied")).wait()
    assert time.monotonic() - before >= console.HUD_SECONDS
    with pytest.raises(ViolationError):
        phone.on_main(lambda: console.hud_alert("Copied"))
    broken(phone, "hud_alert on the main thread")


def test_the_screen_is_kept_on_from_the_main_thread_only(phone: Phone) -> None:  # OMZ#639
    phone.on_main(lambda: console.set_idle_timer_disabled(True))
    assert phone.app.idle_timer_disabled
    console.set_idle_timer_disabled(False)
    broken(phone, "set_idle_timer_disabled")


def test_the_main_thread_does_not_wait_for_the_network(phone: Phone) -> None:  # DOC17: the app stands still
    with socket.create_server(("127.0.0.1", 0)) as server:
        phone.on_main(lambda: socket.create_connection(server.getsockname()).close())
    broken(phone, "the network is waited for on the main thread")


def test_music_ends_without_a_word_and_begins_anew_without_a_pause(  # DOC17, STUB, ENV26
    phone: Phone, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="no such file"):
        sound.MIDIPlayer(str(tmp_path / "none.mid"))
    (tmp_path / "one.mid").write_bytes(b"MThd")
    player = sound.MIDIPlayer(str(tmp_path / "one.mid"))
    player.play()
    phone.listen(0.4)
    assert player.current_time == pytest.approx(0.4)
    phone.listen(10)
    assert player.current_time == player.duration
    assert not hasattr(player, "pause")


def test_in_the_background_everything_runs_on_for_half_a_minute(phone: Phone) -> None:  # discussion 1793
    with socket.create_server(("127.0.0.1", 0)) as server:
        phone.leave()
        assert console.is_in_background()
        phone.come_back(20)
        assert not console.is_in_background()
        socket.create_connection(server.getsockname()).close()


def test_while_the_app_sleeps_only_the_wall_clock_goes_on(phone: Phone) -> None:  # mach_absolute_time
    wall, steady = time.time(), time.monotonic()
    phone.suspend(600)
    assert time.time() - wall >= 600
    assert time.monotonic() - steady < 600


def test_after_a_long_absence_listeners_and_connections_are_dead(phone: Phone) -> None:  # TN2277, 802375
    with socket.create_server(("127.0.0.1", 0)) as inside, socket.create_server(("127.0.0.1", 0)) as outside:
        phone.outside.add(outside.getsockname()[1])
        with socket.create_connection(outside.getsockname()) as call:
            answering, _ = outside.accept()
            before = time.time()
            phone.suspend(120)
            assert time.time() - before >= 120
            assert (call.recv(1), answering.recv(1)) == (b"", b"")
            answering.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(inside.getsockname())
        with pytest.raises(ConnectionAbortedError):  # 85038
            inside.accept()
        socket.create_connection(outside.getsockname()).close()
        outside.accept()[0].close()


def test_wait_modal_waits_off_the_main_thread_only(phone: Phone) -> None:  # DOC17
    view = ui.View()
    view.present()
    phone.on_main(view.wait_modal)
    run = phone.run(view.wait_modal)
    time.sleep(0.01)
    assert run.running
    view.close()
    run.wait()


def test_what_is_on_the_screen_can_be_drawn(phone: Phone) -> None:
    view = ui.View(name="Chat", background_color="white")
    view.add_subview(ui.Label(text="a < b", frame=(10, 10, 100, 20)))
    view.add_subview(ui.Label(text="unseen", hidden=True))
    view.add_subview(ui.TextField(text="secret", secure=True))
    view.present()
    picture = phone.picture()
    assert "secret" not in picture
    assert "a &lt; b" in picture
    assert ">Chat<" in picture
    assert "unseen" not in picture


def test_a_connection_may_also_fail_after_an_absence(phone: Phone) -> None:  # 802375: nothing says how
    with socket.create_server(("127.0.0.1", 0)) as outside:
        phone.outside.add(outside.getsockname()[1])
        with socket.create_connection(outside.getsockname()) as call, outside.accept()[0]:
            phone.suspend(120, reset=True)
            with pytest.raises(ConnectionResetError):
                call.recv(1)


def test_a_dialog_that_nobody_answers_goes_when_the_app_is_closed(phone: Phone) -> None:
    asked: list[str] = []

    def script() -> None:
        try:
            console.alert("Still there?")
        except KeyboardInterrupt:
            asked.append("cancelled")

    thread = threading.Thread(target=script)
    thread.start()
    phone.until(lambda: bool(phone.asked))
    phone.app.dismiss()
    thread.join()
    assert asked == ["cancelled"]
