"""What `gpt` asks of whoever keeps the books: budgets that hold, and a row for every call.

`gpt` knows no database. The store satisfies these Protocols, and so may a host's own object; `app`
brings them together. Each method returns at once with a Future that is done when the change is on
disk, so that threads wait with `.result()` and event loops with `asyncio.wrap_future`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import Future
from decimal import Decimal
from typing import Any, Protocol

__all__ = ["Budgets", "Ledger", "Refusal", "Reservation"]


class Refusal(Protocol):
    """Why a call does not fit: the budget that is too small for it, and when it has room again."""

    @property
    def budget(self) -> str:
        """`day`, `month` or `conversation`."""

    @property
    def cap(self) -> Decimal:
        """The budget, in dollars."""

    @property
    def left(self) -> Decimal:
        """Dollars of it that are neither spent nor reserved."""

    @property
    def frees(self) -> dt.datetime | None:
        """When it begins anew (UTC); None for a conversation's, which never does."""


class Reservation(Protocol):
    """The answer to `Budgets.reserve`: a booked row, or a refusal that booked nothing."""

    @property
    def number(self) -> int:
        """The row's number in the ledger; 0 when refused."""

    @property
    def tokens(self) -> int | None:
        """How many tokens the reply may have: those wanted, or fewer that the budgets pay for."""

    @property
    def refusal(self) -> Refusal | None:
        """None when the call may be made."""


class Budgets(Protocol):
    """Keeps the sum of what was spent and of what is reserved below every budget."""

    def any_set(self) -> bool:
        """Whether any budget is in force, of whichever period. May block."""

    def reserve(
        self,
        *,
        at: dt.datetime,
        model: str,
        address: str,
        purpose: str,
        conversation: str | None,
        base: Decimal | None,
        per_token: Decimal,
        wanted: int | None,
        least: int,
    ) -> Future[Any]:
        """Book a call at its worst case, atomically over all threads and processes.

        At worst it costs `base + per_token * tokens` dollars, where `wanted` tokens are granted, or as
        many as half of what every budget has left can pay for; below `least` it is refused. A `base` of
        None is a price that is not known: then nothing is held against the budgets. `at` is the moment of
        the call (UTC), `address` the server's base URL, `purpose` a word (`chat`, `summary`, ...). The Future
        holds a `Reservation`; Python's type of Futures cannot say so of a class that does not know ours.
        """


class Ledger(Protocol):
    """One row for every call. A row that was reserved and never settled counts at its worst case."""

    def settle(
        self,
        number: int,
        *,
        usd: Decimal | None,
        estimated: bool,
        model: str,
        usage: Mapping[str, int],
        tier: str | None,
        request_id: str | None,
        finish: str,
    ) -> Future[None]:
        """Put what the call cost in place of its worst case.

        `usd` is exact; None when it is not known, and then the worst case stands. `estimated` marks what
        we counted ourselves. `usage` has the fields of `completions.Usage`; it is empty when unknown.
        `finish` is how it ended: a finish reason, `stopped`, or an error's code.
        """

    def release(self, number: int) -> Future[None]:
        """Forget a reserved row: the server refused the call, so nothing was spent."""
