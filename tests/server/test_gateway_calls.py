"""Calls through `/v1`: what goes on, what comes back, what is booked, and who is refused."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.server import revoked
from livetechno.server.gateway import upstream as gateway_upstream
from livetechno.server.gateway.upstream import FRESH
from livetechno.server.runner import Server
from livetechno.store.errors import StoreError
from livetechno.store.leases import Leases
from tests.gpt import raw_server
from tests.gpt.raw_server import KEY, Exchange
from tests.server.access import (
    CHAT,
    HELLO,
    MODEL,
    REPLY,
    RESPONSE,
    Program,
    band,
    program,
    upstream,
)
from tests.server.access import answer as answers

__all__ = ["band", "upstream"]

STREAM = {**CHAT, "stream": True}
WITH_USAGE = {**STREAM, "stream_options": {"include_usage": True}}


async def test_an_answer_comes_as_the_bytes_it_came_as_and_is_booked(
    band: Program, upstream: raw_server.Server
) -> None:
    async with band.asks("chat/completions", CHAT) as answer:
        assert answer.status == 200
        assert await answer.read() == json.dumps(REPLY).encode()
        request_id = answer.headers["X-Request-Id"]
    (row,) = await band.rows()
    assert (row["request_id"], row["purpose"], row["model"]) == (request_id, "gateway", MODEL)
    assert (row["input_tokens"], row["output_tokens"], row["estimated"]) == (5, 2, 0)
    assert float(row["usd"]) == pytest.approx((5 * 0.4 + 2 * 1.6) / 1e6)
    assert row["finish"] == "stop"


async def test_a_stream_comes_event_by_event_while_the_server_still_writes(
    band: Program, upstream: raw_server.Server
) -> None:
    heard = asyncio.Event()
    sent: list[bytes] = []

    async def slowly(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for text in ("one", "two"):
            await exchange.text(text)
            await asyncio.wait_for(heard.wait(), 5)
            heard.clear()
        await exchange.finish()

    upstream.answers = [slowly]
    async with band.asks("chat/completions", WITH_USAGE) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        for text in ("one", "two"):
            event = await answer.content.readuntil(b"\n\n")
            assert json.loads(event.removeprefix(b"data: "))["choices"][0]["delta"]["content"] == text
            sent.append(event)
            heard.set()
        rest = await answer.content.read()
    assert b'"usage"' in rest
    assert rest.endswith(b"data: [DONE]\n\n")
    (row,) = await band.rows()
    assert (row["input_tokens"], row["output_tokens"], row["estimated"], row["finish"]) == (5, 2, 0, "stop")


@pytest.mark.parametrize("asked", [False, True])
async def test_usage_is_always_asked_for_and_told_to_who_asked_for_it(
    band: Program, upstream: raw_server.Server, asked: bool
) -> None:
    async with band.asks("chat/completions", WITH_USAGE if asked else STREAM) as answer:
        text = await answer.text()
    assert upstream.exchanges[0].body["stream_options"] == {"include_usage": True}
    assert ('"usage"' in text) is asked
    assert text.endswith("data: [DONE]\n\n")
    (row,) = await band.rows()
    assert row["output_tokens"] == 2


async def test_the_server_that_is_asked_hears_the_owners_key_and_nothing_of_who_asks(
    band: Program, upstream: raw_server.Server
) -> None:
    headers = {
        "OpenAI-Organization": "org-evil",
        "X-Forwarded-For": "10.0.0.1",
        "Cookie": "a=b",
        "User-Agent": "Evil/1",
        "Idempotency-Key": "once",
        "Accept-Language": "fr",
    }
    status, _ = await band.ask("chat/completions", {**CHAT, "model": "chat", "max_tokens": 7}, headers)
    assert status == 200
    (exchange,) = upstream.exchanges
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert exchange.headers["idempotency-key"] == f"access:{band.key.id}-once"
    named = {"host", "accept", "accept-encoding", "user-agent", "content-type", "content-length"}
    assert set(exchange.headers) <= named | {"authorization", "idempotency-key", "connection"}
    assert "evil" not in str(exchange.headers).lower()
    assert exchange.body == {"model": "gpt-6-luna", "messages": HELLO, "max_completion_tokens": 7}


async def test_a_response_is_never_stored_and_has_a_limit(band: Program, upstream: raw_server.Server) -> None:
    async def answer(exchange: Exchange) -> None:
        usage = {"input_tokens": 3, "output_tokens": 4}
        await exchange.json(
            {"status": "completed", "error": None, "output": [], "model": MODEL, "usage": usage}
        )

    upstream.answers = [answer]
    assert (await band.ask("responses", RESPONSE))[0] == 200
    assert upstream.exchanges[0].body == {**RESPONSE, "max_output_tokens": 16_384, "store": False}
    (row,) = await band.rows()
    assert (row["input_tokens"], row["output_tokens"]) == (3, 4)


@pytest.mark.parametrize("body", [STREAM, CHAT])
async def test_a_client_that_leaves_ends_the_call_and_what_came_is_an_estimate(
    band: Program, upstream: raw_server.Server, body: dict[str, Any]
) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def never_ending(exchange: Exchange) -> None:
        if body is STREAM:
            await exchange.begin_stream()
            await exchange.text("Hi")
        begun.set()
        await exchange.until_left()
        left.set()

    upstream.answers = [never_ending]
    asking = asyncio.ensure_future(band.ask("chat/completions", body))
    await asyncio.wait_for(begun.wait(), 5)
    await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.wait_for(left.wait(), 5)
    (row,) = await band.rows()
    assert (row["estimated"], row["finish"]) == (1, "stopped")
    # no fewer tokens than any text of so many bytes can have: who leaves again and again passes no budget
    assert row["input_tokens"] >= len(json.dumps(body))
    assert 0 < float(row["usd"]) <= row["worst"] / 1e12
    assert row["output_tokens"] >= 1


async def test_what_a_model_may_have_thought_before_its_client_left_is_counted(
    band: Program, upstream: raw_server.Server
) -> None:
    begun = asyncio.Event()

    async def thinking(exchange: Exchange) -> None:
        await exchange.begin_stream()
        begun.set()
        await exchange.until_left()

    upstream.answers = [thinking]
    asking = asyncio.ensure_future(band.ask("chat/completions", {**STREAM, "model": "gpt-6-luna"}))
    await asyncio.wait_for(begun.wait(), 5)
    await asyncio.sleep(0.1)
    asking.cancel()
    (row,) = await band.rows()
    assert 15 <= row["output_tokens"] <= 16_384


async def test_a_stream_that_is_cut_or_falls_silent_says_so_in_our_own_words(
    band: Program, upstream: raw_server.Server
) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("Hi")
        exchange.abort()

    upstream.answers = [cut]
    async with band.asks("chat/completions", STREAM) as answer:
        text = await answer.text()
    told = json.loads(text.rpartition("data: ")[2])["error"]
    assert told["code"] == "stream_cut"
    assert told["request_id"] == answer.headers["X-Request-Id"]
    (row,) = await band.rows()
    assert (row["estimated"], row["finish"]) == (1, "cut")


async def test_a_stream_without_usage_or_a_closed_end_passes_and_is_an_estimate(
    band: Program, upstream: raw_server.Server
) -> None:
    async def plain(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("Hi")
        await exchange.chunk(b"data: [DONE]")
        await exchange.send(b"0\r\n\r\n")

    upstream.answers = [plain]
    async with band.asks("chat/completions", STREAM) as answer:
        text = await answer.text()
    assert text.count("data: ") == 2
    assert text.endswith("data: [DONE]\n\n")
    (row,) = await band.rows()
    assert (row["estimated"], row["output_tokens"]) == (1, 2)


async def test_a_refusal_whose_words_never_come_is_told_by_its_status_in_time(
    server: Server, band: Program, upstream: raw_server.Server
) -> None:
    async def refuses(exchange: Exchange) -> None:
        await exchange.head(400, content_type="application/json", content_length="9")
        await exchange.until_left()

    allow(server, seconds=0.1)
    upstream.answers = [refuses]
    assert (await band.ask("chat/completions", CHAT))[0] == 400


async def test_an_error_inside_a_stream_is_told_in_our_own_words(
    band: Program, upstream: raw_server.Server
) -> None:
    async def failing(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("Hi")
        await exchange.event({"error": {"message": "org-secret ran out", "code": "rate_limit_exceeded"}})
        await exchange.send(b"0\r\n\r\n")

    upstream.answers = [failing]
    async with band.asks("chat/completions", STREAM) as answer:
        text = await answer.text()
    assert "org-secret" not in text
    assert json.loads(text.rpartition("data: ")[2])["error"]["code"] == "rate_limit"


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, "invalid_api_key", (502, "not_ready")),
        (403, "unsupported_country", (502, "not_ready")),
        (429, "insufficient_quota", (402, "spending_limit")),
        (429, "rate_limit_exceeded", (429, "rate_limit")),
        (404, "model_not_found", (404, "model_refused")),
        (400, "context_length_exceeded", (400, "context_too_long")),
        (400, "invalid_value", (400, "bad_request")),
        (500, "server_error", (502, "server_failed")),
        (503, "server_is_overloaded", (502, "server_failed")),
        (302, "elsewhere", (502, "server_refused")),
    ],
)
async def test_what_the_server_refuses_is_told_by_our_own_status_code_and_sentence(
    band: Program, upstream: raw_server.Server, status: int, code: str, told: tuple[int, str]
) -> None:
    async def refuses(exchange: Exchange) -> None:
        error = {"message": "org-secret says no", "code": code, "param": "messages", "type": "x"}
        await exchange.json(
            {"error": error},
            status,
            **{"retry-after": "7", "openai-organization": "org-secret", "x-ratelimit-limit-requests": "9"},
        )

    upstream.answers = [refuses, answers]
    async with band.asks("chat/completions", CHAT) as answer:
        text = await answer.text()
        error = json.loads(text)["error"]
        assert (answer.status, error["code"]) == told
        assert "secret" not in text + str(answer.headers)
        assert not [name for name in answer.headers if "ratelimit" in name.lower()]
        assert set(error) == {"message", "type", "param", "code", "request_id"}
        assert answer.headers.get("Retry-After") == (
            "7" if told[0] == 429 else answer.headers.get("Retry-After")
        )
        assert error["param"] == (
            "messages" if code in ("invalid_value", "context_length_exceeded") else None
        )
    await band.ask("chat/completions", CHAT)
    (row,) = await band.rows()
    assert row["finish"] == "stop", "a refusal costs nothing"


async def test_a_server_without_responses_is_said_to_have_none(
    band: Program, upstream: raw_server.Server
) -> None:
    async def nowhere(exchange: Exchange) -> None:
        await exchange.json({"detail": "Not Found"}, 404)

    upstream.answers = [nowhere]
    status, told = await band.ask("responses", RESPONSE)
    assert (status, told["error"]["code"]) == (404, "no_responses")


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b'{"error": {"message": "org-secret"}}'])
async def test_an_answer_that_is_none_is_a_bad_gateway(
    band: Program, upstream: raw_server.Server, reply: bytes
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.head(200, content_type="application/json", content_length=str(len(reply)))
        await exchange.send(reply)

    upstream.answers = [answer]
    status, told = await band.ask("chat/completions", CHAT)
    assert status == 502
    assert "secret" not in str(told)
    (row,) = await band.rows()
    assert row["estimated"] == 1


async def test_where_nobody_listens_the_caller_hears_it_and_pays_nothing(
    band: Program, upstream: raw_server.Server
) -> None:
    await upstream.stop()
    status, told = await band.ask("chat/completions", CHAT)
    assert (status, told["error"]["code"]) == (502, "not_ready")
    assert "127.0.0.1" not in told["error"]["message"]
    await asyncio.sleep(0.08)  # longer than what is settled waits for more
    assert await band.rows(0) == []


async def test_a_call_past_the_budget_is_refused_before_anybody_is_asked(
    server: Server, upstream: raw_server.Server
) -> None:
    async with program(await server.start(), usd="0.0000001") as poor:
        status, told = await poor.ask("chat/completions", CHAT)
    assert (status, told["error"]["code"]) == (402, "budget_exceeded")
    assert told["error"]["type"] == "insufficient_quota"
    assert not upstream.exchanges


async def test_a_small_budget_buys_a_shorter_answer(server: Server, upstream: raw_server.Server) -> None:
    async with program(await server.start(), usd="0.002") as thrifty:
        assert (await thrifty.ask("chat/completions", CHAT))[0] == 200
    assert 256 <= upstream.exchanges[0].body["max_completion_tokens"] < 16_384


async def test_a_model_without_a_price_is_refused_on_this_machine_too(
    band: Program, upstream: raw_server.Server
) -> None:
    status, told = await band.ask("chat/completions", {**CHAT, "model": "my-own"})
    assert (status, told["error"]["code"]) == (402, "unknown_price")
    assert not upstream.exchanges


async def test_without_books_nothing_is_asked(
    band: Program, upstream: raw_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError("closed", path="x")

    monkeypatch.setattr(Leases, "take", broken)
    status, told = await band.ask("chat/completions", CHAT)
    assert (status, told["error"]["code"]) == (503, "not_ready")
    assert not upstream.exchanges


async def test_a_key_names_the_models_it_was_made_for_by_name_or_alias(
    server: Server, upstream: raw_server.Server
) -> None:
    async with program(await server.start(), models=("chat", MODEL)) as one:
        _, listed = await one.ask("models")
        assert [model["id"] for model in listed["data"]] == ["chat", MODEL]
        for name in ("chat", MODEL, "gpt-6-luna"):
            assert (await one.ask("chat/completions", {**CHAT, "model": name}))[0] == 200
            assert (await one.ask(f"models/{name}"))[1]["id"] == name
        for name in ("gpt-4.1", "patterns", "chat ", "CHAT"):
            status, told = await one.ask("chat/completions", {**CHAT, "model": name})
            assert (status, told["error"]["code"]) == (404, "model_refused")
            assert (await one.ask(f"models/{name}"))[0] == 404
    assert [exchange.body["model"] for exchange in upstream.exchanges] == ["gpt-6-luna", MODEL, "gpt-6-luna"]


async def test_a_key_without_a_list_may_name_every_model_that_has_a_price(band: Program) -> None:
    _, listed = await band.ask("models")
    names = [model["id"] for model in listed["data"]]
    assert {"chat", "gpt-6-luna", "gpt-5.2"} <= set(names)
    assert listed["data"][0].keys() == {"id", "object", "created", "owned_by"}
    assert (await band.ask("models/my-own"))[0] == 404


async def test_tokens_are_capped_for_all_answers_together(
    server: Server, upstream: raw_server.Server
) -> None:
    async with program(await server.start(), limits={"most_tokens": 100}) as one:
        for more, expected in (
            ({}, 100),
            ({"max_tokens": 1000}, 100),
            ({"max_tokens": 9}, 9),
            ({"n": 4}, 25),
        ):
            assert (await one.ask("chat/completions", {**CHAT, **more}))[0] == 200
            assert upstream.exchanges[-1].body["max_completion_tokens"] == expected
            assert "max_tokens" not in upstream.exchanges[-1].body
        assert (await one.ask("chat/completions", {**CHAT, "n": 101}))[0] == 400


async def test_so_many_at_once_and_so_many_a_minute_are_let_in(
    server: Server, upstream: raw_server.Server
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def held(exchange: Exchange) -> None:
        begun.set()
        await go.wait()
        await exchange.json(REPLY)

    upstream.answers = [held]
    async with program(await server.start(), limits={"at_once": 1, "per_minute": 2}) as one:
        first = asyncio.ensure_future(one.ask("chat/completions", CHAT))
        await asyncio.wait_for(begun.wait(), 5)
        for expected in ("too_many_at_once", "too_many_at_once"):
            async with one.asks("chat/completions", CHAT) as refused:
                assert (refused.status, (await refused.json())["error"]["code"]) == (429, expected)
                assert int(refused.headers["Retry-After"]) >= 1
        go.set()
        assert (await first)[0] == 200
        assert (await one.ask("chat/completions", CHAT))[0] == 200
        status, told = await one.ask("chat/completions", CHAT)
        assert (status, told["error"]["code"]) == (429, "rate_limited")


def allow(server: Server, **limits: Any) -> None:
    """From now on every key has these limits."""
    callers = server.guard.callers
    look_up = callers.access

    def limited(sha256: bytes) -> Any:
        found = look_up(sha256)
        return found and replace(found, limits=limits)  # type: ignore[type-var]

    callers.access = limited


async def test_a_call_ends_when_its_time_is_over_whatever_it_is_doing(
    server: Server, band: Program, upstream: raw_server.Server
) -> None:
    left = 0

    async def trickles(exchange: Exchange) -> None:
        nonlocal left
        if exchange.body.get("stream"):
            await exchange.begin_stream()
            await exchange.text("Hi")
        await exchange.until_left()
        left += 1

    allow(server, seconds=0.1)
    upstream.answers = [trickles]
    status, told = await band.ask("chat/completions", CHAT)
    assert (status, told["error"]["code"]) == (504, "total_timeout")
    async with band.asks("chat/completions", STREAM) as answer:
        text = await answer.text()
    assert json.loads(text.rpartition("data: ")[2])["error"]["code"] == "total_timeout"
    assert all(row["estimated"] for row in await band.rows(2))
    assert left == 2


async def test_a_client_that_reads_nothing_is_let_go_when_its_time_is_over(
    server: Server, band: Program, upstream: raw_server.Server
) -> None:
    async def floods(exchange: Exchange) -> None:
        await exchange.begin_stream()
        while True:
            await exchange.text("Hi" * 10_000)

    allow(server, seconds=0.2)
    upstream.answers = [floods]
    async with band.asks("chat/completions", STREAM):
        await asyncio.wait_for(upstream.left.wait(), 5)


async def test_a_body_and_a_conversation_have_an_end(
    server: Server, band: Program, upstream: raw_server.Server
) -> None:
    allow(server, most_body=2000, most_messages=3)
    assert (await band.ask("chat/completions", {**CHAT, "messages": HELLO * 3}))[0] == 200
    status, told = await band.ask("chat/completions", {**CHAT, "messages": HELLO * 4})
    assert (status, told["error"]["param"]) == (400, "messages")
    long = {**CHAT, "messages": [{"role": "user", "content": "x" * 2000}]}
    assert (await band.ask("chat/completions", long))[0] == 413
    assert len(upstream.exchanges) == 1


async def test_what_is_nested_too_deep_is_refused_and_costs_nothing(
    band: Program, upstream: raw_server.Server
) -> None:
    told = set()
    for depth in (50, 300, 450, 600, 750, 900, 100_000):
        deep = b"[" * depth + b"]" * depth
        body = b'{"model": "%s", "messages": [{"role": "user", "content": "x"}], "response_format": %s}'
        told.add((await band.ask("chat/completions", body % (MODEL.encode(), deep)))[0])
    assert told == {200, 400}
    asked = len(upstream.exchanges)
    assert len(await band.rows(asked)) == asked


async def test_a_revoked_key_is_refused_within_a_second(band: Program, upstream: raw_server.Server) -> None:
    assert (await band.ask("chat/completions", CHAT))[0] == 200
    await in_thread(app.store().access.revoke, "band")
    for _ in range(100):
        status, told = await band.ask("models")
        if status == 401:
            break
        await asyncio.sleep(0.01)
    assert told["error"] == {
        **told["error"],
        "code": "key_unknown",
        "type": "authentication_error",
        "param": None,
    }


async def _revoked_here() -> None:
    await in_thread(app.store().access.revoke, "band")


async def _revoked_elsewhere() -> None:
    command = (sys.executable, "-m", "livetechno", "access", "revoke", "band")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


@pytest.mark.parametrize("revoke", [_revoked_here, _revoked_elsewhere])
@pytest.mark.parametrize("body", [STREAM, CHAT])
async def test_a_call_under_way_ends_within_a_second_when_its_key_is_revoked(
    band: Program,
    upstream: raw_server.Server,
    monkeypatch: pytest.MonkeyPatch,
    body: dict[str, Any],
    revoke: Callable[[], Awaitable[None]],
) -> None:
    assert revoked.EVERY <= 0.5
    monkeypatch.setattr(revoked, "EVERY", 0.02)
    begun, left = asyncio.Event(), asyncio.Event()

    async def never_ending(exchange: Exchange) -> None:
        if body is STREAM:
            await exchange.begin_stream()
            await exchange.text("Hi")
        begun.set()
        await exchange.until_left()
        left.set()

    async def short(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("Hi")
        await left.wait()
        await exchange.finish()

    async with program(band.url, "other") as other:
        upstream.answers = [never_ending, short]
        asking = asyncio.ensure_future(band.ask("chat/completions", body))
        await asyncio.wait_for(begun.wait(), 5)
        async with other.asks("chat/completions", STREAM) as answer:
            await revoke()
            await asyncio.wait_for(left.wait(), 5)
            assert "[DONE]" in await answer.text()
    with pytest.raises(aiohttp.ClientError):
        await asking
    (row,) = await band.rows()
    assert (row["estimated"], row["finish"]) == (1, "stopped")


async def test_another_key_of_the_owners_is_used_within_a_second(
    band: Program, upstream: raw_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FRESH <= 1
    monkeypatch.setattr(gateway_upstream, "FRESH", 0.02)
    other = "sk-test-" + "another1" * 3
    assert (await band.ask("chat/completions", CHAT))[0] == 200
    monkeypatch.setenv("OPENAI_API_KEY", other)
    await asyncio.sleep(0.03)
    assert (await band.ask("chat/completions", CHAT))[0] == 200
    assert [one.headers["authorization"] for one in upstream.exchanges] == [
        f"Bearer {KEY}",
        f"Bearer {other}",
    ]


async def test_a_server_without_a_key_says_so_to_its_owner_only(
    band: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    status, told = await band.ask("chat/completions", CHAT)
    assert (status, told["error"]["code"]) == (503, "not_ready")
    assert "OPENAI_API_KEY" in caplog.text
    assert "OPENAI_API_KEY" not in str(told)


async def test_the_answers_of_mock_ai_cost_nothing(server: Server) -> None:
    async with program(await server.start(), usd="0") as one:
        status, told = await one.ask("chat/completions", {**CHAT, "model": "chat"})
        assert (status, told["model"]) == (200, "gpt-6-luna")
        (row,) = await one.rows()
        assert row["usd"] == "0"
