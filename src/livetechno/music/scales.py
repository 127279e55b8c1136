"""The notes of a scale. Semitones above the keynote, as any theory of music lists them."""

from __future__ import annotations

from livetechno.music.values import Key, Scale

KEYS: tuple[Key, ...] = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
STEPS: dict[Scale, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian_dominant": (0, 1, 4, 5, 7, 8, 10),
    "pentatonic_minor": (0, 3, 5, 7, 10),
    "pentatonic_major": (0, 2, 4, 7, 9),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole_tone": (0, 2, 4, 6, 8, 10),
    "chromatic": tuple(range(12)),
}


def classes(key: Key, scale: Scale) -> frozenset[int]:
    """Pitch classes of a scale: 0 is C."""
    root = KEYS.index(key)
    return frozenset((root + step) % 12 for step in STEPS[scale])


def degree(key: Key, scale: Scale, number: int, octave: int) -> int:
    """The MIDI note of a degree; 0 is the keynote in that octave (C4 is 60), others are above or below it."""
    steps = STEPS[scale]
    turns, place = divmod(number, len(steps))
    return 12 * (octave + 1 + turns) + KEYS.index(key) + steps[place]


def nearest(note: int, low: int, high: int) -> int:
    """The same note in the octave that lies in a range, nearest to where it was."""
    while note < low:
        note += 12
    while note > high:
        note -= 12
    return max(low, note)
