"""Functions that the model may call: made from Python functions, run, and fed back in rounds."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin

from livetechno import words
from livetechno.gpt import structured
from livetechno.gpt.completions import Completion, Request, ToolSpec
from livetechno.gpt.errors import ReplyInvalidError, ToolRoundsError, UsageError
from livetechno.gpt.messages import Message, ToolCall, assistant, tool_result
from livetechno.gpt.threads import in_thread

ROUNDS = 8
"""Most times that the model may ask for functions before it must answer."""
LARGEST_RESULT = 100_000
"""Characters of a function's result that are sent to the model."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the service takes as a function's name."""
_JSON_TYPES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function with the description that the model reads."""

    spec: ToolSpec
    function: Callable[..., Any]


def tool(function: Callable[..., Any] | Tool) -> Tool:
    """A tool made from a function: its name, the first paragraph of its docstring, its annotations.

    Annotations may be str, int, float, bool, list[...], dict, Literal[...], Optional and unions with
    None. Raises UsageError, naming the parameter, for one without an annotation that we can describe.
    """
    if isinstance(function, Tool):
        return function
    if not callable(function):
        raise UsageError(words.say("reasons.tool.function", kind=type(function).__name__), code="tool")
    called = getattr(function, "__name__", "")
    if not _NAME.fullmatch(called):
        raise UsageError(words.say("reasons.tool.name", function=repr(function)), code="tool")
    try:
        hints, signature = typing.get_type_hints(function), inspect.signature(function)
    except (NameError, TypeError, ValueError) as error:
        reason = str(error)
    else:
        return _described(function, hints, signature)
    raise UsageError(f"{called}: {reason}", code="tool")


def _described(function: Callable[..., Any], hints: dict[str, Any], signature: inspect.Signature) -> Tool:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, parameter in signature.parameters.items():
        where = f"{function.__name__}({name})"
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise UsageError(words.say("reasons.tool.plain", where=where), code="tool")
        if name not in hints:
            raise UsageError(words.say("reasons.tool.annotation", where=where), code="tool")
        properties[name] = _schema(hints[name], where)
        if parameter.default is parameter.empty:
            required.append(name)
    described = inspect.getdoc(function) or ""
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Tool(ToolSpec(function.__name__, described.split("\n\n")[0], schema), function)


def _schema(hint: Any, where: str) -> dict[str, Any]:
    if hint in _JSON_TYPES:
        return {"type": _JSON_TYPES[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (list, tuple) or hint in (list, tuple):
        items = [argument for argument in arguments if argument is not Ellipsis]
        return {"type": "array", **({"items": _schema(items[0], where)} if items else {})}
    if origin is dict or hint is dict:
        return {"type": "object"}
    if origin is Union or origin is types.UnionType:
        return {"anyOf": [_schema(argument, where) for argument in arguments]}
    if hint is type(None):
        return {"type": "null"}
    raise UsageError(words.say("reasons.tool.type", where=where, type=repr(hint)), code="tool")


class Rounds:
    """The rounds of one question: what to ask next, and the calls and results in between.

    rounds = Rounds(request, tools)
    while await rounds.go_on(completion := await client.complete(rounds.request)):
        pass
    """

    def __init__(self, request: Request, tools: Iterable[Tool], most: int = ROUNDS) -> None:
        self._known = {one.spec.name: one for one in tools}
        self._most = most
        self._made = 0
        self.request = replace(request, tools=tuple(one.spec for one in self._known.values()))
        self.between: tuple[Message, ...] = ()

    async def go_on(self, completion: Completion) -> bool:
        """Run the functions that the answer calls and put their results into `request`.

        False when it calls none, which makes it the answer. What a function raises is told to the
        model, not to the caller. Raises ToolRoundsError past the most rounds.
        """
        if not completion.tool_calls:
            return False
        if not self._known:
            raise ReplyInvalidError(
                words.say("reasons.tool.unasked"),
                code="unasked_tool_call",
                request_id=completion.request_id,
            )
        if self._made >= self._most:
            raise ToolRoundsError(code="tool_rounds", rounds=self._most, request_id=completion.request_id)
        self._made += 1
        results = await asyncio.gather(*(run(call, self._known) for call in completion.tool_calls))
        told = (
            assistant(completion.text, completion.tool_calls),
            *(tool_result(call.id, text) for call, text in zip(completion.tool_calls, results, strict=True)),
        )
        self.between += told
        self.request = replace(self.request, messages=self.request.messages + told)
        return True


async def run(call: ToolCall, known: Mapping[str, Tool]) -> str:
    """The result of one call as text for the model; an error is told as `{"error": ...}`."""
    chosen = known.get(call.name)
    if chosen is None:
        return _error(f"no function {call.name}; there are {', '.join(known)}")
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return _error("the arguments are no JSON")
    problem = structured.misfit(arguments, chosen.spec.parameters)
    if problem:
        return _error(f"the arguments do not fit: {problem}")
    try:
        if inspect.iscoroutinefunction(chosen.function):
            result = await chosen.function(**arguments)
        else:
            result = await in_thread(chosen.function, **arguments)
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the function raises, sys.exit too, is told
        return _error(f"{type(error).__name__}: {error}")
    return text if len(text) <= LARGEST_RESULT else text[:LARGEST_RESULT] + "…"


def _error(reason: str) -> str:
    return json.dumps({"error": reason}, ensure_ascii=False)
