"""An answer as decided and cut to its limits, before it takes the form of an endpoint.

The same seed and the same wish give the same words: on every day, at either endpoint, whole or
streamed, and however the wish is spelled (`max_tokens` or `max_completion_tokens`, a stop as text
or as a list, a message as text or in parts).
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from livetechno.gpt import tokens
from livetechno.gpt.catalogue import Model
from livetechno.gpt.messages import ToolCall
from livetechno.mock import brain, calling, composing, rules, schemas, strict, usage
from livetechno.mock.asked import Asked
from livetechno.mock.hints import read_hints
from livetechno.mock.usage import TokenUsage

Finish = Literal["stop", "length", "tool_calls", "content_filter"]

CREATED = 1_767_225_600
"""When every answer says that it was made: the first second of 2026, so that no clock changes its bytes."""
_SPELLING = ("endpoint", "max_tokens_field", "stream", "include_usage", "body")
"""What a request says of the form of its answer, not of the answer."""
_USUAL: Mapping[str, object] = MappingProxyType(
    {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "verbosity": "medium"}
)
"""What holds where a request says nothing: to say it changes nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers: the text of its tokens, or the functions to call; and why it ended."""

    pieces: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    finish: Finish = "stop"
    refusal: bool = False
    """Whether the text is a refusal."""

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Answer:
    """All that goes out: the choices, the tokens, and a digest of seed and wish that names it."""

    digest: str
    asked: Asked
    model: Model
    effort: str | None
    tier: str
    choices: tuple[Choice, ...]
    usage: TokenUsage
    thoughts: str = ""
    """The summary of its reasoning, when one was asked for."""


def answer(asked: Asked, model: Model, seed: int) -> Answer:
    """What Mock AI answers. Raises WireError for a schema that cannot be followed."""
    if asked.schema is not None:
        place = "response_format" if asked.endpoint == "chat" else "text.format.schema"
        name = "response_format 'json_schema'"
        strict.check_schema(asked.schema, strict=asked.strict, name=name, param=place)
    for index, tool in enumerate(asked.tools):
        place = (
            f"tools[{index}].function.parameters"
            if asked.endpoint == "chat"
            else f"tools[{index}].parameters"
        )
        whole = {"type": "object", **tool.parameters}
        strict.check_schema(whole, strict=tool.strict, name=f"function '{tool.name}'", param=place)
    effort = rules.effort_of(asked, model)
    digest = _digest(replace(asked, effort=effort), seed)
    thinking = usage.reasoning_tokens(effort, asked.max_tokens)
    choices = tuple(_choice(asked, digest, index, thinking) for index in range(asked.n))
    output = sum(len(choice.pieces) + _call_tokens(choice, model) for choice in choices) + thinking * asked.n
    used = TokenUsage(
        input=usage.input_tokens(asked.messages, asked.model, asked.tools, asked.schema),
        cached=usage.cached_tokens(asked.messages, asked.model),
        output=output,
        reasoning=thinking * asked.n,
    )
    thoughts = brain.thoughts(asked) if asked.reasoning_summary and thinking else ""
    return Answer(digest, asked, model, effort, _tier(asked), choices, used, thoughts)


def cut_short(given: Answer, finish: Finish) -> Answer:
    """The answer, ended half way for the reason `finish`."""
    choices = tuple(
        replace(choice, pieces=choice.pieces[: max(1, len(choice.pieces) // 2)], calls=(), finish=finish)
        for choice in given.choices
    )
    return replace(given, choices=choices)


def with_text(given: Answer, text: str, *, refusal: bool = False) -> Answer:
    """The answer with other words in every choice."""
    choice = Choice(pieces=tuple(usage.pieces(text, given.asked.model)), refusal=refusal)
    return replace(given, choices=tuple(choice for _ in given.choices))


def _choice(asked: Asked, digest: str, index: int, thinking: int) -> Choice:
    dice = random.Random(f"{digest}/{index}")
    calls = calling.calls_for(asked, dice)
    if calls:
        made = tuple(
            ToolCall(f"call_{_short(digest, 'call', index, place)}", name, given)
            for place, (name, given) in enumerate(calls)
        )
        return Choice(calls=made, finish="tool_calls")
    return _limited(_words(asked, dice), asked, thinking)


def _words(asked: Asked, dice: random.Random) -> str:
    said = calling.last_words(asked)
    music = composing.document(asked, dice)
    if music is not None:
        return json.dumps(music, ensure_ascii=False, separators=(",", ":"))
    if asked.schema is not None:
        made = schemas.document(asked.schema, dice, read_hints(said))
        return json.dumps(made, ensure_ascii=False)
    if asked.shape == "json_object":
        return json.dumps({"answer": brain.reply(asked, dice), "mock": True}, ensure_ascii=False)
    return brain.reply(asked, dice)


def _limited(text: str, asked: Asked, thinking: int) -> Choice:
    """The text up to the first stop and within the limit, which reasoning shares."""
    stops = [place for stop in asked.stop if (place := text.find(stop)) >= 0]
    if stops:
        text = text[: min(stops)]
    pieces = usage.pieces(text, asked.model)
    room = None if asked.max_tokens is None else asked.max_tokens - thinking
    if room is not None and len(pieces) > room:
        return Choice(tuple(pieces[:room]), finish="length")
    return Choice(tuple(pieces))


def _call_tokens(choice: Choice, model: Model) -> int:
    encoding = tokens.encoding_for(model.name)
    return sum(tokens.count(call.name + call.arguments, encoding) for call in choice.calls)


def _tier(asked: Asked) -> str:
    wanted = asked.body.get("service_tier") or "auto"
    return {"auto": "default", "fast": "priority"}.get(wanted, wanted)


def _digest(asked: Asked, seed: int) -> str:
    """Of the seed and all that is wanted, as values."""
    told = json.dumps([seed, _values(asked)], sort_keys=True, default=_values)
    return hashlib.sha256(told.encode()).hexdigest()


def _values(given: Any) -> dict[str, Any]:
    """The fields of a dataclass that ask for something; 1 and 1.0 alike."""
    named = {field.name: getattr(given, field.name) for field in fields(given) if field.name not in _SPELLING}
    return {
        name: float(value) if type(value) is int else value
        for name, value in named.items()
        if value is not None and value != _USUAL.get(name)
    }


def _short(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:24]
