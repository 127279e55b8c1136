"""`livetechno mock`: Mock AI as a server for other programs, a recorder of another server, or its replay."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livetechno import words
from livetechno.cli.spoken import Command, Option, number, port_option
from livetechno.mock.faults import FAULTS, UnknownFaultError, parse_fault

if TYPE_CHECKING:
    from livetechno.mock import MockServer

DEFAULT_PORT = 8788
LONGEST_PACE = 3600
"""Seconds."""
SCRIPT_BYTES = 1024 * 1024


@click.command("mock", cls=Command, help="mock.cli.help")
@port_option(DEFAULT_PORT, "mock.cli.port")
@click.option(
    "--seed", cls=Option, type=str, default=0, metavar="NUMBER", callback=number(int), help="mock.cli.seed"
)
@click.option(
    "--pace",
    cls=Option,
    type=str,
    default=0,
    metavar="SECONDS",
    callback=number(float, 0, LONGEST_PACE),
    help="mock.cli.pace",
)
@click.option("--fault", "rates", cls=Option, multiple=True, metavar="NAME=RATE", help="mock.cli.fault")
@click.option("--script", cls=Option, type=Path, metavar="FILE", help="mock.cli.script")
@click.option("--record", cls=Option, type=Path, metavar="DIR", help="mock.cli.record")
@click.option("--upstream", cls=Option, metavar="URL", help="mock.cli.upstream")
@click.option("--replay", cls=Option, type=Path, metavar="DIR", help="mock.cli.replay")
@click.option("--faults", "listing", cls=Option, is_flag=True, help="mock.cli.faults")
def command(
    port: int,
    seed: int,
    pace: float,
    rates: tuple[str, ...],
    script: Path | None,
    record: Path | None,
    upstream: str | None,
    replay: Path | None,
    listing: bool,
) -> int:
    """Serve until stopped. Returns the exit code: 0 after SIGTERM, 130 after Ctrl-C."""
    if listing:
        width = max(map(len, FAULTS))
        for name, fault in FAULTS.items():
            click.echo(f"{name:<{width}}  {fault.description()}")
        return 0
    faults = dict(map(read_rate, rates))
    specs = [] if script is None else read_script(script)

    import asyncio

    from livetechno.gpt.errors import UsageError
    from livetechno.mock import MockServer

    try:
        server = MockServer(
            port=port,
            seed=seed,
            pace=pace,
            faults=faults,
            script=specs,
            record=record,
            upstream=upstream,
            replay=replay,
        )
        return asyncio.run(_serve(server, port))
    except UsageError as error:
        if not error.detail:
            raise
        raise click.UsageError(error.detail) from None


def read_rate(text: str) -> tuple[str, float]:
    """The fault and its rate in `NAME=RATE`. Raises click.BadParameter."""
    name, _, value = text.rpartition("=")
    if not name or _is_fault(text):
        raise _bad("mock.cli.bad_rate", "--fault", value=text)
    if not _is_fault(name):
        raise _bad("mock.cli.unknown_fault", "--fault", name=name)
    try:
        rate = float(value)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise _bad("mock.cli.bad_rate", "--fault", value=text)
    return name, rate


def _is_fault(text: str) -> bool:
    try:
        parse_fault(text)
    except UnknownFaultError:
        return False
    return True


def read_script(path: Path) -> list[str | None]:
    """The faults of a script: a JSON list of names and nulls, or a name on each line.

    In lines, `-` or `ok` is no fault, and `#` begins a comment. Raises click.BadParameter.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(SCRIPT_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise _bad("mock.cli.unreadable", "--script", path=path, reason=error.strerror) from None
    except UnicodeDecodeError:
        raise _bad("mock.cli.unreadable", "--script", path=path, reason="UTF-8?") from None
    if len(raw) > SCRIPT_BYTES:
        raise _bad("mock.cli.unreadable", "--script", path=path, reason="> 1 MB")
    specs = _json_list(text, path) if text.lstrip().startswith(("[", "{")) else _lines(text)
    for place, spec in enumerate(specs, 1):
        if spec is not None and not _is_fault(spec):
            raise _bad("mock.cli.bad_spec", "--script", path=path, place=place, spec=spec)
    return specs


def _json_list(text: str, path: Path) -> list[str | None]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad("mock.cli.unreadable", "--script", path=path, reason=error) from None
    if not isinstance(value, list) or not all(item is None or isinstance(item, str) for item in value):
        raise _bad("mock.cli.not_a_list", "--script", path=path)
    return value


def _lines(text: str) -> list[str | None]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [None if line in ("-", "ok") else line for line in lines if line]


def _bad(key: str, option: str, **values: object) -> click.BadParameter:
    return click.BadParameter(words.say(key, **values), param_hint=option)


async def _serve(server: MockServer, port: int) -> int:
    from livetechno.cli.stopping import stop_signals

    with stop_signals() as stopped:
        try:
            try:
                base_url = await server.start()
            except OSError as error:
                reason = os.strerror(error.errno) if error.errno else str(error)
                raise _bad("mock.cli.busy_port", "--port", port=port, reason=reason) from None
            click.echo(f"READY {base_url}")
            _say_what_it_does(server)
            code = await stopped
        finally:
            await server.stop()
    if recorder := server.recorder:
        _say("mock.cli.recorded", path=recorder.folder, count=recorder.recorded)
    return code


def _say_what_it_does(server: MockServer) -> None:
    if recorder := server.recorder:
        _say("mock.cli.recording", url=recorder.upstream, path=recorder.folder)
        if recorder.key is None:
            _say("mock.cli.without_key", url=recorder.upstream)
    elif server.replay is not None:
        _say("mock.cli.replaying", count=len(server.replay), path=server.replay.folder)
    else:
        _say("mock.cli.ready")


def _say(key: str, **values: object) -> None:
    click.echo(words.say(key, **values), err=True)
