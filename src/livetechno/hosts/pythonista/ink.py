"""The colours of what is printed in the console, whose ground is that of the person's theme: light or dark.

Nobody can ask which, so each colour stands out as much from white as from black: WCAG's contrast is 4.5.
The console is no terminal: a colour holds for what is printed next, whoever prints it, so it is given back.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

import console

from livetechno.words.cleaning import clean
from livetechno.words.styles import BOLD, CYAN, DIM, Span

Ink = tuple[float, float, float]
"""Red, green and blue, from 0 to 1."""

SOFT: Ink = (0.463, 0.463, 0.463)
"""What is said about the conversation."""
ACCENT: Ink = (0.0, 0.518, 0.467)
"""Where the person types, and headings."""
CODE: Ink = (0.22, 0.45, 0.84)
WARNING: Ink = (0.745, 0.353, 0.0)
"""What went wrong."""


def write(text: str, ink: Ink | None = None) -> None:
    """Print a text that is clean already, in a colour or in the usual one."""
    with _dipped(ink):
        sys.stdout.write(text)
        sys.stdout.flush()


def say(sentence: str, ink: Ink | None = SOFT) -> None:
    """Print a sentence of ours on lines of its own, cleaned of what others put into it."""
    write(clean(sentence).rstrip("\n") + "\n", ink)


def draw(spans: Iterable[Span]) -> None:
    """Print pieces of an answer, each in the colour of its style."""
    for ink, several in groupby((span for span in spans if span.text), key=_of):
        write("".join(span.text for span in several), ink)


def reset() -> None:
    """Print in the usual colour from now on."""
    console.set_color()


@contextlib.contextmanager
def _dipped(ink: Ink | None) -> Iterator[None]:
    if ink is None:
        yield
        return
    try:
        console.set_color(*ink)
        yield
    finally:
        reset()


def _of(span: Span) -> Ink | None:
    styles = set(span.style)
    if styles & set(CYAN):
        return CODE
    if styles & set(DIM):
        return SOFT
    return ACCENT if styles & set(BOLD) else None
