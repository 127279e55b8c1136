"""What plays which part: the kick of a drum machine, the bass among machines.

A machine does not say so itself; a voice is known by its name as the makers write it, a machine by its kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from livetechno.music.machines.device import Machine, Voice

Drum = Literal[
    "kick", "snare", "clap", "closed_hat", "open_hat", "rim", "tom", "ride", "crash", "cowbell", "perc"
]
Part = Literal["bass", "acid", "lead", "chords", "pad"]
Role = Drum | Part
DRUMS: tuple[Drum, ...] = (
    "kick",
    "snare",
    "clap",
    "closed_hat",
    "open_hat",
    "rim",
    "tom",
    "ride",
    "crash",
    "cowbell",
    "perc",
)
PARTS: tuple[Part, ...] = ("bass", "acid", "lead", "chords", "pad")
_SHORT: dict[str, Drum] = {
    "bd": "kick",
    "sd": "snare",
    "cp": "clap",
    "hc": "clap",
    "ch": "closed_hat",
    "hh": "closed_hat",
    "oh": "open_hat",
    "rs": "rim",
    "lt": "tom",
    "mt": "tom",
    "ht": "tom",
    "rc": "ride",
    "rd": "ride",
    "cc": "crash",
    "cy": "crash",
    "cb": "cowbell",
}
_WORDS: tuple[tuple[str, Drum], ...] = (
    (r"kick|bass ?drum", "kick"),
    (r"snare", "snare"),
    (r"clap", "clap"),
    (r"open.*hat|hat.*open", "open_hat"),
    (r"hat", "closed_hat"),
    (r"rim|side ?stick", "rim"),
    (r"tom|drum \d", "tom"),
    (r"ride", "ride"),
    (r"crash|cymbal", "crash"),
    (r"cowbell", "cowbell"),
)
"""Asked in this order of a voice's whole name."""


def drum(voice: Voice) -> Drum:
    """What a voice is: `perc` where its name says nothing."""
    name = voice.name.lower()
    if name in _SHORT:
        return _SHORT[name]
    text = f"{name} {voice.title.lower()}"
    return next((role for pattern, role in _WORDS if re.search(pattern, text)), "perc")


def drums(machine: Machine) -> Mapping[Drum, tuple[Voice, ...]]:
    """A drum machine's voices by what they are, each in the machine's order."""
    found: dict[Drum, list[Voice]] = {}
    for voice in machine.voices:
        found.setdefault(drum(voice), []).append(voice)
    return {role: tuple(voices) for role, voices in found.items()}


def parts(machine: Machine) -> tuple[Part, ...]:
    """What a machine that plays notes is for, what it is best at first; () for drums and effects."""
    match machine.kind:
        case "bass":
            return ("acid", "bass", "lead")
        case "synth":
            return ("bass", "chords", "lead", "pad", "acid")
        case _:
            return ()
