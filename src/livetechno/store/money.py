"""Dollars in the database: exact decimals as text, and whole picodollars where SQL must compare them.

A picodollar is 10^-12 dollars. The dearest and the cheapest token cost whole numbers of them, so nothing is
rounded in practice; where it is, then up, so that a budget never gives away a fraction.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

PICO = Decimal("1e-12")
MOST = 2**62
"""Most picodollars: over four million dollars."""
_EXACT = Context(prec=100)


def to_pico(usd: Decimal) -> int:
    """Dollars as whole picodollars, rounded up; what is more than four million dollars counts as that."""
    return min(MOST, math.ceil(usd.scaleb(12, _EXACT)))


def from_pico(pico: int) -> Decimal:
    """Picodollars as dollars, exactly, without zeros at the end."""
    return plain(_EXACT.multiply(Decimal(pico), PICO))


def plain(usd: Decimal) -> Decimal:
    """The same amount without an exponent and without zeros at the end."""
    shown = f"{usd:f}"
    return Decimal(shown.rstrip("0").rstrip(".") if "." in shown else shown)


class DecimalSum:
    """`decimal_sum(text)` for SQL: the exact sum of decimals, as text. Nulls do not count."""

    def __init__(self) -> None:
        self._sum = Decimal(0)

    def step(self, text: str | None) -> None:
        """Add one."""
        if text is not None:
            self._sum = _EXACT.add(self._sum, Decimal(text))

    def finalize(self) -> str:
        """The sum."""
        return f"{self._sum:f}"
