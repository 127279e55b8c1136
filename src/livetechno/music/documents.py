"""Values to plain documents and back, by the fields of their dataclasses.

    documents.write(step)                   {"t": 0, "note": 36, "vel": 110}
    documents.read(Step, {"t": 0, ...})     the Step; the document must follow the schema
    documents.encode(document)              the one text that stands for it

What a field holds where nothing is said is left out, so that equal values are equal texts.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

Value = TypeVar("Value")
Reader = Callable[[Any], Any]


def write(value: Any) -> dict[str, Any]:
    """A dataclass as a document of its own."""
    document = {}
    for name, usual in _usual(cast("Hashable", type(value))):
        held = getattr(value, name)
        if held != usual:
            document[name] = _plain(held)
    return document


def read(kind: type[Value], document: Mapping[str, Any]) -> Value:
    """The value that a document stands for. Raises ValueError for a number that is none (NaN, infinity)."""
    readers = _readers(cast("Hashable", kind))
    return kind(**{name: readers[name](held) for name, held in document.items() if name in readers})


def encode(document: Mapping[str, Any]) -> str:
    """The document as text, always the same for the same document."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(held: Any) -> Any:
    if isinstance(held, tuple):
        return [_plain(one) for one in held]
    if isinstance(held, Mapping):
        return {name: _plain(held[name]) for name in sorted(held)}
    if type(held) is float and held.is_integer():
        return int(held)
    return write(held) if dataclasses.is_dataclass(held) else held


@cache
def _usual(kind: Hashable) -> tuple[tuple[str, Any], ...]:
    """Each field with what it holds where nothing is said; a field that always says something has MISSING."""
    return tuple((field.name, _default(field)) for field in dataclasses.fields(cast("type", kind)))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@cache
def _readers(kind: Hashable) -> dict[str, Reader]:
    hints = typing.get_type_hints(kind)
    return {name: _reader(hints[name]) for name, _ in _usual(kind)}


def _reader(hint: Any) -> Reader:
    """What makes a field's value of what the document holds."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        each = _reader(inner[0])
        return lambda held: tuple(each(one) for one in held)
    if origin in (types.UnionType, typing.Union):
        return _reader_of_one(inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        each = _reader(inner[1])
        return lambda held: {name: each(held[name]) for name in sorted(held)}
    if dataclasses.is_dataclass(hint):
        return lambda held: read(cast("type", hint), held)
    if hint is float:
        return _number
    return int if hint is int else _as_it_is


def _reader_of_one(hints: tuple[Any, ...]) -> Reader:
    """For a field that may also be None or left as it is: the one hint that says more."""
    more = [hint for hint in hints if hint is not type(None) and not _is_a_sign(hint)]
    read_it = _reader(more[0])
    return lambda held: None if held is None else read_it(held)


def _is_a_sign(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Literal and isinstance(typing.get_args(hint)[0], Enum)


def _number(held: Any) -> float:
    number = float(held)
    if not math.isfinite(number):
        raise ValueError(number)
    return number + 0.0  # -0.0 is another text


def _as_it_is(held: Any) -> Any:
    return held
