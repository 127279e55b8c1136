from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import accounting
from livetechno.store import Store, leases, slices
from livetechno.store.budgets import Reserved, Standing
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError, StoreError
from tests.conftest import SOAK
from tests.store.conftest import Clock
from tests.store.killing import killed

UTC = dt.timezone.utc
WISH: dict[str, Any] = {
    "model": "m",
    "address": "https://api.openai.com/v1",
    "purpose": "gateway",
    "per_token": Decimal(0),
    "wanted": None,
    "least": 0,
}
END: dict[str, Any] = {
    "estimated": False,
    "model": "m",
    "usage": {},
    "tier": None,
    "request_id": None,
    "finish": "stop",
}


def lease(store: Store, base: str | None = "0.1", **more: Any) -> Reserved:
    """Reserve a call from a slice, at worst `base` dollars."""
    wish = {"at": store._now(), "conversation": None} | WISH | more
    return store.leases.reserve(base=None if base is None else Decimal(base), **wish).result(10)


def take(store: Store, base: str = "0.1", **more: Any) -> Reserved | None:
    return store.leases.take(base=Decimal(base), **({"at": store._now()} | WISH | more))


def ended(store: Store, number: int, usd: str | None = "0.05", **more: Any) -> None:
    """Settle it, and wait until that is on disk."""
    store.leases.settle(number, usd=None if usd is None else Decimal(usd), **(END | more)).result(10)


def day(store: Store) -> Standing:
    return store.budgets.standing()[0]


def until(true: Callable[[], object], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.01)


@pytest.fixture
def always_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no call needs is given back with the next batch."""
    monkeypatch.setattr(slices, "IDLE_SECONDS", 0.0)


def test_leases_are_budgets_and_a_ledger_as_gpt_asks_for_them(store: Store) -> None:
    kept = accounting.Books(store.leases, store.leases)
    assert kept.budgets.any_set()


def test_an_owner_has_one_lease_in_a_process(store: Store) -> None:
    assert store.of("b").leases is store.of("b").leases is store.of("c").of("b").leases
    assert store.of("b").leases is not store.leases


def test_a_slice_counts_as_reserved_before_the_call_is_made(store: Store) -> None:
    assert take(store, "0.01") is None
    made = lease(store, "0.01")
    assert (made.tokens, made.refusal) == (None, None)
    assert made.number < 0
    assert (day(store).spent, day(store).reserved) == (Decimal(0), Decimal("0.16"))
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        assert (
            connection.execute("SELECT pico FROM leases WHERE owner = 'local'").fetchone()[0] == 16 * 10**10
        )


def test_calls_are_taken_from_the_slice_without_the_disk_until_it_is_used_up(store: Store) -> None:
    lease(store, "0.01")
    seen = store.changes.last()
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else can write
        taken = [take(store, "0.01") for _ in range(16)]
    assert [one is not None for one in taken] == [True] * 15 + [False]
    assert store.changes.last() == seen
    assert len({one.number for one in taken if one is not None}) == 15


def test_a_settled_call_has_a_row_and_its_rest_is_free_again(store: Store) -> None:
    made = lease(store, "0.1", per_token=Decimal("0.001"), wanted=100, least=100)
    assert made.tokens == 100
    usage = {"input_tokens": 30, "output_tokens": 4}
    ended(store, made.number, "0.0123456789012345", usage=usage, request_id="req_1", tier="default")
    [row] = store.ledger.calls()
    assert (row.usd, row.worst, row.settled) == (Decimal("0.0123456789012345"), Decimal("0.2"), True)
    assert (row.input_tokens, row.output_tokens, row.cached_tokens) == (30, 4, None)
    assert (row.at, row.purpose, row.request_id) == ("2026-11-23T12:00:00.000000Z", "gateway", "req_1")
    assert day(store).spent == Decimal("0.012345678902")
    assert take(store, "0.187") is not None
    assert take(store, "0.1") is None


def test_many_calls_are_written_down_together(store: Store) -> None:
    seen = store.changes.last()
    futures = []
    for _ in range(50):
        made = take(store, "0.001") or lease(store, "0.001")
        futures.append(store.leases.settle(made.number, usd=Decimal("0.0001"), **END))
    for future in futures:
        future.result(10)
    assert len(store.ledger.calls()) == 50
    assert day(store).spent == Decimal("0.005")
    assert [(change.kind, change.object) for change in store.changes.after(seen)] == [("call", "")]


def test_a_batch_is_on_disk_within_a_tenth_of_a_second(store: Store) -> None:
    assert leases.BATCH_SECONDS <= 0.05
    began = time.monotonic()
    ended(store, lease(store).number)
    assert time.monotonic() - began < 5


def test_a_call_of_unknown_cost_counts_at_its_worst(store: Store) -> None:
    ended(store, lease(store, "0.25").number, None)
    assert day(store).spent == Decimal("0.25")
    assert [(row.usd, row.worst) for row in store.ledger.calls()] == [(None, Decimal("0.25"))]


def test_a_price_that_is_not_known_is_held_against_nothing(store: Store) -> None:
    made = lease(store, None)
    assert (made.refusal, day(store).reserved) == (None, Decimal(0))
    ended(store, made.number, None)
    assert [(row.usd, row.worst) for row in store.ledger.calls()] == [(None, None)]
    assert day(store).left == 1


def test_a_call_that_was_refused_costs_nothing(store: Store) -> None:
    store.leases.release(lease(store, "1").number).result(10)
    assert store.ledger.calls() == ()
    assert take(store, "1") is not None


def test_a_call_is_settled_once(store: Store) -> None:
    made = lease(store)
    ended(store, made.number)
    with pytest.raises(NotFoundError):
        ended(store, made.number)
    with pytest.raises(NotFoundError):
        store.leases.release(made.number).result(10)


def test_what_a_call_cost_beyond_its_worst_counts_too(store: Store) -> None:
    ended(store, lease(store, "0.5").number, "0.7")
    assert day(store).spent == Decimal("0.7")
    refused = lease(store, "0.31").refusal
    assert refused is not None
    assert refused.left == Decimal("0.3")
    assert lease(store, "0.3").refusal is None


def test_a_refusal_tells_the_budget_its_cap_what_is_left_and_when_it_is_free_again(store: Store) -> None:
    store.budgets.set("month", Decimal(3))
    store.budgets.set("day", Decimal(2))
    ended(store, lease(store, "1.5").number, "1.25")
    refused = lease(store, "0.8")
    assert (refused.number, refused.tokens) == (0, None)
    assert refused.refusal is not None
    assert (refused.refusal.budget, refused.refusal.cap) == ("day", Decimal(2))
    assert (refused.refusal.left, refused.refusal.frees) == (
        Decimal("0.75"),
        dt.datetime(2026, 11, 24, tzinfo=UTC),
    )


def test_a_cap_smaller_than_a_slice_is_spent_to_the_cent_one_call_after_the_other(store: Store) -> None:
    store.budgets.set("day", Decimal("0.10"))
    served = 0
    while (made := lease(store, "0.02")).refusal is None:
        ended(store, made.number, "0.01")
        served += 1
    assert served == 9  # the last cent is less than a call at its worst
    assert made.refusal is not None
    assert made.refusal.left == Decimal("0.01")
    assert lease(store, "0.01").refusal is None


def test_fewer_tokens_are_granted_when_not_all_can_be_paid_for(store: Store) -> None:
    made = lease(store, "0.5", per_token=Decimal("0.003"), wanted=1000, least=10)
    assert made.tokens == 83  # as without a slice
    assert lease(store, "0", per_token=Decimal("0.001"), wanted=1000, least=252).refusal is not None


def test_a_slice_is_at_most_a_quarter_of_what_is_left(store: Store) -> None:
    lease(store, "0.1")
    assert day(store).reserved == Decimal("0.25")


def test_another_process_can_use_what_is_not_in_a_slice(store: Store, database: Database) -> None:
    other = Store(database, now=store._now)
    lease(store, "0.1")
    assert lease(other, "0.75").refusal is None
    refused = lease(other, "0.1").refusal
    assert refused is not None
    assert refused.left == 0
    assert lease(store, "0.15").refusal is None
    other.close()


@pytest.mark.usefixtures("always_idle")
def test_what_is_idle_is_given_back(store: Store, database: Database) -> None:
    made = lease(store, "0.1")
    ended(store, made.number, "0.02")
    until(lambda: day(store).reserved == 0)
    assert day(store).spent == Decimal("0.02")
    with contextlib.closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute("SELECT count(*) FROM leases").fetchone()[0] == 0
    until(lambda: not [one for one in threading.enumerate() if one.name == "livetechno-leases"])
    ended(store, lease(store, "0.98").number, "0.98")
    assert day(store).left == 0


@pytest.mark.usefixtures("always_idle")
def test_what_a_call_holds_is_not_given_back(store: Store) -> None:
    made = lease(store, "0.1")
    until(lambda: day(store).reserved < Decimal("0.11"))
    assert day(store).reserved >= Decimal("0.1")
    ended(store, made.number, "0.1")


def test_a_slice_is_kept_for_a_second(store: Store) -> None:
    assert slices.IDLE_SECONDS == 1
    ended(store, lease(store, "0.1").number, "0.1")
    ended(store, lease(store, "0").number, "0")
    assert day(store).reserved == Decimal("0.15")


def test_closing_gives_back_what_is_free_and_writes_down_what_was_settled(
    database: Database, clock: Clock
) -> None:
    store = Store(database, now=clock)
    first, _second = lease(store, "0.01"), lease(store, "0.01")
    store.leases.settle(first.number, usd=Decimal("0.005"), **END)
    store.close()
    again = Store(Database(database.path), now=clock)
    assert again.ledger.totals()[0].usd == Decimal("0.005")
    assert (day(again).spent, day(again).reserved) == (Decimal("0.005"), Decimal("0.01"))  # it is under way
    again.close()


def test_who_asks_after_closing_hears_why(database: Database, clock: Clock) -> None:
    store = Store(database, now=clock)
    made, other = lease(store, "0.01"), lease(store, "0.01")
    store.close()
    with pytest.raises(StoreError):
        ended(store, made.number)
    with pytest.raises(StoreError):
        lease(store, "0.5")
    assert take(store, "0.01") is None
    store.leases.release(other.number).result(10)


def test_a_database_that_was_closed_beneath_ends_the_thread(database: Database, clock: Clock) -> None:
    store = Store(database, now=clock)
    made, other = lease(store, "0.01"), lease(store, "0.01")
    database.close()
    with pytest.raises(StoreError):
        ended(store, made.number)
    store.leases.release(other.number).result(10)
    with pytest.raises(StoreError):
        lease(store, "0.5")
    store.leases.write(closing=True)
    until(lambda: not [one for one in threading.enumerate() if one.name == "livetechno-leases"])


def test_each_day_has_a_slice_of_its_own(store: Store, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    store.budgets.set("month", Decimal(2))
    late = lease(store, "0.9")
    clock.forward(minutes=2)
    assert take(store, "0") is None
    early = lease(store, "1")
    assert early.refusal is None
    ended(store, late.number, "0.3")
    until(lambda: len(store.ledger.totals("day")) == 1)
    ended(store, early.number, "0.4")
    assert [(one.keys[0], one.usd) for one in store.ledger.totals("day")] == [
        ("2026-11-30", Decimal("0.3")),
        ("2026-12-01", Decimal("0.4")),
    ]
    assert store.budgets.standing()[1].spent == Decimal("0.4")


@pytest.mark.usefixtures("always_idle")
def test_what_is_left_of_yesterdays_slice_is_given_back(store: Store, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    made = lease(store, "0.1")
    clock.forward(minutes=2)
    other = lease(store, "0.1")
    ended(store, made.number, "0.1")
    until(lambda: store.budgets.standing()[1].spent == Decimal("0.1"))
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        query = "SELECT counted FROM spending WHERE budget = 'day' AND period = '2026-11-23'"
        until(lambda: connection.execute(query).fetchone()[0] == 10**11)
    ended(store, other.number, "0")


def test_a_cap_that_is_taken_down_takes_the_slice_back(store: Store) -> None:
    made = lease(store, "0.01")
    assert day(store).reserved == Decimal("0.16")
    store.of("local").budgets.set("day", Decimal("0.05"))
    ended(store, made.number, "0.01")
    assert (day(store).spent, day(store).reserved) == (Decimal("0.01"), Decimal("0.04"))
    assert take(store, "0.05") is None


def test_calls_of_a_conversation_are_booked_one_by_one(store: Store) -> None:
    store.budgets.set("conversation", Decimal("0.3"))
    made = lease(store, "0.2", conversation="c")
    assert made.number > 0
    assert lease(store, "0.2", conversation="c").refusal is not None
    ended(store, made.number, "0.1")
    store.leases.release(lease(store, "0.2", conversation="c").number).result(10)
    assert [row.conversation for row in store.ledger.calls()] == ["c"]


def test_hostile_words_and_numbers_of_a_server_spoil_no_batch(store: Store) -> None:
    made = [lease(store, "0.01") for _ in range(2)]
    store.leases.settle(
        made[0].number, usd=Decimal("1e30"), **(END | {"model": "\ud800", "usage": {"input_tokens": 10**40}})
    )
    ended(store, made[1].number, "0.01")
    newest, odd = store.ledger.calls()
    assert (newest.usd, odd.model) == (Decimal("0.01"), "\N{REPLACEMENT CHARACTER}")
    assert day(store).left == 0


def test_a_disk_that_cannot_be_written_leaves_what_was_leased_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lease(store, "0.1")
    before = day(store)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(leases, "insert", full)
        with pytest.raises(StoreError) as caught:
            ended(store, made.number, "0.04")
    assert caught.value.code == "full"
    assert day(store) == before
    with monkeypatch.context() as patch:
        patch.setattr(slices.Slice, "serve", full)
        with pytest.raises(StoreError):
            lease(store, "0.3")
    assert lease(store, "0.3").refusal is None


def test_all_who_ask_while_the_disk_is_busy_share_one_write(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, writes = threading.Event(), []
    write = Database.write

    def counted(self: Database, *of: Any, **more: Any) -> Any:
        writes.append(of)
        return write(self, *of, **more)

    busy = database.write(lambda _: free.wait(10))
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", counted)
        wish = WISH | {"at": store._now(), "base": Decimal("0.01")}
        asked = [store.leases.reserve(conversation=None, **wish) for _ in range(120)]
    free.set()
    busy.result(10)
    granted = [one.result(10) for one in asked]
    assert [one.refusal is None for one in granted] == [True] * 100 + [False] * 20
    assert len(writes) == 1
    assert day(store).left == 0


def test_an_event_loop_takes_and_settles_without_waiting(store: Store) -> None:
    async def call() -> None:
        taken = take(store, "0.001")
        if taken is None:
            future = store.leases.reserve(
                at=store._now(), conversation=None, **(WISH | {"base": Decimal("0.001")})
            )
            taken = await asyncio.wrap_future(future)
        await asyncio.wrap_future(store.leases.settle(taken.number, usd=Decimal("0.001"), **END))

    async def calls() -> None:
        await asyncio.gather(*(call() for _ in range(200)))

    asyncio.run(calls())
    assert (len(store.ledger.calls()), day(store).spent) == (200, Decimal("0.2"))


AMOUNT = st.decimals(0, Decimal("0.3"), places=15)
STEP = st.one_of(
    st.tuples(st.just("ask"), AMOUNT, st.decimals(0, Decimal("0.002"), places=15), st.integers(1, 300)),
    st.tuples(st.just("settle"), st.integers(0, 20), st.decimals(0, 1, places=6), st.none()),
    st.tuples(st.just("release"), st.integers(0, 20), st.none(), st.none()),
    st.tuples(st.just("write"), st.booleans(), st.none(), st.none()),
    st.tuples(st.just("other"), AMOUNT, st.none(), st.none()),
)


@pytest.mark.usefixtures("always_idle")
@given(st.lists(STEP, max_size=25))
def test_whatever_is_asked_what_was_spent_and_what_is_held_stay_below_the_cap(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "x.db")
        store, other = Store(database, now=Clock()), Store(database, now=Clock())
        under_way: list[tuple[int, Fraction]] = []
        spent = Fraction(0)
        for kind, first, second, third in steps:
            if kind == "ask":
                wish = {"per_token": second, "wanted": third, "least": 1}
                made = take(store, f"{first}", **wish) or lease(store, f"{first}", **wish)
                if made.refusal is None:
                    assert made.tokens is not None
                    worst = Fraction(first) + Fraction(second) * made.tokens
                    under_way.append((made.number, worst))
            elif kind == "other":
                made = lease(other, f"{first}")
                if made.refusal is None:
                    spent += Fraction(first)
                    other.leases.settle(made.number, usd=first, **END)
            elif kind == "write":
                store.leases.write(closing=first)
            elif under_way:
                number, worst = under_way.pop(first % len(under_way))
                if kind == "release":
                    store.leases.release(number).result(10)
                else:
                    usd = Decimal(int(worst * Fraction(second) * 10**15)).scaleb(-15)
                    spent += Fraction(usd)
                    store.leases.settle(number, usd=usd, **END)
            assert spent + sum(worst for _, worst in under_way) <= 1
            assert day(store).spent + day(store).reserved <= 1
        store._lessor.close()
        other.close()
        with contextlib.closing(sqlite3.connect(Path(folder) / "x.db")) as connection:
            query = "SELECT coalesce(sum(counted), 0) FROM spending WHERE budget = 'day'"
            counted = connection.execute(query).fetchone()[0]
        held = spent + sum(worst for _, worst in under_way)
        assert 0 <= Fraction(counted, 10**12) - held < Fraction(1, 10**9)


WORKER = """
import datetime as dt, random, sys, threading
from decimal import Decimal
from pathlib import Path
from livetechno.store import Store

path, seed, threads, calls = sys.argv[1], *map(int, sys.argv[2:])
store = Store.open(Path(path))
leases = store.leases
at = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone.utc)
spent = []

def work(number):
    dice = random.Random(seed * 1000 + number)
    for _ in range(calls):
        base = Decimal(dice.randrange(1, 400)) / 100000
        wish = dict(at=at, model="m", address="x", purpose="gateway", base=base,
            per_token=Decimal("0.000013"), wanted=dice.randrange(1, 300), least=1)
        made = leases.take(**wish) or leases.reserve(conversation=None, **wish).result()
        if made.refusal is None:
            worst = base + Decimal("0.000013") * made.tokens
            usd = worst * dice.randrange(50, 101) / 100
            leases.settle(made.number, usd=usd, estimated=False, model="m", usage={}, tier=None,
                request_id=None, finish="stop")
            spent.append(usd)

crew = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
for thread in crew: thread.start()
for thread in crew: thread.join()
store.close()
print(sum(spent, Decimal(0)))
"""


def test_16_threads_in_each_of_4_processes_never_pass_a_cap(store: Store, database: Database) -> None:
    cap = Decimal("0.20")
    store.budgets.set("day", cap)
    calls = 60 if SOAK else 4
    command = [sys.executable, "-c", WORKER, str(database.path)]

    def run(seed: int) -> Decimal:
        ran = subprocess.run(
            [*command, str(seed), "16", str(calls)], capture_output=True, text=True, check=True
        )
        return Decimal(ran.stdout)

    with ThreadPoolExecutor(4) as pool:
        spent = sum(pool.map(run, range(4)), Decimal(0))
    assert spent <= cap
    assert spent > cap * Decimal("0.9")
    assert day(store).reserved == 0  # all of it was given back
    assert abs(day(store).spent - spent) < Decimal("0.00000001")
    assert sum(row.usd or 0 for row in store.ledger.calls()) == spent


WRITER = """
import datetime as dt, itertools, sys, threading
from decimal import Decimal
from pathlib import Path
from livetechno.store import Store

store = Store.open(Path(sys.argv[1]))
leases = store.leases
at = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone.utc)
lock = threading.Lock()

def acknowledge(what, number):
    with lock:
        print(what, number, flush=True)

def spend():
    for number in itertools.count():
        wish = dict(at=at, model="m", address="x", purpose="gateway", base=Decimal("0.0002"),
            per_token=Decimal(0), wanted=1, least=1)
        made = leases.take(**wish) or leases.reserve(conversation=None, **wish).result()
        if made.refusal is not None:
            return
        acknowledge("made", made.number)
        if number % 3:
            written = leases.settle(made.number, usd=Decimal("0.0001"), estimated=False, model="m", usage={},
                tier=None, request_id=None, finish="stop")
            written.add_done_callback(lambda _: acknowledge("settled", made.number))

for _ in range(2):
    threading.Thread(target=spend).start()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_at_any_moment_loses_no_money(
    tmp_path: Path, soak: Callable[[int], int], rng: random.Random
) -> None:
    path = tmp_path / "livetechno.db"
    store = Store(Database(path), now=Clock())
    store.budgets.set("day", Decimal(5))
    made = settled = 0
    for number in range(soak(100)):
        awaited = ("made", "settled")[number % 2]
        lines = killed(WRITER, path, awaited=awaited, after=rng.uniform(0, 0.15))
        made += sum(line.startswith("made") for line in lines)
        settled += sum(line.startswith("settled") for line in lines)
        rows = store.ledger.calls()
        assert len(rows) >= settled
        assert day(store).spent == len(rows) * Decimal("0.0001")
        # whoever was killed in mid-call held two ten-thousandths of a dollar, or has paid one of them
        assert day(store).spent + day(store).reserved >= settled * Decimal("0.0001") + (
            made - len(rows)
        ) * Decimal("0.0001")
        assert day(store).spent + day(store).reserved <= 5
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert settled
    store.close()


def test_a_restart_finds_what_was_spent_to_the_last_digit(tmp_path: Path) -> None:
    path, clock = tmp_path / "x.db", Clock()
    for _ in range(3):
        store = Store(Database(path), now=clock)
        for _ in range(5):
            store.leases.settle(lease(store, "0.01").number, usd=Decimal("0.000123456789"), **END)
        store.close()
    store = Store(Database(path), now=clock)
    assert (day(store).spent, day(store).reserved) == (15 * Decimal("0.000123456789"), Decimal(0))
    assert store.ledger.totals()[0].usd == 15 * Decimal("0.000123456789")
    store.close()
