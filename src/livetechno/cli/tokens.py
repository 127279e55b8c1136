"""`livetechno tokens`: how many tokens a file or a pipe is for a model, and what sending them costs.

Text is counted here, exactly. An image is counted by OpenAI, when there is a key for it; else estimated.
"""

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
    """The result. Exact are a text in an encoding that the model is known to read, and the server's count."""

    tokens: int
    exact: bool
    by_server: bool
    """Of a message that holds the image, and nothing else."""
    encoding: str
    model: str
    usd: Decimal | None
    """What the tokens cost as input, today."""


@click.command("tokens", cls=Command, help="cli.tokens.help")
@click.argument("name", metavar="FILE|-")
@click.option("-m", "--model", cls=Option, default="chat", metavar="NAME", help="cli.chat.help_model")
@click.option("--offline", cls=Option, is_flag=True, help="cli.tokens.help_offline")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")
def command(name: str, model: str, offline: bool, as_json: bool) -> None:  # noqa: D103 - see cli.tokens.help
    from livetechno.cli import question

    given = (question.from_stdin() or "") if name == "-" else question.from_file(name)
    counted = _count(given, _model(model), offline=offline)
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


def _count(given: str | Image, model: str, *, offline: bool) -> Counted:
    from livetechno.gpt import prices, tokens

    encoding = tokens.encoding_for(model)
    told = None if offline or isinstance(given, str) else _ask_openai(given, model)
    if isinstance(given, str):
        count, exact = tokens.count(given, encoding), tokens.knows(model)
    elif told is not None:
        count, exact = told, True
    else:
        count, exact = tokens.image_tokens(given.url, given.detail, model), False
    usd = prices.estimate(count, 0, model, on=environment.today())
    return Counted(count, exact, told is not None, encoding, model, usd)


def _ask_openai(image: Image, model: str) -> int | None:
    """OpenAI's own count; None without a key for it, and when it did not tell (said on stderr)."""
    from livetechno import app
    from livetechno.gpt import addresses, background, remote_count
    from livetechno.gpt.completions import Request
    from livetechno.gpt.errors import GPTError, MissingKeyError
    from livetechno.gpt.messages import user

    try:
        endpoint = app.endpoint()
        if endpoint.mock or not addresses.is_openai(endpoint.base_url):
            return None
        terminal.mark_waiting()
        request = Request((user("", [image]),), model=model)
        return background.run(remote_count.input_tokens(app.client(), request))
    except MissingKeyError:
        return None
    except GPTError as error:
        terminal.notice(words.say("cli.tokens.not_told", error=terminal.one_line(str(error))))
        return None
    finally:
        terminal.stop_waiting()


def _lines(counted: Counted) -> tuple[str, str]:
    from livetechno.gpt.prices import format_usd

    kind = "server" if counted.by_server else "exact" if counted.exact else "estimate"
    model = terminal.one_line(counted.model)
    return (
        words.say(f"cli.tokens.{kind}", tokens=counted.tokens, encoding=counted.encoding),
        words.say("cli.tokens.price", model=model, usd=format_usd(counted.usd)),
    )


def _document(counted: Counted) -> dict[str, Any]:
    return {
        "tokens": counted.tokens,
        "exact": counted.exact,
        "counted_by": "server" if counted.by_server else "livetechno",
        "encoding": counted.encoding,
        "model": counted.model,
        "cost": None if counted.usd is None else float(counted.usd),
    }
