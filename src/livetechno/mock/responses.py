"""An answer in the form of /responses, whole or as a stream (reference/openai.md D4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from livetechno.gpt.messages import ToolCall
from livetechno.mock.answer import CREATED, Answer, Choice
from livetechno.mock.frames import Frame, Part
from livetechno.mock.usage import pieces
from livetechno.mock.wire import dump


def response_id(answer: Answer) -> str:
    """The id under which a later request may continue this answer."""
    # What is continued leaves the instructions out, so the same words as a message are another answer.
    apart = "i" if answer.asked.body.get("instructions") else ""
    return f"resp_mock{apart}{answer.digest[:40]}"


def whole(answer: Answer) -> dict[str, Any]:
    """The body of a whole answer."""
    finish = answer.choices[0].finish
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(finish)
    status = "incomplete" if reason else "completed"
    return {
        **_head(answer, status),
        "completed_at": CREATED if status == "completed" else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": [_done(item, status) for item in _items(answer)],
        "usage": usage(answer),
    }


def usage(answer: Answer) -> dict[str, Any]:
    """The tokens."""
    tokens = answer.usage
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": 0},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
    }


def stream(answer: Answer) -> Iterator[Frame]:
    """The events of a streamed answer, numbered in order."""
    for number, (event, part, text) in enumerate(_events(answer)):
        yield Frame(sse({**event, "sequence_number": number}), part, text)


def sse(event: dict[str, Any]) -> bytes:
    """One event on the wire."""
    kind: str = event["type"]
    return b"event: " + kind.encode() + b"\ndata: " + dump(event) + b"\n\n"


def error_frame(error: dict[str, Any], number: int) -> bytes:
    """An error inside a stream that began with 200."""
    told = {name: error[name] for name in ("code", "message", "param")}
    return sse({"type": "error", **told, "sequence_number": number})


def begun(answer: Answer) -> dict[str, Any]:
    """The response object of an answer that has only begun."""
    return _head(answer, "in_progress")


def failed_frame(begun: Mapping[str, Any], error: dict[str, Any], number: int) -> bytes:
    """The event that ends a stream whose answer failed; `begun` is its response object before that."""
    told = {"code": "server_error", "message": error["message"]}
    response = {**begun, "status": "failed", "error": told}
    return sse({"type": "response.failed", "response": response, "sequence_number": number})


_Event = tuple[dict[str, Any], Part, str]


def _events(answer: Answer) -> Iterator[_Event]:
    yield {"type": "response.created", "response": begun(answer)}, "open", ""
    yield {"type": "response.in_progress", "response": begun(answer)}, "open", ""
    ended = whole(answer)
    for index, item in enumerate(_items(answer)):
        place = {"output_index": index}
        yield {"type": "response.output_item.added", **place, "item": _begun(item)}, "open", ""
        place["item_id"] = item["id"]
        if item["type"] == "message":
            yield from _message_events(answer.choices[0], item, place)
        elif item["type"] == "function_call":
            yield from _call_events(item, place)
        else:
            yield from _reasoning_events(item, place)
        done = {"type": "response.output_item.done", "output_index": index, "item": ended["output"][index]}
        yield done, "close", ""
    yield {"type": f"response.{ended['status']}", "response": ended}, "close", ""


def _message_events(choice: Choice, item: dict[str, Any], place: dict[str, Any]) -> Iterator[_Event]:
    where: dict[str, Any] = {**place, "content_index": 0}
    part = item["content"][0]
    field = "refusal" if choice.refusal else "text"
    kind = "response.refusal" if choice.refusal else "response.output_text"
    extra: dict[str, Any] = {} if choice.refusal else {"logprobs": []}
    yield {"type": "response.content_part.added", **where, "part": {**part, field: ""}}, "open", ""
    for piece in filter(None, choice.pieces):
        yield {"type": f"{kind}.delta", **where, "delta": piece, **extra}, "piece", piece
    yield {"type": f"{kind}.done", **where, field: choice.text, **extra}, "close", ""
    yield {"type": "response.content_part.done", **where, "part": part}, "close", ""


def _call_events(item: dict[str, Any], place: dict[str, Any]) -> Iterator[_Event]:
    kind = "response.function_call_arguments"
    for piece in filter(None, pieces(item["arguments"])):
        yield {"type": f"{kind}.delta", **place, "delta": piece}, "piece", piece
    yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": item["arguments"]}, "close", ""


def _reasoning_events(item: dict[str, Any], place: dict[str, Any]) -> Iterator[_Event]:
    for index, part in enumerate(item["summary"]):
        where = {**place, "summary_index": index}
        added = {**part, "text": ""}
        yield {"type": "response.reasoning_summary_part.added", **where, "part": added}, "open", ""
        for piece in filter(None, pieces(part["text"])):
            yield {"type": "response.reasoning_summary_text.delta", **where, "delta": piece}, "open", ""
        yield {"type": "response.reasoning_summary_text.done", **where, "text": part["text"]}, "open", ""
        yield {"type": "response.reasoning_summary_part.done", **where, "part": part}, "open", ""


def _items(answer: Answer) -> Iterator[dict[str, Any]]:
    """What the answer consists of: its reasoning, then its functions to call or its message."""
    choice = answer.choices[0]
    if answer.usage.reasoning:
        summary = [{"type": "summary_text", "text": answer.thoughts}] if answer.thoughts else []
        yield {"id": f"rs_mock{answer.digest[:24]}", "type": "reasoning", "summary": summary}
    for call in choice.calls:
        yield _call(call)
    if not choice.calls:
        part: dict[str, Any] = {
            "type": "output_text",
            "text": choice.text,
            "annotations": [],
            "logprobs": [],
        }
        if choice.refusal:
            part = {"type": "refusal", "refusal": choice.text}
        yield {
            "id": f"msg_mock{answer.digest[:24]}",
            "type": "message",
            "role": "assistant",
            "content": [part],
        }


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "id": f"fc_{call.id.removeprefix('call_')}",
        "type": "function_call",
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    grown, empty = {"message": ("content", []), "function_call": ("arguments", "")}.get(
        item["type"], ("summary", [])
    )
    return _done({**item, grown: empty}, "in_progress")


def _done(item: dict[str, Any], status: str) -> dict[str, Any]:
    return item if item["type"] == "reasoning" else {**item, "status": status}


def _head(answer: Answer, status: str) -> dict[str, Any]:
    asked, body = answer.asked, answer.asked.body
    text = body.get("text") or {}
    return {
        "id": response_id(answer),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": asked.max_tokens,
        "metadata": body.get("metadata") or {},
        "model": asked.model,
        "output": [],
        "parallel_tool_calls": asked.parallel,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": answer.effort, "summary": (body.get("reasoning") or {}).get("summary")},
        "service_tier": answer.tier,
        "store": body.get("store") is not False,
        "temperature": 1.0 if asked.sampling.temperature is None else asked.sampling.temperature,
        "text": {"format": text.get("format") or {"type": "text"}, "verbosity": asked.verbosity or "medium"},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": 1.0 if asked.sampling.top_p is None else asked.sampling.top_p,
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
        "user": body.get("user"),
    }
