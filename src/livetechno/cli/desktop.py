"""`livetechno desktop`: the page, or a maker's, in a window of its own."""

from __future__ import annotations

from pathlib import Path

import click

from livetechno import environment, words
from livetechno.cli import failures, terminal
from livetechno.cli.spoken import Command, port_option

DEFAULT_PORT = 8707
"""Always the same if it can be: what a page keeps in its browser belongs to its address."""


@click.command("desktop", cls=Command, help="desktop.help")
@click.argument("given", required=False, type=Path, metavar="[PAGE|FOLDER]")
@port_option(DEFAULT_PORT, "serve.help_port")
def command(given: Path | None, port: int) -> int:
    """Show the window until it is closed. Returns the exit code: 0, or 130 after Ctrl-C."""
    import signal

    from livetechno.hosts import desktop, instance, serving
    from livetechno.server.runner import NoPortError

    try:
        page = serving.page_of(given)
    except FileNotFoundError:
        told = words.say("desktop.no_page", page=given)
        raise click.BadParameter(told, param_hint="PAGE|FOLDER") from None
    try:
        desktop.check()
        place = instance.take(environment.home())
        if place is None:
            terminal.notice(words.say("desktop.is_open"))
            return failures.OK
        with place:
            closed_by = desktop.show(page, place, port)
    except desktop.NoWindowError as error:
        raise click.ClickException(str(error)) from None
    except instance.NotAnsweringError as error:
        told = words.say("desktop.not_answering", process=error.process or "?")
        raise click.ClickException(told) from None
    except NoPortError:
        told = words.say("mock.cli.busy_port", port=port, reason=words.say("serve.no_port"))
        raise click.BadParameter(told, param_hint="--port") from None
    return failures.INTERRUPTED if closed_by == signal.SIGINT else failures.OK
