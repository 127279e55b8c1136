"""The wire format of `POST /responses`: a request out, an answer or its stream in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from livetechno.gpt import failures
from livetechno.gpt.completions import (
    Completion,
    Finish,
    ReasoningDelta,
    Request,
    StreamEvent,
    TextDelta,
    Usage,
)
from livetechno.gpt.errors import RefusedByModelError, ReplyInvalidError, StreamCutError
from livetechno.gpt.messages import Message, ToolCall
from livetechno.gpt.sse import ServerEvent
from livetechno.gpt.wire import Joiner, count, details, number, parse, text_or_none, whole

PATH = "/responses"


def body(request: Request, model: str, parameters: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
    """The JSON document to send. `parameters` are already fitted to the model. Nothing is stored there."""
    document: dict[str, Any] = {
        "model": model,
        "input": [item for message in request.messages for item in _items(message)],
        "store": False,
        **parameters,
    }
    if request.tools:
        document["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": tool.strict,
            }
            for tool in request.tools
        ]
    if request.schema is not None:
        form = {
            "type": "json_schema",
            "name": request.schema.name,
            "schema": request.schema.schema,
            "strict": request.schema.strict,
        }
        document["text"] = {**document.get("text", {}), "format": form}
    if stream:
        document["stream"] = True
    return document


def _items(message: Message) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": message.text}
        return
    if message.images:
        parts: list[dict[str, Any]] = [{"type": "input_text", "text": message.text}] if message.text else []
        parts += [
            {"type": "input_image", "image_url": image.url, "detail": image.detail}
            for image in message.images
        ]
        yield {"role": message.role, "content": parts}
    elif message.text or not message.tool_calls:
        yield {"role": message.role, "content": message.text}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


def read(reply: object, *, request_id: str | None = None) -> Completion:
    """The answer that a whole reply holds. Raises ReplyInvalidError when it is not in the form."""
    if not isinstance(reply, dict):
        raise ReplyInvalidError("no response object", code="no_response", request_id=request_id)
    if isinstance(reply.get("error"), dict):
        raise failures.from_event(reply["error"], request_id=request_id)
    status = reply.get("status") or "completed"
    if status not in ("completed", "incomplete") or not isinstance(reply.get("output"), list):
        raise ReplyInvalidError(f"status {status}, no output", code="no_output", request_id=request_id)
    found = _Output(reply["output"])
    if not found.text and found.refusal:
        raise RefusedByModelError(found.refusal, code="refusal", request_id=request_id)
    return Completion(
        text=found.text,
        model=text_or_none(reply.get("model")) or "",
        finish=_finish(reply, found.calls),
        usage=usage(reply.get("usage")),
        request_id=request_id,
        id=text_or_none(reply.get("id")),
        tool_calls=found.calls,
        reasoning=found.reasoning,
        service_tier=text_or_none(reply.get("service_tier")),
    )


def usage(told: object) -> Usage | None:
    """Tokens from a `usage` object of Responses, or None where there is none to rely on."""
    if not isinstance(told, dict):
        return None
    taken, given = number(told.get("input_tokens")), number(told.get("output_tokens"))
    if taken is None or given is None:
        return None
    cached, reasoned = details(told, "input_tokens_details"), details(told, "output_tokens_details")
    return Usage(
        input_tokens=taken,
        output_tokens=given,
        cached_tokens=count(cached.get("cached_tokens")),
        cache_write_tokens=count(cached.get("cache_write_tokens")),
        cache_write_12h_tokens=count(details(cached, "cache_write_tokens_details").get("ttl_12h_tokens")),
        reasoning_tokens=count(reasoned.get("reasoning_tokens")),
    )


class _Output:
    """The parts of a reply's `output` items that matter here; unknown kinds are passed over."""

    def __init__(self, items: list[Any]) -> None:
        texts: list[str] = []
        refusals: list[str] = []
        reasoning: list[str] = []
        calls: list[ToolCall] = []
        for item in items:
            match item:
                case {"type": "message", "content": list(parts)}:
                    for part in parts:
                        match part:
                            case {"type": "output_text", "text": str(text)}:
                                texts.append(text)
                            case {"type": "refusal", "refusal": str(text)}:
                                refusals.append(text)
                case {
                    "type": "function_call",
                    "call_id": str(call),
                    "name": str(name),
                    "arguments": str(given),
                }:
                    calls.append(ToolCall(call, name, given))
                case {"type": "reasoning", "summary": list(summary)}:
                    reasoning += [
                        part["text"] for part in summary if isinstance(part, dict) and "text" in part
                    ]
        self.text = whole("".join(texts))
        self.refusal = "".join(refusals)
        self.reasoning = "\n\n".join(reasoning)
        self.calls = tuple(calls)


def _finish(reply: dict[str, Any], calls: tuple[ToolCall, ...]) -> Finish:
    if reply.get("status") == "incomplete":
        reason = details(reply, "incomplete_details").get("reason")
        return "content_filter" if reason == "content_filter" else "length"
    return "tool_calls" if calls else "stop"


class Assembler:
    """Puts a streamed answer together. `feed` each event; then `completion` gives the whole."""

    __slots__ = ("_beside", "_final", "_joiner", "_request_id", "_texts", "ended")

    def __init__(self, request_id: str | None = None) -> None:
        self._request_id = request_id
        self._joiner = Joiner()
        self._texts: list[str] = []
        self._beside: list[str] = []
        self._final: dict[str, Any] | None = None
        self.ended = False

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._texts)

    @property
    def bill(self) -> dict[str, Any]:
        """What the server has told of `model`, `service_tier` and `usage`, as it came."""
        return self._final or {}

    @property
    def written(self) -> str:
        """All that the model has written so far, beside its text too, to count it."""
        return "".join((*self._beside, *self._texts))

    def feed(self, event: ServerEvent) -> StreamEvent | None:
        """What the event brings to show, if anything. Raises what an `error` in the stream says."""
        told = parse(event.data, self._request_id)
        match told.get("type") or event.type:
            case "response.output_text.delta":
                piece = self._piece(told)
                self._texts.append(piece)
                return TextDelta(piece) if piece else None
            case "response.reasoning_summary_text.delta":
                piece = self._piece(told)
                self._beside.append(piece)
                return ReasoningDelta(piece)
            case "response.function_call_arguments.delta" | "response.refusal.delta":
                self._beside.append(str(told.get("delta") or ""))
            case "response.completed" | "response.incomplete":
                self._final = details(told, "response")
                self.ended = True
            case "response.failed":
                self._final = details(told, "response")
                raise failures.from_event(details(self._final, "error"), request_id=self._request_id)
            case "error":
                raise failures.from_event(
                    told["error"] if isinstance(told.get("error"), dict) else told,
                    request_id=self._request_id,
                )
        return None

    def _piece(self, told: dict[str, Any]) -> str:
        piece = told.get("delta")
        if not isinstance(piece, str):
            raise ReplyInvalidError("a delta is no text", code="chunk_form", request_id=self._request_id)
        return self._joiner.feed(piece)

    def completion(self) -> Completion:
        """The whole answer, from the final event. Raises StreamCutError when there was none."""
        if self._final is None:
            raise StreamCutError(code="no_finish", request_id=self._request_id)
        completion = read(self._final, request_id=self._request_id)
        # some servers end with an empty output: what they streamed is the answer all the same
        return completion if completion.text else replace(completion, text=self.text)
