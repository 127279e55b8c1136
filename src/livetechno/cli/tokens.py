"""`livetechno tokens`: how many tokens a file or a pipe is for a model, and what sending them costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from livetechno import environment, words
from livetechno.cli import terminal
from livetechno.cli.spoken import Command, Option

if TYPE_CHECKING:
    from decimal import Decimal

    from livetechno.gpt.messages import Image


@dataclass(frozen=True, slots=True)
class Counted:
    """The result: `exact` where the text is counted in the encoding that the model is known to read."""

    tokens: int
    exact: bool
    encoding: str
    model: str
    usd: Decimal | None
    """What the tokens cost as input, today."""


@click.command("tokens", cls=Command, help="cli.tokens.help")
@click.argument("name", metavar="FILE|-")
@click.option("-m", "--model", cls=Option, default="chat", metavar="NAME", help="cli.chat.help_model")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")
def command(name: str, model: str, as_json: bool) -> None:  # noqa: D103 - its help is cli.tokens.help
    from livetechno.cli import question

    given = (question.from_stdin() or "") if name == "-" else question.from_file(name)
    counted = _count(given, _model(model))
    if as_json:
        terminal.write(terminal.safe_json(_document(counted)) + "\n")
    else:
        terminal.write("".join(f"{line}\n" for line in _lines(counted)))


def _model(name: str) -> str:
    """The model that is meant: an alias's of today, and one past its end itself, with a notice."""
    from livetechno.gpt.catalogue import load_catalogue

    resolved = load_catalogue().resolve(name, environment.today())
    if resolved.notice is None:
        return resolved.name
    terminal.notice(resolved.notice.text())
    return resolved.notice.name


def _count(given: str | Image, model: str) -> Counted:
    from livetechno.gpt import prices, tokens

    encoding = tokens.encoding_for(model)
    if isinstance(given, str):
        count, exact = tokens.count(given, encoding), tokens.knows(model)
    else:
        count, exact = tokens.image_tokens(given.url, given.detail, model), False
    return Counted(count, exact, encoding, model, prices.estimate(count, 0, model, on=environment.today()))


def _lines(counted: Counted) -> tuple[str, str]:
    from livetechno.gpt.prices import format_usd

    kind = "exact" if counted.exact else "estimate"
    model = terminal.one_line(counted.model)
    return (
        words.say(f"cli.tokens.{kind}", tokens=counted.tokens, encoding=counted.encoding),
        words.say("cli.tokens.price", model=model, usd=format_usd(counted.usd)),
    )


def _document(counted: Counted) -> dict[str, Any]:
    return {
        "tokens": counted.tokens,
        "exact": counted.exact,
        "encoding": counted.encoding,
        "model": counted.model,
        "cost": None if counted.usd is None else float(counted.usd),
    }
