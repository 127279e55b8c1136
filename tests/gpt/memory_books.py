"""Books in memory, with real arithmetic and one writer in a thread: what a test can look into."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any, TypeVar

from livetechno.gpt.accounting import Books

Result = TypeVar("Result")


@dataclass
class Row:
    """One call, as it was reserved and as it was settled."""

    at: dt.datetime
    model: str
    address: str
    purpose: str
    conversation: str | None
    worst: Decimal | None
    tokens: int | None
    settled: bool = False
    usd: Decimal | None = None
    estimated: bool = False
    usage: Mapping[str, int] | None = None
    tier: str | None = None
    request_id: str | None = None
    finish: str = ""

    @property
    def counted(self) -> Decimal:
        """What it takes of the budget."""
        return self.usd if self.usd is not None else self.worst or Decimal(0)


@dataclass(frozen=True)
class Refused:
    budget: str
    cap: Decimal
    left: Decimal
    frees: dt.datetime | None


@dataclass(frozen=True)
class Reserved:
    number: int
    tokens: int | None
    refusal: Refused | None = None


class MemoryBooks:
    """A budget for the day, or for a conversation, and a ledger. `trouble` may name what raises OSError."""

    def __init__(self, cap: Decimal | None = None, *, budget: str = "day") -> None:
        self.cap = cap
        self.budget = budget
        self.rows: dict[int, Row] = {}
        self.released = 0
        self.peak = Decimal(0)
        """The most that was ever counted."""
        self.trouble: str | None = None
        self.gate = threading.Event()
        """Closed while a test holds the writer up."""
        self.asked: list[str] = []
        """The writes that were asked for, in order."""
        self.gate.set()
        self._writer = ThreadPoolExecutor(1)

    def books(self, *, free: bool = False) -> Books:
        return Books(self, self, free)

    def close(self) -> None:
        self.gate.set()
        self._writer.shutdown()

    @property
    def open(self) -> list[Row]:
        """What was reserved and never settled. Waits for what is being written."""
        self._writer.submit(lambda: None).result()
        return [row for row in self.rows.values() if not row.settled]

    @property
    def row(self) -> Row:
        """The only one."""
        assert self.open == []
        (row,) = self.rows.values()
        return row

    def any_set(self) -> bool:
        return self.cap is not None

    def reserve(
        self, *, base: Decimal | None, per_token: Decimal, wanted: int | None, least: int, **told: Any
    ) -> Future[Reserved]:
        def work() -> Reserved:
            tokens = wanted
            if self.cap is not None and base is not None:
                left = self.cap - self._counted()
                room = left - base
                paid = (
                    int((room / per_token).to_integral_value(ROUND_FLOOR)) if per_token else wanted or least
                )
                if room < 0 or paid < least:
                    return Reserved(0, None, self._refusal(left, told["at"]))
                tokens = min(paid, wanted) if wanted is not None else wanted
            worst = None if base is None else base + per_token * (tokens or 0)
            number = len(self.rows) + self.released + 1
            self.rows[number] = Row(worst=worst, tokens=tokens, **told)
            self.peak = max(self.peak, self._counted())
            return Reserved(number, tokens)

        return self._write("reserve", work)

    def settle(self, number: int, **told: Any) -> Future[None]:
        def work() -> None:
            row = self.rows[number]
            assert not row.settled
            row.settled = True
            for name, value in told.items():
                setattr(row, name, value)

        return self._write("settle", work)

    def release(self, number: int) -> Future[None]:
        def work() -> None:
            assert not self.rows.pop(number).settled
            self.released += 1

        return self._write("release", work)

    def _counted(self) -> Decimal:
        return sum((row.counted for row in self.rows.values()), Decimal(0))

    def _refusal(self, left: Decimal, at: dt.datetime) -> Refused:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
        assert self.cap is not None
        return Refused(self.budget, self.cap, left, None if self.budget == "conversation" else midnight)

    def hold(self) -> None:
        """Let all writes wait until the gate is opened."""
        self.gate.clear()
        self._writer.submit(self.gate.wait)

    def _write(self, name: str, work: Callable[[], Result]) -> Future[Result]:
        self.asked.append(name)
        if self.trouble == f"{name} at once":
            raise OSError("no room on the disk")

        def written() -> Result:
            if self.trouble == name:
                raise OSError("no room on the disk")
            return work()

        return self._writer.submit(written)
