from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import chat_completions
from livetechno.gpt.chat_completions import Assembler, body, read
from livetechno.gpt.completions import Completion, Request, Schema, TextDelta, ToolSpec, Usage
from livetechno.gpt.errors import GPTError, RefusedByModelError, ReplyInvalidError, StreamCutError
from livetechno.gpt.messages import Image, ToolCall, assistant, system, tool_result, user
from livetechno.gpt.sse import ServerEvent

PNG = "data:image/png;base64,iVBORw0KGgo="


def assemble(*chunks: object) -> tuple[list[str], Assembler]:
    assembler = Assembler("req_1")
    shown = [
        assembler.feed(ServerEvent("message", chunk if isinstance(chunk, str) else json.dumps(chunk)))
        for chunk in chunks
    ]
    return [event.text for event in shown if isinstance(event, TextDelta)], assembler


def delta(index: int = 0, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "model": "m-1",
        "choices": [{"index": index, "delta": fields, "finish_reason": finish}],
    }


def test_a_request_is_spelled_as_the_format_wants() -> None:
    call = ToolCall("c1", "beats", "{}")
    request = Request(
        (system("be brief"), user("see", [Image(PNG, "low")]), assistant("", [call]), tool_result("c1", "4")),
        tools=(ToolSpec("beats", "counts", {"type": "object"}, strict=True),),
        schema=Schema("out", {"type": "object"}),
    )
    document = body(request, "gpt-x", {"temperature": 0.5}, stream=True)
    assert document["model"] == "gpt-x"
    assert document["temperature"] == 0.5
    assert document["stream_options"] == {"include_usage": True}
    assert document["messages"][1]["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
    ]
    assert document["messages"][2] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "beats", "arguments": "{}"}}],
    }
    assert document["messages"][3] == {"role": "tool", "content": "4", "tool_call_id": "c1"}
    assert document["tools"][0]["function"]["strict"] is True
    assert document["response_format"]["json_schema"] == {
        "name": "out",
        "schema": {"type": "object"},
        "strict": True,
    }


def test_a_stream_is_put_together_with_its_usage() -> None:
    shown, assembler = assemble(
        delta(role="assistant", content=""),
        delta(content="Bon"),
        delta(content="jour"),
        delta(finish="stop"),
        {
            "choices": [],
            "usage": {
                "prompt_tokens": 9,
                "completion_tokens": 3,
                "completion_tokens_details": {"reasoning_tokens": 1},
            },
        },
        "[DONE]",
    )
    assert shown == ["Bon", "jour"]
    assert assembler.ended
    assert assembler.completion() == Completion(
        "Bonjour", "m-1", "stop", Usage(9, 3, reasoning_tokens=1), request_id="req_1", id="c"
    )


def test_tool_calls_in_pieces_are_put_together() -> None:
    def piece(index: int, **function: str) -> dict[str, Any]:
        given_id = {"id": f"call_{index}"} if "name" in function else {}
        return delta(tool_calls=[{"index": index, **given_id, "function": function}])

    _, assembler = assemble(
        piece(0, name="beats", arguments=""),
        piece(1, name="later", arguments="{"),
        piece(0, arguments='{"bars"'),
        piece(1, arguments="}"),
        piece(0, arguments=":2}"),
        delta(finish="tool_calls"),
    )
    completion = assembler.completion()
    assert completion.finish == "tool_calls"
    assert completion.tool_calls == (
        ToolCall("call_0", "beats", '{"bars":2}'),
        ToolCall("call_1", "later", "{}"),
    )


def test_several_answers_are_kept_apart() -> None:
    shown, assembler = assemble(
        delta(0, content="a"),
        delta(1, content="b"),
        delta(0, content="A"),
        delta(0, "stop"),
        delta(1, "length"),
    )
    assert shown == ["a", "A"]
    assert assembler.completion().alternatives == ("b",)


@pytest.mark.parametrize("chunks", [(), (delta(content="half"),), (delta(content="half"), "[DONE]")])
def test_an_end_without_a_finish_is_a_cut(chunks: tuple[object, ...]) -> None:
    _, assembler = assemble(*chunks)
    with pytest.raises(StreamCutError):
        assembler.completion()


def test_a_finish_without_the_end_mark_is_an_end() -> None:
    assert assemble(delta(content="all"), delta(finish="length"))[1].completion().finish == "length"


def test_a_refusal_is_an_error_with_the_models_words() -> None:
    _, assembler = assemble(delta(refusal="I can"), delta(refusal="not"), delta(finish="stop"))
    with pytest.raises(RefusedByModelError, match="I cannot"):
        assembler.completion()
    with pytest.raises(RefusedByModelError):
        read({"choices": [{"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}]})


@pytest.mark.parametrize(
    "chunk",
    [
        "{",
        "[]",
        "5",
        '{"choices": [5]}',
        '{"choices":[{"delta":{"content":5}}]}',
        '{"choices":[{"delta":"x"}]}',
    ],
)
def test_a_piece_that_makes_no_sense_is_a_typed_error(chunk: str) -> None:
    with pytest.raises(ReplyInvalidError):
        assemble(chunk)


def test_usage_counts_what_the_server_counts() -> None:
    told = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 15},
    }
    assert chat_completions.usage(told) == Usage(100, 20, 60, 30, 0, 15)
    assert chat_completions.usage(None) is None
    assert chat_completions.usage({"prompt_tokens": 12.0, "completion_tokens": 3}) == Usage(12, 3)


@pytest.mark.parametrize(
    "told", [{}, {"prompt_tokens": 5}, {"prompt_tokens": -1, "completion_tokens": "many"}]
)
def test_usage_that_cannot_be_relied_on_is_none_not_zero(told: dict[str, Any]) -> None:
    assert chat_completions.usage(told) is None


FIELDS = [
    "choices",
    "message",
    "delta",
    "content",
    "tool_calls",
    "function",
    "id",
    "name",
    "index",
    "usage",
    "error",
    "model",
    "finish_reason",
    "refusal",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_nothing_a_server_sends_breaks_the_reader_in_another_way(document: Any) -> None:
    readers: list[Callable[[], object]] = [lambda: read(document), lambda: assemble(document)[1].completion()]
    for attempt in readers:
        try:
            attempt()
        except GPTError:
            continue


def test_calls_that_a_server_numbers_alike_are_told_apart_by_their_ids() -> None:
    def piece(call_id: str, arguments: str) -> dict[str, Any]:
        return delta(
            tool_calls=[{"index": 0, "id": call_id, "function": {"name": "add", "arguments": arguments}}]
        )

    _, assembler = assemble(piece("a", '{"n": 1}'), piece("b", '{"n": 2}'), delta(finish="tool_calls"))
    assert assembler.completion().tool_calls == (
        ToolCall("a", "add", '{"n": 1}'),
        ToolCall("b", "add", '{"n": 2}'),
    )
