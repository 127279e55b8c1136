"""The stand-in's modules, and a phone that runs them, for the tests in this folder."""

from __future__ import annotations

import builtins
import socket
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

MODULES = Path(__file__).parent / "app"
sys.path.append(str(MODULES))

if TYPE_CHECKING:
    from tests.hosts.pythonista.phone import Phone

EXECUTABLE = "/private/var/containers/Bundle/Application/0/Pythonista3.app/Pythonista3"


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    """A phone on which Pythonista has just been opened; what would crash or hang the app fails the test."""
    import _app

    from livetechno.hosts.pythonista import running
    from tests.hosts.pythonista import sockets
    from tests.hosts.pythonista.phone import held

    with held(_app.launch()) as phone:
        monkeypatch.setattr(sys, "executable", EXECUTABLE)
        monkeypatch.setattr(sys, "platform", "ios")
        monkeypatch.setattr(socket.socket, "accept", sockets.accept)
        monkeypatch.setattr(socket.socket, "connect", sockets.connect)
        monkeypatch.setattr(sys, "stdin", phone.console)
        monkeypatch.setattr(builtins, "input", phone.console.input)
        monkeypatch.setattr(time, "time", phone.now)
        monkeypatch.setattr(time, "time_ns", lambda: int(phone.now() * 1e9))
        yield phone
        running.stop_all()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """What is printed goes to the phone's console; from here on, as pytest captures anew for each phase."""
    phone: Phone | None = getattr(item, "funcargs", {}).get("phone")
    if phone is None:
        return (yield)
    with redirect_stdout(phone.console), redirect_stderr(phone.console):
        return (yield)
