"""WebKitGTK, the nearest to an iPhone's Safari on Linux: its MiniBrowser, on a display of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.browser.engines.driver import LIMIT, SIZE, Actions, Driver, Engine, EngineError, ended

LIBRARIES = Path("/usr/lib")
PYTHON = Path("/usr/bin/python3")
"""The system's, which has GTK where it is installed."""
PHONE_VIEW = Path(__file__).with_name("phone_view.py")
GTK = "import gi; gi.require_version('Gtk', '3.0'); gi.require_version('WebKit2', '4.1')"


class Window:
    """A `Driver` over WebDriver, as selenium speaks it."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        with _breaking():
            self._driver.get(url)

    def reload(self) -> None:
        with _breaking():
            self._driver.refresh()

    def run(self, function: str, *given: Any) -> Any:
        with _breaking():
            return self._driver.execute_script(f"return ({function})(...arguments)", *given)

    def perform(self, actions: Actions) -> None:
        from selenium.webdriver.remote.command import Command

        with _breaking():
            self._driver.execute(Command.W3C_ACTIONS, {"actions": actions})


@contextmanager
def window(folder: Path) -> Iterator[Driver]:
    """A new MiniBrowser."""
    arguments = str(_browser()), "--automation"
    with display() as screen, _service(screen, folder) as url, _session(url, *arguments) as driver:
        with _breaking():
            driver.set_window_size(*SIZE)
        yield Window(driver)


@contextmanager
def phone_window(folder: Path) -> Iterator[Driver]:
    """A WebView as large as a phone's screen."""
    arguments = str(PYTHON), str(PHONE_VIEW)
    with display() as screen, _service(screen, folder) as url, _session(url, *arguments) as driver:
        yield Window(driver)


@contextmanager
def display() -> Iterator[str]:
    """A display that nobody sees, with a number that was free."""
    reads, writes = os.pipe()
    width, height = SIZE
    options = f"-displayfd {writes} -screen 0 {width}x{height + 100}x24 -nolisten tcp"
    process = subprocess.Popen(["Xvfb", *options.split()], pass_fds=[writes], stderr=subprocess.DEVNULL)
    os.close(writes)
    with ended(process), os.fdopen(reads) as told:
        number = told.readline().strip()
        if not number:
            raise EngineError("Xvfb did not start")
        yield f":{number}"


@contextmanager
def _service(display: str, folder: Path) -> Iterator[str]:
    """The address of a WebKitWebDriver whose browsers show English on this display.

    Selenium's own `Service` takes minutes over one that does not start, or will not end.
    """
    homes = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
    here = {
        "DISPLAY": display,
        "GDK_BACKEND": "x11",
        "GTK_A11Y": "none",
        "NO_AT_BRIDGE": "1",
        "LANGUAGE": "en",
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["WebKitWebDriver", "--host=127.0.0.1", f"--port={port}"],
        env={**os.environ, **homes, **here},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with ended(process):
        _await(port, process)
        yield f"http://127.0.0.1:{port}"


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when the process listens."""
    until = time.monotonic() + LIMIT
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), LIMIT):
            return
        time.sleep(0.02)
    raise EngineError(f"WebKitWebDriver did not start within {LIMIT} s")


@contextmanager
def _session(url: str, program: str, *arguments: str) -> Iterator[Any]:
    """A browser of the WebKitWebDriver at `url`, started so."""
    from selenium import webdriver
    from selenium.webdriver.remote.client_config import ClientConfig
    from selenium.webdriver.remote.remote_connection import RemoteConnection
    from selenium.webdriver.webkitgtk.options import Options

    options = Options()
    options.binary_location = program
    for argument in arguments:
        options.add_argument(argument)
    with _breaking():
        once = {"init_args_for_pool_manager": {"retries": False}}
        config = ClientConfig(url, timeout=LIMIT, init_args_for_pool_manager=once)
        connection = RemoteConnection(client_config=config)
        driver = webdriver.Remote(connection, options=options)
    try:
        yield driver
    finally:
        with suppress(EngineError), _breaking():  # a browser that will not end, ends with its display
            driver.quit()


def _missing() -> str | None:
    lacking = [program for program in ("WebKitWebDriver", "Xvfb") if shutil.which(program) is None]
    if _browser() is None:
        lacking.append("MiniBrowser")
    return f"no {', no '.join(lacking)} here: `make browsers` says how to get it" if lacking else None


def _missing_on_phone() -> str | None:
    if reason := _missing():
        return reason
    known = PYTHON.exists() and subprocess.run([PYTHON, "-c", GTK], capture_output=True, check=False)
    if not known or known.returncode:
        return "no GTK for the system's Python here: `make browsers` says how to get it"
    return None


def _browser() -> Path | None:
    """Where Debian and Ubuntu have MiniBrowser, whichever the processor."""
    return next(LIBRARIES.glob("*/webkit2gtk-4.*/MiniBrowser"), None)


@contextmanager
def _breaking() -> Iterator[None]:
    """What selenium raises in between is an EngineError."""
    from selenium.common.exceptions import WebDriverException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (WebDriverException, HTTPError, OSError) as error:
        raise EngineError(f"WebKitGTK: {error}") from error


WEBKITGTK = Engine("WebKitGTK", _missing, window)
PHONE = Engine("WebKitGTK, as large as a phone", _missing_on_phone, phone_window)
