"""An answer to actions; `writing.py` goes the other way.

    {"explain": "...", "actions": [{"do": "pattern", "machine": "rd9", "pattern": "rd9-a", ...}, ...]}

A pattern of an answer says how it shall be. Where one of that id is there already it becomes an edit: voices
and controls that the answer does not name stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from livetechno.music import patterns, reading
from livetechno.music.actions import (
    Action,
    ActionBatch,
    AddMachine,
    Arrange,
    DeletePattern,
    ExportPlan,
    RemoveMachine,
    SetKey,
    SetMix,
    SetParam,
    SetTempo,
)
from livetechno.music.problems import Problem, Refused
from livetechno.music.values import Automation, Pattern, Project, Section, Step, Track
from livetechno.music.wire import checking, notation, schema
from livetechno.music.wire.palette import Palette, Seat

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer asks for, in canonical actions."""

    batch: ActionBatch
    places: tuple[int, ...]
    """For each action of the batch, which of the answer's it comes from."""

    def told(self, problem: Problem) -> Problem:
        """A problem of the batch, with the path that it has in the answer as far as there is one."""
        head, _, rest = problem.path.removeprefix("/actions/").partition("/")
        if not head.isdigit() or int(head) >= len(self.places):
            return problem
        place = f"/actions/{self.places[int(head)]}"
        return replace(problem, path=f"{place}/{rest}" if rest else place)


def read(document: Any, project: Project, palette: Palette) -> Answer:
    """The actions that an answer stands for, bounds of all values checked; whether they make sense is not.

    Raises Refused, with paths in the answer.
    """
    misfits = checking.problems(document, schema.build(palette))
    if misfits:
        raise Refused(misfits)
    known = {pattern.id: pattern for pattern in project.patterns}
    actions: list[Action] = []
    places: list[int] = []
    refused: list[Problem] = []
    for place, one in enumerate(document["actions"]):
        try:
            expanded = list(_expanded(one, palette, known))
        except Refused as error:
            refused += [problem.under(f"/actions/{place}") for problem in error.problems]
            continue
        actions += expanded
        places += [place] * len(expanded)
    if refused:
        raise Refused(tuple(refused))
    if not actions:  # the model sees nothing to do, and says why
        return Answer(ActionBatch((), document["explain"]), ())
    return _checked(ActionBatch(tuple(actions), document["explain"]), tuple(places))


def _checked(batch: ActionBatch, places: tuple[int, ...]) -> Answer:
    """The answer once its canonical document has been read. Raises Refused."""
    answer = Answer(batch, places)
    try:
        checked = reading.read_action(reading.document_of(batch))
    except Refused as error:
        raise Refused(tuple(answer.told(problem) for problem in error.problems)) from None
    assert isinstance(checked, ActionBatch)
    return Answer(checked, places)


def _expanded(one: Document, palette: Palette, known: dict[str, Pattern]) -> Iterator[Action]:
    """The actions of one action of an answer."""
    match one["do"]:
        case "pattern":
            yield _pattern(one, _seat(one, palette), known)
        case "set":
            yield from (SetParam(one["machine"], each["control"], each["value"]) for each in one["values"])
        case "add":
            seat = _seat(one, palette)
            yield AddMachine(seat.machine.id, seat.instance, seat.channel, seat.position)
        case "export":
            yield ExportPlan(tuple(_track(track, _seat(track, palette)) for track in one["tracks"]))
        case "delete":
            known.pop(one["pattern"], None)
            yield DeletePattern(one["pattern"])
        case other:
            yield _OF_THEMSELVES[other](one)


def _pattern(one: Document, seat: Seat, known: dict[str, Pattern]) -> Action:
    before = known.get(one["pattern"])
    if before is not None and before.instance != seat.instance:
        raise Refused((Problem("pattern_of_another", "/pattern", (), {"pattern": before.id}),))
    after = Pattern(
        id=one["pattern"],
        instance=seat.instance,
        length=one["length"],
        name=before.name if before else "",
        step_size=one["step_size"],
        swing=one["swing"],
        steps=_steps(one, seat, before),
        automation=_automation(one, before),
    )
    known[after.id] = after
    return patterns.edit(before, after) if before else patterns.create(after)


def _steps(one: Document, seat: Seat, before: Pattern | None) -> tuple[Step, ...]:
    """All steps that the pattern shall have."""
    said, named = _said(one, seat)
    kept = (
        [] if before is None or named is None else [step for step in before.steps if step.note not in named]
    )
    steps = {(step.t, step.note): step for step in kept if step.t < one["length"]}
    steps |= {(step.t, step.note): step for step in said}
    for full in one.get("details", ()):
        step = Step(**{name: value for name, value in full.items() if value is not None})
        steps[step.t, step.note] = step
    return tuple(steps[place] for place in sorted(steps))


def _said(one: Document, seat: Seat) -> tuple[list[Step], set[int] | None]:
    """The steps of rows or of the line, and which notes are said anew: None is all."""
    length = one["length"] if 0 < one["length"] <= 256 else 256
    if one.get("line") is not None:
        with_path = _under("/line")
        return list(with_path(notation.read_line, one["line"], length)), None
    notes = {voice.name: voice.note for voice in seat.machine.voices}
    steps: list[Step] = []
    named: set[int] = set()
    for place, row in enumerate(one.get("rows", ())):
        note = notes[row["voice"]]
        if note in named:
            raise Refused((Problem("twice", f"/rows/{place}/voice", (), {"name": row["voice"]}),))
        named.add(note)
        steps += _under(f"/rows/{place}/steps")(notation.read_row, row["steps"], note, length)
    return steps, named


def _under(path: str) -> Callable[..., tuple[Step, ...]]:
    def read(reader: Callable[..., tuple[Step, ...]], *values: object) -> tuple[Step, ...]:
        try:
            return reader(*values)
        except Refused as error:
            raise Refused(tuple(problem.under(path) for problem in error.problems)) from None

    return read


def _automation(one: Document, before: Pattern | None) -> tuple[Automation, ...]:
    """All points that the pattern shall have."""
    groups = one.get("automation", ())
    named = {group["control"] for group in groups}
    kept = [] if before is None else [point for point in before.automation if point.target not in named]
    points = {(point.target, point.at): point for point in kept if point.at <= one["length"]}
    for place, group in enumerate(groups):
        for number, pair in enumerate(group["points"]):
            if len(pair) != 2:
                raise Refused((Problem("point", f"/automation/{place}/points/{number}"),))
            at, value = pair
            points[group["control"], at] = Automation(group["control"], at, value, group["curve"])
    return tuple(points[place] for place in sorted(points))


def _track(one: Document, seat: Seat) -> Track:
    return Track(seat.instance, seat.channel, one["name"], one["format"])


def _section(one: Document) -> Section:
    return Section(one["name"], one["bars"], tuple(sorted(one["patterns"])))


def _changed(one: Document, *fields: str) -> dict[str, Any]:
    return {name: one[name] for name in fields if one[name] is not None}


def _seat(one: Document, palette: Palette) -> Seat:
    seat = palette.seat(one["machine"])
    assert seat is not None, "the schema has no other machine"
    return seat


_MIXED = ("level", "pan", "mute", "solo", "send_a", "send_b")
_OF_THEMSELVES: dict[str, Callable[[Document], Action]] = {
    "remove": lambda one: RemoveMachine(one["machine"]),
    "mix": lambda one: SetMix(one["machine"], **_changed(one, *_MIXED)),
    "tempo": lambda one: SetTempo(**_changed(one, "bpm", "swing")),
    "key": lambda one: SetKey(**_changed(one, "key", "scale")),
    "arrange": lambda one: Arrange(tuple(_section(each) for each in one["sections"])),
}
"""What needs to know nothing else."""
