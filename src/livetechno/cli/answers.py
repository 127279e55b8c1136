"""An answer on stdout: drawn as Markdown on a terminal, as it is everywhere else, always cleaned."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from livetechno.cli import keyboard, terminal
from livetechno.hosts import conversing


class _Drawing(Protocol):
    def feed(self, piece: str) -> str: ...
    def finish(self) -> str: ...


class _Plain:
    """The text as it is, ended by a newline."""

    def __init__(self) -> None:
        self._last = ""

    def feed(self, piece: str) -> str:
        self._last = piece[-1:] or self._last
        return piece

    def finish(self) -> str:
        return "" if self._last in ("", "\n") else "\n"


def show(pieces: Iterator[str]) -> None:
    """Write the answer as it comes, and end its line whatever happens.

    A Ctrl-C or an error of the stream passes through, after what had come is on the screen; the
    stream is closed then, which stops the model.
    """
    cleaner, drawing = terminal.Cleaner(), _drawing()
    with keyboard.unechoed():
        terminal.mark_waiting()
        try:
            for piece in pieces:
                if text := drawing.feed(cleaner(piece)):
                    terminal.write(text)
        except BrokenPipeError:
            _close(pieces)
            raise
        except BaseException:
            _close(pieces)
            terminal.write(drawing.finish())
            raise
        terminal.write(drawing.finish())


def drawn(text: str) -> str:
    """A whole text as `show` would write it."""
    drawing = _drawing()
    return drawing.feed(terminal.clean(text)) + drawing.finish()


def whole(ask: Callable[[], str]) -> Iterator[str]:
    """The whole answer as a single piece, asked for when it is shown."""
    yield ask()


def _close(pieces: Iterator[str]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


def _drawing() -> _Drawing:
    can = terminal.abilities(sys.stdout)
    if not can.styled:
        return _Plain()
    from livetechno.cli.markdown import Markdown

    return Markdown(can.columns, coloured=can.coloured)


def document(completion: Any) -> dict[str, Any]:
    """An answer for programs: what `--json` prints. `cost` is in dollars, null when unknown."""
    from livetechno import app

    usage, cost = completion.usage, app.cost(completion)
    return {
        "message": completion.text,
        "model": completion.model,
        "usage": usage
        and {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_tokens": usage.cached_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        },
        "cost": None if cost is None else float(cost),
        "request_id": completion.request_id,
    }


def summary(completion: Any) -> str:
    """One line about an answer: who answered, how many tokens, what it cost."""
    from livetechno import app

    usage = completion.usage
    tokens = usage and usage.input_tokens + usage.output_tokens
    return conversing.summary(completion.model, tokens, app.cost(completion), completion.finish)
