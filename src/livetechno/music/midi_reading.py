"""A MIDI file to patterns: what a project can hold of it, and a list of what it cannot.

    imported = read(data, machines_by_channel)
    imported.parts[0].patterns, imported.sections, imported.losses

Sections begin where the file has markers on bar lines, and are cut where a pattern would be too long. Equal
stretches of a track are one pattern. Source: Standard MIDI Files 1.1.
"""

from __future__ import annotations

import io
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import mido

from livetechno.music import ratchets, wires
from livetechno.music.checks import MOST_BARS, MOST_PATTERNS, MOST_STEPS
from livetechno.music.machines.device import Control, Machine
from livetechno.music.problems import Problem, Refused
from livetechno.music.ratchets import Hit
from livetechno.music.values import Automation, Pattern, Section, Signature, Step, StepSize

MOST_BYTES = 10_000_000
MOST_LENGTH = 256
"""Steps of a pattern."""
SLOWEST, FASTEST = 20.0, 300.0
"""Beats per minute of a project."""
PPQS = (480, 96, 192, 960)
_PER_QUARTER: dict[StepSize, int] = {"1/16": 4, "1/16T": 6, "1/32": 8}
"""Step sizes that are tried, and how many of them a quarter note has."""
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    struct.error,
    mido.KeySignatureError,
)
"""What mido raises for a file that is none."""


@dataclass(frozen=True, slots=True)
class ImportedPart:
    """What one track plays on one channel."""

    channel: int
    name: str
    patterns: tuple[Pattern, ...]
    """Under ids of their own; `instance` is the same as `key`."""
    key: str
    """Stands for the machine that will play them."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a project can hold of a file."""

    name: str
    bpm: float
    signature: Signature
    ppq: int
    parts: tuple[ImportedPart, ...]
    sections: tuple[Section, ...]
    losses: tuple[Problem, ...]
    """What could not be kept, with counts."""


@dataclass(slots=True)
class _Heard:
    """A note of the file, in its ticks."""

    on: int
    off: int
    note: int
    vel: int


@dataclass(slots=True)
class _Raw:
    """What a track does on one channel."""

    name: str = ""
    notes: list[_Heard] = field(default_factory=list)
    moves: list[tuple[int, str, float]] = field(default_factory=list)
    """When which control goes where, 0 to 1."""


@dataclass(slots=True)
class _File:
    """A file that has been read."""

    ppq: int
    name: str = ""
    tempo: int = 500_000
    signature: Signature = field(default_factory=Signature)
    length: int = 0
    markers: dict[int, str] = field(default_factory=dict)
    parts: dict[tuple[int, int], _Raw] = field(default_factory=lambda: defaultdict(_Raw))
    losses: Counter[str] = field(default_factory=Counter)

    @property
    def bar(self) -> int:
        """Ticks of a bar."""
        return max(1, self.ppq * 4 * self.signature.beats // self.signature.unit)


def read(data: bytes, machines: Mapping[int, Machine] | None = None) -> Imported:
    """What the file holds. `machines`, by channel, say which controls its CCs and NRPNs are.

    Raises Refused for what is no MIDI file of type 0 or 1 with musical time, or is too long.
    """
    file = _read(data, machines or {})
    bars = -(-file.length // file.bar)
    if bars > MOST_BARS:
        raise _refused("too_many_bars", (str(MOST_BARS),), count=bars)
    starts = _starts(file, bars)
    parts = []
    played: list[list[str]] = [[] for _ in starts]
    for number, ((_, channel), raw) in enumerate(sorted(file.parts.items()), 1):
        if raw.notes or raw.moves:
            part, ids = _part(file, raw, channel, f"track-{number}", starts)
            parts.append(part)
            for place, id_ in enumerate(ids):
                played[place] += [id_] if id_ else []
    sections = tuple(
        Section(file.markers.get(start * file.bar, ""), end - start, tuple(sorted(ids)))
        for (start, end), ids in zip(starts, played, strict=True)
    )
    bpm = round(60_000_000 / max(1, file.tempo), 2)
    file.losses["tempo"] += not SLOWEST <= bpm <= FASTEST
    return Imported(
        file.name[:120],
        min(FASTEST, max(SLOWEST, bpm)),
        file.signature,
        file.ppq if file.ppq in PPQS else PPQS[0],
        _fewest(parts, file),
        sections,
        tuple(
            Problem(f"midi_{kind}", "", (), {"count": count})
            for kind, count in sorted(file.losses.items())
            if count
        ),
    )


def _read(data: bytes, machines: Mapping[int, Machine]) -> _File:
    if len(data) > MOST_BYTES:
        raise _refused("midi_large", (str(MOST_BYTES),), count=len(data))
    midi = _parsed(data)
    if midi.type not in (0, 1):
        raise _refused("midi_type", ("0", "1"), type=midi.type)
    if midi.ticks_per_beat <= 0:
        raise _refused("midi_time", ())
    file = _File(midi.ticks_per_beat)
    for number, track in enumerate(midi.tracks):
        _read_track(file, number, track, machines)
    return file


def _parsed(data: bytes) -> mido.MidiFile:
    for charset in ("utf-8", "latin-1"):
        try:
            return mido.MidiFile(file=io.BytesIO(data), charset=charset)
        except UnicodeDecodeError:
            continue
        except _BROKEN:
            break
    raise _refused("midi_broken", ())


def _read_track(
    file: _File, number: int, track: Iterable[mido.Message], machines: Mapping[int, Machine]
) -> None:
    now = 0
    name = ""
    sounding: dict[tuple[int, int], list[_Heard]] = defaultdict(list)
    nrpns: dict[int, _Nrpn] = defaultdict(_Nrpn)
    for message in track:
        now += message.time
        if message.is_meta:
            name = _meta(file, number, message, now) or name
        elif message.type == "note_on" and message.velocity:
            heard = _Heard(now, -1, message.note, message.velocity)
            sounding[message.channel, message.note].append(heard)
            file.parts[number, message.channel + 1].notes.append(heard)
        elif message.type in ("note_on", "note_off"):
            if sounding[message.channel, message.note]:
                sounding[message.channel, message.note].pop(0).off = now
        elif message.type == "control_change":
            channel = message.channel + 1
            _move(file, file.parts[number, channel], nrpns[channel], machines.get(channel), message, now)
        else:
            file.losses[message.type if message.type in _TOLD else "other"] += 1
    file.length = max(file.length, now)
    for left in sounding.values():
        for heard in left:
            heard.off = now
            file.losses["hanging"] += 1
    for (track_number, _), raw in file.parts.items():
        if track_number == number:
            raw.name = name


_TOLD = ("program_change", "pitchwheel", "aftertouch", "polytouch", "sysex")
"""Kinds of messages that are named in the list of what was lost."""


def _meta(file: _File, number: int, message: mido.MetaMessage, now: int) -> str:
    """Take what the piece can hold of a meta message; the track's name, where it is that."""
    match message.type:
        case "track_name":
            if number == 0 and not file.name:
                file.name = _clean(message.name)
            return _clean(message.name)[:80]
        case "set_tempo" if now == 0:
            file.tempo = message.tempo
        case "time_signature" if (
            now == 0 and 1 <= message.numerator <= 16 and message.denominator in (2, 4, 8, 16)
        ):
            file.signature = Signature(message.numerator, message.denominator)
        case "set_tempo" | "time_signature":
            file.losses[message.type] += 1
        case "marker":
            file.markers[now] = _clean(message.text)[:80]
    return ""


def _clean(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).encode(errors="ignore").decode().strip()


@dataclass(slots=True)
class _Nrpn:
    """Which NRPN is chosen, and the coarse half of its value; fine halves of CCs wait here, too."""

    msb: int | None = None
    lsb: int | None = None
    data: int = 0
    coarse: dict[int, int] = field(default_factory=dict)


def _move(
    file: _File, raw: _Raw, state: _Nrpn, machine: Machine | None, message: mido.Message, now: int
) -> None:
    """A CC as a move of the machine's control, where it is one."""
    cc, value = message.control, message.value
    if cc == wires.NRPN_MSB:
        state.msb = value
    elif cc == wires.NRPN_LSB:
        state.lsb = value
    elif cc == wires.DATA_MSB and state.msb is not None:
        state.data = value
        control = _of_nrpn(machine, state)
        _found(file, raw, control, value << 7 if control and control.high > 127 else value, now)
    elif cc == wires.DATA_LSB and state.msb is not None:
        control = _of_nrpn(machine, state)
        if control and control.high > 127:
            _found(file, raw, control, state.data << 7 | value, now)
    else:
        control, sent = _of_cc(machine, state, cc, value)
        _found(file, raw, control, sent, now)


def _found(file: _File, raw: _Raw, control: Control | None, sent: int, now: int) -> None:
    if control is None:
        file.losses["control_change"] += 1
        return
    move = (now, control.name, round(wires.share(control, sent), 6))
    if raw.moves and raw.moves[-1][:2] == move[:2]:
        raw.moves[-1] = move
    else:
        raw.moves.append(move)


def _of_nrpn(machine: Machine | None, state: _Nrpn) -> Control | None:
    controls = machine.controls if machine else ()
    return next((one for one in controls if (one.nrpn_msb, one.nrpn_lsb) == (state.msb, state.lsb)), None)


def _of_cc(machine: Machine | None, state: _Nrpn, cc: int, value: int) -> tuple[Control | None, int]:
    """The control that a CC is the whole of, or one half, and the value that is known of it then."""
    for control in machine.controls if machine else ():
        if control.cc == cc and control.cc_lsb is None:
            return control, value
        if control.cc == cc:
            state.coarse[cc] = value
            return control, value << 7
        if control.cc_lsb == cc and control.cc is not None:
            return control, state.coarse.get(control.cc, 0) << 7 | value
    return None, value


def _starts(file: _File, bars: int) -> list[tuple[int, int]]:
    """Where sections begin and end, in bars."""
    begins = {0}
    for at in file.markers:
        if at % file.bar == 0 and at // file.bar < bars:
            begins.add(at // file.bar)
        elif at % file.bar:
            file.losses["marker"] += 1
    most = max(1, MOST_LENGTH * file.ppq // (max(_PER_QUARTER.values()) * file.bar))
    edges = sorted({*begins, bars} if bars else begins)
    found = []
    for start, end in pairwise(edges):
        found += [(at, min(at + most, end)) for at in range(start, end, most)]
    return found


def _part(
    file: _File, raw: _Raw, channel: int, key: str, starts: Sequence[tuple[int, int]]
) -> tuple[ImportedPart, list[str]]:
    """A track's patterns, and which of them each section plays: "" for none."""
    size = _size(file, raw.notes)
    last = starts[-1][1] * file.bar if starts else 0
    file.losses["note"] += sum(one.on >= last for one in raw.notes)
    patterns: dict[tuple[object, ...], Pattern] = {}
    ids = []
    for start, end in starts:
        pattern = _pattern(file, raw, size, start * file.bar, end * file.bar)
        if not pattern.steps and not pattern.automation:
            ids.append("")
            continue
        content = (pattern.length, pattern.steps, pattern.automation)
        known = patterns.setdefault(content, replace(pattern, id=f"{key}-{len(patterns) + 1}", instance=key))
        ids.append(known.id)
    return ImportedPart(channel, raw.name or key, tuple(patterns.values()), key), ids


def _size(file: _File, notes: Sequence[_Heard]) -> StepSize:
    """The step size that holds most notes, and whose grid they are nearest to; mostly a sixteenth."""

    def lost(size: StepSize) -> int:
        firsts = list(ratchets.found(_hits(notes, 0, file.length, _ticks(file, size)), _slack(file, size)))
        return len(firsts) - len({(round(hit.at), hit.note) for hit, _ in firsts})

    def distance(size: StepSize) -> float:
        step = _ticks(file, size)
        return sum(abs(one.on / step - round(one.on / step)) * step for one in notes)

    losses = {size: lost(size) for size in _PER_QUARTER}
    sizes = [size for size in _PER_QUARTER if losses[size] == min(losses.values())]
    nearest = min(sizes, key=distance)
    return nearest if "1/16" not in sizes or distance(nearest) < 0.5 * distance("1/16") else "1/16"


def _ticks(file: _File, size: StepSize) -> float:
    """Of a step."""
    return file.ppq / _PER_QUARTER[size]


def _slack(file: _File, size: StepSize) -> float:
    """How exact a time in steps is: ticks are whole, where it begins and where it ends."""
    return 1.5 / _ticks(file, size)


def _hits(notes: Iterable[_Heard], start: int, end: int, step: float) -> list[Hit]:
    """What begins between two ticks, in steps; it ends there at the latest."""
    return [
        Hit((one.on - start) / step, (min(one.off, end) - one.on) / step, one.note, one.vel)
        for one in notes
        if start <= one.on < end
    ]


def _pattern(file: _File, raw: _Raw, size: StepSize, start: int, end: int) -> Pattern:
    """What is played between two ticks."""
    step = _ticks(file, size)
    length = min(MOST_LENGTH, round((end - start) / step))
    steps: dict[tuple[int, int], Step] = {}
    file.losses["cut"] += sum(start <= one.on < end < one.off for one in raw.notes)
    for hit, count in ratchets.found(_hits(raw.notes, start, end, step), _slack(file, size)):
        t = min(length - 1, round(hit.at))
        micro = round(hit.at - t, 3)
        if not -0.5 <= micro <= 0.5 or (t, hit.note) in steps or len(steps) >= MOST_STEPS:
            file.losses["note"] += count
            continue
        gate = max(0.001, round(hit.length * count, 3))
        steps[t, hit.note] = Step(t, hit.note, hit.vel, gate=gate, micro=micro, ratchet=count)
    points: dict[tuple[str, float], Automation] = {}
    for at, control, value in raw.moves:
        if start <= at < end:
            place = (control, round((at - start) / step, 3))
            points[place] = Automation(*place, value, "hold")
    while len(points) > MOST_STEPS:
        file.losses["control_change"] += 1
        points.popitem()
    return Pattern(
        "",
        "",
        length,
        step_size=size,
        steps=tuple(steps[place] for place in sorted(steps)),
        automation=tuple(points[place] for place in sorted(points)),
    )


def _fewest(parts: Sequence[ImportedPart], file: _File) -> tuple[ImportedPart, ...]:
    """As many parts as a project has room for."""
    kept: list[ImportedPart] = []
    patterns = 0
    for part in parts:
        patterns += len(part.patterns)
        if len(kept) < 16 and patterns <= MOST_PATTERNS:
            kept.append(part)
        else:
            file.losses["track"] += 1
    return tuple(kept)


def _refused(code: str, allowed: tuple[str, ...], **values: object) -> Refused:
    return Refused((Problem(code, "", allowed, values),))
