"""WebKitGTK, the nearest to an iPhone's Safari on Linux: its MiniBrowser, on a display of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.browser.engines.driver import LIMIT, SIZE, Actions, Driver, Engine, EngineError, ended

LIBRARIES = Path("/usr/lib")


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
    with _display() as display, _service(display, folder) as url, _session(url) as driver:
        yield Window(driver)


@contextmanager
def _display() -> Iterator[str]:
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
    """The address of a WebKitWebDriver whose browsers show English on this display."""
    from selenium.webdriver.webkitgtk.service import Service

    homes = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
    here = {
        "DISPLAY": display,
        "GDK_BACKEND": "x11",
        "GTK_A11Y": "none",
        "NO_AT_BRIDGE": "1",
        "LANGUAGE": "en",
    }
    service = Service(env={**os.environ, **homes, **here})
    with _breaking():
        service.start()
    try:
        yield service.service_url
    finally:
        service.stop()


@contextmanager
def _session(url: str) -> Iterator[Any]:
    """A browser of the WebKitWebDriver at `url`."""
    from selenium import webdriver
    from selenium.webdriver.remote.client_config import ClientConfig
    from selenium.webdriver.remote.remote_connection import RemoteConnection
    from selenium.webdriver.webkitgtk.options import Options

    options = Options()
    options.binary_location = str(_browser())
    options.add_argument("--automation")
    with _breaking():
        connection = RemoteConnection(client_config=ClientConfig(url, timeout=LIMIT))
        driver = webdriver.Remote(connection, options=options)
    try:
        with _breaking():
            driver.set_window_size(*SIZE)
        yield driver
    finally:
        with suppress(EngineError), _breaking():  # a browser that will not end, ends with its display
            driver.quit()


def _missing() -> str | None:
    lacking = [program for program in ("WebKitWebDriver", "Xvfb") if shutil.which(program) is None]
    if _browser() is None:
        lacking.append("MiniBrowser")
    return f"no {', no '.join(lacking)} here: `make browsers` says how to get it" if lacking else None


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
