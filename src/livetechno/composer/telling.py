"""A proposal in words and signs, for whatever shows lines: actions with numbers, patterns as grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from livetechno import words
from livetechno.composer.proposals import Proposal
from livetechno.music.actions import (
    Action,
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
from livetechno.music.checks import Machines
from livetechno.music.diff import PatternDiff, Row
from livetechno.music.values import Pattern

BAR = 16
"""Steps that are drawn together."""
Mark = Literal["", "+", "-", "="]
"""What a line is: words, what comes, what goes, what stays."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with its mark."""

    text: str
    mark: Mark = ""
    number: int | None = None
    """Of the action that it tells of, from 1."""


def proposal_lines(proposal: Proposal, machines: Machines, language: str | None = None) -> Iterator[Line]:
    """Every action, numbered, and beneath one that changes a pattern its grid, before and after."""
    diffs = {one.id: one for one in proposal.diff.patterns}
    for number, action in enumerate(proposal.batch.actions, 1):
        yield Line(action_line(action, machines, language), number=number)
        if isinstance(action, CreatePattern | EditPattern | DeletePattern) and action.pattern in diffs:
            yield from pattern_lines(diffs.pop(action.pattern), language)


def action_line(action: Action, machines: Machines, language: str | None = None) -> str:
    """An action in a sentence."""
    return words.say(
        f"composer.action.{type(action).__name__}", language, **_values(action, machines, language)
    )


def _values(action: Action, machines: Machines, language: str | None) -> Mapping[str, object]:
    match action:
        case AddMachine():
            machine = machines.get(action.machine)
            name = f"{machine.maker} {machine.name}" if machine else action.machine
            return {"machine": name, "instance": action.instance, "channel": action.channel}
        case RemoveMachine():
            return {"instance": action.instance}
        case CreatePattern():
            return {"pattern": action.pattern, "instance": action.instance, "length": action.length}
        case EditPattern() | DeletePattern():
            return {"pattern": action.pattern}
        case SetParam():
            value = "–" if action.value is None else f"{round(action.value * 100)} %"
            return {"instance": action.instance, "control": action.param, "value": value}
        case SetTempo() | SetKey() | SetMix():
            return {"what": _said(action, language), "instance": getattr(action, "instance", "")}
        case Arrange():
            return {"sections": ", ".join(f"{one.name or '…'} {one.bars}" for one in action.sections) or "–"}
        case ExportPlan():
            return {"tracks": ", ".join(track.name or track.instance for track in action.tracks) or "–"}


def _said(action: SetTempo | SetKey | SetMix, language: str | None) -> str:
    """The fields that it sets."""
    fields = {name: held for name, held in said(action).items() if name != "instance"}
    named = (
        words.say(f"composer.field.{name}", language, value=shown(held)) for name, held in fields.items()
    )
    return ", ".join(named)


def shown(held: object) -> object:
    """A value as a person reads it."""
    if isinstance(held, bool):
        return "✓" if held else "–"
    return int(held) if isinstance(held, float) and held.is_integer() else held


def pattern_lines(diff: PatternDiff, language: str | None = None) -> Iterator[Line]:
    """What becomes of a pattern, and its rows: those that differ before and after."""
    counts = {"appear": diff.appear, "disappear": diff.disappear, "move": diff.move, "change": diff.change}
    told = [
        words.say(f"composer.hits.{name}", language, count=count) for name, count in counts.items() if count
    ]
    if diff.automated:
        told.append(words.say("composer.automated", language, controls=", ".join(diff.automated)))
    if told and diff.kind == "changed":
        yield Line("   " + ", ".join(told))
    width = max((len(row.name) for row in diff.rows), default=0)
    for place, bars in _stretches(diff.rows):
        if _bars(diff.rows) > 1:
            last = place + bars - 1
            yield Line(f"   {'':{width}} {place + 1}" + (f"-{last + 1}" if bars > 1 else ""))
        for row in diff.rows:
            yield from _row_lines(row, place, width)


def grid_lines(pattern: Pattern, rows: Sequence[Row]) -> Iterator[Line]:
    """A pattern as it is, its rows drawn once for bars that are alike."""
    width = max((len(row.name) for row in rows), default=0)
    for place, bars in _stretches(rows):
        if pattern.length > BAR:
            last = place + bars - 1
            yield Line(f"   {'':{width}} {place + 1}" + (f"-{last + 1}" if bars > 1 else ""))
        for row in rows:
            yield Line(f"   {row.name:{width}} {_spaced(_bar(row.after, place))}", "=")


def _row_lines(row: Row, place: int, width: int) -> Iterator[Line]:
    before, after = _bar(row.before, place), _bar(row.after, place)
    if before == after:
        yield Line(f"   {row.name:{width}} {_spaced(after)}", "=")
        return
    if before.strip("."):
        yield Line(f" - {row.name:{width}} {_spaced(before)}", "-")
    if after.strip(".") or not before.strip("."):
        yield Line(f" + {row.name:{width}} {_spaced(after)}", "+")


def _stretches(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """The first of the bars that are alike in all rows, one after the other, and how many they are."""
    bars = [tuple((_bar(row.before, at), _bar(row.after, at)) for row in rows) for at in range(_bars(rows))]
    place = 0
    for _, alike in groupby(bars):
        count = len(list(alike))
        yield place, count
        place += count


def _bars(rows: Sequence[Row]) -> int:
    longest = max((len(text) for row in rows for text in (row.before, row.after)), default=0)
    return -(-longest // BAR)


def _bar(signs: str, place: int) -> str:
    return signs[place * BAR : (place + 1) * BAR]


def _spaced(signs: str) -> str:
    """In groups of a beat."""
    return " ".join(signs[at : at + 4] for at in range(0, len(signs), 4))
