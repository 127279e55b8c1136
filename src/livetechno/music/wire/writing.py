"""Actions to an answer, and a pattern as an answer would say it.

What a palette has no word for (a machine that is not offered, a control that was not picked) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any

from livetechno.music import patterns
from livetechno.music.actions import (
    UNCHANGED,
    Action,
    ActionBatch,
    AddMachine,
    Arrange,
    CreatePattern,
    DeletePattern,
    EditPattern,
    ExportPlan,
    RemoveMachine,
    SetParam,
    SetTempo,
)
from livetechno.music.values import Automation, Pattern, Project, Step
from livetechno.music.wire import notation
from livetechno.music.wire.palette import Palette, Seat

Document = dict[str, Any]


def write(batch: ActionBatch, project: Project, palette: Palette) -> Document:
    """The answer that asks for these actions of a project.

    A machine that the batch adds goes to the seat that offers it, by the seat's name and channel.
    """
    names = _renamed(batch, palette)
    known = {pattern.id: pattern for pattern in project.patterns}
    actions: list[Document] = []
    for action in batch.actions:
        actions += _written(action, palette, names, known)
    return {"explain": batch.explain, "actions": _together(actions)}


def pattern(one: Pattern, seat: Seat) -> Document:
    """A pattern as an answer would say it, all of it."""
    rows, line, details = _notes(one.steps, one.length, seat)
    kind: Document = {"rows": rows} if _has_rows(seat) else {"line": line}
    notes: Document = {} if seat.machine.kind == "effect" else {**kind, "details": details}
    return {
        "do": "pattern",
        "machine": seat.instance,
        "pattern": one.id,
        "length": one.length,
        "step_size": one.step_size,
        "swing": _plain(one.swing),
        **notes,
        **({"automation": _automation(one.automation, seat)} if seat.controls else {}),
    }


def _renamed(batch: ActionBatch, palette: Palette) -> dict[str, str]:
    """Which seat each machine of the batch has."""
    names = {seat.instance: seat.instance for seat in palette.standing}
    for action in batch.actions:
        if isinstance(action, AddMachine):
            offered = next((one for one in palette.offered if one.machine.id == action.machine), None)
            if offered is not None:
                names[action.instance] = offered.instance
    return names


def _written(
    action: Action, palette: Palette, names: Mapping[str, str], known: dict[str, Pattern]
) -> list[Document]:
    instance = getattr(action, "instance", None)
    if isinstance(action, EditPattern):
        instance = known[action.pattern].instance
    if instance is None:
        return [_of_piece(action, names, known)]
    seat = palette.seat(names.get(instance, ""))
    return [] if seat is None else _of_machine(action, seat, known)


def _of_machine(action: Action, seat: Seat, known: dict[str, Pattern]) -> list[Document]:
    match action:
        case AddMachine():
            return [] if seat.stands else [{"do": "add", "machine": seat.instance}]
        case RemoveMachine():
            return [{"do": "remove", "machine": seat.instance}]
        case CreatePattern() | EditPattern():
            return [_of_pattern(action, seat, known)]
        case SetParam(param=param, value=value):
            values = [{"control": param, "value": _plain(value)}]
            return [{"do": "set", "machine": seat.instance, "values": values}] if seat.control(param) else []
        case _:
            return [{"do": "mix", "machine": seat.instance, **_maybe(action, "instance", "explain")}]


def _of_piece(action: Action, names: Mapping[str, str], known: dict[str, Pattern]) -> Document:
    match action:
        case DeletePattern(pattern=id_):
            known.pop(id_, None)
            return {"do": "delete", "pattern": id_}
        case Arrange(sections=sections):
            told = [
                {
                    "name": one.name,
                    "bars": one.bars,
                    "patterns": [id_ for id_ in one.patterns if id_ in known],
                }
                for one in sections
            ]
            return {"do": "arrange", "sections": told}
        case ExportPlan(tracks=tracks):
            named = [(names.get(one.instance), one) for one in tracks]
            plan = [{"machine": name, "name": one.name, "format": one.format} for name, one in named if name]
            return {"do": "export", "tracks": plan}
        case _:
            return {"do": "tempo" if isinstance(action, SetTempo) else "key", **_maybe(action, "explain")}


def _of_pattern(action: CreatePattern | EditPattern, seat: Seat, known: dict[str, Pattern]) -> Document:
    before = known.get(action.pattern)
    if isinstance(action, EditPattern):
        after = patterns.edited(known[action.pattern], action)
    else:
        after = patterns.created(action)
    known[after.id] = after
    document = pattern(after, seat)
    if before is not None:
        _silence(document, before, after, seat)
    return document


def _silence(document: Document, before: Pattern, after: Pattern, seat: Seat) -> None:
    """Say also what is no longer there: a voice or a control that is not named would stay."""
    if "rows" in document:
        gone = {step.note for step in before.steps} - {step.note for step in after.steps}
        voices = [voice.name for voice in seat.machine.voices if voice.note in gone]
        document["rows"] += [{"voice": name, "steps": "."} for name in voices]
    if "automation" in document:
        targets = {one.target for one in before.automation} - {one.target for one in after.automation}
        document["automation"] += [
            {"control": name, "curve": "linear", "points": []}
            for name in sorted(targets)
            if seat.control(name)
        ]


def _has_rows(seat: Seat) -> bool:
    return seat.machine.kind == "drums" and bool(seat.machine.voices)


def _notes(steps: Sequence[Step], length: int, seat: Seat) -> tuple[list[Document], str, list[Document]]:
    """As rows or as a line, and what these cannot tell."""
    if not _has_rows(seat):
        line, rest = notation.line(steps, length)
        return [], line, [_full(step) for step in rest]
    rows: list[Document] = []
    details: list[Step] = []
    named: set[int] = set()
    for voice in seat.machine.voices:
        own = [step for step in steps if step.note == voice.note]
        if own and voice.note not in named:
            named.add(voice.note)
            text, rest = notation.row(own, length)
            rows.append({"voice": voice.name, "steps": text})
            details += rest
    details += [step for step in steps if step.note not in named]
    return rows, "", [_full(step) for step in details]


def _full(step: Step) -> Document:
    """Each field, null where it is as usual."""
    usual = {field.name: field.default for field in fields(Step)}
    return {
        name: None if getattr(step, name) == usual[name] else _plain(getattr(step, name)) for name in usual
    }


def _automation(points: Iterable[Automation], seat: Seat) -> list[Document]:
    return [
        {"control": target, "curve": curve, "points": [[_plain(one.at), _plain(one.value)] for one in group]}
        for (target, curve), group in groupby(points, key=lambda one: (one.target, one.curve))
        if seat.control(target)
    ]


def _maybe(action: Action, *without: str) -> Document:
    names = [field.name for field in fields(action) if field.name not in without]
    held = {name: getattr(action, name) for name in names}
    return {name: None if value is UNCHANGED else _plain(value) for name, value in held.items()}


def _together(actions: Sequence[Document]) -> list[Document]:
    """One `set` for all controls of a machine that are set in a row."""
    together: list[Document] = []
    for action in actions:
        last = together[-1] if together else {}
        if action["do"] == last.get("do") == "set" and action["machine"] == last["machine"]:
            last["values"] += action["values"]
        else:
            together.append(action)
    return together


def _plain(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value
