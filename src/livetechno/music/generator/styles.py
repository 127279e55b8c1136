"""Twelve styles as data: what their drums, basses and chords do.

A row has one sign a step as in `wire.notation`; of several one is picked. Tempo, swing and figures follow
what producers of each style describe; some also what was measured (bands.json).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from livetechno.music.roles import Drum
from livetechno.music.values import Scale
from livetechno.music.wish import Style as Name

Bass = Literal["rolling", "off_beat", "sub", "electro", "pulse", "broken"]
Harmony = Literal["stabs", "dub", "pads", "none"]
USUAL: Name = "berlin"
"""The style of a wish that names none."""
_FLOOR = ("x...x...x...x...", "X...x...X...x...", "x...x...x...x.4.", "x...x...x..4x...")
_BACK = ("....x.......x...", "....X.......X...")
_OFF = ("..x...x...x...x.",)


@dataclass(frozen=True, slots=True)
class Style:
    """One style."""

    bpm: tuple[int, int]
    drums: Mapping[Drum, tuple[str, ...]]
    """Rows to pick from; "" leaves the drum out."""
    scales: tuple[Scale, ...] = ("minor", "phrygian", "dorian")
    swing: tuple[float, ...] = (50.0,)
    percussion: tuple[int, int] = (3, 5)
    """Least and most hits in a bar of a Euclidean figure."""
    bass: tuple[Bass, ...] = ("rolling", "off_beat")
    acid: float = 0.3
    """How likely a bass machine plays an acid line instead of a bass."""
    harmony: tuple[Harmony, ...] = ("stabs", "none")
    lead: float = 0.3
    energy: float = 0.6
    drums_by: str = "behringer.rd9"
    machines: tuple[str, ...] = ("behringer.td3", "moog.subsequent37")
    """What plays it where nothing is on the desk, beside the drums."""


STYLES: Mapping[Name, Style] = {
    "minimal": Style(
        (122, 128),
        {
            "kick": _FLOOR,
            "clap": ("....x.......x...", "............x...", ""),
            "closed_hat": ("..x...x...x...x.", ".3.3.3.3.3.3.3.3", "3.5.3.5.3.5.3.5."),
            "open_hat": ("......x.......x.", "..x...x...x...x.", ""),
            "rim": ("...x......x.....", "..........x..x..", "...x..x.......x."),
        },
        swing=(52.0, 54.0, 56.0),
        percussion=(2, 4),
        bass=("pulse", "sub"),
        acid=0.2,
        harmony=("stabs", "none"),
        lead=0.2,
        energy=0.4,
    ),
    "acid": Style(
        (126, 136),
        {
            "kick": _FLOOR,
            "clap": _BACK,
            "closed_hat": ("x.x.x.x.x.x.x.x.", "5.x.5.x.5.x.5.x.", "53x353x353x353x3"),
            "open_hat": _OFF,
            "rim": ("", "......x..x......"),
        },
        scales=("phrygian", "minor"),
        bass=("off_beat",),
        acid=1.0,
        harmony=("none", "pads"),
        lead=0.1,
        energy=0.7,
        machines=("behringer.td3",),
    ),
    "dub": Style(
        (118, 126),
        {
            "kick": ("x...x...x...x...", "x...x...x...x...", "x...x..3x...x..."),
            "clap": ("............4...", "....4.......4...", ""),
            "closed_hat": ("..4...4...4...4.", "..4..34...4..34."),
            "open_hat": ("..5...5...5...5.", "......5.......5.", ""),
            "rim": ("...4......4.....", ".......4..4....."),
        },
        swing=(54.0, 56.0, 58.0),
        percussion=(2, 3),
        bass=("sub",),
        acid=0.0,
        harmony=("dub",),
        lead=0.0,
        energy=0.35,
        machines=("moog.subsequent37", "generic.synth"),
    ),
    "hard": Style(
        (140, 152),
        {
            "kick": ("X...X...X...X...", "X...X...X...X.5.", "X...X...X..5X..."),
            "clap": _BACK,
            "closed_hat": ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "5x5x5x5x5x5x5x5x"),
            "open_hat": _OFF,
            "ride": ("x...x...x...x...", "..x...x...x...x.", ""),
        },
        scales=("phrygian", "minor", "harmonic_minor"),
        percussion=(4, 7),
        bass=("rolling",),
        acid=0.5,
        harmony=("stabs", "none"),
        energy=0.95,
    ),
    "detroit": Style(
        (124, 132),
        {
            "kick": _FLOOR,
            "clap": _BACK,
            "snare": ("", "..............4.", "...4......4....."),
            "closed_hat": ("5.3x5.3x5.3x5.3x", "x.5.x.5.x.5.x.5.", "3.x33.x33.x33.x3"),
            "open_hat": _OFF,
            "rim": ("..x..x....x..x..", ""),
        },
        scales=("minor", "dorian"),
        swing=(52.0, 54.0, 58.0),
        percussion=(3, 6),
        bass=("broken", "off_beat"),
        acid=0.2,
        harmony=("stabs", "pads"),
        lead=0.5,
        energy=0.65,
        drums_by="roland.tr8s",
        machines=("moog.subsequent37", "generic.synth"),
    ),
    "berlin": Style(
        (130, 138),
        {
            "kick": _FLOOR,
            "clap": ("....x.......x...", "............x...", ""),
            "closed_hat": ("..x...x...x...x.", "3.x.3.x.3.x.3.x.", "33x333x333x333x3"),
            "open_hat": _OFF,
            "ride": ("", "x...x...x...x...", "..x...x...x...x."),
        },
        percussion=(3, 6),
        bass=("rolling", "pulse"),
        acid=0.3,
        harmony=("none", "stabs"),
        lead=0.3,
        energy=0.8,
    ),
    "industrial": Style(
        (130, 142),
        {
            "kick": ("X...X...X...X...", "X..xX...X..xX...", "X...X..xX...X..x"),
            "snare": ("....X.......X...", "....X.......X..x", "............X..."),
            "closed_hat": ("x.x.x.x.x.x.x.x.", "xx.xxx.xxx.xxx.x", ".x.x.x.x.x.x.x.x"),
            "open_hat": ("..x...x...x...x.", "......x.......x."),
            "tom": ("...x..x....x..x.", "......x..x..x...", ""),
        },
        scales=("phrygian", "locrian", "minor"),
        percussion=(5, 9),
        bass=("rolling", "pulse"),
        acid=0.3,
        harmony=("none",),
        lead=0.2,
        energy=0.9,
    ),
    "hypnotic": Style(
        (126, 134),
        {
            "kick": _FLOOR[:1],
            "clap": ("", "............3..."),
            "closed_hat": ("..x...x...x...x.", "353535353535x535", "..5...5...5...5."),
            "open_hat": ("", "..4...4...4...4."),
            "rim": ("..x..x..x..x..x.", "...x..x...x..x.."),
        },
        percussion=(5, 7),
        bass=("rolling", "pulse"),
        acid=0.3,
        harmony=("none", "pads"),
        lead=0.6,
        energy=0.55,
    ),
    "breakbeat": Style(
        (128, 140),
        {
            "kick": ("x.....x...x.....", "x..x......x.....", "x.x.......x..x..", "x......x..x....."),
            "snare": ("....X.......X...", "....X..3....X..3", "....X..3.3..X..."),
            "closed_hat": ("x.x.x.x.x.x.x.x.", "x.5.x.5.x.5.x.5.", "x.xxx.xxx.x.x.xx"),
            "open_hat": ("......x.........", "..............x.", ""),
        },
        swing=(50.0, 54.0, 56.0),
        percussion=(2, 4),
        bass=("broken", "electro"),
        acid=0.3,
        harmony=("stabs", "pads"),
        lead=0.3,
        energy=0.7,
        drums_by="roland.tr8s",
    ),
    "electro": Style(
        (124, 134),
        {
            "kick": ("x.....x...x.....", "x..x..x...x.....", "x.........x..x..", "x.....x..x......"),
            "snare": ("....X.......X...",),
            "closed_hat": ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx"),
            "open_hat": ("..............x.", "......x.......x.", ""),
            "cowbell": ("", "..x..x....x.....", "x..x..x.x..x..x."),
        },
        percussion=(2, 5),
        bass=("electro",),
        acid=0.3,
        harmony=("stabs", "none"),
        lead=0.4,
        energy=0.65,
        drums_by="roland.tr8s",
    ),
    "house": Style(
        (120, 127),
        {
            "kick": _FLOOR[:2],
            "clap": _BACK,
            "closed_hat": ("..5...5...5...5.", "5.3.5.3.5.3.5.3.", "3353335333533353"),
            "open_hat": _OFF,
            "rim": ("...4..4.........", "..........4..4..", ""),
        },
        scales=("minor", "dorian"),
        swing=(54.0, 56.0, 58.0, 60.0),
        percussion=(3, 5),
        bass=("broken", "off_beat"),
        acid=0.1,
        harmony=("stabs", "pads"),
        lead=0.2,
        energy=0.6,
        drums_by="roland.tr8s",
        machines=("moog.subsequent37", "generic.synth"),
    ),
    "ambient": Style(
        (70, 110),
        {
            "kick": ("", "4...............", "4.........3....."),
            "rim": ("", "..........3.....", "...2......2....."),
            "closed_hat": ("", "..2...2...2...2.", "......2.......2."),
        },
        scales=("minor", "dorian", "lydian", "pentatonic_minor"),
        percussion=(1, 2),
        bass=("sub",),
        acid=0.0,
        harmony=("pads",),
        lead=0.7,
        energy=0.15,
        machines=("moog.subsequent37", "generic.synth"),
    ),
}
"""By name."""
