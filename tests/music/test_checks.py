"""What a schema cannot say: each problem names its place, its kind, and what would be allowed."""

from __future__ import annotations

import pytest

from livetechno.music import checks
from livetechno.music.actions import (
    Action,
    AddMachine,
    Arrange,
    AutomationPlace,
    CreatePattern,
    DeletePattern,
    EditPattern,
    ExportPlan,
    RemoveMachine,
    SetKey,
    SetMix,
    SetParam,
    SetTempo,
    StepPlace,
)
from livetechno.music.values import Automation, Section, Step, Track
from tests.music.making import MACHINES, desk, project

BEAT = Step(0, 36, 100)


@pytest.mark.parametrize(
    ("action", "path", "code"),
    [
        (AddMachine("maker.none", "x", 5), "/machine", "no_machine"),
        (AddMachine("maker.synth", "bass", 5), "/instance", "instance_taken"),
        (AddMachine("maker.synth", "x", 2), "/channel", "channel_taken"),
        (RemoveMachine("x"), "/instance", "no_instance"),
        (CreatePattern("new", "x", 16), "/instance", "no_instance"),
        (CreatePattern("beat", "bass", 16), "/pattern", "pattern_taken"),
        (CreatePattern("new", "drums", 8, steps=(Step(8, 36, 1),)), "/steps/0/t", "outside"),
        (CreatePattern("new", "drums", 8, steps=(BEAT, BEAT)), "/steps/1", "step_twice"),
        (CreatePattern("new", "drums", 8, steps=(Step(0, 37, 1),)), "/steps/0/note", "note"),
        (CreatePattern("new", "bass", 8, steps=(Step(0, 23, 1),)), "/steps/0/note", "note"),
        (
            CreatePattern("new", "bass", 8, automation=(Automation("tune", 0, 0),)),
            "/automation/0/target",
            "no_control",
        ),
        (
            CreatePattern("new", "bass", 8, automation=(Automation("wave", 8.1, 0),)),
            "/automation/0/at",
            "outside",
        ),
        (EditPattern("none"), "/pattern", "no_pattern"),
        (EditPattern("beat", drop=(StepPlace(1, 36),)), "/drop/0", "no_step"),
        (EditPattern("beat", drop=(StepPlace(0, 36), StepPlace(0, 36))), "/drop/1", "no_step"),
        (EditPattern("beat", release=(AutomationPlace("tune", 0),)), "/release/0", "no_point"),
        (EditPattern("beat", length=12), "/length", "beyond"),
        (EditPattern("beat", put=(Step(16, 36, 1),)), "/put/0/t", "outside"),
        (EditPattern("beat", put=(Step(1, 99, 1),)), "/put/0/note", "note"),
        (EditPattern("beat", automate=(Automation("wave", 0, 0),)), "/automate/0/target", "no_control"),
        (DeletePattern("none"), "/pattern", "no_pattern"),
        (SetParam("bass", "tune", 0.5), "/param", "no_control"),
        (SetParam("x", "tune", 0.5), "/instance", "no_instance"),
        (SetMix("x", level=0), "/instance", "no_instance"),
        (Arrange((Section("a", 1, ("none",)),)), "/sections/0/patterns/0", "no_pattern"),
        (Arrange((Section("a", 1, ("beat", "beat")),)), "/sections/0/patterns/1", "two_at_once"),
        (Arrange((Section("a", 512),) * 9), "/sections", "too_many_bars"),
        (ExportPlan((Track("x", 1, "x"),)), "/tracks/0/instance", "no_instance"),
        (ExportPlan((Track("bass", 1, "a"), Track("bass", 2, "b"))), "/tracks/1/instance", "twice"),
        (ExportPlan((Track("bass", 1, "a"), Track("drums", 1, "b"))), "/tracks/1/channel", "channel_taken"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_what_makes_no_sense_is_refused_at_its_place(action: Action, path: str, code: str) -> None:
    assert [(one.path, one.code) for one in checks.problems(desk(), action, MACHINES)] == [(path, code)]


@pytest.mark.parametrize(
    "action",
    [
        AddMachine("maker.synth", "x", 1),
        EditPattern("beat", length=12, drop=(StepPlace(12, 36),)),
        EditPattern("beat", length=4, put=(), drop=(StepPlace(4, 36), StepPlace(8, 36), StepPlace(12, 36))),
        SetParam("bass", "gone", None),
        SetTempo(bpm=99),
        SetKey(),
        Arrange(()),
        CreatePattern("new", "bass", 256, automation=(Automation("wave", 256, 1),)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_makes_sense_has_no_problem(action: Action) -> None:
    assert checks.problems(desk(), action, MACHINES) == ()


def test_an_effect_plays_no_notes() -> None:
    before = project(AddMachine("maker.effect", "fx", 4))
    found = checks.problems(before, CreatePattern("new", "fx", 16, steps=(BEAT,)), MACHINES)
    assert [(one.code, one.allowed) for one in found] == [("note", ())]


def test_a_machine_that_is_not_owned_is_refused_with_those_that_are() -> None:
    (found,) = checks.problems(desk(), AddMachine("maker.synth", "x", 1), MACHINES, frozenset({"maker.bass"}))
    assert (found.code, found.allowed) == ("not_owned", ("maker.bass",))


def test_allowed_values_are_named() -> None:
    (found,) = checks.problems(desk(), SetParam("bass", "tune", 0.5), MACHINES)
    assert found.document()["allowed"] == ["cutoff", "resonance", "wave"]


def test_more_machines_than_channels_are_refused() -> None:
    full = project(*(AddMachine("maker.synth", f"m{n}", n) for n in range(1, 17)))
    codes = {one.code for one in checks.problems(full, AddMachine("maker.synth", "x", 1), MACHINES)}
    assert codes == {"channel_taken", "too_many"}


def test_what_was_checked_once_needs_no_catalogue() -> None:
    assert checks.problems(desk(), SetParam("bass", "tune", 0.5), None) == ()
    assert checks.problems(desk(), AddMachine("maker.none", "x", 5), None) == ()


def test_a_machine_that_left_the_catalogue_can_still_be_played() -> None:
    assert checks.problems(desk(), EditPattern("line", put=(Step(1, 99, 1),)), {}) == ()
