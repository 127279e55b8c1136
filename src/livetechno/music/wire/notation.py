"""Steps as text, one sign a step.

A row is one drum's:    x...x...x..7    `x` 100, `X` 120 and accented, `1` to `9` from soft (14) to hard (127)
A line is a voice's:    A1 . A1! C2~ - A1+E2:5 .*4

In a line each step is a word: `.` is silence, `-` holds what came before one step longer, `A1` is a note (C4
is 60). `+` joins the notes of a chord; `:7` is a level as in a row, `!` an accent, `_` a note that fills its
step, `~` a slide into the next. `.*4` is four times `.`. Text that is too short is played again.

What a step has beyond that cannot be told so; `row` and `line` give it back for `details`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import cast

from livetechno.music.problems import Problem, Refused
from livetechno.music.scales import KEYS
from livetechno.music.values import Key, Step

LEVELS = {str(digit): round(digit * 127 / 9) for digit in range(1, 10)}
PLAIN, HARD = 100, 120
"""Velocities of `x` and of an accent."""
SHORT = 0.5
"""The gate of a note that is not held, in steps."""
_NOTE = re.compile(r"([A-G])(#{0,2}|b{0,2})(-?\d)")
_ONE = r"[A-G][#b]{0,2}-?\d"
_WORD = re.compile(rf"(?P<notes>{_ONE}(?:\+{_ONE})*)(?::(?P<level>[1-9]))?(?P<signs>[!_~]{{0,3}})")
_AGAIN = re.compile(r"(.+?)\*(\d{1,3})")
_BLANKS = re.compile(r"[\s|]+")


def name(note: int) -> str:
    """A note's name: 60 is C4."""
    return f"{KEYS[note % 12]}{note // 12 - 1}"


def row(steps: Sequence[Step], length: int) -> tuple[str, tuple[Step, ...]]:
    """Steps of one drum as a row, and those that it cannot tell."""
    signs, rest = ["."] * length, []
    for step in steps:
        sign = _sign(step)
        if sign is None or step.gate != SHORT or step.slide or not _is_plain(step):
            rest.append(step)
        else:
            signs[step.t] = sign
    return "".join(signs[: _period(signs)]), tuple(rest)


def line(steps: Sequence[Step], length: int) -> tuple[str, tuple[Step, ...]]:
    """Steps of a voice that plays notes as a line, and those that it cannot tell."""
    words = ["."] * length
    rest: list[Step] = []
    free = 0
    for t, group in groupby(sorted(steps, key=lambda step: (step.t, step.note)), key=lambda step: step.t):
        chord = tuple(group)
        held = _held(chord, length)
        if held is None or t < free:
            rest.extend(chord)
            continue
        words[t] = _word(chord)
        words[t + 1 : t + held] = ["-"] * (held - 1)
        free = t + held
    return " ".join(_shortened(words[: _period(words)])), tuple(rest)


def read_row(text: str, note: int, length: int) -> tuple[Step, ...]:
    """The steps of a row. Raises Refused, with paths from the text."""
    signs = _BLANKS.sub("", text)
    _short_enough(len(signs), length)
    steps = []
    for t in range(length if signs else 0):
        sign = signs[t % len(signs)]
        if sign == "X":
            steps.append(Step(t, note, HARD, accent=True))
        elif sign == "x":
            steps.append(Step(t, note, PLAIN))
        elif sign in LEVELS:
            steps.append(Step(t, note, LEVELS[sign]))
        elif sign != ".":
            raise _refused("sign", ("x", "X", ".", *LEVELS), sign=sign, t=t)
    return tuple(steps)


def read_line(text: str, length: int) -> tuple[Step, ...]:
    """The steps of a line. Raises Refused, with paths from the text."""
    words = _spelled_out(text)
    _short_enough(len(words), length)
    chords: list[tuple[Step, ...]] = []
    steps: list[Step] = []
    for t in range(length if words else 0):
        word = words[t % len(words)]
        if word == "-":
            if not chords:
                raise _refused("hold", (".",), t=t)
            chords[-1] = tuple(_longer(step, t) for step in chords[-1])
        else:
            steps.extend(one for chord in chords for one in chord)
            chords = [] if word == "." else [_chord(word, t)]
    steps.extend(one for chord in chords for one in chord)
    return tuple(steps)


def _sign(step: Step) -> str | None:
    if step.accent:
        return "X" if step.vel == HARD else None
    return "x" if step.vel == PLAIN else next((sign for sign, vel in LEVELS.items() if vel == step.vel), None)


def _is_plain(step: Step) -> bool:
    return step.micro == 0 and step.ratchet == 1 and step.prob == 1


def _held(chord: tuple[Step, ...], length: int) -> int | None:
    """How many steps a chord takes in a line; None where a line cannot tell it."""
    first = chord[0]
    alike = all((step.vel, step.gate, step.slide, step.accent) == _manner(first) for step in chord)
    if not alike or _sign(first) is None or not all(_is_plain(step) for step in chord):
        return None
    if first.gate in (SHORT, 1):
        return 1
    whole = first.gate.is_integer() and first.gate >= 2 and first.t + first.gate <= length
    return int(first.gate) if whole else None


def _manner(step: Step) -> tuple[int, float, bool, bool]:
    return step.vel, step.gate, step.slide, step.accent


def _word(chord: tuple[Step, ...]) -> str:
    first = chord[0]
    sign = _sign(first)
    level = "" if sign in ("x", "X") else f":{sign}"
    signs = "!" * first.accent + "_" * (first.gate == 1) + "~" * first.slide
    return "+".join(name(step.note) for step in chord) + level + signs


def _chord(word: str, t: int) -> tuple[Step, ...]:
    found = _WORD.fullmatch(word)
    if found is None or len(set(found["signs"])) < len(found["signs"]):
        raise _refused("word", ("A1", "A1!", "A1~", "A1:5", "A1+E2", ".", "-"), word=word[:40], t=t)
    accent, slide, gate = (
        "!" in found["signs"],
        "~" in found["signs"],
        1.0 if "_" in found["signs"] else SHORT,
    )
    vel = LEVELS[found["level"]] if found["level"] else HARD if accent else PLAIN
    notes = [_number(note, t) for note in found["notes"].split("+")]
    return tuple(Step(t, note, vel, gate=gate, slide=slide, accent=accent) for note in notes)


def _number(text: str, t: int) -> int:
    found = _NOTE.fullmatch(text)
    note = -1
    if found:
        letter, bent, octave = found.groups()
        note = (int(octave) + 1) * 12 + KEYS.index(cast("Key", letter)) + bent.count("#") - bent.count("b")
    if not 0 <= note <= 127:
        raise _refused("word", ("C-1", "G9"), word=text, t=t)
    return note


def _longer(step: Step, t: int) -> Step:
    return Step(step.t, step.note, step.vel, gate=float(t - step.t + 1), slide=step.slide, accent=step.accent)


def _period(signs: Sequence[str]) -> int:
    """After how many signs they come again, to the end. A hold goes on from the sign before it."""
    for period in range(1, len(signs)):
        if signs[0] != "-" and all(signs[at] == signs[at - period] for at in range(period, len(signs))):
            return period
    return len(signs)


def _shortened(words: Iterable[str]) -> list[str]:
    short: list[str] = []
    for word, group in groupby(words):
        times = len(list(group))
        short += [f"{word}*{times}"] if word in ".-" and times > 2 else [word] * times
    return short


def _spelled_out(text: str) -> list[str]:
    words: list[str] = []
    for word in _BLANKS.sub(" ", text).split():
        found = _AGAIN.fullmatch(word)
        words += [found[1]] * int(found[2]) if found else [word]
    return words


def _short_enough(count: int, length: int) -> None:
    if count > length:
        raise _refused("text_long", (str(length),), count=count, length=length)


def _refused(code: str, allowed: tuple[str, ...], **values: object) -> Refused:
    return Refused((Problem(code, "", allowed, values),))
