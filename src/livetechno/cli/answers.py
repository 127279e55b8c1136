"""An answer on stdout: drawn as Markdown on a terminal, as it is everywhere else, always cleaned."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from livetechno import words
from livetechno.cli import keyboard, terminal


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
    from livetechno.gpt.prices import format_usd

    parts = [terminal.one_line(completion.model)]
    if completion.usage:
        count = completion.usage.input_tokens + completion.usage.output_tokens
        parts.append(words.say("cli.chat.tokens", count=count))
    cost = app.cost(completion)
    parts.append(words.say("cli.chat.cost_unknown") if cost is None else format_usd(cost))
    return " · ".join([*parts, cut] if (cut := shortfall(completion)) else parts)


def shortfall(completion: Any) -> str:
    """Why the answer is not whole, in a few words; "" when it is."""
    key = _SHORTFALLS.get(completion.finish)
    return words.say(key) if key else ""


_SHORTFALLS = {"length": "cli.chat.cut_by_limit", "content_filter": "cli.chat.filtered"}
