"""More, less or none of a part in patterns that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from livetechno.music import patterns, roles
from livetechno.music.actions import Action
from livetechno.music.generator.dice import Dice
from livetechno.music.generator.lines import PLAIN, SOFT
from livetechno.music.machines.device import Machine
from livetechno.music.roles import Role
from livetechno.music.values import Pattern, Project, Step
from livetechno.music.wish import Intent

BAR = 16
_PLACES: Mapping[str, tuple[int, ...]] = {
    "kick": (0, 4, 8, 12, 14, 10, 6),
    "snare": (4, 12, 15, 7),
    "clap": (4, 12, 15, 7),
    "closed_hat": (2, 6, 10, 14, 0, 4, 8, 12, 3, 7, 11, 15),
    "open_hat": (2, 6, 10, 14),
    "ride": (0, 4, 8, 12, 2, 6, 10, 14),
    "crash": (0,),
}
"""Where a drum is put first when there is to be more of it; any other goes off the beat."""
_OTHERS = (3, 6, 10, 13, 7, 11, 1, 15)


def edits(intent: Intent, project: Project, machines: Mapping[str, Machine], dice: Dice) -> Iterator[Action]:
    """What changes the patterns that are there, as far as the wish names parts to change."""
    for before in project.patterns:
        on_desk = project.instance(before.instance)
        machine = machines.get(on_desk.machine) if on_desk else None
        if machine is None or before.id in intent.keep or before.instance in intent.keep:
            continue
        after = _changed(before, machine, intent, dice)
        if after != before:
            yield patterns.edit(before, after)


def _changed(pattern: Pattern, machine: Machine, intent: Intent, dice: Dice) -> Pattern:
    steps = {(step.t, step.note): step for step in pattern.steps}
    for role in intent.without:
        for note in _notes(machine, role, pattern):
            steps = {place: step for place, step in steps.items() if step.note != note}
    for role in intent.less:
        for note in _notes(machine, role, pattern):
            steps = _less(steps, note)
    for role in intent.more:
        for note in _notes(machine, role, pattern)[:1]:
            steps |= _more(steps, note, role, pattern.length, dice)
    return replace(pattern, steps=tuple(steps[place] for place in sorted(steps)))


def _notes(machine: Machine, role: Role, pattern: Pattern) -> list[int]:
    """The notes of a part: a drum's voices, or all that a pattern of notes has."""
    if machine.voices:
        voices = [voice for voice in machine.voices if roles.drum(voice) == role]
        sounding = {step.note for step in pattern.steps}
        return sorted((voice.note for voice in voices), key=lambda note: note not in sounding)
    if role not in roles.parts(machine)[:2]:
        return []
    return list(dict.fromkeys(step.note for step in pattern.steps))


def _less(steps: dict[tuple[int, int], Step], note: int) -> dict[tuple[int, int], Step]:
    """Without every second of its hits, those off the beat first."""
    own = sorted(
        (place for place in steps if place[1] == note), key=lambda place: (place[0] % 4 == 0, place[0] % 2)
    )
    gone = set(own[: len(own) // 2])
    return {place: step for place, step in steps.items() if place not in gone}


def _more(
    steps: dict[tuple[int, int], Step], note: int, role: Role, length: int, dice: Dice
) -> dict[tuple[int, int], Step]:
    """Some more hits in each bar, where that drum usually comes; louder ones where each step has one."""
    places = dict.fromkeys((*_PLACES.get(role, _OTHERS), *range(1, BAR, 2), *range(BAR)))
    bar = min(BAR, length)
    free = [place for place in places if place < bar and (place, note) not in steps]
    if not free:
        own = {place: step for place, step in steps.items() if place[1] == note}
        return {place: replace(step, vel=PLAIN) for place, step in own.items() if step.vel < PLAIN}
    count = min(len(free), 2 + dice.between(0, 2))
    new: dict[tuple[int, int], Step] = {}
    for place in free[:count]:
        for t in range(place, length, BAR):
            if (t, note) not in steps:
                new[t, note] = Step(t, note, SOFT if place % 2 else PLAIN)
    return new
