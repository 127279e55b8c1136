"""Events to a MIDI file that a DAW and real machines play: bytes that are the same everywhere.

Type 1: the first track has tempo, signature, name and sections, then one for each machine that is heard.
Within a tick notes end, then controls move, then notes begin. A slide's note ends after the next has begun
where the machine takes that for a slide. Source: Standard MIDI Files 1.1; MIDI 1.0 for CC and NRPN.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import mido

from livetechno.music import wires
from livetechno.music.events import Events, Note, Part, Ramp
from livetechno.music.machines.device import Machine
from livetechno.music.ticks import QUARTER, rounded

LEAST_GAP = 0.01
"""Seconds between two messages of one control."""
CABLE = 0.0013
"""Seconds for a message of controls: DIN carries 1,041 of three bytes in a second; a quarter is for notes."""
Thing = TypeVar("Thing", Note, Ramp)
OFF, CONTROL, ON = range(3)
"""What comes first within a tick."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """How ticks of events become ticks of the file."""

    ppq: int
    bpm: float

    def ticks(self, at: int) -> int:
        return rounded(at, self.ppq)

    def of_seconds(self, seconds: float) -> int:
        """Ticks of the file, one at least."""
        return max(1, round(seconds * self.bpm / 60 * self.ppq))


@dataclass(slots=True)
class _Track:
    """Messages with their place and order."""

    messages: list[tuple[int, int, mido.Message]] = field(default_factory=list)

    def add(self, at: int, order: int, *messages: mido.Message) -> None:
        self.messages += [(at, order, message) for message in messages]

    def written(self, first: Iterable[mido.MetaMessage], end: int) -> mido.MidiTrack:
        """With times from one message to the next."""
        track = mido.MidiTrack(first)
        now = 0
        for at, _, message in sorted(self.messages, key=lambda one: one[:2]):
            message.time = at - now
            track.append(message)
            now = at
        track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
        return track


def write(events: Events, machines: Mapping[str, Machine]) -> bytes:
    """The file. A machine that is not in `machines` gets notes alone."""
    scale = _Scale(events.ppq, events.bpm)
    file = mido.MidiFile(type=1, ticks_per_beat=events.ppq, charset="utf-8")
    file.tracks.append(_conductor(events, scale))
    heard = [part for part in events.parts if part.heard]
    notes, ramps = _by_part(events.notes), _by_part(events.ramps)
    gap = scale.of_seconds(max(LEAST_GAP, CABLE * _messages_at_once(heard, ramps, machines)))
    for part in heard:
        track = _Track()
        machine = wires.standing_in(part.machine, machines)
        _add_controls(track, part, machine, ramps[part.instance], scale, gap)
        _add_notes(track, part, machine, notes[part.instance], scale)
        name = mido.MetaMessage("track_name", name=_shown(part.name))
        file.tracks.append(track.written([name], scale.ticks(events.length)))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _shown(name: str) -> str:
    """A name without what a program that reads the file could take for a command."""
    return "".join(sign for sign in name if sign.isprintable())


def _by_part(things: Iterable[Thing]) -> defaultdict[str, list[Thing]]:
    found: defaultdict[str, list[Thing]] = defaultdict(list)
    for one in things:
        found[one.instance].append(one)
    return found


def _conductor(events: Events, scale: _Scale) -> mido.MidiTrack:
    track = _Track()
    for marker in events.markers:
        if marker.name:
            track.add(scale.ticks(marker.at), OFF, mido.MetaMessage("marker", text=_shown(marker.name)))
    first = [
        mido.MetaMessage("track_name", name=_shown(events.name)),
        mido.MetaMessage("set_tempo", tempo=round(60_000_000 / events.bpm)),
        mido.MetaMessage(
            "time_signature", numerator=events.signature.beats, denominator=events.signature.unit
        ),
    ]
    return track.written(first, scale.ticks(events.length))


def _messages_at_once(
    parts: Sequence[Part], ramps: Mapping[str, Sequence[Ramp]], machines: Mapping[str, Machine]
) -> int:
    """How many messages one step of all controls that move would be."""
    count = 0
    for part in parts:
        machine = wires.standing_in(part.machine, machines)
        for name in {ramp.control for ramp in ramps[part.instance]}:
            control = machine.control(name) if machine else None
            count += wires.cost(control) if control else 0
    return count


def _add_controls(
    track: _Track, part: Part, machine: Machine | None, ramps: Sequence[Ramp], scale: _Scale, gap: int
) -> None:
    """Controls as they are set at first, then as they move; a program comes before them and gets its time."""
    if machine is None:
        return
    ways: dict[str, dict[int, float]] = {name: {0: value} for name, value in part.params.items()}
    for ramp in ramps:
        ways.setdefault(ramp.control, {}).update(_samples(ramp, scale, gap))
    programs: list[int] = []
    for control in sorted(machine.controls, key=lambda one: not wires.is_program(one)):
        way = ways.get(control.name, {})
        if wires.is_program(control):
            programs = sorted(way)
        else:
            way = _thinned(
                {_after_programs(at, programs, machine, scale): way[at] for at in sorted(way)}, gap
            )
        last: int | None = None
        for at in sorted(way):
            value = wires.value(control, way[at])
            if value != last:
                track.add(at, CONTROL, *wires.messages(control, value, part.channel))
            last = value


def _thinned(way: Mapping[int, float], gap: int) -> dict[int, float]:
    """The same with `gap` ticks between two values: one that comes too soon waits, and the newest counts."""
    found: dict[int, float] = {}
    last: int | None = None
    for at in sorted(way):
        if last is None or at > last:
            last = at if last is None else max(at, last + gap)
        found[last] = way[at]
    return found


def _samples(ramp: Ramp, scale: _Scale, gap: int) -> Iterator[tuple[int, float]]:
    """Where a ramp is, at places of the file that are `gap` ticks apart, its ends among them."""
    first, last = scale.ticks(ramp.start), scale.ticks(ramp.stop)
    yield first, ramp.value(ramp.start)
    if ramp.first == ramp.last and ramp.curve != "hold":
        return
    if ramp.curve != "hold":
        for at in range(first + gap, last, gap):
            yield at, ramp.value(min(at * QUARTER // scale.ppq, ramp.stop))
    if last > first:
        yield last, ramp.value(ramp.stop)


def _after_programs(at: int, programs: Sequence[int], machine: Machine, scale: _Scale) -> int:
    """The place of a control that must not come too soon after a program."""
    if not machine.program_gap_ms:
        return at
    wait = scale.of_seconds(machine.program_gap_ms / 1000)
    return max((program + wait for program in programs if program <= at < program + wait), default=at)


def _add_notes(
    track: _Track, part: Part, machine: Machine | None, notes: Sequence[Note], scale: _Scale
) -> None:
    for one in wires.soundings(notes, machine, scale.ticks, scale.of_seconds):
        track.add(one.on, ON, wires.note_on(part.channel, one.note, one.vel))
        track.add(one.off, OFF, wires.note_off(part.channel, one.note))
        for at, cc, value in one.switches:
            track.add(at, CONTROL, wires.switch(part.channel, cc, value))
