"""`livetechno budget`: set, show, clear."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from livetechno import app
from livetechno.cli import budget, main
from livetechno.store import budgets
from livetechno.store.messages import NewMessage
from tests.cli.booked import TODAY, book


@pytest.fixture(autouse=True)
def _today_in_paris() -> Iterator[None]:
    set_clock = getattr(time, "tzset", lambda: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVETECHNO_DATE", TODAY)
        patch.setenv("TZ", "Europe/Paris")
        set_clock()
        yield
    set_clock()
    app.close_store()


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["budget", *words]) == code
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {one["budget"]: one for one in json.loads(shown(capsys, "show", "--json"))["budgets"]}


def conversation(title: str) -> str:
    kept = app.store().conversations.create(title=title)
    app.store().tree.add(kept.id, [NewMessage({"role": "user", "content": "Hello"})], after=None)
    return kept.id


@pytest.mark.parametrize(
    ("written", "usd"),
    [
        ("2.50", "2.50"),
        ("2,50", "2.50"),
        ("2,5", "2.5"),
        ("$3", "3"),
        ("3$", "3"),
        ("2,50 $", "2.50"),
        ("$ 0.10", "0.10"),
        (" 7 ", "7"),
        (".5", "0.5"),
        (",5", "0.5"),
        ("0,005", "0.005"),
        ("0", "0"),
        ("1000000", "1000000"),
    ],
)
def test_an_amount_may_have_a_point_or_a_comma_and_a_dollar_sign(
    written: str, usd: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(capsys, "set", "day", written)
    assert app.store().budgets.caps()["day"] == Decimal(usd)


@pytest.mark.parametrize(
    "written",
    ["-5", "two", "", "$", "$3$", "1,000", "1.000,50", "1e3", "nan", "inf", "1_0", "٣", "--5", "1000000.01"],
)
def test_what_is_no_amount_is_refused_and_changes_nothing(
    written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = app.store().budgets.standing()
    assert main(["budget", "set", "day", written]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "USD" in told.err
    assert app.store().budgets.standing() == before


@pytest.mark.parametrize(
    "arguments", [["set"], ["set", "day"], ["set", "week", "5"], ["set", "day", "5", "6"]]
)
def test_what_is_missing_or_too_much_is_refused(arguments: list[str]) -> None:
    assert main(["budget", *arguments]) == 2
    assert app.store().budgets.caps() == {"day": Decimal(1), "month": None, "conversation": None}


def test_setting_says_what_may_be_spent_now_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    book("0.25")
    assert shown(capsys, "set", "day", "2") == "A day may cost $2.00.\nLeft of it now: $1.75.\n"
    assert shown(capsys, "set", "month", "0.1") == "A month may cost $0.10.\nLeft of it now: $0.00.\n"
    assert shown(capsys, "set", "conversation", "0.5") == "Each conversation may cost $0.50.\n"


def test_it_speaks_french(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert shown(capsys, "set", "day", "2,50") == (
        "Une journée peut coûter 2,50 $.\nIl en reste maintenant : 2,50 $.\n"
    )
    lines = shown(capsys, "show").splitlines()
    assert lines[0].split()[:2] == ["budget", "plafond"]
    assert lines[1].split()[:3] == ["jour", "2,50", "$"]


def test_each_budget_is_shown_with_what_is_spent_reserved_and_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown(capsys, "set", "month", "20")
    kept = conversation("A groove")
    book("0.25", conversation=kept)
    book(None, worst="0.05", settled=False)
    book("0.5", "2026-11-02")
    lines = shown(capsys, "show").splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["budget", "cap", "spent", "reserved", "left", "anew", "(your", "time)"],
        ["day", "$1.00", "$0.25", "$0.05", "$0.70", "2026-11-24", "01:00"],
        ["month", "$20.00", "$0.75", "$0.05", "$19.20", "2026-12-01", "01:00"],
        ["conversation", "-", "$0.25", "$0.00", "-", "-"],
    ]
    assert "those of UTC" in lines[4]
    assert "cap on a day is livetechno's own" in lines[5]
    assert "under way" in lines[6]
    assert lines[7].endswith(f"{kept}: A groove")


def test_a_cap_that_was_set_is_not_called_ours_and_nothing_reserved_needs_no_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown(capsys, "set", "day", "1")
    told = shown(capsys, "show")
    assert "livetechno's own" not in told
    assert "under way" not in told
    assert "newest" not in told


def test_json_is_exact_and_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    kept = conversation("A groove")
    book("0.000123456789", conversation=kept)
    shown(capsys, "set", "conversation", "0,25")
    told = as_json(capsys)
    assert told["day"] == {
        "budget": "day",
        "cap": "1",
        "default": True,
        "spent": "0.000123456789",
        "reserved": "0",
        "left": "0.999876543211",
        "frees": "2026-11-24T00:00:00Z",
    }
    assert (told["month"]["cap"], told["month"]["left"]) == (None, None)
    assert (told["conversation"]["cap"], told["conversation"]["left"]) == ("0.25", "0.249876543211")
    assert (told["conversation"]["conversation"], told["conversation"]["frees"]) == (kept, None)


def test_without_a_conversation_its_cap_is_shown_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys, "set", "conversation", "0.5")
    told = as_json(capsys)["conversation"]
    assert (told["cap"], told["spent"], told["left"], told["conversation"]) == ("0.5", "0", "0.5", None)


def test_one_cap_is_taken_away_alone_and_all_of_them_with_a_word_of_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in budget.NAMES:
        shown(capsys, "set", name, "5")
    told = shown(capsys, "clear", "month")
    assert "A month has no cap any more" in told
    assert "Nothing here limits" not in told
    assert app.store().budgets.caps() == {"day": Decimal(5), "month": None, "conversation": Decimal(5)}
    assert "Nothing here limits" in shown(capsys, "clear")
    assert not app.store().budgets.any_set()


def test_taking_the_last_cap_away_warns_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing here limits" in shown(capsys, "clear", "day")


def test_another_name_is_not_cleared(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "clear", "year", code=2) == ""
    assert app.store().budgets.caps()["day"] == Decimal(1)


@pytest.mark.parametrize("columns", [100, 80, 60, 40])
def test_the_table_fits_the_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book(None, worst="0.05", settled=False)
    conversation("A long title \x1b[31m" + "with many words " * 10)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("livetechno.cli.terminal.is_terminal", lambda _: True)
    assert main(["budget", "show"]) == 0
    told = capsys.readouterr()
    assert max(map(len, told.out.splitlines())) <= columns
    assert "\x1b" not in told.out
    assert ("Not shown" in told.err) is (columns < 80)


def test_the_names_are_those_of_the_store() -> None:
    assert budget.NAMES == budgets.NAMES
