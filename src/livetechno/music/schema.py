"""The JSON Schemas of every document, whole and compiled.

    schema.load("Step.v1")            the schema, with what it refers to put in its place
    schema.validator("Step.v1")(doc)  raises fastjsonschema.JsonSchemaValueException

They are the only definition: values, the wire form, the documentation and the page's types follow them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any


@cache
def names() -> tuple[str, ...]:
    """The names of all documents, as `Step.v1`."""
    files = resources.files(__package__).joinpath("schemas").iterdir()
    return tuple(sorted(file.name[: -len(".json")] for file in files if file.name.endswith(".json")))


@cache
def load(name: str) -> dict[str, Any]:
    """The schema of that name, which refers to no other file. Raises KeyError for a name that is none.

    The same object each time: copy it before you change it.
    """
    if name not in names():
        raise KeyError(name)
    file = resources.files(__package__).joinpath("schemas").joinpath(f"{name}.json")
    schema: dict[str, Any] = _whole(json.loads(file.read_text(encoding="utf-8")))
    return schema


@cache
def validator(name: str) -> Callable[[Any], Any]:
    """What checks a document against the schema of that name. Raises KeyError."""
    import fastjsonschema

    compiled: Callable[[Any], Any] = fastjsonschema.compile(load(name), use_default=False)
    return compiled


def _whole(node: Any) -> Any:
    """The same with each reference replaced by what it refers to."""
    if isinstance(node, list):
        return [_whole(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = load(node["$ref"][: -len(".json")])
        return {key: value for key, value in found.items() if key not in ("$schema", "examples")}
    return {key: _whole(value) for key, value in node.items()}
