"""What differs: told for what it is, and nothing where nothing does."""

from __future__ import annotations

from hypothesis import given

from livetechno.music.actions import (
    ActionBatch,
    AddMachine,
    Arrange,
    CreatePattern,
    DeletePattern,
    EditPattern,
    RemoveMachine,
    SetMix,
    SetParam,
    SetTempo,
    StepPlace,
)
from livetechno.music.diff import Diff, Row, diff
from livetechno.music.reduce import reduce
from livetechno.music.values import Project, Section, Step
from tests.music.making import MACHINES, desk, projects


def after(*actions: object) -> Diff:
    before = desk()
    return diff(before, reduce(before, ActionBatch(actions), MACHINES)[0], MACHINES)  # type: ignore[arg-type]


@given(projects())
def test_a_project_differs_not_from_itself_and_from_nothing_by_all_that_it_has(made: Project) -> None:
    assert diff(made, made, MACHINES).empty
    found = diff(Project(), made, MACHINES)
    assert found.added == made.machines
    assert [one.id for one in found.patterns] == [one.id for one in made.patterns]


def test_hits_appear_disappear_move_and_change() -> None:
    put = (Step(1, 36, 100), Step(4, 36, 127), Step(2, 42, 60))
    (pattern,) = after(EditPattern("beat", drop=(StepPlace(0, 36), StepPlace(12, 36)), put=put)).patterns
    assert (pattern.kind, pattern.appear, pattern.disappear, pattern.move, pattern.change) == (
        "changed",
        1,
        1,
        1,
        1,
    )
    assert pattern.rows == (
        Row("BD", "x...x...x...x...", ".x..x...x......."),
        Row("CH", "................", "..o............."),
    )
    assert all(row.differs for row in pattern.rows)


def test_notes_are_drawn_from_the_highest_with_their_names() -> None:
    steps = (Step(0, 60, 100), Step(1, 61, 100, accent=True))
    (pattern,) = after(CreatePattern("new", "bass", 4, steps=steps)).patterns
    assert pattern.rows == (Row("C#4", "", ".X.."), Row("C4", "", "x..."))


def test_values_machines_and_sections_are_told_with_what_they_were() -> None:
    found = after(
        SetTempo(bpm=140),
        SetParam("bass", "cutoff", 0.5),
        SetMix("drums", mute=True),
        AddMachine("maker.synth", "keys", 5),
        Arrange((Section("all", 4, ("beat",)),)),
    )
    told = [(one.instance, one.name, one.before, one.after) for one in found.values]
    assert told == [
        ("", "bpm", 130.0, 140),
        ("drums", "mute", False, True),
        ("bass", "cutoff", None, 0.5),
    ]
    assert [one.id for one in found.added] == ["keys"]
    assert found.sections == (desk().arrangement, (Section("all", 4, ("beat",)),))


def test_what_goes_is_told() -> None:
    assert [one.kind for one in after(DeletePattern("line")).patterns] == ["gone"]
    assert [one.id for one in after(RemoveMachine("bass")).removed] == ["bass"]
    (changed,) = after(EditPattern("beat", swing=60)).patterns[0].values
    assert (changed.name, changed.before, changed.after) == ("swing", None, 60)
