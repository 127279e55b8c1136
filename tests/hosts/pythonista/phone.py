"""A phone in the hands of a test: what a person does, what is seen, and what iOS does in between.

The modules in `app/` are Pythonista's, as documented; `Phone` is the person before them. Callbacks run on the
app's main thread, scripts one after the other on the interpreter's, as in the app.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import ui
from _app import MOST_SECONDS, App, Asked, Colour
from _ui_controls import items_of
from _ui_view import walk

from tests.hosts.pythonista import sockets
from tests.hosts.pythonista.picture import drawing

V = TypeVar("V", bound=ui.View)


class Run:
    """A script that runs."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._result: Any = None

    def end(self, result: Any, error: BaseException | None) -> None:
        """It has ended."""
        self._result, self._error = result, error
        self._over.set()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._over.is_set()

    def wait(self, seconds: float = MOST_SECONDS) -> Any:
        """What it returned; what it raised is raised. SystemExit without a code is no error."""
        assert self._over.wait(seconds), "the script has not ended"
        if isinstance(self._error, SystemExit) and not self._error.code:
            return None
        if self._error is not None:
            raise self._error
        return self._result


class Console:
    """The console: no terminal, and what is printed has the colour that was set."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, app: App) -> None:
        self._app = app
        self._typed: deque[str] = deque()

    @property
    def text(self) -> str:
        """All that stands there."""
        return "".join(text for text, _ in self._app.printed)

    @property
    def spans(self) -> list[tuple[str, Colour | None]]:
        """The same with its colours; neighbours of one colour are one."""
        spans: list[tuple[str, Colour | None]] = []
        for text, colour in self._app.printed:
            if spans and spans[-1][1] == colour:
                spans[-1] = (spans[-1][0] + text, colour)
            else:
                spans.append((text, colour))
        return spans

    def types(self, *lines: str) -> None:
        """The person types lines, now or ahead."""
        self._typed.extend(lines)

    def write(self, text: str) -> int:
        """Print."""
        if not isinstance(text, str):
            raise TypeError("write() argument must be str")
        if "\x1b" in text:
            self._app.violate(f"an escape code in the console: {text!r}")
        self._app.printed.append((text, self._app.colour))
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """The console is no terminal."""
        return False

    def readline(self) -> str:
        """The next line that is typed; waits for it."""
        end = time.monotonic() + MOST_SECONDS
        while not self._typed:
            if time.monotonic() > end:
                self._app.violate("nobody types")
                raise EOFError
            time.sleep(0.002)  # in short naps, so that the stop button is heard
        return self._typed.popleft() + "\n"

    def input(self, prompt: object = "") -> str:
        """The builtin `input`."""
        if prompt:
            self.write(str(prompt))
        line = self.readline()
        self._app.printed.append((line, None))
        return line.rstrip("\n")


class Phone:
    """What a test does with the phone."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.console = Console(app)
        self.outside: set[int] = set()
        """Ports of servers that are not on the phone: their ends of connections stay when it sleeps."""
        self._clock = 0.0
        self._runs: list[Run] = []
        self._main = ModuleType("__main__")
        """The script that ran last: what it left running still uses its names."""

    @property
    def violations(self) -> list[str]:
        """What would have crashed or hung the real app."""
        return self.app.violations

    @property
    def asked(self) -> list[Asked]:
        """The dialogs that were shown."""
        return self.app.asked

    def now(self) -> float:
        """The wall clock, which goes on while the phone sleeps."""
        return _time() + self._clock

    def run(self, script: Callable[..., Any] | Path, *argv: str) -> Run:
        """Run a function, or a file of the library, on the interpreter's thread."""
        run = Run()
        self._runs.append(run)

        def work() -> None:
            try:
                run.end(self._run_file(script, argv) if isinstance(script, Path) else script(*argv), None)
            except BaseException as error:  # noqa: BLE001 - `wait` raises it
                run.end(None, error)

        self.app.interpreter.put(work)
        return run

    def _run_file(self, script: Path, argv: tuple[str, ...]) -> dict[str, Any]:
        for name, module in sys.modules.copy().items():  # modules beside the script are loaded anew (DOC17)
            file = getattr(module, "__file__", None)
            if file and Path(file).parent == script.parent:
                del sys.modules[name]
        self._main.__dict__.clear()  # what the last run left behind finds none of its names any more (DOC17)
        self._main = main = ModuleType("__main__")
        main.__file__ = str(script)
        before, path, outer = sys.argv, sys.path[:], sys.modules["__main__"]
        sys.argv, sys.path[0:0] = [str(script), *argv], [str(script.parent)]
        sys.modules["__main__"] = main
        try:
            exec(compile(script.read_bytes(), str(script), "exec", dont_inherit=True), main.__dict__)
            return dict(main.__dict__)
        finally:
            sys.argv, sys.path[:], sys.modules["__main__"] = before, path, outer

    def stop_button(self) -> None:
        """The person taps the stop button of the console: KeyboardInterrupt in the script."""
        thread = self.app.interpreter.thread.ident
        assert thread is not None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
        )

    def answers(self, *answers: Any) -> None:
        """What the person answers to the next dialogs; `_app.CANCEL` cancels."""
        self.app.answers(*answers)

    @property
    def screen(self) -> ui.View:
        """The view that is in front. Raises AssertionError where none is."""
        self.until(lambda: bool(self.app.presented), "a view is presented")
        view: ui.View = self.app.presented[-1]
        return view

    def all(self, type_: type[V] = ui.View, **attributes: Any) -> list[V]:  # type: ignore[assignment]
        """The views on screen of this type and with these attributes, as deep as they lie."""
        return [
            view
            for root in self.app.presented
            for view in walk(root)
            if isinstance(view, type_) and _is_seen(view) and _has(view, attributes)
        ]

    def find(self, type_: type[V] = ui.View, **attributes: Any) -> V:  # type: ignore[assignment]
        """The one view of this type and with these attributes; waits for it."""
        self.until(lambda: bool(self.all(type_, **attributes)), f"{type_.__name__} {attributes} is seen")
        found = self.all(type_, **attributes)
        assert len(found) == 1, f"{len(found)} views are {type_.__name__} {attributes}"
        return found[0]

    def on_main(self, work: Callable[[], Any]) -> Any:
        """Do it on the main thread, as iOS does what a touch asks for."""
        return self.app.main.call(work)

    def tap(self, what: ui.View | ui.ButtonItem | str) -> None:
        """Tap a button, one of the title bar, or whichever has this title or name."""
        if isinstance(what, str):
            what = self._button(what)
        assert getattr(what, "enabled", True), "it is disabled"
        action = getattr(what, "action", None)
        assert action is not None, f"nothing happens on a tap of {what}"
        assert not isinstance(what, ui.View) or (what.on_screen and _is_seen(what)), "it is not to be seen"
        self.on_main(lambda: action(what))
        self.settle()

    def _button(self, title: str) -> ui.View | ui.ButtonItem:
        def found() -> list[ui.View | ui.ButtonItem]:
            buttons: list[ui.View | ui.ButtonItem] = [
                one for one in self.all(ui.Button) if title in (one.title, one.name, one.accessibility_label)
            ]
            views = (view for root in self.app.presented for view in walk(root))
            return buttons + [item for view in views for item in items_of(view) if item.title == title]

        self.until(lambda: bool(found()), f"a button {title!r} is seen")
        return found()[-1]

    def type(self, field: ui.TextField | ui.TextView, text: str) -> None:
        """Type into a field, character by character."""
        self.on_main(lambda: field.types(text))
        self.settle()

    def scroll(self, view: ui.ScrollView, y: float) -> None:
        """Drag what a view shows so far up."""

        def drag() -> None:
            view.dragging = view.tracking = True
            try:
                view.content_offset = (view.content_offset.x, y)
            finally:
                view.dragging = view.tracking = False
                view.keep_within()  # it bounces back

        self.on_main(drag)
        self.settle()

    def rotate(self) -> None:
        """Turn the phone on its side, or back."""
        width, height = self.app.screen

        def turn() -> None:
            self.app.screen = (height, width)
            for view in self.app.presented:
                view.fit()

        self.on_main(turn)
        self.settle()

    def keyboard(self, height: float) -> None:
        """The keyboard comes up to this height, or goes: 0. Frames are the screen's (DOC17)."""
        wide, high = self.app.screen
        frame = ui.Rect(0.0, high - height, wide, height)

        def tell() -> None:
            views = [view for root in self.app.presented for view in walk(root)]
            for text in views:
                if isinstance(text, ui.TextView) and text.auto_content_inset:
                    place = ui.convert_rect(text.bounds, text, None)
                    top, left, _, right = text.content_inset
                    text.content_inset = (top, left, max(0.0, place.max_y - frame.y), right)
            for hook in ("keyboard_frame_will_change", "keyboard_frame_did_change"):
                for view in views:
                    getattr(view, hook, lambda _: None)(frame)

        self.on_main(tell)
        self.settle()

    def dark(self, on: bool = True) -> None:
        """Dark mode; nobody is told of it."""
        self.app.dark = on

    def picture(self) -> str:
        """What is on the screen, drawn as an SVG: frames, colours and texts, not pixels of iOS."""
        screen = self.screen
        self.settle()
        return str(self.on_main(lambda: drawing(screen, self.app.screen, dark=self.app.dark)))

    def listen(self, seconds: float) -> None:
        """Let music play for so long."""
        self.app.played += seconds

    def leave(self) -> None:
        """Go to another app: for about half a minute everything runs on."""
        self.app.in_background = True

    def come_back(self, seconds: float, *, reset: bool = False) -> None:
        """Come back after so many seconds; from about 30 on the sockets have died, and no thread has run."""
        if seconds > 30:
            self._clock += seconds
            self.cut(reset=reset)
        self.app.in_background = False

    def suspend(self, seconds: float = 120.0, *, reset: bool = False) -> None:
        """Be away for so long."""
        self.leave()
        self.come_back(seconds, reset=reset)

    def cut(self, *, reset: bool = False) -> None:
        """Make every socket of this process defunct, beneath its owner, as iOS does (TN2277).

        A connection then ends, or with `reset` fails: what it does on a phone is not documented.
        """
        sockets.kill(lambda port: port not in self.outside, reset=reset)

    def settle(self) -> None:
        """Wait until the main thread has nothing to do right now."""
        self.app.main.settle()

    def until(self, holds: Callable[[], bool], what: str = "it holds", seconds: float = 5.0) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"not so after {seconds} s: {what}; {self.violations}"
            time.sleep(0.002)

    def close(self) -> None:
        """Close the app: dialogs and views go, scripts are stopped."""
        self.app.dismiss()
        for view in list(reversed(self.app.presented)):
            view.close()
        for run in self._runs:
            if run.running:
                self.stop_button()
                run._over.wait(1)
        end = time.monotonic() + 1
        while self.is_busy() and time.monotonic() < end:
            time.sleep(0.002)
        self.app.end()

    @staticmethod
    def is_busy() -> bool:
        """Whether something goes on, or is about to, that `device.off_main` was given."""
        return any(thread.name == "livetechno-phone" for thread in threading.enumerate())


_time = time.time


@contextmanager
def held(app: App) -> Iterator[Phone]:
    """A phone, until the test is over. Raises AssertionError where the app would have crashed or hung."""
    phone = Phone(app)
    try:
        yield phone
    finally:
        phone.close()
    assert not phone.violations, "\n\n".join(phone.violations)


def _is_seen(view: ui.View) -> bool:
    each: ui.View | None = view
    while each is not None:
        if each.hidden or each.alpha == 0:
            return False
        each = each.superview
    return True


def _has(view: ui.View, attributes: dict[str, Any]) -> bool:
    return all(getattr(view, name, None) == value for name, value in attributes.items())
