"""What an access key may ask for: each field on a list, everything else refused by its name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import tokens
from livetechno.server.callers import Policy
from livetechno.server.errors import ApiError
from livetechno.server.gateway import fields
from livetechno.server.gateway.fields import Asked
from tests.server.access import CHAT, HELLO, RESPONSE

PNG = "data:image/png;base64," + "A" * 4000
GOOD: dict[str, dict[str, Any]] = {"chat": CHAT, "responses": RESPONSE}


def read(endpoint: Any, **more: Any) -> Asked:
    return fields.read(json.dumps({**GOOD[endpoint], **more}).encode(), endpoint, Policy())


def refusal(endpoint: str, **more: Any) -> tuple[str, object]:
    with pytest.raises(ApiError) as caught:
        read(endpoint, **more)
    assert caught.value.status == 400
    assert caught.value.message("fr") != caught.value.message("en")
    return caught.value.code, caught.value.values["parameter"]


def test_the_fields_that_are_taken_are_those_that_the_documentation_names() -> None:
    text = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (chat|responses) \| (.*) \|$", text, re.MULTILINE))
    assert {name: frozenset(re.findall(r"`(\w+)`", row)) for name, row in rows.items()} == fields.TAKEN


@pytest.mark.parametrize(
    ("endpoint", "name", "value"),
    [
        ("chat", "store", True),
        ("chat", "metadata", {"a": "b"}),
        ("chat", "service_tier", "priority"),
        ("chat", "web_search_options", {}),
        ("chat", "audio", {"voice": "x"}),
        ("chat", "modalities", ["text", "audio"]),
        ("chat", "prediction", {"type": "content", "content": "x"}),
        ("chat", "input", "x"),
        ("responses", "store", True),
        ("responses", "background", True),
        ("responses", "previous_response_id", "resp_1"),
        ("responses", "conversation", "conv_1"),
        ("responses", "prompt", {"id": "pmpt_1"}),
        ("responses", "metadata", {"a": "b"}),
        ("responses", "service_tier", "flex"),
        ("responses", "include", ["file_search_call.results"]),
        ("responses", "messages", HELLO),
        ("responses", "context_management", [{}]),
    ],
)
def test_what_stores_costs_otherwise_or_is_not_known_is_refused_by_name(
    endpoint: str, name: str, value: object
) -> None:
    assert refusal(endpoint, **{name: value}) == ("field_refused", name)


@pytest.mark.parametrize(
    "kind", ["web_search", "file_search", "computer_use_preview", "mcp", "code_interpreter"]
)
def test_a_tool_that_makes_the_server_fetch_or_run_something_is_refused(kind: str) -> None:
    for endpoint in GOOD:
        assert refusal(endpoint, tools=[{"type": kind}]) == ("field_refused", "tools.type")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png",
        "file:///etc/passwd",
        "ftp://x.example/a",
        "HTTPS://x.example",
        "data:text/html,x",
        "",
    ],
)
def test_a_picture_comes_from_the_web_by_https_or_lies_in_the_request(address: str) -> None:
    chat = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": address}}]}]
    assert refusal("chat", messages=chat)[0] == "body_refused"
    response = [{"role": "user", "content": [{"type": "input_image", "image_url": address}]}]
    assert refusal("responses", input=response)[0] == "body_refused"


@pytest.mark.parametrize(
    ("endpoint", "more"),
    [
        ("chat", {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}),
        ("chat", {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]}),
        ("chat", {"messages": [{"role": "assistant", "audio": {"id": "a"}}]}),
        ("chat", {"messages": [{"role": "root", "content": "x"}]}),
        ("chat", {"messages": []}),
        ("chat", {"messages": "x"}),
        ("chat", {"messages": [7]}),
        ("chat", {"messages": [{"role": "user", "content": 7}]}),
        ("chat", {"messages": [{"role": ["user"], "content": "x"}]}),
        ("chat", {"messages": [{"role": "user", "content": [{"type": ["text"]}]}]}),
        ("chat", {"tools": [{"type": ["function"]}]}),
        ("chat", {"n": 0}),
        ("chat", {"n": True}),
        ("chat", {"max_tokens": "9"}),
        ("chat", {"stream": 1}),
        ("chat", {"stream_options": {"other": 1}}),
        ("chat", {"tools": "x"}),
        ("chat", {"functions": [1]}),
        ("chat", {"model": 7}),
        ("chat", {"model": ""}),
        ("chat", {"service_tier": ["auto"]}),
        ("responses", {"input": [{"type": "item_reference", "id": "msg_1"}]}),
        ("responses", {"input": [{"id": "msg_1"}]}),
        ("responses", {"input": [{"id": "msg_1", "role": None, "type": None}]}),
        ("responses", {"input": [{"type": "mcp_approval_response"}]}),
        ("responses", {"input": [{"type": ["message"]}]}),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "x"}]}]}),
        ("responses", {"input": []}),
        ("responses", {"include": "x"}),
        ("responses", {"include": [["x"]]}),
        ("responses", {"max_output_tokens": 0}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_fails(endpoint: str, more: dict[str, Any]) -> None:
    code, name = refusal(endpoint, **more)
    assert code in ("field_refused", "body_refused")
    assert str(name).partition(".")[0] in more


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"nix", b'{"n": NaN}', b'{"n": 1e999}', b"\xff", b"[" * 100_000, b'"x"']
)
def test_what_is_no_object_of_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        fields.read(raw, "chat", Policy())
    assert caught.value.code == "body_unreadable"


def test_what_sdks_send_beside_is_taken_and_goes_no_further() -> None:
    answered: dict[str, Any] = {
        "role": "assistant",
        "content": "Hi",
        "refusal": None,
        "annotations": [],
        "audio": None,
    }
    asked = read(
        "chat", messages=[*HELLO, answered], metadata=None, store=False, modalities=["text"], logit_bias=None
    )
    sent = json.loads(asked.finished("m", 9, openai=False))
    assert sent["messages"][1].keys() == {"role", "content", "refusal"}
    assert sent.keys() == {"model", "messages", "max_completion_tokens"}


def test_a_field_that_is_given_twice_goes_on_once() -> None:
    raw = b'{"model": "evil", "model": "gpt-6-luna", "messages": [{"role": "user", "content": "x"}]}'
    assert fields.read(raw, "chat", Policy()).finished("m", 1, openai=False).count(b'"model"') == 1


def test_openai_is_told_not_to_pad_its_stream() -> None:
    sent = json.loads(read("responses", stream=True).finished("m", 9, openai=True))
    assert sent["stream_options"] == {"include_obfuscation": False}
    assert "stream_options" not in json.loads(read("responses", stream=True).finished("m", 9, openai=False))


@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_no_server_counts_more_tokens_than_are_paid_for_at_worst(texts: list[str]) -> None:
    messages = [{"role": "user", "content": text} for text in texts]
    encoding = tokens.encoding_for("gpt-6-luna")
    counted = sum(tokens.count(text, encoding) for text in texts)
    assert read("chat", messages=messages).most_input >= counted + 16 * len(texts)


def test_a_picture_counts_by_its_rule_and_not_by_its_bytes() -> None:
    content = [{"type": "image_url", "image_url": {"url": PNG}}]
    asked = read("chat", messages=[{"role": "user", "content": content}])
    assert asked.images == 1
    assert asked.most_input < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(sorted({name for taken in fields.TAKEN.values() for name in taken}))
PARTS = st.fixed_dictionaries({}, optional={"role": JSON, "type": JSON, "content": JSON, "image_url": JSON})


@given(
    endpoint=st.sampled_from(sorted(GOOD)),
    more=st.dictionaries(NAMES, JSON | st.lists(PARTS, max_size=3), max_size=5),
)
def test_whatever_is_sent_it_is_taken_or_refused_with_a_name(endpoint: Any, more: dict[str, Any]) -> None:
    try:
        asked = read(endpoint, **more)
    except ApiError as error:
        refused = error.status
    else:
        sent = json.loads(asked.finished("m", 9, openai=True))
        assert sent.keys() <= fields.TAKEN[endpoint] | {"store"}
        return
    assert refused == 400
