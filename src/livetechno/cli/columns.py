"""A table for people: columns that line up, and that give way where the terminal is narrow."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence

import click

from livetechno import environment, words
from livetechno.cli import terminal
from livetechno.cli.wrapping import cell_width

GAP = 2
SHORT = 24
"""Cells to which a text is shortened before a column goes."""
NARROWEST = 10
"""Cells that it keeps when no more columns may go."""

Row = Mapping[str, str]
"""The cells of a line, cleaned, by column."""


def show(
    heads: Row,
    rows: Sequence[Row],
    total: Row | None = None,
    *,
    numbers: Collection[str] = (),
    least_needed: Sequence[str] = (),
) -> None:
    """Print the table on stdout, its columns in the order of `heads`; `numbers` are set flush right.

    Where a line of the terminal has no room for all, texts are shortened, and those of `least_needed`
    go, in their order; stderr says which.
    """
    last = [] if total is None else [total]
    widths = {column: max(cell_width(row[column]) for row in (heads, *rows, *last)) for column in heads}
    _fit(widths, numbers, least_needed)

    def line(row: Row) -> str:
        cells = (_set(row[column], width, right=column in numbers) for column, width in widths.items())
        return (" " * GAP).join(cells).rstrip()

    # click takes the style out again when stdout is no terminal
    click.echo(click.style(line(heads), bold=True))
    for row in rows:
        click.echo(line(row))
    for row in last:
        click.echo(click.style(line(row), bold=True))
    left_out = [heads[column] for column in heads if column not in widths]
    if left_out:
        terminal.notice(words.say("cli.columns_left_out", columns=", ".join(left_out)), dim=True)


def shortened(text: str, cells: int) -> str:
    """`text` in at most so many cells of a terminal, with an ellipsis where something is missing."""
    if cell_width(text) <= cells:
        return text
    text = text[: cells - 1]
    while cell_width(text) > cells - 1:
        text = text[:-1]
    return f"{text}…"


def aligned(amounts: Iterable[str]) -> list[str]:
    """Amounts of `prices.format_usd`, so that their decimal marks stand below each other, flush right."""
    mark = "," if environment.language() == "fr" else "."
    split = [amount.rpartition(mark) for amount in amounts]
    decimals = max((len(after) for _, found, after in split if found), default=0)
    return [f"{before}{found}{after:{decimals}}" if found else after for before, found, after in split]


def _set(text: str, cells: int, *, right: bool) -> str:
    text = shortened(text, cells)
    room = " " * (cells - cell_width(text))
    return f"{room}{text}" if right else f"{text}{room}"


def _fit(widths: dict[str, int], numbers: Collection[str], least_needed: Sequence[str]) -> None:
    """Leave out columns and shorten texts until a line has its place; away from a terminal it has."""
    can = terminal.abilities(sys.stdout)
    texts = [column for column in widths if column not in numbers]
    for column in least_needed:
        shortest = {name: min(width, SHORT) if name in texts else width for name, width in widths.items()}
        if not can.terminal or _line(shortest) <= can.columns:
            break
        del widths[column]
    while can.terminal and _line(widths) > can.columns:
        widest = max((name for name in texts if name in widths), key=lambda name: widths[name])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1


def _line(widths: Mapping[str, int]) -> int:
    return sum(width + GAP for width in widths.values()) - GAP
