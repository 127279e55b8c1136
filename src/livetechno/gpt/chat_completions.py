"""The wire format of `POST /chat/completions`: a request out, an answer or its stream in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livetechno.gpt import failures
from livetechno.gpt.completions import Completion, Finish, Request, StreamEvent, TextDelta, Usage
from livetechno.gpt.errors import RefusedByModelError, ReplyInvalidError, StreamCutError
from livetechno.gpt.messages import ToolCall, to_plain
from livetechno.gpt.sse import ServerEvent
from livetechno.gpt.wire import Joiner, count, details, items, number, parse, text_or_none, whole

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
        case {"choices": [{"message": dict()}, *_] as choices}:
            first, *others = sorted(choices, key=_index)
        case {"error": dict() as told}:
            raise failures.from_event(told, request_id=request_id)
        case _:
            raise ReplyInvalidError("no choices", code="no_choices", request_id=request_id)
    assert isinstance(reply, dict)
    message = first["message"]
    text = message.get("content") or ""
    refusal = message.get("refusal")
    if not isinstance(text, str):
        raise ReplyInvalidError("content is no text", code="content_type", request_id=request_id)
    if not text and isinstance(refusal, str) and refusal:
        raise RefusedByModelError(refusal, code="refusal", request_id=request_id)
    calls = tuple(_tool_call(call, request_id) for call in items(message.get("tool_calls")))
    told_finish = first.get("finish_reason")
    return Completion(
        text=whole(text),
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
    """Tokens from a `usage` object of Chat Completions, or None where there is none to rely on."""
    if not isinstance(told, dict):
        return None
    taken, given = number(told.get("prompt_tokens")), number(told.get("completion_tokens"))
    if taken is None or given is None:
        return None
    prompt, output = details(told, "prompt_tokens_details"), details(told, "completion_tokens_details")
    return Usage(
        input_tokens=taken,
        output_tokens=given,
        cached_tokens=count(prompt.get("cached_tokens")),
        cache_write_tokens=count(prompt.get("cache_write_tokens")),
        cache_write_12h_tokens=count(details(prompt, "cache_write_tokens_details").get("ttl_12h_tokens")),
        reasoning_tokens=count(output.get("reasoning_tokens")),
    )


class Assembler:
    """Puts a streamed answer together. `feed` each event; then `completion` gives the whole."""

    __slots__ = ("_calls", "_choices", "_head", "_reasoning", "_refusal", "_request_id", "ended")

    def __init__(self, request_id: str | None = None) -> None:
        self._request_id = request_id
        self._head: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {0: _Choice()}
        self._calls = _Calls()
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self.ended = False

    @property
    def text(self) -> str:
        """What has come so far."""
        return self._choices[0].text

    @property
    def bill(self) -> dict[str, Any]:
        """What the server has told of `model`, `service_tier` and `usage`, as it came."""
        return self._head

    @property
    def written(self) -> str:
        """All that the model has written so far, in every choice and beside them, to count it."""
        called = [part for call in self._calls.whole() for part in (call.name, call.arguments)]
        texts = [choice.text for choice in self._choices.values()]
        return "".join((*self._reasoning, *self._refusal, *texts, *called))

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
        for name in ("id", "model", "service_tier", "usage"):
            if chunk.get(name):
                self._head[name] = chunk[name]
        choices = chunk.get("choices") or []
        if not isinstance(choices, list):
            raise self._malformed("choices is no list")
        piece = "".join([self._choice(choice) for choice in choices])
        return TextDelta(piece) if piece else None

    def _choice(self, told: object) -> str:
        if not isinstance(told, dict):
            raise self._malformed("a choice is no object")
        index = count(told.get("index"))
        choice = self._choices.setdefault(index, _Choice())
        if told.get("finish_reason"):
            choice.finish = str(told["finish_reason"])
        delta = told.get("delta") or {}
        if not isinstance(delta, dict):
            raise self._malformed("a delta is no object")
        text = delta.get("content") or ""
        if not isinstance(text, str):
            raise self._malformed("content is no text")
        if delta.get("tool_calls"):
            self._calls.feed(delta["tool_calls"])
        if delta.get("reasoning_content"):
            self._reasoning.append(str(delta["reasoning_content"]))
        if delta.get("refusal"):
            self._refusal.append(str(delta["refusal"]))
        shown = choice.add(text) if text else ""
        return shown if index == 0 else ""

    def _malformed(self, reason: str) -> ReplyInvalidError:
        return ReplyInvalidError(reason, code="chunk_form", request_id=self._request_id)

    def completion(self) -> Completion:
        """The whole answer. Raises StreamCutError when the stream ended before a finish."""
        first, *others = (self._choices[index] for index in sorted(self._choices))
        if not first.finish or not all(other.finish for other in others):
            raise StreamCutError(code="no_finish", request_id=self._request_id)
        if not first.text and self._refusal:
            raise RefusedByModelError("".join(self._refusal), code="refusal", request_id=self._request_id)
        return Completion(
            text=first.text,
            model=text_or_none(self._head.get("model")) or "",
            finish=_FINISHES.get(first.finish, "stop"),
            usage=usage(self._head.get("usage")),
            request_id=self._request_id,
            id=text_or_none(self._head.get("id")),
            tool_calls=self._calls.whole(),
            alternatives=tuple(other.text for other in others),
            reasoning=whole("".join(self._reasoning)),
            service_tier=text_or_none(self._head.get("service_tier")),
        )


class _Choice:
    """One of the answers of a stream, as far as it has come."""

    __slots__ = ("_joiner", "_pieces", "finish")

    def __init__(self) -> None:
        self._joiner = Joiner()
        self._pieces: list[str] = []
        self.finish = ""

    def add(self, piece: str) -> str:
        piece = self._joiner.feed(piece)
        self._pieces.append(piece)
        return piece

    @property
    def text(self) -> str:
        return "".join(self._pieces)


class _Calls:
    """The tool calls of a stream, put together from pieces."""

    __slots__ = ("_by_index", "_calls")

    def __init__(self) -> None:
        self._calls: list[dict[str, str]] = []
        self._by_index: dict[int, dict[str, str]] = {}

    def feed(self, pieces: object) -> None:
        for piece in items(pieces):
            if isinstance(piece, dict):
                self._add(piece)

    def _add(self, piece: dict[str, Any]) -> None:
        index, call_id = count(piece.get("index")), str(piece.get("id") or "")
        call = self._by_index.get(index)
        # some servers number every call 0: a new id begins a new call
        if call is None or (call_id and call["id"] and call_id != call["id"]):
            call = self._by_index[index] = {"id": "", "name": "", "arguments": ""}
            self._calls.append(call)
        function = details(piece, "function")
        call["id"] = call["id"] or call_id
        call["name"] += str(function.get("name") or "")
        call["arguments"] += str(function.get("arguments") or "")

    def whole(self) -> tuple[ToolCall, ...]:
        return tuple(
            ToolCall(call["id"] or f"call_{number_}", call["name"], whole(call["arguments"]))
            for number_, call in enumerate(self._calls)
        )


def _index(choice: object) -> int:
    return count(choice.get("index")) if isinstance(choice, dict) else 0


def _tool_call(call: object, request_id: str | None) -> ToolCall:
    match call:
        case {"id": str(call_id), "function": {"name": str(name), "arguments": str(arguments)}}:
            return ToolCall(call_id, name, arguments)
        case _:
            raise ReplyInvalidError("a tool call is not in the form", code="tool_call", request_id=request_id)


def _alternative(choice: object) -> str:
    match choice:
        case {"message": {"content": str(text)}}:
            return whole(text)
        case _:
            return ""
