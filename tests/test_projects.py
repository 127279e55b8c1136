"""A piece that lasts: replayed to the byte, undone and redone, taken out and in, and never half written."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno import projects
from livetechno.music import documents
from livetechno.music.actions import ActionBatch, AddMachine, CreatePattern, DeletePattern, SetTempo
from livetechno.music.problems import Refused
from livetechno.music.values import Project, Step
from livetechno.projects import Piece, ProjectError
from livetechno.store import Store
from livetechno.store.errors import ValueRefusedError
from tests.music.making import MACHINES, desk, fitting

BEAT = (
    AddMachine("maker.drums", "drums", 10),
    CreatePattern("beat", "drums", 16, steps=(Step(0, 36, 100),)),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.fixture
def piece(store: Store) -> Piece:
    made = projects.create(store, "loop")
    made.do(ActionBatch(BEAT), MACHINES, author="model", message="a beat", proposal="p1")
    return made


def bytes_of(project: Project) -> str:
    return documents.encode(documents.write(project))


def test_what_was_done_is_read_again_with_who_and_why(store: Store, piece: Piece) -> None:
    again = projects.find(store, "loop")
    assert bytes_of(again.project) == bytes_of(piece.project)
    (entry,) = again.entries
    assert (entry.kind, entry.author, entry.message, entry.proposal) == ("do", "model", "a beat", "p1")
    assert entry.at
    assert entry == piece.entries[0]


def test_a_batch_is_one_step_of_undo_and_redo(piece: Piece) -> None:
    done = bytes_of(piece.project)
    piece.undo()
    assert piece.project == Project("loop")
    piece.redo()
    assert bytes_of(piece.project) == done
    assert [entry.kind for entry in piece.entries] == ["do", "undo", "redo"]


def test_what_is_new_ends_what_could_be_redone(piece: Piece) -> None:
    piece.undo()
    piece.do(SetTempo(bpm=140), MACHINES)
    with pytest.raises(ProjectError, match="redo"):
        piece.redo()


def test_with_nothing_to_undo_nothing_changes(store: Store) -> None:
    made = projects.create(store, "empty")
    with pytest.raises(ProjectError, match="undo"):
        made.undo()
    assert made.entries == ()


def test_what_is_refused_is_not_in_the_log(store: Store, piece: Piece) -> None:
    with pytest.raises(Refused):
        piece.do(ActionBatch((SetTempo(bpm=99), DeletePattern("none"))), MACHINES)
    assert len(projects.find(store, "loop").entries) == 1


def test_two_who_have_it_open_cannot_write_over_each_other(store: Store, piece: Piece) -> None:
    other = projects.find(store, "loop")
    other.do(SetTempo(bpm=99), MACHINES)
    with pytest.raises(ValueRefusedError) as caught:
        piece.do(SetTempo(bpm=140), MACHINES)
    assert caught.value.code == "project_moved"
    piece.refresh()
    assert piece.project.bpm == 99
    piece.undo()
    other.refresh()
    assert bytes_of(other.project) == bytes_of(piece.project)


@given(st.data())
def test_any_walk_is_replayed_and_archived_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Store.open(tmp_path_factory.mktemp("walk") / "store.db")
    try:
        made = projects.create(store, "walk", desk())
        for _ in range(data.draw(st.integers(0, 6))):
            _step(made, data)
        assert bytes_of(projects.find(store, "walk").project) == bytes_of(made.project)
        back = projects.unarchived(store, made.archive(), "back")
        assert bytes_of(back.project) == bytes_of(made.project)
        assert [entry.actions for entry in back.entries] == [entry.actions for entry in made.entries]
    finally:
        store.close()


def _step(made: Piece, data: st.DataObject) -> None:
    steps: list[Callable[[], object]] = [
        lambda: made.do(data.draw(fitting(made.project)), MACHINES),
        made.undo,
        made.redo,
    ]
    try:
        data.draw(st.sampled_from(steps))()
    except (Refused, ProjectError):
        return


def changed(archive: bytes, change: Callable[[dict[str, Any]], None], name: str = projects.LOG) -> bytes:
    """An archive with one of its documents changed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as before:
        files = {one: json.loads(before.read(one)) for one in before.namelist()}
    change(files[name])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as after:
        for one, told in files.items():
            after.writestr(one, json.dumps(told))
    return made.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["entries"].append({"kind": "redo", "author": "musician"}),
        lambda told: told["entries"].append({"kind": "eval", "author": "musician"}),
        lambda told: told["entries"][0]["actions"]["actions"].pop(),
        lambda told: told["entries"][0]["actions"]["actions"].append({"type": "SetTempo.v1", "bpm": 1}),
        lambda told: told["first"].update(bpm="fast"),
        lambda told: told.pop("first"),
        lambda told: told.update(entries=[1]),
    ],
)
def test_an_archive_that_was_tampered_with_is_refused(
    store: Store, piece: Piece, change: Callable[[dict[str, Any]], None]
) -> None:
    with pytest.raises(ProjectError):
        projects.unarchived(store, changed(piece.archive(), change), "new")
    assert [row.name for row in store.projects.list()] == ["loop"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * 100])
def test_what_is_no_archive_is_refused(store: Store, data: bytes) -> None:
    with pytest.raises(ProjectError):
        projects.unarchived(store, data)


def test_an_archive_that_unpacks_to_too_much_is_refused(
    store: Store, piece: Piece, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "MOST_BYTES", 100)
    with pytest.raises(ProjectError):
        projects.unarchived(store, piece.archive(), "new")


KILLED = """
import os, sys
from pathlib import Path
from livetechno import projects
from livetechno.music.actions import SetTempo
from livetechno.store import Store

piece = projects.create(Store.open(Path(sys.argv[1])), "loop")
for number in range(100_000):
    piece.do(SetTempo(bpm=20 + number % 280), {})
    os.write(1, f"{piece.version}\\n".encode())
"""


def test_what_was_told_to_be_written_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(30)]
        process.kill()
        told += process.stdout.readlines()
    last = max(int(line) for line in told if line.endswith(b"\n"))
    store = Store.open(path)
    try:
        piece = projects.find(store, "loop")
        assert last <= piece.version <= last + 1
        assert piece.project.bpm == 20 + (piece.version - 2) % 280
    finally:
        store.close()


def test_a_crash_at_any_byte_leaves_the_last_whole_step(tmp_path: Path, soak: Callable[[int], int]) -> None:
    """What sqlite had written of its log is cut anywhere: what is left is a beginning, of whole steps."""
    path = tmp_path / "store.db"
    store = Store.open(path)
    try:
        piece = projects.create(store, "loop", desk())
        states = [bytes_of(piece.project)]
        for number in range(12):
            piece.do(SetTempo(bpm=100 + number), MACHINES)
            states.append(bytes_of(piece.project))
        database = path.read_bytes()
        log = path.with_name("store.db-wal").read_bytes()
    finally:
        store.close()
    dice = random.Random(9)
    found = set()
    for number in range(soak(500)):
        crashed = tmp_path / f"crash{number}"
        crashed.mkdir()
        (crashed / "store.db").write_bytes(database)
        (crashed / "store.db-wal").write_bytes(log[: dice.randrange(len(log) + 1)])
        found.add(_steps_left(crashed / "store.db", states))
    assert len(found) > 3


def _steps_left(path: Path, states: list[str]) -> int:
    store = Store.open(path)
    try:
        if not store.projects.list():
            return -1
        piece = projects.find(store, "loop")
        assert bytes_of(piece.project) == states[len(piece.entries)]
        return len(piece.entries)
    finally:
        store.close()
