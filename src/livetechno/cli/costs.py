"""`livetechno costs`: what the calls have cost, as a table and a plot, or as CSV and JSON."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from livetechno import environment, words
from livetechno.cli import columns, terminal
from livetechno.cli.spoken import Command, Option, number

if TYPE_CHECKING:
    from livetechno.store import Store
    from livetechno.store.ledger import By, CallRow, Total

BY: tuple[By, ...] = ("day", "month", "model", "purpose", "conversation", "caller")
USUAL_BY: tuple[By, ...] = ("day", "model")
USUAL_DAYS = 30
MOST_DAYS = 36_500
WIDEST = 40
"""Cells of a name that are shown; CSV and JSON have the whole of it."""
SUMS = ("calls", "input_tokens", "output_tokens", "usd")
CALLS = ("at", "model", "purpose", "conversation", "input_tokens", "output_tokens", "finish", "usd")
NUMBERS = ("calls", "input_tokens", "output_tokens", "usd")
LEAST_NEEDED = ("calls", "output_tokens", "input_tokens")
LEAST_NEEDED_OF_CALLS = ("conversation", "finish", "purpose", "output_tokens", "input_tokens")
"""What a narrow terminal does without, in this order."""
ESTIMATE, AT_LEAST, AT_WORST = "~", ">", "<"
"""Signs before an amount; the sentences below the table say what they mean."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days of UTC, both included."""

    since: dt.date
    until: dt.date


def _read_by(context: click.Context, option: click.Parameter, values: Sequence[str]) -> tuple[By, ...]:
    for value in values:
        if value not in BY:
            told = words.say("cli.not_one_of", value=value, allowed=", ".join(BY))
            raise click.BadParameter(told, context, option)
    return tuple(name for value in dict.fromkeys(values) for name in BY if name == value)


def _read_date(context: click.Context, option: click.Parameter, value: str | None) -> dt.date | None:
    try:
        return None if value is None else dt.date.fromisoformat(value)
    except ValueError:
        told = words.say("cli.not_a_date", value=value)
    raise click.BadParameter(told, context, option)


@click.command("costs", cls=Command, help="costs.help")
@click.option(
    "--by", cls=Option, multiple=True, metavar="|".join(BY), callback=_read_by, help="costs.help_by"
)
@click.option("--since", cls=Option, metavar="YYYY-MM-DD", callback=_read_date, help="costs.help_since")
@click.option("--until", cls=Option, metavar="YYYY-MM-DD", callback=_read_date, help="costs.help_until")
@click.option("--days", cls=Option, metavar="N", callback=number(int, 1, MOST_DAYS), help="costs.help_days")
@click.option("--calls", "each", cls=Option, is_flag=True, help="costs.help_calls")
@click.option("--plot/--no-plot", cls=Option, default=None, help="costs.help_plot")
@click.option("--csv", "as_csv", cls=Option, is_flag=True, help="costs.help_csv")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="costs.help_json")
@click.pass_context
def command(
    context: click.Context,
    by: tuple[By, ...],
    since: dt.date | None,
    until: dt.date | None,
    days: int | None,
    each: bool,
    plot: bool | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show what the ledger holds of some days."""
    from livetechno import app

    _refuse_together(context, {"--csv": as_csv, "--json": as_json})
    _refuse_together(context, {"--since": since is not None, "--days": days is not None})
    _refuse_together(context, {"--by": bool(by), "--calls": each})
    span = _span(context, since, until, days)
    store = app.store()
    if as_csv:
        click.echo(_csv(store, span, by), nl=False)
    elif as_json:
        click.echo(terminal.safe_json(_document(store, span, by or USUAL_BY, each)))
    else:
        _show(store, span, by or USUAL_BY, each=each, plot=plot)


def _refuse_together(context: click.Context, given: dict[str, bool]) -> None:
    if all(given.values()):
        context.fail(words.say("cli.not_together", options=", ".join(given)))


def _span(context: click.Context, since: dt.date | None, until: dt.date | None, days: int | None) -> Span:
    until = until or environment.today()
    since = since or dt.date.fromordinal(max(1, until.toordinal() - (days or USUAL_DAYS) + 1))
    if since > until:
        context.fail(words.say("costs.since_after_until", since=since, until=until))
    return Span(since, until)


def _calls(store: Store, span: Span) -> list[CallRow]:
    """The oldest first."""
    return list(reversed(store.ledger.calls(since=span.since, until=span.until)))


def _total(store: Store, span: Span, by: tuple[By, ...]) -> tuple[Total, ...]:
    """The sum of all that is summed up, if there is any."""
    return store.ledger.totals(since=span.since, until=span.until, callers="caller" in by)


def _csv(store: Store, span: Span, by: tuple[By, ...]) -> bytes:
    from livetechno.store import costs_export

    if by:
        return costs_export.csv_of_totals(by, store.ledger.totals(*by, since=span.since, until=span.until))
    return costs_export.csv_of_calls(_calls(store, span))


def _document(store: Store, span: Span, by: tuple[By, ...], each: bool) -> dict[str, object]:
    from livetechno.store import costs_export

    totals = store.ledger.totals(*by, since=span.since, until=span.until)
    total = next(iter(_total(store, span, by)), costs_export.NOTHING)
    calls = _calls(store, span) if each else None
    return costs_export.document(span.since, span.until, by, totals, total, calls)


def _show(store: Store, span: Span, by: tuple[By, ...], *, each: bool, plot: bool | None) -> None:
    found = _total(store, span, by)
    if not found:
        terminal.sentence(words.say("costs.none", since=span.since, until=span.until))
        return
    if plot or (plot is None and not each and terminal.abilities(sys.stdout).terminal):
        _plot(store, span, by)
    if each:
        _show_calls(_calls(store, span), found[0])
    else:
        _show_sums(store, by, store.ledger.totals(*by, since=span.since, until=span.until), found[0])
    _explain(span, found[0], each=each)


def _plot(store: Store, span: Span, by: tuple[By, ...]) -> None:
    from livetechno.cli import plots

    totals = store.ledger.totals("day", since=span.since, until=span.until, callers="caller" in by)
    spent = {dt.date.fromisoformat(total.keys[0]): total.usd for total in totals}
    until = min(span.until, max(environment.today(), *spent))
    drawn = plots.dollars(spent, span.since, until, terminal.abilities(sys.stdout))
    if drawn:
        click.echo(drawn)


def _show_sums(store: Store, by: tuple[By, ...], totals: Sequence[Total], total: Total) -> None:
    titles = _titles(store) if "conversation" in by else {}
    *amounts, whole = columns.aligned([_sum(one) for one in (*totals, total)])
    rows = [
        {name: _name(titles.get(key, key)) for name, key in zip(by, one.keys, strict=True)}
        | _counts(one)
        | {"usd": amount}
        for one, amount in zip(totals, amounts, strict=True)
    ]
    last = dict.fromkeys(by, "") | _counts(total) | {by[0]: words.say("costs.total"), "usd": whole}
    columns.show(_heads((*by, *SUMS)), rows, last, numbers=NUMBERS, least_needed=LEAST_NEEDED)


def _show_calls(calls: Sequence[CallRow], total: Total) -> None:
    *amounts, whole = columns.aligned([*map(_cost, calls), _sum(total)])
    rows = [
        {name: _name(getattr(call, name)) for name in ("model", "purpose", "conversation", "finish")}
        | {name: _count(getattr(call, name)) for name in ("input_tokens", "output_tokens")}
        | {"at": call.at[:19].replace("T", " "), "usd": amount}
        for call, amount in zip(calls, amounts, strict=True)
    ]
    last = dict.fromkeys(CALLS, "") | _counts(total) | {"at": words.say("costs.total"), "usd": whole}
    columns.show(_heads(CALLS), rows, last, numbers=NUMBERS, least_needed=LEAST_NEEDED_OF_CALLS)


def _heads(names: Sequence[str]) -> dict[str, str]:
    return {name: words.say(f"costs.column.{name}") for name in names}


def _titles(store: Store) -> dict[str, str]:
    """Each conversation's id with its title."""
    return {
        one.id: f"{one.id} {one.title}"
        for deleted in (False, True)
        for one in store.conversations.list(deleted=deleted)
    }


def _name(text: str | None) -> str:
    return columns.shortened(terminal.one_line(text or ""), WIDEST) or "-"


def _counts(total: Total) -> dict[str, str]:
    return {name: _count(getattr(total, name)) for name in ("calls", "input_tokens", "output_tokens")}


def _count(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}".replace(",", " ")


def _sum(total: Total) -> str:
    from livetechno.gpt.prices import format_usd

    if total.unknown == total.calls:
        return format_usd(None)
    signs = (AT_LEAST if total.unknown else "") + (ESTIMATE if total.estimated else "")
    return signs + format_usd(total.usd)


def _cost(call: CallRow) -> str:
    from livetechno.gpt.prices import format_usd

    if call.usd is not None:
        return (ESTIMATE if call.estimated else "") + format_usd(call.usd)
    return format_usd(None) if call.worst is None else AT_WORST + format_usd(call.worst)


def _explain(span: Span, total: Total, *, each: bool) -> None:
    """Say what the signs mean, what is not known, and which days these are."""
    from livetechno.gpt.prices import format_usd

    terminal.sentence(words.say("costs.span", since=span.since, until=span.until))
    if total.estimated:
        terminal.sentence(words.say("costs.note.estimated", calls=total.estimated))
    if total.unknown > total.unpriced:
        known = total.unknown - total.unpriced
        terminal.sentence(words.say("costs.note.unknown", calls=known, usd=format_usd(total.at_worst)))
    if total.unpriced:
        terminal.sentence(words.say("costs.note.unpriced", calls=total.unpriced))
    if total.unsettled:
        terminal.sentence(words.say("costs.note.unsettled", calls=total.unsettled))
    if each and total.unknown > total.unpriced:
        terminal.sentence(words.say("costs.note.at_worst"))
