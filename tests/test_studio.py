"""Composing in a few lines of Python, with no key."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

import mido
import pytest

from livetechno import app, owned, projects, studio
from livetechno.music.actions import SetTempo
from livetechno.music.problems import Refused
from livetechno.music.wish import Intent
from livetechno.store.errors import ValueRefusedError


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", app.MockAIWarning)
        yield
    app.close_store()


def test_a_wish_becomes_a_proposal_and_a_file() -> None:
    proposal = studio.propose("acid at 132 bpm, seed 3")
    file = mido.MidiFile(file=io.BytesIO(studio.midi(proposal.after)))
    assert [track[0].name for track in file.tracks] == ["", "rd9", "td3"]
    assert proposal.used.cost == 0


def test_a_wish_may_have_been_read_already() -> None:
    assert studio.propose(Intent("x", style="house", bpm=124.0)).after.bpm == 124


def test_a_stored_piece_takes_what_is_accepted_as_one_step() -> None:
    piece = projects.create(app.store(), "live")
    proposal = studio.propose("acid at 132 bpm, seed 3", piece.project)
    with pytest.raises(Refused):
        studio.accept(piece, proposal, {len(proposal.batch.actions) - 1})
    studio.accept(piece, proposal)
    assert piece.project.patterns == proposal.after.patterns
    assert [entry.message for entry in piece.entries] == ["acid at 132 bpm, seed 3"]
    piece.undo()
    assert piece.project.patterns == ()


def test_what_was_made_for_no_project_is_taken_by_an_empty_one_of_any_name() -> None:
    proposal = studio.propose("acid at 132 bpm, seed 3")
    piece = projects.create(app.store(), "live")
    studio.accept(piece, proposal)
    assert piece.project.bpm == 132


def test_a_piece_that_somebody_has_changed_since_takes_only_what_is_shown_anew() -> None:
    piece = projects.create(app.store(), "live")
    proposal = studio.propose("acid at 132 bpm, seed 3", piece.project)
    projects.find(app.store(), "live").do(SetTempo(bpm=99), owned.read().catalogue)
    with pytest.raises(ValueRefusedError) as refused:
        studio.accept(piece, proposal)
    assert refused.value.code == "project_moved"
    assert (piece.project.bpm, len(piece.entries)) == (99, 1)
    renewed = studio.renewed(proposal, piece.project)
    assert renewed.before.bpm == 99
    studio.accept(piece, renewed)
    assert piece.project.bpm == 132


def test_machines_are_the_musicians_own() -> None:
    owned.own(frozenset({"roland.tb03"}))
    proposal = studio.propose("acid, seed 3")
    assert {one.machine for one in proposal.after.machines} == {"roland.tb03"}
