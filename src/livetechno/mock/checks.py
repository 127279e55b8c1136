"""One field of a request's body at a time, refused in OpenAI's words when it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from livetechno.mock.wire import WireError

_KINDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
}


def kind_of(value: object) -> str:
    """What a JSON value is, with its article, as OpenAI's messages say it."""
    return "null" if value is None else _KINDS.get(type(value), type(value).__name__)


def wrong_type(param: str, expected: str, value: object) -> WireError:
    """The refusal of a value of another type than `expected`."""
    message = f"Invalid type for '{param}': expected {expected}, but got {kind_of(value)} instead."
    return WireError(message, param=param, code="invalid_type")


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of the body. `path` is its place in the body (`reasoning.`), for messages.

    Every reader gives None for a field that is absent or null, and raises WireError for a bad one.
    """

    values: Mapping[str, Any]
    path: str = ""

    def get(self, name: str) -> Any:
        """The raw value, or None."""
        return self.values.get(name)

    def allow_only(self, names: Collection[str]) -> None:
        """Refuse the first field that is not in `names`."""
        for name in self.values:
            if name not in names:
                raise WireError(
                    f"Unknown parameter: '{self.path}{name}'.",
                    param=self.path + name,
                    code="unknown_parameter",
                )

    def require(self, name: str) -> Any:
        """The raw value; its absence is refused."""
        if self.values.get(name) is None:
            raise WireError(
                f"Missing required parameter: '{self.path}{name}'.",
                param=self.path + name,
                code="missing_required_parameter",
            )
        return self.values[name]

    def text(self, name: str, longest: int | None = None) -> str | None:
        """A string of at most `longest` characters."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise wrong_type(self.path + name, "a string", value)
        if longest is not None and len(value) > longest:
            raise WireError(
                f"Invalid '{self.path}{name}': string too long. Expected a string with maximum length "
                f"{longest}, but got a string with length {len(value)} instead.",
                param=self.path + name,
                code="string_above_max_length",
            )
        return value

    def required_text(self, name: str) -> str:
        """A string; its absence is refused."""
        self.require(name)
        text = self.text(name)
        assert text is not None
        return text

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise wrong_type(self.path + name, "a boolean", value)
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number between `low` and `high`, both allowed."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(self.path + name, "a decimal", value)
        self._bounds(name, value, low, high, "decimal")
        return value

    def integer(self, name: str, low: int, high: int | None = None) -> int | None:
        """An integer between `low` and `high`, both allowed."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(self.path + name, "an integer", value)
        self._bounds(name, value, low, high, "integer")
        return value

    def _bounds(self, name: str, value: float, low: float, high: float | None, kind: str) -> None:
        if value < low:
            side, sign, bound, code = "below minimum", ">=", low, "below_min"
        elif high is not None and value > high:
            side, sign, bound, code = "above maximum", "<=", high, "above_max"
        else:
            return
        raise WireError(
            f"Invalid '{self.path}{name}': {kind} {side} value. Expected a value {sign} {bound}, "
            f"but got {shorten(value)} instead.",
            param=self.path + name,
            code=f"{kind}_{code}_value",
        )

    def choice(self, name: str, options: Collection[str]) -> str | None:
        """One of `options`."""
        value = self.text(name)
        if value is not None and value not in options:
            raise self.bad_value(name, value, options)
        return value

    def bad_value(self, name: str, value: object, options: Collection[str]) -> WireError:
        """The refusal of a value outside a list."""
        listed = ", ".join(f"'{option}'" for option in options)
        return WireError(
            f"Invalid value: {shorten(value)}. Supported values are: {listed}.",
            param=self.path + name,
            code="invalid_value",
        )

    def array(self, name: str, most: int | None = None) -> list[Any] | None:
        """A list of at most `most` items."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise wrong_type(self.path + name, "an array", value)
        if most is not None and len(value) > most:
            raise WireError(
                f"Invalid '{self.path}{name}': array too long. Expected an array with maximum length {most}, "
                f"but got an array with length {len(value)} instead.",
                param=self.path + name,
                code="array_above_max_length",
            )
        return value

    def inner(self, name: str) -> Fields | None:
        """An object, as Fields of its own."""
        value = self.get(name)
        return None if value is None else fields(value, self.path + name)


def fields(value: object, path: str) -> Fields:
    """The object at `path`. Raises WireError when it is none."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    return Fields(value, path + ".")


def shorten(value: object) -> str:
    """The value for a message: a long one is cut, so that a refusal stays short."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = "a value too long to show"
    return text if len(text) <= 80 else text[:77] + "..."
