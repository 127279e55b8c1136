"""A document that follows a JSON Schema, from seeded dice and what the person's words offer.

Covers what OpenAI's structured output covers (type, enum, const, anyOf, $ref into the schema,
nested and recursive objects, bounds, pattern, format), and oneOf, allOf and free properties where
the schema is not strict.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from livetechno.mock.bounded import choose, read_bounds
from livetechno.mock.hints import Hints
from livetechno.mock.patterns import matching
from livetechno.mock.strict import resolve
from livetechno.mock.wire import WireError

MOST_ITEMS = 3
"""How many items an array gets when the schema leaves it open."""
DEEP = 5
"""From this depth on only what is required is made, in its shortest form."""
DEEPEST = 40
MOST_STEPS = 50_000
"""How many values are made before a schema is given up."""
_WORDS = ("pulse", "acid", "groove", "echo", "drift", "signal", "night", "machine", "glow", "orbit")
_NUMBERS = {"bpm": (120, 140), "tempo": (120, 140), "steps": (16, 16), "velocity": (80, 120)}
"""Likely ranges for properties of these names, used where they fit the schema's own bounds."""


class Impossible(Exception):  # noqa: N818 - a way taken back, not a failure shown to anybody
    """No document could be made this way."""


def document(
    schema: Mapping[str, Any], dice: random.Random, hints: Hints | None = None, *, optional: bool = True
) -> Any:
    """A value that follows the schema; `optional` properties are filled in too, or only when hinted at.

    Raises WireError when the schema cannot be followed: it never ends, contradicts itself, or has a
    pattern that is beyond Mock AI.
    """
    maker = _Maker(schema, dice, hints or Hints(), optional)
    try:
        return maker.make(schema, "", 0)
    except (Impossible, RecursionError) as reason:
        raise WireError(
            f"Invalid schema: Mock AI can make no document that follows it ({reason}).",
            param="response_format",
            code="invalid_json_schema",
        ) from None


class _Maker:
    """Holds what every step needs: the whole schema for $ref, the dice, and the hints not yet used."""

    def __init__(self, root: Mapping[str, Any], dice: random.Random, hints: Hints, optional: bool) -> None:
        self.root = root
        self.dice = dice
        self.optional = optional
        self.text = hints.text
        self.words = hints.words
        self.numbers = list(hints.numbers)
        self.texts = [*hints.quoted, *hints.names]
        self.steps = 0

    def make(self, schema: Any, name: str, depth: int) -> Any:
        self.steps += 1
        if depth > DEEPEST or self.steps > MOST_STEPS:
            raise Impossible("it never ends")
        if schema is True or schema == {}:
            return self.string({})
        if not isinstance(schema, Mapping):
            raise Impossible("a part allows nothing")
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.option(schema["enum"])
        for reading in (self.reference, self.alternatives):
            made = reading(schema, name, depth)
            if made is not _NONE:
                return made
        return self.typed(schema, name, depth)

    def reference(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        if "$ref" not in schema:
            return _NONE
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = resolve(self.root, schema["$ref"])
        if isinstance(target, Mapping) and beside:
            target = {**target, **beside}
        return self.make(target, name, depth + 1)

    def alternatives(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        if "allOf" in schema:
            return self.make(self.merged(schema), name, depth + 1)
        for word in ("anyOf", "oneOf"):
            if word not in schema:
                continue
            beside = {key: value for key, value in schema.items() if key != word}
            branches = list(schema[word])
            self.dice.shuffle(branches)
            # null last: a document full of nulls shows little; but deep down it ends a recursion.
            branches.sort(key=lambda branch: (branch == {"type": "null"}) != (depth >= DEEP))
            reason = Impossible("no alternative can be followed")
            for branch in branches:
                before = self.numbers[:], self.texts[:]
                try:
                    whole = {**beside, **branch} if isinstance(branch, Mapping) else branch
                    return self.make(whole, name, depth + 1)
                except Impossible as failed:
                    self.numbers, self.texts = before
                    reason = failed
            raise reason
        return _NONE

    def merged(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            if isinstance(part, Mapping) and "$ref" in part:
                part = resolve(self.root, part["$ref"])
            if not isinstance(part, Mapping):
                continue
            for key, value in part.items():
                if key == "properties":
                    whole[key] = {**whole.get(key, {}), **value}
                elif key == "required":
                    whole[key] = [*whole.get(key, []), *value]
                else:
                    whole[key] = value
        return whole

    def typed(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type") or _implied(schema)
        if isinstance(kind, list):
            kinds = sorted(kind, key=lambda one: (one == "null") != (depth >= DEEP))
            kind = kinds[0]
        match kind:
            case "object":
                return self.object(schema, depth)
            case "array":
                return self.array(schema, name, depth)
            case "string":
                return self.string(schema)
            case "integer" | "number":
                return self.number(schema, name, whole=kind == "integer")
            case "boolean":
                return self.dice.random() < 0.5
            case "null":
                return None
        raise Impossible(f"type {kind!r:.40}")

    def option(self, options: list[Any]) -> Any:
        if not options:
            raise Impossible("an empty enum")
        named = [option for option in options if isinstance(option, str) and option.casefold() in self.words]
        return self.dice.choice(named or options)

    def object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        made: dict[str, Any] = {}
        for name, part in properties.items():
            if name in required:
                made[name] = self.make(part, name, depth + 1)
            elif depth < DEEP and (self.optional or self.hinted(part, name)):
                try:
                    made[name] = self.make(part, name, depth + 1)
                except Impossible:
                    continue
        rest = schema.get("additionalProperties", True)
        for name in required:
            if name not in made:
                made[name] = self.make(rest, name, depth + 1)
        while len(made) < schema.get("minProperties", 0):
            made[f"{self.dice.choice(_WORDS)}_{len(made) + 1}"] = self.make(rest, "", depth + 1)
        return made

    def hinted(self, part: Any, name: str) -> bool:
        """Whether the person's words hold something for an optional property."""
        if not isinstance(part, Mapping):
            return False
        if name.casefold() in self.words:
            return True
        return any(
            isinstance(option, str) and option.casefold() in self.words for option in part.get("enum", ())
        )

    def array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        first = [self.make(part, name, depth + 1) for part in schema.get("prefixItems", ())]
        low = max(schema.get("minItems", 0), len(first))
        high = schema.get("maxItems", max(low, MOST_ITEMS))
        if high < low:
            raise Impossible("minItems above maxItems")
        items = schema.get("items", True)
        if depth >= DEEP:
            count = low
        else:
            count = self.dice.randint(max(low, min(1, high)), min(high, max(low, MOST_ITEMS)))
        made = first
        unique = bool(schema.get("uniqueItems"))
        seen = {json.dumps(item, sort_keys=True) for item in made}
        for _ in range(count * (20 if unique else 1)):
            if len(made) >= count:
                break
            try:
                item = self.make(items, name, depth + 1)
            except Impossible:
                if len(made) >= low:
                    break
                raise
            shown = json.dumps(item, sort_keys=True)
            if not (unique and shown in seen):
                made.append(item)
                seen.add(shown)
        if len(made) < low:
            raise Impossible("too few different items")
        return made

    def string(self, schema: Mapping[str, Any]) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength", 10**9)
        if high < low:
            raise Impossible("minLength above maxLength")
        if "pattern" in schema:
            text = matching(schema["pattern"], self.dice, low, high)
            if text is None:
                raise Impossible(f"the pattern {schema['pattern']!r:.60}")
            return text
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]](self.dice)
        for index, offered in enumerate(self.texts):
            if low <= len(offered) <= high:
                return self.texts.pop(index)
        if self.text and not self.optional and low <= len(self.text) <= high:
            return self.text
        text = " ".join(self.dice.sample(_WORDS, 2))
        while len(text) < low:
            text += " " + self.dice.choice(_WORDS)
        return text[: max(high, 0)] if len(text) > high else text

    def number(self, schema: Mapping[str, Any], name: str, *, whole: bool) -> float:
        likely = _NUMBERS.get(name.casefold(), (0, 100))
        value = choose(read_bounds(schema, whole=whole), self.dice, likely, self.numbers)
        if value is None:
            raise Impossible("no number within the bounds")
        if value in self.numbers:
            self.numbers.remove(value)
        return value


_NONE = object()


def _implied(schema: Mapping[str, Any]) -> str:
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    if "minimum" in schema or "maximum" in schema:
        return "number"
    return "string"


def _day(dice: random.Random) -> date:
    return date(2026, 1, 1) + timedelta(days=dice.randrange(365))


def _clock(dice: random.Random) -> str:
    return f"{dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}Z"


def _uuid(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


_FORMATS = {
    "date": lambda dice: _day(dice).isoformat(),
    "date-time": lambda dice: f"{_day(dice).isoformat()}T{_clock(dice)}",
    "time": _clock,
    "duration": lambda dice: f"PT{dice.randint(1, 59)}M",
    "email": lambda dice: f"{dice.choice(_WORDS)}@example.com",
    "hostname": lambda dice: f"{dice.choice(_WORDS)}.example.com",
    "uri": lambda dice: f"https://example.com/{dice.choice(_WORDS)}",
    "ipv4": lambda dice: f"192.0.2.{dice.randint(1, 254)}",
    "ipv6": lambda dice: f"2001:db8::{dice.randint(1, 0xFFFF):x}",
    "uuid": _uuid,
}
