"""The JSON Schema of an answer, made for one palette: a machine or control that is not there cannot be named.

It is written for OpenAI's strict mode: closed objects, every field required, `null` where a field may be left
out, no `oneOf`. An action is known by its `do` and, where it has controls, by its `machine`: one branch each.
The limits are those of https://platform.openai.com/docs/guides/structured-outputs (read 2026-11).
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from livetechno.music.schema import load
from livetechno.music.values import Curve, Format, Key, Scale, StepSize
from livetechno.music.wire.palette import MOST_CONTROLS, Palette, Seat

NAME = "livetechno_actions"
"""By which a request names it, and Mock AI knows it."""
Node = dict[str, Any]

DETAILS = "Only steps that need more than a row or line can say; each takes the place of what is there."


@dataclass(frozen=True, slots=True)
class Size:
    """What the service counts of a schema."""

    properties: int
    enum_values: int
    depth: int
    characters: int
    """Of all names and values."""

    def within(self, other: Size) -> bool:
        """Whether none of it is more."""
        return (
            self.properties <= other.properties
            and self.enum_values <= other.enum_values
            and self.depth <= other.depth
            and self.characters <= other.characters
        )


MOST = Size(properties=5000, enum_values=1000, depth=10, characters=120_000)


def fitted(palette: Palette, most: Size = MOST) -> tuple[Palette, Node]:
    """The palette and its schema, with as many controls of each machine as the service takes.

    Raises ValueError where not even a single control would fit.
    """
    for controls in range(MOST_CONTROLS, 0, -1):
        smaller = palette.with_controls(controls)
        schema = build(smaller)
        if size(schema).within(most):
            return smaller, schema
    raise ValueError(size(build(palette.with_controls(1))))


def build(palette: Palette) -> Node:
    """The schema of an answer that may name what the palette has."""
    actions = [*_patterns(palette), *_settings(palette), *_desk(palette), *_whole()]
    return {
        **_closed(
            explain=_text("One or two sentences for the musician, in the language of the wish."),
            actions=_list({"anyOf": actions}),
        ),
        "$defs": {
            "step": _step(),
            **{_controls_of(seat): _controls(seat) for seat in palette.seats if seat.controls},
        },
    }


def size(schema: Node) -> Size:
    """What the service counts."""
    nodes = list(_nodes(schema, 0))
    enums = [value for node, _ in nodes for value in node.get("enum", ())]
    names = [name for node, _ in nodes for name in node.get("properties", {})]
    texts = [*names, *(value for value in enums if isinstance(value, str)), *schema.get("$defs", {})]
    depth = max(depth for _, depth in nodes)
    return Size(len(names), len(enums), depth, sum(len(text) for text in texts))


def _patterns(palette: Palette) -> list[Node]:
    return [_pattern(seat) for seat in palette.seats]


def _pattern(seat: Seat) -> Node:
    """The branch of one machine's patterns."""
    fields: dict[str, Node] = {
        "do": _one_of("pattern"),
        "machine": _one_of(seat.instance),
        "pattern": _text(
            "Its id: of a pattern that is there, which is changed, or a new one. a-z, 0-9, _, -, ."
        ),
        "length": {"type": "integer", "description": "Steps, 1 to 256."},
        "step_size": _one_of(*typing.get_args(StepSize)),
        "swing": _maybe("number", "Percent, 50 to 75; null takes the project's."),
    }
    if seat.machine.kind == "drums" and seat.machine.voices:
        voices = _one_of(*(voice.name for voice in seat.machine.voices))
        fields["rows"] = _list(_closed(voice=voices, steps=_text("A row.")))
    elif seat.machine.kind != "effect":
        fields["line"] = _maybe("string", "A line; null leaves the notes as they are.")
    if seat.machine.kind != "effect":
        fields["details"] = _list(_ref("step"), DETAILS)
    if seat.controls:
        point = _list({"type": "number"}, "[step, value 0 to 1]")
        fields["automation"] = _list(
            _closed(
                control=_ref(_controls_of(seat)), curve=_one_of(*typing.get_args(Curve)), points=_list(point)
            )
        )
    return _closed(**fields)


def _settings(palette: Palette) -> list[Node]:
    """A branch for each machine whose controls may be set."""
    return [
        _closed(
            do=_one_of("set"),
            machine=_one_of(seat.instance),
            values=_list(
                _closed(
                    control=_ref(_controls_of(seat)), value=_maybe("number", "0 to 1; null lets go of it.")
                )
            ),
        )
        for seat in palette.seats
        if seat.controls
    ]


def _desk(palette: Palette) -> list[Node]:
    """What puts machines on the desk and takes them off, and the mixer."""
    found = []
    if palette.offered:
        found.append(
            _closed(do=_one_of("add"), machine=_one_of(*(seat.instance for seat in palette.offered)))
        )
    if palette.standing:
        found.append(
            _closed(do=_one_of("remove"), machine=_one_of(*(seat.instance for seat in palette.standing)))
        )
    if palette.seats:
        every = _one_of(*(seat.instance for seat in palette.seats))
        levels = {name: _maybe("number", "0 to 1") for name in ("level", "send_a", "send_b")}
        found.append(
            _closed(
                do=_one_of("mix"),
                machine=every,
                pan=_maybe("number", "-1 to 1"),
                mute=_maybe("boolean"),
                solo=_maybe("boolean"),
                **levels,
            )
        )
        track = _closed(machine=every, name=_text("Of the track."), format=_one_of(*typing.get_args(Format)))
        found.append(_closed(do=_one_of("export"), tracks=_list(track)))
    return found


def _whole() -> list[Node]:
    """What concerns the piece."""
    key, scale = (_maybe_one_of(*typing.get_args(kind)) for kind in (Key, Scale))
    section = _closed(
        name=_text("As: intro"),
        bars={"type": "integer", "description": "1 to 512"},
        patterns=_list({"type": "string"}, "Ids, at most one of a machine."),
    )
    return [
        _closed(do=_one_of("delete"), pattern={"type": "string"}),
        _closed(do=_one_of("tempo"), bpm=_maybe("number", "20 to 300"), swing=_maybe("number", "50 to 75")),
        _closed(do=_one_of("key"), key=key, scale=scale),
        _closed(do=_one_of("arrange"), sections=_list(section)),
    ]


def _step() -> Node:
    """A full step, from the canonical schema: in strict mode each field is there, and has no bounds."""
    canonical = load("Step.v1")
    required = canonical["required"]
    fields = {
        name: {
            "type": field["type"] if name in required else [field["type"], "null"],
            "description": field["description"],
        }
        for name, field in canonical["properties"].items()
    }
    return _closed(**fields)


def _ref(name: str) -> Node:
    return {"$ref": f"#/$defs/{name}"}


def _controls_of(seat: Seat) -> str:
    return f"controls-{seat.instance}"


def _controls(seat: Seat) -> Node:
    return _one_of(*(control.name for control in seat.controls))


def _closed(**fields: Node) -> Node:
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def _list(items: Node, description: str = "") -> Node:
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def _text(description: str) -> Node:
    return {"type": "string", "description": description}


def _one_of(*values: str) -> Node:
    return {"type": "string", "enum": [*values]}


def _maybe_one_of(*values: str) -> Node:
    return {"type": ["string", "null"], "enum": [*values, None]}


def _maybe(kind: str, description: str = "") -> Node:
    return {"type": [kind, "null"], **({"description": description} if description else {})}


def _nodes(node: Node, depth: int) -> Iterator[tuple[Node, int]]:
    """Every schema within a schema, and how many objects and lists deep it is."""
    yield node, depth
    inside = [*node.get("properties", {}).values(), *node.get("$defs", {}).values(), *node.get("anyOf", ())]
    if "items" in node:
        inside.append(node["items"])
    for one in inside:
        yield from _nodes(one, depth + (one.get("type") in ("object", "array")))
