"""How a machine is spoken to: notes, accents, slides and controls as the messages that it understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import mido

from livetechno.music.events import Note
from livetechno.music.machines.device import Control, Machine

PROGRAM = "program"
"""A control of this name without CC and NRPN is sent as a program change."""
NRPN_MSB, NRPN_LSB, DATA_MSB, DATA_LSB = 99, 98, 6, 38


@dataclass(slots=True)
class Sounding:
    """A note on the wire, in ticks of a file or of a clock."""

    on: int
    off: int
    note: int
    vel: int
    switches: list[tuple[int, int, int]] = field(default_factory=list)
    """When which CC gets which value beside it."""


def standing_in(id_: str, machines: Mapping[str, Machine]) -> Machine | None:
    """The machine that is spoken to: another where it has no MIDI itself."""
    machine = machines.get(id_)
    if machine is None or not machine.through:
        return machine
    return machines.get(machine.through[0])


def is_program(control: Control) -> bool:
    """Whether it is sent as a program change."""
    return control.name == PROGRAM and control.cc is None and control.nrpn_msb is None


def value(control: Control, share: float) -> int:
    """The value that is sent for a share of the control's way, 0 to 1."""
    return control.low + round(share * (control.high - control.low))


def share(control: Control, sent: int) -> float:
    """The share of the control's way that a sent value stands for: `value` of it is the same value again."""
    way = control.high - control.low
    return min(1.0, max(0.0, (sent - control.low) / way)) if way else 0.0


def cost(control: Control) -> int:
    """How many messages it takes to set it."""
    return len(messages(control, control.low, 1))


def messages(control: Control, sent: int, channel: int) -> list[mido.Message]:
    """What sets a control: one CC, two with a fine one, an NRPN's four, or a program change; [] for none."""
    if is_program(control):
        return [_message("program_change", channel=channel - 1, program=sent)]
    if control.cc is not None:
        pairs = [(control.cc, sent)] if control.cc_lsb is None else _pair(control.cc, control.cc_lsb, sent)
    elif control.nrpn_msb is not None and control.nrpn_lsb is not None:
        fine = control.high > 127
        data = _pair(DATA_MSB, DATA_LSB, sent if fine else sent << 7)
        pairs = [(NRPN_MSB, control.nrpn_msb), (NRPN_LSB, control.nrpn_lsb), *data]
    else:
        pairs = []
    return [_message("control_change", channel=channel - 1, control=cc, value=held) for cc, held in pairs]


def _message(kind: str, **values: int) -> mido.Message:
    """A message whose values are in their ranges already: mido's own check is most of what one costs."""
    return mido.Message(kind, skip_checks=True, **values)


def note_on(channel: int, note: int, vel: int) -> mido.Message:
    """That a note begins; channels are from 1."""
    return _message("note_on", channel=channel - 1, note=note, velocity=vel)


def note_off(channel: int, note: int) -> mido.Message:
    """That it ends."""
    return _message("note_off", channel=channel - 1, note=note, velocity=0)


def switch(channel: int, cc: int, value: int) -> mido.Message:
    """A CC."""
    return _message("control_change", channel=channel - 1, control=cc, value=value)


def _pair(coarse: int, fine: int, sent: int) -> list[tuple[int, int]]:
    return [(coarse, sent >> 7), (fine, sent & 127)]


def soundings(
    notes: Sequence[Note],
    machine: Machine | None,
    ticks: Callable[[int], int],
    of_seconds: Callable[[float], int],
) -> list[Sounding]:
    """The notes of one machine, by start, as it understands them.

    `ticks` turns a place in the piece into one on the wire, `of_seconds` a time into a length there.
    """
    groups = [list(group) for _, group in groupby(notes, key=lambda one: one.start)]
    found: list[Sounding] = []
    tied: dict[int, Sounding] = {}
    for place, group in enumerate(groups):
        following = groups[place + 1] if place + 1 < len(groups) else []
        held, tied = tied, {}
        for one in group:
            sent, end = _sent(one, machine), ticks(one.start + one.length)
            sounding = held.get(sent)
            if sounding is None:
                on = ticks(one.start)
                sounding = Sounding(on, max(on + 1, end), sent, _velocity(one, machine))
                found.append(sounding)
            sounding.off = max(sounding.on + 1, end)
            if one.slide and following and one.start + one.length == following[0].start:
                if any(_sent(other, machine) == sent for other in following) and _overlaps(machine):
                    tied[sent] = sounding  # a TD-3 hangs where two equal notes overlap
                else:
                    _slide(sounding, machine, following[0], ticks, of_seconds)
    _stay_switched(found)
    return _apart(found)


def _sent(note: Note, machine: Machine | None) -> int:
    voice = machine.voice(note.note) if machine else None
    return note.note if voice is None or voice.sends is None else voice.sends


def _velocity(note: Note, machine: Machine | None) -> int:
    if machine is None:
        return note.vel
    if note.accent:
        return machine.accent.accented
    return note.vel if machine.accent.normal is None else machine.accent.normal


def _overlaps(machine: Machine | None) -> bool:
    return machine is not None and machine.slide.kind == "overlap"


def _slide(
    sounding: Sounding,
    machine: Machine | None,
    following: Note,
    ticks: Callable[[int], int],
    of_seconds: Callable[[float], int],
) -> None:
    """Glide into the next note, in the machine's manner."""
    if machine is None or machine.slide.kind == "none":
        return
    if machine.slide.kind == "overlap":
        sounding.off = ticks(following.start) + of_seconds(machine.slide.ms / 1000)
    elif machine.slide.cc is not None:
        end = ticks(following.start + following.length)
        sounding.switches = [(sounding.on, machine.slide.cc, 127), (end, machine.slide.cc, 0)]


def _stay_switched(soundings: Sequence[Sounding]) -> None:
    """Of slides that follow each other only the last is switched off."""
    switched = [one for one in soundings if one.switches]
    for one, following in pairwise(switched):
        if following.switches[0][0] <= one.switches[-1][0]:
            one.switches = one.switches[:1]


def _apart(soundings: Sequence[Sounding]) -> list[Sounding]:
    """No note begins before it has ended; of two that fall on one tick the first stays."""
    last: dict[int, Sounding] = {}
    kept: list[Sounding] = []
    for one in soundings:
        before = last.get(one.note)
        if before is not None and before.on >= one.on:
            before.off = max(before.off, one.off)
            continue
        if before is not None:
            before.off = min(before.off, one.on)
        kept.append(one)
        last[one.note] = one
    return kept
