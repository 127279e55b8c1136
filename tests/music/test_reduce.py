"""Actions done and undone: the same bytes come back, and what is refused changes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music import documents, reading
from livetechno.music.actions import (
    Action,
    ActionBatch,
    AddMachine,
    Arrange,
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
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce, whole
from livetechno.music.values import Project, Section, Step, Track
from tests.music.making import MACHINES, desk, fitting, project, projects


def bytes_of(made: Project) -> str:
    return documents.encode(documents.write(made))


@given(st.data())
def test_what_is_done_can_be_undone_to_the_byte(data: st.DataObject) -> None:
    before = data.draw(projects())
    batch = ActionBatch(tuple(data.draw(st.lists(fitting(before), min_size=1, max_size=4))))
    try:
        after, inverse = reduce(before, batch, MACHINES)
    except Refused:
        return
    back, forth = reduce(after, inverse, MACHINES)
    assert bytes_of(back) == bytes_of(before)
    assert bytes_of(reduce(back, forth, MACHINES)[0]) == bytes_of(after)


def test_walks_of_undo_and_redo_restore_the_same_bytes(soak: Callable[[int], int]) -> None:
    dice = random.Random(7)
    walked = 0
    for _ in range(soak(10_000)):
        walked += _walk(dice)
    assert walked > 0


def _walk(dice: random.Random) -> int:
    """Some actions, then back and forth; how many were done."""
    now, states, inverses = desk(), [bytes_of(desk())], []
    for _ in range(8):
        try:
            now, inverse = reduce(now, _random_action(dice, now), MACHINES)
        except Refused:
            continue
        states.append(bytes_of(now))
        inverses.append(inverse)
    done = len(inverses)
    redoings = []
    for place in range(done - 1, -1, -1):
        now, redo = reduce(now, inverses[place], None)
        redoings.append(redo)
        assert bytes_of(now) == states[place]
    for place, redo in enumerate(reversed(redoings), 1):
        now, _ = reduce(now, redo, None)
        assert bytes_of(now) == states[place]
    return done


def _random_action(dice: random.Random, now: Project) -> Action:
    instance = dice.choice([one.id for one in now.machines] or ["bass"])
    pattern = dice.choice([one.id for one in now.patterns] or ["beat"])
    steps = tuple(
        Step(t, 36, dice.randint(1, 127)) for t in sorted(dice.sample(range(16), dice.randint(0, 6)))
    )
    makers: list[Callable[[], Action]] = [
        lambda: AddMachine(dice.choice(sorted(MACHINES)), f"m{dice.randint(0, 3)}", dice.randint(1, 16)),
        lambda: RemoveMachine(instance),
        lambda: CreatePattern(f"p{dice.randint(0, 5)}", instance, 16, steps=steps),
        lambda: EditPattern(pattern, put=steps, swing=dice.choice([None, 55.5])),
        lambda: DeletePattern(pattern),
        lambda: SetParam(instance, dice.choice(["tune", "cutoff"]), dice.choice([None, 0.25])),
        lambda: SetTempo(bpm=dice.randint(2000, 30000) / 100),
        lambda: SetKey(key=dice.choice(["C", "D"])),
        lambda: SetMix(instance, mute=dice.random() < 0.5, level=dice.random()),
        lambda: Arrange((Section("one", dice.randint(1, 9), (pattern,)),)),
        lambda: ExportPlan((Track(instance, 3, "out"),)),
    ]
    return dice.choice(makers)()


def test_a_batch_is_done_whole_or_not_at_all() -> None:
    before = desk()
    with pytest.raises(Refused) as caught:
        reduce(before, ActionBatch((SetTempo(bpm=140), DeletePattern("none"))), MACHINES)
    assert [problem.path for problem in caught.value.problems] == ["/actions/1/pattern"]
    assert before == desk()


def test_actions_of_a_batch_build_on_each_other() -> None:
    batch = ActionBatch((AddMachine("maker.synth", "keys", 5), CreatePattern("chords", "keys", 16)))
    after, inverse = reduce(desk(), batch, MACHINES)
    assert after.pattern("chords") is not None
    assert [type(one) for one in inverse.actions] == [DeletePattern, RemoveMachine]


def test_a_machine_that_goes_takes_what_it_plays_along_and_brings_it_back() -> None:
    before = desk()
    after, inverse = reduce(before, RemoveMachine("bass"), MACHINES)
    assert after.arrangement == (Section("intro", 4, ("beat",)), Section("main", 8, ("beat",)))
    assert reduce(after, inverse, MACHINES)[0] == before


def test_an_edit_drops_before_it_puts() -> None:
    edit = EditPattern("beat", length=8, drop=(StepPlace(8, 36), StepPlace(12, 36)), put=(Step(2, 42, 60),))
    pattern = reduce(desk(), edit, MACHINES)[0].pattern("beat")
    assert pattern is not None
    assert [(step.t, step.note) for step in pattern.steps] == [(0, 36), (2, 42), (4, 36)]


def test_a_put_step_takes_the_place_of_the_one_that_is_there() -> None:
    pattern = reduce(desk(), EditPattern("beat", put=(Step(0, 36, 1),)), MACHINES)[0].pattern("beat")
    assert pattern is not None
    assert (pattern.steps[0].vel, len(pattern.steps)) == (1, 4)


def test_whatever_order_things_come_in_equal_music_is_equal_bytes() -> None:
    one = project(AddMachine("maker.bass", "x", 1), SetParam("x", "wave", 0.5), SetParam("x", "cutoff", 0.1))
    other = project(
        AddMachine("maker.bass", "x", 1), SetParam("x", "cutoff", 0.1), SetParam("x", "wave", 0.5)
    )
    assert bytes_of(one) == bytes_of(other)


@given(projects())
def test_a_project_is_its_document_and_can_be_built_anew(made: Project) -> None:
    read = reading.read_project({"type": "ProjectState.v1", **documents.write(made)})
    assert bytes_of(whole(read, MACHINES)) == bytes_of(made)


def test_a_project_that_does_not_hold_together_is_refused() -> None:
    with pytest.raises(Refused, match="ghost"):
        whole(reading.read_project({"type": "ProjectState.v1", "arrangement": [_GHOST]}), MACHINES)


_GHOST = {"name": "a", "bars": 1, "patterns": ["ghost"]}
