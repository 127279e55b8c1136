"""What `livetechno desktop` says where there is no window, and what it shows where there is one."""

from __future__ import annotations

import signal
import sys
import threading
import types
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from livetechno import environment
from livetechno.cli import main
from livetechno.gpt import background
from livetechno.hosts import desktop, instance


class FakeWindow:
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.closed = threading.Event()

    def restore(self) -> None:
        self.calls.append("restore")

    def show(self) -> None:
        self.calls.append("show")

    def destroy(self) -> None:
        self.closed.set()


class FakeWebView(types.ModuleType):
    """pywebview without a screen: `while_shown` runs in place of its event loop."""

    class WebViewException(Exception):  # noqa: N818 - pywebview's name
        pass

    def __init__(self, while_shown: Callable[[FakeWebView], None]) -> None:
        super().__init__("webview")
        self.settings: dict[str, object] = {}
        self.window = FakeWindow()
        self.url = ""
        self.options: dict[str, object] = {}
        self._while_shown = while_shown

    def create_window(self, _title: str, url: str, **_: object) -> FakeWindow:
        self.url = url
        return self.window

    def start(self, prepare: Callable[[], None], **options: object) -> None:
        prepare()
        self.options = options
        self._while_shown(self)


Shown = Callable[[Callable[[FakeWebView], None]], FakeWebView]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Puts a pywebview there that does this while its window is open."""

    def put(while_shown: Callable[[FakeWebView], None]) -> FakeWebView:
        fake = FakeWebView(while_shown)
        monkeypatch.setitem(sys.modules, "webview", fake)
        monkeypatch.setattr(environment, "has_display", lambda: True)
        return fake

    yield put
    background.stop()


def status(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def enter(url: str) -> str:
    """What the window's entrance does: show the secret of the fragment. The session's cookie."""
    secret = parse_qs(urlsplit(url).fragment)["secret"][0]
    body = f'{{"secret": "{secret}"}}'.encode()
    address = f"{url.partition('/_livetechno')[0]}/api/session"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        cookie: str = answer.headers["Set-Cookie"].partition(";")[0]
        return cookie


def test_only_the_window_sees_a_makers_files(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "my page.html").write_text("<title>mine</title>", encoding="utf-8")
    seen: list[Any] = []

    def look(webview: FakeWebView) -> None:
        page = f"{webview.url.partition('/_livetechno')[0]}/my%20page.html"
        seen.append(parse_qs(urlsplit(webview.url).fragment)["page"])
        seen.append(status(page)[0])
        seen.append(status(page, Cookie=enter(webview.url))[1])

    shown(look)
    assert main(["desktop", "--port", "0", str(tmp_path / "my page.html")]) == 0
    assert seen[:2] == [["my%20page.html"], 401]
    assert seen[2].endswith("<title>mine</title>")


def test_the_window_keeps_its_storage_in_the_home_and_may_save_files(shown: Shown) -> None:
    webview = shown(lambda _: None)
    assert main(["desktop", "--port", "0"]) == 0
    storage = environment.home() / "window"
    assert webview.settings == {"ALLOW_DOWNLOADS": True}
    assert (webview.options["private_mode"], webview.options["storage_path"]) == (False, str(storage))
    assert storage.stat().st_mode & 0o077 == 0


def test_the_server_ends_with_the_window_and_the_next_one_has_its_place(shown: Shown) -> None:
    urls: list[str] = []
    shown(lambda webview: urls.append(webview.url))
    for _ in range(2):
        assert main(["desktop", "--port", "0"]) == 0
    for url in urls:
        with pytest.raises(urllib.error.URLError):
            status(url)


def test_a_second_call_brings_the_window_to_the_front_and_says_so(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    def call_again(webview: FakeWebView) -> None:
        assert main(["desktop"]) == 0
        assert webview.window.calls == ["restore", "show"]

    shown(call_again)
    assert main(["desktop", "--port", "0"]) == 0
    assert "is open already; it is in front now" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_closes_the_window(shown: Shown, number: signal.Signals, code: int) -> None:
    def interrupt(webview: FakeWebView) -> None:
        signal.raise_signal(number)
        assert webview.window.closed.wait(5)

    before = signal.getsignal(number)
    shown(interrupt)
    assert main(["desktop", "--port", "0"]) == code
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "A window needs pywebview"), ("fr", "Une fenêtre demande pywebview")]
)
def test_without_the_extra_it_says_what_to_install(
    language: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", language)
    monkeypatch.setitem(sys.modules, "webview", None)
    monkeypatch.setattr(environment, "has_display", lambda: True)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main(["desktop"]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert 'pip install "livetechno[desktop]"' in said
    assert "sudo apt install python3-gi gir1.2-gtk-3.0 gir1.2-webkit2-4.1 python3-venv" in said
    assert not (environment.home() / instance.FILE).exists()


def test_without_gtk_or_qt_it_says_what_to_install(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(webview: FakeWebView) -> None:
        raise webview.WebViewException("You must have either QT or GTK with Python extensions installed")

    shown(fail)
    assert main(["desktop", "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert ("gir1.2-webkit2-4.1" in said) == (sys.platform == "linux")
    assert "Traceback" not in said


def test_without_a_desktop_it_names_the_other_ways(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "has_display", lambda: False)
    assert main(["desktop"]) == 1
    assert "`livetechno serve`" in capsys.readouterr().err


def test_a_page_that_is_not_there_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["desktop", "nowhere.html"]) == 2
    assert "there is no page or folder nowhere.html" in capsys.readouterr().err


def test_pywebviews_dialog_of_gtk_has_a_folder_where_the_desktop_names_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    class BrowserView:
        def create_file_dialog(self, _kind: int, folder: str | None, *_: object) -> str:
            asked.append(folder)
            return "chosen"

    gtk = types.ModuleType("webview.platforms.gtk")
    monkeypatch.setattr(gtk, "BrowserView", BrowserView, raising=False)
    monkeypatch.setitem(sys.modules, gtk.__name__, gtk)
    desktop._mend_gtk()
    assert BrowserView().create_file_dialog(30, None, False, "a.md", ()) == "chosen"
    assert BrowserView().create_file_dialog(30, "there", False, "a.md", ()) == "chosen"
    assert asked == [str(Path.home()), "there"]
