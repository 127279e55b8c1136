"""The page in a WebView of the app: ours, or a maker's own.

    from livetechno.hosts.pythonista.web import serve_folder
    serve_folder("my-page")            # index.html and app.js beside this script, with callGPT

The page talks to a server of this app on 127.0.0.1, and only our WebView gets its session. After the app was
away the server listens again on the same port, and the page goes on where it was; where iOS has ended the
page's process meanwhile, it is loaded anew.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import webbrowser
from pathlib import Path

import console
import ui

from livetechno import words
from livetechno.hosts import serving
from livetechno.hosts.pythonista import device, files, running, served, waking
from livetechno.hosts.pythonista.served import Served
from livetechno.server import entrance

PATIENCE = 3.0
"""Seconds in which a page that lives says where it is."""
_PING = 'window.dispatchEvent(new Event("online")); location.pathname'
"""Has the page try at once what it waits with, and says where it is."""
_CANCELLED = -999
"""NSURLErrorCancelled: a load that another one has replaced."""


def show(path: str = "chat") -> None:
    """Show our page. Not on the main thread. Raises NoPortError."""
    _present(served.get(), path, words.say("phone.room.page"), ours=True)


def serve_folder(path: str | Path, *, show: bool = True) -> str:
    """Serve a maker's page, which has `callGPT` and no key, and show it unless `show` is False.

    `path` is a folder with an `index.html`, or a page's file. The address is for a WebView of the script's
    own: it begins a session, so it is to be shown to nobody. Not on the main thread. Raises FileNotFoundError
    and NoPortError.
    """
    page = serving.page_of(Path(path).expanduser().resolve())
    assert page.folder is not None
    server = served.get(page.folder)
    if show:
        _present(server, page.path, page.folder.name, ours=False)
    return server.entrance(page.path)


def _present(server: Served, path: str, title: str, *, ours: bool) -> None:
    def present() -> PageView:
        view = PageView(server, path, title, ours=ours)
        view.present("fullscreen")
        return view

    name = f"view of {server.address}"
    running.stop(name)  # one that is shown already
    view = device.on_main(present)
    running.replace(name, lambda: device.on_main(view.vanish))


class PageView(ui.View):
    """A WebView below a title bar. Made, changed and closed on the main thread."""

    def __init__(self, server: Served, path: str, title: str, *, ours: bool) -> None:
        self._server = server
        self._path = path
        self._address = server.address
        self.name = title
        self.background_color = "black" if device.dark() else "white"
        self._web = ui.WebView(frame=self.bounds, flex="WH")
        self._web.delegate = self
        self.add_subview(self._web)
        reload = ui.ButtonItem(words.say("phone.page.reload"), action=lambda _: self._reload())
        share = ui.ButtonItem(words.say("phone.chat.share"), action=lambda _: device.off_main(self._share))
        self.right_button_items = [reload, share] if ours else [reload]
        self._endings = [
            waking.on_leaving(self._where),
            waking.on_return(self.mend),
            waking.now_and_then(self._follow),
        ]
        self._load()

    def vanish(self) -> None:
        """Close it, unless the person did."""
        if self.on_screen:
            self.close()

    def will_close(self) -> None:
        """The server stays, and with it an answer that is being written."""
        for end in self._endings:
            end()

    def webview_should_start_load(self, _web: ui.WebView, url: str, _kind: str) -> bool:
        """The page's own addresses are loaded here; others in Safari."""
        if url.startswith((self._server.address, "about:")):
            return True
        if url.startswith(("http://", "https://")):
            device.off_main(lambda: webbrowser.open(f"safari-{url}"))
        return False

    def webview_did_fail_load(self, _web: ui.WebView, code: int, _message: str) -> None:
        """Where the server's sockets have died, they are opened, and the page is loaded again."""
        if code != _CANCELLED:
            device.off_main(self.mend)

    def mend(self) -> None:
        """Have the server listen, and the page be there. Not on the main thread."""
        self._server.mend()
        if self._where() is None:
            device.later(self._load)
        else:
            self._follow()

    def _follow(self) -> None:
        """Go where the server has gone."""
        if self._server.address != self._address:
            device.later(self._load)

    def _load(self) -> None:
        self._address = self._server.address
        self._web.load_url(self._server.entrance(self._path))

    def _reload(self) -> None:
        def reload() -> None:
            self._server.mend()
            self._where()
            device.later(self._load)

        device.off_main(reload)

    def _share(self) -> None:
        parts = (self._where() or "").strip("/").split("/")
        if len(parts) == 2 and parts[0] == "chat":
            files.share_conversation(parts[1])
        else:
            console.hud_alert(words.say("phone.page.nothing_to_share"), "error")

    def _where(self) -> str | None:
        """The path of the page that is shown, which is remembered; None where none answers."""
        said: queue.SimpleQueue[str] = queue.SimpleQueue()

        def ask() -> None:  # it may never return, where the page's process has ended
            with contextlib.suppress(Exception):
                said.put(str(self._web.eval_js(_PING)))

        threading.Thread(target=ask, name="livetechno-ping", daemon=True).start()
        try:
            path = said.get(timeout=PATIENCE)
        except queue.Empty:
            return None
        if not path.startswith("/"):
            return None
        if path != entrance.PATH:
            self._path = path.removeprefix("/")
        return path
