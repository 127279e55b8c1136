from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.store import Store, budgets
from livetechno.store.database import BUSY_SECONDS, Database
from livetechno.store.errors import ValueRefusedError
from tests.conftest import SOAK
from tests.store.conftest import Clock, reserve, settle

UTC = dt.timezone.utc


def left(store: Store, budget: str = "day") -> Decimal | None:
    return next(one.left for one in store.budgets.standing() if one.budget == budget)


def test_a_dollar_a_day_holds_until_something_else_is_set(store: Store) -> None:
    assert store.budgets.caps() == {"day": Decimal(1), "month": None, "conversation": None}
    assert store.budgets.any_set()
    day = store.budgets.standing()[0]
    assert (day.cap, day.default, day.left) == (Decimal(1), True, Decimal(1))
    store.budgets.set("day", Decimal("2.50"))
    store.budgets.set("conversation", Decimal("0.000001"))
    assert store.budgets.caps() == {"day": Decimal("2.5"), "month": None, "conversation": Decimal("0.000001")}
    assert not store.budgets.standing()[0].default
    store.budgets.clear("day")
    assert store.budgets.caps()["day"] is None
    store.budgets.clear()
    assert not store.budgets.any_set()
    assert store.budgets.standing()[0].default is False


@pytest.mark.parametrize("usd", ["-1", "NaN", "Infinity", "1000000.01"])
def test_what_is_no_amount_is_refused(store: Store, usd: str) -> None:
    with pytest.raises(ValueRefusedError):
        store.budgets.set("day", Decimal(usd))
    assert store.budgets.caps()["day"] == 1


def test_the_default_is_told_once(store: Store) -> None:
    assert [store.budgets.first_time() for _ in range(3)] == [True, False, False]


def test_who_was_told_of_the_default_waits_for_no_other_process(store: Store) -> None:
    store.budgets.first_time()
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert not store.budgets.first_time()
        assert time.monotonic() - begun < BUSY_SECONDS / 2


def test_a_call_is_held_at_its_worst_until_it_is_settled(store: Store) -> None:
    made = reserve(store, "0.1", per_token=Decimal("0.001"), wanted=400, least=400)
    assert (made.tokens, made.refusal, left(store)) == (400, None, Decimal("0.5"))
    settle(store, made.number, "0.123456789012345")
    assert left(store) == Decimal("0.876543210987")  # rounded up against us, to a picodollar


def test_a_call_of_unknown_cost_counts_at_its_worst(store: Store) -> None:
    settle(store, reserve(store, "0.25").number, None)
    assert left(store) == Decimal("0.75")


def test_a_call_that_cost_nothing_leaves_no_trace(store: Store) -> None:
    made = reserve(store, "0.25")
    store.ledger.release(made.number).result()
    assert left(store) == 1
    assert store.ledger.calls() == ()


def test_what_does_not_fit_is_refused_and_books_nothing(store: Store, clock: Clock) -> None:
    reserve(store, "0.9")
    refused = reserve(store, "0.1000000001")
    assert refused.refusal is not None
    assert (refused.number, refused.refusal.budget) == (0, "day")
    assert (refused.refusal.cap, refused.refusal.left) == (Decimal(1), Decimal("0.1"))
    assert refused.refusal.frees == dt.datetime(2026, 11, 24, tzinfo=UTC)
    assert len(store.ledger.calls()) == 1
    assert reserve(store, "0.1").refusal is None
    assert left(store) == 0
    clock.forward(days=1)
    assert reserve(store, "1").refusal is None


def test_fewer_tokens_are_granted_when_not_all_can_be_paid_for(store: Store) -> None:
    made = reserve(store, "0.5", per_token=Decimal("0.003"), wanted=1000, least=10)
    assert made.tokens == 83  # half of the 166 that 0.5 dollars pay for: others may ask at the same time
    assert left(store) == Decimal("0.251")
    assert reserve(store, "0", per_token=Decimal("0.001"), wanted=1000, least=252).refusal is not None
    assert reserve(store, "0", per_token=Decimal("0.001"), wanted=1000, least=251).tokens == 251
    assert left(store) == 0


def test_calls_that_set_no_limit_leave_room_for_each_other(store: Store) -> None:
    granted = [
        reserve(store, "0.001", per_token=Decimal("0.00001"), wanted=128_000, least=256).tokens
        for _ in range(8)
    ]
    assert granted[:3] == [49_950, 24_925, 12_412]
    assert all(tokens is not None and tokens >= 256 for tokens in granted)


def test_the_budget_that_frees_last_is_the_one_that_refuses(store: Store) -> None:
    store.budgets.set("month", Decimal(1))
    store.budgets.set("conversation", Decimal("0.5"))
    reserve(store, "0.9")
    month = reserve(store, "0.2").refusal
    assert month is not None
    assert (month.budget, month.frees) == ("month", dt.datetime(2026, 12, 1, tzinfo=UTC))
    own = reserve(store, "0.6", conversation="c").refusal
    assert own is not None
    assert (own.budget, own.left, own.frees) == ("conversation", Decimal("0.5"), None)


def test_each_conversation_has_the_whole_of_a_conversations_budget(store: Store) -> None:
    store.budgets.set("conversation", Decimal("0.3"))
    assert reserve(store, "0.3", conversation="a").refusal is None
    assert reserve(store, "0.3", conversation="b").refusal is None
    assert reserve(store, "0.1", conversation="a").refusal is not None
    assert reserve(store, "0.1").refusal is None  # belongs to none
    assert store.budgets.standing("a")[2].left == 0


def test_a_price_that_is_not_known_is_held_against_nothing(store: Store) -> None:
    made = reserve(store, None, wanted=None)
    assert (made.tokens, made.refusal, left(store)) == (None, None, Decimal(1))
    [row] = store.ledger.calls()
    assert (row.usd, row.worst) == (None, None)


def test_a_cap_below_what_is_spent_lets_nothing_through(store: Store) -> None:
    settle(store, reserve(store, "0.8").number, "0.8")
    store.budgets.set("day", Decimal("0.5"))
    assert left(store) == 0
    refused = reserve(store, "0.01").refusal
    assert refused is not None
    assert refused.left == 0
    assert reserve(store, "0").refusal is not None


def test_a_settlement_after_midnight_belongs_to_the_day_of_the_call(store: Store, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    made = reserve(store, "0.9")
    clock.forward(minutes=2)
    assert (left(store), reserve(store, "1").refusal) == (Decimal(1), None)
    settle(store, made.number, "0.1")
    before = dt.datetime(2026, 11, 30, 23, 59, 30, tzinfo=UTC)
    assert reserve(store, "0.9", at=before).refusal is None
    assert reserve(store, "0.01", at=before).refusal is not None


def test_reservations_are_shown_apart_from_what_was_spent(store: Store) -> None:
    settle(store, reserve(store, "0.3").number, "0.2")
    reserve(store, "0.4")
    day, month = store.budgets.standing()
    assert (day.spent, day.reserved, day.left) == (Decimal("0.2"), Decimal("0.4"), Decimal("0.4"))
    assert (month.cap, month.left, month.spent, month.reserved) == (
        None,
        None,
        Decimal("0.2"),
        Decimal("0.4"),
    )


def test_a_process_that_dies_leaves_its_calls_at_their_worst(store: Store, database: Database) -> None:
    script = f"""
import datetime as dt, os, signal
from decimal import Decimal
from pathlib import Path
from livetechno.store import Store
store = Store.open(Path({str(database.path)!r}))
at = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone.utc)
made = store.budgets.reserve(at=at, model="m", address="x", purpose="chat", conversation=None,
    base=Decimal("0.7"), per_token=Decimal(0), wanted=1, least=1).result()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], timeout=30, check=False)
    assert left(store) == Decimal("0.3")
    [row] = store.ledger.calls()
    assert (row.settled, row.worst) == (False, Decimal("0.7"))


AMOUNT = st.decimals(0, Decimal("0.4"), places=15)


@given(
    st.lists(
        st.tuples(
            AMOUNT, st.decimals(0, Decimal("0.002"), places=15), st.integers(1, 500), st.none() | AMOUNT
        ),
        max_size=12,
    )
)
def test_whatever_is_asked_the_sum_of_what_counts_stays_below_the_cap(
    calls: list[tuple[Decimal, Decimal, int, Decimal | None]],
) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "x.db")
        store = Store(database, now=Clock())
        held = Fraction(0)
        for base, per_token, wanted, usd in calls:
            made = reserve(store, f"{base}", per_token=per_token, wanted=wanted, least=1)
            if made.refusal is not None:
                assert held + Fraction(base) + Fraction(per_token) > 1 - Fraction(1, 10**11)
                continue
            assert made.tokens is not None
            assert 1 <= made.tokens <= wanted
            worst = Fraction(base) + Fraction(per_token) * made.tokens
            if made.tokens < wanted:
                all_of_it = held + Fraction(base) + Fraction(per_token) * 2 * (made.tokens + 1)
                assert all_of_it > 1 - Fraction(1, 10**11)
            cost = worst
            if usd is not None and Fraction(usd) <= worst:
                settle(store, made.number, f"{usd}")
                cost = Fraction(usd)
            held += cost
            assert held <= 1
            counted = 1 - Fraction(left(store) or 0)
            assert 0 <= counted - held < Fraction(1, 10**10)
        database.close()


WORKER = """
import datetime as dt, random, sys, threading
from decimal import Decimal
from pathlib import Path
from livetechno.store import Store

path, seed, threads, calls = sys.argv[1], *map(int, sys.argv[2:])
store = Store.open(Path(path))
at = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone.utc)
spent = []

def work(number):
    dice = random.Random(seed * 1000 + number)
    for _ in range(calls):
        base = Decimal(dice.randrange(1, 400)) / 100000
        made = store.budgets.reserve(at=at, model="m", address="x", purpose="chat", conversation=None,
            base=base, per_token=Decimal("0.000013"), wanted=dice.randrange(1, 300), least=1).result()
        if made.refusal is None:
            worst = base + Decimal("0.000013") * made.tokens
            usd = worst * dice.randrange(50, 101) / 100
            store.ledger.settle(made.number, usd=usd, estimated=False, model="m", usage={}, tier=None,
                request_id=None, finish="stop").result()
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
    assert spent > cap * Decimal("0.95")
    assert abs((left(store) or 0) - (cap - spent)) < Decimal("0.00000001")
    assert sum(row.usd or 0 for row in store.ledger.calls()) == spent
    assert all(row.settled for row in store.ledger.calls())


def test_periods_are_those_of_utc() -> None:
    late = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-2)))
    assert budgets.periods(late, "c") == {"day": "2027-01-01", "month": "2027-01", "conversation": "c"}
    assert budgets.frees("day", late) == dt.datetime(2027, 1, 2, tzinfo=UTC)
    assert budgets.frees("month", late) == dt.datetime(2027, 2, 1, tzinfo=UTC)
    assert budgets.frees("month", dt.datetime(2026, 12, 5, tzinfo=UTC)) == dt.datetime(2027, 1, 1, tzinfo=UTC)
    assert budgets.frees("conversation", late) is None
