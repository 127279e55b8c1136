"""The MIDI file as others read it: nothing hangs, NRPNs are whole, each machine hears what it understands."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace

import mido
import pytest
from hypothesis import given

from livetechno.music import midi_file
from livetechno.music.actions import AddMachine, Arrange, CreatePattern, ExportPlan, SetMix, SetParam
from livetechno.music.expansion import expand
from livetechno.music.machines.device import Accent, Control, Machine, Slide
from livetechno.music.reduce import reduce
from livetechno.music.values import Automation, Project, Section, Step, Track
from tests.music.making import BASS, MACHINES, desk, project, projects, random_project

Placed = tuple[int, mido.Message]


def tracks(made: Project, machines: dict[str, Machine] = MACHINES) -> list[list[Placed]]:
    """Each track's messages with their ticks."""
    file = mido.MidiFile(file=io.BytesIO(midi_file.write(expand(made), machines)), charset="utf-8")
    assert file.type == 1
    return [placed(track) for track in file.tracks]


def placed(track: mido.MidiTrack) -> list[Placed]:
    now, found = 0, []
    for message in track:
        now += message.time
        found.append((now, message))
    return found


def line(
    *steps: Step, machine: Machine = BASS, points: tuple[Automation, ...] = (), bars: int = 1
) -> list[Placed]:
    """One pattern of a machine, as its track."""
    made = Project()
    actions = (
        AddMachine(machine.id, "one", 3),
        CreatePattern("p", "one", 16, steps=steps, automation=points),
        Arrange((Section("", bars, ("p",)),)),
    )
    for action in actions:
        made, _ = reduce(made, action, {machine.id: machine})
    return tracks(made, {machine.id: machine})[1]


def notes(track: list[Placed]) -> list[tuple[int, str, int, int]]:
    return [(at, one.type, one.note, one.velocity) for at, one in track if one.type.startswith("note_")]


def controls(track: list[Placed]) -> list[tuple[int, int, int]]:
    return [(at, one.control, one.value) for at, one in track if one.type == "control_change"]


def test_the_first_track_has_name_tempo_signature_and_sections() -> None:
    first = tracks(replace(desk(), name="Été", bpm=132.5))[0]
    told = [(at, one.type) for at, one in first]
    assert told == [
        (0, "track_name"),
        (0, "set_tempo"),
        (0, "time_signature"),
        (0, "marker"),
        (4 * 1920, "marker"),
        (12 * 1920, "end_of_track"),
    ]
    assert (first[0][1].name, first[1][1].tempo) == ("Été", round(60_000_000 / 132.5))


def test_each_machine_has_a_track_with_its_name_and_channel() -> None:
    made, _ = reduce(desk(), ExportPlan((Track("bass", 7, "Acid"), Track("drums", 10, ""))), MACHINES)
    names = [
        (track[0][1].name, {one.channel for _, one in track if not one.is_meta}) for track in tracks(made)[1:]
    ]
    assert names == [("drums", {9}), ("Acid", {6})]


def test_what_is_not_heard_is_not_in_the_file() -> None:
    made, _ = reduce(desk(), SetMix("drums", mute=True), MACHINES)
    assert [track[0][1].name for track in tracks(made)[1:]] == ["bass"]


def test_a_note_is_sent_at_its_place_and_ends() -> None:
    assert notes(line(Step(4, 40, 100, gate=0.25))) == [(480, "note_on", 40, 100), (510, "note_off", 40, 0)]


def test_an_accent_is_what_the_machine_takes_for_one() -> None:
    accented = Step(0, 40, 90, accent=True), Step(4, 41, 90)
    assert [one[3] for one in notes(line(*accented)) if one[1] == "note_on"] == [127, 90]
    acid = replace(BASS, accent=Accent(127, normal=64))
    assert [one[3] for one in notes(line(*accented, machine=acid)) if one[1] == "note_on"] == [127, 64]


def test_a_slide_overlaps_the_next_note_by_some_milliseconds() -> None:
    track = notes(line(Step(0, 40, 100, slide=True), Step(2, 43, 100)))
    assert [one[:3] for one in track] == [
        (0, "note_on", 40),
        (240, "note_on", 43),
        (244, "note_off", 40),
        (300, "note_off", 43),
    ]


def test_a_slide_into_the_same_note_is_one_note() -> None:
    steps = Step(0, 40, 100, slide=True), Step(2, 40, 100, slide=True), Step(4, 45, 100)
    assert [one[:3] for one in notes(line(*steps))] == [
        (0, "note_on", 40),
        (480, "note_on", 45),
        (484, "note_off", 40),
        (540, "note_off", 45),
    ]


def test_a_machine_may_slide_by_a_cc_or_not_at_all() -> None:
    steps = Step(0, 40, 100, slide=True), Step(2, 43, 100)
    by_cc = line(*steps, machine=replace(BASS, slide=Slide("cc", cc=102)))
    assert controls(by_cc) == [(0, 102, 127), (300, 102, 0)]
    without = line(*steps, machine=replace(BASS, slide=Slide("none")))
    assert [one[0] for one in notes(without)] == [0, 240, 240, 300]


def test_slides_by_a_cc_that_follow_each_other_stay_switched_on() -> None:
    steps = Step(0, 40, 100, slide=True), Step(2, 43, 100, slide=True), Step(4, 45, 100)
    track = line(*steps, machine=replace(BASS, slide=Slide("cc", cc=102)))
    assert controls(track) == [(0, 102, 127), (240, 102, 127), (540, 102, 0)]


def test_a_voice_is_sent_as_the_note_that_its_owner_set() -> None:
    made = project(AddMachine("maker.drums", "d", 10), CreatePattern("p", "d", 16, steps=(Step(0, 46, 100),)))
    assert {one[2] for one in notes(tracks(made)[1])} == {82}


def test_a_machine_without_midi_is_played_through_another() -> None:
    old = Machine("maker.old", "Maker", "Old", "bass", through=("maker.bass",))
    made = project(AddMachine("maker.bass", "one", 1))
    made = replace(made, machines=(replace(made.machines[0], machine="maker.old", params={"cutoff": 1.0}),))
    assert controls(tracks(made, {**MACHINES, "maker.old": old})[1]) == [(0, 74, 127)]


def test_controls_are_set_first_by_cc_by_two_or_by_an_nrpn() -> None:
    made = project(
        AddMachine("maker.bass", "one", 1),
        *(SetParam("one", name, 0.75) for name in ("cutoff", "resonance", "wave")),
    )
    sent = round(0.75 * 16383)
    assert controls(tracks(made)[1]) == [
        (0, 74, 95),
        (0, 71, sent >> 7),
        (0, 103, sent & 127),
        (0, 99, 1),
        (0, 98, 2),
        (0, 6, sent >> 7),
        (0, 38, sent & 127),
    ]


def test_automation_reaches_its_ends_and_never_says_a_value_twice() -> None:
    points = Automation("cutoff", 0, 0.0), Automation("cutoff", 16, 1.0)
    sent = controls(line(points=points))
    values = [value for _, _, value in sent]
    assert (values[0], values[-1], values) == (0, 127, sorted(set(values)))


def test_automation_leaves_a_cable_room_for_notes() -> None:
    points = tuple(
        point
        for name in ("cutoff", "resonance", "wave")
        for point in (Automation(name, 0, 0.0), Automation(name, 16, 1.0))
    )
    sent = controls(line(points=points, bars=4))
    second = 480 * 130 // 60
    busiest = max(sum(start <= at < start + second for at, _, _ in sent) for start in range(0, 7680, 40))
    assert busiest <= 800


def test_points_that_are_close_leave_a_cable_room_for_notes_too() -> None:
    points = tuple(
        Automation(name, place / 32, place % 2 * 0.9 + place / 6000)
        for name in ("cutoff", "resonance", "wave")
        for place in range(512)
    )
    sent = controls(line(points=points, bars=2))
    second = 480 * 130 // 60
    busiest = max(sum(start <= at < start + second for at, _, _ in sent) for start in range(0, 3840, 40))
    assert busiest <= 800
    assert sent[-1][2] == round((0.9 + 511 / 6000) * 16383) & 127


def test_a_machine_gets_time_after_a_program() -> None:
    mute = Machine(
        "maker.bass",
        "Maker",
        "Effect",
        "effect",
        controls=(Control("mix", cc=9), Control("program", high=127)),
        program_gap_ms=100,
    )
    points = Automation("program", 0, 0.5), Automation("mix", 0, 1.0), Automation("mix", 1, 0.5, "hold")
    track = line(machine=mute, points=points)
    program = next(at for at, one in track if one.type == "program_change")
    wait = round(0.1 * 130 / 60 * 480)
    assert program == 0
    assert next(at for at, _, _ in controls(track)) == wait


def test_the_same_project_is_the_same_bytes() -> None:
    assert midi_file.write(expand(desk()), MACHINES) == midi_file.write(expand(desk()), MACHINES)


@pytest.mark.parametrize("ppq", [96, 192, 480, 960])
def test_a_file_has_the_ticks_that_the_project_names(ppq: int) -> None:
    data = midi_file.write(expand(replace(desk(), ppq=ppq)), MACHINES)
    assert mido.MidiFile(file=io.BytesIO(data)).ticks_per_beat == ppq


def check(made: Project) -> None:
    """No note hangs or overlaps itself, NRPNs are whole, and every event of the piece is there."""
    events = expand(made)
    file = mido.MidiFile(file=io.BytesIO(midi_file.write(events, MACHINES)), charset="utf-8")
    for part, track in zip([part for part in events.parts if part.heard], file.tracks[1:], strict=True):
        sounding: set[int] = set()
        waiting: list[int] = []
        for _, message in placed(track):
            if message.type == "note_on":
                assert message.note not in sounding
                sounding.add(message.note)
            elif message.type == "note_off":
                sounding.remove(message.note)
            if message.type == "control_change" and (waiting or message.control == 99):
                waiting.append(message.control)
                assert waiting == [99, 98, 6, 38][: len(waiting)]
                waiting = waiting if len(waiting) < 4 else []
            elif waiting:
                raise AssertionError(message)
        assert not sounding
        assert not waiting
        pitches = {note.note for note in events.notes if note.instance == part.instance}
        assert {one[2] for one in notes(placed(track))} == {
            82 if note == 46 and part.instance == "drums" else note for note in pitches
        }


@given(projects())
def test_no_note_hangs_and_nrpns_are_whole(made: Project) -> None:
    check(made)


def test_no_note_hangs_in_many_projects(soak: Callable[[int], int]) -> None:
    dice = random.Random(3)
    for _ in range(soak(10_000)):
        check(random_project(dice))
