"""`livetechno access`: create, list, revoke; and what the keys have cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from livetechno import app
from livetechno.cli import access, main
from livetechno.store import access as store_access
from livetechno.store.access import AccessKey, hash_of
from tests.cli.booked import TODAY
from tests.store.test_leases import ended, lease, until


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LIVETECHNO_DATE", TODAY)
    yield
    app.close_store()


Captured = pytest.CaptureFixture[str]


def create(capsys: Captured, *words: str) -> tuple[AccessKey, str]:
    """What was kept of a new key, and what stderr said."""
    assert main(["access", "create", *words]) == 0
    said = capsys.readouterr()
    key = app.store().access_of(hash_of(said.out.rstrip("\n")))
    assert key is not None
    return key, said.err


def test_the_key_is_alone_on_stdout_and_told_once(capsys: Captured) -> None:
    assert main(["access", "create", "band", "--budget", "5/month"]) == 0
    said = capsys.readouterr()
    [secret] = said.out.splitlines()
    assert secret.startswith("lt-")
    assert "band" in said.err
    assert "$5.00 a month" in said.err
    for words in (["list"], ["list", "--json"], ["revoke", "band"]):
        assert main(["access", *words]) == 0
        shown = capsys.readouterr()
        assert secret[:12] not in shown.out + shown.err
    assert secret[3:] not in "".join(
        path.read_bytes().decode("latin-1") for path in app.store().path.parent.glob("*.db*")
    )


def test_a_key_has_what_it_was_given(capsys: Captured) -> None:
    words = ["--models", "chat, patterns,gpt-6-luna,chat", "--rpm", "30", "--at-once", "2"]
    key, _ = create(
        capsys, "band", "--budget", "5/month", "--budget", "$0.50/day", *words, "--most-tokens", "900"
    )
    assert key.models == ("chat", "patterns", "gpt-6-luna")
    assert key.limits == {"per_minute": 30, "at_once": 2, "most_tokens": 900}
    caps = app.store().of(key.owner).budgets.caps()
    assert caps == {"day": Decimal("0.5"), "month": Decimal(5), "conversation": None}


def test_a_key_without_a_budget_has_a_dollar_a_day(capsys: Captured) -> None:
    key, said = create(capsys, "band")
    assert "$1.00 a day" in said
    assert (key.models, key.limits) == ((), {})


def test_the_last_word_on_a_period_counts(capsys: Captured) -> None:
    key, _ = create(capsys, "band", "--budget", "5/month", "--budget", "2,50/month")
    assert app.store().of(key.owner).budgets.caps()["month"] == Decimal("2.5")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["band"], "named band already"),
        (["a b"], "no name for an access key"),
        (["other", "--budget", "5"], "write 5/month or 1/day"),
        (["other", "--budget", "5/year"], "write 5/month or 1/day"),
        (["other", "--budget", "/day"], "no amount of dollars"),
        (["other", "--budget", "-5/month"], "no amount of dollars"),
        (["other", "--budget", "nan/month"], "no amount of dollars"),
        (["other", "--budget", "1000001/month"], "0 - 1000000"),
        (["other", "--models", "gpt-none"], "gpt-none is no model"),
        (["other", "--models", "chat,"], "is no model"),
        (["other", "--rpm", "0"], "0 is not between 1"),
        (["other", "--at-once", "many"], "no whole number"),
        (["other", "--most-tokens", "99999999"], "not between"),
        ([], "NAME is missing"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(capsys: Captured, words: list[str], reason: str) -> None:
    create(capsys, "band")
    before = app.store().access.list(revoked=True), app.store().changes.last()
    assert main(["access", "create", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert reason in said.err
    assert (app.store().access.list(revoked=True), app.store().changes.last()) == before


def test_the_list_tells_what_each_has_left_and_when_it_was_used(capsys: Captured) -> None:
    key, _ = create(capsys, "band", "--budget", "5/month", "--models", "chat", "--rpm", "30")
    create(capsys, "other")
    its = app.store().of(key.owner)
    ended(its, lease(its, "1").number, "0.25")
    its.leases.write(closing=True)
    until(lambda: not its.budgets.standing()[1].reserved)
    assert main(["access", "list"]) == 0
    head, band, other = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["name", "key", "models", "limits"]
    assert band.split() == [
        *("band", f"…{key.last4}", "chat", "30/min", "$5.00", "a", "month", "$4.75", TODAY),
        band.split()[-1],
    ]
    assert other.split() == ["other", other.split()[1], "all", "-", "$1.00", "a", "day", "$1.00", "-"]
    assert main(["access", "list", "--json"]) == 0
    [told, _other] = json.loads(capsys.readouterr().out)["keys"]
    assert (told["name"], told["models"], told["limits"]) == ("band", ["chat"], {"per_minute": 30})
    assert told["budgets"] == [{"budget": "month", "cap": "5", "left": "4.75"}]
    assert set(told) == {*("id", "name", "last4", "made", "used"), "models", "limits", "budgets"}


def test_an_empty_list_says_how_to_begin(capsys: Captured) -> None:
    assert main(["access", "list"]) == 0
    assert "livetechno access create NAME" in capsys.readouterr().out


def test_a_revoked_key_is_not_listed_and_cannot_be_revoked_again(capsys: Captured) -> None:
    create(capsys, "band")
    assert main(["access", "revoke", "band"]) == 0
    assert "band opens nothing any more" in capsys.readouterr().out
    assert main(["access", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"keys": []}
    assert main(["access", "revoke", "band"]) == 2
    assert "livetechno access list" in capsys.readouterr().err


def test_costs_by_caller_name_the_keys_and_sum_up_all(capsys: Captured) -> None:
    key, _ = create(capsys, "band")
    for store, usd in ((app.store(), "0.1"), (app.store().of(key.owner), "0.2")):
        ended(store, lease(store, "0.3").number, usd)
    for language, total in (("en", "total"), ("fr", "total")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LIVETECHNO_LANG", language)
            assert main(["costs", "--by", "caller", "--no-plot"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[1:4]] == ["access:band", "local", total]
    assert main(["costs", "--by", "caller", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["caller"], one["usd"]) for one in told["totals"]] == [
        ("access:band", "0.2"),
        ("local", "0.1"),
    ]
    assert told["total"]["usd"] == "0.3"
    assert main(["costs", "--csv", "--by", "caller"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("access:band,1,")
    assert main(["costs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["usd"] == "0.1"


def test_costs_by_caller_are_shown_where_only_a_key_has_spent(capsys: Captured) -> None:
    key, _ = create(capsys, "band")
    its = app.store().of(key.owner)
    ended(its, lease(its, "0.3").number, "0.2")
    assert main(["costs", "--by", "caller", "--plot"]) == 0
    assert "access:band" in capsys.readouterr().out


def test_the_command_speaks_french(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    _key, said = create(capsys, "groupe", "--budget", "5/month")
    assert "La clé d'accès groupe est créée ; budget : 5,00 $ par mois." in said
    assert main(["access", "create", "groupe"]) == 2
    assert "s'appelle déjà groupe" in capsys.readouterr().err
    assert main(["access", "--help"]) == 0
    assert "Des clés d'accès" in capsys.readouterr().out


def test_limits_are_the_same_in_the_command_and_in_the_store() -> None:
    names = {option.name for option in access.create.params}
    assert {*store_access.LIMITS} <= names
    assert access.MOST == store_access.MOST
