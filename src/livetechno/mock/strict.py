"""Whether a JSON Schema is one that OpenAI takes.

Source: OpenAI's guide to structured outputs (subset of JSON Schema, limits), as the official SDK's
`to_strict_json_schema` follows it: every object closed, every property required.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from livetechno.mock.wire import WireError

TYPES = frozenset(("object", "array", "string", "number", "integer", "boolean", "null"))
DEEPEST = 10
"""Levels of nesting that strict mode allows."""
MOST_PROPERTIES = 5000
_FORBIDDEN = (
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
)
_NUMBERS = ("minimum", "maximum", "multipleOf")
_ENDS = ("exclusiveMinimum", "exclusiveMaximum")
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")


def check_schema(schema: Mapping[str, Any], *, strict: bool, name: str, param: str) -> None:
    """Raises WireError, in OpenAI's words, for a schema that it would not take.

    `name` is what the schema is called in the message, `param` the field that held it.
    """
    if strict and schema.get("type") != "object":
        raise _refusal(
            name, param, (), f"schema must be a JSON Schema of 'type: \"object\"', got {_shown(schema)}."
        )
    properties = 0
    for path, part in walk(schema):
        reason = _fault(part)
        if reason is None and strict:
            reason = _strict_fault(part, path)
            properties += len(part.get("properties", ()))
            if reason is None and properties > MOST_PROPERTIES:
                reason = f"more than {MOST_PROPERTIES} properties."
        if reason is not None:
            raise _refusal(name, param, path, reason)


def walk(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema inside a schema, with its path, itself first; also what a $ref of it points at.

    Parts that are no schema are skipped. Raises WireError for a $ref that points nowhere.
    """
    waiting: list[tuple[tuple[str, ...], Any]] = [(path, schema)]
    seen: set[int] = set()
    while waiting:
        place, part = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        if "$ref" in part:
            waiting.append(((*place, "$ref"), resolve(schema, part["$ref"])))
        yield place, part
        for word in ("properties", "$defs", "definitions"):
            inner = part.get(word)
            if isinstance(inner, dict):
                waiting += [((*place, word, key), value) for key, value in inner.items()]
        for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
            inner = part.get(word)
            if isinstance(inner, list):
                waiting += [((*place, word, str(index)), value) for index, value in enumerate(inner)]
        for word in ("items", "additionalProperties"):
            waiting.append(((*place, word), part.get(word)))


def resolve(root: Mapping[str, Any], reference: object) -> Any:
    """What a $ref points at inside the schema. Raises WireError for any other address."""
    target: Any = root
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        try:
            for step in reference.split("/")[1:]:
                key = step.replace("~1", "/").replace("~0", "~")
                target = target[int(key)] if isinstance(target, list) else target[key]
        except (KeyError, IndexError, ValueError, TypeError):
            target = None
        if isinstance(target, dict | bool):
            return target
    raise WireError(
        f"Invalid schema: reference can only point to definitions inside the schema, not {reference!r:.80}.",
        param="response_format",
        code="invalid_json_schema",
    )


def _fault(part: dict[str, Any]) -> str | None:
    """What is wrong with one part in any mode."""
    kinds = part.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if not isinstance(kind, str) or kind not in TYPES:
            return f"{kind!r:.60} is not valid under any of the given types."
    if part.get("type") == []:
        return "'type' is an empty list."
    checks = (
        ("format", isinstance(part.get("format", ""), str), "a text"),
        ("properties", isinstance(part.get("properties", {}), dict), "an object"),
        ("required", _is_texts(part.get("required", [])), "a list of names"),
        (
            "enum",
            isinstance(part.get("enum", [None]), list) and part.get("enum", [None]) != [],
            "a filled list",
        ),
        ("items", isinstance(part.get("items", {}), dict | bool), "a schema"),
        ("additionalProperties", isinstance(part.get("additionalProperties", {}), dict | bool), "a schema"),
    )
    for word, fits, expected in checks:
        if not fits:
            return f"'{word}' is not {expected}."
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if word in part and not (isinstance(part[word], list) and part[word]):
            return f"'{word}' is not a filled list."
    return _bound_fault(part)


def _bound_fault(part: dict[str, Any]) -> str | None:
    for word in _NUMBERS:
        if word in part and (isinstance(part[word], bool) or not isinstance(part[word], int | float)):
            return f"'{word}' is not a number."
    for word in _ENDS:
        if word in part and not isinstance(part[word], bool | int | float):
            return f"'{word}' is not a number."
    if part.get("multipleOf", 1) <= 0:
        return "'multipleOf' is not above 0."
    for word in _COUNTS:
        if word in part and (
            isinstance(part[word], bool) or not isinstance(part[word], int) or part[word] < 0
        ):
            return f"'{word}' is not a whole number from 0."
        if part.get(word, 0) > 10_000 and word.startswith("min"):
            return f"'{word}' is too large for Mock AI."
    if "pattern" in part:
        try:
            re.compile(part["pattern"])
        except (re.error, TypeError, RecursionError, OverflowError):
            return f"{part['pattern']!r:.80} is not a regular expression."
    return None


def _strict_fault(part: dict[str, Any], path: tuple[str, ...]) -> str | None:
    """What strict mode adds."""
    for word in _FORBIDDEN:
        if word in part:
            return f"'{word}' is not permitted."
    if sum(step in ("properties", "items") for step in path) > DEEPEST:
        return f"nested deeper than {DEEPEST} levels."
    if not (part.keys() & {"type", "anyOf", "$ref", "enum", "const"}):
        return "schema must have a 'type' key."
    kinds = part.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds):
        if part.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false."
        missing = [name for name in part.get("properties", {}) if name not in part.get("required", [])]
        extra = [name for name in part.get("required", []) if name not in part.get("properties", {})]
        if missing:
            return (
                "'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{missing[0]}'."
            )
        if extra:
            return f"Extra required key '{extra[0]}' supplied."
    if kinds == "array" and "items" not in part:
        return "array schema missing items."
    return None


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _shown(schema: Mapping[str, Any]) -> str:
    return f"'type: {schema.get('type')!r:.40}'"


def _refusal(name: str, param: str, path: tuple[str, ...], reason: str) -> WireError:
    context = repr(path) if path else "()"
    return WireError(
        f"Invalid schema for {name}: In context={context:.200}, {reason}",
        param=param,
        code="invalid_json_schema",
    )
