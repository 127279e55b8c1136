from __future__ import annotations

import asyncio
import datetime
import json
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from livetechno.mock.faults import FAULTS, FaultSource, UnknownFaultError, parse_fault

REFUSALS = [name for name, fault in FAULTS.items() if fault.stage == "instead" and fault.body is None]


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_has_openai_s_body_on_every_endpoint(mock: Any, name: str) -> None:
    fault = FAULTS[name]
    for told in (
        await mock.chat("Hello", fault=name),
        await mock.chat("Hello", fault=name, stream=True),
        await mock.respond("Hello", fault=name),
        await mock.get("/models", X_Mock_Fault=name),
    ):
        assert told.status == fault.status >= 400
        assert set(told.error) == {"message", "type", "param", "code"}
        assert told.error["code"] == fault.code
        assert told.error["message"]
        assert told.error["type"]
        assert told.headers["x-request-id"]


def test_every_documented_code_has_its_fault() -> None:
    documented = {
        "unsupported_parameter",
        "unsupported_value",
        "context_length_exceeded",
        "invalid_prompt",
        "invalid_api_key",
        "model_not_found",
        "rate_limit_exceeded",
        "slow_down",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "server_is_overloaded",
    }
    assert documented <= {fault.code for fault in FAULTS.values()}
    assert {400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504} <= {
        fault.status for fault in FAULTS.values()
    }


def test_every_fault_is_described_in_both_languages() -> None:
    for fault in FAULTS.values():
        assert fault.description("en") != fault.description("fr")


async def test_waits_are_told_and_tiny(mock: Any) -> None:
    assert (await mock.chat("x", fault="429_rate")).headers["retry-after-ms"] == "20"
    assert (await mock.chat("x", fault="retry_after_ms;seconds=0.5")).headers["retry-after-ms"] == "500"
    assert (await mock.chat("x", fault="retry_after_seconds;seconds=7")).headers["retry-after"] == "7"
    then = parsedate_to_datetime((await mock.chat("x", fault="retry_after_date")).headers["retry-after"])
    assert abs((then - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 5
    assert (await mock.chat("x", fault="should_retry_false")).headers["x-should-retry"] == "false"
    assert "retry-after-ms" not in (await mock.chat("x", fault="429_credit")).headers


async def test_a_refusal_names_the_model_that_was_asked_for(mock: Any) -> None:
    for name in ("404_model", "404_retired", "429_rate"):
        for told in (
            await mock.chat("x", fault=name, model="gpt-4o-mini"),
            await mock.respond("x", fault=name, model="gpt-4o-mini"),
            await mock.get("/models/gpt-4o-mini", X_Mock_Fault=name),
        ):
            assert "`gpt-4o-mini`" in told.error["message"]
    assert "model" in (await mock.get("/models", X_Mock_Fault="404_model")).error["message"]


@pytest.mark.parametrize("limit", ["requests", "tokens"])
async def test_a_limit_is_the_same_in_the_words_and_in_the_headers(mock: Any, limit: str) -> None:
    told = await mock.chat("x", fault="429_rate" if limit == "requests" else "429_tokens")
    most = told.headers[f"x-ratelimit-limit-{limit}"]
    assert f"Limit {most}, Used {most}" in told.error["message"]
    assert told.headers[f"x-ratelimit-remaining-{limit}"] == "0"
    assert told.headers[f"x-ratelimit-reset-{limit}"] == "20ms"


@pytest.mark.parametrize("name", REFUSALS)
async def test_the_seconds_of_any_refusal_are_told(mock: Any, name: str) -> None:
    headers = (await mock.chat("x", fault=f"{name};seconds=86400")).headers
    if "retry-after-ms" in headers:
        assert headers["retry-after-ms"] == "86400000"
    elif name == "retry_after_date":
        assert parsedate_to_datetime(headers["retry-after"]) > datetime.datetime.now(datetime.timezone.utc)
    else:
        assert headers["retry-after"] == "86400"
    if name == "429_rate":
        assert headers["x-ratelimit-reset-requests"] == "24h0m0s"


async def test_an_unknown_fault_is_refused_with_the_names(mock: Any) -> None:
    told = await mock.chat("Hello", fault="no_such_thing")
    assert told.status == 400
    assert told.error["code"] == "unknown_fault"
    assert all(name in told.error["message"] for name in FAULTS)


@pytest.mark.parametrize(
    "spec", ["", "cut;after=x", "cut;after=-1", "cut;after=1.5", "cut;speed=3", "stall;seconds=nan"]
)
def test_a_broken_spec_is_refused(spec: str) -> None:
    with pytest.raises(UnknownFaultError):
        parse_fault(spec)


def test_names_may_be_written_freely() -> None:
    assert parse_fault("Cut-Mid-Character; after=2") == parse_fault("cut_mid_character;after=2")
    assert parse_fault("429").fault.name == "429_rate"
    assert parse_fault("404").fault.name == "404_model"


async def test_a_script_gives_one_fault_to_each_request_in_order(start: Any) -> None:
    mock = await start(script=("500", None, "429_rate"), faults={"401": 0.0})
    statuses = [(await mock.chat("Hello")).status for _ in range(5)]
    assert statuses == [500, 200, 429, 200, 200]


async def test_the_header_goes_before_the_script_and_leaves_it(start: Any) -> None:
    mock = await start(script=("500",))
    assert (await mock.chat("Hello", fault="401")).status == 401
    assert (await mock.chat("Hello")).status == 500


def test_rates_are_seeded_dice() -> None:
    def names(seed: int) -> list[str | None]:
        source = FaultSource({"500": 0.3, "cut": 0.3}, (), seed)
        chosen = [source.choose(None) for _ in range(300)]
        return [None if strike is None else strike.fault.name for strike in chosen]

    assert names(1) == names(1) != names(2)
    assert 60 < names(1).count("500") < 120
    assert 40 < names(1).count("cut") < 110


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_outside_its_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        FaultSource({"500": rate}, (), 0)


async def test_the_connection_may_end_before_any_answer(mock: Any) -> None:
    for name in ("connection_reset", "connection_closed"):
        with pytest.raises(aiohttp.ClientError):
            await mock.chat("Hello", fault=name)


async def test_a_slow_answer_is_right_in_the_end(mock: Any) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await mock.chat("Hello", fault="slow_first_byte;seconds=0.05")).status == 200
    assert loop.time() - began >= 0.05


@pytest.mark.parametrize("endpoint", ["chat", "respond"])
@pytest.mark.parametrize("name", ["cut", "cut_mid_character"])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_cut_answer_ends_without_its_end(mock: Any, endpoint: str, name: str, stream: bool) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await getattr(mock, endpoint)("Hello", fault=name, stream=stream)


@pytest.mark.parametrize("after", [0, 1, 4])
async def test_a_stream_is_cut_after_so_many_pieces(mock: Any, after: int) -> None:
    whole = (await mock.chat("count to 9")).body["choices"][0]["message"]["content"]
    raw = await read_until_cut(mock, f"cut;after={after}")
    texts = [json.loads(line[6:])["choices"][0]["delta"].get("content") for line in raw.splitlines() if line]
    assert len([text for text in texts if text]) == after
    assert whole.startswith("".join(text or "" for text in texts))


async def test_a_cut_mid_character_leaves_half_of_one(mock: Any) -> None:
    raw = await read_until_cut(mock, "cut_mid_character;after=2")
    with pytest.raises(UnicodeDecodeError, match="unexpected end of data"):
        raw.decode()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_stall_holds_until_the_client_leaves(mock: Any, stream: bool) -> None:
    body = {"model": "gpt-4.1", "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"X-Mock-Fault": "stall;after=1"}
    url = f"{mock.base_url}/chat/completions"
    async with mock.session.post(url, json=body, headers=headers) as response:
        assert await response.content.readany()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(response.content.read(), 0.05)
        response.close()
    for _ in range(200):
        if mock.server.open_streams == 0:
            break
        await asyncio.sleep(0.005)
    assert mock.server.open_streams == 0


@pytest.mark.parametrize("name", ["error_after_200", "limit_after_200", "response_failed"])
async def test_an_error_may_come_inside_a_stream(mock: Any, name: str) -> None:
    chat = await mock.chat("Hello", fault=f"{name};after=2", stream=True)
    assert chat.status == 200
    assert chat.events[-1]["error"]["code"] == FAULTS[name].code
    assert b"[DONE]" not in chat.raw
    responses = (await mock.respond("Hello", fault=f"{name};after=2", stream=True)).events
    assert len([event for event in responses if event["type"] == "response.output_text.delta"]) == 2
    last = responses[-1]
    assert last["type"] == ("response.failed" if name == "response_failed" else "error")
    assert last["sequence_number"] == len(responses) - 1
    assert (await mock.chat("Hello", fault=name)).error["code"] == FAULTS[name].code


async def test_an_answer_may_end_unfinished(mock: Any) -> None:
    streamed = await mock.chat(
        "Hello", fault="no_finish", stream=True, stream_options={"include_usage": True}
    )
    assert streamed.text == (await mock.chat("Hello")).body["choices"][0]["message"]["content"]
    assert all(choice["finish_reason"] is None for event in streamed.events for choice in event["choices"])
    assert b"[DONE]" not in streamed.raw
    assert (await mock.chat("Hello", fault="no_finish")).body["choices"][0]["finish_reason"] is None
    assert (await mock.respond("Hello", fault="no_finish")).body["status"] == "in_progress"
    kinds = {event["type"] for event in (await mock.respond("Hello", fault="no_finish", stream=True)).events}
    assert "response.completed" not in kinds


async def test_json_may_be_broken_or_of_another_form(mock: Any) -> None:
    for stream in (False, True):
        broken = await mock.chat("Hello", fault="malformed_json", stream=stream)
        assert not is_json(broken, stream)
        assert is_json(await mock.chat("Hello", stream=stream), stream)
        with pytest.raises(UnicodeDecodeError):
            (await mock.respond("Hello", fault="invalid_utf8", stream=stream)).raw.decode()
    wrong = (await mock.chat("Hello", fault="wrong_schema")).body
    assert not isinstance(wrong["choices"], list)
    assert not isinstance(wrong["output"], list)
    streamed = (await mock.chat("Hello", fault="wrong_schema;after=1", stream=True)).events
    assert any(not isinstance(event["choices"], list) for event in streamed)


async def test_bodies_may_be_no_json_at_all(mock: Any) -> None:
    assert (await mock.chat("Hello", fault="empty_body")).raw == b""
    for name, status in (("html_502", 502), ("html_200", 200)):
        told = await mock.chat("Hello", fault=name)
        assert told.status == status
        assert told.headers["content-type"] == "text/html"
        assert told.raw.startswith(b"<html>")
    redirected = await mock.get("/models", X_Mock_Fault="redirect")
    assert redirected.status == 307
    assert redirected.headers["location"]


async def test_what_is_said_may_be_at_fault(mock: Any) -> None:
    filtered = (await mock.chat("Hello", fault="content_filter")).body["choices"][0]
    assert filtered["finish_reason"] == "content_filter"
    assert (await mock.respond("Hello", fault="length")).body["incomplete_details"] == {
        "reason": "max_output_tokens"
    }
    refused = (await mock.chat("Hello", fault="refusal")).body["choices"][0]["message"]
    assert refused["content"] is None
    assert "can't help" in refused["refusal"]
    events = (await mock.respond("Hello", fault="refusal", stream=True)).events
    assert "can't help" in "".join(
        event["delta"] for event in events if event["type"] == "response.refusal.delta"
    )


async def test_a_document_may_break_the_schema_or_be_none(mock: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    wrong = (await mock.chat("x", fault="wrong_document", response_format=form)).body["choices"][0]["message"]
    assert not isinstance(json.loads(wrong["content"]), dict)
    none = (await mock.chat("x", fault="no_json_document", response_format=form)).body["choices"][0][
        "message"
    ]
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(none["content"])


async def test_odd_framing_keeps_the_text(mock: Any) -> None:
    raw = (await mock.chat("count to 9", fault="odd_framing", stream=True)).raw
    assert b"\r\n" in raw
    assert raw.startswith(b"\xef\xbb\xbf:")
    text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    blocks = [
        "\n".join(
            line.removeprefix("data:").removeprefix(" ")
            for line in block.splitlines()
            if line.startswith("data")
        )
        for block in text.split("\n\n")
    ]
    chunks = [json.loads(block) for block in blocks if block and block != "[DONE]"]
    said = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert said == (await mock.chat("count to 9")).body["choices"][0]["message"]["content"]


async def test_unknown_events_stand_between_the_real_ones(mock: Any) -> None:
    told = await mock.chat("count to 9", fault="unknown_events", stream=True)
    assert any(event.get("new") for event in told.events)
    clean = [event for event in told.events if not event.get("new")]
    assert clean == (await mock.chat("count to 9", stream=True)).events


async def test_every_fault_is_played_without_harm_to_the_server(start: Any) -> None:
    mock = await start()
    for name in FAULTS:
        if name in ("no_answer", "stall"):
            continue
        spec = f"{name};seconds=0.01"
        for ask, stream in (
            (mock.chat, False),
            (mock.chat, True),
            (mock.respond, False),
            (mock.respond, True),
        ):
            try:
                told = await ask("Hello", fault=spec, stream=stream)
            except aiohttp.ClientError:
                continue
            if told.status >= 400 and name != "html_502":
                assert told.error["code"] != "mock_failed"
    assert (await mock.chat("Hello")).status == 200


def test_no_wait_is_long_by_default() -> None:
    waits = {name: fault.wait for name, fault in FAULTS.items()}
    assert waits.pop("retry_after_too_long") == 3600
    assert max(waits.values()) <= 1


def is_json(told: Any, stream: bool) -> bool:
    try:
        return bool(told.events if stream else told.body)
    except ValueError:
        return False


async def read_until_cut(mock: Any, fault: str) -> bytes:
    """The bytes that came before the connection ended."""
    body = {"model": "gpt-4.1", "stream": True, "messages": [{"role": "user", "content": "count to 9"}]}
    url = f"{mock.base_url}/chat/completions"
    raw = b""
    async with mock.session.post(url, json=body, headers={"X-Mock-Fault": fault}) as response:
        try:
            async for block in response.content.iter_any():
                raw += block
        except aiohttp.ClientPayloadError:
            return raw
    raise AssertionError("the stream was not cut")
