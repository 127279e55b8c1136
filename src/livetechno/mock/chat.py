"""An answer in the form of /chat/completions, whole or as a stream (reference/openai.md D4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from livetechno.gpt.messages import ToolCall
from livetechno.mock.answer import CREATED, Answer, Choice
from livetechno.mock.frames import Frame, Part
from livetechno.mock.usage import pieces
from livetechno.mock.wire import dump

LOGPROB = -0.05
"""The same made-up probability for every token: a mock has none of its own."""


def whole(answer: Answer) -> dict[str, Any]:
    """The body of a whole answer."""
    return {
        **_head(answer, "chat.completion"),
        "choices": [
            {
                "index": index,
                "message": _message(choice),
                "logprobs": _logprobs(answer, choice.pieces),
                "finish_reason": choice.finish,
            }
            for index, choice in enumerate(answer.choices)
        ],
        "usage": usage(answer),
    }


def usage(answer: Answer) -> dict[str, Any]:
    """The tokens."""
    tokens = answer.usage
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def stream(answer: Answer) -> Iterator[Frame]:
    """The events of a streamed answer. Several choices come interleaved, as the real ones do."""
    for index, choice in enumerate(answer.choices):
        opening: dict[str, Any] = {
            "role": "assistant",
            "content": None if choice.calls else "",
            "refusal": None,
        }
        yield _chunk(answer, index, opening, "open")
    bodies = [_body(answer, index, choice) for index, choice in enumerate(answer.choices)]
    for row in zip_longest(*bodies):
        yield from (frame for frame in row if frame is not None)
    for index, choice in enumerate(answer.choices):
        yield _chunk(answer, index, {}, "close", finish=choice.finish)
    if answer.asked.include_usage:
        last = {**_head(answer, "chat.completion.chunk"), "choices": [], "usage": usage(answer)}
        yield Frame(_sse(last), "close")
    yield Frame(b"data: [DONE]\n\n", "close")


def error_frame(error: dict[str, Any]) -> bytes:
    """An error inside a stream that began with 200."""
    return _sse({"error": error})


def _sse(value: object) -> bytes:
    return b"data: " + dump(value) + b"\n\n"


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-mock{answer.digest[:24]}",
        "object": kind,
        "created": CREATED,
        "model": answer.asked.model,
        "service_tier": answer.tier,
        "system_fingerprint": "fp_mock",
    }


def _message(choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": choice.text,
        "refusal": None,
        "annotations": [],
    }
    if choice.refusal:
        message |= {"content": None, "refusal": choice.text}
    if choice.calls:
        message |= {"content": None, "tool_calls": [_call(call) for call in choice.calls]}
    return message


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _body(answer: Answer, index: int, choice: Choice) -> Iterator[Frame]:
    field = "refusal" if choice.refusal else "content"
    for piece in filter(None, choice.pieces):
        yield _chunk(answer, index, {field: piece}, "piece", text=piece)
    for place, call in enumerate(choice.calls):
        begin = {"index": place, **_call(call)}
        begin["function"] = {"name": call.name, "arguments": ""}
        yield _chunk(answer, index, {"tool_calls": [begin]}, "open")
        for piece in filter(None, pieces(call.arguments)):
            more = {"index": place, "function": {"arguments": piece}}
            yield _chunk(answer, index, {"tool_calls": [more]}, "piece", text=piece)


def _chunk(
    answer: Answer,
    index: int,
    delta: dict[str, Any],
    part: Part,
    *,
    text: str = "",
    finish: str | None = None,
) -> Frame:
    logprobs = _logprobs(answer, (text,)) if text and "content" in delta else None
    chunk = {
        **_head(answer, "chat.completion.chunk"),
        "choices": [{"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}],
    }
    if answer.asked.include_usage:
        chunk["usage"] = None
    return Frame(_sse(chunk), part, text)


def _logprobs(answer: Answer, texts: tuple[str, ...]) -> dict[str, Any] | None:
    if not answer.asked.sampling.logprobs:
        return None
    best = answer.asked.sampling.top_logprobs or 0
    listed = []
    for text in texts:
        token = {"token": text, "logprob": LOGPROB, "bytes": list(text.encode("utf-8", "replace"))}
        listed.append({**token, "top_logprobs": [token] if best else []})
    return {"content": listed, "refusal": None}
