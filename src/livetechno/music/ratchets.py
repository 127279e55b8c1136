"""Close hits of one note, taken together: a step holds one of them, or the even hits that it is a ratchet of.

    for first, count in ratchets.found(hits, slack): ...

`count` is 1 for a hit of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST = 8
"""Hits of a ratchet."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A note as it was heard; `at` and `length` in steps."""

    at: float
    length: float
    note: int
    vel: int


def found(hits: Iterable[Hit], slack: float) -> Iterator[tuple[Hit, int]]:
    """Each first hit, with how many even ones it begins; no time is more exact than `slack`, in steps.

    Hits are taken together only where steps could not hold them, and the next, otherwise.
    """
    of_note: dict[int, list[Hit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda one: one.at):
        of_note[hit.note].append(hit)
    for own in of_note.values():
        place = 0
        while place < len(own):
            count = _count(own[place : place + MOST + 1], slack)
            yield own[place], count
            place += count


def _count(following: Sequence[Hit], slack: float) -> int:
    """How many of these hits are one ratchet that begins with the first of them."""
    apart = following[1].at - following[0].at if len(following) > 1 else 1.0
    for count in range(min(MOST, len(following)), 1, -1):
        if abs(apart - 1 / count) <= slack and _is_ratchet(following, count, slack):
            return count
    return 1


def _is_ratchet(following: Sequence[Hit], count: int, slack: float) -> bool:
    hits, first = following[:count], following[0]
    near = min(slack, 0.25 / count)
    places = [round(one.at) for one in following[: count + 1]]
    crowded = len(set(places)) < len(places)
    alone = len(following) == count or following[count].at >= first.at + 1 - near
    return (
        crowded
        and alone
        and all(abs(one.at - first.at - number / count) <= near for number, one in enumerate(hits))
        and all(one.vel == first.vel and abs(one.length - first.length) <= near for one in hits)
        and first.length * count <= 1 + near * count
    )
