"""Points, sizes and frames of the stand-in's `ui`, and what resizing does to a view in another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

Numbers = Sequence[float]


class Point(NamedTuple):
    """A place."""

    x: float
    y: float


class Size(NamedTuple):
    """How large something is."""

    width: float
    height: float

    @property
    def w(self) -> float:
        """The width."""
        return self.width

    @property
    def h(self) -> float:
        """The height."""
        return self.height


class Rect(NamedTuple):
    """A frame."""

    x: float
    y: float
    width: float
    height: float

    @property
    def w(self) -> float:
        """The width."""
        return self.width

    @property
    def h(self) -> float:
        """The height."""
        return self.height

    @property
    def min_x(self) -> float:
        """The left edge."""
        return self.x

    @property
    def min_y(self) -> float:
        """The upper edge."""
        return self.y

    @property
    def max_x(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def max_y(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def size(self) -> Size:
        """How large it is."""
        return Size(self.width, self.height)

    @property
    def origin(self) -> Point:
        """The upper left corner."""
        return Point(self.x, self.y)

    def center(self) -> Point:
        """The middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)


def resized(frame: Rect, flex: str, before: Size, now: Size) -> Rect:
    """A view's frame after its superview has changed its size, as UIKit's autoresizing masks do it.

    Along each axis the change is shared out by size among what is flexible: the margin before (L, T), the
    view (W, H) and the margin after (R, B). Without any of them the view stays where it is.
    """
    x, width = _along(frame.x, frame.width, before.width, now.width, "L" in flex, "W" in flex, "R" in flex)
    y, height = _along(
        frame.y, frame.height, before.height, now.height, "T" in flex, "H" in flex, "B" in flex
    )
    return Rect(x, y, width, height)


def _along(
    start: float, length: float, before: float, now: float, first: bool, middle: bool, last: bool
) -> tuple[float, float]:
    after = before - start - length
    total = first * start + middle * length + last * after
    change = now - before
    if total == 0:
        parts = first + middle + last
        share = change / parts if parts else 0.0
        return start + first * share, max(0.0, length + middle * share)
    share = change / total
    return start + first * start * share, max(0.0, length + middle * length * share)


def measure(
    text: str, max_width: float = 0, font: tuple[str, float] = ("<System>", 12), number_of_lines: int = 0
) -> Size:
    """How large a text is: a plausible measure, each character half as wide as the font is high."""
    size = font[1]
    wide, high = size * 0.5, math.ceil(size * 1.2)
    lines: list[float] = []
    for line in text.split("\n"):
        lines += _wrapped(line, max_width, wide)
    if number_of_lines:
        lines = lines[:number_of_lines]
    return Size(float(math.ceil(max(lines))), float(high * len(lines)))


def _wrapped(line: str, most: float, wide: float) -> list[float]:
    if most <= 0 or len(line) * wide <= most:
        return [len(line) * wide]
    fit = max(1, int(most // wide))
    widths: list[int] = []
    length = 0
    for word in line.split(" "):
        needed = len(word) + (1 if length else 0)
        if length and length + needed > fit:
            widths.append(length)
            length, needed = 0, len(word)
        while needed > fit:
            widths.append(fit)
            needed -= fit
        length += needed
    return [count * wide for count in [*widths, length]]


def colour(given: Any) -> tuple[float, float, float, float]:
    """A colour as `ui` takes it: a name, `#rgb`, `#rrggbb`, a grey, or three or four parts."""
    if given is None:
        return (0.0, 0.0, 0.0, 0.0)
    if isinstance(given, (int, float)):
        return (float(given),) * 3 + (1.0,)
    if isinstance(given, str):
        return _named(given)
    parts = [float(part) for part in given]
    if len(parts) == 3:
        parts.append(1.0)
    if len(parts) != 4:
        raise ValueError(f"not a colour: {given!r}")
    return (parts[0], parts[1], parts[2], parts[3])


_NAMES = {
    "clear": (0.0, 0.0, 0.0, 0.0),
    "black": (0.0, 0.0, 0.0, 1.0),
    "white": (1.0, 1.0, 1.0, 1.0),
    "red": (1.0, 0.0, 0.0, 1.0),
    "green": (0.0, 0.5, 0.0, 1.0),
    "blue": (0.0, 0.0, 1.0, 1.0),
    "gray": (0.5, 0.5, 0.5, 1.0),
    "lightgray": (0.83, 0.83, 0.83, 1.0),
    "darkgray": (0.66, 0.66, 0.66, 1.0),
    "orange": (1.0, 0.65, 0.0, 1.0),
}


def _named(name: str) -> tuple[float, float, float, float]:
    if name.startswith("#"):
        digits = name[1:]
        if len(digits) in (3, 4):
            digits = "".join(2 * digit for digit in digits)
        if len(digits) not in (6, 8):
            raise ValueError(f"not a colour: {name!r}")
        parts = [int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)]
        return (parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else 1.0)
    if name not in _NAMES:
        raise ValueError(f"not a colour: {name!r}")
    return _NAMES[name]
