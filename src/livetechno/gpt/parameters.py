"""Which model takes which parameter, and how it is spelled for it.

Rules: OpenAI's documentation of the models, as the rows of the catalogue hold it; they go with the
name, whoever serves it. A known model gets `max_completion_tokens` (Chat Completions) or
`max_output_tokens` (Responses). A model that we do not know gets nothing but the limit of tokens from
OpenAI, and the classic names and everything given from a compatible server.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Literal

from livetechno import words
from livetechno.gpt import notices
from livetechno.gpt.catalogue import Endpoint, Model
from livetechno.gpt.completions import EFFORTS, VERBOSITIES, Parameters
from livetechno.gpt.errors import ParameterError

Reason = Literal[
    "model", "effort", "value", "endpoint", "unknown_model", "raised", "lowered", "refused_by_server"
]

RESPONSES_LEAST_TOKENS = 16
"""Responses refuses a smaller `max_output_tokens` (OpenAI's reference of the endpoint)."""
MOST_STOPS = 4
MOST_ANSWERS = 128
NOT_IN_RESPONSES = frozenset({"n", "seed", "stop", "presence_penalty", "frequency_penalty"})
"""Parameters that the Responses endpoint does not have."""

_NEUTRAL: dict[str, float] = {"top_p": 1, "n": 1, "presence_penalty": 0, "frequency_penalty": 0}
"""Values that ask for what happens anyway: leaving one out is nothing to tell."""
_SPELLINGS = {field.name: field.name for field in fields(Parameters)} | {
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "reasoning_effort": "effort",
}


_REFUSABLE = frozenset(
    {
        "frequency_penalty",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "n",
        "presence_penalty",
        "reasoning",
        "reasoning.effort",
        "reasoning_effort",
        "seed",
        "stop",
        "store",
        "stream_options",
        "stream_options.include_obfuscation",
        "stream_options.include_usage",
        "temperature",
        "text.verbosity",
        "top_p",
        "verbosity",
    }
)
"""What a request can do without, as the two wire formats spell it."""


class ParameterDroppedWarning(UserWarning):
    """A parameter was left out or changed, because the model does not take it as it was given."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A parameter left out, or sent with the value `sent` instead, and why."""

    parameter: str
    reason: Reason
    sent: int | None = None

    def text(self, model: str, language: str | None = None) -> str:
        """What was done, as a sentence."""
        return words.say(
            f"parameters.dropped.{self.reason}",
            language,
            parameter=self.parameter,
            model=model,
            sent=self.sent,
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """The part of the request's JSON that says how to generate, and what could not be taken along."""

    body: dict[str, Any]
    dropped: tuple[Dropped, ...] = ()


def check(parameters: Parameters) -> None:
    """Raises ParameterError, naming the parameter and what is allowed, for a value that makes no sense."""
    for name, makes_sense in _CHECKS.items():
        value = getattr(parameters, name)
        if value is not None and not makes_sense(value):
            raise ParameterError(
                parameter=name, allowed=words.say(f"parameters.allowed.{name}"), code="parameter_value"
            )


def from_keywords(keywords: Mapping[str, Any]) -> Parameters:
    """The parameters that keyword arguments name, in any of the usual spellings. None means not given.

    `max_tokens`, `max_completion_tokens` and `max_output_tokens` are one; so are `effort` and
    `reasoning_effort`; `stop` is a text or several. Raises ParameterError for an unknown keyword (with
    the nearest known one), for one given twice, and for a value that makes no sense.
    """
    values: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for keyword, value in keywords.items():
        name = _SPELLINGS.get(keyword)
        if name is None:
            raise _unknown(keyword)
        if value is None:
            continue
        if name in values:
            allowed = words.say("parameters.allowed.once", first=spelled[name], second=keyword)
            raise ParameterError(parameter=keyword, allowed=allowed, code="parameter_twice")
        values[name] = _stops(value) if name == "stop" else value
        spelled[name] = keyword
    parameters = Parameters(**values)
    check(parameters)
    return parameters


def fit(
    parameters: Parameters, model: Model | None, *, endpoint: Endpoint, openai: bool, strict: bool = False
) -> Fitted:
    """The parameters as this model takes them at this endpoint.

    `openai` (OpenAI's address, or Mock AI) matters for a model that we do not know. What does not fit
    is left out, or brought within the model's limits, and told in `dropped`.
    With `strict` it raises ParameterError for all that does not fit.
    """
    ruled = openai or model is not None
    given = {field.name: getattr(parameters, field.name) for field in fields(parameters)}
    kept = {name: value for name, value in given.items() if value is not None and value != ()}
    dropped: list[Dropped] = []
    for misfit in list(_misfits(kept, model, endpoint, ruled)):
        value = kept.pop(misfit.parameter)
        if misfit.sent is not None:
            kept[misfit.parameter] = misfit.sent
        if _NEUTRAL.get(misfit.parameter) != value:
            dropped.append(misfit)
    if strict and dropped:
        raise _refusal(dropped[0], model)
    return Fitted(_spell(kept, endpoint, ruled), tuple(dropped))


def leave_out(body: dict[str, Any], name: str) -> Literal["gone", "renamed"] | None:
    """Take the parameter that a server refused (dotted, in its spelling) out of a request's `body`.

    `max_tokens` is renamed to `max_completion_tokens` instead: a limit on cost is not lost in silence.
    None, and nothing changed, for what is not there and for what the call is about (messages, tools).
    """
    if name not in _REFUSABLE:
        return None
    *path, last = name.split(".")
    holder: Any = body
    for part in path:
        holder = holder.get(part) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or last not in holder:
        return None
    value = holder.pop(last)
    if name == "max_tokens" and "max_completion_tokens" not in body:
        body["max_completion_tokens"] = value
        return "renamed"
    return "gone"


def warn_dropped(dropped: Iterable[Dropped], model: str) -> None:
    """Issue one ParameterDroppedWarning for each, in the person's language."""
    for one in dropped:
        notices.warn(one.text(model), ParameterDroppedWarning)


def _misfits(
    given: Mapping[str, Any], model: Model | None, endpoint: Endpoint, ruled: bool
) -> Iterator[Dropped]:
    for name, value in given.items():
        if name == "max_tokens":
            yield from _out_of_bounds(value, model, endpoint)
            continue
        reason: Reason | None = "endpoint" if endpoint == "responses" and name in NOT_IN_RESPONSES else None
        if reason is None and ruled:
            reason = "unknown_model" if model is None else _misfit(name, value, model, endpoint, given)
        if reason is not None:
            yield Dropped(name, reason)


def _out_of_bounds(tokens: int, model: Model | None, endpoint: Endpoint) -> Iterator[Dropped]:
    if endpoint == "responses" and tokens < RESPONSES_LEAST_TOKENS:
        yield Dropped("max_tokens", "raised", RESPONSES_LEAST_TOKENS)
    elif model is not None and tokens > model.max_output:
        yield Dropped("max_tokens", "lowered", model.max_output)


def _misfit(
    name: str, value: Any, model: Model, endpoint: Endpoint, given: Mapping[str, Any]
) -> Reason | None:
    """Why OpenAI's `model` does not take the parameter; None when it does."""
    match name:
        case "temperature" | "top_p":
            return _sampling_misfit(name, value, model, given)
        case "effort":
            if not model.reasoning:
                return "model"
            if value not in model.efforts:
                return "value"
            # Chat Completions may answer 400 to the effort max.
            return "endpoint" if value == "max" and endpoint == "chat" else None
        case "verbosity":
            takes = model.verbosity
        case "stop":
            takes = model.stop
        case "presence_penalty" | "frequency_penalty":
            takes = model.penalties
        case _:
            takes = True
    return None if takes else "model"


def _sampling_misfit(name: str, value: Any, model: Model, given: Mapping[str, Any]) -> Reason | None:
    if model.sampling == "always" or (name == "temperature" and value == 1):
        return None
    if model.sampling == "never":
        return "model"
    effort = given.get("effort")
    resolved = effort if effort in model.efforts else model.default_effort
    return None if resolved == "none" else "effort"


def _refusal(dropped: Dropped, model: Model | None) -> ParameterError:
    most = "…" if model is None else model.max_output
    match dropped.reason:
        case "raised":
            allowed = f"{RESPONSES_LEAST_TOKENS} … {most}"
        case "lowered":
            allowed = f"1 … {most}"
        case "value":
            allowed = " | ".join(model.efforts if model else ())
        case "effort":
            allowed = words.say("parameters.allowed.only_without_effort")
        case _:
            allowed = words.say("parameters.allowed.left_out")
    name = words.say("parameters.this_model") if model is None else model.name
    return ParameterError(
        dropped.text(name), parameter=dropped.parameter, allowed=allowed, code="parameter_not_taken"
    )


def _spell(kept: Mapping[str, Any], endpoint: Endpoint, ruled: bool) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in kept.items():
        match name:
            case "max_tokens" if endpoint == "responses":
                body["max_output_tokens"] = value
            case "max_tokens" if ruled:
                body["max_completion_tokens"] = value
            case "effort" if endpoint == "responses":
                body["reasoning"] = {"effort": value}
            case "effort":
                body["reasoning_effort"] = value
            case "verbosity" if endpoint == "responses":
                body["text"] = {"verbosity": value}
            case "stop":
                body["stop"] = list(value)
            case _:
                body[name] = value
    return body


def _unknown(keyword: str) -> ParameterError:
    import difflib

    near = difflib.get_close_matches(keyword, _SPELLINGS, n=1, cutoff=0.6)
    detail = words.say("parameters.did_you_mean", name=near[0]) if near else ""
    return ParameterError(
        detail, parameter=keyword, allowed=", ".join(sorted(_SPELLINGS)), code="parameter_unknown"
    )


def _stops(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _number(value: object, low: float, high: float) -> bool:
    # A comparison with NaN is false, so NaN is refused too.
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _whole(value: object, low: float, high: float) -> bool:
    return isinstance(value, int) and _number(value, low, high)


def _are_stops(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) <= MOST_STOPS
        and all(isinstance(text, str) and text for text in value)
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "temperature": partial(_number, low=0, high=2),
    "top_p": partial(_number, low=0, high=1),
    "max_tokens": partial(_whole, low=1, high=math.inf),
    "presence_penalty": partial(_number, low=-2, high=2),
    "frequency_penalty": partial(_number, low=-2, high=2),
    "stop": _are_stops,
    "seed": partial(_whole, low=-(2**63), high=2**63 - 1),
    "n": partial(_whole, low=1, high=MOST_ANSWERS),
    "effort": lambda value: isinstance(value, str) and value in EFFORTS,
    "verbosity": lambda value: isinstance(value, str) and value in VERBOSITIES,
}
