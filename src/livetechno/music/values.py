"""What a piece of music is: frozen values. Their bounds are in the schemas of the same names.

Everything is in an order of its own (machines by position, patterns by id, steps by time), so that equal
music is equal bytes, whichever way it came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

StepSize = Literal["1/8", "1/8T", "1/16", "1/16T", "1/32"]
Curve = Literal["hold", "linear", "smooth"]
Key = Literal["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
Scale = Literal[
    "major",
    "minor",
    "dorian",
    "phrygian",
    "lydian",
    "mixolydian",
    "locrian",
    "harmonic_minor",
    "phrygian_dominant",
    "pentatonic_minor",
    "pentatonic_major",
    "blues",
    "whole_tone",
    "chromatic",
]
Format = Literal["midi", "wav"]


@dataclass(frozen=True, slots=True)
class Step:
    """A note on a pattern's grid. No two of a pattern have the same `t` and `note`."""

    t: int
    """Which step, from 0."""
    note: int
    """MIDI note; of a drum machine, the one that its voice has in the machine's own map."""
    vel: int
    gate: float = 0.5
    """How long it sounds, in steps; three decimals."""
    micro: float = 0.0
    """How much later it comes, in steps (-0.5 to 0.5); three decimals."""
    ratchet: int = 1
    """How many times it sounds within its step."""
    prob: float = 1.0
    """How likely it sounds in a cycle."""
    slide: bool = False
    """Whether it glides into the next note, which it is held for."""
    accent: bool = False


@dataclass(frozen=True, slots=True)
class Automation:
    """One point of a control's way through a pattern. No two have the same `target` and `at`."""

    target: str
    """A control's name."""
    at: float
    """In steps from the pattern's begin; three decimals."""
    value: float
    """0 to 1."""
    curve: Curve = "linear"
    """How it goes on to the next point of the same target."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one machine plays, again and again."""

    id: str
    instance: str
    """The machine on the desk that plays it."""
    length: int
    """In steps."""
    name: str = ""
    step_size: StepSize = "1/16"
    swing: float | None = None
    """Percent, the share of the first step in a pair, two decimals; None takes the project's."""
    steps: tuple[Step, ...] = ()
    """By `t`, then by note."""
    automation: tuple[Automation, ...] = ()
    """By target, then by `at`."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A machine's channel of the mixer."""

    level: float = 0.8
    pan: float = 0.0
    """-1 is left, 1 is right."""
    mute: bool = False
    solo: bool = False
    send_a: float = 0.0
    """To the delay."""
    send_b: float = 0.0
    """To the reverb."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine that stands on the desk."""

    id: str
    machine: str
    """Its id in the catalogue of machines."""
    channel: int
    """MIDI channel, 1 to 16; no other machine of the desk has it."""
    position: int = 0
    name: str = ""
    params: Mapping[str, float] = field(default_factory=dict)
    """Controls that are set, 0 to 1, by name."""
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the arrangement: which patterns play, and for how many bars."""

    name: str
    bars: int
    patterns: tuple[str, ...] = ()
    """Ids, in the alphabet's order; at most one of a machine."""


@dataclass(frozen=True, slots=True)
class Track:
    """What is to be exported of a machine."""

    instance: str
    channel: int
    name: str
    format: Format = "midi"


@dataclass(frozen=True, slots=True)
class Signature:
    """Beats in a bar, and which note is one."""

    beats: int = 4
    unit: int = 4


@dataclass(frozen=True, slots=True)
class Project:
    """A piece, whole."""

    name: str = ""
    bpm: float = 130.0
    """Two decimals."""
    swing: float = 50.0
    signature: Signature = field(default_factory=Signature)
    ppq: int = 480
    """Ticks of a quarter note in a file that is exported."""
    key: Key = "A"
    scale: Scale = "minor"
    seed: int = 1
    """Of the dice that `prob` throws."""
    machines: tuple[Instance, ...] = ()
    """By position, then by id."""
    patterns: tuple[Pattern, ...] = ()
    """By id."""
    arrangement: tuple[Section, ...] = ()
    exports: tuple[Track, ...] = ()
    """By instance."""

    def instance(self, id_: str) -> Instance | None:
        """The machine on the desk with that id."""
        return next((one for one in self.machines if one.id == id_), None)

    def pattern(self, id_: str) -> Pattern | None:
        """The pattern with that id."""
        return next((one for one in self.patterns if one.id == id_), None)

    def patterns_of(self, instance: str) -> tuple[Pattern, ...]:
        """What one machine of the desk has to play."""
        return tuple(one for one in self.patterns if one.instance == instance)
