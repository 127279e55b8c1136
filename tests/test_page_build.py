"""When the page is built anew, and what is said when it cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import page


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources of a page, its words, and a page that is built as they have it."""
    web, words, built = tmp_path / "web", tmp_path / "words", tmp_path / "page"
    for folder in (web / "src", web / "tests", web / "node_modules", words, built):
        folder.mkdir(parents=True)
    (web / "src" / "main.ts").write_text("first", encoding="utf-8")
    for name in page.ENTRIES:
        (built / name).write_text("built", encoding="utf-8")
    for name, folder in (("WEB", web), ("WORDS", words), ("BUILT", built), ("MODULES", web / "node_modules")):
        monkeypatch.setattr(page, name, folder)
    write_words(web, {"page.title": "Title", "chat.title": "Title"})
    (page.MODULES / ".livetechno-page").write_text(page.fingerprint(), encoding="utf-8")
    return web


def write_words(web: Path, sentences: dict[str, str]) -> None:
    (web.parent / "words" / "en.json").write_text(json.dumps(sentences), encoding="utf-8")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, instead of doing it."""
    done: list[str] = []
    monkeypatch.setattr(page, "install", lambda: done.append("install"))
    monkeypatch.setattr(page, "tool", lambda name: Path(name))

    def node(script: Path, *arguments: str) -> None:
        done.append(f"{script} {arguments[0]}")
        made = Path(arguments[arguments.index("--outDir") + 1])
        assert made != page.BUILT
        (made / "assets").mkdir(exist_ok=True)
        (made / "assets" / f"{len(done)}.js").write_text("made", encoding="utf-8")
        for name in page.ENTRIES:
            (made / name).write_text("made", encoding="utf-8")

    monkeypatch.setattr(page, "node", node)
    return done


BOTH = ["install", "vite build", "vite build"]
"""The page, and the widget."""


def test_a_page_that_is_as_its_sources_have_it_is_left_alone(web: Path, done: list[str]) -> None:
    (web / "tests" / "a.test.ts").write_text("a test is not the page", encoding="utf-8")
    (web / "node_modules" / "a.js").write_text("nor is what is installed", encoding="utf-8")
    write_words(web, {"page.title": "Title", "chat.title": "Python says this"})
    page.build()
    assert done == []


def test_a_changed_source_is_built_once(web: Path, done: list[str]) -> None:
    (web / "src" / "main.ts").write_text("second", encoding="utf-8")
    page.build()
    page.build()
    assert done == BOTH


def test_a_page_is_whole_all_the_time_and_nothing_of_the_last_one_stays(
    web: Path, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        assert all((page.BUILT / name).is_file() for name in page.ENTRIES)
        assert (page.BUILT / "assets" / "old.js").is_file()  # what the last page is made of
        moved.append(target.name)
        return replace(self, target)

    (page.BUILT / "assets").mkdir()
    (page.BUILT / "assets" / "old.js").write_text("built", encoding="utf-8")
    (web / "src" / "main.ts").write_text("second", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", watched)
    page.build()
    assert set(moved[-2:]) == set(page.ENTRIES)
    there = {path.relative_to(page.BUILT).as_posix() for path in page.BUILT.rglob("*") if path.is_file()}
    assert there == {*page.ENTRIES, "assets/2.js", "assets/3.js"}
    assert list(page.MODULES.glob(".livetechno-*")) == [page.MODULES / ".livetechno-page"]


@pytest.mark.parametrize("change", ["a sentence", "a file moved", "no page", "no widget"])
def test_a_page_is_built_anew_for(web: Path, done: list[str], change: str) -> None:
    match change:
        case "a sentence":
            write_words(web, {"page.title": "Another title", "chat.title": "Title"})
        case "a file moved":
            (web / "src" / "main.ts").rename(web / "src" / "start.ts")
        case "no page":
            (page.BUILT / "index.html").unlink()
        case "no widget":
            (page.BUILT / "gpt-chat.js").unlink()
    page.build()
    assert done == BOTH


def test_a_build_that_fails_is_told_and_tried_again(
    web: Path, done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise page.PageError("no such thing")

    (web / "src" / "main.ts").write_text("broken", encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(page, "node", fails)
        assert page.main(["build"]) == 1
    assert "no such thing" in capsys.readouterr().err
    assert page.main(["build"]) == 0
    assert done[-1] == "vite build"
