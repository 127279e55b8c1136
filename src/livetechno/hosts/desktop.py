"""The page, ours or a maker's, in a window of the desktop: pywebview around the same server.

The server is this process's own and ends with the window; answers that are being written then are kept. Only
the window gets its session (`server.entrance`). What a page may do is the same as in a browser: `callGPT` is
the bridge's (`server.bridge`), and what it downloads is saved through the system's dialog.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from livetechno import environment, words
from livetechno.hosts import instance, serving
from livetechno.server import entrance

STORAGE = "window"
"""The folder in the home where the window keeps what a browser keeps."""
SIZE = (1280, 860)
SMALLEST = (360, 480)


class NoWindowError(Exception):
    """No window can be opened here; its text says what is missing, and how to get it."""


def check() -> None:
    """Raises NoWindowError where no window can be opened."""
    if not environment.has_display():
        raise NoWindowError(words.say("desktop.no_display"))
    _pywebview()


def show(page: serving.Page, place: BinaryIO, port: int) -> int | None:
    """Show the page in a window until that is closed; the signal that closed it, if one did.

    `place` is `instance.take`'s; `port` is the first that is tried. Only in the main thread. Raises
    NoWindowError, and NoPortError.
    """
    webview = _pywebview()
    secret = secrets.token_urlsafe(32)
    with _served(page.folder, secret, port) as address:
        width, height = SIZE
        window = webview.create_window(
            "livetechno",
            entrance.address(address, secret, page.path),
            width=width,
            height=height,
            min_size=SMALLEST,
            text_select=True,
            zoomable=True,
        )
        with instance.listening(place, lambda: _to_front(window)), _closed_by_signals(window) as signals:
            _run(webview)
        return signals[0] if signals else None


@contextlib.contextmanager
def _served(folder: Path | None, secret: str, port: int) -> Iterator[str]:
    """The address of a server, while the window has this thread."""
    served = serving.start(port, folder=folder, secret=secret)
    try:
        yield served.address
    finally:
        served.stop()


def _pywebview() -> Any:
    os.environ.setdefault("PYWEBVIEW_LOG", "CRITICAL")  # what it says to programmers
    try:
        import webview
    except ImportError:
        linux = f" {words.say('desktop.on_linux')}" if sys.platform == "linux" else ""
        raise NoWindowError(words.say("desktop.no_pywebview") + linux) from None
    return webview


def _run(webview: Any) -> None:
    storage = environment.home() / STORAGE
    storage.mkdir(mode=0o700, exist_ok=True)
    webview.settings["ALLOW_DOWNLOADS"] = True
    try:
        webview.start(
            _mend_gtk,
            private_mode=False,
            storage_path=str(storage),
            localization={
                "global.cancel": words.say("desktop.cancel"),
                "global.saveFile": words.say("desktop.save"),
            },
        )
    except webview.WebViewException as error:
        if sys.platform == "linux":
            raise NoWindowError(words.say("desktop.on_linux")) from None
        raise NoWindowError(words.say("desktop.failed", reason=error)) from None


def _mend_gtk() -> None:
    """Where the desktop names no folder for downloads, pywebview 6.2 asks for a dialog that GTK refuses."""
    gtk = sys.modules.get("webview.platforms.gtk")
    if gtk is None:
        return
    usual = gtk.BrowserView.create_file_dialog

    def dialog(view: Any, kind: Any, folder: str | None, *more: Any) -> Any:
        return usual(view, kind, folder or str(Path.home()), *more)

    gtk.BrowserView.create_file_dialog = dialog


def _to_front(window: Any) -> None:
    window.restore()
    window.show()


@contextlib.contextmanager
def _closed_by_signals(window: Any) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM close the window; the list says which came."""
    came: list[int] = []

    def close(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        # it waits until there is a window, which this thread may have to make
        threading.Thread(target=window.destroy, daemon=True).start()

    before = {number: signal.signal(number, close) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
