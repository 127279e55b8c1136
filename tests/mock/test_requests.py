"""Bad requests: refused in OpenAI's form, never a crash."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.mock.server import LARGEST_BODY
from livetechno.mock.service import Service
from livetechno.mock.wire import WireError

ASK = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "Hello"}, "messages", "invalid_type"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0]", "invalid_value"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages[0]", "invalid_value"),
        ({"messages": [7]}, "messages[0]", "invalid_type"),
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": 5}, "model", "invalid_type"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"top_p": -0.1}, "top_p", "decimal_below_min_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 1.5}, "max_tokens", "invalid_type"),
        ({"max_tokens": 10**9}, "max_tokens", "invalid_value"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_parameter_combination"),
        ({"n": 129}, "n", "integer_above_max_value"),
        ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
        ({"stop": [1]}, "stop[0]", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"colour": "red"}, "colour", "unknown_parameter"),
        ({"functions": [{}]}, "functions", "unsupported_parameter"),
        ({"service_tier": "gold"}, "service_tier", "invalid_value"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema",
            "missing_required_parameter",
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        (
            {"tools": [{"type": "function", "function": {"name": "a b"}}]},
            "tools[0].function.name",
            "invalid_value",
        ),
        ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value"),
    ],
)
async def test_a_bad_field_is_named(mock: Any, change: dict[str, Any], param: str, code: str) -> None:
    body = {"model": "gpt-4.1", "messages": ASK, **change}
    told = await mock.post("/chat/completions", body)
    assert told.status == 400
    assert (told.error["param"], told.error["code"]) == (param, code)
    assert told.error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": 4}, "input", "invalid_type"),
        ({"input": [{"type": "teapot"}]}, "input[0].type", "invalid_value"),
        ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({"stop": ["x"]}, "stop", "unknown_parameter"),
        ({"seed": 1}, "seed", "unknown_parameter"),
        ({"n": 2}, "n", "unknown_parameter"),
        ({"messages": ASK}, "messages", "unknown_parameter"),
        ({"max_tokens": 20}, "max_tokens", "unknown_parameter"),
        ({"background": True}, "background", "unsupported_parameter"),
        (
            {"text": {"format": {"type": "json_schema", "name": "x"}}},
            "text.format.schema",
            "missing_required_parameter",
        ),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type", "invalid_value"),
    ],
)
async def test_a_bad_field_of_responses_is_named(
    mock: Any, change: dict[str, Any], param: str, code: str
) -> None:
    told = await mock.post("/responses", {"model": "gpt-4.1", "input": "Hello", **change})
    assert told.status == 400
    assert (told.error["param"], told.error["code"]) == (param, code)


async def test_the_wire_speaks_english_whatever_the_persons_language(
    mock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"model": "gpt-4.1", "messages": [{"role": "user", "content": [{"type": "video"}]}]}
    told = (await mock.post("/chat/completions", wrong)).raw
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert (await mock.post("/chat/completions", wrong)).raw == told
    assert b"a part is text or an image_url" in told


async def test_results_without_their_call_are_refused(mock: Any) -> None:
    lost = [*ASK, {"role": "tool", "tool_call_id": "call_1", "content": "x"}]
    told = await mock.post("/chat/completions", {"model": "gpt-4.1", "messages": lost})
    assert "must be a response" in told.error["message"]
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    unanswered = [*ASK, {"role": "assistant", "content": None, "tool_calls": [call]}, *ASK]
    told = await mock.post("/chat/completions", {"model": "gpt-4.1", "messages": unanswered})
    assert "call_1" in told.error["message"]
    lost_too = [{"type": "function_call_output", "call_id": "call_1", "output": "x"}]
    told = await mock.post("/responses", {"model": "gpt-4.1", "input": lost_too})
    assert "No tool call found" in told.error["message"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"[" * 100_000,
        b'{"a":' * 9999,
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(mock: Any, raw: bytes) -> None:
    for path in ("/chat/completions", "/responses", "/responses/input_tokens"):
        told = await mock.post(path, data=raw)
        assert told.status == 400
        assert told.error["type"] == "invalid_request_error"


async def test_a_body_over_the_limit_is_413(mock: Any) -> None:
    told = await mock.post("/chat/completions", data=io.BytesIO(b" " * (LARGEST_BODY + 1)))
    assert told.status == 413
    assert told.error["type"] == "invalid_request_error"


async def test_a_wrong_path_or_method_is_404_in_openai_s_form(mock: Any) -> None:
    for told in (
        await mock.get("/chat/completions"),
        await mock.post("/models", {}),
        await mock.get("/"),
        await mock.get("/models/a/b"),
        await mock.get("/../etc/passwd"),
        await mock.post("/responses/input_tokens/more", {}),
    ):
        assert told.status == 404
        assert "Invalid URL" in told.error["message"] or told.error["code"] == "model_not_found"
    async with mock.session.options(mock.base_url + "/models") as response:
        assert response.status == 404


async def test_a_conversation_over_the_window_is_told(mock: Any) -> None:
    told = await mock.chat("word " * 9000, model="gpt-4")
    assert told.error["code"] == "context_length_exceeded"
    assert told.error["param"] == "messages"


async def test_a_lone_surrogate_does_not_break_the_answer(mock: Any) -> None:
    raw = json.dumps(
        {"model": "gpt-4.1", "messages": [{"role": "user", "content": "repeat my \ud800 words"}]}
    )
    assert (await mock.post("/chat/completions", data=raw.encode())).status == 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(ASK),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "role", "content", "text", "name", "function", "schema", "url", "id", "effort"]
            ),
            inner | st.sampled_from(["function", "user", "tool", "json_schema", "message", "function_call"]),
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *(
            "model",
            "messages",
            "input",
            "temperature",
            "max_tokens",
            "max_output_tokens",
            "stop",
            "n",
            "seed",
        ),
        *(
            "tools",
            "tool_choice",
            "response_format",
            "text",
            "reasoning",
            "reasoning_effort",
            "stream",
            "metadata",
        ),
        *("stream_options", "logprobs", "top_logprobs", "instructions", "previous_response_id", "logit_bias"),
    ]
)


@given(st.dictionaries(FIELDS, VALUES, max_size=5), st.sampled_from(["chat", "responses", "input_tokens"]))
def test_any_body_is_answered_or_refused_in_form(body: dict[str, Any], where: str) -> None:
    base = {"messages": ASK} if where == "chat" else {"input": "Hello"}
    path = {"chat": "/v1/chat/completions", "responses": "/v1/responses"}.get(
        where, "/v1/responses/input_tokens"
    )
    whole = {"model": "gpt-4.1", **base, **body}
    try:
        reply = Service(0).handle("POST", path, json.dumps(whole).encode(), None)
    except WireError as refusal:
        check_refusal(refusal)
        return
    assert json.loads(reply.body) if reply.frames is None else list(reply.frames)


def check_refusal(refusal: WireError) -> None:
    assert 400 <= refusal.status < 500
    assert set(refusal.body()["error"]) == {"message", "type", "param", "code"}
    assert len(refusal.message) < 2000
