"""What an action makes of a project, and what undoes it.

    project, inverse = reduce(project, action, machines)
    reduce(project, inverse, machines)[0]                 the first project again, to the byte

A batch is done whole or not at all. The given project is never changed.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from livetechno.music import checks, patterns
from livetechno.music.actions import (
    Action,
    ActionBatch,
    AddMachine,
    Arrange,
    CreatePattern,
    DeletePattern,
    EditPattern,
    ExportPlan,
    RemoveMachine,
    SetKey,
    SetMix,
    SetParam,
    SetTempo,
    said,
)
from livetechno.music.checks import Machines, Owned
from livetechno.music.problems import Refused
from livetechno.music.values import Instance, Mix, Pattern, Project, Section

Undoing = tuple[Action, ...]


def reduce(
    project: Project, action: Action | ActionBatch, machines: Machines | None, inventory: Owned = None
) -> tuple[Project, ActionBatch]:
    """The project after an action or a batch, and the batch that undoes it.

    `machines` and `inventory` as in `checks.problems`. Raises Refused, with all that is wrong with the first
    action that may not be done.
    """
    if not isinstance(action, ActionBatch):
        _check(project, action, machines, inventory, "")
        after, undoing = _done(project, action)
        return after, ActionBatch(undoing)
    after, undone = project, []
    for place, one in enumerate(action.actions):
        _check(after, one, machines, inventory, f"/actions/{place}")
        after, undoing = _done(after, one)
        undone.append(undoing)
    return after, ActionBatch(tuple(one for undoing in reversed(undone) for one in undoing))


def rebuilt(project: Project) -> ActionBatch:
    """The actions that make the project of an empty one, but for its name, signature, ppq and seed."""
    machines = [one for instance in project.machines for one in _added(instance)]
    created = [patterns.create(pattern) for pattern in project.patterns]
    whole: list[Action] = [SetTempo(project.bpm, project.swing), SetKey(project.key, project.scale)]
    return ActionBatch(
        (*whole, *machines, *created, Arrange(project.arrangement), ExportPlan(project.exports))
    )


def whole(project: Project, machines: Machines | None) -> Project:
    """A project that has been read, once it holds together, in its own order. Raises Refused."""
    empty = Project(project.name, signature=project.signature, ppq=project.ppq, seed=project.seed)
    return reduce(empty, rebuilt(project), machines)[0]


def _check(project: Project, action: Action, machines: Machines | None, owned: Owned, place: str) -> None:
    problems = checks.problems(project, action, machines, owned)
    if problems:
        raise Refused(tuple(problem.under(place) for problem in problems))


def _done(project: Project, action: Action) -> tuple[Project, Undoing]:
    match action:
        case AddMachine():
            return _add(project, action)
        case RemoveMachine():
            return _remove(project, action.instance)
        case CreatePattern():
            created = patterns.created(action)
            return _with_patterns(project, (*project.patterns, created)), (DeletePattern(created.id),)
        case EditPattern():
            return _edit(project, action)
        case DeletePattern():
            return _delete(project, action.pattern)
        case SetParam() | SetMix():
            return _set(project, action)
        case _:
            return _whole(project, action)


def _whole(project: Project, action: SetTempo | SetKey | Arrange | ExportPlan) -> tuple[Project, Undoing]:
    """What concerns the piece."""
    match action:
        case SetTempo():
            changed = said(action)
            return replace(project, **changed), (SetTempo(**_before(project, changed)),)
        case SetKey():
            changed = said(action)
            return replace(project, **changed), (SetKey(**_before(project, changed)),)
        case Arrange():
            sections = tuple(replace(one, patterns=tuple(sorted(one.patterns))) for one in action.sections)
            return replace(project, arrangement=sections), (Arrange(project.arrangement),)
        case ExportPlan():
            tracks = tuple(sorted(action.tracks, key=lambda track: track.instance))
            return replace(project, exports=tracks), (ExportPlan(project.exports),)


def _add(project: Project, action: AddMachine) -> tuple[Project, Undoing]:
    new = Instance(action.instance, action.machine, action.channel, action.position, action.name)
    return _with_machines(project, (*project.machines, new)), (RemoveMachine(new.id),)


def _remove(project: Project, instance: str) -> tuple[Project, Undoing]:
    gone = project.instance(instance)
    assert gone is not None
    played = project.patterns_of(instance)
    left = _without(project, {pattern.id for pattern in played})
    after = replace(
        left,
        machines=tuple(one for one in left.machines if one.id != instance),
        exports=tuple(track for track in left.exports if track.instance != instance),
    )
    undoing = [*_added(gone), *(patterns.create(pattern) for pattern in played), *_put_back(project, after)]
    return after, tuple(undoing)


def _delete(project: Project, id_: str) -> tuple[Project, Undoing]:
    gone = project.pattern(id_)
    assert gone is not None
    after = _without(project, {id_})
    return after, (patterns.create(gone), *_put_back(project, after))


def _without(project: Project, ids: set[str]) -> Project:
    """The project without these patterns, in the arrangement too."""
    return replace(
        project,
        patterns=tuple(one for one in project.patterns if one.id not in ids),
        arrangement=tuple(_section_without(section, ids) for section in project.arrangement),
    )


def _section_without(section: Section, ids: set[str]) -> Section:
    return replace(section, patterns=tuple(one for one in section.patterns if one not in ids))


def _put_back(before: Project, after: Project) -> list[Action]:
    """What sets the arrangement and the exports as they were."""
    back: list[Action] = []
    if before.arrangement != after.arrangement:
        back.append(Arrange(before.arrangement))
    if before.exports != after.exports:
        back.append(ExportPlan(before.exports))
    return back


def _edit(project: Project, action: EditPattern) -> tuple[Project, Undoing]:
    before = project.pattern(action.pattern)
    assert before is not None
    after = patterns.edited(before, action)
    others = tuple(after if one.id == after.id else one for one in project.patterns)
    return replace(project, patterns=others), (patterns.edit(after, before),)


def _set(project: Project, action: SetParam | SetMix) -> tuple[Project, Undoing]:
    before = project.instance(action.instance)
    assert before is not None
    if isinstance(action, SetParam):
        params = {name: value for name, value in before.params.items() if name != action.param}
        if action.value is not None:
            params[action.param] = action.value
        after = replace(before, params={name: params[name] for name in sorted(params)})
        undoing: Action = SetParam(before.id, action.param, before.params.get(action.param))
    else:
        changed = said(action, *(field.name for field in fields(Mix)))
        after = replace(before, mix=replace(before.mix, **changed))
        undoing = SetMix(before.id, **_before(before.mix, changed))
    machines = tuple(after if one.id == after.id else one for one in project.machines)
    return replace(project, machines=machines), (undoing,)


def _added(instance: Instance) -> list[Action]:
    """What puts a machine on the desk as it stands there."""
    add = AddMachine(instance.machine, instance.id, instance.channel, instance.position, instance.name)
    usual = Mix()
    mix = {field.name: getattr(instance.mix, field.name) for field in fields(Mix)}
    changed = {name: value for name, value in mix.items() if value != getattr(usual, name)}
    params = [SetParam(instance.id, name, value) for name, value in instance.params.items()]
    return [add, *([SetMix(instance.id, **changed)] if changed else []), *params]


def _with_patterns(project: Project, all_: tuple[Pattern, ...]) -> Project:
    return replace(project, patterns=tuple(sorted(all_, key=lambda one: one.id)))


def _with_machines(project: Project, machines: tuple[Instance, ...]) -> Project:
    return replace(project, machines=tuple(sorted(machines, key=lambda one: (one.position, one.id))))


def _before(value: Any, changed: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in changed}
