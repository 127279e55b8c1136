"""`livetechno serve`: the page and its API on this machine, or a chat for sites, until it is stopped."""

from __future__ import annotations

import gc
import ipaddress
import os
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livetechno import environment, words
from livetechno.cli import site, terminal
from livetechno.cli.spoken import Command, Option, port_option

if TYPE_CHECKING:
    from livetechno.server.runner import Server

DEFAULT_PORT = 8787
HOSTS = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
"""The names of this machine, and what is listened on."""


def _read_host(context: click.Context, option: click.Parameter, value: str) -> str:
    try:
        return HOSTS.get(value) or str(ipaddress.ip_address(value))
    except ValueError:
        told = words.say("serve.host_refused", host=value, allowed=", ".join(HOSTS))
        raise click.BadParameter(told, context, option) from None


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
@port_option(DEFAULT_PORT, "serve.help_port")
@click.option("--open/--no-open", "opening", cls=Option, default=None, help="serve.help_open")
@click.option(
    "--folder", cls=Option, type=Path, metavar="DIR", callback=_read_folder, help="serve.help_folder"
)
@click.option("--log", cls=Option, type=Path, metavar="FILE", help="serve.help_log")
@site.options
def command(
    host: str, port: int, opening: bool | None, folder: Path | None, log: Path | None, **given: Any
) -> int:
    """Serve until stopped. Returns the exit code: 0 after SIGTERM, 130 after Ctrl-C."""
    from livetechno.server import connections, logs, runner

    if opening is None:
        opening = terminal.is_terminal(sys.stdout) and environment.has_display()
    connections.open_many_files()
    deployed = site.read(host, alone=ipaddress.ip_address(host).is_loopback, **given)
    with logs.kept_in(log), site.prepared(deployed) if deployed else nullcontext():
        return runner.run(_serve(host, port, folder, deployed, opening=opening))


async def _serve(
    host: str, port: int, folder: Path | None, deployed: site.Deployment | None, *, opening: bool
) -> int:
    from livetechno.cli.stopping import stop_signals
    from livetechno.server import runner

    try:
        # a server that is there already may serve another folder, or none
        found = await runner.find_port(host, port, reuse=folder is None and deployed is None)
    except runner.NoPortError:
        raise _busy(port, words.say("serve.no_port")) from None
    for passed in found.passed:
        _say("serve.passed", port=passed)
    if found.ours:
        _ready(runner.url(host, found.port), "serve.reused", opening=opening)
        return 0
    own_port = 0
    if deployed and found.port:
        own_port = (await runner.find_port(runner.OWN_HOST, found.port + 1, reuse=False)).port
    site_ = deployed.site if deployed else None
    server = runner.Server(host, found.port, folder=folder, site=site_, own_port=own_port)
    with stop_signals() as stopped:
        try:
            address = await server.start()
        except OSError as error:
            raise _busy(found.port, os.strerror(error.errno) if error.errno else str(error)) from None
        _spare_the_collector()
        try:
            if deployed:
                _ready_for_others(server, address, deployed, opening=opening)
            else:
                _ready(address, "serve.ready", opening=opening)
            return await stopped
        finally:
            await server.stop()


def _spare_the_collector() -> None:
    """Have the collector of cycles pass over what is loaded, and look less often: a tenth of a request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _ready(address: str, sentence: str, *, opening: bool) -> None:
    click.echo(f"READY {address}")
    _say(sentence, address=address)
    _show(address, opening=opening)


def _ready_for_others(server: Server, address: str, deployed: site.Deployment, *, opening: bool) -> None:
    click.echo(f"READY {address}")
    if deployed.site.origins:
        _say("serve.site_ready", address=address, origins=", ".join(sorted(deployed.site.origins)))
    else:
        _say("serve.access_ready", address=address)
    _say("serve.own_page", address=server.own_url)
    _show(server.own_url, opening=opening)


def _show(address: str, *, opening: bool) -> None:
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
