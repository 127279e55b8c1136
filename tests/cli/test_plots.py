"""Bars of dollars over time, in the width there is."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal

import pytest

from livetechno.cli import plots
from livetechno.cli.terminal import Abilities
from livetechno.cli.wrapping import cell_width

UNTIL = dt.date(2026, 11, 23)


def can(columns: int = 80, *, unicode: bool = True, coloured: bool = False) -> Abilities:
    return Abilities(True, unicode, coloured, unicode, columns)


def spent(*usd: str) -> dict[dt.date, Decimal]:
    """Dollars of the last days, the last one today."""
    return {UNTIL - dt.timedelta(back): Decimal(one) for back, one in enumerate(reversed(usd))}


def drawn(days: dict[dt.date, Decimal], span: int, able: Abilities) -> list[str]:
    return plots.dollars(days, UNTIL - dt.timedelta(span - 1), UNTIL, able).splitlines()


def heights(lines: list[str], mark: str = "█") -> list[int]:
    """How high each bar is, from the left; a day with none is a 0."""
    left = lines[2].index("┤") + 1
    step = min(plots.WIDEST, (len(lines[1]) - left - 1) // 4)
    return [
        sum(mark in line[left + step * bar : left + step * bar + 1] for line in lines) for bar in range(4)
    ]


def test_a_bar_is_as_high_as_its_day_cost() -> None:
    lines = drawn(spent("0.001", "0", "0.004", "0.002"), 4, can())
    assert lines[0] == "Dollars a day"
    assert [line.split("┤")[0].strip() for line in lines if "┤" in line] == ["$0.004", "$0.002", "$0.00"]
    low, none, high, half = heights(lines)
    assert none == 0 < low < half < high == plots.HEIGHT - 3
    assert "11-23" in lines[-1]


def test_a_day_that_cost_little_beside_another_is_still_seen() -> None:
    assert heights(drawn(spent("0.0000001", "0", "50", "1"), 4, can()))[0] == 1


@pytest.mark.parametrize("columns", [120, 80, 60, 40, 20])
def test_it_fits_every_width(columns: int, soak: Callable[[int], int], rng: random.Random) -> None:
    for _ in range(soak(500)):
        span = rng.choice([1, 2, 7, 30, 90, 400, 5000])
        usd = [
            str(Decimal(rng.randrange(10**6)).scaleb(-rng.randrange(9)))
            for _ in range(rng.randrange(1, span + 1))
        ]
        lines = drawn(spent(*usd), span, can(columns))
        assert max(map(cell_width, lines)) <= columns
        assert any(Decimal(one) for one in usd) is any("█" in line for line in lines)


def test_too_many_days_become_months_the_newest_of_them() -> None:
    lines = drawn(spent(*["0.01"] * 400), 400, can(60))
    assert lines[0] == "Dollars a month"
    assert "2026-" in lines[-1]
    assert "2015" not in drawn(spent(*["0.01"] * 4000), 4000, can(60))[-1]


def test_nothing_spent_is_nothing_drawn() -> None:
    assert drawn(spent("0", "0"), 30, can()) == []
    assert drawn({}, 30, can()) == []


def test_a_terminal_without_unicode_gets_ascii() -> None:
    text = "\n".join(drawn(spent("0.1", "0.2"), 30, can(unicode=False)))
    assert text.isascii()
    assert "##" in text


def test_colours_only_where_there_are_some() -> None:
    assert not any("\x1b" in line for line in drawn(spent("0.1"), 30, can()))
    assert any("\x1b[38;5;6m" in line for line in drawn(spent("0.1"), 30, can(coloured=True)))


def test_it_speaks_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    lines = drawn(spent("0.1", "0.2"), 30, can())
    assert lines[0] == "Dollars par jour"
    assert lines[2].startswith("0,20 $┤")
