"""What is asked of a model and what it answers, as values that no wire format shows through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from livetechno.gpt.messages import Message, ToolCall

Finish = Literal["stop", "length", "tool_calls", "content_filter"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
EFFORTS: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
VERBOSITIES: tuple[Verbosity, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Parameters:
    """How to generate. None leaves the choice to the server. Checked by `livetechno.gpt.parameters`."""

    temperature: float | None = None
    """0 to 2."""
    top_p: float | None = None
    """0 to 1: nucleus sampling."""
    max_tokens: int | None = None
    """Most tokens of the reply, reasoning included."""
    presence_penalty: float | None = None
    """-2 to 2."""
    frequency_penalty: float | None = None
    """-2 to 2."""
    stop: tuple[str, ...] = ()
    """Up to 4 texts at which to stop."""
    seed: int | None = None
    n: int | None = None
    """How many answers, 1 to 128."""
    effort: Effort | None = None
    verbosity: Verbosity | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function that the model may call: its name, what it does, a JSON Schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON Schema that the answer must follow. `strict` as in OpenAI's structured output."""

    name: str
    schema: dict[str, Any]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """One call: the messages, the model (a name or an alias), and how to answer."""

    messages: tuple[Message, ...]
    model: str = "chat"
    parameters: Parameters = field(default_factory=Parameters)
    tools: tuple[ToolSpec, ...] = ()
    schema: Schema | None = None
    purpose: str = "chat"
    """What the call is for, as a word; with `conversation`, under which the books keep what it cost."""
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them.

    `input_tokens` includes `cached_tokens` and `cache_write_tokens`; `output_tokens` includes
    `reasoning_tokens`. `cache_write_12h_tokens` is the part of the writes kept for twelve hours.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_12h_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer, whole."""

    text: str
    model: str
    """As the server names it, which may be more precise than what was asked for."""
    finish: Finish
    usage: Usage | None = None
    request_id: str | None = None
    id: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    alternatives: tuple[str, ...] = ()
    """The other texts when several were asked for (`n`)."""
    reasoning: str = ""
    """A summary of the model's reasoning, where it gives one."""
    service_tier: str | None = None
    """The tier that was really used; prices follow it."""
    parsed: Any = None
    """The document, read and validated, when a schema was asked for."""
    attempts: int = 1
    """Tries that it took."""

    @property
    def written(self) -> str:
        """All that the model wrote, its reasoning and its calls of functions included, to count it."""
        called = [part for call in self.tool_calls for part in (call.name, call.arguments)]
        return "".join((self.reasoning, self.text, *self.alternatives, *called))


@dataclass(frozen=True, slots=True)
class Begun:
    """A stream has begun, under the id that the server gave the call. Each try that gets so far has one."""

    request_id: str | None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, as it arrives."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's summary of its reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The stream's last event: the answer, whole."""

    completion: Completion


StreamEvent = Begun | TextDelta | ReasoningDelta | Done
