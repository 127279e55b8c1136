"""From a document to actions: what comes from outside becomes values here, or is refused with its reasons.

    reading.read_text('{"type": "SetTempo.v1", "bpm": 132}')     the action; raises Refused
    reading.read_action(document)                                the same for a document

Numbers are taken in the resolution that their field has, as a gate's three decimals; nothing else is changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from livetechno.music import documents, migrations, schema
from livetechno.music.actions import ACTIONS, Action, ActionBatch
from livetechno.music.problems import Problem, Refused
from livetechno.music.values import Project

Value = TypeVar("Value")
MOST_CHARACTERS = 2_000_000
MOST_ACTIONS = 256
DEEPEST = 16
"""Lists and objects within each other; an action has five."""
DECIMALS = {"gate": 3, "micro": 3, "at": 3, "bpm": 2, "swing": 2}
BATCH = "ActionBatch.v1"
_CODES = {
    "type": "kind",
    "enum": "choice",
    "const": "choice",
    "required": "missing",
    "additionalProperties": "unknown",
    "propertyNames": "form",
    "minimum": "range",
    "maximum": "range",
    "pattern": "form",
    "maxLength": "too_long",
    "minLength": "too_short",
    "maxItems": "too_many",
    "minItems": "too_few",
    "maxProperties": "too_many",
}
"""The problem that a broken rule of JSON Schema is."""


def read_text(text: str) -> Action | ActionBatch:
    """The action in a text that is exactly one JSON document. Raises Refused."""
    return read_action(parse(text))


def parse(text: str) -> Any:
    """The one JSON document that a text is: no name twice, no NaN. Raises Refused."""
    if len(text) > MOST_CHARACTERS:
        raise _refused("too_long", "", (str(MOST_CHARACTERS),), count=len(text))
    try:
        return json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _refused("json", "", (), text=text[:80]) from None


def read_action(document: Any, at: str = "") -> Action | ActionBatch:
    """The action, or the batch of actions, that a document stands for; `at` is where it stands itself.

    Raises Refused, and nothing else whatever the document is: with one problem for each action of a batch.
    """
    return _read(_plain(document, at, 0), at)


def trusted(document: Mapping[str, Any]) -> ActionBatch:
    """The batch that a document of `document_of` stands for. It is not checked: it comes from our own log."""
    told = [migrations.newest(one) for one in document["actions"]]
    actions = tuple(
        documents.read(ACTIONS[one["type"]], {name: held for name, held in one.items() if name != "type"})
        for one in told
    )
    return ActionBatch(actions, document.get("explain", ""))


def read_project(document: Any) -> Project:
    """The project that a ProjectState.v1 stands for. Raises Refused."""
    return read_value("ProjectState.v1", Project, document)


def read_value(name: str, kind: type[Value], document: Any) -> Value:
    """The value that a document of that name stands for. Raises Refused."""
    plain = _plain(document, "", 0)
    if isinstance(plain, dict):
        plain = migrations.newest(plain)
    _follow(name, plain, "")
    return documents.read(kind, {key: held for key, held in plain.items() if key != "type"})


def document_of(action: Action | ActionBatch) -> dict[str, Any]:
    """The document that stands for an action or a batch."""
    if isinstance(action, ActionBatch):
        whole: dict[str, Any] = {"type": BATCH, "actions": [document_of(one) for one in action.actions]}
        return {**whole, "explain": action.explain} if action.explain else whole
    return {"type": f"{type(action).__name__}.v1", **documents.write(action)}


def _read(document: Any, at: str) -> Action | ActionBatch:
    if not isinstance(document, dict):
        raise _refused("kind", at, ("object",))
    document = migrations.newest(document)
    name = document.get("type")
    if name == BATCH:
        return _batch(document, at)
    if not isinstance(name, str) or name not in ACTIONS:
        raise _refused("choice", f"{at}/type", (*ACTIONS, BATCH))
    _follow(name, document, at)
    return documents.read(ACTIONS[name], {key: held for key, held in document.items() if key != "type"})


def _batch(document: dict[str, Any], at: str) -> ActionBatch:
    """Each action is read alone, so that each has its say."""
    actions = document.get("actions")
    _follow(BATCH, {**document, "actions": [_ANY]} if isinstance(actions, list) and actions else document, at)
    assert isinstance(actions, list)
    if len(actions) > MOST_ACTIONS:
        raise _refused("too_many", f"{at}/actions", (str(MOST_ACTIONS),), count=len(actions))
    read: list[Action] = []
    problems: list[Problem] = []
    for place, one in enumerate(actions):
        path = f"{at}/actions/{place}"
        try:
            action = _read(one, path)
        except Refused as error:
            problems += error.problems
            continue
        if isinstance(action, ActionBatch):
            problems.append(Problem("choice", f"{path}/type", tuple(ACTIONS)))
        else:
            read.append(action)
    if problems:
        raise Refused(tuple(problems))
    return ActionBatch(tuple(read), document.get("explain", ""))


_ANY = {"type": "SetTempo.v1"}
"""An action that is always one, in the place of those that are read by themselves."""


def _follow(name: str, document: Mapping[str, Any], at: str) -> None:
    """Raises Refused where the document does not follow the schema of that name."""
    from fastjsonschema import JsonSchemaValueException

    try:
        schema.validator(name)(document)
    except JsonSchemaValueException as error:
        raise Refused((_problem(error, at),)) from None


def _problem(error: Any, at: str) -> Problem:
    """What fastjsonschema found, as a problem."""
    path = at + "".join(f"/{part}" for part in error.path[1:])
    rule, wanted, held = error.rule, error.rule_definition, error.value
    code = _CODES.get(rule, "kind")
    definition = error.definition if isinstance(error.definition, Mapping) else {}
    return Problem(code, path, _allowed(code, wanted, definition), _values(code, wanted, held, definition))


def _allowed(code: str, wanted: Any, definition: Mapping[str, Any]) -> tuple[str, ...]:
    if code == "range":
        ends = definition.get("minimum"), definition.get("maximum")
        return (f"{ends[0]} – {ends[1]}",)
    if code == "unknown":
        return tuple(definition.get("properties", ()))
    if code == "missing":
        return ()
    several = wanted if isinstance(wanted, list) else [wanted]
    return tuple("null" if one is None else str(one) for one in several)


def _values(code: str, wanted: Any, held: Any, definition: Mapping[str, Any]) -> dict[str, object]:
    if code == "missing":
        return {"field": next((name for name in wanted if name not in held), "")}
    if code == "unknown":
        known = definition.get("properties", ())
        return {"field": next((name[:40] for name in held if name not in known), "")}
    if code in ("too_long", "too_short", "too_many", "too_few"):
        return {"count": len(held)}
    return {}


def _plain(held: Any, at: str, depth: int, name: str = "") -> Any:
    """The same as plain JSON, with numbers in their resolution. Raises Refused for anything else."""
    if depth > DEEPEST:
        raise _refused("deep", at, (str(DEEPEST),))
    if held is None or isinstance(held, bool):
        return held
    if isinstance(held, str):
        return _text(held, at)
    if isinstance(held, int):
        return held
    if isinstance(held, float) and math.isfinite(held):
        return round(held, DECIMALS[name]) if name in DECIMALS else held
    if isinstance(held, list):
        return [_plain(one, f"{at}/{place}", depth + 1) for place, one in enumerate(held)]
    if isinstance(held, dict) and all(isinstance(key, str) for key in held):
        return {_text(key, at): _plain(one, f"{at}/{key[:80]}", depth + 1, key) for key, one in held.items()}
    raise _refused("kind", at, ("object", "array", "string", "number", "boolean", "null"))


def _text(held: str, at: str) -> str:
    """A text that can be written down."""
    try:
        held.encode()
    except UnicodeEncodeError:
        raise _refused("text", at.encode(errors="replace").decode(), ()) from None
    return str(held)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(pairs)
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _refused(code: str, path: str, allowed: tuple[str, ...], **values: object) -> Refused:
    return Refused((Problem(code, path, allowed, values),))
