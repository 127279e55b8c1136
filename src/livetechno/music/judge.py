"""How much a piece is what it wants to be: published measures, and the bands of a style that they lie in.

Measures, each with the published work that it is from:
    groove consistency    1 - mean Hamming distance of neighbouring bars' onsets (Wu and Yang 2020; MusPy)
    pitch-class entropy   bits of the distribution of the twelve classes (Wu and Yang 2020)
    scale consistency     share of notes in the scale that is asked for (Mogren 2016; MusPy)
    empty beats           share of beats in which nothing begins (Dong et al. 2018; MusPy)
    syncopation           Longuet-Higgins and Lee 1984, per onset, weights of Fitch and Rosenfeld 2007
    evenness              sum of all chords between onsets on the circle, of the largest (Toussaint 2005)
and what producers count: kicks, four on the floor, backbeat, off-beat hats, density, slides, accents.

Bands are data: bands.json says where each comes from, and `authored` where it was written, not measured.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations, pairwise
from typing import Any

from livetechno.music import roles, scales
from livetechno.music.events import Events, Note
from livetechno.music.expansion import expand
from livetechno.music.machines.device import Machine
from livetechno.music.ticks import bar
from livetechno.music.values import Project

STEPS = 16
"""Places of a bar that onsets are counted in."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where a measure of a style lies."""

    low: float
    high: float
    source: str
    authored: bool = True
    """Whether it was written down by us; else it was measured on data."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was measured, and how it lies in a style's bands."""

    measures: Mapping[str, float]
    """By name; a measure that makes no sense of this piece, as a bass of one without, is left out."""
    outside: tuple[str, ...]
    """Those that lie outside their band."""
    score: float
    """1 where all lie inside; each that does not takes off by how far it is outside."""

    @property
    def inside(self) -> bool:
        """Whether the piece is one of its style."""
        return not self.outside


def judge(project: Project, machines: Mapping[str, Machine], style: str) -> Verdict:
    """A piece, held against a style. Raises KeyError for a style that is none."""
    measures = measure(project, machines)
    wanted = bands(style)
    asked = {name: band for name, band in wanted.items() if name in measures}
    outside = tuple(name for name, band in asked.items() if _distance(measures[name], band) > 0)
    lost = sum(min(1.0, _distance(measures[name], band)) for name, band in asked.items())
    missing = sum(1 for name in wanted if name not in measures)
    return Verdict(measures, outside, 1 - (lost + 0.5 * missing) / max(1, len(wanted)))


@cache
def bands(style: str) -> Mapping[str, Band]:
    """A style's bands by the name of what is measured. Raises KeyError."""
    return {name: Band(**held) for name, held in _data()[style].items()}


@cache
def styles() -> tuple[str, ...]:
    """The styles that have bands."""
    return tuple(_data())


def measure(project: Project, machines: Mapping[str, Machine]) -> dict[str, float]:
    """All measures that make sense of a piece."""
    events = expand(project)
    onsets = _onsets(project, machines, events)
    bars = max(1, events.length // bar(project.signature))
    found: dict[str, float] = {}
    if onsets.all:
        found |= _of_rhythm(onsets, bars)
    if onsets.kick:
        found |= _of_kick(onsets, bars)
    if onsets.pitched:
        found |= _of_pitches(project, onsets.pitched)
    if onsets.line:
        found |= _of_line(onsets.line, bars)
    return found


@dataclass(frozen=True, slots=True)
class _Onsets:
    """Where in which bar (bar, place) what begins."""

    all: frozenset[tuple[int, int]]
    hits: int
    kick: frozenset[tuple[int, int]]
    back: frozenset[tuple[int, int]]
    """Snares and claps."""
    closed: frozenset[tuple[int, int]]
    open: frozenset[tuple[int, int]]
    pitched: tuple[Note, ...]
    line: tuple[Note, ...]
    """Of the bass machine that plays most."""


def _onsets(project: Project, machines: Mapping[str, Machine], events: Events) -> _Onsets:
    place = bar(project.signature) // STEPS
    kinds = {one.id: machines.get(one.machine) for one in project.machines}
    drums: dict[str, set[tuple[int, int]]] = {role: set() for role in roles.DRUMS}
    every: set[tuple[int, int]] = set()
    pitched: list[Note] = []
    basses: dict[str, list[Note]] = {}
    for note in events.notes:
        at = divmod((note.start + place // 2) // place, STEPS)
        every.add(at)
        machine = kinds[note.instance]
        voice = machine.voice(note.note) if machine else None
        if voice is not None:
            drums[roles.drum(voice)].add(at)
        else:
            pitched.append(note)
            if machine is not None and machine.kind == "bass":
                basses.setdefault(note.instance, []).append(note)
    line = max(basses.values(), key=len, default=[])
    return _Onsets(
        frozenset(every),
        len(events.notes),
        frozenset(drums["kick"]),
        frozenset(drums["snare"] | drums["clap"]),
        frozenset(drums["closed_hat"]),
        frozenset(drums["open_hat"]),
        tuple(pitched),
        tuple(line),
    )


def _of_rhythm(onsets: _Onsets, bars: int) -> dict[str, float]:
    by_bar = [{place for at, place in onsets.all if at == number} for number in range(bars)]
    beats = {(at, place * 4 // STEPS) for at, place in onsets.all if at < bars}
    return {
        "groove_consistency": groove_consistency(by_bar),
        "empty_beats": 1 - len(beats) / (4 * bars),
        "occupancy": len([one for one in onsets.all if one[0] < bars]) / (STEPS * bars),
        "hits_per_bar": onsets.hits / bars,
        "syncopation": syncopation({place for _, place in onsets.all - onsets.kick} or {0}),
    }


def _of_kick(onsets: _Onsets, bars: int) -> dict[str, float]:
    beats = {(number, beat) for number in range(bars) for beat in (0, 4, 8, 12)}
    found = {
        "kicks_per_bar": len(onsets.kick) / bars,
        "four_on_the_floor": len(beats & onsets.kick) / len(beats),
        "kick_off_beat": len(onsets.kick - beats) / len(onsets.kick),
        "kick_evenness": evenness({place for _, place in onsets.kick}),
    }
    if onsets.back:
        found["backbeat"] = sum(place in (4, 12) for _, place in onsets.back) / len(onsets.back)
    if onsets.closed:
        found["closed_hats_per_bar"] = len(onsets.closed) / bars
    if onsets.open:
        found["open_hats_off_beat"] = sum(place % 4 == 2 for _, place in onsets.open) / len(onsets.open)
    return found


def _of_pitches(project: Project, notes: Sequence[Note]) -> dict[str, float]:
    classes = [note.note % 12 for note in notes]
    allowed = scales.classes(project.key, project.scale)
    return {
        "pitch_class_entropy": entropy(classes),
        "scale_consistency": sum(one in allowed for one in classes) / len(classes),
    }


def _of_line(notes: Sequence[Note], bars: int) -> dict[str, float]:
    count = Counter(note.note for note in notes)
    return {
        "line_density": len(notes) / (STEPS * bars),
        "line_slides": sum(note.slide for note in notes) / len(notes),
        "line_accents": sum(note.accent for note in notes) / len(notes),
        "line_pitch_classes": len({note.note % 12 for note in notes}),
        "line_range": max(count) - min(count),
        "line_main_note": max(count.values()) / len(notes),
    }


def groove_consistency(bars: Sequence[set[int]]) -> float:
    """1 for bars that all begin notes at the same places. A single bar is consistent."""
    if len(bars) < 2:
        return 1.0
    distances = [len(one ^ other) / STEPS for one, other in pairwise(bars)]
    return 1 - sum(distances) / len(distances)


def entropy(values: Iterable[int]) -> float:
    """Bits of a distribution."""
    counts = Counter(values)
    total = sum(counts.values())
    return -sum(count / total * math.log2(count / total) for count in counts.values()) + 0.0


_WEIGHTS = (0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4)
"""How strong each sixteenth of a bar is."""


def syncopation(onsets: set[int]) -> float:
    """How much stronger the rests are that follow onsets, per onset, for a bar that comes again and again."""
    total = 0
    for onset in onsets:
        rests: list[int] = []
        place = (onset + 1) % STEPS
        while place not in onsets and len(rests) < STEPS:
            rests.append(_WEIGHTS[place])
            place = (place + 1) % STEPS
        if rests and max(rests) > _WEIGHTS[onset]:
            total += max(rests) - _WEIGHTS[onset]
    return total / len(onsets)


def evenness(onsets: set[int]) -> float:
    """1 for onsets that are spread as evenly as can be, nearly 0 for a cluster."""
    count = len(onsets)
    if count < 2:
        return 1.0

    def spread(places: Iterable[float]) -> float:
        return sum(abs(math.sin(math.pi * (one - other) / STEPS)) for one, other in combinations(places, 2))

    return spread(onsets) / spread([STEPS * place / count for place in range(count)])


def _distance(value: float, band: Band) -> float:
    """How far outside a band it is, in widths of the band; 0 inside."""
    width = max(band.high - band.low, 0.1)
    return max(0.0, band.low - value, value - band.high) / width


@cache
def _data() -> Mapping[str, Mapping[str, dict[str, Any]]]:
    text = resources.files(__package__).joinpath("bands.json").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, dict[str, Any]]] = json.loads(text)
    return found
