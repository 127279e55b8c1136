"""Stand-in for Pythonista's `objc_util`, as far as it is used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, TimeoutError  # noqa: A004 - 3.10 has one of its own
from functools import wraps
from typing import Any, TypeVar

from _app import MOST_SECONDS, app

T = TypeVar("T")


def on_main_thread(function: Callable[..., T]) -> Callable[..., T]:
    """`function`, run on the main thread; the caller waits.

    What it raises is not carried back: the value is None then (APP34).
    """

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if app().main.is_here:
            return function(*arguments, **named)
        done: Future[Any] = Future()

        def run() -> None:
            result: Any = None
            try:
                result = function(*arguments, **named)
            except Exception as error:  # noqa: BLE001 - the app prints it, and goes on
                app().swallowed.append(error)
            finally:
                done.set_result(result)

        app().main.put(run)
        try:
            return done.result(MOST_SECONDS)
        except TimeoutError:  # a lock that both want, say; on a phone it would be for ever
            app().violate("on_main_thread: the main thread has hung")
            raise

    return call


class ObjCClass:
    """A class of Objective-C by its name; only those that are used exist."""

    def __init__(self, name: str) -> None:
        if name not in _CLASSES:
            raise ValueError(f"no Objective-C class named '{name}' found")
        self._name = name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            found = _CLASSES[self._name][name]
        except KeyError:
            raise AttributeError(f"No method found for selector {name}") from None
        return found


class ObjCInstance:
    """What lies beneath a view: only its class has a name here."""

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def _get_objc_classname(self) -> str:
        return "WKWebView" if type(self._thing).__name__ == "WebView" else "UIView"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"No method found for selector {name}")


class _Array(list[Any]):
    """An NSArray: it has a length and places, and `count()`."""

    def objectAtIndex_(self, place: int) -> Any:  # noqa: N802 - as Objective-C spells it
        """The one at this place."""
        return self[place]


class _String:
    """An NSString: only `str()` makes a text of it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


_CLASSES: dict[str, dict[str, Callable[..., Any]]] = {
    "NSLocale": {"preferredLanguages": lambda: _Array(map(_String, app().languages))},
}
