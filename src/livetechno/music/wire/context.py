"""What a model is told: how to answer, and the project with the wish, within a budget of tokens.

context.INSTRUCTIONS                          the same for every wish
context.write(project, palette, intent, ...)  a document; patterns that matter less are only named
context.read(document, schema, machines)      the project, palette and wish again, for Mock AI
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from livetechno.music import documents, patterns
from livetechno.music.actions import CreatePattern
from livetechno.music.machines.device import Machine
from livetechno.music.problems import Refused
from livetechno.music.values import Instance, Pattern, Project, Section, Signature
from livetechno.music.wire import answers, writing
from livetechno.music.wire.palette import Palette, Seat

Document = dict[str, Any]
TYPE = "Context.v1"
BUDGET = 6000
"""Tokens of a context, unless its caller says otherwise."""

INSTRUCTIONS = """\
You compose techno for real machines. You get a project and a wish as JSON, and answer with one JSON document
of actions, nothing else. The musician sees what would change, then accepts or refuses.

An action says in "do" what it is. "pattern" writes the pattern of a machine as it shall be; if its id is
there already, voices and controls that you do not name stay as they are. A machine under "offered" is put on
the desk by "add" before it is used. "arrange" lists the sections of the piece, with at most one pattern of a
machine in each. Leave alone what the wish does not ask for, and everything in "keep". Name only ids, voices
and controls that you were given.

Steps are text, one sign or word a step. Text that is shorter than the pattern is played again from its start.
Row of a drum: x hit, X accented hit, 1 to 9 softer to harder, . silence. "x..." is four on the floor in 1/16.
Line of notes, words with blanks between: A1 a note (C4 is MIDI 60), . silence, - holds a note one step more,
+ joins a chord (A2+C3+E3), ! accent, ~ slide into the next note, _ fills its step, :1 to :9 softer to harder,
.*7 silence seven times. "A1 . A1! . C2~ D2 .*2".
"details" are full steps, for the few that a row or line cannot say: micro-timing, ratchets, probability.
Numbers: length in steps, 1 to 256; swing in percent, 50 to 75; levels and controls 0 to 1.
"explain" is one or two sentences for the musician, in the language of the wish."""


@dataclass(frozen=True, slots=True)
class Context:
    """What was told."""

    project: Project
    """With the patterns that were told whole."""
    palette: Palette
    intent: Document
    """UserIntent.v1."""


def write(
    project: Project,
    palette: Palette,
    intent: Mapping[str, Any],
    *,
    tokens: Callable[[str], int],
    budget: int = BUDGET,
    inventory: frozenset[str] | None = None,
) -> Document:
    """The document that tells of a project and a wish (UserIntent.v1).

    `tokens` counts those of a text; it is asked only where the bytes, which are never fewer, are more than
    the budget. Patterns are told whole, those that matter most first, as long as it lasts; the rest only
    by name. What is no pattern is always told.
    """
    told = {
        pattern.id: writing.pattern(pattern, seat)
        for pattern in _weighed(project, intent)
        if (seat := palette.seat(pattern.instance))
    }
    bare: Document = {
        "type": TYPE,
        "wish": dict(intent),
        "project": _project(project),
        "offered": [_offer(seat) for seat in palette.offered],
        **({"owned": sorted(inventory)} if inventory is not None else {}),
    }
    document = _with_whole(bare, project, told)
    if len(documents.encode(document).encode()) > budget:
        left = budget - tokens(documents.encode(_with_whole(bare, project, {})))
        document = _with_whole(bare, project, _fitting(told, tokens, left))
    return document


def _with_whole(bare: Document, project: Project, whole: Mapping[str, Document]) -> Document:
    """The document with these patterns told whole, and the others named."""
    others = [_named(pattern) for pattern in project.patterns if pattern.id not in whole]
    return {**bare, "patterns": [*whole.values()], "other_patterns": others}


def _fitting(told: Mapping[str, Document], tokens: Callable[[str], int], left: int) -> dict[str, Document]:
    """The first of the patterns that so many tokens hold."""
    fitting: dict[str, Document] = {}
    for id_, document in told.items():
        left -= tokens(documents.encode(document))
        if left < 0:
            break
        fitting[id_] = document
    return fitting


def read(document: Mapping[str, Any], schema: Mapping[str, Any], machines: Mapping[str, Machine]) -> Context:
    """What `write` told, beside the schema of the answer that is wanted.

    Raises KeyError, TypeError or ValueError for a document that `write` has not written.
    """
    told = document["project"]
    instances = [_instance(one) for one in told["machines"]]
    seats = [(one, True) for one in instances] + [(_instance(one), False) for one in document["offered"]]
    palette = Palette(
        tuple(
            Seat(one.id, machine, one.channel, one.position, stands, _controls(one.id, machine, schema))
            for one, stands in seats
            if (machine := machines.get(one.machine))
        )
    )
    project = Project(
        name=told["name"],
        bpm=float(told["bpm"]),
        swing=float(told["swing"]),
        signature=Signature(*(int(number) for number in told["signature"])),
        key=told["key"],
        scale=told["scale"],
        seed=int(told["seed"]),
        machines=tuple(instances),
        arrangement=tuple(documents.read(Section, one) for one in told["arrangement"]),
    )
    return Context(_with_patterns(project, document["patterns"], palette), palette, dict(document["wish"]))


def _with_patterns(project: Project, actions: Any, palette: Palette) -> Project:
    """The project with the patterns as an answer would have said them."""
    try:
        answer = answers.read({"explain": "", "actions": list(actions)}, project, palette)
    except Refused as error:
        raise ValueError(str(error)) from None
    told = [patterns.created(one) for one in answer.batch.actions if isinstance(one, CreatePattern)]
    return replace(project, patterns=tuple(sorted(told, key=lambda one: one.id)))


def _project(project: Project) -> Document:
    return {
        "name": project.name,
        "bpm": project.bpm,
        "swing": project.swing,
        "signature": [project.signature.beats, project.signature.unit],
        "key": project.key,
        "scale": project.scale,
        "seed": project.seed,
        "machines": [documents.write(one) for one in project.machines],
        "arrangement": [documents.write(one) for one in project.arrangement],
    }


def _offer(seat: Seat) -> Document:
    told = Instance(seat.instance, seat.machine.id, seat.channel, seat.position)
    return {**documents.write(told), "kind": seat.machine.kind}


def _instance(told: Mapping[str, Any]) -> Instance:
    return documents.read(Instance, told)


def _controls(instance: str, machine: Machine, schema: Mapping[str, Any]) -> tuple[Any, ...]:
    named = schema.get("$defs", {}).get(f"controls-{instance}", {}).get("enum", ())
    return tuple(control for name in named if (control := machine.control(name)))


def _named(pattern: Pattern) -> Document:
    return {"pattern": pattern.id, "machine": pattern.instance, "length": pattern.length}


def _weighed(project: Project, intent: Mapping[str, Any]) -> list[Pattern]:
    """Patterns, those first that the wish speaks of, then those that are heard first."""
    words = str(intent.get("words", "")).lower()
    meant = {*intent.get("keep", ()), *intent.get("machines", ())}
    heard = [id_ for section in project.arrangement for id_ in section.patterns]

    def weight(pattern: Pattern) -> tuple[bool, bool, int, str]:
        on_desk = project.instance(pattern.instance)
        names = {pattern.id, pattern.instance, *((on_desk.machine,) if on_desk else ())}
        spoken = bool(names & meant) or any(name.lower() in words for name in (*names, pattern.name) if name)
        place = heard.index(pattern.id) if pattern.id in heard else len(heard)
        return not spoken, pattern.id not in heard, place, pattern.id

    return sorted(project.patterns, key=weight)
