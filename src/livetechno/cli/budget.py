"""`livetechno budget`: what may be spent in a day, a month, a conversation; and what is left of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import columns, terminal
from livetechno.cli.spoken import Group, Option, one_of

if TYPE_CHECKING:
    from livetechno.store.budgets import Name, Standing
    from livetechno.store.conversations import Conversation

NAMES: tuple[Name, ...] = ("day", "month", "conversation")
COLUMNS = ("budget", "cap", "spent", "reserved", "left", "frees")
AMOUNTS = ("cap", "spent", "reserved", "left")
LEAST_NEEDED = ("reserved", "frees", "spent")
"""What a narrow terminal does without, in this order."""


def read_amount(context: click.Context, parameter: click.Parameter, value: str) -> Decimal:
    """Dollars, as people write them. Raises click.BadParameter."""
    from livetechno.gpt.prices import read_usd

    amount = read_usd(value)
    if amount is None:
        raise click.BadParameter(words.say("budget.no_amount", value=value), context, parameter)
    return amount


@click.group("budget", cls=Group, help="budget.help")
def command() -> None:
    """Hold the three subcommands."""


# -5 is a wrong amount, not an option
@command.command("set", help="budget.set.help", context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="|".join(NAMES), callback=one_of(*NAMES))
@click.argument("usd", metavar="USD", callback=read_amount)
def set_cap(name: Name, usd: Decimal) -> None:
    """Cap what a day, a month or each conversation may cost."""
    from livetechno import app
    from livetechno.gpt.prices import format_usd

    budgets = app.store().budgets
    budgets.set(name, usd)
    left = {standing.budget: standing.left for standing in budgets.standing()}
    terminal.sentence(words.say(f"budget.set.{name}", cap=format_usd(usd)))
    if name in left:
        terminal.sentence(words.say("budget.set.left", left=format_usd(left[name])))


@command.command("show", help="budget.show.help")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="budget.show.help_json")
def show(as_json: bool) -> None:
    """Say how each budget stands; a conversation's is that of the newest one."""
    from livetechno import app

    store = app.store()
    newest = store.conversations.newest()
    # no conversation has an empty id, so nothing was spent in it
    standings = store.budgets.standing(newest.id if newest else "")
    if as_json:
        click.echo(terminal.safe_json({"budgets": [_plain(one, newest) for one in standings]}))
        return
    _show_table(standings)
    _explain(standings, newest)


@command.command("clear", help="budget.clear.help")
@click.argument("name", required=False, metavar="[{}]".format("|".join(NAMES)), callback=one_of(*NAMES))
def clear(name: Name | None) -> None:
    """Take one cap away, or all of them."""
    from livetechno import app

    budgets = app.store().budgets
    budgets.clear(name)
    if name is not None:
        terminal.sentence(words.say(f"budget.cleared.{name}"))
    if not budgets.any_set():
        terminal.sentence(words.say("budget.none"))


def _show_table(standings: tuple[Standing, ...]) -> None:
    amounts = {name: columns.aligned([_usd(getattr(one, name)) for one in standings]) for name in AMOUNTS}
    rows = [
        {"budget": words.say(f"budget.name.{one.budget}"), "frees": _local(one)}
        | {name: amounts[name][place] for name in AMOUNTS}
        for place, one in enumerate(standings)
    ]
    heads = {name: words.say(f"budget.column.{name}") for name in COLUMNS}
    columns.show(heads, rows, numbers=AMOUNTS, least_needed=LEAST_NEEDED)


def _explain(standings: tuple[Standing, ...], newest: Conversation | None) -> None:
    terminal.sentence(words.say("budget.days_are_utc"))
    for one in standings:
        if one.default:
            terminal.sentence(words.say("budget.default", budget=words.say(f"budget.name.{one.budget}")))
    if any(one.reserved for one in standings):
        terminal.sentence(words.say("budget.reserved"))
    if newest is not None:
        title = columns.shortened(terminal.one_line(newest.title), 40)
        terminal.sentence(words.say("budget.newest", id=newest.id, title=title))


def _usd(amount: Decimal | None) -> str:
    from livetechno.gpt.prices import format_usd

    return "-" if amount is None else format_usd(amount)


def _local(standing: Standing) -> str:
    """When it begins anew, in the person's own time."""
    return "-" if standing.frees is None else f"{standing.frees.astimezone():%Y-%m-%d %H:%M}"


def _plain(standing: Standing, newest: Conversation | None) -> dict[str, Any]:
    plain: dict[str, Any] = {"budget": standing.budget, "default": standing.default}
    for name in AMOUNTS:
        amount: Decimal | None = getattr(standing, name)
        plain[name] = None if amount is None else f"{amount:f}"
    plain["frees"] = standing.frees and f"{standing.frees:%Y-%m-%dT%H:%M:%SZ}"
    if standing.budget == "conversation":
        plain["conversation"] = newest and newest.id
    return plain
