"""WebKitGTK, the nearest to an iPhone's Safari on Linux: its MiniBrowser, on a display of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.engines.driver import LIMIT, SIZE, Actions, Driver, Engine, EngineError, ended

BROWSERS = "/usr/lib"
BROWSER = "*/webkit2gtk-4.*/MiniBrowser"
"""Where Debian has it, whichever the machine."""


class Window:
    """A `Driver` over WebDriver, as selenium speaks it."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        with _broken():
            self._driver.get(url)

    def reload(self) -> None:
        with _broken():
            self._driver.refresh()

    def run(self, function: str, *given: Any) -> Any:
        with _broken():
            return self._driver.execute_script(f"return ({function})(...arguments)", *given)

    def perform(self, actions: Actions) -> None:
        from selenium.webdriver.remote.command import Command

        with _broken():
            self._driver.execute(Command.W3C_ACTIONS, {"actions": actions})


@contextmanager
def window(folder: Path) -> Iterator[Driver]:
    """A new MiniBrowser."""
    from selenium import webdriver
    from selenium.webdriver.remote.client_config import ClientConfig
    from selenium.webdriver.remote.remote_connection import RemoteConnection
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    options = Options()
    options.binary_location = str(_browser())
    options.add_argument("--automation")
    with display() as name:
        home = {
            variable: str(folder)
            for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
        }
        apart = {
            "DISPLAY": name,
            "GDK_BACKEND": "x11",
            "GTK_A11Y": "none",
            "NO_AT_BRIDGE": "1",
            "LANGUAGE": "en",
        }
        service = Service(env={**os.environ, **home, **apart})
        with _broken():
            service.start()
        try:
            with _broken():
                connection = RemoteConnection(client_config=ClientConfig(service.service_url, timeout=LIMIT))
                driver = webdriver.Remote(connection, options=options)
            try:
                with _broken():
                    driver.set_window_size(*SIZE)
                yield Window(driver)
            finally:
                with _broken():
                    driver.quit()
        finally:
            service.stop()


@contextmanager
def display() -> Iterator[str]:
    """A display that nobody sees, with a number that was free."""
    reads, writes = os.pipe()
    width, height = SIZE
    command = [
        "Xvfb",
        "-displayfd",
        str(writes),
        "-screen",
        "0",
        f"{width}x{height + 100}x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(command, pass_fds=[writes], stderr=subprocess.DEVNULL)
    os.close(writes)
    with ended(process), os.fdopen(reads) as told:
        number = told.readline().strip()
        if not number:
            raise EngineError("Xvfb did not start")
        yield f":{number}"


def _missing() -> str | None:
    lacking = [program for program in ("WebKitWebDriver", "Xvfb") if shutil.which(program) is None]
    if _browser() is None:
        lacking.append("MiniBrowser")
    return f"no {', no '.join(lacking)} here: `make browsers` says how to get it" if lacking else None


def _browser() -> Path | None:
    return next(iter(sorted(Path(BROWSERS).glob(BROWSER))), None)


@contextmanager
def _broken() -> Iterator[None]:
    """What goes wrong in between is the engine's."""
    from selenium.common.exceptions import WebDriverException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (WebDriverException, HTTPError, OSError) as error:
        raise EngineError(f"WebKitGTK: {error}") from error


WEBKITGTK = Engine("WebKitGTK", _missing, window)
