"""The money of a slice, in memory: what is free, what calls hold, what was settled. Picodollars.

A slice pays for a few calls like the one that asked for it, the next for twice as many as long as nothing
lies idle, from at most a quarter of what a budget has left; where that is too little it is the one call's, so
that a small budget is spent to the end.
"""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from livetechno.store.budgets import Refused, Reserved, Room, grant, worst_of
from livetechno.store.ledger import Settled
from livetechno.store.money import to_pico

IDLE_SECONDS = 1.0
"""How long money that no call needed is kept at hand."""
CALLS_OF_A_SLICE = 16
"""How many calls like the one that asked a slice pays for, if all cost as much as they can."""
MOST_CALLS_OF_A_SLICE = 512
LEAST_PARTS = 4
"""A slice takes at most one of so many parts of what is left."""


@dataclass(slots=True)
class Pool:
    """What is leased of one day. All that is on disk is `free`, or held by a call, or what `settled` cost."""

    at: dt.datetime
    """A moment of that day."""
    free: int = 0
    """Picodollars for the next calls; below 0 where a call has cost more than its worst."""
    idle: int = 0
    """The least that was free since the last look."""
    calls: int = 0
    """Under way."""
    slice_calls: int = CALLS_OF_A_SLICE
    """For how many calls the next slice is."""
    settled: list[Settled] = field(default_factory=list)
    cost: int = 0
    """What these have cost."""
    looked: float = field(default_factory=time.monotonic)

    def batch(self, *, closing: bool) -> Batch | None:
        """What is to be written down now, which the pool has no more; None when there is nothing."""
        settled, self.settled = self.settled, []
        cost, self.cost = self.cost, 0
        idle = self._is_idle()
        if not (settled or idle or self.free < 0 or (closing and self.free)):
            return None
        return Batch(self, settled, cost, idle, closing)

    def _is_idle(self) -> bool:
        """Whether some of it has been for a second."""
        if (now := time.monotonic()) - self.looked < IDLE_SECONDS:
            return False
        self.looked = now
        if not self.idle:
            self.idle = self.free
            return False
        return True


@dataclass(frozen=True, slots=True)
class Batch:
    """What a pool has for one write of the disk."""

    pool: Pool
    settled: list[Settled]
    cost: int
    idle: bool
    closing: bool

    def surplus(self, over: int) -> int:
        """How much is given back, which the pool has no more; below 0 what is to be had beside the cap.

        `over` is how much more than the cap is spent and leased, because it was taken down meanwhile.
        """
        pool = self.pool
        if pool.free < 0 or self.closing:
            back = pool.free
        else:
            # who is still at work may soon need some of it
            idle = pool.idle // 2 if pool.calls else pool.idle
            back = max(0, min(pool.free, max(over, idle if self.idle else 0)))
        if self.idle and back:
            pool.slice_calls = max(pool.slice_calls // 2, CALLS_OF_A_SLICE)
        pool.free -= back
        pool.idle = pool.free if self.idle else min(pool.idle, pool.free)
        return back


class Held(NamedTuple):
    """A call that is under way. A tuple, as each call makes one."""

    pool: Pool
    worst: int
    known: bool
    """Whether its price is."""
    at: dt.datetime
    address: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A call for which the slice at hand was too small."""

    at: dt.datetime
    model: str
    address: str
    purpose: str
    base: Decimal | None
    per_token: Decimal
    wanted: int | None
    least: int
    future: Future[Reserved]


@dataclass(slots=True)
class Slice:
    """What a transaction works with: what was free of a pool, and how much it grows by."""

    pool: Pool
    claimed: int
    rooms: list[Room]
    free: int
    grown: int = 0
    granted: list[tuple[Ask, int | None, int]] = field(default_factory=list)
    """The tokens and the worst case of each."""

    def serve(self, ask: Ask) -> Refused | None:
        """Grant what the budgets pay for, and grow where that is more than what is free."""
        rooms = [] if ask.base is None else [replace(room, left=room.left + self.free) for room in self.rooms]
        tokens, refusal = grant(rooms, ask.at, ask.base, ask.per_token, ask.wanted, ask.least)
        if refusal is not None:
            return refusal
        worst = 0 if ask.base is None else to_pico(worst_of(ask.base, ask.per_token, tokens))
        if worst > self.free:
            size = self.pool.slice_calls * worst
            self.pool.slice_calls = min(2 * self.pool.slice_calls, MOST_CALLS_OF_A_SLICE)
            if self.rooms:
                size = min(size, min(room.left for room in self.rooms) // LEAST_PARTS)
            self._grow(max(size, worst - self.free))
        self.free -= worst
        self.granted.append((ask, tokens, worst))
        return None

    def _grow(self, size: int) -> None:
        self.free += size
        self.grown += size
        self.rooms = [replace(room, left=room.left - size) for room in self.rooms]


def day_of(at: dt.datetime) -> dt.date:
    """The day, in UTC, to which a call of that moment belongs."""
    return at.astimezone(dt.timezone.utc).date()
