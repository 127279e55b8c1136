"""What a musician types to a proposal: all of it, none, some by numbers, or what should be otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

YES = frozenset(("y", "yes", "o", "oui", "ok"))
NO = frozenset(("n", "no", "non", "q", "quit"))
_NUMBERS = re.compile(r"\d{1,4}(-\d{1,4})?([ ,]+\d{1,4}(-\d{1,4})?)*")


@dataclass(frozen=True, slots=True)
class Reply:
    """What was typed."""

    kind: Literal["yes", "no", "some", "otherwise", "nothing"]
    places: frozenset[int] = frozenset()
    """Of the actions that are named by numbers, which begin at 1."""
    text: str = ""
    """What should be otherwise."""


def read(said: str, count: int) -> Reply:
    """What a line says to a proposal of so many actions."""
    text = said.strip()
    if not text:
        return Reply("nothing")
    if text.lower() in YES:
        return Reply("yes")
    if text.lower() in NO:
        return Reply("no")
    if _NUMBERS.fullmatch(text):
        return Reply("some", frozenset(place for place in _places(text) if 0 <= place < count))
    return Reply("otherwise", text=text)


def _places(text: str) -> set[int]:
    places: set[int] = set()
    for part in re.split(r"[ ,]+", text):
        first, _, last = part.partition("-")
        places |= set(range(int(first) - 1, int(last or first)))
    return places
