"""A machine as its maker built it: what it can be told over MIDI, and how sure we are of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["source", "manual", "community", "guide", "unverified"]
"""How a fact is known: read in a maker's chart or firmware; in a manual; from people who tried it; taken over
from the MIDI Guide data, unchecked by us; not at all."""
Kind = Literal["drums", "bass", "synth", "effect"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a range of a control's values means, ends included."""

    low: int
    high: int
    label: str


@dataclass(frozen=True, slots=True)
class Control:
    """Something that can be set, by CC, NRPN or both; an action says 0 to 1, which is `low` to `high`."""

    name: str
    """The word that actions use, unique in the machine: small letters, digits and _."""
    title: str = ""
    """The maker's own."""
    section: str = ""
    cc: int | None = None
    cc_lsb: int | None = None
    """The CC of the fine seven bits; then values have 14."""
    nrpn_msb: int | None = None
    nrpn_lsb: int | None = None
    low: int = 0
    high: int = 127
    """Ends of the values as they are sent: at most 127, or 16383 where there are 14 bits."""
    default: int | None = None
    centred: bool = False
    choices: tuple[Choice, ...] = ()
    level: Level = "unverified"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """A sound of a drum machine. Patterns say `note`; the wire says `sends` where the owner has set it."""

    name: str
    """Short, as on the panel: BD, SD, CH."""
    note: int
    title: str = ""
    sends: int | None = None
    level: Level = "unverified"


@dataclass(frozen=True, slots=True)
class Accent:
    """How an accent is said: by velocity. `normal` is every other note's; None keeps the step's own."""

    accented: int = 127
    normal: int | None = None
    level: Level = "unverified"


@dataclass(frozen=True, slots=True)
class Slide:
    """How a slide is said: by notes that overlap for `ms`, or by a CC that is 127 while it lasts."""

    kind: Literal["overlap", "cc", "none"] = "none"
    ms: float = 4.0
    cc: int | None = None
    level: Level = "unverified"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of the catalogue."""

    id: str
    """`maker.device`, in small letters and digits."""
    maker: str
    name: str
    kind: Kind
    controls: tuple[Control, ...] = ()
    voices: tuple[Voice, ...] = ()
    """Of a drum machine, which plays no other notes."""
    low_note: int = 0
    high_note: int = 127
    accent: Accent = field(default_factory=Accent)
    slide: Slide = field(default_factory=Slide)
    through: tuple[str, ...] = ()
    """Ids of machines that stand in for one that has no MIDI; the first is taken unless another is chosen."""
    program_gap_ms: float = 0.0
    """How long it needs after a program change before it heeds a CC."""
    level: Level = "unverified"
    """Of what has no level of its own."""
    sources: tuple[str, ...] = ()
    note: str = ""
    """What an owner should know."""

    def control(self, name: str) -> Control | None:
        """The control of that name."""
        return next((one for one in self.controls if one.name == name), None)

    def voice(self, note: int) -> Voice | None:
        """The voice that patterns call by that note."""
        return next((one for one in self.voices if one.note == note), None)
