"""An arrangement with tension: at each border one to three machines come in, go out or change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from livetechno.music.values import Section

_SHAPE: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("intro", 2, ("beat-intro",)),
    ("groove", 2, ("beat-intro", "bass")),
    ("main", 4, ("beat", "bass", "chords")),
    ("break", 2, ("beat-break", "chords", "lead")),
    ("drop", 4, ("beat", "bass", "chords", "lead")),
    ("outro", 2, ("beat-intro", "bass")),
)
"""Name, weight of its length, and which layers play."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The patterns of one machine by what they are for: `beat`, `beat-intro`, `bass` and others."""

    instance: str
    patterns: Mapping[str, str]


def arranged(layers: Sequence[Layer], bars: int) -> tuple[Section, ...]:
    """Sections of whole fours of bars, as many bars in all as are wanted."""
    shape = _SHAPE if bars >= 24 else tuple(one for one in _SHAPE if one[0] in ("intro", "groove", "main"))
    lengths = _lengths([weight for _, weight, _ in shape], bars)
    sections: list[Section] = []
    for (name, _, kinds), length in zip(shape, lengths, strict=True):
        ids = [id_ for layer in layers if (id_ := _playing(layer, kinds))]
        playing = tuple(sorted(ids))
        if sections and sections[-1].patterns == playing:  # with few machines nothing may have changed
            sections[-1] = replace(sections[-1], bars=sections[-1].bars + length)
        else:
            sections.append(Section(name, length, playing))
    return tuple(sections)


def _playing(layer: Layer, kinds: Sequence[str]) -> str | None:
    """What a machine plays in a section: the first of its patterns that is for it."""
    return next((layer.patterns[kind] for kind in kinds if kind in layer.patterns), None)


def _lengths(weights: Sequence[int], bars: int) -> list[int]:
    """Bars of each section; what does not divide by four goes to the last."""
    total = sum(weights)
    lengths = [max(4, bars * weight // total // 4 * 4) for weight in weights]
    largest = lengths.index(max(lengths))
    lengths[largest] += (bars - sum(lengths)) // 4 * 4
    if lengths[largest] < 4:
        return [bars // len(weights)] * (len(weights) - 1) + [
            bars - bars // len(weights) * (len(weights) - 1)
        ]
    lengths[-1] += bars - sum(lengths)
    return lengths
