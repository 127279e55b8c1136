"""What differs between two states of a project, for a terminal or a page to draw.

found = diff(before, after, machines)
for pattern in found.patterns:
for row in pattern.rows:
print(row.name, row.before, row.after)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal

from livetechno.music.machines.device import Machine
from livetechno.music.values import Instance, Mix, Pattern, Project, Section, Step
from livetechno.music.wire import notation

NEAR = 2
"""Steps that a hit may go for it to have moved."""
LOUD = 80
"""Velocity from which a hit is drawn as a full one."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that is another now: None where there was, or is, none."""

    name: str
    """As `bpm`, or a control's name."""
    before: object
    after: object
    instance: str = ""
    """Whose it is, where it is a machine's."""


@dataclass(frozen=True, slots=True)
class Row:
    """A voice or a note, one sign a step: `X` accented, `x` full, `o` soft, `.` silent."""

    name: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether anything in it does."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class PatternDiff:
    """What becomes of a pattern."""

    id: str
    instance: str
    kind: Literal["new", "gone", "changed"]
    rows: tuple[Row, ...]
    """From the highest note to the lowest, drums in their machine's order; those of both states."""
    appear: int
    disappear: int
    move: int
    """Hits that go a little; they neither appear nor disappear."""
    change: int
    """Hits that stay, with another velocity, gate or manner."""
    automated: tuple[str, ...]
    """Controls whose way differs."""
    values: tuple[Changed, ...]
    """Length, step size, swing, name."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs."""

    values: tuple[Changed, ...] = ()
    """Tempo, key and other fields of the piece; controls and channels of machines."""
    added: tuple[Instance, ...] = ()
    removed: tuple[Instance, ...] = ()
    patterns: tuple[PatternDiff, ...] = ()
    sections: tuple[tuple[Section, ...], tuple[Section, ...]] | None = None
    """The arrangement before and after, where it differs."""

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.values or self.added or self.removed or self.patterns or self.sections)


def diff(before: Project, after: Project, machines: Mapping[str, Machine]) -> Diff:
    """What differs between two states."""
    old, new = ({one.id: one for one in state.machines} for state in (before, after))
    whole = ("name", "bpm", "swing", "signature", "ppq", "key", "scale", "seed", "exports")
    values = [
        Changed(name, getattr(before, name), getattr(after, name))
        for name in whole
        if getattr(before, name) != getattr(after, name)
    ]
    for id_, instance in new.items():
        values += _of_instance(old.get(id_), instance)
    return Diff(
        tuple(values),
        tuple(one for one in after.machines if one.id not in old),
        tuple(one for one in before.machines if one.id not in new),
        tuple(_patterns(before, after, machines)),
        None if before.arrangement == after.arrangement else (before.arrangement, after.arrangement),
    )


def _of_instance(before: Instance | None, after: Instance) -> list[Changed]:
    was, is_ = (before.params if before else {}), after.params
    found = [
        Changed(name, was.get(name), is_.get(name), after.id)
        for name in sorted(was.keys() | is_.keys())
        if was.get(name) != is_.get(name)
    ]
    old, new = (before.mix if before else Mix()), after.mix
    found += [
        Changed(field.name, getattr(old, field.name), getattr(new, field.name), after.id)
        for field in fields(Mix)
        if getattr(old, field.name) != getattr(new, field.name)
    ]
    return found


def _patterns(before: Project, after: Project, machines: Mapping[str, Machine]) -> list[PatternDiff]:
    old, new = ({one.id: one for one in state.patterns} for state in (before, after))
    found = []
    for id_ in sorted(old.keys() | new.keys()):
        was, is_ = old.get(id_), new.get(id_)
        if was != is_:
            either = is_ or was
            assert either is not None
            on_desk = after.instance(either.instance) or before.instance(either.instance)
            found.append(_pattern(was, is_, machines.get(on_desk.machine) if on_desk else None))
    return found


def _pattern(before: Pattern | None, after: Pattern | None, machine: Machine | None) -> PatternDiff:
    either = after or before
    assert either is not None
    old, new = _steps(before), _steps(after)
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    moved = _moved(gone, come)
    ways = [dict.fromkeys(one.automation) if one else {} for one in (before, after)]
    names = ("name", "length", "step_size", "swing")
    return PatternDiff(
        either.id,
        either.instance,
        "new" if before is None else "gone" if after is None else "changed",
        _rows(before, after, machine),
        len(come) - moved,
        len(gone) - moved,
        moved,
        sum(old[place] != new[place] for place in old.keys() & new.keys()),
        tuple(sorted({point.target for point in ways[0].keys() ^ ways[1].keys()})),
        tuple(
            Changed(name, getattr(before, name), getattr(after, name))
            for name in names
            if before and after and getattr(before, name) != getattr(after, name)
        ),
    )


def _moved(gone: Iterable[tuple[int, int]], come: Iterable[tuple[int, int]]) -> int:
    """How many hits of those that are gone have come again near by, each taken once."""
    free = set(come)
    count = 0
    for t, note in sorted(gone):
        near = [place for place in free if place[1] == note and abs(place[0] - t) <= NEAR]
        if near:
            free.discard(min(near, key=lambda place: (abs(place[0] - t), place[0])))
            count += 1
    return count


def _steps(pattern: Pattern | None) -> dict[tuple[int, int], Step]:
    return {(one.t, one.note): one for one in pattern.steps} if pattern else {}


def _rows(before: Pattern | None, after: Pattern | None, machine: Machine | None) -> tuple[Row, ...]:
    notes = {step.note for one in (before, after) if one for step in one.steps}
    voices = [voice.note for voice in machine.voices] if machine else []
    places = {note: voices.index(note) for note in notes if note in voices}
    order = sorted(notes, key=lambda note: (places.get(note, len(voices)), -note))
    return tuple(Row(_name(note, machine), _signs(before, note), _signs(after, note)) for note in order)


def _name(note: int, machine: Machine | None) -> str:
    voice = machine.voice(note) if machine else None
    return voice.name if voice else notation.name(note)


def _signs(pattern: Pattern | None, note: int) -> str:
    if pattern is None:
        return ""
    signs = ["."] * pattern.length
    for step in pattern.steps:
        if step.note == note:
            signs[step.t] = "X" if step.accent else "x" if step.vel >= LOUD else "o"
    return "".join(signs)
