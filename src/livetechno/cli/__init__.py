"""The `livetechno` command. Each subcommand is a module that is imported when it is called."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

import click

import livetechno
from livetechno import environment
from livetechno.cli import failures, terminal
from livetechno.cli.spoken import LazyGroup

_MODULES = {
    "serve": "livetechno.cli.serve",
    "desktop": "livetechno.cli.desktop",
    "chat": "livetechno.cli.chat",
    "conversations": "livetechno.cli.conversations",
    "compose": "livetechno.cli.compose",
    "project": "livetechno.cli.project",
    "machines": "livetechno.cli.machines",
    "eval": "livetechno.cli.eval",
    "models": "livetechno.cli.models",
    "tokens": "livetechno.cli.tokens",
    "costs": "livetechno.cli.costs",
    "budget": "livetechno.cli.budget",
    "key": "livetechno.cli.key",
    "access": "livetechno.cli.access",
    "mock": "livetechno.cli.mock",
    "doctor": "livetechno.cli.doctor",
}
_HELPS = {
    "serve": "cli.short.serve",
    "desktop": "cli.short.desktop",
    "chat": "cli.short.chat",
    "conversations": "cli.short.conversations",
    "compose": "cli.short.compose",
    "project": "cli.short.project",
    "machines": "cli.short.machines",
    "eval": "cli.short.eval",
    "models": "cli.short.models",
    "tokens": "cli.short.tokens",
    "costs": "cli.short.costs",
    "budget": "cli.short.budget",
    "key": "cli.short.key",
    "access": "cli.short.access",
    "mock": "cli.short.mock",
    "doctor": "cli.short.doctor",
}


@click.group(cls=LazyGroup, modules=_MODULES, helps=_HELPS, help="cli.intro", invoke_without_command=True)
@click.version_option(livetechno.__version__, message="livetechno %(version)s")
@click.pass_context
def group(context: click.Context) -> None:  # noqa: D103 - its help is cli.intro
    if context.invoked_subcommand is not None:
        return
    if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout)):
        click.echo(context.get_help())
    elif environment.has_display():
        from livetechno.cli import serve

        context.exit(serve.command.main(["--open"], "livetechno serve", standalone_mode=False))
    else:
        from livetechno.cli import chat

        context.invoke(chat.command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (default: those of the process). Returns the exit code."""
    terminal.open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    return failures.exit_code(
        lambda: group.main(
            None if arguments is None else list(arguments), prog_name="livetechno", standalone_mode=False
        )
    )
