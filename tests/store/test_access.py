from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.store import Store
from livetechno.store.access import AccessKey, hash_of
from livetechno.store.errors import NotFoundError, ValueRefusedError
from tests.store.conftest import Clock
from tests.store.test_leases import ended, lease
from tests.store.test_ledger import call


def found(store: Store, secret: str) -> AccessKey | None:
    return store.access_of(hash_of(secret))


def test_a_key_opens_until_it_is_revoked(store: Store) -> None:
    key, secret = store.access.create("band", models=("chat", "patterns"), limits={"per_minute": 30})
    assert found(store, secret) == key
    assert (key.name, key.models, key.limits) == ("band", ("chat", "patterns"), {"per_minute": 30})
    assert (key.made, key.used, key.revoked) == ("2026-11-23T12:00:00.000000Z", None, None)
    assert store.access.living() == {key.owner}
    assert store.access.revoke("band").id == key.id
    assert found(store, secret) is None
    assert store.access.list() == ()
    assert store.access.living() == frozenset()
    [revoked] = store.access.list(revoked=True)
    assert (revoked.id, revoked.revoked) == (key.id, "2026-11-23T12:00:00.000000Z")


def test_a_key_has_256_random_bits_and_is_nowhere_in_the_file(store: Store) -> None:
    secrets = [store.access.create(f"key{number}")[1] for number in range(20)]
    assert len(set(secrets)) == 20
    assert all(secret.startswith("lt-") and len(secret) == 46 for secret in secrets)
    store.close()
    kept = store.path.read_bytes()
    assert not [secret for secret in secrets if secret[3:].encode() in kept]
    assert not [secret for secret in secrets if secret[3:12].encode() in kept]


def test_only_the_whole_key_opens(store: Store) -> None:
    _key, secret = store.access.create("band")
    for wrong in (secret[:-1], secret + "A", secret[:20], secret.upper(), f" {secret}", "", "lt-"):
        assert found(store, wrong) is None


@given(st.text())
def test_no_other_text_opens_anything(text: str) -> None:
    assert len(hash_of(text)) == 32
    assert hash_of(text) != hash_of(text + "x")


def test_a_living_name_is_given_once(store: Store) -> None:
    key, secret = store.access.create("band")
    seen = store.changes.last()
    with pytest.raises(ValueRefusedError) as caught:
        store.access.create("band", caps={"month": Decimal(1)})
    assert (caught.value.code, caught.value.values) == ("access_taken", {"name": "band"})
    assert (store.access.list(), store.changes.last()) == ((key,), seen)
    store.access.revoke("band")
    _again, other = store.access.create("band")
    assert found(store, other) is not None
    assert found(store, secret) is None
    assert len(store.access.list(revoked=True)) == 2


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "a\nb", "a" * 65, "../x", "a:b", "a\x1b[2J"])
def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueRefusedError) as caught:
        store.access.create(name)
    assert caught.value.code == "access_name"
    assert store.access.list() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {"per_minute": 0}},
        {"limits": {"at_once": -1}},
        {"limits": {"most_tokens": 10_000_001}},
        {"limits": {"system": 1}},
        {"caps": {"month": Decimal(-1)}},
        {"caps": {"day": Decimal("NaN")}},
        {"caps": {"year": Decimal(1)}},
    ],
)
def test_what_is_no_limit_or_budget_is_refused_and_makes_nothing(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueRefusedError):
        store.access.create("band", **wrong)
    assert (store.access.list(), store.changes.last()) == ((), 0)


def test_a_key_has_the_budgets_that_it_was_given_and_no_other(store: Store) -> None:
    key, _secret = store.access.create("band", caps={"month": Decimal(5)})
    caps = store.of(key.owner).budgets.caps()
    assert caps == {"day": None, "month": Decimal(5), "conversation": None}
    assert store.budgets.caps()["month"] is None
    usual, _secret = store.access.create("other")
    assert store.of(usual.owner).budgets.caps()["day"] == 1


def test_what_a_key_spends_is_its_own(store: Store) -> None:
    key, _secret = store.access.create("band", caps={"month": Decimal("0.5")})
    its = store.of(key.owner)
    ended(its, lease(its, "0.3").number, "0.3")
    assert lease(its, "0.3").refusal is not None
    assert store.budgets.standing()[0].left == 1
    assert store.ledger.calls() == ()
    [shown] = store.access.list()
    assert shown.used == "2026-11-23T12:00:00.000000Z"


def test_a_key_may_be_named_by_its_id_too(store: Store) -> None:
    key, _secret = store.access.create("band")
    with pytest.raises(ValueRefusedError):
        store.access.create(key.id)
    assert store.access.revoke(key.id).id == key.id
    with pytest.raises(NotFoundError) as caught:
        store.access.revoke(key.id)
    assert caught.value.code == "access_unknown"


@pytest.mark.parametrize("name", ["' OR 1=1 --", "%", "_", "\ud800", "x\x00y"])
def test_no_name_is_taken_for_sql(store: Store, name: str) -> None:
    store.access.create("band")
    with pytest.raises((NotFoundError, ValueRefusedError)):
        store.access.revoke(name)
    assert len(store.access.list()) == 1


def test_another_process_hears_of_a_key_and_of_its_end(store: Store) -> None:
    _key, secret = store.access.create("band")
    seen = store.changes.last()
    script = (
        "import sys; from pathlib import Path; from livetechno.store import Store;"
        "store = Store.open(Path(sys.argv[1])); store.access.revoke('band'); store.close()"
    )
    subprocess.run([sys.executable, "-c", script, str(store.path)], timeout=30, check=True)
    assert [change.kind for change in store.changes.after(seen)] == ["access"]
    assert found(store, secret) is None


def test_the_file_itself_keeps_out_a_second_living_key_of_a_name(store: Store) -> None:
    store.access.create("band")
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        rest = "last4, models, limits, made FROM access_keys"
        with pytest.raises(sqlite3.IntegrityError, match="name"):
            connection.execute(
                "INSERT INTO access_keys (id, owner, name, hash, last4, models, limits, made)"
                f" SELECT 'x', owner, name, x'00', {rest}"
            )


def test_sums_by_caller_are_for_who_gave_the_keys(store: Store, clock: Clock) -> None:
    key, _secret = store.access.create("band")
    foreign, _secret = store.of("b").access.create("band")
    call(store, "0.1")
    call(store.of(key.owner), "0.2")
    call(store.of(foreign.owner), "0.4")
    call(store.of("site:https://my.site"), "0.8", model="other")
    store.access.revoke("band")
    clock.forward(days=1)
    again, _secret = store.access.create("band")
    call(store.of(again.owner), "0.01")
    assert {one.keys: one.usd for one in store.ledger.totals("caller")} == {
        ("access:band",): Decimal("0.21"),
        ("local",): Decimal("0.1"),
        ("site:https://my.site",): Decimal("0.8"),
    }
    assert [(one.keys, one.usd) for one in store.of("b").ledger.totals("caller")] == [
        (("access:band",), Decimal("0.4"))
    ]
    assert [one.usd for one in store.ledger.totals(callers=True)] == [Decimal("1.11")]
    assert [one.usd for one in store.ledger.totals()] == [Decimal("0.1")]
    assert ("access:band", "2026-11-24") in {one.keys for one in store.ledger.totals("caller", "day")}
    assert store.of("c").ledger.totals("caller") == ()
