"""`livetechno serve`: the page and its API on this machine, until it is stopped."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import click

from livetechno import environment, words
from livetechno.cli import terminal
from livetechno.cli.spoken import Command, Option, number

DEFAULT_PORT = 8787
HOSTS = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
"""The names of this machine, and what is listened on."""


def _read_host(context: click.Context, option: click.Parameter, value: str) -> str:
    if value not in HOSTS:
        told = words.say("serve.host_refused", host=value, allowed=", ".join(HOSTS))
        raise click.BadParameter(told, context, option)
    return HOSTS[value]


def _read_folder(context: click.Context, option: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and not value.is_dir():
        raise click.BadParameter(words.say("serve.no_folder", folder=value), context, option)
    return value


@click.command("serve", cls=Command, help="serve.help")
@click.option(
    "--host",
    cls=Option,
    default="127.0.0.1",
    metavar="NAME",
    callback=_read_host,
    help="serve.help_host",
)
@click.option(
    "--port",
    cls=Option,
    type=str,
    default=DEFAULT_PORT,
    metavar="NUMBER",
    callback=number(int, 0, 65535),
    help="serve.help_port",
)
@click.option("--open/--no-open", "opening", cls=Option, default=None, help="serve.help_open")
@click.option(
    "--folder", cls=Option, type=Path, metavar="DIR", callback=_read_folder, help="serve.help_folder"
)
@click.option("--log", cls=Option, type=Path, metavar="FILE", help="serve.help_log")
def command(host: str, port: int, opening: bool | None, folder: Path | None, log: Path | None) -> int:
    """Serve until stopped. Returns the exit code: 0 after SIGTERM, 130 after Ctrl-C."""
    import asyncio

    from livetechno.server import logs

    if opening is None:
        opening = terminal.is_terminal(sys.stdout) and environment.has_display()
    with logs.kept_in(log):
        return asyncio.run(_serve(host, port, folder, opening=opening))


async def _serve(host: str, port: int, folder: Path | None, *, opening: bool) -> int:
    from livetechno.cli.stopping import stop_signals
    from livetechno.server import runner

    try:
        # a server that is there already may serve another folder, or none
        found = await runner.find_port(host, port, reuse=folder is None)
    except runner.NoPortError:
        raise _busy(port, words.say("serve.no_port")) from None
    for passed in found.passed:
        _say("serve.passed", port=passed)
    if found.ours:
        _ready(runner.url(host, found.port), "serve.reused", opening=opening)
        return 0
    server = runner.Server(host, found.port, folder=folder)
    with stop_signals() as stopped:
        try:
            address = await server.start()
        except OSError as error:
            raise _busy(found.port, os.strerror(error.errno) if error.errno else str(error)) from None
        try:
            _ready(address, "serve.ready", opening=opening)
            return await stopped
        finally:
            await server.stop()


def _ready(address: str, sentence: str, *, opening: bool) -> None:
    click.echo(f"READY {address}")
    _say(sentence, address=address)
    if opening and environment.has_display():
        # a browser that is no window would hold us up
        threading.Thread(target=_open, args=(address,), daemon=True).start()
    elif opening:
        _say("serve.open_it", address=address)


def _open(address: str) -> None:
    import webbrowser

    if not webbrowser.open(address):
        _say("serve.open_it", address=address)


def _busy(port: int, reason: str) -> click.BadParameter:
    return click.BadParameter(words.say("mock.cli.busy_port", port=port, reason=reason), param_hint="--port")


def _say(key: str, **values: object) -> None:
    terminal.notice(words.say(key, **values))
