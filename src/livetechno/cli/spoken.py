"""click in the person's language, and commands that are loaded only when they are called.

Help texts are keys of `livetechno.words`, looked up when help is shown.
"""
# ruff: noqa: ARG002 - click chooses what these methods are called with

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import click

from livetechno import words

_CLICK_SENTENCES = {
    "Options": "cli.help.options",
    "Commands": "cli.help.commands",
    "Show this message and exit.": "cli.help.help",
    "Show the version and exit.": "cli.help.version",
}
"""What click says by itself, and our sentence for it."""


def _ours(text: str) -> str:
    return words.say(_CLICK_SENTENCES[text]) if text in _CLICK_SENTENCES else text


class Formatter(click.HelpFormatter):
    """Help with its headings in the person's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        super().write_usage(prog, args, prefix or f"{words.say('cli.help.usage')} ")

    def write_heading(self, heading: str) -> None:
        """Write a section's heading. Ours hold their colon, which French sets apart."""
        self.write(f"{'':{self.current_indent}}{_ours(heading)}\n")

    def write_dl(self, rows: Any, *args: Any, **more: Any) -> None:
        """Write names and what they do."""
        super().write_dl([(name, _ours(text)) for name, text in rows], *args, **more)


class Context(click.Context):
    """A context whose help is spoken."""

    formatter_class = Formatter


class Option(click.Option):
    """An option whose `help` is a key of `livetechno.words`; the sentence may hold its `{default}`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option's names and what it does."""
        record = super().get_help_record(ctx)
        return record and (record[0], words.say(self.help or "", default=self.default))


class Command(click.Command):
    """A command whose `help` is a key of `livetechno.words`."""

    context_class = Context

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        formatter.write_paragraph()
        with formatter.indentation():
            for paragraph in words.say(self.help or "").split("\n"):
                formatter.write_text(paragraph)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. Raises click.UsageError for more than there is use for."""
        ctx.allow_extra_args = True  # click's own refusal is in English
        try:
            left = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser forgets whose options it reads
            raise
        if ctx.args:
            ctx.fail(words.say("cli.extra_arguments", extra=" ".join(ctx.args)))
        return left


class Group(click.Group):
    """A group whose `help`, and that of its commands, is a key of `livetechno.words`."""

    context_class = Context
    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names, or say which ones there are."""
        name, known = args[0], self.list_commands(ctx)
        if not name.startswith("-") and name not in known:
            ctx.fail(words.say("cli.no_such_command", name=name, known=", ".join(known)))
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the group is for."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(words.say(self.help or ""))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, each with what it does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.short_help_of(name)) for name in self.list_commands(ctx)])

    def short_help_of(self, name: str) -> str:
        """What a command does, in one sentence."""
        return words.say(self.commands[name].help or "")


class LazyGroup(Group):
    """A group whose commands are modules, imported when one is called. Each has an object `command`."""

    def __init__(self, *, modules: Mapping[str, str], helps: Mapping[str, str], **rest: Any) -> None:
        """Make the group: `modules` by command name, `helps` are keys of `livetechno.words`."""
        super().__init__(**rest)
        self._modules = modules
        self._helps = helps

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in reading order."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command."""
        if cmd_name not in self._modules:
            return None
        command: click.Command = importlib.import_module(self._modules[cmd_name]).command
        return command

    def short_help_of(self, name: str) -> str:
        """What a command does, without loading it."""
        return words.say(self._helps[name])


Callback = Callable[[click.Context, click.Parameter, Any], Any]


def number(kind: type[int] | type[float], low: float | None = None, high: float | None = None) -> Callback:
    """A callback that reads an option with `kind` (int or float), from `low` to `high`, or refuses it."""
    refusal = "cli.not_a_whole_number" if kind is int else "cli.not_a_number"

    def read(context: click.Context, option: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            found = kind(value)
        except ValueError:
            raise click.BadParameter(words.say(refusal, value=value), context, option) from None
        if low is not None and high is not None and not low <= found <= high:
            told = words.say("cli.not_between", value=value, low=low, high=high)
            raise click.BadParameter(told, context, option)
        return found

    return read


def port_option(default: int, help: str) -> Callable[[Any], Any]:  # noqa: A002 - click's own word
    """The option `--port`: 0 is any that is free."""
    read = number(int, 0, 65535)
    return click.option(
        "--port", cls=Option, type=str, default=default, metavar="NUMBER", callback=read, help=help
    )


def one_of(*allowed: str) -> Callback:
    """A callback that takes one of these words, or refuses with all of them."""

    def read(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None and value not in allowed:
            told = words.say("cli.not_one_of", value=value, allowed=", ".join(allowed))
            raise click.BadParameter(told, context, option)
        return value

    return read
