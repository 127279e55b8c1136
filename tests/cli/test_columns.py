"""Tables for people: aligned, shortened, and fitted to the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.cli import columns
from livetechno.cli.wrapping import cell_width

HEADS = {"name": "name", "note": "note", "count": "count"}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("livetechno.cli.terminal.is_terminal", lambda _: True)
    return monkeypatch


def rows(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "note": "x", "count": str(len(name))} for name in names]


def test_columns_line_up_with_numbers_flush_right(capsys: pytest.CaptureFixture[str]) -> None:
    total = {"name": "total", "note": "", "count": "13"}
    columns.show(HEADS, rows("a", "中文", "a longer one"), total, numbers=["count"])
    assert capsys.readouterr().out.splitlines() == [
        "name          note  count",
        "a             x         1",
        "中文          x         2",
        "a longer one  x        12",
        "total                  13",
    ]


def test_what_is_least_needed_goes_first_and_is_named(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "24")
    columns.show(HEADS, rows("a longer one"), numbers=["count"], least_needed=["note", "count"])
    told = capsys.readouterr()
    assert told.out.splitlines() == ["name          count", "a longer one     12"]
    assert "lack of room: note." in " ".join(told.err.split())


def test_a_text_is_shortened_before_a_column_goes(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "40")
    columns.show(HEADS, rows("n" * 60), numbers=["count"], least_needed=["note", "count"])
    told = capsys.readouterr()
    assert told.out.splitlines()[1] == f"{'n' * 26}…  x        60"
    assert told.err == ""


def test_away_from_a_terminal_nothing_goes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    columns.show(HEADS, rows("n" * 60), numbers=["count"], least_needed=["note", "count"])
    assert capsys.readouterr().out.splitlines()[1] == f"{'n' * 60}  x        60"


@given(st.text(st.characters(exclude_categories=["C"])), st.integers(1, 30))
def test_a_shortened_text_fits_and_begins_as_it_did(text: str, cells: int) -> None:
    short = columns.shortened(text, cells)
    assert cell_width(short) <= cells
    assert short == text or text.startswith(short.removesuffix("…"))


def test_amounts_stand_with_their_decimal_marks_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert columns.aligned(["$1,234.50", "$0.00042", "unknown", "-"]) == [
        "$1,234.50   ",
        "$0.00042",
        "unknown",
        "-",
    ]
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert columns.aligned(["1 234,50 $", "0,00042 $"]) == ["1 234,50 $   ", "0,00042 $"]
