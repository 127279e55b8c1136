"""Musical time in whole ticks, fine enough that nothing is rounded before a file is written.

A quarter note has 201,600,000 ticks. A step of any size divides by every ratchet (1 to 8), and then by the
three decimals of a gate or of micro-timing and by the two of swing, without a rest.
"""

from __future__ import annotations

from livetechno.music.values import Signature, StepSize

QUARTER = 201_600_000
STEPS: dict[StepSize, int] = {
    "1/8": QUARTER // 2,
    "1/8T": QUARTER // 3,
    "1/16": QUARTER // 4,
    "1/16T": QUARTER // 6,
    "1/32": QUARTER // 8,
}
"""Ticks of a step of each size; a T is a triplet's, three in the time of two."""


def bar(signature: Signature) -> int:
    """Ticks of a bar."""
    return QUARTER * 4 * signature.beats // signature.unit


def share(ticks: int, factor: float, decimals: int = 3) -> int:
    """That many ticks times a factor of so many decimals, exactly."""
    scale: int = 10**decimals
    return ticks * round(factor * scale) // scale


def rounded(ticks: int, ppq: int) -> int:
    """The nearest tick of a file that has `ppq` of them in a quarter note; a half goes up."""
    return (2 * ticks * ppq + QUARTER) // (2 * QUARTER)
