"""A project in time: exact, the same each time, and nothing beyond its section."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music import ticks
from livetechno.music.actions import Action, AddMachine, Arrange, CreatePattern, ExportPlan, SetMix, SetParam
from livetechno.music.events import Events, Note, Ramp
from livetechno.music.expansion import expand
from livetechno.music.ticks import QUARTER
from livetechno.music.values import Automation, Pattern, Project, Section, Step, Track
from tests.music.making import desk, project, projects

SIXTEENTH = QUARTER // 4
BAR = 4 * QUARTER


def played(*steps: Step, bars: int = 1, more: tuple[Action, ...] = (), **pattern: object) -> Events:
    """One pattern of a synth, one bar long unless told."""
    length = {"length": 16, **pattern}
    made = project(
        AddMachine("maker.synth", "synth", 1),
        CreatePattern("p", "synth", steps=steps, **length),  # type: ignore[arg-type]
        Arrange((Section("a", bars, ("p",)),)),
        *more,
    )
    return expand(made)


def starts(events: Events) -> list[int]:
    return [note.start for note in events.notes]


def test_a_step_sounds_at_its_place_for_its_gate() -> None:
    assert played(Step(4, 60, 100, gate=0.25)).notes == (Note("synth", QUARTER, SIXTEENTH // 4, 60, 100),)


def test_a_pattern_is_played_again_until_its_section_ends() -> None:
    assert starts(played(Step(0, 60, 100), length=12, bars=3)) == [place * 3 * QUARTER for place in range(4)]


@pytest.mark.parametrize(
    ("size", "place"),
    [("1/8", QUARTER // 2), ("1/8T", QUARTER // 3), ("1/16T", QUARTER // 6), ("1/32", QUARTER // 8)],
)
def test_a_step_has_its_size(size: str, place: int) -> None:
    assert starts(played(Step(1, 60, 100), step_size=size, length=32))[0] == place


@pytest.mark.parametrize("length", [1, 7, 12, 68, 256])
def test_patterns_of_any_length_turn_against_each_other(length: int) -> None:
    events = played(Step(0, 60, 100), length=length, bars=20)
    assert starts(events) == list(range(0, 20 * BAR, length * SIXTEENTH))


def test_swing_is_the_share_of_the_first_step_of_a_pair() -> None:
    events = played(Step(0, 60, 1), Step(1, 60, 1), Step(2, 60, 1), Step(3, 60, 1), swing=62.5)
    late = QUARTER // 2 * 625 // 1000
    assert starts(events) == [0, late, QUARTER // 2, QUARTER // 2 + late]


def test_a_pattern_without_swing_takes_the_projects() -> None:
    made = replace(desk(), swing=75.0, patterns=(Pattern("beat", "drums", 4, steps=(Step(1, 36, 9),)),))
    assert expand(replace(made, arrangement=())).notes[0].start == QUARTER // 2 * 3 // 4


def test_micro_timing_moves_a_step_but_not_before_its_section() -> None:
    events = played(Step(0, 60, 1, micro=-0.5), Step(4, 60, 1, micro=0.125), Step(8, 60, 1, micro=-0.25))
    assert starts(events) == [0, QUARTER + SIXTEENTH // 8, 2 * QUARTER - SIXTEENTH // 4]


def test_a_step_that_comes_early_may_begin_before_its_cycle() -> None:
    assert starts(played(Step(0, 60, 1, micro=-0.5), length=8)) == [0, 2 * QUARTER - SIXTEENTH // 2]


def test_a_ratchet_divides_its_step_evenly() -> None:
    events = played(Step(0, 60, 1, ratchet=3, gate=0.5))
    assert [(note.start, note.length) for note in events.notes] == [
        (place * SIXTEENTH // 3, SIXTEENTH // 6) for place in range(3)
    ]


def test_what_never_falls_never_sounds_and_what_always_falls_always() -> None:
    assert starts(played(Step(0, 60, 1, prob=0), bars=64)) == []
    assert len(starts(played(Step(0, 60, 1, prob=1), bars=64))) == 64


def test_each_cycle_has_dice_of_its_own_and_a_seed_always_the_same() -> None:
    made = project(
        AddMachine("maker.synth", "synth", 1),
        CreatePattern("p", "synth", 16, steps=(Step(0, 60, 1, prob=0.5),)),
        Arrange((Section("a", 32, ("p",)), Section("b", 32, ("p",)))),
    )
    bars = [start // BAR for start in starts(expand(made))]
    assert 16 < len(bars) < 48
    assert [bar for bar in bars if bar < 32] != [bar - 32 for bar in bars if bar >= 32]
    assert expand(made) == expand(made)
    assert starts(expand(made, seed=2)) != starts(expand(made))


def test_a_slide_lasts_until_the_next_note() -> None:
    events = played(Step(0, 60, 1, slide=True), Step(3, 62, 1), Step(8, 60, 1, slide=True, gate=0.25))
    assert [note.length for note in events.notes] == [3 * SIXTEENTH, SIXTEENTH // 2, SIXTEENTH // 4]


def test_a_slide_goes_on_into_the_next_cycle() -> None:
    events = played(Step(0, 60, 1), Step(15, 62, 1, slide=True), bars=2)
    assert events.notes[1].length == SIXTEENTH


def test_the_same_note_ends_before_it_comes_again() -> None:
    events = played(Step(0, 60, 1, gate=16), Step(4, 60, 1, gate=200))
    assert [(note.start, note.length) for note in events.notes] == [(0, QUARTER), (QUARTER, 3 * QUARTER)]


def test_automation_goes_from_point_to_point_and_is_cut_at_the_end() -> None:
    points = (Automation("cutoff", 0, 0.0), Automation("cutoff", 16, 1.0, "smooth"))
    events = played(automation=points, length=32)
    way, *_ = events.ramps
    assert way == Ramp("synth", "cutoff", 0, BAR, 0.0, 1.0, "linear", BAR)
    assert (way.value(BAR // 4), way.value(BAR)) == (0.25, 1.0)


def test_a_ramp_that_is_cut_is_where_it_would_be() -> None:
    events = played(automation=(Automation("cutoff", 0, 0.0), Automation("cutoff", 32, 1.0)), length=32)
    assert (events.ramps[0].stop, events.ramps[0].value(events.ramps[0].stop)) == (BAR, 0.5)


@given(st.sampled_from(["linear", "smooth", "hold"]), st.floats(0, 1), st.floats(0, 1))
def test_a_ramp_never_leaves_its_ends(curve: str, first: float, last: float) -> None:
    way = Ramp("a", "b", 0, 1000, first, last, curve, 1000)  # type: ignore[arg-type]
    values = [way.value(at) for at in range(0, 1001, 50)]
    low, high = sorted((first, last))
    assert all(low - 1e-12 <= value <= high + 1e-12 for value in values)
    assert (values[0] == first, values[-1]) == (True, last)


def test_a_control_that_was_moved_goes_back_to_where_it_is_set() -> None:
    made = project(
        AddMachine("maker.synth", "synth", 1),
        SetParam("synth", "cutoff", 0.3),
        CreatePattern("p", "synth", 16, automation=(Automation("cutoff", 0, 1.0),)),
        Arrange((Section("a", 1, ("p",)), Section("b", 1))),
    )
    assert [(ramp.start, ramp.last) for ramp in expand(made).ramps] == [(0, 1.0), (BAR, 0.3)]


def test_where_nothing_is_arranged_every_machine_plays_its_first_pattern() -> None:
    made = project(
        AddMachine("maker.synth", "one", 1),
        AddMachine("maker.synth", "two", 2),
        CreatePattern("a", "one", 20, steps=(Step(0, 60, 1),)),
        CreatePattern("b", "one", 16, steps=(Step(0, 61, 1),)),
        CreatePattern("c", "two", 16, steps=(Step(0, 62, 1),)),
    )
    events = expand(made)
    assert (events.length, sorted({note.note for note in events.notes})) == (2 * BAR, [60, 62])


def test_an_empty_project_is_silence() -> None:
    assert (expand(Project()).length, expand(Project()).notes) == (0, ())


def test_sections_can_be_played_alone() -> None:
    events = expand(desk(), sections=[1])
    assert (events.length, [marker.name for marker in events.markers]) == (8 * BAR, ["main"])


def test_mute_solo_and_the_plan_say_what_is_heard() -> None:
    def heard(*more: Action) -> list[str]:
        made = project(AddMachine("maker.synth", "one", 1), AddMachine("maker.synth", "two", 2), *more)
        return [part.instance for part in expand(made).parts if part.heard]

    assert heard() == ["one", "two"]
    assert heard(SetMix("one", mute=True)) == ["two"]
    assert heard(SetMix("one", solo=True)) == ["one"]
    assert heard(ExportPlan((Track("two", 9, "Lead"),))) == ["two"]


def test_the_export_plan_names_tracks_and_channels() -> None:
    made = project(AddMachine("maker.synth", "one", 1), ExportPlan((Track("one", 9, "Lead"),)))
    assert [(part.channel, part.name) for part in expand(made).parts] == [(9, "Lead")]


@given(projects())
def test_notes_lie_in_the_piece_and_never_overlap_themselves(made: Project) -> None:
    events = expand(made)
    ends: dict[tuple[str, int], int] = {}
    for note in events.notes:
        assert note.length >= 1
        assert note.start >= ends.get((note.instance, note.note), 0)
        ends[note.instance, note.note] = note.start + note.length
    assert all(end <= events.length for end in ends.values())
    assert list(events.notes) == sorted(events.notes, key=lambda note: note.start)
    assert all(ramp.start <= ramp.stop <= max(ramp.end, ramp.start) for ramp in events.ramps)


@given(st.integers(1, 8), st.integers(1, 1000), st.sampled_from(sorted(ticks.STEPS)))
def test_ticks_divide_without_a_rest(ratchet: int, thousandths: int, size: str) -> None:
    each = ticks.STEPS[size] / ratchet  # type: ignore[index]
    assert each.is_integer()
    assert ticks.share(int(each), thousandths / 1000) * 1000 == int(each) * thousandths


def test_a_file_s_ticks_are_the_nearest() -> None:
    assert [ticks.rounded(QUARTER * place // 960, 480) for place in range(4)] == [0, 1, 1, 2]
