"""Stand-in for Pythonista's `ui`: views without pixels, and the rules of iOS about threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from _app import app
from _ui_controls import (
    ActivityIndicator,
    Button,
    ButtonItem,
    Image,
    ImageView,
    Label,
    NavigationView,
    SegmentedControl,
    Slider,
    Switch,
)
from _ui_geometry import Numbers, Point, Rect, Size, colour, measure
from _ui_tables import ListDataSource, TableView, TableViewCell
from _ui_text import ScrollView, TextField, TextView, WebView
from _ui_view import View

__all__ = [
    "ActivityIndicator", "Button", "ButtonItem", "Image", "ImageView", "Label", "ListDataSource",
    "NavigationView", "Point", "Rect", "ScrollView", "SegmentedControl", "Size", "Slider", "Switch",
    "TableView", "TableViewCell", "TextField", "TextView", "View", "WebView", "animate", "cancel_delays",
    "convert_point", "convert_rect", "delay", "end_editing", "get_screen_size", "get_ui_style",
    "get_window_size", "in_background", "measure_string", "parse_color",
]  # fmt: skip

ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT, ALIGN_JUSTIFIED, ALIGN_NATURAL = range(5)
LB_WORD_WRAP, LB_CHAR_WRAP, LB_CLIP, LB_TRUNCATE_HEAD, LB_TRUNCATE_TAIL, LB_TRUNCATE_MIDDLE = range(6)
AUTOCAPITALIZE_NONE, AUTOCAPITALIZE_WORDS, AUTOCAPITALIZE_SENTENCES, AUTOCAPITALIZE_ALL = range(4)
KEYBOARD_DEFAULT, KEYBOARD_ASCII, KEYBOARD_NUMBERS, KEYBOARD_URL, KEYBOARD_NUMBER_PAD = range(5)
ACTIVITY_INDICATOR_STYLE_GRAY, ACTIVITY_INDICATOR_STYLE_WHITE, ACTIVITY_INDICATOR_STYLE_WHITE_LARGE = range(3)
CONTENT_SCALE_TO_FILL, CONTENT_SCALE_ASPECT_FIT, CONTENT_SCALE_ASPECT_FILL = range(3)


def delay(function: Callable[[], object], seconds: float) -> None:
    """Call it on the main thread after so many seconds."""
    number: list[int] = []

    def run() -> None:
        app().delayed.difference_update(number)
        function()

    number.append(app().main.put(run, max(0.0, seconds)))
    app().delayed.update(number)


def cancel_delays() -> None:
    """Drop everything that `delay` has not called yet, whoever asked for it."""
    app().main.drop(app().delayed)
    app().delayed.clear()


def in_background(function: Callable[..., Any]) -> Callable[..., None]:
    """`function`, run on the interpreter's thread, after whatever runs there; the caller does not wait.

    There is one such queue, and a script that runs holds it up (APP34; jsbain in STASH#126).
    """

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> None:
        app().interpreter.put(lambda: function(*arguments, **named))

    return call


def animate(
    animation: Callable[[], object],
    duration: float = 0.25,
    delay: float = 0.0,
    completion: Callable[[], object] | None = None,
) -> None:
    """Make changes, seen as a movement; here it is over at once, but not before the delay."""
    app().need_main("ui.animate")

    def run() -> None:
        animation()
        if completion is not None:
            app().main.put(completion)

    if delay > 0:
        app().main.put(run, delay)
    else:
        run()


def get_screen_size() -> Size:
    """The screen in points."""
    return Size(*app().screen)


def get_window_size() -> Size:
    """The app's window in points."""
    return Size(*app().screen)


def get_ui_style() -> str:
    """`light` or `dark`."""
    return "dark" if app().dark else "light"


def parse_color(given: Any) -> tuple[float, float, float, float]:
    """Its four parts. Raises ValueError for what is none."""
    return colour(given)


def measure_string(
    string: str,
    max_width: float = 0,
    font: tuple[str, float] = ("<System>", 12),
    alignment: int = ALIGN_LEFT,
    line_break_mode: int = LB_WORD_WRAP,
) -> Size:
    """How large a text is, wrapped at a width."""
    return measure(string, max_width, font)


def _origin(view: View | None) -> Point:
    x = y = 0.0
    while view is not None:
        x, y = x + view.x, y + view.y
        offset = getattr(view.superview, "content_offset", None)
        if offset is not None:
            x, y = x - offset.x, y - offset.y
        view = view.superview
    return Point(x, y)


def convert_point(point: Numbers, from_view: View | None = None, to_view: View | None = None) -> Point:
    """A place in one view as a place in another; None is the screen."""
    start, end = _origin(from_view), _origin(to_view)
    return Point(point[0] + start.x - end.x, point[1] + start.y - end.y)


def convert_rect(rect: Numbers, from_view: View | None = None, to_view: View | None = None) -> Rect:
    """A frame in one view as a frame in another; None is the screen."""
    place = convert_point(rect[:2], from_view, to_view)
    return Rect(place.x, place.y, rect[2], rect[3])


def end_editing() -> None:
    """Put the keyboard away, whoever has it."""
    from _ui_view import walk

    for root in app().presented:
        for view in walk(root):
            if getattr(view, "editing", False) is True and hasattr(view, "end_editing"):
                view.end_editing()
