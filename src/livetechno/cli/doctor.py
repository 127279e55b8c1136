"""`livetechno doctor`: what is missing here, and how to mend it."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import click

from livetechno import environment, settings, words
from livetechno.cli import terminal
from livetechno.cli.spoken import Command, Option
from livetechno.words.styles import BOLD, DIM, GREEN, PLAIN, Style, paint

if TYPE_CHECKING:
    from livetechno.gpt.transport import Timeouts

State = Literal["ok", "mend", "info"]
OLDEST_PYTHON = (3, 10)
PATIENCE = 10.0
"""Seconds to wait for a server."""

_STATE_COLUMNS = 11
_STATES: dict[State, tuple[str, Style]] = {
    "ok": ("cli.doctor.ok", GREEN),
    "mend": ("cli.doctor.mend", BOLD),
    "info": ("cli.doctor.info", PLAIN),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what is so, and how to mend it when it must be."""

    name: str
    state: State
    text: str
    mend: str = ""


@click.command("doctor", cls=Command, help="cli.doctor.help")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="cli.doctor.help_json")
def command(as_json: bool) -> int:  # noqa: D103 - its help is cli.doctor.help
    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            terminal.write(_line(check))
    healthy = all(check.state != "mend" for check in checks)
    if as_json:
        terminal.write(terminal.safe_json({"ok": healthy, "checks": [asdict(one) for one in checks]}) + "\n")
    else:
        terminal.write(words.say("cli.doctor.healthy" if healthy else "cli.doctor.to_mend") + "\n")
    return 0 if healthy else 1


def examine() -> Iterator[Check]:
    """Look at one thing after the other. What cannot be looked at is itself something to mend.

    A cause that spoils several of them is told once.
    """
    told: dict[tuple[str, str], str] = {}
    for name, look in _LOOKS.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            try:
                state, text, mend = look()
            except Exception as error:  # noqa: BLE001 - a patient that cannot be examined is ill
                state, text, mend = _illness(error)
        if caught and state == "ok":
            state, mend = "mend", " ".join(str(one.message) for one in caught)
        first = told.setdefault((text, mend), name) if state == "mend" else name
        if first != name:
            text, mend = words.say("cli.doctor.see_above", name=words.say(_NAMES[first])), ""
        yield Check(name, state, text, mend)


Finding = tuple[State, str, str]


def _ok(text: str) -> Finding:
    return "ok", text, ""


def _info(text: str) -> Finding:
    return "info", text, ""


def _illness(error: Exception) -> Finding:
    from livetechno.gpt.errors import GPTError
    from livetechno.gpt.redaction import redact
    from livetechno.store.errors import StoreError

    if isinstance(error, GPTError | StoreError):
        return "mend", error.what(), error.todo()
    if isinstance(error, environment.EnvironmentValueError):
        name = error.variable
        mend = words.say("cli.doctor.environment_mend", variable=name, allowed=error.allowed)
        return "mend", f"{name}={error.value}", mend
    if isinstance(error, settings.SettingsError):
        return "mend", str(error), words.say("cli.doctor.settings_mend", file=error.file)
    if isinstance(error, OSError) and error.strerror:
        return "mend", error.strerror, words.say("cli.doctor.see", what=error.filename or "")
    return "mend", redact(f"{type(error).__name__}: {error}"), ""


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return "mend", f"Python {version}", words.say("cli.doctor.python_old")
    return _ok(f"Python {version}, {platform.system()}")


def _home() -> Finding:
    home = environment.home()
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        return "mend", f"{home}: {error.strerror}", words.say("cli.doctor.home_mend")
    return _ok(str(home))


def _store() -> Finding:
    from livetechno import app

    path = environment.home() / app.DATABASE
    if not path.exists():
        return _info(words.say("cli.doctor.nothing_stored", file=path))
    return _ok(words.say("cli.doctor.store", file=path, count=len(app.store().conversations.list())))


def _settings() -> Finding:
    settings.load()
    path = settings.path()
    return _ok(str(path)) if path.exists() else _info(words.say("cli.doctor.no_settings", file=path))


def _environment() -> Finding:
    names = ("LIVETECHNO_LANG", "LIVETECHNO_DATE", "LIVETECHNO_MOCK", "LIVETECHNO_MODEL", "OPENAI_BASE_URL")
    held = [f"{name}={os.environ[name]}" for name in names if os.environ.get(name)]
    environment.today()
    environment.mock_mode()
    return _info(", ".join(held)) if held else _ok(words.say("cli.doctor.no_variables"))


def _catalogue() -> Finding:
    from livetechno.gpt.catalogue import load_catalogue

    catalogue = load_catalogue()
    meant = catalogue.resolve("chat", environment.today()).name
    return _ok(
        words.say("cli.doctor.catalogue", count=len(catalogue.models), day=catalogue.checked, model=meant)
    )


def _address_in_use() -> str:
    from livetechno.gpt import addresses

    return addresses.check(environment.base_url() or settings.load().base_url or addresses.OPENAI)


def _address() -> Finding:
    return _ok(_address_in_use())


def _key() -> Finding:
    from livetechno.gpt import addresses, keys

    address = _address_in_use()
    found = keys.find(address)
    if found is not None:
        return _ok(words.say("cli.doctor.key", last4=found.secret.last4, where=found.where))
    if not addresses.is_openai(address):
        return _info(words.say("cli.doctor.no_key_elsewhere", url=address))
    if environment.mock_mode() == "never":
        return "mend", words.say("cli.doctor.no_key"), words.say("cli.doctor.key_mend")
    return _info(f"{words.say('cli.doctor.no_key_mock')} {words.say('cli.doctor.key_mend')}")


def _reach() -> Finding:
    """Ask the server for its models, where a key (or a server of one's own) makes that sensible."""
    from livetechno import app
    from livetechno.gpt import addresses, background, keys
    from livetechno.gpt.client import Client
    from livetechno.gpt.retry import Retry

    address = _address_in_use()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told by the check of the key
        found = keys.find(address)
    if app.mock_mode() == "always" or (found is None and addresses.is_openai(address)):
        return _info(words.say("cli.doctor.not_tried"))
    client = Client(
        base_url=address, key=found.secret if found else None, timeouts=_timeouts(), retry=Retry(attempts=1)
    )
    names = background.run(client.list_models())
    return _ok(words.say("cli.doctor.reached", url=address, count=len(names)))


def _timeouts() -> Timeouts:
    from livetechno.gpt.transport import Timeouts

    return Timeouts(connect=PATIENCE / 2, first_byte=PATIENCE, idle=PATIENCE, total=PATIENCE)


def _certificates() -> Finding:
    from livetechno.gpt import tls

    tls.context()
    return _ok(words.say("cli.doctor.certificates", source=tls.source()))


def _terminal() -> Finding:
    can = terminal.abilities(sys.stdout)
    if not can.terminal:
        return _info(words.say("cli.doctor.no_terminal"))
    if not can.styled:
        return _info(words.say("cli.doctor.plain_terminal", encoding=sys.stdout.encoding))
    key = "cli.doctor.colours" if can.coloured else "cli.doctor.no_colours"
    return _ok(words.say(key, columns=can.columns))


def _extras() -> Finding:
    from livetechno.gpt.keys import KeyringStore

    keyring = "cli.doctor.keyring" if KeyringStore.usable() else "cli.doctor.no_keyring"
    uvloop = "cli.doctor.uvloop" if find_spec("uvloop") else "cli.doctor.no_uvloop"
    return _info(f"{words.say(keyring)} {words.say(uvloop)}")


def _mock() -> Finding:
    """Start a Mock AI of our own and put a question to it."""
    from livetechno.gpt import background, messages
    from livetechno.gpt.client import Client
    from livetechno.gpt.completions import Request
    from livetechno.mock import MockServer

    async def ask() -> str:
        server = MockServer()
        client = Client(base_url=await server.start(), timeouts=_timeouts(), openai=True)
        try:
            return (await client.complete(Request((messages.user("hello"),)))).text
        finally:
            await server.stop()

    if not background.run(ask()).strip():
        return "mend", words.say("cli.doctor.mock_silent"), ""
    return _ok(words.say("cli.doctor.mock"))


_LOOKS: dict[str, Callable[[], Finding]] = {
    "python": _python,
    "home": _home,
    "store": _store,
    "settings": _settings,
    "environment": _environment,
    "models": _catalogue,
    "address": _address,
    "key": _key,
    "server": _reach,
    "certificates": _certificates,
    "terminal": _terminal,
    "extras": _extras,
    "mock": _mock,
}


def _line(check: Check) -> str:
    key, style = _STATES[check.state]
    can = terminal.abilities(sys.stdout)
    if not can.coloured:
        style = BOLD if can.styled and check.state == "mend" else PLAIN
    state = f"{words.say(key):<{_STATE_COLUMNS}}"
    text = words.say("cli.doctor.line", name=words.say(_NAMES[check.name]), text=check.text)
    shown = paint(state, style) + _set_in(state + terminal.one_line(text), can)[len(state) :]
    if check.mend:
        mend = _set_in(f"{'':{_STATE_COLUMNS}}→ {terminal.one_line(check.mend)}", can)
        shown += paint(mend, DIM) if can.styled else mend
    return shown


def _set_in(line: str, can: terminal.Abilities) -> str:
    return (terminal.wrapped(line, can.columns, _STATE_COLUMNS) if can.terminal else line) + "\n"


_NAMES = {
    "python": "cli.doctor.name.python",
    "home": "cli.doctor.name.home",
    "store": "cli.doctor.name.store",
    "settings": "cli.doctor.name.settings",
    "environment": "cli.doctor.name.environment",
    "models": "cli.doctor.name.models",
    "address": "cli.doctor.name.address",
    "key": "cli.doctor.name.key",
    "server": "cli.doctor.name.server",
    "certificates": "cli.doctor.name.certificates",
    "terminal": "cli.doctor.name.terminal",
    "extras": "cli.doctor.name.extras",
    "mock": "cli.doctor.name.mock",
}
