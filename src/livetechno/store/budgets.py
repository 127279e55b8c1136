"""Budgets that hold: a call is booked at its worst case before it is made, over all threads and processes.

A day and a month are those of UTC, as on OpenAI's bill. Where nothing was set, a day may cost a dollar.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Literal

from livetechno.store import changes
from livetechno.store.database import Database
from livetechno.store.errors import ValueRefusedError
from livetechno.store.money import from_pico, to_pico
from livetechno.store.texts import moment

Name = Literal["day", "month", "conversation"]
NAMES: tuple[Name, ...] = ("day", "month", "conversation")
DEFAULTS: dict[Name, Decimal] = {"day": Decimal(1)}
"""Caps in dollars where nothing was set: enough to work with, too little to hurt."""
MOST = Decimal(1_000_000)
"""Dollars; a larger cap is a slip of the hand."""
_DEFAULT_BUDGET = "default budget"
"""What has been told, under this name."""
_EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands. Amounts in dollars; `cap` and `left` are None where there is none."""

    budget: Name
    cap: Decimal | None
    default: bool
    """Whether the cap is ours, because nothing was set."""
    spent: Decimal
    reserved: Decimal
    """Held for calls under way, by what was leased for such, and by both where their process has died."""
    left: Decimal | None
    frees: dt.datetime | None
    """When it begins anew (UTC)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The budget that is too small for a call."""

    budget: Name
    cap: Decimal
    left: Decimal
    frees: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Reserved:
    """What became of a reservation: the ledger's row and the tokens granted, or a refusal."""

    number: int
    tokens: int | None
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A budget that a call must fit into; picodollars."""

    budget: Name
    cap: int
    left: int
    frees: dt.datetime | None


class Budgets:
    """The budgets of one owner. Every method raises StoreError kinds, the Futures too."""

    def __init__(self, database: Database, owner: str, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now

    def set(self, budget: Name, usd: Decimal) -> None:
        """Cap a day, a month or each conversation. Raises ValueRefusedError for what is no such amount."""
        check(budget, usd)
        self._set(budget, usd)

    def clear(self, budget: Name | None = None) -> None:
        """Take a cap away, or all of them; the default one too."""
        for name in NAMES if budget is None else (budget,):
            self._set(name, None)

    def caps(self) -> dict[Name, Decimal | None]:
        """The caps in force, in dollars; None where there is none."""
        with self._database.read() as connection:
            return {
                name: None if cap is None else from_pico(cap) for name, cap in self._caps(connection).items()
            }

    def any_set(self) -> bool:
        """Whether any budget is in force, a default one included."""
        return any(cap is not None for cap in self.caps().values())

    def standing(self, conversation: str | None = None) -> tuple[Standing, ...]:
        """How each budget stands now; a conversation's is that of the one named."""
        now = self._now()
        with self._database.read() as connection:
            set_ = {
                row["budget"]
                for row in connection.execute("SELECT budget FROM budgets WHERE owner = ?", (self._owner,))
            }
            caps = self._caps(connection)
            return tuple(
                self._standing(connection, name, period, caps[name], default=name not in set_, now=now)
                for name, period in periods(now, conversation).items()
            )

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
    ) -> Future[Reserved]:
        """Book a call at its worst case: `base + per_token * tokens` dollars; see `gpt.books.Budgets`.

        What may cost something is flushed to the disk before the Future is done.
        """

        def work(connection: sqlite3.Connection) -> Reserved:
            rooms = [] if base is None else self.rooms(connection, at, conversation)
            granted, refusal = grant(rooms, at, base, per_token, wanted, least)
            if refusal is not None:
                return Reserved(0, None, refusal)
            worst = None if base is None else to_pico(worst_of(base, per_token, granted))
            number = connection.execute(
                "INSERT INTO calls (owner, at, day, conversation, purpose, address, model, worst, counted,"
                " settled, estimated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
                (
                    *(self._owner, moment(at), periods(at, None)["day"], conversation, purpose),
                    *(address, model, worst, worst or 0),
                ),
            ).lastrowid
            assert number is not None
            count(connection, self._owner, at, conversation, worst or 0)
            changes.note(connection, self._owner, "call", str(number))
            return Reserved(number, granted)

        return self._database.write(work, flushed=bool(base or per_token))

    def first_time(self) -> bool:
        """True once, and never again: the moment to tell of the default budget."""

        def work(connection: sqlite3.Connection) -> bool:
            told = connection.execute(
                "INSERT OR IGNORE INTO told (owner, what) VALUES (?, ?)", (self._owner, _DEFAULT_BUDGET)
            )
            return told.rowcount == 1

        with self._database.read() as connection:  # which, unlike a write, waits for nobody
            told = connection.execute(
                "SELECT 1 FROM told WHERE owner = ? AND what = ?", (self._owner, _DEFAULT_BUDGET)
            ).fetchone()
        if told is not None:
            return False
        return self._database.write(work, flushed=False).result()

    def _set(self, budget: Name, usd: Decimal | None) -> None:
        self._database.write(lambda connection: keep(connection, self._owner, budget, usd)).result()

    def _caps(self, connection: sqlite3.Connection) -> dict[Name, int | None]:
        rows = connection.execute("SELECT budget, cap FROM budgets WHERE owner = ?", (self._owner,))
        chosen = {row["budget"]: row["cap"] for row in rows}
        defaults = {name: to_pico(usd) for name, usd in DEFAULTS.items()}
        return {name: chosen.get(name, defaults.get(name)) for name in NAMES}

    def rooms(self, connection: sqlite3.Connection, at: dt.datetime, conversation: str | None) -> list[Room]:
        """The budgets that a call of that moment must fit into, and what they have left."""
        caps = self._caps(connection)
        rooms = []
        for name, period in periods(at, conversation).items():
            cap = caps[name]
            if cap is not None:
                left = cap - self._counted(connection, name, period)
                rooms.append(Room(name, cap, left, frees(name, at)))
        return rooms

    def _standing(
        self,
        connection: sqlite3.Connection,
        name: Name,
        period: str,
        cap: int | None,
        *,
        default: bool,
        now: dt.datetime,
    ) -> Standing:
        counted = self._counted(connection, name, period)
        where = "conversation = ?" if name == "conversation" else "day LIKE ? || '%'"
        reserved = connection.execute(
            f"SELECT coalesce(sum(counted), 0) FROM calls WHERE owner = ? AND NOT settled AND {where}",  # noqa: S608
            (self._owner, period),
        ).fetchone()[0]
        if name != "conversation":
            reserved += connection.execute(
                "SELECT coalesce(sum(pico), 0) FROM leases WHERE owner = ? AND day LIKE ? || '%'",
                (self._owner, period),
            ).fetchone()[0]
        return Standing(
            budget=name,
            cap=None if cap is None else from_pico(cap),
            default=default and cap is not None,
            spent=from_pico(counted - reserved),
            reserved=from_pico(reserved),
            left=None if cap is None else from_pico(max(0, cap - counted)),
            frees=frees(name, now),
        )

    def _counted(self, connection: sqlite3.Connection, name: Name, period: str) -> int:
        row = connection.execute(
            "SELECT counted FROM spending WHERE owner = ? AND budget = ? AND period = ?",
            (self._owner, name, period),
        ).fetchone()
        return 0 if row is None else int(row["counted"])


def check(budget: Name, usd: Decimal) -> None:
    """Raises ValueRefusedError for what is no budget, or no amount in dollars."""
    if budget not in NAMES:
        raise ValueRefusedError("value", name="budget", allowed=", ".join(NAMES))
    if not usd.is_finite() or not 0 <= usd <= MOST:
        raise ValueRefusedError("value", name="USD", allowed=f"0 - {MOST}")


def keep(connection: sqlite3.Connection, owner: str, budget: Name, usd: Decimal | None) -> None:
    """Put down a cap; None for "no cap". Part of a write."""
    connection.execute(
        "INSERT OR REPLACE INTO budgets (owner, budget, cap) VALUES (?, ?, ?)",
        (owner, budget, None if usd is None else to_pico(usd)),
    )
    changes.note(connection, owner, "budget", budget)


def periods(at: dt.datetime, conversation: str | None) -> dict[Name, str]:
    """Under which name each budget counts a call of that moment: its day, its month, its conversation."""
    day = moment(at)[:10]
    found: dict[Name, str] = {"day": day, "month": day[:7]}
    if conversation is not None:
        found["conversation"] = conversation
    return found


def frees(budget: Name, at: dt.datetime) -> dt.datetime | None:
    """When a budget begins anew after that moment (UTC); None for a conversation's."""
    midnight = at.astimezone(dt.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    if budget == "day":
        return midnight + dt.timedelta(days=1)
    if budget == "month":
        return (midnight.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return None


def count(
    connection: sqlite3.Connection, owner: str, at: dt.datetime, conversation: str | None, pico: int
) -> None:
    """Add to what the day, month and conversation of a call have cost. Part of the write of its row."""
    for budget, period in periods(at, conversation).items():
        connection.execute(
            "INSERT INTO spending (owner, budget, period, counted) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (owner, budget, period) DO UPDATE SET counted = counted + excluded.counted",
            (owner, budget, period, pico),
        )


def grant(
    rooms: list[Room],
    at: dt.datetime,
    base: Decimal | None,
    per_token: Decimal,
    wanted: int | None,
    least: int,
) -> tuple[int | None, Refused | None]:
    """How many tokens all budgets can pay for, at most those wanted; and the budget that refuses the call.

    A call that cannot have all that it wants gets half of what is left, so that others can be made beside it.
    """
    granted, tight = wanted, []
    for room in rooms:
        paid_for = _affordable(room, base or Decimal(0), per_token, wanted)
        if paid_for is None:
            continue
        if paid_for < least:
            tight.append(room)
        if wanted is not None and paid_for < wanted:
            paid_for = max(least, paid_for // 2)
        granted = paid_for if granted is None else min(granted, paid_for)
    if not tight:
        return granted, None
    # what frees last is what stands in the way
    room = max(tight, key=lambda room: (room.frees is None, room.frees or at))
    return None, Refused(room.budget, from_pico(room.cap), from_pico(max(0, room.left)), room.frees)


def _affordable(room: Room, base: Decimal, per_token: Decimal, wanted: int | None) -> int | None:
    """How many tokens this budget can pay for after `base`; -1 when not even that; None for any number."""
    left = _EXACT.subtract(from_pico(room.left), base)
    if left < 0:
        return -1
    if not per_token or wanted is None:
        return None
    return int(_EXACT.divide(left, per_token).to_integral_value(ROUND_FLOOR))


def worst_of(base: Decimal, per_token: Decimal, tokens: int | None) -> Decimal:
    """Dollars that a call of so many tokens costs at most."""
    return _EXACT.add(base, _EXACT.multiply(per_token, Decimal(tokens or 0)))
