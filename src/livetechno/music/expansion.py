"""A project in time: patterns become notes, exactly.

    events = expand(project)

Each pattern of a section is played from the section's begin, again and again, and clipped at its end. Where
nothing is arranged there is one section, in which every machine plays its first pattern.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from livetechno.music.events import Events, Marker, Note, Part, Ramp
from livetechno.music.ticks import STEPS, bar, share
from livetechno.music.values import Automation, Instance, Pattern, Project, Section, Step


def expand(project: Project, *, seed: int | None = None, sections: Sequence[int] | None = None) -> Events:
    """The piece in time, linear in what sounds.

    `seed` instead of the project's throws other dice; `sections` are the places in the arrangement to play,
    all of them for None. Raises IndexError for a section that is not there.
    """
    playing = _arranged(project)
    if sections is not None:
        playing = [playing[place] for place in sections]
    patterns = {pattern.id: pattern for pattern in project.patterns}
    cycles: dict[str, int] = defaultdict(int)
    notes: list[Note] = []
    ramps: list[Ramp] = []
    markers: list[Marker] = []
    start, moved = 0, set[tuple[str, str]]()
    for section in playing:
        end = start + section.bars * bar(project.signature)
        played = [patterns[id_] for id_ in section.patterns]
        markers.append(Marker(start, section.name, section.bars))
        turned = {(one.instance, point.target) for one in played for point in one.automation}
        ramps += _let_go(project, moved - turned, start)
        moved = turned
        for pattern in played:
            window = _Window(pattern, start, end, cycles[pattern.id])
            swing = project.swing if pattern.swing is None else pattern.swing
            notes += _notes(window, swing, project.seed if seed is None else seed)
            ramps += _ramps(window)
            cycles[pattern.id] += window.cycles
        start = end
    places = {one.id: place for place, one in enumerate(project.machines)}
    return Events(
        name=project.name,
        bpm=project.bpm,
        signature=project.signature,
        ppq=project.ppq,
        length=start,
        parts=_parts(project),
        markers=tuple(markers),
        notes=tuple(sorted(notes, key=lambda one: (one.start, places[one.instance], one.note))),
        ramps=tuple(sorted(ramps, key=lambda one: one.start)),
    )


def _arranged(project: Project) -> list[Section]:
    if project.arrangement:
        return list(project.arrangement)
    first = [own[0] for one in project.machines if (own := project.patterns_of(one.id))]
    if not first:
        return []
    longest = max(pattern.length * STEPS[pattern.step_size] for pattern in first)
    bars = -(-longest // bar(project.signature))
    return [Section("", bars, tuple(sorted(pattern.id for pattern in first)))]


def _parts(project: Project) -> tuple[Part, ...]:
    """The machines, under the channels and names of the export plan where there is one."""
    plan = {track.instance: track for track in project.exports}
    solo = any(one.mix.solo for one in project.machines)
    return tuple(
        Part(
            one.id,
            one.machine,
            plan[one.id].channel if one.id in plan else one.channel,
            (plan[one.id].name if one.id in plan else "") or one.name or one.id,
            heard=not one.mix.mute and (one.mix.solo or not solo) and (not plan or one.id in plan),
            params=one.params,
            mix=one.mix,
        )
        for one in project.machines
    )


class _Window:
    """A pattern that is played from one tick to another, cycle after cycle."""

    def __init__(self, pattern: Pattern, start: int, end: int, before: int) -> None:
        self.pattern, self.start, self.end = pattern, start, end
        self.step = STEPS[pattern.step_size]
        self.length = pattern.length * self.step
        self.cycles = -(-(end - start) // self.length)
        self.before = before
        """Cycles of the pattern that have been played before, as each cycle has dice of its own."""

    def begins(self) -> Iterator[tuple[int, int]]:
        """The number of each cycle, and where it begins."""
        for cycle in range(self.cycles):
            yield self.before + cycle, self.start + cycle * self.length


def _notes(window: _Window, swing: float, seed: int) -> list[Note]:
    """All notes of a pattern in a section, by start."""
    pattern, step = window.pattern, window.step
    offsets = [_offset(one, step, swing) for one in pattern.steps]
    found: list[Note] = []
    for cycle, begin in window.begins():
        for one, offset in zip(pattern.steps, offsets, strict=True):
            if one.prob < 1 and not _falls(seed, pattern.id, cycle, one):
                continue
            found += _hits(pattern.instance, one, max(begin + offset, window.start), step)
    found = [one for one in found if one.start < window.end]
    found.sort(key=lambda one: (one.start, one.note))
    return list(_ended(found, window.end))


def _offset(step: Step, ticks: int, swing: float) -> int:
    """Where a step sounds, from its cycle's begin: the second of each pair comes at `swing` percent of it."""
    place = step.t * ticks
    if step.t % 2:
        place += share(2 * ticks, swing, 2) // 100 - ticks
    return place + share(ticks, step.micro)


def _hits(instance: str, step: Step, start: int, ticks: int) -> Iterator[Note]:
    """A step's notes: as many as its ratchet says, evenly within it."""
    if step.ratchet == 1:
        length = max(1, share(ticks, step.gate))
        yield Note(instance, start, length, step.note, step.vel, step.slide, step.accent)
        return
    each = ticks // step.ratchet
    length = max(1, share(each, min(step.gate, 1.0)))
    for number in range(step.ratchet):
        slide = step.slide and number == step.ratchet - 1
        yield Note(instance, start + number * each, length, step.note, step.vel, slide, step.accent)


def _ended(notes: Sequence[Note], end: int) -> Iterator[Note]:
    """The notes with their ends: a slide lasts until the next, the same note ends before it comes again."""
    again: dict[int, int] = {}
    following = here = end
    whole: list[Note] = []
    for one in reversed(notes):
        if one.start < here:
            following, here = here, one.start
        wanted = following if one.slide and following < end else one.start + one.length
        stop = min(wanted, again.get(one.note, end), end)
        if stop > one.start:
            whole.append(replace(one, length=stop - one.start))
            again[one.note] = one.start
    yield from reversed(whole)


def _falls(seed: int, pattern: str, cycle: int, step: Step) -> bool:
    """The dice of a step in a cycle: the same seed always falls the same."""
    text = f"{seed}/{pattern}/{cycle}/{step.t}/{step.note}"
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
    return number < step.prob * 2**64


def _ramps(window: _Window) -> Iterator[Ramp]:
    """The ways of a pattern's controls through a section."""
    targets: dict[str, list[Automation]] = defaultdict(list)
    for point in window.pattern.automation:
        targets[point.target].append(point)
    for _, begin in window.begins():
        for target, points in targets.items():
            yield from _way(window, begin, target, points)


def _way(window: _Window, begin: int, target: str, points: Sequence[Automation]) -> Iterator[Ramp]:
    """A control's way through one cycle: from point to point, then it stays."""
    places = [(begin + share(window.step, point.at), point) for point in points]
    ends: Iterable[tuple[tuple[int, Automation], tuple[int, Automation]]]
    ends = [*pairwise(places), (places[-1], places[-1])]
    for (start, one), (end, other) in ends:
        if start < window.end:
            stop = min(end, window.end)
            yield Ramp(
                window.pattern.instance,
                target,
                start,
                end,
                one.value,
                other.value,
                one.curve,
                max(stop, start),
            )


def _let_go(project: Project, controls: set[tuple[str, str]], at: int) -> Iterator[Ramp]:
    """What was moved in the section before goes back to where it is set."""
    machines: dict[str, Instance] = {one.id: one for one in project.machines}
    for instance, control in sorted(controls):
        value = machines[instance].params.get(control)
        if value is not None:
            yield Ramp(instance, control, at, at, value, value, "hold", at)
