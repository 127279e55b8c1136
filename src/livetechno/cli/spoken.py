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
        """Write a section's heading."""
        super().write_heading(_ours(heading))

    def write_dl(self, rows: Any, *args: Any, **more: Any) -> None:
        """Write names and what they do."""
        super().write_dl([(name, _ours(text)) for name, text in rows], *args, **more)


class Context(click.Context):
    """A context whose help is spoken."""

    formatter_class = Formatter


class Option(click.Option):
    """An option whose `help` is a key of `livetechno.words`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option's names and what it does."""
        record = super().get_help_record(ctx)
        return record and (record[0], record[1].replace(self.help or "", words.say(self.help or ""), 1))


class Command(click.Command):
    """A command whose `help` is a key of `livetechno.words`."""

    context_class = Context

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        formatter.write_paragraph()
        with formatter.indentation():
            for paragraph in words.say(self.help or "").split("\n"):
                formatter.write_text(paragraph)


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when one is called. Each has an object `command`."""

    context_class = Context

    def __init__(
        self, *, modules: Mapping[str, str], helps: Mapping[str, str], intro: str, **rest: Any
    ) -> None:
        """Make the group: `modules` by command name, `helps` and `intro` are keys of `livetechno.words`."""
        super().__init__(**rest)
        self._modules = modules
        self._helps = helps
        self._intro = intro

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in reading order."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command."""
        if cmd_name not in self._modules:
            return None
        command: click.Command = importlib.import_module(self._modules[cmd_name]).command
        _speak(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names, or say which ones there are."""
        name = args[0]
        if not name.startswith("-") and name not in self._modules:
            ctx.fail(words.say("cli.no_such_command", name=name, known=", ".join(self._modules)))
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what livetechno is."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(words.say(self._intro))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words.say(self._helps[name])) for name in self._modules])


def _speak(command: click.Command) -> None:
    command.context_class = Context
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _speak(inner)


def number(
    kind: Callable[[str], float], refusal: str
) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """A callback that reads an option with `kind`, or refuses it with the sentence `refusal`."""

    def read(context: click.Context, option: click.Parameter, value: str | None) -> float | None:
        try:
            return None if value is None else kind(value)
        except ValueError:
            raise click.BadParameter(words.say(refusal, value=value), context, option) from None

    return read
