"""`livetechno access`: keys that let other programs ask through this machine, each with its own budget."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import budget, columns, terminal
from livetechno.cli.spoken import Group, Option, number

if TYPE_CHECKING:
    from livetechno.store import Store
    from livetechno.store.access import AccessKey
    from livetechno.store.budgets import Name, Standing

PERIODS: tuple[Name, ...] = ("day", "month")
COLUMNS = ("name", "key", "models", "limits", "budget", "left", "used")
LEAST_NEEDED = ("limits", "used", "models", "key")
"""What a narrow terminal does without, in this order."""
MOST = 10_000_000


def read_budgets(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> dict[Name, Decimal]:
    """What `5/month` and `1/day` say; the last of each counts."""
    caps: dict[Name, Decimal] = {}
    for value in values:
        amount, slash, period = value.rpartition("/")
        found = [name for name in PERIODS if slash and name == period.strip()]
        if not found:
            raise click.BadParameter(words.say("access.no_budget", value=value), context, option)
        caps[found[0]] = budget.read_amount(context, option, amount)
    return caps


def read_models(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Names and aliases that the catalogue knows: no other has a price."""
    from livetechno.gpt.catalogue import load_catalogue

    if value is None:
        return ()
    catalogue = load_catalogue()
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    for name in names:
        if name not in catalogue.aliases and catalogue.find(name) is None:
            told = words.say("access.no_model", name=name, aliases=", ".join(catalogue.aliases))
            raise click.BadParameter(told, context, option)
    return names


@click.group("access", cls=Group, help="access.help")
def command() -> None:
    """Hold the three subcommands."""


@command.command("create", help="access.create.help")
@click.argument("name", metavar="NAME")
@click.option(
    "--budget",
    "caps",
    cls=Option,
    multiple=True,
    metavar="USD/day|month",
    callback=read_budgets,
    help="access.create.help_budget",
)
@click.option(
    "--models", cls=Option, metavar="NAME,...", callback=read_models, help="access.create.help_models"
)
@click.option(
    "--rpm",
    "per_minute",
    cls=Option,
    metavar="N",
    callback=number(int, 1, MOST),
    help="access.create.help_rpm",
)
@click.option(
    "--at-once", cls=Option, metavar="N", callback=number(int, 1, MOST), help="access.create.help_at_once"
)
@click.option(
    "--most-tokens",
    cls=Option,
    metavar="N",
    callback=number(int, 1, MOST),
    help="access.create.help_most_tokens",
)
def create(name: str, caps: dict[Name, Decimal], models: tuple[str, ...], **limits: int | None) -> None:
    """Make a key, and print it alone on stdout."""
    from livetechno import app

    store = app.store()
    given = {limit: most for limit, most in limits.items() if most is not None}
    key, secret = store.access.create(name, models=models, limits=given, caps=caps)
    told = _budget(_standings(store, key)) or words.say("access.no_cap")
    terminal.notice(words.say("access.created", name=key.name, budget=told))
    click.echo(secret)
    terminal.notice(words.say("access.keep_it"))


@command.command("list", help="access.list.help")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="access.list.help_json")
def list_(as_json: bool) -> None:
    """Show the keys that open something, and what they have left; never the keys themselves."""
    from livetechno import app

    store = app.store()
    keys = [(key, _standings(store, key)) for key in store.access.list()]
    if as_json:
        click.echo(terminal.safe_json({"keys": [_plain(*one) for one in keys]}))
    elif keys:
        heads = {name: words.say(f"access.column.{name}") for name in COLUMNS}
        columns.show(heads, [_cells(*one) for one in keys], least_needed=LEAST_NEEDED)
    else:
        terminal.sentence(words.say("access.none"))


@command.command("revoke", help="access.revoke.help")
@click.argument("name", metavar="NAME")
def revoke(name: str) -> None:
    """Let a key open nothing any more."""
    from livetechno import app

    key = app.store().access.revoke(name)
    terminal.sentence(words.say("access.revoked", name=key.name))


def _standings(store: Store, key: AccessKey) -> list[Standing]:
    """How its budgets stand, those that it has."""
    return [one for one in store.of(key.owner).budgets.standing() if one.cap is not None]


def _budget(standings: list[Standing]) -> str:
    from livetechno.gpt.prices import format_usd

    return ", ".join(words.say(f"access.per.{one.budget}", cap=format_usd(one.cap)) for one in standings)


def _cells(key: AccessKey, standings: list[Standing]) -> dict[str, str]:
    from livetechno.gpt.prices import format_usd

    left = min((one.left for one in standings if one.left is not None), default=None)
    return {
        "name": key.name,
        "key": f"…{key.last4}",
        "models": ", ".join(key.models) or words.say("access.all_models"),
        "limits": ", ".join(words.say(f"access.limit.{name}", most=most) for name, most in key.limits.items())
        or "-",
        "budget": _budget(standings) or "-",
        "left": "-" if left is None else format_usd(left),
        "used": "-" if key.used is None else key.used[:16].replace("T", " "),
    }


def _plain(key: AccessKey, standings: list[Standing]) -> dict[str, Any]:
    return {
        **{name: getattr(key, name) for name in ("id", "name", "last4", "made", "used")},
        "models": list(key.models),
        "limits": dict(key.limits),
        "budgets": [
            {"budget": one.budget, "cap": f"{one.cap:f}", "left": f"{one.left:f}"} for one in standings
        ],
    }
