"""How often and how many at once: requests of each caller, counted in memory.

    with limits.enter(policy, "access:7"):
        ...

A name may ask `per_minute` times at once, and gets one more each `60 / per_minute` seconds. What has nothing
to count any more is forgotten; where too many names are busy, no new one gets in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from livetechno.server.callers import Policy
from livetechno.server.errors import ApiError

MOST = 50_000
"""Names that are counted at a time."""
MINUTE = 60.0
SWEEP_EVERY = 1.0
"""Seconds at least between two looks for names that can be forgotten."""
_HAIR = 1e-6
"""Seconds: as many steps as there are in a minute may not sum up to one."""


class _Count:
    __slots__ = ("free", "running")

    def __init__(self) -> None:
        self.free = 0.0
        """When all that it asked for is paid off, in the clock's seconds."""
        self.running = 0

    def check(self, policy: Policy, now: float) -> None:
        late = max(self.free - now, 0.0) + MINUTE / policy.per_minute - MINUTE
        if late > _HAIR:
            raise ApiError("rate_limited", 429, retry_after=late)
        if self.running >= policy.at_once:
            raise ApiError("too_many_at_once", 429, retry_after=1.0)

    def add(self, policy: Policy, now: float) -> None:
        self.free = max(self.free, now) + MINUTE / policy.per_minute
        self.running += 1


class _Entered:
    __slots__ = ("_counts",)

    def __init__(self, counts: list[_Count]) -> None:
        self._counts = counts

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for count in self._counts:
            count.running -= 1


class Limits:
    """The counts of one server."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: dict[str, _Count] = {}
        self._swept = -SWEEP_EVERY

    def __len__(self) -> int:
        """How many names are counted."""
        return len(self._counts)

    def enter(self, policy: Policy, *names: str) -> _Entered:
        """Count a request under all these names until the block ends.

        Raises ApiError (429, with the seconds to wait) when one of them has had enough; then none is counted.
        """
        now = self._now()
        counts = [self._counts.get(name) or self._new(name, now) for name in names]
        for count in counts:
            count.check(policy, now)
        for count in counts:
            count.add(policy, now)
        return _Entered(counts)

    def _new(self, name: str, now: float) -> _Count:
        if len(self._counts) >= MOST:
            self._sweep(now)
        if len(self._counts) >= MOST:
            raise ApiError("rate_limited", 429, retry_after=SWEEP_EVERY)
        count = self._counts[name] = _Count()
        return count

    def _sweep(self, now: float) -> None:
        if now - self._swept < SWEEP_EVERY:
            return
        self._swept = now
        self._counts = {
            name: count for name, count in self._counts.items() if count.running or count.free > now
        }
