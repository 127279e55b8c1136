"""`livetechno costs`: what the calls have cost, for people and for programs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from functools import reduce
from typing import Any, get_args

import pytest

from livetechno import app
from livetechno.cli import costs, main
from livetechno.store.ledger import By
from tests.cli.booked import TODAY, book

add = Context(prec=200).add
MODELS = ("gpt-6-luna", "gpt-6.1-terra", "=evil", "\x1b]0;owned\x07llama")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LIVETECHNO_DATE", TODAY)
    yield
    app.close_store()


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def shown(*words: str, code: int = 0) -> str:
        assert main(["costs", *words]) == code
        return capsys.readouterr().out

    return shown


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("livetechno.cli.terminal.is_terminal", lambda _: True)
    return monkeypatch


Shown = Callable[..., str]


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_with_nothing_booked_it_says_what_to_do(shown: Shown) -> None:
    told = shown()
    assert told.startswith("No calls from 2026-10-25 to 2026-11-23.")
    assert "livetechno chat" in told
    assert "--since" in told


def test_the_last_thirty_days_by_day_and_model_with_a_total(shown: Shown) -> None:
    book("5", "2026-10-24", worst="0.5")
    book("0.002", "2026-10-25")
    book("0.25", model="gpt-6.1-terra")
    book("0.0001")
    book("0.0002")
    told = table(shown())
    assert told[0] == ["day", "model", "calls", "tokens", "in", "tokens", "out", "cost"]
    assert told[1:5] == [
        ["2026-10-25", "gpt-6-luna", "1", "1", "000", "200", "$0.002"],
        ["2026-11-23", "gpt-6-luna", "2", "2", "000", "400", "$0.0003"],
        ["2026-11-23", "gpt-6.1-terra", "1", "1", "000", "200", "$0.25"],
        ["total", "4", "4", "000", "800", "$0.25"],
    ]
    assert " ".join(told[5]).startswith("From 2026-10-25 to 2026-11-23; days are those of UTC")
    assert len(told) == 6


@pytest.mark.parametrize(
    ("arguments", "days"),
    [
        (["--days", "1"], ["2026-11-23"]),
        (["--days", "2"], ["2026-11-22", "2026-11-23"]),
        (["--since", "2026-11-22"], ["2026-11-22", "2026-11-23"]),
        (["--until", "2026-11-22"], ["2026-11-01", "2026-11-22"]),
        (["--until", "2026-11-22", "--days", "2"], ["2026-11-22"]),
        (["--since", "2026-09-01", "--until", "2026-11-01"], ["2026-09-01", "2026-11-01"]),
        (
            ["--since", "0001-01-01", "--until", "9999-12-31"],
            ["2026-09-01", "2026-11-01", "2026-11-22", TODAY],
        ),
    ],
)
def test_the_days_can_be_chosen(arguments: list[str], days: list[str], shown: Shown) -> None:
    for day in ("2026-09-01", "2026-11-01", "2026-11-22", TODAY):
        book("0.1", day)
    told = json.loads(shown("--json", "--by", "day", *arguments))
    assert [one["day"] for one in told["totals"]] == days


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "yesterday"],
        ["--since", "2026-11-31"],
        ["--since", "2026-11-23", "--until", "2026-11-22"],
        ["--days", "0"],
        ["--days", "1.5"],
        ["--days", "3", "--since", "2026-11-01"],
        ["--by", "week"],
        ["--by", "day", "--calls"],
        ["--csv", "--json"],
        ["what"],
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["costs", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("livetechno: ")


def test_everything_that_the_ledger_can_sum_up_can_be_asked_for() -> None:
    assert get_args(By) == costs.BY


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (["month"], [["2026-10"], ["2026-11"]]),
        (["model"], [["gpt-6-luna"], ["gpt-6.1-terra"]]),
        (["purpose"], [["chat"], ["summary"]]),
        (["purpose", "month"], [["chat", "2026-11"], ["summary", "2026-10"]]),
        (["model", "model"], [["gpt-6-luna"], ["gpt-6.1-terra"]]),
    ],
)
def test_sums_are_of_what_is_asked_for(by: list[str], keys: list[list[str]], shown: Shown) -> None:
    book("0.1", "2026-10-30", model="gpt-6.1-terra", purpose="summary")
    book("0.2")
    words = [word for name in by for word in ("--by", name)]
    told = table(shown(*words))
    assert [line[: len(keys[0])] for line in told[1:3]] == keys
    assert [line[-1] for line in told[1:4]] == (
        ["$0.10", "$0.20", "$0.30"] if keys[0] == ["2026-10"] else ["$0.20", "$0.10", "$0.30"]
    )


def test_a_conversation_is_shown_with_its_title_and_no_conversation_as_none(shown: Shown) -> None:
    kept = app.store().conversations.create(title="A \x1b[31mgroove")
    gone = app.store().conversations.create(title="Gone")
    app.store().conversations.delete(gone.id)
    for conversation in (None, kept.id, gone.id):
        book("0.1", conversation=conversation)
    told = shown("--by", "conversation")
    assert f"\n{kept.id} A groove " in told
    assert f"\n{gone.id} Gone " in told
    assert "\n- " in told


def test_what_is_not_known_is_said_and_never_zero(shown: Shown) -> None:
    book("0.1")
    book("0.2", estimated=True)
    book(None, worst="0.03")
    book(None, worst="0.04", settled=False)
    book(None, model="llama", worst=None)
    told = shown()
    first, second, total = table(told)[1:4]
    assert (first[-1], second[-1], total[-1]) == (">~$0.30", "unknown", ">~$0.30")
    notes = told.splitlines()[5:]
    assert "ourselves" in notes[0]
    assert notes[0].endswith("Calls: 1.")
    assert notes[1].endswith("Calls: 2; at worst they cost $0.07.")
    assert "no price is known" in notes[2]
    assert notes[2].endswith("Calls: 1.")
    assert "never settled because their program ended before them: 1." in notes[3]
    assert len(notes) == 4


def test_a_row_for_each_call_the_oldest_first(shown: Shown) -> None:
    book("0.1", "2026-11-22", purpose="summary", finish="length")
    book("0.0002", estimated=True)
    book(None, worst="0.03")
    book(None, worst=None, settled=False)
    told = shown("--calls")
    lines = table(told)
    assert lines[1] == [
        *("2026-11-22", "12:00:00", "gpt-6-luna", "summary", "-", "1", "000", "200", "length", "$0.10"),
    ]
    assert [line[-1] for line in lines[2:6]] == ["~$0.0002", "<$0.03", "unknown", ">~$0.10"]
    assert told.splitlines()[-1].startswith("< At worst this")


def test_names_from_a_server_cannot_drive_the_terminal(shown: Shown) -> None:
    book("0.1", model="\x1b]0;owned\x07evil\nline" + "x" * 99, finish="\x1b[2J", request_id="\x9b2J\u202e")
    for words in ([], ["--calls"], ["--csv"], ["--json", "--calls"], ["--plot"]):
        told = shown(*words)
        assert not set(told) & set("\x1b\x07\x9b\u202e")
        assert "evil" in told


def random_calls(rng: random.Random, count: int) -> None:
    app.store().budgets.clear()
    for _ in range(count):
        day = dt.date.fromisoformat(TODAY) - dt.timedelta(rng.randrange(40))
        usd = Decimal(rng.randrange(10 ** rng.randrange(1, 15))).scaleb(-rng.randrange(8, 16))
        book(
            rng.choice([f"{usd:f}", f"{usd:f}", f"{usd:f}", None]),
            day.isoformat(),
            model=rng.choice(MODELS),
            worst=rng.choice(["0.01", f"{usd:.12f}", None]),
            conversation=rng.choice([None, "a", "b"]),
            settled=rng.random() < 0.9,
            estimated=rng.random() < 0.1,
        )


def test_what_programs_read_adds_up_to_the_ledger_to_the_last_digit(
    shown: Shown, soak: Callable[[int], int], rng: random.Random
) -> None:
    random_calls(rng, soak(2000))
    span = ("--since", "2026-10-28")
    [whole] = app.store().ledger.totals(since=dt.date(2026, 10, 28))
    of_calls = rows(shown("--csv", *span))
    assert len(of_calls) == whole.calls
    assert reduce(add, (Decimal(row["usd"]) for row in of_calls if row["usd"]), Decimal(0)) == whole.usd
    unknown = [row for row in of_calls if not row["usd"]]
    assert len(unknown) == whole.unknown
    assert reduce(add, (Decimal(row["worst"] or 0) for row in unknown), Decimal(0)) == whole.at_worst
    assert sum(not row["worst"] for row in unknown) == whole.unpriced
    assert sum(row["settled"] == "false" for row in of_calls) == whole.unsettled
    for by in costs.BY:
        told: dict[str, Any] = json.loads(shown("--json", "--by", by, *span))
        for sums in (told["totals"], [told["total"]], rows(shown("--csv", "--by", by, *span))):
            assert reduce(add, (Decimal(one["usd"]) for one in sums)) == whole.usd
            assert reduce(add, (Decimal(one["at_worst"]) for one in sums)) == whole.at_worst
            for name in (
                "calls",
                "input_tokens",
                "output_tokens",
                "unknown",
                "unpriced",
                "unsettled",
                "estimated",
            ):
                assert sum(int(one[name]) for one in sums) == getattr(whole, name), name


def test_json_has_the_calls_when_they_are_asked_for(shown: Shown) -> None:
    book("0.00001", conversation="a")
    told = json.loads(shown("--json", "--calls"))
    assert (told["by"], told["total"]["usd"]) == (["day", "model"], "0.00001")
    assert [(one["model"], one["usd"], one["conversation"]) for one in told["calls"]] == [
        ("gpt-6-luna", "0.00001", "a")
    ]
    assert "calls" not in json.loads(shown("--json"))


def test_programs_get_an_empty_answer_where_there_is_nothing(shown: Shown) -> None:
    assert rows(shown("--csv")) == []
    told = json.loads(shown("--json", "--calls"))
    assert (told["totals"], told["calls"], told["total"]["calls"], told["total"]["usd"]) == ([], [], 0, "0")


def test_french_has_its_comma_and_its_words(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert shown().startswith("Aucun appel du 2026-10-25 au 2026-11-23.")
    book("0.0123")
    told = shown("--plot")
    assert told.startswith("Dollars par jour\n")
    assert "0,012 $" in told
    assert "facture d'OpenAI" in told
    assert json.loads(shown("--json"))["total"]["usd"] == "0.0123"


@pytest.mark.parametrize("columns", [120, 80, 60, 40])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_fits_the_terminal_plot_and_all(
    columns: int, language: str, terminal: pytest.MonkeyPatch, shown: Shown, rng: random.Random
) -> None:
    if columns < 60:
        book("0.0123", model="gpt-6.1-terra")
        book("0.00012", estimated=True)
    else:
        random_calls(rng, 20)
    terminal.setenv("COLUMNS", str(columns))
    terminal.setenv("LIVETECHNO_LANG", language)
    terminal.setenv("NO_COLOR", "1")
    for words in ([], ["--calls"], ["--by", "conversation", "--by", "model"], ["--since", "2020-01-01"]):
        told = shown(*words)
        assert max(map(len, told.splitlines())) <= columns
        assert told.startswith("Dollars") is ("--calls" not in words)
        assert "\x1b" not in told


def test_the_plot_can_be_left_out_or_asked_for(terminal: pytest.MonkeyPatch, shown: Shown) -> None:
    book("0.1")
    assert "█" in shown()
    assert "█" not in shown("--no-plot")
    assert "█" in shown("--calls", "--plot")
    terminal.setattr("livetechno.cli.terminal.is_terminal", lambda _: False)
    assert "█" not in shown()
    assert "█" in shown("--plot")


def test_the_plot_ends_today_even_if_days_to_come_are_asked_for(shown: Shown) -> None:
    book("0.1")
    assert "11-23" in shown("--plot", "--until", "9999-12-31", "--since", "2026-11-20")


def test_help_loads_neither_the_store_nor_the_plots() -> None:
    code = (
        "import sys; from livetechno.cli import main; main(['costs', '--help']);"
        "heavy = [name for name in ('sqlite3', 'plotext', 'aiohttp', 'rich') if name in sys.modules];"
        "print(heavy, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert ran.stderr.strip() == "[]"


def test_a_terminal_without_unicode_is_shown_ascii() -> None:
    book("0.1")
    app.close_store()
    ran = subprocess.run(
        [sys.executable, "-m", "livetechno", "costs", "--plot"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert ran.stdout.isascii()
    assert b"##" in ran.stdout
    assert b"?" not in ran.stdout
