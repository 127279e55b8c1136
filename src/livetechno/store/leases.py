"""Slices of a budget, leased by a process: a call is reserved without the disk, and none passes the cap.

A slice is on disk, and counts as reserved, before a call is made from it; then calls are reserved and settled
in memory. What they cost is written down in batches, a tenth of a second apart at most, so a process that is
killed loses the rows of that time, never the money: its slices stay counted until their day, and their month,
is over. What has lain idle for a second is given back.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from decimal import Decimal
from typing import TypeVar

from livetechno.store import changes
from livetechno.store.budgets import Budgets, Refused, Reserved, count, worst_of
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError
from livetechno.store.ledger import Ledger, Settled, insert
from livetechno.store.money import to_pico
from livetechno.store.slices import Ask, Batch, Held, Pool, Slice, day_of

BATCH_SECONDS = 0.05
"""How long what was settled waits for more: half of a tenth, as the disk needs its time too."""

Result = TypeVar("Result")


class Leases:
    """The leased slices of one owner in this process; it stands in for Budgets and Ledger of `gpt.books`.

    Calls that belong to a conversation, which may have a budget of its own, are booked as ever, one by one.
    Every method may be called from any thread; the Futures raise StoreError kinds.
    """

    def __init__(self, database: Database, owner: str, budgets: Budgets, lessor: Lessor) -> None:
        self._database = database
        self._owner = owner
        self._budgets = budgets
        self._ledger = Ledger(database, owner)
        self._lessor = lessor
        self._process = os.getpid()
        self._holder = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._pools: dict[dt.date, Pool] = {}
        self._held: dict[int, Held] = {}
        self._numbers = itertools.count(-1, -1)  # below 0, where the ledger has no rows
        self._asked: list[Ask] = []
        self._written: Future[None] = _running()

    def any_set(self) -> bool:
        """Whether any budget is in force."""
        return self._budgets.any_set()

    def hold(
        self, worst: int, at: dt.datetime, address: str, purpose: str, *, known: bool = True
    ) -> int | None:
        """Reserve so many picodollars at once; None when the slice has no room: then `reserve`.

        `known` is whether the price is; where it is not, nothing is held. The number is that of `Reserved`.
        """
        with self._lock:
            pool = self._pools.get(at.date() if at.tzinfo is dt.timezone.utc else day_of(at))
            if pool is None or pool.free < worst or self._process != os.getpid():
                return None
            pool.free -= worst
            if pool.free < pool.idle:
                pool.idle = pool.free
            pool.calls += 1
            number = next(self._numbers)
            self._held[number] = Held(pool, worst, known, at, address, purpose)
        return number

    def take(
        self,
        *,
        at: dt.datetime,
        model: str,  # noqa: ARG002 - as `reserve` is asked
        address: str,
        purpose: str,
        base: Decimal | None,
        per_token: Decimal,
        wanted: int | None,
        least: int,  # noqa: ARG002
    ) -> Reserved | None:
        """Reserve at once, with all the tokens wanted; None when the slice has no room: then `reserve`."""
        worst = 0 if base is None else to_pico(worst_of(base, per_token, wanted))
        number = self.hold(worst, at, address, purpose, known=base is not None)
        return None if number is None else Reserved(number, wanted)

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
        """Book a call at its worst case; see `gpt.books.Budgets`. A slice is on disk before it is done."""
        if conversation is not None:
            return self._budgets.reserve(
                at=at,
                model=model,
                address=address,
                purpose=purpose,
                conversation=conversation,
                base=base,
                per_token=per_token,
                wanted=wanted,
                least=least,
            )
        taken = self.take(
            at=at,
            model=model,
            address=address,
            purpose=purpose,
            base=base,
            per_token=per_token,
            wanted=wanted,
            least=least,
        )
        if taken is not None:
            return _done(taken)
        ask = Ask(at, model, address, purpose, base, per_token, wanted, least, _running())
        with self._lock:
            self._asked.append(ask)
            first = len(self._asked) == 1
        if first:  # who comes until it is that write's turn shares it
            self._grow()
        return ask.future

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
        """Put what a call cost in place of its worst case; see `gpt.books.Ledger`. `usage` may not change."""
        if number > 0:
            return self._ledger.settle(
                number,
                usd=usd,
                estimated=estimated,
                model=model,
                usage=usage,
                tier=tier,
                request_id=request_id,
                finish=finish,
            )
        cost = None if usd is None else to_pico(usd)
        with self._lock:
            held = self._held.pop(number, None)
            if held is None:
                return _failed(NotFoundError("unknown", name=f"call {number}"))
            counted = held.worst if cost is None else cost
            pool = held.pool
            pool.calls -= 1
            pool.free += held.worst - counted
            pool.cost += counted
            worst = held.worst if held.known else None
            texts = (held.purpose, held.address, model, tier, request_id, finish)
            pool.settled.append(Settled(held.at, worst, counted, usd, estimated, *texts, usage))
            written = self._written
        if self._lessor.closed:
            self.write(closing=True)
        return written

    def release(self, number: int) -> Future[None]:
        """Forget a reserved call: the server refused it, so nothing was spent."""
        if number > 0:
            return self._ledger.release(number)
        with self._lock:
            held = self._held.pop(number, None)
            if held is None:
                return _failed(NotFoundError("unknown", name=f"call {number}"))
            held.pool.calls -= 1
            held.pool.free += held.worst
        return _done(None)

    def write(self, *, closing: bool = False) -> bool:
        """Put down what was settled and give back what is idle, or all that is free; whether more may come.

        The Future of those that were settled tells when they are on disk.
        """
        with self._lock:
            batches = [batch for pool in self._pools.values() if (batch := pool.batch(closing=closing))]
            for day, pool in list(self._pools.items()):
                if not (pool.calls or pool.free):
                    del self._pools[day]
            more = bool(self._pools)
            if not batches:
                return more
            written = None
            if any(batch.settled for batch in batches):
                written, self._written = self._written, _running()

        def work(connection: sqlite3.Connection) -> None:
            for batch in batches:
                insert(connection, self._owner, batch.settled)
                self._give_back(connection, batch)
            changes.note(connection, self._owner, "call", "")

        try:
            write = self._database.write(work, flushed=any(batch.cost for batch in batches))
        except Exception as error:  # noqa: BLE001 - closed: those who wait must hear of it
            with self._lock:
                for batch in batches:
                    batch.pool.free = 0  # it stays counted
            if written is not None:
                written.set_exception(error)
        else:
            if written is not None:
                _follow(write, written)
        return more

    def _grow(self) -> None:
        """Have the next write serve all who ask, from what is free and, where that ends, a new slice."""
        slices: dict[dt.date, Slice] = {}
        refused: list[tuple[Ask, Refused]] = []
        asked: list[Ask] = []

        def work(connection: sqlite3.Connection) -> None:
            with self._lock:
                asked[:], self._asked = self._asked, []
            for ask in asked:
                slice_ = slices.get(day_of(ask.at)) or self._claim(connection, slices, ask.at)
                refusal = slice_.serve(ask)
                if refusal is not None:
                    refused.append((ask, refusal))
            for slice_ in slices.values():
                if slice_.grown:
                    self._change(connection, slice_.pool, leased=slice_.grown, counted=slice_.grown)

        def done(future: Future[None]) -> None:
            error = future.exception()
            if error is not None:
                self._give_up(error, asked, slices)
                return
            self._share_out(slices)
            for ask, refusal in refused:
                ask.future.set_result(Reserved(0, None, refusal))

        try:
            self._database.write(work).add_done_callback(done)
        except Exception as error:  # noqa: BLE001 - those who wait must hear of it
            self._give_up(error, asked, slices)

    def _claim(self, connection: sqlite3.Connection, slices: dict[dt.date, Slice], at: dt.datetime) -> Slice:
        """What is free of that day, for this transaction alone."""
        day, rooms = day_of(at), self._budgets.rooms(connection, at, None)
        with self._lock:
            pool = self._pools.get(day)
            if pool is None:
                pool = self._pools[day] = Pool(at)
            claimed, pool.free, pool.idle = pool.free, 0, 0
            pool.calls += 1  # so that it stays
        slices[day] = Slice(pool, claimed, rooms, claimed)
        return slices[day]

    def _share_out(self, slices: dict[dt.date, Slice]) -> None:
        for slice_ in slices.values():
            pool, served = slice_.pool, []
            with self._lock:
                pool.calls += len(slice_.granted) - 1
                pool.free += slice_.free
                for ask, tokens, worst in slice_.granted:
                    number, known = next(self._numbers), ask.base is not None
                    self._held[number] = Held(pool, worst, known, ask.at, ask.address, ask.purpose)
                    served.append((ask, Reserved(number, tokens)))
            self._lessor.wake()
            for ask, reserved in served:
                ask.future.set_result(reserved)

    def _give_up(self, error: BaseException, asked: list[Ask], slices: dict[dt.date, Slice]) -> None:
        """Nothing was leased: what was claimed is free again, and those who asked hear why."""
        with self._lock:
            for slice_ in slices.values():
                slice_.pool.calls -= 1
                slice_.pool.free += slice_.claimed
            asked, self._asked = (asked, self._asked) if asked else (self._asked, [])
        self._lessor.wake()
        for ask in asked:
            ask.future.set_exception(error)

    def _give_back(self, connection: sqlite3.Connection, batch: Batch) -> None:
        """In the line of writes, so that whoever asks before or after finds it leased, or left."""
        rooms = self._budgets.rooms(connection, batch.pool.at, None)
        with self._lock:
            surplus = batch.surplus(over=-min((room.left for room in rooms), default=0))
        self._change(connection, batch.pool, leased=-batch.cost - surplus, counted=-surplus)

    def _change(self, connection: sqlite3.Connection, pool: Pool, *, leased: int, counted: int) -> None:
        """Add to what is leased, and to what the budgets count."""
        if counted:
            count(connection, self._owner, pool.at, None, counted)
        if not leased:
            return
        place = (self._owner, day_of(pool.at).isoformat(), self._holder)
        connection.execute(
            "INSERT INTO leases (owner, day, holder, pico) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (owner, day, holder) DO UPDATE SET pico = pico + excluded.pico",
            (*place, leased),
        )
        connection.execute(
            "DELETE FROM leases WHERE owner = ? AND day = ? AND holder = ? AND pico = 0", place
        )


class Lessor:
    """The leases of all owners in this process, and the thread that writes down what they settled.

    The thread lives as long as anything is leased.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._leases: dict[str, Leases] = {}
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether nobody writes any more what is settled from now on."""
        return self._closing.is_set()

    def of(self, owner: str, now: Callable[[], dt.datetime]) -> Leases:
        """The leases of that owner, always the same."""
        with self._lock:
            found = self._leases.get(owner)
            if found is None:
                budgets = Budgets(self._database, owner, now)
                found = self._leases[owner] = Leases(self._database, owner, budgets, self)
            return found

    def wake(self) -> None:
        """See that somebody writes: something is leased."""
        with self._lock:
            if self._thread is None and not self.closed:
                self._thread = threading.Thread(target=self._serve, name="livetechno-leases", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write down what was settled and give back what is free."""
        if self._process != os.getpid():
            return  # a forked child has nothing of it, and its parent's lock may be held for ever
        self._closing.set()
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        for leases in self._leases.values():
            leases.write(closing=True)

    def _serve(self) -> None:
        while not self._closing.wait(BATCH_SECONDS):
            with self._lock:
                more = [leases.write() for leases in self._leases.values()]
                if not any(more):
                    self._thread = None
                    return


def _running() -> Future[Result]:
    """One that cannot be cancelled: what it stands for is done, whoever stops waiting."""
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()
    return future


def _done(result: Result) -> Future[Result]:
    future: Future[Result] = Future()
    future.set_result(result)
    return future


def _failed(error: Exception) -> Future[None]:
    future: Future[None] = Future()
    future.set_exception(error)
    return future


def _follow(first: Future[None], then: Future[None]) -> None:
    def done(future: Future[None]) -> None:
        error = future.exception()
        if error is None:
            then.set_result(None)
        else:
            then.set_exception(error)

    first.add_done_callback(done)
