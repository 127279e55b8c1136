"""What a body of either endpoint asks for, as one value.

Each field is checked as OpenAI checks it; an unknown one is refused, so that a client's mistake
shows here rather than with a key. Rules that differ by model are in `rules`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from livetechno.gpt.completions import EFFORTS, VERBOSITIES, ToolSpec
from livetechno.gpt.messages import Message
from livetechno.mock.checks import Fields, fields, wrong_type
from livetechno.mock.conversation import read_input, read_messages
from livetechno.mock.hints import word_set
from livetechno.mock.wire import WireError

Endpoint = Literal["chat", "responses"]
Choice = Literal["auto", "none", "required", "named"]
Shape = Literal["text", "json_object", "json_schema"]

TIERS = ("auto", "default", "flex", "scale", "priority", "fast")
MOST_TOOLS = 128
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

CHAT_FIELDS = word_set("""
    model messages temperature top_p max_tokens max_completion_tokens presence_penalty
    frequency_penalty logit_bias logprobs top_logprobs stop seed n reasoning_effort verbosity tools
    tool_choice parallel_tool_calls response_format stream stream_options service_tier user
    safety_identifier prompt_cache_key prompt_cache_options prompt_cache_retention metadata store
""")
RESPONSES_FIELDS = word_set("""
    model input instructions temperature top_p top_logprobs max_output_tokens reasoning text tools
    tool_choice parallel_tool_calls stream stream_options service_tier user safety_identifier
    prompt_cache_key prompt_cache_options prompt_cache_retention metadata store include
    previous_response_id truncation max_tool_calls background
""")
COUNT_FIELDS = word_set("""
    model input instructions reasoning text tools tool_choice parallel_tool_calls
    previous_response_id truncation
""")
"""What /responses/input_tokens takes (OpenAI's SDK 3.54.0)."""
NOT_HERE = word_set("""
    functions function_call audio modalities prediction web_search_options moderation conversation
    prompt
""")
"""What OpenAI takes and Mock AI does not: said so, rather than ignored."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """The numbers of a request, as given; None where it gave none."""

    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: Mapping[str, Any] | None = None
    logprobs: bool = False
    top_logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an answer."""

    endpoint: Endpoint
    model: str
    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int | None = None
    max_tokens_field: str = "max_tokens"
    """How the body spelled it."""
    stop: tuple[str, ...] = ()
    n: int = 1
    seed: int | None = None
    effort: str | None = None
    verbosity: str | None = None
    reasoning_summary: bool = False
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: Choice = "auto"
    tool_name: str | None = None
    parallel: bool = True
    shape: Shape = "text"
    schema: Mapping[str, Any] | None = None
    strict: bool = False
    stream: bool = False
    include_usage: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)


def read_chat(body: Mapping[str, Any]) -> Asked:
    """What a body of /chat/completions asks for. Raises WireError, naming the field, for a bad one."""
    top = _top(body, CHAT_FIELDS)
    model = _model(top)
    messages = read_messages(top)
    if top.get("max_tokens") is not None and top.get("max_completion_tokens") is not None:
        raise WireError(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    limit = "max_tokens" if top.get("max_tokens") is not None else "max_completion_tokens"
    stream = top.flag("stream") or False
    options = top.inner("stream_options")
    if options and not stream:
        raise WireError(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    shape, schema, strict = _shape(top.inner("response_format"), nested="json_schema")
    tools = _tools(top, nested=True)
    choice, named = _tool_choice(top, tools, nested=True)
    return Asked(
        endpoint="chat",
        model=model,
        messages=messages,
        sampling=_sampling(top),
        max_tokens=top.integer(limit, 1),
        max_tokens_field=limit,
        stop=_stop(top),
        n=top.integer("n", 1, 128) or 1,
        seed=top.integer("seed", -(2**63), 2**63 - 1),
        effort=top.choice("reasoning_effort", EFFORTS),
        verbosity=top.choice("verbosity", VERBOSITIES),
        tools=tools,
        tool_choice=choice,
        tool_name=named,
        parallel=top.flag("parallel_tool_calls") is not False,
        shape=shape,
        schema=schema,
        strict=strict,
        stream=stream,
        include_usage=bool(options and options.flag("include_usage")),
        body=body,
    )


def read_responses(
    body: Mapping[str, Any],
    earlier: tuple[Message, ...] = (),
    known: frozenset[str] = RESPONSES_FIELDS,
) -> Asked:
    """What a body of /responses asks for, after the messages of `previous_response_id`.

    Raises WireError, naming the field, for a bad one and for one that is not `known`.
    """
    top = _top(body, known)
    model = _model(top)
    if top.flag("background"):
        raise _not_here("background")
    instructions = top.text("instructions")
    begin = (Message("system", instructions),) if instructions else ()
    reasoning = top.inner("reasoning") or Fields({}, "reasoning.")
    reasoning.allow_only(("effort", "summary", "generate_summary", "mode", "context"))
    text = top.inner("text") or Fields({}, "text.")
    text.allow_only(("format", "verbosity"))
    shape, schema, strict = _shape(text.inner("format"), nested=None)
    tools = _tools(top, nested=False)
    choice, named = _tool_choice(top, tools, nested=False)
    return Asked(
        endpoint="responses",
        model=model,
        messages=begin + read_input(top, earlier),
        sampling=_sampling(top),
        max_tokens=top.integer("max_output_tokens", 16),
        max_tokens_field="max_output_tokens",
        effort=reasoning.choice("effort", EFFORTS),
        verbosity=text.choice("verbosity", VERBOSITIES),
        reasoning_summary=reasoning.choice("summary", ("auto", "concise", "detailed")) is not None,
        tools=tools,
        tool_choice=choice,
        tool_name=named,
        parallel=top.flag("parallel_tool_calls") is not False,
        shape=shape,
        schema=schema,
        strict=strict,
        stream=top.flag("stream") or False,
        body=body,
    )


def _top(body: Mapping[str, Any], known: frozenset[str]) -> Fields:
    top = Fields(body)
    for name in body:
        if name in NOT_HERE and body[name] is not None:
            raise _not_here(name)
    top.allow_only(known | NOT_HERE)
    top.choice("service_tier", TIERS)
    top.flag("store")
    top.inner("metadata")
    for name in ("user", "safety_identifier", "prompt_cache_key"):
        top.text(name)
    return top


def _not_here(param: str) -> WireError:
    return WireError(
        f"Unsupported parameter: '{param}' is not supported by Mock AI.",
        param=param,
        code="unsupported_parameter",
    )


def _model(top: Fields) -> str:
    if top.get("model") in (None, ""):
        raise WireError(
            "you must provide a model parameter", param="model", code="missing_required_parameter"
        )
    model = top.text("model")
    assert model is not None
    return model


def _sampling(top: Fields) -> Sampling:
    bias = top.inner("logit_bias")
    return Sampling(
        temperature=top.number("temperature", 0, 2),
        top_p=top.number("top_p", 0, 1),
        presence_penalty=top.number("presence_penalty", -2, 2),
        frequency_penalty=top.number("frequency_penalty", -2, 2),
        logit_bias=bias.values if bias else None,
        logprobs=top.flag("logprobs") or False,
        top_logprobs=top.integer("top_logprobs", 0, 20),
    )


def _stop(top: Fields) -> tuple[str, ...]:
    value = top.get("stop")
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value else ()
    stops = top.array("stop", most=4) or []
    for index, stop in enumerate(stops):
        if not isinstance(stop, str):
            raise wrong_type(f"stop[{index}]", "a string", stop)
    return tuple(stop for stop in stops if stop)


def _shape(form: Fields | None, nested: str | None) -> tuple[Shape, Mapping[str, Any] | None, bool]:
    if form is None:
        return "text", None, False
    form.require("type")
    shape = form.choice("type", ("text", "json_object", "json_schema"))
    if shape == "text":
        return "text", None, False
    if shape == "json_object":
        return "json_object", None, False
    if nested:
        form.require(nested)
        inner = form.inner(nested)
        assert inner is not None
        form = inner
    _name(form)
    form.require("schema")
    schema = form.inner("schema")
    assert schema is not None
    return "json_schema", schema.values, form.flag("strict") or False


def _name(item: Fields) -> str:
    name = item.required_text("name")
    if not _NAME.fullmatch(name):
        raise WireError(
            f"Invalid '{item.path}name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            param=f"{item.path}name",
            code="invalid_value",
        )
    return name


def _tools(top: Fields, *, nested: bool) -> tuple[ToolSpec, ...]:
    tools: list[ToolSpec] = []
    for index, plain in enumerate(top.array("tools", most=MOST_TOOLS) or []):
        item = fields(plain, f"tools[{index}]")
        if item.require("type") != "function":
            raise WireError(
                f"Mock AI only knows tools of type 'function', not {item.get('type')!r:.40}.",
                param=f"tools[{index}].type",
                code="invalid_value",
            )
        if nested:
            item.require("function")
            inner = item.inner("function")
            assert inner is not None
            item = inner
        parameters = item.inner("parameters")
        tools.append(
            ToolSpec(
                _name(item),
                item.text("description") or "",
                dict(parameters.values) if parameters else {"type": "object", "properties": {}},
                item.flag("strict") or False,
            )
        )
    return tuple(tools)


def _tool_choice(top: Fields, tools: tuple[ToolSpec, ...], *, nested: bool) -> tuple[Choice, str | None]:
    value = top.get("tool_choice")
    if value is None:
        return "auto", None
    if not tools:
        raise WireError("'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice")
    if isinstance(value, str):
        match value:
            case "auto" | "none" | "required":
                return value, None
            case _:
                raise top.bad_value("tool_choice", value, ("none", "auto", "required"))
    item = fields(value, "tool_choice")
    if item.require("type") != "function":
        raise item.bad_value("type", item.get("type"), ("function",))
    if nested:
        item.require("function")
        inner = item.inner("function")
        assert inner is not None
        item = inner
    name = item.required_text("name")
    if name not in {tool.name for tool in tools}:
        raise WireError(
            f"Tool choice '{name:.64}' not found in 'tools' parameter.",
            param="tool_choice",
            code="invalid_value",
        )
    return "named", name
