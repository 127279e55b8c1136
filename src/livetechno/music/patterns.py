"""Patterns and the actions on them: what creates one, what makes one of another, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from livetechno.music.actions import AutomationPlace, CreatePattern, EditPattern, StepPlace, said
from livetechno.music.values import Automation, Pattern, Step

_OWN = tuple(field.name for field in fields(Pattern) if field.name != "id")


def create(pattern: Pattern) -> CreatePattern:
    """What creates the pattern."""
    return CreatePattern(pattern.id, **{name: getattr(pattern, name) for name in _OWN})


def created(action: CreatePattern) -> Pattern:
    """The pattern that an action creates."""
    own: dict[str, Any] = {name: getattr(action, name) for name in _OWN}
    own |= {"steps": in_order(_steps(action.steps)), "automation": in_order(_points(action.automation))}
    return Pattern(action.pattern, **own)


def edited(before: Pattern, action: EditPattern) -> Pattern:
    """The pattern after an edit that may be done."""
    dropped = {(one.t, one.note) for one in action.drop}
    released = {(one.target, one.at) for one in action.release}
    steps = {place: one for place, one in _steps(before.steps).items() if place not in dropped}
    points = {place: one for place, one in _points(before.automation).items() if place not in released}
    return replace(
        before,
        **said(action, "name", "length", "step_size", "swing"),
        steps=in_order(steps | _steps(action.put)),
        automation=in_order(points | _points(action.automate)),
    )


def edit(before: Pattern, after: Pattern) -> EditPattern:
    """What makes one state of a pattern of another."""
    old, new = _steps(before.steps), _steps(after.steps)
    was, is_ = _points(before.automation), _points(after.automation)
    changed = {
        name: getattr(after, name)
        for name in ("name", "length", "step_size", "swing")
        if getattr(after, name) != getattr(before, name)
    }
    return EditPattern(
        after.id,
        **changed,
        drop=tuple(StepPlace(*place) for place in sorted(old.keys() - new.keys())),
        put=tuple(new[place] for place in sorted(new) if old.get(place) != new[place]),
        release=tuple(AutomationPlace(*place) for place in sorted(was.keys() - is_.keys())),
        automate=tuple(is_[place] for place in sorted(is_) if was.get(place) != is_[place]),
    )


def _steps(steps: Iterable[Step]) -> dict[tuple[int, int], Step]:
    return {(one.t, one.note): one for one in steps}


def _points(points: Iterable[Automation]) -> dict[tuple[str, float], Automation]:
    return {(one.target, one.at): one for one in points}


def in_order(places: dict[Any, Any]) -> tuple[Any, ...]:
    """Steps or points by their places, in the order that a pattern has them."""
    return tuple(places[place] for place in sorted(places))
