"""Whether a document follows the schema of an answer, told so that a model can mend it.

A validator says of `anyOf` only that nothing fits. An action says by `do` and `machine` what it means to be,
so it is held against that branch alone, and each thing that is wrong with it has a path of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livetechno.music.problems import Problem
from livetechno.music.wire.schema import Node

MOST = 8
"""Problems that are told at a time."""
MOST_ITEMS = 2048
"""Of a list."""
MOST_TEXT = 4000
"""Characters of a text."""
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def problems(document: Any, schema: Node) -> tuple[Problem, ...]:
    """What is wrong with it: at most `MOST`; none for a document that follows the schema."""
    found = []
    for problem in _problems(document, schema, schema, ""):
        found.append(problem)
        if len(found) == MOST:
            break
    return tuple(found)


def _problems(held: Any, node: Node, root: Node, path: str) -> Iterator[Problem]:
    if "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    if "anyOf" in node:
        yield from _of_branches(held, node["anyOf"], root, path)
        return
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if not any(_is(held, kind) for kind in kinds):
        yield Problem("kind", path, tuple(kinds))
    elif "enum" in node and held not in node["enum"]:
        yield Problem("choice", path, tuple("null" if one is None else one for one in node["enum"]))
    elif isinstance(held, dict):
        yield from _of_fields(held, node, root, path)
    elif isinstance(held, list):
        if len(held) > MOST_ITEMS:
            yield Problem("too_many", path, (str(MOST_ITEMS),), {"count": len(held)})
            return
        for place, one in enumerate(held):
            yield from _problems(one, node["items"], root, f"{path}/{place}")
    elif isinstance(held, str) and len(held) > MOST_TEXT:
        yield Problem("too_long", path, (str(MOST_TEXT),), {"count": len(held)})


def _of_fields(held: dict[str, Any], node: Node, root: Node, path: str) -> Iterator[Problem]:
    fields: dict[str, Node] = node["properties"]
    for name in fields.keys() - held.keys():
        yield Problem("missing", path, (), {"field": name})
    for name in held.keys() - fields.keys():
        yield Problem("unknown", path, tuple(fields), {"field": str(name)[:40]})
    for name in fields.keys() & held.keys():
        yield from _problems(held[name], fields[name], root, f"{path}/{name}")


def _of_branches(held: Any, branches: list[Node], root: Node, path: str) -> Iterator[Problem]:
    """Of the one branch that the document says it is."""
    if not isinstance(held, dict):
        yield Problem("kind", path, ("object",))
        return
    for field in ("do", "machine"):
        allowed: list[str] = [
            value for one in branches for value in one["properties"].get(field, {}).get("enum", ())
        ]
        if not allowed:
            break
        if held.get(field) not in allowed:
            yield Problem("choice", f"{path}/{field}", tuple(dict.fromkeys(allowed)))
            return
        branches = [one for one in branches if held[field] in one["properties"][field]["enum"]]
    yield from _problems(held, branches[0], root, path)


def _is(held: Any, kind: str) -> bool:
    if isinstance(held, bool):
        return kind == "boolean"
    return isinstance(held, _TYPES[kind])
