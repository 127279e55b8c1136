"""The ledger: a row for every call, what it cost, exactly, and why it is not known where it is not."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Literal, NamedTuple

from livetechno.store import budgets, changes
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError
from livetechno.store.money import from_pico, plain, to_pico
from livetechno.store.texts import moment, whole

USAGE = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "cache_write_12h_tokens",
    "reasoning_tokens",
)
By = Literal["day", "month", "model", "purpose", "conversation", "caller"]
_TEXTS = ("purpose", "address", "model", "tier", "request_id", "finish")
_KEYS: dict[By, str] = {
    "day": "day",
    "month": "substr(day, 1, 7)",
    "model": "model",
    "purpose": "purpose",
    "conversation": "coalesce(conversation, '')",
    "caller": "caller",
}
_SUMS = """
    SELECT count(*) AS calls, coalesce(sum(input_tokens), 0) AS input_tokens,
        coalesce(sum(output_tokens), 0) AS output_tokens, decimal_sum(usd) AS usd,
        sum(usd IS NULL) AS unknown,
        coalesce(sum(CASE WHEN usd IS NULL THEN counted END), 0) AS at_worst,
        sum(usd IS NULL AND worst IS NULL) AS unpriced, sum(NOT settled) AS unsettled,
        sum(estimated) AS estimated
"""
_SPAN = """
    FROM calls WHERE owner = :owner AND day BETWEEN :since AND :until
        AND conversation IS coalesce(:conversation, conversation)
"""
_SPAN_OF_CALLERS = """
    FROM (
        SELECT :owner AS id, :owner AS caller
        UNION ALL SELECT 'access:' || id, 'access:' || name FROM access_keys WHERE owner = :owner
        UNION ALL SELECT DISTINCT owner, owner FROM spending
            WHERE :owner = 'local' AND owner >= 'site:' AND owner < 'site;'
    ) AS callers JOIN calls ON calls.owner = callers.id
    WHERE day BETWEEN :since AND :until AND conversation IS coalesce(:conversation, conversation)
"""
"""Access keys belong to who gave them, sites to who sits at this machine."""
_MOST_TOKENS = 2**62
"""A server may say what it likes; more than this is no number that can be kept."""
_ROWS = 40
"""Rows of a statement, whose values any SQLite takes: at each statement threads wait for each other."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call. Dollars are exact; token counts are None while they are not known."""

    number: int
    at: str
    conversation: str | None
    purpose: str
    address: str
    model: str
    settled: bool
    """False while it is under way, and for ever when its process ended before it."""
    usd: Decimal | None
    worst: Decimal | None
    """What it costs at worst; it counts as this in the budgets while `usd` is not known."""
    estimated: bool
    """We counted its tokens ourselves, because the server's count did not come."""
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    cache_write_12h_tokens: int | None
    reasoning_tokens: int | None
    tier: str | None
    request_id: str | None
    finish: str | None

    @property
    def usage(self) -> dict[str, int] | None:
        """Its tokens under the names of `USAGE`; None while they are not known."""
        usage = {name: getattr(self, name) for name in USAGE}
        return None if None in usage.values() else usage


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over some calls; `keys` says of which, in the order asked for."""

    keys: tuple[str, ...]
    calls: int
    input_tokens: int
    output_tokens: int
    usd: Decimal
    """What is known, estimates included."""
    unknown: int
    """Calls whose cost is not known."""
    at_worst: Decimal
    """What those may cost at worst, as far as their price is known."""
    unpriced: int
    """Those of them whose price is not known, so that there is no worst case either."""
    unsettled: int
    """Those of them that are under way, or whose process ended before they did."""
    estimated: int
    """Calls whose cost is an estimate."""


class Settled(NamedTuple):
    """A call that has ended, for a row of its own: `worst` and `counted` in picodollars, then its `_TEXTS`.

    A tuple, as each call makes one.
    """

    at: dt.datetime
    worst: int | None
    counted: int
    usd: Decimal | None
    estimated: bool
    purpose: str
    address: str
    model: str
    tier: str | None
    request_id: str | None
    finish: str
    usage: Mapping[str, int]


class Ledger:
    """The calls of one owner. Every method raises StoreError kinds, the Futures too."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

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
        """Put what a call cost in place of its worst case; see `gpt.books.Ledger`."""

        def work(connection: sqlite3.Connection) -> None:
            row = self._unsettled(connection, number)
            counted = row["worst"] or 0 if usd is None else to_pico(usd)
            tokens = ", ".join(f"{name} = ?" for name in USAGE)
            connection.execute(
                f"UPDATE calls SET settled = 1, counted = ?, usd = ?, estimated = ?, model = ?, tier = ?,"  # noqa: S608
                f" request_id = ?, finish = ?, {tokens} WHERE owner = ? AND number = ?",
                (
                    *(counted, None if usd is None else f"{plain(usd):f}", estimated, model, tier),
                    *(request_id, finish, *(usage.get(name) for name in USAGE), self._owner, number),
                ),
            )
            self._recount(connection, row, counted - row["counted"])

        return self._database.write(work, flushed=usd != 0)

    def release(self, number: int) -> Future[None]:
        """Remove a row that was reserved: nothing was spent."""

        def work(connection: sqlite3.Connection) -> None:
            row = self._unsettled(connection, number)
            connection.execute("DELETE FROM calls WHERE owner = ? AND number = ?", (self._owner, number))
            self._recount(connection, row, -row["counted"])

        return self._database.write(work)

    def call(self, request_id: str, conversation: str | None) -> CallRow | None:
        """The settled call of a conversation that the server gave this id; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT * FROM calls WHERE owner = ? AND conversation IS ? AND request_id = ? AND settled"
                " ORDER BY number DESC LIMIT 1",
                (self._owner, conversation, request_id),
            ).fetchone()
            return None if row is None else _row(row)

    def calls(
        self,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        conversation: str | None = None,
        most: int = -1,
    ) -> tuple[CallRow, ...]:
        """The calls of some days (both included) or of a conversation, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT * {_SPAN} ORDER BY number DESC LIMIT :most",
                self._span(since, until, conversation) | {"most": most},
            )
            return tuple(map(_row, rows))

    def totals(
        self,
        *by: By,
        since: dt.date | None = None,
        until: dt.date | None = None,
        conversation: str | None = None,
        callers: bool = False,
    ) -> tuple[Total, ...]:
        """Sums over the calls of some days, one for each value of `by`, in their order.

        With nothing in `by` there is one sum, or none where there was no call. With `callers`, or with
        "caller" in `by`, they are also those of the owner's access keys (`access:NAME`) and, where the owner
        is the local one, of the visitors of each site (`site:ORIGIN`).
        """
        keys = [_KEYS[name] for name in by]
        grouped = f"GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}" if keys else "HAVING count(*)"
        span = _SPAN_OF_CALLERS if callers or "caller" in by else _SPAN
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_SUMS}{''.join(f', {key}' for key in keys)} {span} {grouped}",
                self._span(since, until, conversation),
            )
            return tuple(map(_total, rows))

    def _span(
        self, since: dt.date | None, until: dt.date | None, conversation: str | None
    ) -> dict[str, object]:
        return {
            "owner": self._owner,
            "since": (since or dt.date.min).isoformat(),
            "until": (until or dt.date.max).isoformat(),
            "conversation": conversation,
        }

    def _unsettled(self, connection: sqlite3.Connection, number: int) -> sqlite3.Row:
        row: sqlite3.Row | None = connection.execute(
            "SELECT * FROM calls WHERE owner = ? AND number = ? AND NOT settled", (self._owner, number)
        ).fetchone()
        if row is None:
            raise NotFoundError("unknown", name=f"call {number}")
        return row

    def _recount(self, connection: sqlite3.Connection, row: sqlite3.Row, difference: int) -> None:
        at = dt.datetime.strptime(row["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=dt.timezone.utc)
        budgets.count(connection, self._owner, at, row["conversation"], difference)
        changes.note(connection, self._owner, "call", str(row["number"]))


def insert(connection: sqlite3.Connection, owner: str, calls: Sequence[Settled]) -> None:
    """Put calls down that have ended. Part of a write, which counts them."""
    names = ("owner", "settled", "at", "day", "worst", "counted", "usd", "estimated", *_TEXTS, *USAGE)
    row = f"({', '.join('?' * len(names))})"
    for start in range(0, len(calls), _ROWS):
        values = [_values(owner, call) for call in calls[start : start + _ROWS]]
        connection.execute(
            f"INSERT INTO calls ({', '.join(names)}) VALUES {', '.join([row] * len(values))}",  # noqa: S608
            tuple(chain.from_iterable(values)),
        )


def _values(owner: str, call: Settled) -> tuple[object, ...]:
    at, worst, counted, usd, estimated, *texts, usage = call
    began = moment(at)
    return (
        *(owner, 1, began, began[:10], worst, counted, None if usd is None else f"{plain(usd):f}", estimated),
        *[None if text is None else whole(text) for text in texts],
        *[None if (tokens := usage.get(name)) is None else min(tokens, _MOST_TOKENS) for name in USAGE],
    )


def _row(row: sqlite3.Row) -> CallRow:
    plain_fields = ("number", "at", "conversation", "purpose", "address", "model", *USAGE, "tier")
    return CallRow(
        **{name: row[name] for name in (*plain_fields, "request_id", "finish")},
        settled=bool(row["settled"]),
        estimated=bool(row["estimated"]),
        usd=None if row["usd"] is None else Decimal(row["usd"]),
        worst=None if row["worst"] is None else from_pico(row["worst"]),
    )


def _total(row: sqlite3.Row) -> Total:
    return Total(
        keys=tuple(row)[9:],
        calls=row["calls"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        usd=Decimal(row["usd"]),
        unknown=row["unknown"],
        at_worst=from_pico(row["at_worst"]),
        unpriced=row["unpriced"],
        unsettled=row["unsettled"],
        estimated=row["estimated"],
    )
