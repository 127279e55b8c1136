"""Basses, acid lines, leads and chords: motifs that come again with one thing changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from livetechno.music import scales
from livetechno.music.generator.dice import Dice
from livetechno.music.generator.styles import Bass, Harmony
from livetechno.music.values import Key, Scale, Step

BAR = 16
PLAIN, HARD, SOFT = 100, 120, 71
"""Velocities, as `wire.notation` writes them shortest."""
Figures = tuple[tuple[int, ...], ...]
_ELECTRO: Figures = ((0, 3, 6, 10, 12), (0, 2, 3, 6, 8, 10, 14), (0, 6, 7, 10, 11, 14), (2, 3, 6, 10, 11, 14))
_BROKEN: Figures = ((0, 3, 7, 10, 14), (2, 5, 7, 10, 13), (0, 6, 9, 14), (3, 6, 10, 11, 14))
_DUB: Figures = ((2, 10), (3, 11), (6, 14), (2, 5))
_STABS: Figures = ((3, 6, 10), (2, 6, 10, 14), (0, 3, 6), (3, 11))


@dataclass(frozen=True, slots=True)
class Ground:
    """What a line stands on."""

    key: Key
    scale: Scale
    bars: int
    energy: float
    low: int
    """The lowest and highest note of the machine that plays it."""
    high: int
    kick: frozenset[int] = frozenset()
    """Steps of a bar on which the kick sounds."""

    def note(self, degree: int, octave: int) -> int:
        """A degree of the scale, in an octave that the machine plays."""
        return scales.nearest(scales.degree(self.key, self.scale, degree, octave), self.low, self.high)

    def fifth(self) -> int:
        """The degree that is a fifth, or the nearest that the scale has."""
        steps = scales.STEPS[self.scale]
        return min(range(len(steps)), key=lambda degree: abs(steps[degree] - 7))


def bass(kind: Bass, ground: Ground, dice: Dice) -> tuple[Step, ...]:
    """A bass line."""
    places = _bass_places(kind, ground, dice)
    root, fifth = ground.note(0, 1), ground.note(ground.fifth(), 1)
    others = [fifth, ground.note(0, 2), ground.note(1, 1), ground.note(2, 1), ground.note(-1, 1)]
    stray = 0.1 if kind in ("rolling", "pulse", "sub") else 0.3
    motif = [
        Step(t, dice.pick(others) if number and dice.falls(stray) else root, PLAIN, gate=gate)
        for number, (t, gate) in enumerate(places)
    ]
    return _again([motif], ground, dice, mutate=kind != "sub")


def _bass_places(kind: Bass, ground: Ground, dice: Dice) -> list[tuple[int, float]]:
    """Where notes begin in a bar, and how long they are."""
    match kind:
        case "off_beat":
            return [(t, 0.5) for t in range(2, BAR, 4)] + ([(15, 0.5)] if dice.falls(0.3) else [])
        case "rolling":
            figure = dice.pick(((1, 2, 3), (2, 3), (1, 3), (1, 2)))
            return [(t, 0.5) for t in range(BAR) if t % 4 in figure and t not in ground.kick]
        case "pulse":
            start = dice.pick((2, 3))
            return [(t, 0.5) for t in range(start, BAR, dice.pick((2, 3, 4)))]
        case "sub":
            return dice.pick(([(0, 16.0)], [(0, 6.0), (8, 6.0)], [(2, 4.0), (10, 4.0)], [(0, 3.0), (6, 8.0)]))
        case "electro":
            return [(t, 0.5) for t in dice.pick(_ELECTRO)]
        case "broken":
            return [(t, dice.pick((0.5, 1.0))) for t in dice.pick(_BROKEN)]


def acid(ground: Ground, dice: Dice) -> tuple[Step, ...]:
    """An acid line: a bar around one note, accents off the beat, slides between notes that sound."""
    density = min(0.85, max(0.4, 0.5 + 0.3 * ground.energy + (dice.share() - 0.5) * 0.2))
    root, octave = ground.note(0, 1), ground.note(0, 2)
    others = (
        (ground.note(ground.fifth(), 1), 3.0),
        (octave, 2.0),
        (ground.note(-1, 1), 1.0),
        (ground.note(1, 1), 1.0),
    )
    colours = [dice.weighed(others) for _ in range(2)]
    sounds = [dice.falls(density + (0.15 if t % 4 == 0 else 0)) for t in range(BAR)]
    sounds[0] = sounds[0] or dice.falls(0.8)
    motif = []
    for t in [t for t in range(BAR) if sounds[t]]:
        note = root if dice.falls(0.62) else dice.pick(colours)
        accent = dice.falls(0.5 if t % 4 else 0.3)
        slide = sounds[(t + 1) % BAR] and t + 1 < BAR and dice.falls(0.26)
        step = Step(
            t, note, HARD if accent else PLAIN, accent=accent, slide=slide, gate=1.0 if slide else 0.5
        )
        motif.append(step)
    return _again([motif or [Step(0, root, PLAIN)]], ground, dice)


def lead(ground: Ground, dice: Dice) -> tuple[Step, ...]:
    """A few notes high up that come again over two bars."""
    steps = dice.between(3, 6)
    degrees = [dice.pick((0, 2, 4, 5, 7)) for _ in range(3)]
    motifs = []
    for _ in range(2):
        places = sorted({dice.between(0, BAR - 1) for _ in range(steps)})
        motifs.append([Step(t, ground.note(dice.pick(degrees), 4), dice.pick((SOFT, PLAIN))) for t in places])
    return _again(motifs, ground, dice)


def harmony(kind: Harmony, ground: Ground, dice: Dice) -> tuple[Step, ...]:
    """Chords: stabs off the beat, a dub's echoes, or pads that are held."""
    degrees = dice.pick(((0,), (0, 0), (0, -1), (0, 3), (0, 2), (0, -2)))
    shape = dice.pick(((0, 2, 4), (0, 2, 4, 6), (0, 4, 8), (0, 3, 4)))
    chords = [sorted({ground.note(degree + above, 3) for above in shape}) for degree in degrees]
    if kind == "pads":
        return tuple(
            Step(t * BAR, note, SOFT, gate=float(BAR))
            for t in range(ground.bars)
            for note in chords[t * len(chords) // ground.bars if ground.bars >= len(chords) else 0]
        )
    places = dice.pick(_DUB if kind == "dub" else _STABS)
    motifs = [[Step(t, note, PLAIN) for t in places for note in chord] for chord in chords]
    return _again(motifs, ground, dice, mutate=False)


def _again(motifs: list[list[Step]], ground: Ground, dice: Dice, *, mutate: bool = True) -> tuple[Step, ...]:
    """Motifs of a bar, one after the other, again and again; every fourth bar has one note changed."""
    steps: dict[tuple[int, int], Step] = {}
    for number in range(ground.bars):
        motif = motifs[number % len(motifs)]
        if mutate and number % 4 == 3 and len(motif) > 1:
            motif = _mutated(motif, ground, dice)
        for step in motif:
            placed = replace(step, t=step.t + BAR * number)
            steps[placed.t, placed.note] = placed
    return tuple(steps[place] for place in sorted(steps))


def _mutated(motif: list[Step], ground: Ground, dice: Dice) -> list[Step]:
    """With one note an octave away, gone, or moved to another of the motif's pitches."""
    place = dice.between(1, len(motif) - 1)
    step = motif[place]
    match dice.between(0, 2):
        case 0:
            note = step.note + 12 if step.note + 12 <= ground.high else step.note
            changed = [replace(step, note=note)]
        case 1:
            changed = []
        case _:
            changed = [replace(step, note=dice.pick(motif).note)]
    before = motif[place - 1]
    if not changed and before.slide:
        return [*motif[: place - 1], replace(before, slide=False, gate=0.5), *motif[place + 1 :]]
    return [*motif[:place], *changed, *motif[place + 1 :]]
