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

    def description(self) -> _String:
        """What NSObject says of itself: its class and its place."""
        return _String(f"<{self._get_objc_classname()}: {id(self._thing):#x}>")

    def subviews(self) -> _Array:
        """What the view holds."""
        return _Array(map(ObjCInstance, self._thing.subviews))

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


class _Device:
    """The UIDevice."""

    def systemVersion(self) -> _String:  # noqa: N802
        """The version of iOS."""
        return _String("18.0")


class _Bundle:
    """The app's NSBundle, and its NSDictionary of facts."""

    def infoDictionary(self) -> _Bundle:  # noqa: N802
        """What stands in Info.plist."""
        return self

    def objectForKey_(self, key: str) -> _String | None:  # noqa: N802
        """One of its values; nil where there is none."""
        return {"CFBundleShortVersionString": _String("3.4")}.get(key)


class _Application:
    """The UIApplication."""

    def isProtectedDataAvailable(self) -> bool:  # noqa: N802
        """Whether the phone is unlocked. UIApplication is for the main thread only."""
        app().need_main("isProtectedDataAvailable")
        return not app().locked


_CLASSES: dict[str, dict[str, Callable[..., Any]]] = {
    "NSBundle": {"mainBundle": _Bundle},
    "NSLocale": {"preferredLanguages": lambda: _Array(map(_String, app().languages))},
    "UIApplication": {"sharedApplication": _Application},
    "UIDevice": {"currentDevice": _Device},
}
