from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import responses
from livetechno.gpt.completions import Completion, ReasoningDelta, Request, Schema, TextDelta, ToolSpec, Usage
from livetechno.gpt.errors import (
    GPTError,
    RefusedByModelError,
    ReplyInvalidError,
    ServerFailedError,
    StreamCutError,
)
from livetechno.gpt.messages import Image, ToolCall, assistant, system, tool_result, user
from livetechno.gpt.responses import Assembler, body, read
from livetechno.gpt.sse import ServerEvent

PNG = "data:image/png;base64,iVBORw0KGgo="


def message(*texts: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text} for text in texts]}


def reply(*output: object, status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"id": "r1", "model": "m-1", "status": status, "output": list(output), **fields}


def assemble(*events: dict[str, Any]) -> tuple[list[object], Assembler]:
    assembler = Assembler("req_1")
    shown = [assembler.feed(ServerEvent(str(event.get("type")), json.dumps(event))) for event in events]
    return [event for event in shown if event is not None], assembler


def test_a_request_is_spelled_as_the_format_wants() -> None:
    request = Request(
        (
            system("be brief"),
            user("see", [Image(PNG)]),
            assistant("counting", [ToolCall("c1", "beats", "{}")]),
            tool_result("c1", "4"),
        ),
        tools=(ToolSpec("beats", "counts", {"type": "object"}),),
        schema=Schema("out", {"type": "object"}),
    )
    document = body(request, "gpt-x", {"max_output_tokens": 99, "text": {"verbosity": "low"}}, stream=True)
    assert document["input"] == [
        {"role": "system", "content": "be brief"},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": PNG, "detail": "auto"},
            ],
        },
        {"role": "assistant", "content": "counting"},
        {"type": "function_call", "call_id": "c1", "name": "beats", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "4"},
    ]
    assert document["store"] is False
    assert document["stream"] is True
    assert document["text"]["verbosity"] == "low"
    assert document["text"]["format"]["name"] == "out"
    assert document["tools"] == [
        {
            "type": "function",
            "name": "beats",
            "description": "counts",
            "parameters": {"type": "object"},
            "strict": False,
        }
    ]


def test_a_whole_reply_gives_text_calls_reasoning_and_usage() -> None:
    completion = read(
        reply(
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "thinking"}]},
            message("Bon", "jour"),
            {"type": "function_call", "call_id": "c1", "name": "beats", "arguments": "{}"},
            {"type": "something_new"},
            usage={
                "input_tokens": 9,
                "output_tokens": 4,
                "input_tokens_details": {
                    "cached_tokens": 2,
                    "cache_write_tokens": 3,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 2, "ttl_12h_tokens": 1},
                },
                "output_tokens_details": {"reasoning_tokens": 1},
            },
        )
    )
    assert completion == Completion(
        "Bonjour",
        "m-1",
        "tool_calls",
        Usage(9, 4, 2, 3, 1, 1),
        id="r1",
        tool_calls=(ToolCall("c1", "beats", "{}"),),
        reasoning="thinking",
    )


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("max_output_tokens", "length"), ("content_filter", "content_filter"), (None, "length")],
)
def test_an_incomplete_reply_says_why(reason: str | None, finish: str) -> None:
    assert (
        read(reply(message("x"), status="incomplete", incomplete_details={"reason": reason})).finish == finish
    )


def test_a_stream_shows_text_and_reasoning_and_ends_with_the_final_reply() -> None:
    shown, assembler = assemble(
        {"type": "response.created", "sequence_number": 0},
        {"type": "response.reasoning_summary_text.delta", "delta": "hm"},
        {"type": "response.output_text.delta", "delta": "Bon"},
        {"type": "response.some_future_event", "delta": "?"},
        {"type": "response.output_text.delta", "delta": "jour"},
        {"type": "response.completed", "response": reply(message("Bonjour"))},
    )
    assert shown == [ReasoningDelta("hm"), TextDelta("Bon"), TextDelta("jour")]
    assert assembler.ended
    assert assembler.completion().text == assembler.text == "Bonjour"


def test_a_stream_without_its_final_event_is_a_cut() -> None:
    _, assembler = assemble({"type": "response.output_text.delta", "delta": "half"})
    with pytest.raises(StreamCutError):
        assembler.completion()


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "server_error", "message": "boom"},
        {"type": "error", "error": {"code": "server_error", "message": "boom"}},
        {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "boom"}}},
        {"type": "response.failed"},
    ],
)
def test_a_failure_in_the_stream_is_a_typed_error(event: dict[str, Any]) -> None:
    with pytest.raises(ServerFailedError):
        assemble(event)


def test_a_refusal_is_an_error_with_the_models_words() -> None:
    with pytest.raises(RefusedByModelError, match="rather not"):
        read(reply({"type": "message", "content": [{"type": "refusal", "refusal": "rather not"}]}))


@pytest.mark.parametrize("document", [None, [], {}, {"output": "x"}, reply(status="failed")])
def test_a_reply_that_makes_no_sense_is_a_typed_error(document: Any) -> None:
    with pytest.raises(ReplyInvalidError):
        read(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "output",
                    "content",
                    "text",
                    "status",
                    "usage",
                    "error",
                    "response",
                    "summary",
                    "delta",
                ]
            ),
            inner
            | st.sampled_from(
                ["message", "output_text", "reasoning", "function_call", "response.completed", "error"]
            ),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_nothing_a_server_sends_breaks_the_reader_in_another_way(document: Any) -> None:
    event = ServerEvent("message", json.dumps(document))

    def assembled() -> Completion:
        assembler = Assembler()
        assembler.feed(event)
        return assembler.completion()

    for attempt in (lambda: read(document), assembled, lambda: responses.usage(document)):
        try:
            attempt()
        except GPTError:
            continue


@pytest.mark.parametrize("status", ["cancelled", "in_progress", "queued"])
def test_a_reply_that_is_not_finished_is_no_answer(status: str) -> None:
    with pytest.raises(ReplyInvalidError, match=status):
        read(reply(status=status))


def test_a_final_event_without_output_does_not_lose_the_streamed_text() -> None:
    _, assembler = assemble(
        {"type": "response.output_text.delta", "delta": "hello"},
        {"type": "response.completed", "response": reply()},
    )
    assert assembler.completion().text == "hello"
