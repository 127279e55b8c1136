"""The page in a WebView: where it comes from, who gets in, and what its title bar does."""

from __future__ import annotations

import importlib
import json
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from livetechno import app, environment, words
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import running, served, waking, web
from livetechno.hosts.pythonista.web import PageView
from tests.gpt.raw_server import KEY
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.upstream import Upstream, upstream
from tests.hosts.pythonista.visitor import Visitor, dies, lives

LOOK = 0.002


@pytest.fixture(autouse=True)
def _quick(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    monkeypatch.setattr(waking, "TICK", LOOK)
    monkeypatch.setattr(web, "PATIENCE", 0.5)
    monkeypatch.setattr(served, "PORT", free_port())
    monkeypatch.setattr(served, "FOLDERS_PORT", free_port())
    yield
    running.stop_all()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    with upstream(monkeypatch) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A maker's page."""
    made = tmp_path / "my page"
    made.mkdir()
    (made / "index.html").write_text("<title>mine</title><script src=app.js></script>", encoding="utf-8")
    (made / "app.js").write_text("callGPT('Hello').then(console.log)", encoding="utf-8")
    return made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def shown(phone: Phone, path: str = "chat") -> PageView:
    """Our page, on the screen."""
    phone.run(web.show, path).wait()
    phone.settle()
    view = phone.screen
    assert isinstance(view, PageView)
    lives(view, f"/{path}")
    return view


def test_the_page_comes_from_this_app_alone_and_only_its_view_gets_a_session(phone: Phone) -> None:
    view = shown(phone)
    (loaded,) = view._web.loaded
    assert loaded.startswith(f"http://127.0.0.1:{served.PORT}/_livetechno/enter#")
    page = Visitor(loaded)
    assert page.given["page"] == ["chat"]
    assert page.ask("GET", "/api/settings")["shares"]
    page.cookie = ""
    assert page.get("/api/settings")[0] == 401


def test_a_script_leads_there_too(phone: Phone) -> None:
    phone.run(lambda: pythonista.main(["--page"])).wait()
    assert isinstance(phone.screen, PageView)
    assert phone.screen.name == words.say("phone.room.page")


def test_a_second_run_uses_the_server_of_the_first(phone: Phone) -> None:
    first = shown(phone)
    page = Visitor(first._web.loaded[0])
    second = shown(phone)
    assert phone.app.presented == [second]  # in the place of the first
    phone.on_main(second.close)
    second = shown(phone)
    assert second._web.loaded == first._web.loaded
    assert page.ask("GET", "/api/settings")  # its session lives on
    assert sum(one.name == "livetechno-server" for one in threading.enumerate()) == 1


def test_modules_that_are_loaded_anew_replace_the_server_of_the_old_ones(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = shown(phone)._web.loaded[0]
    monkeypatch.setattr(pythonista, "served", served)  # and back
    monkeypatch.delitem(sys.modules, served.__name__)
    new = importlib.import_module(served.__name__)
    server = phone.run(new.get).wait()
    assert server.address == address.partition("_livetechno")[0]  # at the same port, as the old one has gone
    assert sum(one.name == "livetechno-server" for one in threading.enumerate()) == 1


def test_a_port_that_is_taken_is_stepped_over_and_the_one_that_was_used_is_remembered(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", served.PORT)):
        used = shown(phone)._server.address
    assert used != f"http://127.0.0.1:{served.PORT}/"
    running.stop_all()
    assert shown(phone)._server.address == used  # what the page keeps belongs to its address


@pytest.mark.parametrize("left", ["{", "[]", '{"": "x"}', '{"": 80}'])
def test_what_was_remembered_wrongly_is_no_matter(phone: Phone, left: str) -> None:
    environment.home().mkdir(parents=True)
    (environment.home() / served.FILE).write_text(left, encoding="utf-8")
    assert shown(phone)._server.address == f"http://127.0.0.1:{served.PORT}/"


def test_a_makers_page_has_callgpt_and_no_key(phone: Phone, folder: Path, model: Upstream) -> None:
    address = phone.run(web.serve_folder, str(folder)).wait()
    view = phone.screen
    assert isinstance(view, PageView)
    assert (view.name, view._web.loaded) == ("my page", [address])
    page = Visitor(address)
    texts = [page.get(path)[1] for path in ("/", "/app.js", "/_livetechno/bridge.js")]
    assert "bridge.js" in texts[0]
    assert all(name in texts[2] for name in ("livetechno", "pywebview", "callGPT"))
    assert not any(KEY in text or KEY[-4:] in text for text in (*texts, address))
    page.cookie = ""
    assert page.get("/app.js")[0] == 401


def test_a_makers_page_is_answered(phone: Phone, folder: Path) -> None:
    page = Visitor(phone.run(lambda: web.serve_folder(folder / "index.html", show=False)).wait())
    assert page.given["page"] == ["index.html"]
    assert phone.app.presented == []
    assert page.ask("POST", "/api/chat", {"messages": [{"role": "user", "content": "Hello"}]})["message"]


def test_a_makers_page_and_ours_have_addresses_of_their_own(phone: Phone, folder: Path) -> None:
    ours = shown(phone)._server.address
    theirs = phone.run(lambda: web.serve_folder(folder, show=False)).wait()
    assert not theirs.startswith(ours)
    running.stop_all()
    assert phone.run(lambda: web.serve_folder(folder, show=False)).wait().startswith(theirs.partition("#")[0])


def test_a_folder_that_is_not_there_is_told(phone: Phone, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        phone.run(web.serve_folder, str(tmp_path / "none")).wait()


def test_reload_loads_the_page_that_is_shown(phone: Phone) -> None:
    view = shown(phone)
    lives(view, "/costs")
    phone.tap(words.say("phone.page.reload"))
    phone.until(lambda: len(view._web.loaded) == 2)
    assert Visitor(view._web.loaded[1]).given["page"] == ["costs"]


def test_a_page_whose_process_has_ended_is_loaded_where_it_was(phone: Phone) -> None:
    view = shown(phone)
    lives(view, "/chat/abc")
    phone.leave()
    phone.until(lambda: view._path == "chat/abc")  # it is asked while there is time
    dies(view)
    phone.come_back(600)
    phone.until(lambda: len(view._web.loaded) == 2)
    assert Visitor(view._web.loaded[1]).given["page"] == ["chat/abc"]


def test_a_page_that_lives_is_not_loaded_again_but_told_to_try(phone: Phone) -> None:
    view = shown(phone)
    told = threading.Event()

    def page(script: str) -> str:
        if "online" in script:
            told.set()
        return "/chat"

    view._web.page = page
    phone.suspend(600)
    assert told.wait(5)
    phone.settle()
    assert len(view._web.loaded) == 1


def test_a_page_that_hangs_is_loaded_again(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PATIENCE", 0.01)
    view = shown(phone)
    goes_on = threading.Event()
    view._web.page = lambda _: goes_on.wait(5)
    phone.suspend(600)
    phone.until(lambda: len(view._web.loaded) == 2)
    goes_on.set()


def test_a_load_that_fails_is_tried_again_when_the_server_listens(phone: Phone) -> None:
    view = shown(phone)
    dies(view)
    phone.on_main(lambda: view.webview_did_fail_load(view._web, -999, "another load began"))
    phone.settle()
    assert len(view._web.loaded) == 1
    phone.cut()
    phone.on_main(lambda: view.webview_did_fail_load(view._web, -1004, "could not connect"))
    phone.until(lambda: len(view._web.loaded) == 2)
    assert Visitor(view._web.loaded[1]).cookie


def test_what_is_elsewhere_opens_in_safari(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    view = shown(phone)
    for url in (
        "https://example.org/a",
        "javascript:alert(1)",
        f"http://127.0.0.1:{served.PORT}.evil.example/",
    ):
        phone.on_main(partial(view._web.load_url, url))
    phone.until(lambda: len(opened) == 2)
    assert sorted(opened) == [
        f"safari-http://127.0.0.1:{served.PORT}.evil.example/",
        "safari-https://example.org/a",
    ]
    assert len(view._web.loaded) == 1


def test_a_conversation_leaves_by_the_share_sheet_as_markdown(phone: Phone, model: Upstream) -> None:
    view = shown(phone)
    phone.tap(words.say("phone.chat.share"))
    phone.until(lambda: bool(phone.app.huds))
    page = Visitor(view._web.loaded[0])
    told = page.ask("POST", "/api/answers", {"text": "Why?"})
    model.answer("Because.")
    assert [kind for _, kind, _ in page.steps(told["answer"]["id"])][-1] == "done"
    lives(view, f"/chat/{told['conversation']['id']}")
    phone.answers("notes")
    phone.tap(words.say("phone.chat.share"))
    phone.until(lambda: bool(phone.app.shared))
    file = Path(phone.app.shared[0])
    assert file.name == "Why.md"
    assert "> Because." in file.read_text(encoding="utf-8")


def test_a_file_that_the_page_makes_leaves_the_same_way(phone: Phone) -> None:
    page = Visitor(shown(phone)._web.loaded[0])
    phone.answers("files")
    page.ask("POST", "/api/share", {"name": "costs.csv", "content": "data:;base64,YSxi"})
    phone.until(lambda: bool(phone.app.shared))
    assert Path(phone.app.shared[0]).read_bytes() == b"a,b"


def test_the_screen_stays_on_while_an_answer_is_under_way(phone: Phone, model: Upstream) -> None:
    view = shown(phone)
    page = Visitor(view._web.loaded[0])
    page.ask("POST", "/api/answers", {"text": "Count"})
    answer = model.asked()
    phone.until(lambda: phone.app.idle_timer_disabled)
    phone.on_main(view.close)
    phone.settle()
    assert phone.app.idle_timer_disabled
    answer.say("One.")
    answer.end()
    phone.until(lambda: not phone.app.idle_timer_disabled)


def test_a_view_that_is_closed_leaves_the_server_and_its_answer(phone: Phone, model: Upstream) -> None:
    view = shown(phone)
    page = Visitor(view._web.loaded[0])
    id_ = page.ask("POST", "/api/answers", {"text": "Count"})["answer"]["id"]
    answer = model.asked()
    phone.on_main(view.close)
    answer.say("One.")
    answer.end()
    assert [kind for _, kind, _ in page.steps(id_)] == ["start", "delta", "done"]
    phone.suspend(600)
    phone.settle()
    assert json.dumps(view._web.loaded).count("enter") == 1


def test_nothing_of_a_server_is_left_when_all_is_ended(phone: Phone) -> None:
    shown(phone)
    running.stop_all()
    assert phone.app.presented == []
    names = {one.name for one in threading.enumerate()}
    assert not names & {"livetechno-server", "livetechno-waking"}
    assert "_livetechno_running" in sys.modules
