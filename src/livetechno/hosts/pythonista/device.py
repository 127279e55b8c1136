"""What this device is like, and which thread does what.

Views are changed on the main thread only, which also calls every action, delegate and touch; nothing that
waits may run there: no network, no disk, no dialog. So a callback hands such work to `off_main`, and what
comes of it goes back by `later` or `on_main`. Nobody holds a lock while calling `on_main`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeVar

import console
import objc_util
import ui

from livetechno import failures, settings, words
from livetechno.environment import Language

T = TypeVar("T")


@cache
def language() -> Language:
    """`fr` or `en`: as the settings choose, else the first language of the device.

    It is looked up once; `language.cache_clear()` after the settings have changed.
    """
    return _chosen_language() or _first_language()


def _chosen_language() -> Language | None:
    try:
        return settings.load().language
    except settings.SettingsError:
        return None  # whoever uses the settings tells of it


def _first_language() -> Language:
    try:
        names = objc_util.ObjCClass("NSLocale").preferredLanguages()
        first = str(names[0]) if len(names) else ""
    except Exception:  # noqa: BLE001 - whatever the bridge to Objective-C raises, there is a language
        first = ""
    return "fr" if first.lower().startswith("fr") else "en"


def dark() -> bool:
    """Whether the device is in dark mode now; light where the app cannot tell (it is in no documentation)."""
    style = getattr(ui, "get_ui_style", None)
    return style is not None and style() == "dark"


def in_background() -> bool:
    """Whether the app is in the background, where iOS stops it after about half a minute."""
    return console.is_in_background()


_awake = 0
_counting = threading.Lock()


def awake(stay: bool) -> None:
    """Keep the screen on while something is under way. Each True needs its False."""
    global _awake
    with _counting:
        _awake = max(0, _awake + (1 if stay else -1))
    # elsewhere than on the main thread it crashed the app (OMZ#639)
    later(lambda: console.set_idle_timer_disabled(_awake > 0))


def on_main(function: Callable[[], T]) -> T:
    """What `function` returns, called on the main thread; what it raises is raised here."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - the app would swallow it
            failures.append(error)

    objc_util.on_main_thread(run)()
    if failures:
        raise failures[0]
    return results[0]


def later(function: Callable[[], object]) -> None:
    """Have `function` called on the main thread, soon; does not wait for it."""
    ui.delay(function, 0)


def off_main(function: Callable[[], object]) -> threading.Thread:
    """Call `function` in a thread of its own, where it may wait, ask and use the network.

    What it raises is told in a dialog; a dialog of its own that the person cancels ends it quietly.
    """

    def run() -> None:
        try:
            function()
        except KeyboardInterrupt:
            pass
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            tell(error)

    thread = threading.Thread(target=run, name="livetechno-phone", daemon=True)
    thread.start()
    return thread


@contextlib.contextmanager
def activity() -> Iterator[None]:
    """Show that something is under way."""
    console.show_activity()
    try:
        yield
    finally:
        console.hide_activity()


def say(sentence: str) -> None:
    """Show a sentence until the person has read it. Not on the main thread."""
    with contextlib.suppress(KeyboardInterrupt):
        console.alert("livetechno", sentence, words.say("phone.ok"), hide_cancel_button=True)


def tell(error: Exception) -> None:
    """Show what went wrong, in the same way."""
    say(failures.sentence(error))
