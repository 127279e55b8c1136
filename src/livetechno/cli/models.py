"""`livetechno models`: the names that work, what they cost, when they end, and what this key may use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from livetechno import environment, words
from livetechno.cli import columns, terminal
from livetechno.cli.spoken import Command, Option

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from livetechno.gpt.catalogue import Catalogue, Model
    from livetechno.gpt.rate_limits import RateLimits

COLUMNS = ("name", "use", "context", "input", "output", "ends", "successor")
NUMBERS = ("context", "input", "output")
"""Columns that are set flush right."""
LEAST_NEEDED = ("context", "use", "successor", "ends")
"""What a narrow terminal does without, in this order."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """What the server lets this key use, and the last rate limits seen (None: none were told).

    `openai`: it is OpenAI's; another server's names are all of interest, and it may need no key.
    """

    names: tuple[str, ...]
    rate_limits: RateLimits | None
    openai: bool


@click.command("models", cls=Command, help="models.help")
@click.option("--all", "everything", cls=Option, is_flag=True, help="models.help_all")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")
def command(everything: bool, as_json: bool) -> None:
    """Show the table, and with a key what it may use."""
    from livetechno.gpt.catalogue import load_catalogue

    catalogue, today = load_catalogue(), environment.today()
    aliases = {alias: catalogue.resolve(alias, today).name for alias in catalogue.aliases}
    shown = [row for row in catalogue.models.values() if everything or not row.ended(today)]
    if as_json:
        click.echo(terminal.safe_json(_document(catalogue, shown, aliases, today, _key_view())))
        return
    _show_aliases(aliases)
    heads = {column: words.say(f"models.column.{column}") for column in COLUMNS}
    rows = [_cells(row, aliases, today) for row in shown]
    columns.show(heads, rows, numbers=NUMBERS, least_needed=LEAST_NEEDED)
    _say("models.checked", day=catalogue.checked, today=today)
    view = _key_view()
    if view is not None:
        _show_key(view, catalogue, everything)


def _show_aliases(aliases: dict[str, str]) -> None:
    width = max(map(len, aliases))
    for alias, name in aliases.items():
        click.echo(f"{alias:{width}}  {name}")
    click.echo()


def _cells(row: Model, aliases: dict[str, str], today: dt.date) -> dict[str, str]:
    from livetechno.gpt.catalogue import in_force

    price = in_force(row.prices, today)
    return {
        "name": row.name,
        "use": ", ".join(alias for alias, name in aliases.items() if name == row.name),
        "context": f"{row.context:,}".replace(",", " "),
        "input": _dollars(price.input) if price else words.say("prices.unknown"),
        "output": _dollars(price.output) if price else words.say("prices.unknown"),
        "ends": row.ends.isoformat() if row.ends else "",
        "successor": row.successor or "",
    }


def _dollars(amount: Decimal) -> str:
    """All the digits of a price, with the comma where it is usual."""
    shown = f"{amount:f}"
    return shown.replace(".", ",") if environment.language() == "fr" else shown


def _key_view() -> KeyView | None:
    """What the server says of this key; None without one, and when asking failed (told on stderr)."""
    from livetechno import app
    from livetechno.gpt import addresses, background
    from livetechno.gpt.errors import GPTError, MissingKeyError

    try:
        endpoint = app.endpoint()
        if endpoint.mock:
            return None
        client = app.client()
        names = background.run(client.list_models())
    except MissingKeyError:
        return None
    except (GPTError, OSError) as error:
        click.echo(words.say("models.key_failed", error=error), err=True)
        return None
    return KeyView(tuple(names), client.rate_limits, addresses.is_openai(endpoint.base_url))


def _show_key(view: KeyView, catalogue: Catalogue, everything: bool) -> None:
    known = [name for name in view.names if catalogue.find(name) is not None]
    others = len(view.names) - len(known)
    everything = everything or not view.openai
    listed = view.names if everything else known
    sentence = "models.key_may" if view.openai else "models.server_offers"
    click.echo()
    _say(sentence, names=terminal.one_line(", ".join(listed)) or "-")
    if others and not everything:
        _say("models.key_others", count=others)
    if view.rate_limits is not None:
        for kind in ("requests", "tokens"):
            _show_limit(kind, view.rate_limits)


def _show_limit(kind: str, limits: RateLimits) -> None:
    limit, remaining, reset = (getattr(limits, f"{part}_{kind}") for part in ("limit", "remaining", "reset"))
    if limit is None or remaining is None:
        return
    _say(f"models.limit_{kind}", limit=limit, remaining=remaining, reset=reset or 0)


def _say(key: str, **values: object) -> None:
    terminal.sentence(words.say(key, **values))


def _document(
    catalogue: Catalogue,
    shown: Iterable[Model],
    aliases: dict[str, str],
    today: dt.date,
    view: KeyView | None,
) -> dict[str, Any]:
    from livetechno.gpt import model_rows

    limits = view.rate_limits if view else None
    return {
        "date": today.isoformat(),
        "checked": catalogue.checked.isoformat(),
        "aliases": aliases,
        "models": [model_rows.plain(row, aliases, today) for row in shown],
        "key": {"models": list(view.names), "rate_limits": asdict(limits) if limits else None}
        if view
        else None,
    }
