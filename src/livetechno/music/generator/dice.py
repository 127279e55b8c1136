"""Dice that fall the same on every Python: only `random()` of the standard generator is asked."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Dice with a seed."""

    def __init__(self, *seed: object) -> None:
        self._random = random.Random("/".join(map(str, seed))).random

    def share(self) -> float:
        """0 to 1, without 1."""
        return self._random()

    def falls(self, chance: float) -> bool:
        """Whether something happens that is so likely."""
        return self._random() < chance

    def between(self, low: int, high: int) -> int:
        """A whole number, ends included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of them."""
        return things[int(self._random() * len(things))]

    def weighed(self, things: Sequence[tuple[Thing, float]]) -> Thing:
        """One of them, the likelier the more it weighs."""
        left = self._random() * sum(weight for _, weight in things)
        for thing, weight in things:
            left -= weight
            if left < 0:
                return thing
        return things[-1][0]
