from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from livetechno.gpt.catalogue import load_catalogue
from livetechno.mock import MockServer
from tests import descriptors


async def test_a_chat_completion_has_openai_s_form(mock: Any) -> None:
    told = await mock.chat("How do I store a key?")
    body = told.body
    assert told.status == 200
    assert body["object"] == "chat.completion"
    assert body["model"] == "gpt-4.1"
    [choice] = body["choices"]
    assert choice["finish_reason"] == "stop"
    assert "livetechno key set" in choice["message"]["content"]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 20


async def test_a_stream_carries_the_same_text_as_the_whole_answer(mock: Any) -> None:
    whole = (await mock.chat("What is Mock AI?")).body["choices"][0]["message"]["content"]
    streamed = await mock.chat("What is Mock AI?", stream=True)
    assert streamed.text == whole
    assert streamed.raw.endswith(b"data: [DONE]\n\n")
    finishes = [c["finish_reason"] for event in streamed.events for c in event["choices"]]
    assert finishes[-1] == "stop"
    assert set(finishes[:-1]) == {None}


async def test_usage_comes_in_one_last_chunk_when_asked_for(mock: Any) -> None:
    told = await mock.chat("Hello", stream=True, stream_options={"include_usage": True})
    *others, last = told.events
    assert last["choices"] == []
    assert last["usage"] == (await mock.chat("Hello")).body["usage"]
    assert all(event["usage"] is None for event in others)
    assert all("usage" not in event for event in (await mock.chat("Hello", stream=True)).events)


async def test_responses_events_come_in_the_documented_order(mock: Any) -> None:
    told = await mock.respond("Hello", stream=True)
    events = told.events
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    squeezed = [kind for place, kind in enumerate(kinds) if place == 0 or kind != kinds[place - 1]]
    assert squeezed == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = "".join(event["delta"] for event in events if event["type"].endswith("text.delta"))
    assert text == (await mock.respond("Hello")).body["output"][0]["content"][0]["text"]
    assert re.findall(rb"event: (\S+)", told.raw) == [kind.encode() for kind in kinds]


async def test_a_reasoning_model_shows_its_summary_on_demand(mock: Any) -> None:
    told = await mock.respond("Hello", model="gpt-6.2-sol", stream=True, reasoning={"summary": "auto"})
    thoughts = [event["delta"] for event in told.events if "reasoning_summary_text.delta" in event["type"]]
    assert "does not reason" in "".join(thoughts)
    final = told.events[-1]["response"]
    assert [item["type"] for item in final["output"]] == ["reasoning", "message"]
    assert final["usage"]["output_tokens_details"]["reasoning_tokens"] > 0


async def test_a_limit_of_tokens_cuts_and_says_so(mock: Any) -> None:
    body = (await mock.chat("Hello", max_tokens=5)).body
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 5
    response = (await mock.respond("Hello", max_output_tokens=16)).body
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    streamed = (await mock.respond("Hello", max_output_tokens=16, stream=True)).events
    assert streamed[-1]["type"] == "response.incomplete"


async def test_reasoning_leaves_room_for_an_answer(mock: Any) -> None:
    body = (await mock.chat("Hello", model="gpt-5", max_completion_tokens=20)).body
    assert body["usage"]["completion_tokens"] == 20
    assert body["choices"][0]["message"]["content"]


async def test_a_stop_sequence_stops_and_is_left_out(mock: Any) -> None:
    body = (await mock.chat("count to 9", stop=["4", "zzz"])).body
    assert body["choices"][0]["message"]["content"] == "1, 2, 3, "
    assert body["choices"][0]["finish_reason"] == "stop"


async def test_n_choices_come_interleaved_and_each_finishes(mock: Any) -> None:
    whole = (await mock.chat("Hello", n=3)).body
    assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2]
    texts = ["", "", ""]
    indexes = []
    for event in (await mock.chat("Hello", n=3, stream=True)).events:
        for choice in event["choices"]:
            indexes.append(choice["index"])
            texts[choice["index"]] += choice["delta"].get("content") or ""
    assert texts == [choice["message"]["content"] for choice in whole["choices"]]
    assert indexes[3:9] == [0, 1, 2, 0, 1, 2]


async def test_the_same_seed_and_question_give_the_same_bytes(start: Any) -> None:
    first, second, other = await start(seed=4), await start(seed=4), await start(seed=5)
    for path, more in (("/chat/completions", {"messages": [{"role": "user", "content": "Hello"}], "n": 8}),):
        body = {"model": "gpt-4.1", **more}
        answers = [(await wire.post(path, body)).raw for wire in (first, second, second, other)]
        assert answers[0] == answers[1] == answers[2] != answers[3]
    streams = [(await wire.respond("Hello", stream=True)).raw for wire in (first, second)]
    assert streams[0] == streams[1]


async def test_the_same_question_gives_the_same_bytes_on_another_day(
    mock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [(await ask("Hello", model="gpt-4.1")).raw for ask in (mock.chat, mock.respond)]
    monkeypatch.setenv("LIVETECHNO_DATE", "2031-01-01")
    after = [(await ask("Hello", model="gpt-4.1")).raw for ask in (mock.chat, mock.respond)]
    assert before == after


async def test_the_same_words_as_instructions_or_as_a_message_are_two_stored_answers(mock: Any) -> None:
    spoken = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "My name is Ada."}]
    given = (await mock.respond("My name is Ada.", instructions="Be brief.")).body
    told = (await mock.post("/responses", {"model": "gpt-4.1", "input": spoken})).body
    assert given["output"][0]["content"] == told["output"][0]["content"]
    assert given["id"] != told["id"]


async def test_every_catalogued_model_answers_at_any_date(mock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2031-01-01")
    for name, model in load_catalogue().models.items():
        ask = mock.chat if "chat" in model.endpoints else mock.respond
        assert (await ask("Hello", model=name)).status == 200, name


async def test_an_unknown_model_is_404_model_not_found(mock: Any) -> None:
    for told in (
        await mock.chat("Hello", model="gpt-99"),
        await mock.respond("Hello", model="gpt-99"),
        await mock.get("/models/gpt-99"),
    ):
        assert told.status == 404
        assert told.error["code"] == "model_not_found"
        assert told.error["type"] == "invalid_request_error"


async def test_the_models_tell_their_end(mock: Any) -> None:
    listed = {row["id"]: row for row in (await mock.get("/models")).body["data"]}
    assert set(listed) == set(load_catalogue().models)
    assert listed["gpt-5"]["shutdown_date"] == "2026-12-11"
    assert (await mock.get("/models/gpt-5")).body == listed["gpt-5"]
    assert (await mock.get("/models/gpt-5.2")).body["shutdown_date"] is None


async def test_input_tokens_agree_with_the_usage_of_the_answer(mock: Any) -> None:
    counted = await mock.post("/responses/input_tokens", {"model": "gpt-4.1", "input": "What is a 303?"})
    answered = await mock.respond("What is a 303?")
    assert counted.body == {
        "object": "response.input_tokens",
        "input_tokens": answered.body["usage"]["input_tokens"],
    }


async def test_input_tokens_are_of_pictures_and_tools_too_and_take_only_what_makes_a_prompt(
    mock: Any,
) -> None:
    async def count(**more: Any) -> int:
        told = await mock.post("/responses/input_tokens", {"model": "gpt-4.1", "input": "Hello", **more})
        tokens: int = told.body["input_tokens"]
        return tokens

    picture = {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"}
    tool = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    plain = await count()
    assert await count(input=[{"role": "user", "content": [picture]}]) > 85
    assert await count(tools=[tool], instructions="Be brief.") > plain
    for field, value in {"stream": True, "store": False, "max_output_tokens": 16}.items():
        body = {"model": "gpt-4.1", "input": "Hello", field: value}
        told = await mock.post("/responses/input_tokens", body)
        assert (told.error["code"], told.error["param"]) == ("unknown_parameter", field)


async def test_a_stored_response_is_continued_and_an_unstored_one_is_not(mock: Any) -> None:
    first = (await mock.respond("My synth is called Brigitte.")).body
    again = (await mock.respond("What did I say before?", previous_response_id=first["id"])).body
    assert "Brigitte" in json.dumps(again["output"])
    unstored = (await mock.respond("My synth is called Yvette.", store=False)).body
    told = await mock.respond("Hello", previous_response_id=unstored["id"])
    assert told.error["code"] == "previous_response_not_found"


async def test_answers_carry_openai_s_headers(mock: Any) -> None:
    first, second = await mock.chat("Hello"), await mock.chat("Hello")
    headers = first.headers
    assert headers["x-request-id"].startswith("req_")
    assert headers["x-request-id"] != second.headers["x-request-id"]
    assert int(headers["openai-processing-ms"]) >= 0
    assert headers["x-ratelimit-limit-requests"] == "10000"
    assert headers["x-ratelimit-reset-requests"] == "6ms"
    used = first.body["usage"]["total_tokens"]
    assert int(headers["x-ratelimit-remaining-tokens"]) == int(headers["x-ratelimit-limit-tokens"]) - used
    assert not [name for name in headers if name.lower().startswith("access-control")]


async def test_received_requests_are_kept_with_the_key_masked(mock: Any) -> None:
    key = "sk-test-" + "a1b2" * 8 + "wxyz"
    await mock.chat("Hello")
    await mock.get("/models", Authorization=f"Bearer {key}", api_key=key)
    await mock.post("/chat/completions", data=b"{broken")
    sent, listed, broken = mock.server.requests
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    assert sent.body["messages"][0]["content"] == "Hello"
    assert listed.headers["authorization"] == "Bearer …wxyz"
    assert key[8:16] not in repr(listed)
    assert broken.body is None


async def test_only_the_last_requests_are_kept(mock: Any) -> None:
    for _ in range(1005):
        await mock.get("/nowhere")
    assert len(mock.server.requests) == 1000


async def test_a_stream_closes_as_soon_as_the_client_leaves(start: Any) -> None:
    mock = await start(pace=0.01)
    body = {"model": "gpt-4.1", "stream": True, "messages": [{"role": "user", "content": "count to 500"}]}
    async with mock.session.post(f"{mock.base_url}/chat/completions", json=body) as response:
        await response.content.readline()
        assert mock.server.open_streams == 1
        response.close()
    await until(lambda: mock.server.open_streams == 0)


@pytest.mark.parametrize("fault", ["connection_reset", "connection_closed", "cut"])
async def test_a_connection_that_a_fault_ends_is_a_line_in_the_log(
    start: Any, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    mock = await start()
    with caplog.at_level(logging.INFO), pytest.raises(aiohttp.ClientError):
        await mock.chat("Hello", fault=fault, stream=True)
    await until(lambda: "dropped by a fault" in caplog.text)
    await asyncio.sleep(0.01)
    assert "Traceback" not in caplog.text
    assert "aiohttp" not in caplog.text


async def test_a_client_that_leaves_while_a_stream_is_written_is_a_line_in_the_log(
    start: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mock = await start()

    async def left(_: web.StreamResponse, __: bytes) -> None:
        raise ConnectionResetError("Cannot write to closing transport")  # before the handler is cancelled

    monkeypatch.setattr(web.StreamResponse, "write", left)
    with caplog.at_level(logging.INFO), pytest.raises(aiohttp.ClientError):
        await mock.chat("Hello", stream=True)
    assert "POST /v1/chat/completions: Cannot write to closing transport" in caplog.text
    assert "Traceback" not in caplog.text
    assert mock.server.open_streams == 0


async def test_stop_ends_streams_and_stalls_quickly(start: Any) -> None:
    mock = await start(pace=0.5)
    asked = asyncio.ensure_future(mock.chat("count to 500", stream=True))
    stalled = asyncio.ensure_future(mock.chat("Hello", fault="no_answer"))
    await until(lambda: mock.server.open_streams == 1 and len(mock.server.requests) == 2)
    began = asyncio.get_running_loop().time()
    await mock.server.stop()
    assert asyncio.get_running_loop().time() - began < 1.5
    for task in (asked, stalled):
        with pytest.raises(aiohttp.ClientError):
            await task
    assert mock.server.open_streams == 0


async def test_a_server_starts_again_after_a_stop() -> None:
    server = MockServer()
    for _ in range(2):
        assert (await server.start()).startswith("http://127.0.0.1:")
        await server.stop()


async def test_a_busy_port_is_an_oserror(mock: Any) -> None:
    port = int(mock.base_url.split(":")[2].split("/")[0])
    with pytest.raises(OSError, match=str(port)):
        await MockServer(port=port).start()


async def test_other_sites_and_other_hosts_are_refused(mock: Any) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        told = await mock.get("/models", **headers)
        assert told.status == 403, headers
        assert told.error["code"] == "not_local"
    assert (await mock.get("/models", Origin="http://localhost:5173")).status == 200


async def test_images_are_taken_and_counted(mock: Any) -> None:
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
    ]
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": content}]}
    told = (await mock.post("/chat/completions", body)).body
    assert "cannot see" in told["choices"][0]["message"]["content"]
    assert told["usage"]["prompt_tokens"] > 85


async def test_the_tier_used_is_told(mock: Any) -> None:
    tiers = {None: "default", "auto": "default", "fast": "priority", "flex": "flex"}
    for wanted, used in tiers.items():
        assert (await mock.chat("Hello", service_tier=wanted)).body["service_tier"] == used


def test_the_package_is_imported_without_aiohttp() -> None:
    modules = "livetechno.mock, livetechno.mock.faults, livetechno.cli.mock"
    code = f"import sys, {modules}; print('aiohttp' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


async def until(met: Any, seconds: float = 5.0) -> None:
    for _ in range(int(seconds / 0.005)):
        if met():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonl"])
async def test_a_body_that_is_not_said_to_be_json_is_refused_as_openai_does(mock: Any, kind: str) -> None:
    body = json.dumps({"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}).encode()
    for path in ("/chat/completions", "/responses", "/responses/input_tokens"):
        told = await mock.post(path, data=body, Content_Type=kind)
        assert (told.status, told.error["code"]) == (400, "unsupported_content_type")
        assert kind in told.error["message"]
    said = await mock.post("/chat/completions", data=body, Content_Type="application/json; charset=utf-8")
    assert said.status == 200


@descriptors.told
@pytest.mark.parametrize("steps", range(12))
async def test_a_start_that_is_cancelled_at_any_step_leaves_no_socket_open(steps: int) -> None:
    assert await descriptors.left_open(MockServer(), steps) == 0
