"""The stand-in's views behave as the documentation says of `ui`, where that is not what one would expect."""

from __future__ import annotations

import threading
import time
from concurrent.futures import TimeoutError  # noqa: A004 - 3.10 has one of its own
from typing import Any

import objc_util
import pytest
import ui
from _app import ViolationError

from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.test_phone import broken


@pytest.mark.parametrize(
    ("flex", "frame"),
    [
        ("", (40, 10, 20, 10)),  # "If you don't want auto-resizing to occur, use an empty string"
        ("W", (40, 10, 120, 10)),
        ("L", (140, 10, 20, 10)),
        ("R", (40, 10, 20, 10)),
        ("LR", (90, 10, 20, 10)),  # it stays in the middle
        ("LRW", (80, 10, 40, 10)),  # each grows in proportion
        ("WH", (40, 10, 120, 60)),
        ("TR", (40, 60, 20, 10)),
    ],
)
def test_a_view_in_another_follows_its_size_as_flex_says(  # DOC17
    phone: Phone, flex: str, frame: tuple[float, ...]
) -> None:
    outer = ui.View(frame=(0, 0, 100, 50))
    outer.add_subview(ui.View(frame=(40, 10, 20, 10), flex=flex))
    outer.frame = (0, 0, 200, 100)
    assert outer.subviews[0].frame == pytest.approx(frame)


def test_a_colour_is_read_as_four_parts_however_it_was_given(phone: Phone) -> None:  # DOC17
    view = ui.View()
    assert view.background_color is None
    for white in ("white", "#ffffff", "#fff", 1.0, (1, 1, 1)):
        view.background_color = white
        assert view.background_color == (1.0, 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="colour"):
        view.background_color = "ultraviolet"


def test_a_script_cannot_present_a_view_twice_nor_in_an_unknown_style(phone: Phone) -> None:  # DOC17
    view = ui.View()
    with pytest.raises(ValueError, match="style"):
        view.present("window")
    view.present("sheet")
    assert view.frame.size == ui.Size(390, 844 - 47 - 44)  # on an iPhone a sheet is a full screen
    with pytest.raises(ValueError, match="already"):
        view.present()


def test_will_close_is_called_on_the_main_thread_and_a_closed_view_is_free(phone: Phone) -> None:  # DOC17
    where: list[threading.Thread] = []

    class Page(ui.View):
        def will_close(self) -> None:
            where.append(threading.current_thread())

    page = Page()
    page.present()
    page.close()
    page.name = "changed from here, off the screen"
    assert where == [phone.app.main.thread]


def test_the_keyboards_frame_is_the_screens_and_told_twice(phone: Phone) -> None:  # DOC17
    told: list[tuple[str, Any]] = []

    class Page(ui.View):
        def keyboard_frame_will_change(self, frame: Any) -> None:
            told.append(("will", frame))

        def keyboard_frame_did_change(self, frame: Any) -> None:
            told.append(("did", frame))

    Page().present()
    phone.keyboard(300)
    phone.keyboard(0)
    assert told == [(when, (0, 844 - high, 390, high)) for high in (300, 0) for when in ("will", "did")]


def test_a_text_view_makes_room_for_the_keyboard_by_itself(phone: Phone) -> None:  # DOC17: the default
    page = ui.View()
    text = ui.TextView(frame=(0, 0, 390, 753))
    page.add_subview(text)
    page.present()
    phone.keyboard(300)
    assert text.content_inset[2] == 300
    phone.keyboard(0)
    assert text.content_inset[2] == 0


def test_a_field_asks_its_delegate_and_calls_its_action_at_the_end(phone: Phone) -> None:  # DOC17
    told: list[str] = []

    class Delegate:
        def textfield_should_change(self, _field: Any, _range: Any, text: str) -> bool:
            return text != "x"

        def textfield_should_return(self, field: Any) -> bool:
            field.end_editing()
            return True

        def textfield_did_end_editing(self, _field: Any) -> None:
            told.append("end")

    field = ui.TextField()
    field.delegate, field.action = Delegate(), lambda sender: told.append(sender.text)
    field.present()
    phone.type(field, "axb\n")
    assert told == ["end", "ab"]


def test_what_is_typed_goes_where_the_cursor_stands(phone: Phone) -> None:  # DOC17
    text = ui.TextView(text="ad")
    text.selected_range = (1, 1)
    text.present()
    phone.type(text, "bc")
    assert (text.text, text.selected_range) == ("abcd", (3, 3))
    with pytest.raises(ValueError, match="range"):
        phone.on_main(lambda: setattr(text, "selected_range", (0, 5)))


def test_scrolling_ends_where_the_content_does_but_a_script_may_go_further(phone: Phone) -> None:
    scrolled: list[float] = []

    class Delegate:
        def scrollview_did_scroll(self, view: Any) -> None:
            scrolled.append(view.content_offset.y)

    view = ui.ScrollView(frame=(0, 0, 100, 100))
    view.delegate = Delegate()
    view.content_size = (100, 300)
    phone.scroll(view, 250)
    assert scrolled == [250, 200]
    view.content_size = (100, 120)
    assert view.content_offset == ui.Point(0, 20)
    view.content_offset = (0, 90)
    assert view.content_offset == ui.Point(0, 90)


def test_a_button_of_the_title_bar_is_the_main_threads_too(phone: Phone) -> None:  # OMZ#621
    item = ui.ButtonItem("Go")
    page = ui.View(right_button_items=[item])
    item.title = "Stop"
    page.present()
    item.title = "Go"
    broken(phone, "ButtonItem.title was changed")


def test_nobody_can_tap_what_is_not_seen(phone: Phone) -> None:  # DOC17
    page, button = ui.View(), ui.Button(action=lambda _: None, hidden=True)
    page.add_subview(button)
    page.present()
    with pytest.raises(AssertionError, match="seen"):
        phone.tap(button)


def test_a_list_shows_its_rows_anew_when_it_changes(phone: Phone) -> None:  # DOC17, APP34
    table, source = (
        ui.TableView(),
        ui.ListDataSource(["a", {"title": "b", "accessory_type": "detail_button"}]),
    )
    table.data_source = table.delegate = source
    assert table.titles() == ["a", "b"]
    table.present()
    phone.on_main(lambda: source.items.append("c"))
    assert table.titles() == ["a", "b", "c"]
    source.items.append("off the main thread")
    broken(phone, "TableView.reload")


def test_rows_that_come_must_be_those_that_the_data_source_tells(phone: Phone) -> None:  # DOC17
    class Source:
        rows = 1

        def tableview_number_of_rows(self, _table: Any, _section: int) -> int:
            return self.rows

    table, source = ui.TableView(), Source()
    table.data_source = source
    table.reload()
    source.rows = 2
    table.insert_rows([1])
    with pytest.raises(ValueError, match="number of rows"):
        table.delete_rows([0])


def test_a_stack_of_views_shows_the_top_one_below_its_bar(phone: Phone) -> None:  # DOC17
    first, second = ui.View(name="first"), ui.View(name="second")
    stack = ui.NavigationView(first)
    stack.present(hide_title_bar=True)
    phone.on_main(lambda: stack.push_view(second))
    assert (first.on_screen, second.on_screen, second.navigation_view) == (False, True, stack)
    phone.on_main(stack.pop_view)
    phone.on_main(stack.pop_view)  # the first one stays
    assert (first.on_screen, second.navigation_view) == (True, None)


def test_a_page_loads_later_and_answers_scripts_off_the_main_thread_only(phone: Phone) -> None:  # DOC17, WKWV
    told: list[str] = []

    class Delegate:
        def webview_should_start_load(self, _view: Any, url: str, _kind: str) -> bool:
            return not url.startswith("app:")

        def webview_did_finish_load(self, _view: Any) -> None:
            told.append(threading.current_thread().name)

    web = ui.WebView()
    web.delegate, web.page = Delegate(), lambda _: 2
    web.present()

    def go() -> None:
        web.load_url("app:no")
        web.load_url("http://127.0.0.1:1/")
        told.append("loading")

    phone.on_main(go)
    phone.settle()
    assert (web.loaded, told) == (["http://127.0.0.1:1/"], ["loading", "main"])
    assert web.eval_js("1 + 1") == "2"
    with pytest.raises(ViolationError):
        phone.on_main(lambda: web.eval_js("1 + 1"))
    broken(phone, "WebView.eval_js on the main thread")


def test_a_text_is_measured_the_same_each_time_and_wraps_at_spaces(phone: Phone) -> None:
    one = ui.measure_string("ten signs!", font=("<System>", 10))
    assert one == ui.Size(50, 12)
    assert ui.measure_string("ten signs!", max_width=30, font=("<System>", 10)).height == 24
    assert ui.measure_string("a\nb", font=("<System>", 10)) == ui.Size(5, 24)


def test_an_animation_ends_before_its_completion_and_is_the_main_threads(phone: Phone) -> None:  # DOC17
    order: list[str] = []
    phone.on_main(
        lambda: ui.animate(lambda: order.append("moved"), delay=0.01, completion=lambda: order.append("done"))
    )
    phone.until(lambda: order == ["moved", "done"])
    ui.animate(lambda: None)
    broken(phone, "ui.animate")


def test_dark_mode_is_seen_by_whoever_looks_and_told_to_nobody(phone: Phone) -> None:
    assert ui.get_ui_style() == "light"
    phone.dark()
    assert ui.get_ui_style() == "dark"


def test_the_devices_languages_are_texts_of_objective_c(phone: Phone) -> None:
    phone.app.languages = ["fr-CA", "en-US"]
    names = objc_util.ObjCClass("NSLocale").preferredLanguages()
    assert not isinstance(names[0], str)
    assert [str(name) for name in names] == ["fr-CA", "en-US"]
    with pytest.raises(ValueError, match="NSNothing"):
        objc_util.ObjCClass("NSNothing")


def test_a_lock_held_while_the_main_thread_is_called_is_found_out(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objc_util, "MOST_SECONDS", 0.02)
    lock, begun = threading.Lock(), threading.Event()

    def wants_it() -> None:
        begun.set()
        with lock:
            pass

    with lock:
        ui.delay(wants_it, 0)
        begun.wait(1)
        with pytest.raises(TimeoutError):
            objc_util.on_main_thread(time.time)()
    broken(phone, "the main thread has hung")
