"""A little arithmetic: sums of plain numbers inside a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

_SUM = re.compile(
    r"(?<![\w.,])[-(\s]*\d[\d\s.,()+*/×÷x:-]*(?:[+*/×÷x-]|fois|plus|moins|times|minus)[\w\s.,()+*/×÷-]*"
)
_WORDS = {"fois": "*", "times": "*", "x": "*", "×": "*", "÷": "/", "plus": "+", "moins": "-", "minus": "-"}
_PART = re.compile(r"\d{1,15}(?:[.,]\d{1,9})?|[-+*/()×÷x]|fois|times|plus|moins|minus|\S")
_DATE = re.compile(r"\d{2,4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}")
MOST_PARTS = 60


def calculate(text: str) -> tuple[str, str] | None:
    """The first sum in the text and its result, as texts; None when there is none (or a division by 0)."""
    found = _SUM.search(_DATE.sub(" ", text[:2000].casefold()))
    if not found:
        return None
    parts: list[str] = []
    for part in _PART.findall(found[0]):
        part = _WORDS.get(part, part)
        if not (part[0].isdigit() or part in "+-*/()"):
            break
        parts.append(part)
    while parts and parts[-1] in "+-*/(":
        parts.pop()
    if len(parts) > MOST_PARTS or not any(part in "+-*/" for part in parts[1:]):
        return None
    rest = iter([*parts, ""])
    try:
        value, left = _sum(next(rest), rest)
    except (ValueError, ZeroDivisionError, StopIteration, RecursionError):
        return None
    return (" ".join(parts), _shown(value)) if left == "" else None


def _sum(part: str, rest: Iterator[str]) -> tuple[Fraction, str]:
    value, part = _product(part, rest)
    while part in ("+", "-"):
        other, after = _product(next(rest), rest)
        value = value + other if part == "+" else value - other
        part = after
    return value, part


def _product(part: str, rest: Iterator[str]) -> tuple[Fraction, str]:
    value, part = _single(part, rest)
    while part in ("*", "/"):
        other, after = _single(next(rest), rest)
        value = value * other if part == "*" else value / other
        part = after
    return value, part


def _single(part: str, rest: Iterator[str]) -> tuple[Fraction, str]:
    if part == "-":
        value, part = _single(next(rest), rest)
        return -value, part
    if part == "(":
        value, part = _sum(next(rest), rest)
        if part != ")":
            raise ValueError(part)
        return value, next(rest)
    return Fraction(part.replace(",", ".")), next(rest)


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10g}"
