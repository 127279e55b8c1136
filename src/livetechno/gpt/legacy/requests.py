"""What a script passes to `ChatCompletion.create`, as one of our requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from livetechno import words
from livetechno.gpt import parameters
from livetechno.gpt.completions import Request, ToolSpec
from livetechno.gpt.errors import ParameterError, UsageError
from livetechno.gpt.legacy.notices import tell
from livetechno.gpt.messages import Message, from_plain

LEFT_OUT = frozenset({"logit_bias", "user"})
"""Parameters of 0.27 that change little, and that our client does not send."""
_LAST_CALL = "call_legacy"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a script: what to send, whether streamed, and whether in the form of functions."""

    request: Request
    stream: bool
    functions: bool


def read(given: Mapping[str, Any]) -> Asked:
    """The call that keyword arguments of `ChatCompletion.create` describe.

    `functions` become tools; with `function_call` (or `tool_choice`) "none" none is offered, and of a
    named one only that. Raises UsageError and ParameterError, naming the parameter at fault.
    """
    rest = dict(given)
    model = rest.pop("model", None) or rest.pop("engine", None) or rest.pop("deployment_id", None)
    rest = {name: value for name, value in rest.items() if name not in ("engine", "deployment_id")}
    if model is None:
        raise ParameterError(parameter="model", allowed=words.say("catalogue.a_name"), code="model_missing")
    messages = plain_messages(rest.pop("messages", None))
    stream = bool(rest.pop("stream", False))
    functions, choice = rest.pop("functions", None), rest.pop("function_call", None)
    tools, tool_choice = rest.pop("tools", None), rest.pop("tool_choice", None)
    for name in sorted(LEFT_OUT & rest.keys()):
        if rest.pop(name):
            tell(words.say("legacy.left_out", parameter=name))
    specs = _specs(functions, "functions") + _specs([_inner(one) for one in tools or ()], "tools")
    request = Request(
        messages,
        model,
        parameters.from_keywords(rest),
        tools=_chosen(specs, choice if functions else _inner_choice(tool_choice)),
    )
    return Asked(request, stream, functions=bool(functions))


def plain_messages(messages: object) -> tuple[Message, ...]:
    """Our messages from a script's list of dicts, 0.27's function calls and results among them.

    Raises UsageError when it is no such list.
    """
    if not isinstance(messages, (list, tuple)) or not messages:
        raise UsageError(words.say("reasons.messages"), code="messages_type", parameter="messages")
    read_: list[Message] = []
    calls = 0
    for message in messages:
        match message:
            case {"role": "assistant", "function_call": {"name": str(name), "arguments": arguments}}:
                calls += 1
                function = {"name": name, "arguments": arguments}
                call = {"id": f"{_LAST_CALL}_{calls}", "type": "function", "function": function}
                read_.append(from_plain({**message, "tool_calls": [call]}))
            case {"role": "function", "content": content}:
                result = {"role": "tool", "content": content, "tool_call_id": f"{_LAST_CALL}_{calls}"}
                read_.append(from_plain(result))
            case _:
                read_.append(from_plain(message))
    return tuple(read_)


def _inner(tool: object) -> object:
    return tool.get("function") if isinstance(tool, Mapping) else tool


def _inner_choice(choice: object) -> object:
    return choice.get("function") if isinstance(choice, Mapping) else choice


def _specs(functions: object, parameter: str) -> tuple[ToolSpec, ...]:
    if functions is None:
        return ()
    specs: list[ToolSpec] = []
    for function in functions if isinstance(functions, Iterable) else (None,):
        match function:
            case {"name": str(name), **rest}:
                schema = rest.get("parameters")
                if not isinstance(schema, dict):
                    schema = {"type": "object", "properties": {}}
                specs.append(ToolSpec(name, str(rest.get("description") or ""), schema))
            case _:
                raise UsageError(
                    words.say("reasons.functions", parameter=parameter),
                    code="functions",
                    parameter=parameter,
                )
    return tuple(specs)


def _chosen(specs: tuple[ToolSpec, ...], choice: object) -> tuple[ToolSpec, ...]:
    match choice:
        case "none":
            return ()
        case {"name": str(name)}:
            return tuple(spec for spec in specs if spec.name == name)
        case _:
            return specs
