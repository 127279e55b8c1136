"""`livetechno key`: keep a key, show where it is, try it, forget it. Never the key itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from livetechno import words
from livetechno.cli import prompts, terminal
from livetechno.cli.spoken import Group, Option, one_of

if TYPE_CHECKING:
    from livetechno.gpt import keys
    from livetechno.gpt.secret import Secret

MOST_BYTES = 4096
"""What is read of a pipe: more than any key, and enough to see that it is none."""

_PLACES: dict[str, keys.Place] = {"keyring": "keyring", "file": "home"}
_base_url = click.option("--base-url", cls=Option, metavar="URL", help="key.help_base_url")


@click.group("key", cls=Group, help="key.help")
def command() -> None:
    """Hold the four subcommands."""


@command.command("set", help="key.set.help")
@click.argument("refused", nargs=-1, metavar="")
@_base_url
@click.option(
    "--in",
    "place",
    cls=Option,
    metavar="|".join(_PLACES),
    callback=one_of(*_PLACES),
    help="key.set.help_in",
)
def set_key(refused: tuple[str, ...], base_url: str | None, place: str | None) -> None:
    """Keep a key, typed unseen or piped."""
    from livetechno import app
    from livetechno.gpt import keys
    from livetechno.gpt.errors import UsageError

    if refused:
        del refused  # a traceback would show it
        raise UsageError(words.say("key.set.no_argument"), code="key_argument")
    address = _address(base_url)
    secret = _asked(address)
    stored = keys.store(secret, address, where=None if place is None else _PLACES[place])
    app.tell_of_settings()
    click.echo(words.say("key.set.done", key=secret, address=address, where=stored.where))
    first = keys.find(address)
    if first is not None and first.secret != secret:
        click.echo(words.say("key.set.not_first", where=first.where), err=True)


@command.command("show", help="key.show.help")
@_base_url
def show(base_url: str | None) -> None:
    """Say which key is in use: its last four characters, its place, its address."""
    found, address = _found(base_url)
    click.echo(words.say("key.show.found", key=found.secret, where=found.where, address=address))


@command.command("test", help="key.test.help")
def test() -> None:
    """Ask the server for its models: costs nothing, and needs a key that works."""
    from livetechno import app
    from livetechno.gpt import background
    from livetechno.gpt.errors import UsageError

    found, address = _found(None)
    if app.endpoint().mock:
        raise UsageError(words.say("key.test.mock"), code="mock")
    names = background.run(app.client().list_models())
    click.echo(words.say("key.test.ok", key=found.secret, address=address, count=len(names)))


@command.command("forget", help="key.forget.help")
@_base_url
@click.option("--yes", cls=Option, is_flag=True, help="key.forget.help_yes")
def forget(base_url: str | None, yes: bool) -> None:
    """Remove the stored key of one address, after asking."""
    from livetechno import app
    from livetechno.gpt import keys

    address = _address(base_url)
    if not (yes or prompts.agrees(words.say("key.forget.ask", address=address))):
        raise click.Abort
    removed = keys.forget(address)
    app.tell_of_settings()
    for where in removed:
        click.echo(words.say("key.forget.done", address=address, where=where))
    if not removed:
        click.echo(words.say("key.forget.nothing", address=address))
    left = keys.find(address)
    if left is not None:
        click.echo(words.say("key.forget.left", where=left.where), err=True)


def _address(chosen: str | None) -> str:
    """The base URL that is meant: the option's, else the one in use."""
    from livetechno import environment, settings
    from livetechno.gpt import addresses

    return addresses.check(chosen or environment.base_url() or settings.load().base_url or addresses.OPENAI)


def _found(base_url: str | None) -> tuple[keys.FoundKey, str]:
    """The key of that address, and the address. Raises MissingKeyError."""
    from livetechno.gpt import addresses, keys
    from livetechno.gpt.errors import MissingKeyError

    address = _address(base_url)
    found = keys.find(address)
    if found is None:
        raise MissingKeyError(url=address, code="key_missing", optional=not addresses.is_openai(address))
    return found, address


def _asked(address: str) -> Secret:
    """The key that is typed unseen at a terminal, else what comes through the pipe."""
    from livetechno.gpt.secret import Secret

    if terminal.is_terminal(sys.stdin):
        return Secret(click.prompt(words.say("key.set.prompt", address=address), hide_input=True, err=True))
    return Secret(sys.stdin.buffer.read(MOST_BYTES).decode("utf-8-sig", errors="replace"))
