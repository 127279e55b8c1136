"""The wire format of `POST /chat/completions`: a request out, an answer or its stream in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livetechno.gpt import failures
from livetechno.gpt.completions import Completion, Finish, Request, StreamEvent, TextDelta, Usage
from livetechno.gpt.errors import RefusedByModelError, ReplyInvalidError, StreamCutError
from livetechno.gpt.messages import ToolCall, to_plain
from livetechno.gpt.sse import ServerEvent
from livetechno.gpt.wire import count, details, items, parse, text_or_none

PATH = "/chat/completions"

_FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def body(request: Request, model: str, parameters: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
    """The JSON document to send. `parameters` are already fitted to the model."""
    document: dict[str, Any] = {
        "model": model,
        "messages": [to_plain(message) for message in request.messages],
        **parameters,
    }
    if request.tools:
        document["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    **({"strict": True} if tool.strict else {}),
                },
            }
            for tool in request.tools
        ]
    if request.schema is not None:
        document["response_format"] = {
            "type": "json_schema",
            "json_schema": {
                "name": request.schema.name,
                "schema": request.schema.schema,
                "strict": request.schema.strict,
            },
        }
    if stream:
        document["stream"] = True
        document["stream_options"] = {"include_usage": True}
    return document


def read(reply: object, *, request_id: str | None = None) -> Completion:
    """The answer that a whole reply holds. Raises ReplyInvalidError when it is not in the form."""
    match reply:
        case {"choices": [{"message": dict() as message} as first, *others]}:
            pass
        case {"error": dict() as told}:
            raise failures.from_event(told, request_id=request_id)
        case _:
            raise ReplyInvalidError("no choices", code="no_choices", request_id=request_id)
    assert isinstance(reply, dict)
    text = message.get("content") or ""
    refusal = message.get("refusal")
    if not isinstance(text, str):
        raise ReplyInvalidError("content is no text", code="content_type", request_id=request_id)
    if not text and isinstance(refusal, str) and refusal:
        raise RefusedByModelError(refusal, code="refusal", request_id=request_id)
    calls = tuple(_tool_call(call, request_id) for call in items(message.get("tool_calls")))
    told_finish = first.get("finish_reason")
    return Completion(
        text=text,
        model=text_or_none(reply.get("model")) or "",
        finish=_FINISHES.get(str(told_finish), "tool_calls" if calls else "stop"),
        usage=usage(reply.get("usage")),
        request_id=request_id,
        id=text_or_none(reply.get("id")),
        tool_calls=calls,
        alternatives=tuple(_alternative(other) for other in others),
        reasoning=text_or_none(message.get("reasoning_content")) or "",
        service_tier=text_or_none(reply.get("service_tier")),
    )


def usage(told: object) -> Usage | None:
    """Tokens from a `usage` object of Chat Completions, or None where there is none."""
    if not isinstance(told, dict):
        return None
    prompt, output = details(told, "prompt_tokens_details"), details(told, "completion_tokens_details")
    return Usage(
        input_tokens=count(told.get("prompt_tokens")),
        output_tokens=count(told.get("completion_tokens")),
        cached_tokens=count(prompt.get("cached_tokens")),
        cache_write_tokens=count(prompt.get("cache_write_tokens")),
        cache_write_12h_tokens=count(prompt.get("cache_write_12h_tokens") or prompt.get("ttl_12h")),
        reasoning_tokens=count(output.get("reasoning_tokens")),
    )


class Assembler:
    """Puts a streamed answer together. `feed` each event; then `completion` gives the whole."""

    __slots__ = (
        "_calls",
        "_finishes",
        "_head",
        "_reasoning",
        "_refusal",
        "_request_id",
        "_texts",
        "_usage",
        "ended",
    )

    def __init__(self, request_id: str | None = None) -> None:
        self._request_id = request_id
        self._head: dict[str, Any] = {}
        self._texts: dict[int, list[str]] = {0: []}
        self._finishes: dict[int, str] = {}
        self._calls: dict[int, dict[str, str]] = {}
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._usage: Usage | None = None
        self.ended = False

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._texts[0])

    def feed(self, event: ServerEvent) -> StreamEvent | None:
        """What the event brings to show, if anything. Raises what an `error` in the stream says."""
        if event.data == "[DONE]":
            self.ended = True
            return None
        chunk = parse(event.data, self._request_id)
        if told := chunk.get("error"):
            raise failures.from_event(
                told if isinstance(told, dict) else {"message": str(told)}, request_id=self._request_id
            )
        if not self._head and chunk.get("model"):
            self._head = chunk
        if chunk.get("usage"):
            self._usage = usage(chunk["usage"])
        if chunk.get("service_tier"):
            self._head = {**self._head, "service_tier": chunk["service_tier"]}
        piece = ""
        for choice in self._choices(chunk):
            piece += self._choice(choice)
        return TextDelta(piece) if piece else None

    def _choices(self, chunk: dict[str, Any]) -> list[Any]:
        choices = chunk.get("choices")
        if choices is not None and not isinstance(choices, list):
            raise ReplyInvalidError("choices is no list", code="chunk_form", request_id=self._request_id)
        return choices or []

    def _choice(self, choice: object) -> str:
        if not isinstance(choice, dict):
            raise ReplyInvalidError("a choice is no object", code="chunk_form", request_id=self._request_id)
        index = count(choice.get("index"))
        if choice.get("finish_reason"):
            self._finishes[index] = str(choice["finish_reason"])
        delta = choice.get("delta") or {}
        if not isinstance(delta, dict):
            raise ReplyInvalidError("a delta is no object", code="chunk_form", request_id=self._request_id)
        text = delta.get("content") or ""
        if text:
            if not isinstance(text, str):
                raise ReplyInvalidError(
                    "content is no text", code="content_type", request_id=self._request_id
                )
            self._texts.setdefault(index, []).append(text)
        if delta.get("tool_calls"):
            self._tool_calls(delta["tool_calls"])
        if delta.get("reasoning_content"):
            self._reasoning.append(str(delta["reasoning_content"]))
        if delta.get("refusal"):
            self._refusal.append(str(delta["refusal"]))
        return text if index == 0 else ""

    def _tool_calls(self, pieces: object) -> None:
        for piece in items(pieces):
            if not isinstance(piece, dict):
                continue
            call = self._calls.setdefault(count(piece.get("index")), {"id": "", "name": "", "arguments": ""})
            function = details(piece, "function")
            call["id"] = call["id"] or str(piece.get("id") or "")
            call["name"] += str(function.get("name") or "")
            call["arguments"] += str(function.get("arguments") or "")

    def completion(self) -> Completion:
        """The whole answer. Raises StreamCutError when the stream ended before a finish."""
        if 0 not in self._finishes or any(index not in self._finishes for index in self._texts):
            raise StreamCutError(code="no_finish", request_id=self._request_id)
        if not self._texts[0] and self._refusal:
            raise RefusedByModelError("".join(self._refusal), code="refusal", request_id=self._request_id)
        calls = tuple(
            ToolCall(call["id"] or f"call_{index}", call["name"], call["arguments"])
            for index, call in sorted(self._calls.items())
        )
        return Completion(
            text=self.text,
            model=text_or_none(self._head.get("model")) or "",
            finish=_FINISHES.get(self._finishes[0], "stop"),
            usage=self._usage,
            request_id=self._request_id,
            id=text_or_none(self._head.get("id")),
            tool_calls=calls,
            alternatives=tuple("".join(self._texts[index]) for index in sorted(self._texts) if index),
            reasoning="".join(self._reasoning),
            service_tier=text_or_none(self._head.get("service_tier")),
        )


def _tool_call(call: object, request_id: str | None) -> ToolCall:
    match call:
        case {"id": str(call_id), "function": {"name": str(name), "arguments": str(arguments)}}:
            return ToolCall(call_id, name, arguments)
        case _:
            raise ReplyInvalidError("a tool call is not in the form", code="tool_call", request_id=request_id)


def _alternative(choice: object) -> str:
    match choice:
        case {"message": {"content": str(text)}}:
            return text
        case _:
            return ""
