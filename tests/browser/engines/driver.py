"""What a browser engine has to be able to do, so that a journey is written once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any, Protocol

SIZE = (1280, 900)
"""Width and height of the window, in CSS pixels."""
LIMIT = 30
"""Seconds after which an engine that has not answered never will."""

Actions = Sequence[Mapping[str, Any]]
"""What hands do, as https://www.w3.org/TR/webdriver2/#actions has it; BiDi took the same form."""


class EngineError(Exception):
    """The engine broke or did not answer in time; the page may be as good as ever."""


class Driver(Protocol):
    """One window of an engine."""

    def open(self, url: str) -> None:
        """Show this address; returns when it is loaded."""

    def reload(self) -> None:
        """Load the page anew."""

    def run(self, function: str, *given: Any) -> Any:
        """What this JavaScript function returns in the page, or promises; JSON both ways."""

    def perform(self, actions: Actions) -> None:
        """Move, press and type as a person's hands do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A browser engine: why it cannot run here (None: it can), and how a window of it is opened.

    A window keeps its files in the folder that it is given, and nothing outlasts it. `tries` is how often a
    journey may begin, when the engine breaks under it.
    """

    name: str
    missing: Callable[[], str | None]
    window: Callable[[Path], AbstractContextManager[Driver]]
    tries: int = 1


@contextmanager
def ended(process: Popen[Any]) -> Iterator[None]:
    """End a process at the end, at the latest a few seconds later."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except TimeoutExpired:
            process.kill()
            process.wait()
