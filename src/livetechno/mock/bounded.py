"""A number within a JSON Schema's bounds, from seeded dice. Exact: bounds and steps are fractions."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

FINEST = Fraction(1, 100)
"""The step of a number that has none of its own: two decimals read well."""
SPREAD = 100
"""How many steps from its bound a number may lie when the likely range does not fit."""
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number must keep to. None is no bound; an open bound is not itself allowed."""

    low: Fraction | None
    low_open: bool
    high: Fraction | None
    high_open: bool
    step: Fraction | None
    whole: bool

    def allow(self, value: Fraction) -> bool:
        """Whether the value keeps to all of them."""
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        if self.high is not None and (value > self.high or (self.high_open and value == self.high)):
            return False
        return self.step is None or (value / self.step).denominator == 1


def read_bounds(schema: Mapping[str, Any], *, whole: bool) -> Bounds:
    """The bounds that a schema of a number states; both spellings of exclusive bounds count."""
    low, low_open = _end(schema, "minimum", "exclusiveMinimum", 1)
    high, high_open = _end(schema, "maximum", "exclusiveMaximum", -1)
    step = _fraction(schema["multipleOf"]) if "multipleOf" in schema else None
    if whole:
        # The whole multiples of a reduced fraction are the multiples of its numerator.
        step = Fraction(1 if step is None else step.numerator)
    return Bounds(low, low_open, high, high_open, step, whole)


def choose(
    bounds: Bounds, dice: random.Random, likely: tuple[int, int], offered: Iterable[float] = ()
) -> float | None:
    """A number within the bounds: the first offered one that fits, else a likely one; None if none exists."""
    for value in offered:
        if bounds.allow(_fraction(value)):
            return plain(_fraction(value))
    step = bounds.step or FINEST
    if any(end is not None and abs(end) >= 2**32 for end in (bounds.low, bounds.high)):
        # a float has few decimals up there, and rounding one might carry it over a bound or off its step
        step = Fraction(bounds.step.numerator if bounds.step else 1)
    found = _multiple(bounds, step, dice, likely)
    if found is None and bounds.step is None and bounds.low is not None and bounds.high is not None:
        found = (bounds.low + bounds.high) / 2
    if found is None:
        return None
    try:
        value = plain(found)
    except OverflowError:
        return None
    return value if bounds.step is not None or bounds.allow(_fraction(value)) else None


def plain(value: Fraction) -> float:
    """As JSON writes it: an int where it is whole. Raises OverflowError past what a float holds."""
    return value.numerator if value.denominator == 1 else float(value)


def _end(schema: Mapping[str, Any], inside: str, outside: str, side: int) -> tuple[Fraction | None, bool]:
    """The stricter of an inclusive and an exclusive bound, and whether it is open."""
    closed = _fraction(schema[inside]) if inside in schema else None
    exclusive = schema.get(outside)
    if isinstance(exclusive, bool) or exclusive is None:
        return closed, exclusive is True
    opened = _fraction(exclusive)
    if closed is None or side * (opened - closed) >= 0:
        return opened, True
    return closed, False


def _multiple(
    bounds: Bounds, step: Fraction, dice: random.Random, likely: tuple[int, int]
) -> Fraction | None:
    first = None if bounds.low is None else math.ceil(bounds.low / step)
    if first is not None and bounds.low_open and first * step == bounds.low:
        first += 1
    last = None if bounds.high is None else math.floor(bounds.high / step)
    if last is not None and bounds.high_open and last * step == bounds.high:
        last -= 1
    if first is not None and last is not None and first > last:
        return None
    start, end = math.ceil(likely[0] / step), math.floor(likely[1] / step)
    start = start if first is None else max(start, first)
    end = end if last is None else min(end, last)
    if start > end:
        start = first if first is not None else (last or 0) - SPREAD
        end = start + SPREAD if last is None else min(last, start + SPREAD)
    return _readable(step, start, end, dice)


def _readable(step: Fraction, start: int, end: int, dice: random.Random) -> Fraction:
    """A multiple that a validator reckoning with floats sees as one, where such a one is found."""
    for _ in range(_TRIES):
        value = dice.randint(start, end) * step
        if value.denominator == 1 or (float(value) / float(step)).is_integer():
            break
    return value


def _fraction(value: float) -> Fraction:
    """The number as it is written, so that 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))
