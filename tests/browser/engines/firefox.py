"""Firefox, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), which it speaks by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from tests.browser.engines.driver import LIMIT, SIZE, Actions, Driver, Engine, EngineError, ended

PREFERENCES = {"intl.accept_languages": "en"}


class Connection:
    """Commands to Firefox, one after the other. No events are asked for."""

    def __init__(self, url: str) -> None:
        self._number = 0
        try:
            self._socket = websocket.create_connection(url, timeout=LIMIT, suppress_origin=True)
        except (websocket.WebSocketException, OSError) as error:
            raise EngineError(f"Firefox cannot be reached: {error}") from error

    def call(self, method: str, **parameters: Any) -> Any:
        """The result of one command; raises EngineError."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        try:
            self._socket.send(json.dumps(command))
            answer: dict[str, Any] = {}
            while answer.get("id") != self._number:
                answer = json.loads(self._socket.recv())
        except (websocket.WebSocketException, OSError) as error:
            raise EngineError(f"Firefox did not answer {method}: {error}") from error
        if answer["type"] == "error":
            raise EngineError(f"Firefox refused {method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    def close(self) -> None:
        self._socket.close()


class Window:
    """A `Driver` over BiDi."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection.call("session.new", capabilities={})
        self._context = connection.call("browsingContext.getTree")["contexts"][0]["context"]
        width, height = SIZE
        self._call("browsingContext.setViewport", viewport={"width": width, "height": height})

    def open(self, url: str) -> None:
        self._call("browsingContext.navigate", url=url, wait="complete")

    def reload(self) -> None:
        self._call("browsingContext.reload", wait="complete")

    def run(self, function: str, *given: Any) -> Any:
        answer = self._connection.call(
            "script.callFunction",
            functionDeclaration=f"""async (given) => {{
                const answer = await ({function})(...JSON.parse(given));
                return JSON.stringify(answer ?? null);
            }}""",
            arguments=[{"type": "string", "value": json.dumps(given)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise EngineError(f"Firefox: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"]["value"])

    def perform(self, actions: Actions) -> None:
        self._call("input.performActions", actions=actions)

    def _call(self, method: str, **parameters: Any) -> None:
        self._connection.call(method, context=self._context, **parameters)


@contextmanager
def window(folder: Path) -> Iterator[Driver]:
    """A new Firefox without a display; its profile is a new folder in `folder`."""
    profile = folder / "firefox"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    command = [_program(), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with ended(process):
        connection = Connection(_address(profile, process))
        try:
            yield Window(connection)
        finally:
            connection.close()


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Where Firefox listens: it writes it into its profile when it is ready."""
    file = profile / "WebDriverBiDiServer.json"
    until = time.monotonic() + LIMIT
    while time.monotonic() < until and process.poll() is None:
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # not there, or half written
            time.sleep(0.02)
        else:
            return f"ws://{told['ws_host']}:{told['ws_port']}/session"
    raise EngineError(f"Firefox did not start within {LIMIT} s")


def _program() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


def _missing() -> str | None:
    return None if _program() else "no Firefox here: `make browsers` says how to get it"


FIREFOX = Engine("Firefox", _missing, window, tries=2)
