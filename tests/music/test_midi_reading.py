"""A MIDI file read back: what was written comes again, and what cannot be kept is told."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music import midi_file, midi_reading, schema
from livetechno.music.actions import AddMachine, Arrange, CreatePattern
from livetechno.music.expansion import expand
from livetechno.music.machines.device import Control, Machine
from livetechno.music.midi_reading import Imported
from livetechno.music.problems import Refused
from livetechno.music.values import Automation, Project, Section, Step
from tests.music.making import MACHINES, desk, project


def written(*tracks: list[mido.Message], type_: int = 1, ppq: int = 480) -> bytes:
    file = mido.MidiFile(type=type_, ticks_per_beat=ppq)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def losses(imported: Imported) -> dict[str, object]:
    return {one.code.removeprefix("midi_"): one.values["count"] for one in imported.losses}


def exported(made: Project) -> Imported:
    on_desk = {one.channel: MACHINES[one.machine] for one in made.machines}
    return midi_reading.read(midi_file.write(expand(made), MACHINES), on_desk)


def heard(imported: Imported) -> list[tuple[int, int, int, int, float]]:
    """Channel, tick, note, velocity and length in steps of everything, section by section."""
    patterns = {pattern.id: (part, pattern) for part in imported.parts for pattern in part.patterns}
    found, bar = [], 0
    for section in imported.sections:
        for id_ in section.patterns:
            part, pattern = patterns[id_]
            step = 480 / {"1/16": 4, "1/16T": 6, "1/32": 8}[pattern.step_size]
            found += [
                (
                    part.channel,
                    bar * 1920 + round((one.t + one.micro) * step),
                    one.note,
                    one.vel,
                    one.gate * step,
                )
                for one in pattern.steps
            ]
        bar += section.bars
    return sorted(found)


def test_what_was_exported_comes_back() -> None:
    back = exported(replace(desk(), name="Loop", bpm=132.5))
    assert (back.name, back.bpm, back.ppq, back.losses) == ("Loop", 132.5, 480, ())
    assert [(section.name, section.bars) for section in back.sections] == [("intro", 4), ("main", 8)]
    assert [(part.channel, part.name) for part in back.parts] == [(10, "drums"), (2, "bass")]


def test_equal_sections_are_one_pattern() -> None:
    again = Arrange((Section("a", 2, ("p",)), Section("b", 2, ("p",)), Section("c", 1, ("p",))))
    made = project(
        AddMachine("maker.synth", "s", 1), CreatePattern("p", "s", 16, steps=(Step(0, 60, 9),)), again
    )
    assert [section.patterns for section in exported(made).sections] == [
        ("track-1-1",),
        ("track-1-1",),
        ("track-1-2",),
    ]


@given(st.integers(0, 2**32))
def test_every_note_comes_back_at_its_tick(seed: int) -> None:
    dice = random.Random(seed)
    places = sorted({(dice.randrange(16), dice.randrange(40, 60)) for _ in range(12)})
    steps = tuple(
        Step(
            t,
            note,
            dice.randint(1, 127),
            gate=dice.choice([0.25, 0.5, 1.0]),
            micro=dice.choice([0.0, 0.1, 0.45]),
        )
        for t, note in places
    )
    made = project(
        AddMachine("maker.synth", "s", 1),
        CreatePattern("p", "s", 16, steps=steps),
        Arrange((Section("", 1, ("p",)),)),
    )
    events = expand(made)
    unit = 201_600_000 // 480
    wanted = sorted((1, (2 * one.start + unit) // (2 * unit), one.note, one.vel) for one in events.notes)
    assert [one[:4] for one in heard(exported(made))] == wanted


@given(st.integers(0, 2**32))
def test_every_hit_of_a_ratchet_comes_back(seed: int) -> None:
    dice = random.Random(seed)
    steps = tuple(
        Step(
            t,
            60,
            dice.randint(1, 127),
            gate=dice.choice([0.25, 0.5, 1.0]),
            micro=dice.choice([0.0, 0.1, -0.2]) if t else 0.0,
            ratchet=dice.randint(1, 8),
        )
        for t in range(0, 16, 2)
    )
    made = project(
        AddMachine("maker.synth", "s", 1),
        CreatePattern("p", "s", 16, steps=steps),
        Arrange((Section("", 1, ("p",)),)),
    )
    back = exported(made)
    (pattern,) = back.parts[0].patterns
    again = replace(made, patterns=(replace(pattern, id="p", instance="s"),))
    assert back.losses == ()
    wanted, found = (
        [(one.start, one.length, one.vel) for one in expand(each).notes] for each in (made, again)
    )
    tick = 201_600_000 // 480
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one[2] == other[2]
        assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= 2 * tick


def test_controls_of_every_kind_come_back() -> None:
    points = tuple(Automation(name, 4, 0.5) for name in ("cutoff", "resonance", "wave"))
    made = project(
        AddMachine("maker.bass", "b", 2),
        CreatePattern("p", "b", 16, automation=points),
        Arrange((Section("", 1, ("p",)),)),
    )
    (pattern,) = exported(made).parts[0].patterns
    assert [(one.target, one.at, round(one.value, 2)) for one in pattern.automation] == [
        ("cutoff", 4.0, 0.5),
        ("resonance", 4.0, 0.5),
        ("wave", 4.0, 0.5),
    ]


@pytest.mark.parametrize("high", [127, 16383])
def test_an_nrpn_may_come_without_its_fine_half(high: int) -> None:
    machine = Machine(
        "m.m", "M", "M", "synth", controls=(Control("wave", nrpn_msb=1, nrpn_lsb=2, high=high),)
    )
    sent = [
        mido.Message("control_change", control=cc, value=value) for cc, value in ((99, 1), (98, 2), (6, 64))
    ]
    for messages in (sent, [*sent, mido.Message("control_change", control=38, value=0)]):
        imported = midi_reading.read(
            written([*messages, mido.MetaMessage("end_of_track", time=1920)]), {1: machine}
        )
        (point,) = imported.parts[0].patterns[0].automation
        assert (round(point.value, 2), imported.losses) == (0.5, ())


def test_a_note_without_length_at_the_very_end_is_told() -> None:
    notes = [mido.Message("note_on", note=60, velocity=9, time=1920), mido.Message("note_off", note=60)]
    assert losses(midi_reading.read(written(notes))) == {"note": 1}


def test_a_key_that_does_not_exist_is_refused() -> None:
    data = written([mido.MetaMessage("key_signature", key="C")]).replace(
        b"\xff\x59\x02\0\0", b"\xff\x59\x02\x64\x09"
    )
    with pytest.raises(Refused):
        midi_reading.read(data)


def test_triplets_are_found() -> None:
    notes = [
        mido.Message(kind, note=60, velocity=64, time=time)
        for _ in range(12)
        for kind, time in (("note_on", 0), ("note_off", 80))
    ]
    (pattern,) = midi_reading.read(written(notes)).parts[0].patterns
    assert pattern.step_size == "1/16T"


def test_type_0_is_one_part_for_each_channel() -> None:
    notes = [mido.Message("note_on", channel=channel, note=60, velocity=9) for channel in (0, 9)]
    ends = [mido.Message("note_on", channel=channel, note=60, velocity=0, time=100) for channel in (0, 9)]
    imported = midi_reading.read(written(notes + ends, type_=0))
    assert [part.channel for part in imported.parts] == [1, 10]


def test_long_tracks_are_cut_into_sections() -> None:
    notes = [mido.Message("note_on", note=60, velocity=9), mido.Message("note_off", note=60, time=1920 * 20)]
    imported = midi_reading.read(written(notes))
    assert [section.bars for section in imported.sections] == [8, 8, 4]
    assert losses(imported) == {"cut": 1}


def test_what_cannot_be_kept_is_counted() -> None:
    odd = [
        mido.MetaMessage("set_tempo", tempo=400_000),
        mido.Message("program_change", program=3),
        mido.Message("pitchwheel", pitch=100),
        mido.Message("sysex", data=[1, 2]),
        mido.Message("control_change", control=1, value=2),
        mido.MetaMessage("set_tempo", tempo=500_000, time=480),
        mido.MetaMessage("marker", text="odd", time=17),
        mido.Message("note_on", note=60, velocity=9),
        mido.Message("note_on", note=60, velocity=9, time=1),
        mido.Message("note_off", note=60, time=1),
    ]
    imported = midi_reading.read(written(odd))
    assert losses(imported) == {
        "program_change": 1,
        "pitchwheel": 1,
        "sysex": 1,
        "control_change": 1,
        "set_tempo": 1,
        "marker": 1,
        "hanging": 1,
        "note": 1,
    }
    assert imported.bpm == 150
    assert all(one.what("fr") and one.todo("fr") for one in imported.losses)


@pytest.mark.parametrize(("tempo", "bpm"), [(100, 300), (16_777_215, 20)])
def test_a_tempo_that_no_project_has_becomes_the_nearest_and_that_is_told(tempo: int, bpm: float) -> None:
    allowed = schema.load("SetTempo.v1")["properties"]["bpm"]
    assert bpm in (allowed["minimum"], allowed["maximum"])
    imported = midi_reading.read(written([mido.MetaMessage("set_tempo", tempo=tempo)]))
    assert imported.bpm == bpm
    assert losses(imported) == {"tempo": 1}
    assert all(one.what("fr") and one.todo("fr") for one in imported.losses)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "midi_broken"),
        (b"RIFF", "midi_broken"),
        (written(type_=2), "midi_type"),
        (b"MThd\0\0\0\6\0\1\0\0\xe7\x28", "midi_time"),
        (b"\0" * 10_000_001, "midi_large"),
        (written([mido.Message("note_on", note=60, time=1920 * 5000)]), "too_many_bars"),
    ],
    ids=["empty", "riff", "type", "film", "large", "long"],
)
def test_what_is_no_music_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        midi_reading.read(data)
    assert [one.code for one in caught.value.problems] == [code]


WHOLE = midi_file.write(expand(desk()), MACHINES)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.integers(0, len(WHOLE)))
def test_a_damaged_file_is_read_or_refused(place: int, value: int, end: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[place] = value
    for data in (bytes(damaged), WHOLE[:end]):
        try:
            midi_reading.read(data)
        except Refused as error:
            str(error)
