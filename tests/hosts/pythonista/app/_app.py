"""The app around the stand-in's modules: its main thread, its interpreter thread, and the person before it.

Every rule that an app of iOS enforces by a crash or a hang is enforced here by a violation, which fails the
test: views change on the main thread only, and nothing modal is called from there.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

Result = TypeVar("Result")
Colour = tuple[float, float, float]

MOST_SECONDS = 10.0
"""What anything waits for the person or the main thread: on a phone it would wait for ever."""


class ViolationError(RuntimeError):
    """What would crash or hang the real app."""


class Cancel:
    """The person's answer to a dialog: cancel."""


CANCEL = Cancel()


@dataclass(frozen=True, slots=True)
class Asked:
    """A dialog that was shown: its kind (`alert`, `form_dialog`, ...) and what it said."""

    kind: str
    details: dict[str, Any] = field(default_factory=dict)


class Queue:
    """One thread that runs what is put to it, each thing at its time, in order."""

    def __init__(self, name: str, failed: Callable[[BaseException], object]) -> None:
        self._failed = failed
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._running = False
        self._ended = False
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    @property
    def is_here(self) -> bool:
        """Whether the caller is on this thread."""
        return threading.current_thread() is self.thread

    def put(self, work: Callable[[], object], seconds: float = 0.0) -> int:
        """Run it here after so many seconds; a number by which it can be taken back."""
        with self._changed:
            number = next(self._numbers)
            heapq.heappush(self._waiting, (time.monotonic() + seconds, number, work))
            self._changed.notify_all()
            return number

    def call(self, work: Callable[[], Result]) -> Result:
        """What it gives, run here; the caller waits."""
        if self.is_here:
            return work()
        done: Future[Result] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised at the caller's
                done.set_exception(error)

        self.put(run)
        return done.result(MOST_SECONDS)

    def drop(self, numbers: Iterable[int]) -> None:
        """Take back what has not run."""
        gone = set(numbers)
        with self._changed:
            self._waiting = [one for one in self._waiting if one[1] not in gone]
            heapq.heapify(self._waiting)
            self._changed.notify_all()

    def settle(self, seconds: float = MOST_SECONDS, *, ahead: float = 0.0) -> None:
        """Wait until nothing runs or is due within `ahead` seconds. Raises ViolationError if it hangs."""
        assert not self.is_here
        end = time.monotonic() + seconds
        with self._changed:
            while self._running or (self._waiting and self._waiting[0][0] <= time.monotonic() + ahead):
                self._changed.wait(0.01)
                if time.monotonic() >= end:
                    raise ViolationError(f"{self.thread.name} has hung")

    def end(self) -> None:
        """Stop when what runs has ended."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self.thread.join(MOST_SECONDS)

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            self._running = False
            self._changed.notify_all()
            while not self._ended:
                if not self._waiting:
                    self._changed.wait()
                elif (early := self._waiting[0][0] - time.monotonic()) > 0:
                    self._changed.wait(early)
                else:
                    self._running = True
                    return heapq.heappop(self._waiting)[2]
            return None

    def _work(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - the app shows it and goes on
                self._failed(error)


class App:
    """One launch of Pythonista."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.main = Queue("main", self._failed)
        self.interpreter = Queue("interpreter", self._failed)
        self.asked: list[Asked] = []
        """The dialogs that were shown, in order."""
        self._answers: deque[Any] = deque()
        self._answered = threading.Condition()
        self._closing = False
        self.delayed: set[int] = set()
        """What `ui.delay` has put on the main thread."""
        self.in_background = False
        self.locked = False
        """Whether the phone is locked, and what is protected cannot be read."""
        self.dark = False
        self.languages = ["en-US"]
        self.screen = (390.0, 844.0)
        """Width and height of the window in points."""
        self.idle_timer_disabled = False
        self.keychain: dict[tuple[str, str], str] = {}
        """Service and account, to the password."""
        self.printed: list[tuple[str, Colour | None]] = []
        """What the console shows, piece by piece, with its colour."""
        self.colour: Colour | None = None
        self.font: tuple[str | None, float | None] | None = None
        self.activity = False
        self.huds: list[str] = []
        self.opened: list[str] = []
        """Addresses that went to other apps."""
        self.swallowed: list[Exception] = []
        """What `on_main_thread` did not carry back."""
        self.clipboard: str | None = None
        self.shortcut = False
        """Whether a Shortcuts action runs the script."""
        self.outputs: list[Any] = []
        """What was handed to Shortcuts."""
        self.closed = threading.Condition()
        """Told when a view was closed."""
        self.presented: list[Any] = []
        """The views on screen, the top one last."""
        self.played = 0.0
        """Seconds for which music could be heard; `Phone.listen` lets them pass."""
        self.shared: list[Any] = []
        """What went to the share sheet."""

    def dismiss(self) -> None:
        """Cancel the dialogs that wait, and all that come: the app is about to be closed."""
        with self._answered:
            self._closing = True
            self._answered.notify_all()

    def end(self) -> None:
        """Close the app."""
        self.dismiss()
        self.interpreter.end()
        self.main.end()

    def violate(self, what: str) -> None:
        """Record what would crash or hang the real app."""
        where = "".join(traceback.format_stack(limit=8)[:-2])
        self.violations.append(f"{what}\n{where}")

    def need_main(self, what: str) -> None:
        """Called by what only the main thread may do."""
        if not self.main.is_here:
            self.violate(f"{what} on {threading.current_thread().name}: only the main thread may")

    def forbid_main(self, what: str) -> None:
        """Called by what waits for the person. Raises ViolationError on the main thread, which would hang."""
        if self.main.is_here:
            self.violate(f"{what} on the main thread hangs the app")
            raise ViolationError(what)

    def answers(self, *answers: Any) -> None:
        """What the person answers to the next dialogs."""
        with self._answered:
            self._answers.extend(answers)
            self._answered.notify_all()

    def person(self, kind: str, **details: Any) -> Any:
        """The answer to a dialog: CANCEL, or what the test gave. Raises ViolationError if none comes."""
        self.forbid_main(kind)
        with self._answered:
            self.asked.append(Asked(kind, details))
            answered = self._answered.wait_for(lambda: self._answers or self._closing, MOST_SECONDS)
            if self._closing:
                return CANCEL
            if not answered:
                self.violate(f"nobody answers {kind} {details}")
                raise ViolationError(f"nobody answers {kind}")
            return self._answers.popleft()

    def _failed(self, error: BaseException) -> None:
        told = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.violations.append(f"an exception that nobody caught:\n{told}")


_current: App | None = None


def launch() -> App:
    """Begin anew."""
    global _current
    _current = App()
    return _current


def app() -> App:
    """The app that runs."""
    assert _current is not None, "the fixture `phone` launches the app"
    return _current
