"""`livetechno conversations`, as its user types it."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livetechno import app, settings
from livetechno.cli import main
from livetechno.store import Store
from livetechno.store.messages import NewMessage

ABOUT = {
    "model": "gpt-6-luna",
    "finish": "stop",
    "usage": {"input_tokens": 120, "output_tokens": 410},
    "cost": "0.000217",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 3000
CODES = re.compile(r"\x1b\[[0-9;]*m")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    app.close_store()


@pytest.fixture
def store() -> Store:
    return app.store()


class Run:
    """Types `livetechno conversations ...`; `out` and `err` are what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        left = main(["conversations", *words])
        self.out, self.err = self._capsys.readouterr()
        assert left == code, self.err
        return MOMENT.sub("[moment]", self.out)

    def json(self, *words: str) -> Any:
        return json.loads(self(*words))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("livetechno.cli.terminal.is_terminal", lambda _: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return monkeypatch


def said(text: str) -> NewMessage:
    return NewMessage({"role": "user", "content": text})


def answered(text: str, **more: Any) -> NewMessage:
    return NewMessage({"role": "assistant", "content": text}, **more)


def begin(store: Store, *messages: NewMessage, title: str = "", system: str = "") -> str:
    """A conversation with one exchange; its id."""
    id_ = store.conversations.create(title=title, system=system).id
    store.tree.add(id_, messages or [said("Hello"), answered("Hi")], after=None)
    return id_


def branched(store: Store) -> str:
    """A conversation with two branches, the second one in use; its id."""
    id_ = begin(store, said("What is swing?"), answered("**Late** steps.", about=ABOUT), system="Be brief.")
    first = store.conversations.get(id_).head
    store.tree.add(id_, [said("And a flam?"), answered("Two str", partial=True)], after=first)
    store.tree.add(id_, [said("And a ratchet?"), answered("Repeats.")], after=first)
    return id_


def test_the_list_has_the_newest_first_with_when_how_long_and_title(store: Store, run: Run) -> None:
    first, second = begin(store, said("How do I swing\na hi-hat?")), begin(store)
    assert run("list").splitlines() == [
        "id      changed           messages  title",
        f"{second[:6]}  [moment]         2  Hello",
        f"{first[:6]}  [moment]         1  How do I swing a hi-hat?",
    ]


def test_the_list_can_be_read_in_french(store: Store, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    run("list")
    assert "Il n'y a encore aucune conversation" in run.err
    begin(store, said("Où est l'été ?"))
    assert "modifiée" in run("list")
    assert "Où est l'été ?" in run.out


def test_an_empty_list_says_how_to_begin_and_prints_nothing(run: Run) -> None:
    assert run("list") == ""
    assert "`livetechno chat` begins one" in run.err
    assert run("list", "--deleted") == ""
    assert run.json("list", "--json") == {"conversations": []}


@pytest.mark.parametrize("columns", [80, 60, 40, 24])
def test_the_list_fits_the_terminal(
    columns: int, store: Store, run: Run, terminal: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    begin(store, title="très long 中文 " * 12)
    begin(store, title="short")
    terminal.setenv("COLUMNS", str(columns))
    run("list")
    lines = CODES.sub("", run.out).splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert lines[1].endswith("short")
    assert lines[2].endswith("…")


def test_an_id_is_as_short_as_it_can_be_and_any_beginning_of_it_will_do(
    store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(["abcdef012345", "abcdef01ffff", "abc000000000"])
    monkeypatch.setattr(store.conversations, "new_id", lambda: next(ids))
    for title in ("one", "two", "three"):
        begin(store, title=title)
    assert [line.split()[0] for line in run("list").splitlines()[1:]] == [
        "abc000000",
        "abcdef01f",
        "abcdef012",
    ]
    assert "# three" in run("export", "abc0")
    assert "# one" in run("export", "ABCDEF012")
    run("show", "abcdef01", code=2)
    assert "Several conversations begin with abcdef01" in run.err
    run("show", "fff", code=2)
    assert "nothing of yours named fff" in run.err
    run("show", "\udcff", code=2)


def test_json_lists_all_that_is_known_of_each(store: Store, run: Run) -> None:
    id_ = begin(store, system="Be brief.")
    [one] = run.json("list", "--json")["conversations"]
    assert one | {"made": "", "changed": "", "head": 0} == {
        "id": id_,
        "title": "Hello",
        "system": "Be brief.",
        "model": "chat",
        "parameters": {},
        "head": 0,
        "made": "",
        "changed": "",
        "deleted": None,
        "messages": 2,
    }


def test_show_tells_who_said_what_when_and_at_what_price(store: Store, run: Run) -> None:
    id_ = begin(
        store,
        said("What is swing?\n  - in steps"),
        answered("**Late** steps.", about=ABOUT),
        said("And a flam?"),
        answered("Two str", partial=True),
        system="Be brief.",
    )
    assert (
        run("show")
        == f"""\
What is swing? - in steps
Conversation {id_} · begun [moment] · model: chat · messages: 4

Instructions
Be brief.

You · [moment]
What is swing?
  - in steps

gpt-6-luna · [moment] · 530 tokens · $0.00022
**Late** steps.

You · [moment]
And a flam?

GPT · [moment] · incomplete
Two str
"""
    )


def test_show_is_drawn_as_the_chat_draws_and_fits_the_terminal(
    store: Store, run: Run, terminal: pytest.MonkeyPatch
) -> None:
    terminal.setenv("COLUMNS", "40")
    begin(store, said("many words " * 12 + "**as typed**"), answered("- **Late** steps " * 8, about=ABOUT))
    run("show")
    assert "\x1b[1mLate\x1b[0m" in run.out
    plain = CODES.sub("", run.out)
    assert max(map(len, plain.splitlines())) <= 40
    assert "**as typed**" in plain.replace("\n", " ")
    assert "**Late**" not in plain
    assert "• Late steps" in plain


def test_show_takes_the_newest_or_the_one_that_is_named(store: Store, run: Run) -> None:
    run("show", code=2)
    assert "no conversation" in run.err
    first = begin(store, title="First")
    begin(store, title="Second")
    assert run("show").startswith("Second\n")
    assert run("show", first[:5]).startswith("First\n")


def test_branches_are_named_and_each_can_be_shown(store: Store, run: Run) -> None:
    branched(store)
    shown = run("show")
    assert "Branch 2 of 2, in use" in shown
    assert "ratchet" in shown
    assert "\nAnd a flam?" not in shown
    assert shown.endswith(
        "Branches (--branch NUMBER shows another, --branch all the whole):\n"
        "   1     4 messages  And a flam?\n"
        "*  2     4 messages  And a ratchet?\n"
    )
    other = run("show", "--branch", "1")
    assert "\nAnd a flam?" in other
    assert "\nAnd a ratchet?" not in other
    assert "*  1     4" in other
    for wrong in ("0", "3", "-1", "x"):
        run("show", f"--branch={wrong}", code=2)
        assert f"no branch {wrong}" in run.err


def test_all_branches_are_shown_with_what_they_share_once(store: Store, run: Run) -> None:
    branched(store)
    shown = run("show", "--branch", "all")
    assert shown.count("\nWhat is swing?\n\n") == 1
    assert shown.index("Branch 2 of 2, in use") < shown.index("Branch 1 of 2\nGoes on from “**Late** steps.”")
    assert shown.endswith("GPT · [moment] · incomplete\nTwo str\n")


def test_show_as_json_is_one_branch_or_all_of_them(store: Store, run: Run) -> None:
    id_ = branched(store)
    assert [m["message"]["content"] for m in run.json("show", "--json", "--branch", "1")["messages"]][2:] == [
        "And a flam?",
        "Two str",
    ]
    document = run.json("show", id_, "--json")
    assert document["format"] == "livetechno.conversation.v1"
    assert [m["message"]["content"] for m in document["messages"]][2:] == ["And a ratchet?", "Repeats."]
    assert len(run.json("show", "--json", "--branch", "all")["messages"]) == 6
    store.tree.use(id_, None)
    assert run.json("show", "--json")["messages"] == []
    assert "What is swing?\n\n" not in run("show")
    assert "   2     4 messages  And a ratchet?" in run.out


def test_pictures_and_functions_are_mentioned(store: Store, run: Run) -> None:
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    picture = {"type": "image_url", "image_url": {"url": url, "detail": "auto"}}
    call = {"id": "c", "type": "function", "function": {"name": "beats", "arguments": '{"bars": 7}'}}
    begin(
        store,
        NewMessage({"role": "user", "content": [{"type": "text", "text": "Look"}, picture]}),
        NewMessage({"role": "assistant", "content": None, "tool_calls": [call]}),
        NewMessage({"role": "tool", "content": "28", "tool_call_id": "c"}),
    )
    shown = run("show")
    assert "Look\n[picture: image/png, 3 kB]\n" in shown
    assert 'GPT · [moment]\nbeats({"bars": 7})\n\nFunction · [moment]\n28\n' in shown


def test_what_was_said_cannot_drive_the_terminal(
    store: Store, run: Run, terminal: pytest.MonkeyPatch
) -> None:
    evil = "a\x1b]0;owned\x07b\x9b2Jc\u202ed\r"
    id_ = begin(store, said(evil), answered(evil, about={"model": evil}), title=evil, system=evil)
    store.tree.add(id_, [said(evil)], after=None)
    for words in (
        ("list",),
        ("list", "--json"),
        ("show", "--branch", "all"),
        ("show", "--branch", "1"),
        ("show", "--json"),
        ("search", "abc"),
        ("search", "--json", "b"),
        ("export",),
        ("export", "--format", "json"),
        ("rename", id_, evil),
        ("delete", id_),
        ("restore", id_),
        ("delete", id_),
        ("purge", "--yes"),
    ):
        run(*words)
        printed = CODES.sub("", run.out + run.err)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed), words


def test_a_conversation_can_be_renamed(store: Store, run: Run) -> None:
    id_ = begin(store)
    assert run("rename", id_[:6], "Late", "hats") == f"{id_[:6]} is now called “Late hats”.\n"
    assert store.conversations.get(id_).title == "Late hats"
    run("rename", id_, " \x1b[31m ", code=2)
    assert "A title needs a word" in run.err
    run("rename", id_, code=2)
    assert store.conversations.get(id_).title == "Late hats"


def test_what_is_deleted_can_be_restored_and_says_how(store: Store, run: Run) -> None:
    first, second = begin(store, title="First"), begin(store, title="Second")
    assert run("delete", first[:6], second, first) == (
        f"“First” is deleted; `livetechno conversations restore {first[:6]}` takes it back.\n"
        f"“Second” is deleted; `livetechno conversations restore {second[:6]}` takes it back.\n"
    )
    deleted = store.conversations.get(first).deleted
    run("delete", first)
    assert store.conversations.get(first).deleted == deleted
    assert "First" not in run("list")
    assert "First" in run("list", "--deleted")
    assert "# First" in run("export", first)
    assert "can still be restored" in run.err
    assert run("restore", first[:6]) == f"“First” is back ({first[:6]}).\n"
    assert "First" in run("list")
    assert "Second" not in run.out


def test_one_wrong_id_and_nothing_is_deleted(store: Store, run: Run) -> None:
    id_ = begin(store)
    run("delete", id_, "nowhere", code=2)
    assert store.conversations.get(id_).deleted is None
    run("delete", code=2)
    run("restore", code=2)


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_purging_asks_says_what_is_lost_and_touches_only_what_is_deleted(
    store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, first, second = begin(store), begin(store, title="First"), begin(store, title="Second")
    run("delete", first, second)
    answer(monkeypatch, "n\n")
    run("purge", code=130)
    assert f"{first[:6]}  First\n" in run.err
    assert "lost for good; what they cost stays in `livetechno costs`" in run.err
    assert "Remove for good: 2? [y/N]" in run.err
    answer(monkeypatch, "")
    run("purge", code=130)
    assert len(store.conversations.list(deleted=True)) == 2
    run("purge", kept, code=2)
    assert f"`livetechno conversations delete {kept}` comes first" in run.err
    answer(monkeypatch, "oui\n")
    assert run("purge", first) == "Removed for good: 1. What they cost stays in `livetechno costs`.\n"
    assert [one.id for one in store.conversations.list(deleted=True)] == [second]
    assert run("purge", "--yes").startswith("Removed for good: 1.")
    assert run("purge", "--yes") == ""
    assert "no deleted conversation" in run.err
    assert [one.id for one in store.conversations.list()] == [kept]


def test_search_shows_where_the_words_stand(store: Store, run: Run, terminal: pytest.MonkeyPatch) -> None:
    id_ = begin(store, said("Où est l'été à Orléans ?"), answered("Au bord de la Loire."), title="Géo")
    run("search", "ete", "ORLEANS")
    assert MOMENT.sub("[moment]", run.out) == (
        f"{id_[:6]}  [moment]  Géo\n        Où est l'\x1b[1mété\x1b[0m à \x1b[1mOrléans\x1b[0m ?\n"
    )
    terminal.setattr("livetechno.cli.terminal.is_terminal", lambda _: False)
    assert run("search", "ete") == f"{id_[:6]}  [moment]  Géo\n        Où est l'été à Orléans ?\n"
    assert run("search", "nowhere") == ""
    assert "No message holds all of these words" in run.err
    assert run("search", "?!") == ""
    run("search", code=2)


@pytest.mark.parametrize("columns", [80, 40])
def test_what_was_found_fits_the_terminal(
    columns: int, store: Store, run: Run, terminal: pytest.MonkeyPatch
) -> None:
    terminal.setenv("COLUMNS", str(columns))
    begin(store, said("before " * 40 + "needle " + "after " * 40), title="long title " * 12)
    run("search", "needle")
    lines = CODES.sub("", run.out).splitlines()
    assert max(map(len, lines)) <= columns
    assert all(line.startswith(" " * 8) for line in lines[1:])
    assert "\x1b[1mneedle\x1b[0m" in run.out


def test_search_says_when_there_may_be_more(store: Store, run: Run) -> None:
    begin(store, *(said(f"kick {number}") for number in range(51)))
    assert len(run("search", "kick").splitlines()) == 100
    assert "The best 50 are shown" in run.err
    assert len(run.json("search", "--json", "kick")["found"]) == 50


def test_search_as_json_says_where(store: Store, run: Run) -> None:
    id_ = begin(store, said("A kick"), title="Drums")
    [one] = run.json("search", "--json", "kick")["found"]
    assert one | {"at": ""} == {
        "conversation": id_,
        "title": "Drums",
        "message": store.conversations.get(id_).head,
        "role": "user",
        "at": "",
        "excerpt": "A kick",
    }


def pictured(store: Store) -> str:
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}]
    return begin(store, NewMessage({"role": "user", "content": parts}), answered("I see."))


def test_export_is_markdown_on_stdout_unless_told_otherwise(store: Store, run: Run) -> None:
    id_ = branched(store)
    for words in ((), (id_[:6],), ("-o", "-"), ("--format", "markdown")):
        assert run("export", *words).startswith("# What is swing?\n\n*Conversation ")
        assert "## Branch 1 of 2" in run.out
    assert run.json("export", "--format", "json")["id"] == id_
    run("export", "--format", "pdf", code=2)
    assert "pdf is none of: markdown, json" in run.err


def test_a_file_takes_the_format_of_its_name_and_pictures_stand_beside_it(
    store: Store, run: Run, tmp_path: Path
) -> None:
    pictured(store)
    assert run("export", "-o", str(tmp_path / "my notes.md")) == ""
    assert f"Written: {tmp_path / 'my notes-1.png'}, {tmp_path / 'my notes.md'}" in run.err
    assert (tmp_path / "my notes-1.png").read_bytes() == PNG
    assert "](my%20notes-1.png)" in (tmp_path / "my notes.md").read_text(encoding="utf-8")
    run("export", "-o", str(tmp_path / "a.JSON"))
    document = json.loads((tmp_path / "a.JSON").read_text(encoding="utf-8"))
    [(hash_, attachment)] = document["attachments"].items()
    assert base64.b64decode(attachment["base64"]) == PNG
    assert document["messages"][0]["message"]["content"][1]["image_url"]["url"] == f"attachment:{hash_}"
    run("export", "-o", str(tmp_path / "b.json"), "--format", "markdown")
    assert (tmp_path / "b.json").read_text(encoding="utf-8").startswith("# Look")
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert names == ["a.JSON", "b-1.png", "b.json", "my notes-1.png", "my notes.md"]


def test_no_file_is_replaced_unless_told_so(store: Store, run: Run, tmp_path: Path) -> None:
    pictured(store)
    (tmp_path / "a-1.png").write_bytes(b"mine")
    run("export", "-o", str(tmp_path / "a.md"), code=2)
    assert f"{tmp_path / 'a-1.png'} exists already" in run.err.replace("\n", " ")
    assert not (tmp_path / "a.md").exists()
    assert (tmp_path / "a-1.png").read_bytes() == b"mine"
    run("export", "-o", str(tmp_path / "a.md"), "--force")
    assert (tmp_path / "a-1.png").read_bytes() == PNG


def test_what_cannot_be_written_is_said(store: Store, run: Run, tmp_path: Path) -> None:
    begin(store)
    run("export", "-o", str(tmp_path / "missing" / "a.md"), code=1)
    assert "No such file or directory" in run.err
    run("export", "-o", str(tmp_path), "--force", code=1)
    assert "Is a directory" in run.err


def everything_said(run: Run, tmp_path: Path) -> Iterator[str]:
    """All that show and export can print or write."""
    everything = ("--branch", "all")
    for words in (
        ("show", *everything),
        ("show", "--json", *everything),
        ("export",),
        ("export", "--format", "json"),
    ):
        run(*words)
        yield run.out + run.err
    for name in ("a.md", "a.json"):
        run("export", "-o", str(tmp_path / name))
        yield (tmp_path / name).read_text(encoding="utf-8")


def spread(store: Store, key: str) -> None:
    """Put a key into every place that holds a text."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": key})}}
    id_ = begin(
        store,
        said(f"my key is {key}, keep it"),
        NewMessage({"role": "assistant", "content": key, "tool_calls": [call]}),
        answered(f"`{key}`", about={"model": f"m {key}"}),
        title=f"{key} in a title",
        system=f"Use {key}",
    )
    head = store.conversations.get(id_).head
    assert head is not None
    store.tree.summarise(id_, head, f"The key is {key}")
    store.tree.add(id_, [said(f"again {key}")], after=None)


def pieces(key: str) -> list[str]:
    secret = key.removeprefix("sk-")
    return [secret[start : start + 8] for start in range(len(secret) - 7)]


def test_what_looks_like_a_key_leaves_in_no_document_and_that_is_said(
    store: Store, run: Run, tmp_path: Path
) -> None:
    key = "sk-" + "test-" + "kT5wYq8ZpLm2NvRb"
    spread(store, key)
    for text in everything_said(run, tmp_path):
        assert not [piece for piece in pieces(key) if piece in text]
        assert "keep it" in text
    assert "What looks like a key was left out" in run.err
    for words in (("list",), ("list", "--json"), ("search", "again"), ("search", "--json", "keep")):
        run(*words)
        assert not [piece for piece in pieces(key) if piece in run.out]


@pytest.mark.parametrize("where", ["environment", "home"])
def test_the_key_in_use_leaves_in_no_document_whatever_it_looks_like(
    where: str, store: Store, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = {"environment": "Vn4xK2mP9r", "home": "Jh7cQ3sD6f"}[where] + "T6wB1yGe"
    url = "http://127.0.0.1:9/v1"
    if where == "environment":
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", key)
    else:
        settings.save(settings.Settings(base_url=url))
        plain = json.dumps({"api_key": key, "base_url": url})
        settings.write_private(settings.path().with_name("user_openai_key.json"), plain)
    spread(store, key)
    for text in everything_said(run, tmp_path):
        assert not [piece for piece in pieces(key) if piece in text]
        assert "keep it" in text


def test_a_key_that_hides_behind_control_characters_is_not_shown(store: Store, run: Run) -> None:
    key = "sk-" + "test-" + "hJ4mQv7XzRt2WcYd"
    begin(store, said(key[:10] + "\x1b[0m" + key[10:]), answered(key[:9] + "\x07" + key[9:]))
    for words in (("show",), ("list",), ("search", "test")):
        run(*words)
        assert not [piece for piece in pieces(key) if piece in run.out], words


def test_documents_are_made_although_the_keys_file_is_broken(
    store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(store)
    settings.write_private(settings.path().with_name("user_openai_key.json"), "{")
    assert run("export").startswith("# Hello")
    monkeypatch.setenv("OPENAI_BASE_URL", "ftp://nowhere")
    assert run("show").startswith("Hello\n")


def test_the_words_of_the_whole_command_are_there_in_both_languages(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("list", "show", "rename", "delete", "restore", "purge", "search", "export")
    for language, word in (("en", "kept on this machine"), ("fr", "gardé sur cette machine")):
        monkeypatch.setenv("LIVETECHNO_LANG", language)
        shown = run("--help")
        assert word in shown
        assert all(f"\n  {name} " in shown for name in names)
        for name in names:
            assert "conversations." not in run(name, "--help")


def test_nothing_heavy_is_loaded_before_it_is_needed() -> None:
    heavy = ("aiohttp", "rich", "sqlite3", "prompt_toolkit", "livetechno.store")
    code = f"import sys, livetechno.cli.conversations; print([n for n in {heavy} if n in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert found.stdout.strip() == "[]"


def test_another_process_sees_what_this_one_has_stored(store: Store) -> None:
    id_ = begin(store)
    code = "from livetechno.cli import main; raise SystemExit(main(['conversations', 'list', '--json']))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert json.loads(found.stdout)["conversations"][0]["id"] == id_
