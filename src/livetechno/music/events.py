"""What sounds when: the one list of events that a page, a MIDI file and a WAV are made of.

Time is in whole ticks, of which a quarter note has `ticks.QUARTER`; nothing is rounded yet. Slide and accent
are marks here; what a machine understands of them is `midi_file`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from livetechno.music.values import Curve, Mix, Signature


@dataclass(frozen=True, slots=True)
class Note:
    """A note that sounds. No two of a machine have the same note at the same time."""

    instance: str
    start: int
    length: int
    """At least one tick."""
    note: int
    vel: int
    slide: bool = False
    """It lasts until the next note of its machine, into which it glides."""
    accent: bool = False


@dataclass(frozen=True, slots=True)
class Ramp:
    """A control on its way from one value to another, 0 to 1."""

    instance: str
    control: str
    start: int
    end: int
    """When it would be there; `start` for a value that is set at once."""
    first: float
    last: float
    curve: Curve
    stop: int
    """When it is cut short, `end` at the latest."""

    def value(self, at: int) -> float:
        """Where it is at a tick between `start` and `end`."""
        if self.end == self.start or at >= self.end:
            return self.last
        if self.curve == "hold":
            return self.first
        way = (at - self.start) / (self.end - self.start)
        if self.curve == "smooth":
            way = way * way * (3 - 2 * way)
        return self.first + (self.last - self.first) * way


@dataclass(frozen=True, slots=True)
class Part:
    """A machine of the desk."""

    instance: str
    machine: str
    channel: int
    name: str
    heard: bool = True
    """Whether neither its own mute nor another's solo silences it."""
    params: Mapping[str, float] = field(default_factory=dict)
    """Controls that are set from the beginning."""
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True, slots=True)
class Marker:
    """Where a section begins."""

    at: int
    name: str
    bars: int


@dataclass(frozen=True, slots=True)
class Events:
    """A piece in time."""

    name: str
    bpm: float
    signature: Signature
    ppq: int
    """Ticks of a quarter note in a file that is made of it."""
    length: int
    parts: tuple[Part, ...] = ()
    """In the order of the desk."""
    markers: tuple[Marker, ...] = ()
    notes: tuple[Note, ...] = ()
    """By start, then in the order of the desk, then by note."""
    ramps: tuple[Ramp, ...] = ()
    """By start; those that start together in the order in which they count."""
