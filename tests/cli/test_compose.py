"""`livetechno compose`, `project`, `machines` and `eval`, as their user types them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import mido
import pytest

from livetechno import app, environment, owned, projects
from livetechno.cli import main, terminal
from livetechno.composer import evaluating
from livetechno.music.actions import SetTempo

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("LIVETECHNO_LANG", "en")
    yield
    app.close_store()


def run(*words: str) -> int:
    return main([*words])


def notes(path: Path) -> int:
    file = mido.MidiFile(file=io.BytesIO(path.read_bytes()))
    return sum(message.type == "note_on" for track in file.tracks for message in track)


def test_a_wish_becomes_a_file_on_a_yes(capsys: Captured) -> None:
    words = "acid à 132 bpm, sombre, kick sur tous les temps"
    assert run("compose", words, "-o", "loop.mid", "--yes", "--seed", "3") == 0
    said = capsys.readouterr()
    assert " 1 set 132 bpm" in said.out
    assert "+ BD x... x... x... x..." in said.out
    assert "tokens in" in said.err
    assert notes(Path("loop.mid")) > 50


def test_the_same_seed_is_the_same_file(capsys: Captured) -> None:
    for name in ("a.mid", "b.mid"):
        assert run("compose", "berlin", "--seed", "5", "--yes", "-o", name) == 0
    capsys.readouterr()
    assert Path("a.mid").read_bytes() == Path("b.mid").read_bytes()


def test_a_file_that_is_there_is_never_lost(capsys: Captured) -> None:
    Path("loop.mid").write_text("mine")
    assert run("compose", "berlin", "--yes", "-o", "loop.mid") == 2
    said = capsys.readouterr()
    assert "loop.mid" in said.err
    assert not said.out, "it was refused before anybody was asked"
    assert run("compose", "berlin", "--yes") == 0
    assert Path("loop.mid").read_text() == "mine"
    assert notes(Path("loop-2.mid"))


def test_a_folder_that_is_not_there_is_refused_before_anybody_is_asked(capsys: Captured) -> None:
    assert run("compose", "berlin", "--yes", "-o", "none/loop.mid") == 2
    said = capsys.readouterr()
    assert ("none" in said.err, said.out) == (True, "")


def test_where_nothing_would_change_nothing_is_written(capsys: Captured) -> None:
    assert run("compose", "acid on a td-3", "--yes", "--project", "live") == 0
    assert run("compose", "less cowbell", "--yes", "--project", "live") == 0
    assert "Nothing would change" in capsys.readouterr().err
    assert len(projects.find(app.store(), "live").entries) == 1
    assert not list(Path().iterdir())


def test_without_a_terminal_nothing_is_done_unless_told(capsys: Captured) -> None:
    assert run("compose", "berlin", "-o", "loop.mid") == 1
    assert "--yes" in capsys.readouterr().err
    assert not Path("loop.mid").exists()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the musician types, one line after the other."""
    said: list[str] = []
    monkeypatch.setattr(terminal, "is_terminal", lambda _: True)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: said.pop(0))
    return said


def test_a_no_changes_nothing(answers: list[str], capsys: Captured) -> None:
    answers += ["no"]
    assert run("compose", "berlin", "--project", "live") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert app.store().projects.list() == ()


def test_some_actions_can_be_accepted_and_what_they_need_is_said(
    answers: list[str], capsys: Captured
) -> None:
    answers += ["6", "3 6"]
    assert run("compose", "acid", "--seed", "3", "--bpm", "140", "--project", "live") == 0
    assert "rd9" in capsys.readouterr().err
    project = projects.find(app.store(), "live").project
    assert [one.id for one in project.machines] == ["rd9"]
    assert [one.id for one in project.patterns] == ["rd9-beat"]
    assert project.bpm == 130


def test_what_was_changed_elsewhere_meanwhile_is_shown_anew_before_it_is_done(
    answers: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("compose", "house with clap", "--seed", "2", "--yes", "--project", "live") == 0
    elsewhere = projects.find(app.store(), "live")
    said = iter(["yes", "yes"])

    def prompt(*_: object, **__: object) -> str:
        if len(elsewhere.entries) == 1:
            elsewhere.do(SetTempo(bpm=99), owned.read().catalogue)
        return next(said)

    monkeypatch.setattr(click, "prompt", prompt)
    assert run("compose", "no clap", "--project", "live") == 0
    told = capsys.readouterr()
    assert "changed elsewhere meanwhile" in told.err
    assert told.out.count("change the pattern") == 2
    project = projects.find(app.store(), "live").project
    assert project.bpm == 99
    assert [entry.message for entry in projects.find(app.store(), "live").entries][-1] == "no clap"


def test_something_else_is_asked_again_with_what_was_said(answers: list[str], capsys: Captured) -> None:
    answers += ["", "but at 99 bpm", "oui"]
    assert run("compose", "acid", "--project", "live") == 0
    capsys.readouterr()
    entry = projects.find(app.store(), "live").entries[0]
    assert projects.find(app.store(), "live").project.bpm == 99
    assert (entry.author, entry.message) == ("model", "acid\nbut at 99 bpm")


def test_a_wish_without_words_is_refused_before_anything_is_asked(capsys: Captured) -> None:
    assert run("compose", " ", "--project", "live", "--yes") == 2
    assert "livetechno compose" in capsys.readouterr().err
    assert app.store().projects.list() == ()


def test_options_say_more_than_the_words(capsys: Captured) -> None:
    options = ["--bars", "8", "--bpm", "101.5", "--style", "house", "--machines", "tr8s,sub 37"]
    assert run("compose", "acid at 140", *options, "--yes", "--project", "live") == 0
    capsys.readouterr()
    project = projects.find(app.store(), "live").project
    assert (project.bpm, project.arrangement[0].bars) == (101.5, 8)
    assert [one.machine for one in project.machines] == ["roland.tr8s", "moog.subsequent37"]


@pytest.mark.parametrize(
    "options",
    [
        ["--style", "polka"],
        ["--bars", "0"],
        ["--bpm", "999"],
        ["--seed", "-1"],
        ["--machines", "no such"],
        ["--project", "a/b"],
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(options: list[str], capsys: Captured) -> None:
    assert run("compose", "acid", *options, "--yes") == 2
    assert capsys.readouterr().out == ""
    assert not list(Path().iterdir())


def test_json_tells_all_and_does_nothing_without_a_yes(capsys: Captured) -> None:
    assert run("compose", "acid", "--json", "--project", "live") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["file"], told["cost"]) == (False, None, 0)
    assert told["batch"]["type"] == "ActionBatch.v1"
    assert app.store().projects.list() == ()
    assert run("compose", "acid", "--json", "--project", "live", "--yes") == 0
    assert json.loads(capsys.readouterr().out)["accepted"]
    assert len(projects.find(app.store(), "live").entries) == 1


def test_a_project_is_changed_step_by_step_and_back(capsys: Captured) -> None:
    assert run("compose", "house with clap", "--seed", "2", "--yes", "--project", "live") == 0
    assert run("compose", "no clap", "--yes", "--project", "live") == 0
    capsys.readouterr()
    assert run("project", "show", "live") == 0
    assert " CP " not in capsys.readouterr().out
    assert run("project", "undo", "live") == 0
    assert "no clap" in capsys.readouterr().out
    assert run("project", "show", "live") == 0
    assert " CP " in capsys.readouterr().out
    assert run("project", "redo", "live") == 0
    assert run("project", "redo", "live") == 2
    capsys.readouterr()
    assert run("project", "log", "live", "--json") == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [entry["kind"] for entry in entries] == ["do", "do", "undo", "redo"]
    assert run("project", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["projects"][0]["steps"] == 4


def test_a_project_goes_out_and_comes_in(capsys: Captured) -> None:
    assert run("compose", "house", "--seed", "2", "--yes", "--project", "live") == 0
    for name in ("live.zip", "live.mid"):
        assert run("project", "export", "live", "-o", name) == 0
    assert run("project", "import", "live.zip", "--name", "again") == 0
    assert run("project", "import", "live.mid", "--name", "midi") == 0
    first, again, midi = (projects.find(app.store(), name) for name in ("live", "again", "midi"))
    assert again.project == first.project
    played = sum(len(pattern.steps) for pattern in midi.project.patterns)
    assert played == sum(len(pattern.steps) for pattern in first.project.patterns)
    assert midi.project.bpm == first.project.bpm
    assert "control" in capsys.readouterr().err.lower()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["project", "show", "none"], 2),
        (["project", "export", "none"], 2),
        (["project", "import", "none.mid"], 1),
        (["project", "import", "x.wav"], 1),
        (["machines", "show", "zzzz"], 2),
        (["machines", "map", "rd9", "BD=128"], 2),
        (["machines", "map", "rd9", "XX=1"], 2),
        (["machines", "map", "rd9", "through=td3"], 2),
    ],
)
def test_what_is_not_there_is_said(words: list[str], code: int, capsys: Captured) -> None:
    assert run(*words) == code
    assert capsys.readouterr().err.startswith("livetechno: ")


def test_a_broken_file_is_refused_and_makes_no_project(capsys: Captured) -> None:
    Path("x.mid").write_bytes(b"MThd")
    Path("x.zip").write_bytes(b"PK")
    for name in ("x.mid", "x.zip"):
        assert run("project", "import", name) == 2
    assert app.store().projects.list() == ()
    assert capsys.readouterr().err


def test_machines_are_found_and_shown_with_their_source(capsys: Captured) -> None:
    assert run("machines", "search", "moog", "sub") == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith("moog.subsequent37")
    assert "CC BY-SA" in said.err
    assert run("machines", "show", "rd-9") == 0
    shown = capsys.readouterr().out
    assert "unverified" in shown
    assert "Bass drum" in shown
    assert run("machines", "show", "moog.subsequent37", "--json") == 0
    assert json.loads(capsys.readouterr().out)["type"] == "Machine.v1"


def test_a_note_map_is_the_owner_s(capsys: Captured) -> None:
    assert run("machines", "map", "rd9", "sd=40", "bd=35") == 0
    assert run("machines", "map", "rd9", "BD=") == 0
    capsys.readouterr()
    assert owned.read().notes == {"behringer.rd9": {"SD": 40}}
    assert run("compose", "hard techno with snare on the rd9", "--yes", "-o", "loop.mid") == 0
    file = mido.MidiFile(file=io.BytesIO(Path("loop.mid").read_bytes()))
    sent = {message.note for track in file.tracks for message in track if message.type == "note_on"}
    assert 40 in sent
    assert 38 not in sent


def test_a_303_is_played_through_the_clone_that_is_chosen(capsys: Captured) -> None:
    assert run("machines", "map", "roland.tb303", "through=tb-03") == 0
    assert "roland.tb03" in capsys.readouterr().out
    assert owned.read().catalogue["roland.tb303"].control("resonance")


def test_only_what_is_owned_is_used(capsys: Captured) -> None:
    assert run("machines", "own", "tr-8s", "tb-03") == 0
    assert capsys.readouterr().out.split() == ["roland.tb03", "roland.tr8s"]
    assert run("machines", "search") == 0
    assert capsys.readouterr().out.count("✓") == 2
    assert run("compose", "acid", "--yes", "--project", "live") == 0
    used = {one.machine for one in projects.find(app.store(), "live").project.machines}
    assert used <= {"roland.tb03", "roland.tr8s"}
    assert run("machines", "own", "--remove", "tb-03") == 0
    assert owned.read().inventory == frozenset({"roland.tr8s"})
    assert run("machines", "own", "--any") == 0
    assert owned.read().inventory is None
    capsys.readouterr()


def test_a_machine_of_one_s_own_is_a_file(capsys: Captured) -> None:
    folder = environment.home() / owned.FOLDER
    folder.mkdir(parents=True)
    machine = {"type": "Machine.v1", "id": "me.box", "maker": "Me", "name": "Box 1", "kind": "bass"}
    (folder / "box.json").write_text(json.dumps(machine))
    assert run("compose", "acid on my box 1 and a tr8s", "--yes", "--project", "live") == 0
    assert run("machines", "search", "box", "1") == 0
    assert "me.box" in capsys.readouterr().out
    (folder / "box.json").write_text(json.dumps({**machine, "kind": "piano"}))
    assert run("machines", "search", "box") == 2
    assert "box.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"notes": {"a": {"BD": 200}}}', '{"owned": "all"}', '{"through": {"a": 1}}']
)
def test_a_file_that_cannot_be_used_is_named(text: str, capsys: Captured) -> None:
    folder = environment.home() / owned.FOLDER
    folder.mkdir(parents=True)
    (folder / owned.FILE).write_text(text)
    assert run("machines", "search", "rd9") == 2
    assert owned.FILE in capsys.readouterr().err


def test_eval_counts_what_could_be_used(capsys: Captured) -> None:
    assert run("eval", "--limit", "3") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("3 wishes")
    assert "100%" in last
    assert run("eval", "acid", "--no-schema", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["summary"]["composed"] == 1
    assert told["outcomes"][0]["wish"] == "acid"


def test_nothing_evaluated_is_nothing() -> None:
    assert evaluating.summed_up([]).composed == 0
