"""What may be done to a project. What a field may hold is in the schema of the same name.

A field that is UNCHANGED is left as it is, and is not in the document.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from livetechno.music.values import Automation, Key, Scale, Section, Step, StepSize, Track


class Unchanged(enum.Enum):
    """What stands for a field that an action leaves as it is; its one member is UNCHANGED."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED
Left = Literal[Unchanged.UNCHANGED]


@dataclass(frozen=True, slots=True)
class StepPlace:
    """Which step of a pattern."""

    t: int
    note: int


@dataclass(frozen=True, slots=True)
class AutomationPlace:
    """Which point of a pattern's automation."""

    target: str
    at: float


@dataclass(frozen=True, slots=True)
class AddMachine:
    """Put a machine of the catalogue on the desk, under the id `instance`."""

    machine: str
    instance: str
    channel: int
    position: int = 0
    name: str = ""
    explain: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMachine:
    """Take a machine off the desk, with its patterns, and with them out of the arrangement and exports."""

    instance: str
    explain: str = ""


@dataclass(frozen=True, slots=True)
class CreatePattern:
    """Give a machine on the desk a new pattern."""

    pattern: str
    instance: str
    length: int
    name: str = ""
    step_size: StepSize = "1/16"
    swing: float | None = None
    steps: tuple[Step, ...] = ()
    automation: tuple[Automation, ...] = ()
    explain: str = ""


@dataclass(frozen=True, slots=True)
class EditPattern:
    """Change a pattern: first what is dropped and released goes, then what is put and automated comes."""

    pattern: str
    name: str | Left = UNCHANGED
    length: int | Left = UNCHANGED
    step_size: StepSize | Left = UNCHANGED
    swing: float | Left | None = UNCHANGED
    drop: tuple[StepPlace, ...] = ()
    put: tuple[Step, ...] = ()
    """Steps to add, or to have instead of the one at the same place."""
    release: tuple[AutomationPlace, ...] = ()
    automate: tuple[Automation, ...] = ()
    """Points to add, or to have instead of the one at the same place."""
    explain: str = ""


@dataclass(frozen=True, slots=True)
class DeletePattern:
    """Take a pattern away, also out of the arrangement."""

    pattern: str
    explain: str = ""


@dataclass(frozen=True, slots=True)
class SetParam:
    """Set a machine's control, 0 to 1; None leaves it to the machine again."""

    instance: str
    param: str
    value: float | None
    explain: str = ""


@dataclass(frozen=True, slots=True)
class SetTempo:
    """Set the beats per minute, the swing in percent, or both."""

    bpm: float | Left = UNCHANGED
    swing: float | Left = UNCHANGED
    explain: str = ""


@dataclass(frozen=True, slots=True)
class SetKey:
    """Set the key, the scale, or both; no note moves."""

    key: Key | Left = UNCHANGED
    scale: Scale | Left = UNCHANGED
    explain: str = ""


@dataclass(frozen=True, slots=True)
class SetMix:
    """Set a machine's channel of the mixer."""

    instance: str
    level: float | Left = UNCHANGED
    pan: float | Left = UNCHANGED
    mute: bool | Left = UNCHANGED
    solo: bool | Left = UNCHANGED
    send_a: float | Left = UNCHANGED
    send_b: float | Left = UNCHANGED
    explain: str = ""


@dataclass(frozen=True, slots=True)
class Arrange:
    """Set the whole arrangement."""

    sections: tuple[Section, ...]
    explain: str = ""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Set what is to be exported."""

    tracks: tuple[Track, ...]
    explain: str = ""


Action = (
    AddMachine
    | RemoveMachine
    | CreatePattern
    | EditPattern
    | DeletePattern
    | SetParam
    | SetTempo
    | SetKey
    | SetMix
    | Arrange
    | ExportPlan
)


@dataclass(frozen=True, slots=True)
class ActionBatch:
    """Actions in order, all or nothing; one step for undo."""

    actions: tuple[Action, ...]
    explain: str = ""


ACTIONS: dict[str, type[Action]] = {
    f"{kind.__name__}.v1": kind
    for kind in (
        AddMachine,
        RemoveMachine,
        CreatePattern,
        EditPattern,
        DeletePattern,
        SetParam,
        SetTempo,
        SetKey,
        SetMix,
        Arrange,
        ExportPlan,
    )
}
"""The kind of action that each `type` of a document names."""


def said(action: Action, *names: str) -> dict[str, Any]:
    """The fields that an action does not leave as they are: of those named, or all but `explain`."""
    wanted = names or tuple(field.name for field in fields(action) if field.name != "explain")
    return {name: held for name in wanted if (held := getattr(action, name)) is not UNCHANGED}
