"""What docs/pythonista.md and its French twin tell people to type works as it stands."""

from __future__ import annotations

import re
import sys
import threading
import types
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
import ui

from livetechno import app, words
from livetechno.environment import Language
from livetechno.hosts.pythonista import main, running
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.visitor import Visitor

ROOT = Path(__file__).resolve().parents[3]
GUIDES = ("pythonista.md", "pythonista.fr.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(guide: str) -> str:
    return (ROOT / "docs" / guide).read_text(encoding="utf-8")


def blocks(guide: str, kind: str) -> list[str]:
    return [body for found, body in BLOCK.findall(text(guide)) if found == kind]


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")


def test_both_guides_have_the_same_chapters_and_examples() -> None:
    shapes = [[len(blocks(guide, kind)) for kind in ("python", "html", "js")] for guide in GUIDES]
    assert shapes == [[3, 1, 1], [3, 1, 1]]
    assert len({len(re.findall(r"^## ", text(guide), re.MULTILINE)) for guide in GUIDES}) == 1


@pytest.mark.parametrize("guide", GUIDES)
def test_every_picture_is_there_and_says_what_it_is(guide: str) -> None:
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", text(guide))
    assert len(pictures) == 3
    assert all((ROOT / "docs" / picture).stat().st_size < 100_000 for picture in pictures)
    assert "WebKitGTK" in text(guide)
    assert ("no picture of iOS" in text(guide)) or ("pas une image d'iOS" in text(guide))


@pytest.mark.parametrize("guide", GUIDES)
def test_the_script_that_fetches_both_files_fetches_them(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, *_: object) -> None:
            pass

    (tmp_path / "Documents").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "requests", _requests())
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        script = blocks(guide, "python")[0]
        address = re.search(r'page = "(.*)"', script)
        assert address is not None
        exec(script.replace(address[1], f"http://127.0.0.1:{site.server_port}/"), {})
        site.shutdown()
    assert (tmp_path / "Documents" / "livetechno.zip").read_text() == "/livetechno.zip"
    assert (tmp_path / "Documents" / "livetechno.py").read_text() == "/livetechno.py"


def _requests() -> types.ModuleType:
    """As much of the app's `requests` as the script needs."""

    class Answer:
        def __init__(self, content: bytes) -> None:
            self.content = content

        def raise_for_status(self) -> None:
            pass

    def get(url: str) -> Answer:
        with urlopen(url) as answer:
            return Answer(answer.read())

    module = types.ModuleType("requests")
    module.get = get  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("guide", GUIDES)
def test_the_script_that_asks_is_answered(guide: str, phone: Phone, mock: None, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(blocks(guide, "python")[1], encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", app.MockAIWarning)
        phone.run(script).wait()
    assert len(phone.console.text) > 100


@pytest.mark.parametrize("guide", GUIDES)
def test_the_page_of_a_maker_is_shown_with_what_it_calls(
    guide: str, phone: Phone, mock: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my-page"
    folder.mkdir()
    (folder / "index.html").write_text(blocks(guide, "html")[0], encoding="utf-8")
    (folder / "app.js").write_text(blocks(guide, "js")[0], encoding="utf-8")
    script = tmp_path / "mine.py"
    script.write_text(blocks(guide, "python")[2], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    phone.run(script).wait()
    view = phone.find(ui.WebView)
    phone.until(lambda: bool(view.loaded))
    page = Visitor(view.loaded[0])
    assert page.get("/app.js") == (200, blocks(guide, "js")[0])
    status, html = page.get("/index.html")
    assert status == 200
    assert "bridge.js" in html
    running.stop_all()


@pytest.mark.parametrize("guide", GUIDES)
def test_the_address_for_shortcuts_asks_and_hands_the_answer_on(guide: str, phone: Phone, mock: None) -> None:
    address = re.search(r"pythonista3://livetechno.py\?\S+", text(guide))
    assert address is not None
    asked = parse_qs(urlsplit(address[0]).query)
    phone.app.shortcut = True
    assert asked["action"] == ["run"]
    phone.run(lambda: main(asked["argv"])).wait()
    assert len(phone.app.outputs) == 1


@pytest.mark.parametrize(("guide", "language"), [("pythonista.md", "en"), ("pythonista.fr.md", "fr")])
def test_what_the_guide_names_is_what_the_app_says(guide: str, language: Language) -> None:
    told = words.say("phone.console.commands", language)
    named = set(re.findall(r"`(/\w+)`", text(guide)))
    assert named <= set(re.findall(r"^/\w+", told, re.MULTILINE))
    for key in ("phone.about", "phone.page.reload", "page.chat.go_on", "phone.chat.share"):
        assert words.say(key, language) in text(guide)
