"""Whether an action makes sense for a project as it is: what a schema cannot say.

Each problem names its place in the action's document, and what would be allowed. A machine that the catalogue
does not have is no reason to refuse what is on the desk already; only adding it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from livetechno.music.actions import (
    UNCHANGED,
    Action,
    AddMachine,
    Arrange,
    CreatePattern,
    DeletePattern,
    EditPattern,
    ExportPlan,
    RemoveMachine,
    SetMix,
    SetParam,
)
from livetechno.music.machines.device import Machine
from livetechno.music.problems import Problem
from livetechno.music.values import Automation, Pattern, Project, Step

MOST_MACHINES = 16
MOST_PATTERNS = 512
MOST_STEPS = 2048
"""Steps of a pattern, and points of its automation."""
MOST_BARS = 4096
"""Of an arrangement: two hours at 130 bpm."""
Machines = Mapping[str, Machine]
Owned = frozenset[str] | None


def problems(
    project: Project, action: Action, machines: Machines | None, inventory: Owned = None
) -> tuple[Problem, ...]:
    """What is wrong with an action that has been read; none where it may be done.

    `machines` None asks only whether it holds together, as for what was checked once. With an `inventory` no
    machine may be added that is not in it.
    """
    check = _CHECKS.get(type(action))
    return tuple(check(project, action, machines, inventory)) if check else ()


def _add(project: Project, action: AddMachine, machines: Machines | None, owned: Owned) -> Iterator[Problem]:
    if machines is not None and action.machine not in machines:
        yield Problem("no_machine", "/machine", tuple(sorted(owned or ())), {"machine": action.machine})
    elif owned is not None and action.machine not in owned:
        yield Problem("not_owned", "/machine", tuple(sorted(owned)), {"machine": action.machine})
    if project.instance(action.instance):
        yield Problem("instance_taken", "/instance", (), {"instance": action.instance})
    taken = {one.channel: one.id for one in project.machines}
    if action.channel in taken:
        free = tuple(str(number) for number in range(1, 17) if number not in taken)
        values = {"channel": action.channel, "instance": taken[action.channel]}
        yield Problem("channel_taken", "/channel", free, values)
    yield from _room(len(project.machines) + 1, MOST_MACHINES, "")


def _remove(project: Project, action: RemoveMachine, *_: object) -> Iterator[Problem]:
    yield from _instance(project, action.instance)


def _create(
    project: Project, action: CreatePattern, machines: Machines | None, _: object
) -> Iterator[Problem]:
    yield from _instance(project, action.instance)
    if project.pattern(action.pattern):
        yield Problem("pattern_taken", "/pattern", (), {"pattern": action.pattern})
    yield from _room(len(project.patterns) + 1, MOST_PATTERNS, "")
    yield from _steps(action.steps, action.length, "/steps")
    yield from _points(action.automation, action.length, "/automation")
    machine = _machine(project, action.instance, machines)
    if machine is not None:
        yield from _playable(action.steps, machine, "/steps")
        yield from _targets(action.automation, machine, "/automation")


def _edit(project: Project, action: EditPattern, machines: Machines | None, _: object) -> Iterator[Problem]:
    before = project.pattern(action.pattern)
    if before is None:
        yield _no_pattern(project, action.pattern, "/pattern")
        return
    steps = {(one.t, one.note) for one in before.steps}
    points = {(one.target, one.at) for one in before.automation}
    yield from _there([(one.t, one.note) for one in action.drop], steps, "no_step", "/drop")
    yield from _there([(one.target, one.at) for one in action.release], points, "no_point", "/release")
    length = before.length if action.length is UNCHANGED else action.length
    yield from _steps(action.put, length, "/put")
    yield from _points(action.automate, length, "/automate")
    yield from _left_over(before, action, length)
    machine = _machine(project, before.instance, machines)
    if machine is not None:
        yield from _playable(action.put, machine, "/put")
        yield from _targets(action.automate, machine, "/automate")


def _left_over(before: Pattern, action: EditPattern, length: int) -> Iterator[Problem]:
    """What the pattern would have beside what comes: it must have room, and lie inside."""
    dropped = {(one.t, one.note) for one in action.drop}
    put = {(one.t, one.note) for one in action.put}
    steps = [one for one in before.steps if (one.t, one.note) not in dropped | put]
    released = {(one.target, one.at) for one in action.release}
    automated = {(one.target, one.at) for one in action.automate}
    points = [one for one in before.automation if (one.target, one.at) not in released | automated]
    beyond = sum(one.t >= length for one in steps) + sum(one.at > length for one in points)
    if beyond:
        yield Problem("beyond", "/length", (), {"count": beyond, "length": length})
    yield from _room(len(steps) + len(put), MOST_STEPS, "/put")
    yield from _room(len(points) + len(automated), MOST_STEPS, "/automate")


def _delete(project: Project, action: DeletePattern, *_: object) -> Iterator[Problem]:
    if not project.pattern(action.pattern):
        yield _no_pattern(project, action.pattern, "/pattern")


def _param(project: Project, action: SetParam, machines: Machines | None, _: object) -> Iterator[Problem]:
    yield from _instance(project, action.instance)
    machine = _machine(project, action.instance, machines)
    if machine is not None and action.value is not None and not machine.control(action.param):
        yield _no_control(machine, action.param, "/param")


def _mix(project: Project, action: SetMix, *_: object) -> Iterator[Problem]:
    yield from _instance(project, action.instance)


def _arrange(project: Project, action: Arrange, *_: object) -> Iterator[Problem]:
    patterns = {one.id: one for one in project.patterns}
    for number, section in enumerate(action.sections):
        players: set[str] = set()
        for place, id_ in enumerate(section.patterns):
            path = f"/sections/{number}/patterns/{place}"
            if id_ not in patterns:
                yield _no_pattern(project, id_, path)
            elif patterns[id_].instance in players:
                yield Problem("two_at_once", path, (), {"pattern": id_, "instance": patterns[id_].instance})
            else:
                players.add(patterns[id_].instance)
    bars = sum(section.bars for section in action.sections)
    if bars > MOST_BARS:
        yield Problem("too_many_bars", "/sections", (str(MOST_BARS),), {"count": bars})


def _export(project: Project, action: ExportPlan, *_: object) -> Iterator[Problem]:
    instances: set[str] = set()
    channels: dict[int, str] = {}
    for place, track in enumerate(action.tracks):
        yield from _instance(project, track.instance, f"/tracks/{place}/instance")
        if track.instance in instances:
            yield Problem("twice", f"/tracks/{place}/instance", (), {"name": track.instance})
        elif track.channel in channels:
            values = {"channel": track.channel, "instance": channels[track.channel]}
            yield Problem("channel_taken", f"/tracks/{place}/channel", (), values)
        instances.add(track.instance)
        channels[track.channel] = track.instance


def _instance(project: Project, id_: str, path: str = "/instance") -> Iterator[Problem]:
    if not project.instance(id_):
        yield Problem("no_instance", path, tuple(one.id for one in project.machines), {"instance": id_})


def _no_pattern(project: Project, id_: str, path: str) -> Problem:
    return Problem("no_pattern", path, tuple(one.id for one in project.patterns), {"pattern": id_})


def _no_control(machine: Machine, name: str, path: str) -> Problem:
    names = tuple(one.name for one in machine.controls)
    return Problem("no_control", path, names, {"control": name, "machine": machine.name})


def _machine(project: Project, instance: str, machines: Machines | None) -> Machine | None:
    on_desk = project.instance(instance)
    return machines.get(on_desk.machine) if on_desk and machines is not None else None


def _steps(steps: Iterable[Step], length: int, path: str) -> Iterator[Problem]:
    places: set[tuple[int, int]] = set()
    for number, step in enumerate(steps):
        if step.t >= length:
            yield Problem("outside", f"{path}/{number}/t", (f"0 – {length - 1}",), {"length": length})
        if (step.t, step.note) in places:
            yield Problem("step_twice", f"{path}/{number}", (), {"t": step.t, "note": step.note})
        places.add((step.t, step.note))


def _points(points: Iterable[Automation], length: int, path: str) -> Iterator[Problem]:
    places: set[tuple[str, float]] = set()
    for number, point in enumerate(points):
        if point.at > length:
            yield Problem("outside", f"{path}/{number}/at", (f"0 – {length}",), {"length": length})
        if (point.target, point.at) in places:
            yield Problem("point_twice", f"{path}/{number}", (), {"target": point.target, "at": point.at})
        places.add((point.target, point.at))


def _playable(steps: Iterable[Step], machine: Machine, path: str) -> Iterator[Problem]:
    """A drum machine plays its voices, an effect nothing, any other the notes of its range."""
    if machine.voices:
        notes = {voice.note for voice in machine.voices}
        allowed = tuple(f"{voice.note} ({voice.name})" for voice in machine.voices)
    elif machine.kind == "effect":
        notes, allowed = set(), ()
    else:
        notes = set(range(machine.low_note, machine.high_note + 1))
        allowed = (f"{machine.low_note} – {machine.high_note}",)
    for number, step in enumerate(steps):
        if step.note not in notes:
            values = {"note": step.note, "machine": machine.name}
            yield Problem("note", f"{path}/{number}/note", allowed, values)


def _targets(points: Iterable[Automation], machine: Machine, path: str) -> Iterator[Problem]:
    for number, point in enumerate(points):
        if not machine.control(point.target):
            yield _no_control(machine, point.target, f"{path}/{number}/target")


def _there(places: list[Any], there: set[Any], code: str, path: str) -> Iterator[Problem]:
    seen: set[Any] = set()
    for number, place in enumerate(places):
        if place not in there or place in seen:
            yield Problem(code, f"{path}/{number}", (), {"place": place[0], "what": place[1]})
        seen.add(place)


def _room(count: int, most: int, path: str) -> Iterator[Problem]:
    if count > most:
        yield Problem("too_many", path, (str(most),), {"count": count})


Check = Callable[[Project, Any, Machines | None, Owned], Iterator[Problem]]
_CHECKS: dict[type[Action], Check] = {
    AddMachine: _add,
    RemoveMachine: _remove,
    CreatePattern: _create,
    EditPattern: _edit,
    DeletePattern: _delete,
    SetParam: _param,
    SetMix: _mix,
    Arrange: _arrange,
    ExportPlan: _export,
}
"""What is asked of each kind of action; a tempo and a key always make sense."""
