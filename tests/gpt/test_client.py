from __future__ import annotations

import asyncio
import gc
import gzip
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from livetechno.gpt import errors, transport
from livetechno.gpt.client import Client
from livetechno.gpt.completions import (
    Begun,
    Completion,
    Done,
    Parameters,
    Request,
    Schema,
    TextDelta,
    ToolSpec,
    Usage,
)
from livetechno.gpt.errors import GPTError
from livetechno.gpt.messages import user
from livetechno.gpt.parameters import ParameterDroppedWarning
from livetechno.gpt.retry import Attempt, Retry
from livetechno.gpt.secret import Secret
from livetechno.gpt.transport import Timeouts
from tests.gpt.raw_server import KEY, Exchange, Server

HELLO = Request((user("hello"),))
REPLY = {
    "id": "c1",
    "model": "gpt-6-luna",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Bonjour"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}},
}


async def whole(exchange: Exchange) -> None:
    await exchange.json(REPLY, x_request_id="req_1")


def refusal(status: int, code: str | None = None, param: str | None = None, **headers: str) -> Any:
    async def answer(exchange: Exchange) -> None:
        await exchange.json({"error": {"message": "no", "code": code, "param": param}}, status, **headers)

    return answer


async def hear(client: Client, request: Request = HELLO) -> tuple[list[str], Completion]:
    texts: list[str] = []
    completion: Completion | None = None
    async with client.stream(request) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
            elif isinstance(event, Done):
                completion = event.completion
    assert completion is not None
    return texts, completion


async def test_a_whole_answer_comes_with_its_usage_and_request_id(server: Server) -> None:
    server.answers = [whole]
    completion = await server.client().complete(HELLO)
    assert completion.text == "Bonjour"
    assert completion.usage == Usage(5, 2, cached_tokens=3)
    assert (completion.request_id, completion.attempts, completion.finish) == ("req_1", 1, "stop")


async def test_the_key_goes_in_the_header_and_only_there(server: Server) -> None:
    server.answers = [whole]
    await server.client().complete(HELLO)
    (exchange,) = server.exchanges
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in exchange.line + exchange.raw.decode()


async def test_a_stream_gives_each_piece_as_it_comes(server: Server) -> None:
    heard = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream(x_request_id="req_2")
        await exchange.text("Bon")
        await heard.wait()
        await exchange.text("jour")
        await exchange.finish()

    server.answers = [answer]
    pieces = []
    async with server.client().stream(HELLO) as events:
        async for event in events:
            pieces.append(event)
            heard.set()
    begun, *texts, done = pieces
    assert begun == Begun("req_2")
    assert texts == [TextDelta("Bon"), TextDelta("jour")]
    assert isinstance(done, Done)
    assert done.completion.text == "Bonjour"
    assert done.completion.usage == Usage(5, 2)
    assert done.completion.request_id == "req_2"


async def test_a_character_cut_in_two_by_the_network_is_whole(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        data = 'data: {"choices":[{"index":0,"delta":{"content":"é🎛"}}]}\n\n'.encode()
        for i in range(len(data)):
            await exchange.chunk(data[i : i + 1])
        await exchange.finish()

    server.answers = [answer]
    texts, _ = await hear(server.client())
    assert texts == ["é🎛"]


async def test_a_server_that_answers_whole_to_a_stream_is_understood(server: Server) -> None:
    server.answers = [whole]
    texts, completion = await hear(server.client())
    assert texts == ["Bonjour"]
    assert completion.text == "Bonjour"


async def test_one_connection_serves_many_calls(server: Server) -> None:
    async def streamed(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("x")
        await exchange.finish()

    server.answers = [whole, streamed, whole, streamed, whole]
    client = server.client()
    for n in range(5):
        await (hear(client) if n % 2 else client.complete(HELLO))
    assert server.connections == 1


def test_a_plain_asyncio_run_leaves_nothing_open() -> None:
    async def main() -> str:
        served = Server()
        await served.start()
        served.answers = [whole]
        completion = await served.client().complete(HELLO)
        await served.stop()
        return completion.text

    assert [asyncio.run(main()), asyncio.run(main())] == ["Bonjour", "Bonjour"]
    gc.collect()


# --- what fails ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again_and_told(server: Server, status: int) -> None:
    server.answers = [refusal(status), refusal(status), whole]
    seen: list[Attempt] = []
    completion = await server.client(on_attempt=seen.append).complete(HELLO)
    assert completion.attempts == 3
    assert [(attempt.number, attempt.error.status) for attempt in seen] == [(1, status), (2, status)]
    assert len({exchange.headers["idempotency-key"] for exchange in server.exchanges}) == 1


async def test_a_spent_credit_is_asked_once(server: Server) -> None:
    server.answers = [refusal(429, "credit_balance_exhausted", x_should_retry="true")]
    with pytest.raises(errors.SpendingLimitError):
        await server.client().complete(HELLO)
    assert len(server.exchanges) == 1


async def test_the_tries_come_to_an_end(server: Server) -> None:
    server.answers = [refusal(500)]
    with pytest.raises(errors.ServerFailedError) as caught:
        await server.client(retry=Retry(attempts=4, base=0.001)).complete(HELLO)
    assert caught.value.attempts == len(server.exchanges) == 4


async def test_a_lost_connection_is_tried_again(server: Server) -> None:
    async def hang_up(exchange: Exchange) -> None:
        exchange.abort()

    server.answers = [hang_up, whole]
    assert (await server.client().complete(HELLO)).attempts == 2


async def test_a_refused_connection_is_a_typed_error() -> None:
    unused = asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    listener = await unused
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    client = Client(base_url=f"http://127.0.0.1:{port}/v1", retry=Retry(attempts=1))
    with pytest.raises(errors.ConnectionFailedError) as caught:
        await client.complete(HELLO)
    assert caught.value.values["host"] == f"127.0.0.1:{port}"
    await transport.close_pool()


async def test_a_redirect_is_not_followed(server: Server) -> None:
    async def elsewhere(exchange: Exchange) -> None:
        await exchange.head(307, location=server.base_url + "/elsewhere", content_length="0")

    server.answers = [elsewhere]
    with pytest.raises(errors.ServerRefusedError, match="redirects"):
        await server.client().complete(HELLO)
    assert len(server.exchanges) == 1


@pytest.mark.parametrize("body", [b"{not json", b"[]", b"{}", b'{"choices": []}', b"", b"\xff\xfe\x00"])
async def test_a_reply_that_makes_no_sense_is_a_typed_error(server: Server, body: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.head(200, content_type="application/json", content_length=str(len(body)))
        await exchange.send(body)

    server.answers = [answer]
    with pytest.raises(errors.ReplyInvalidError):
        await server.client().complete(HELLO)
    assert len(server.exchanges) == 1


async def test_a_reply_without_end_is_refused_before_memory_runs_out(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livetechno.gpt.client.LARGEST_REPLY", 100_000)

    async def endless(exchange: Exchange) -> None:
        await exchange.head(200, content_type="application/json", transfer_encoding="chunked")
        while True:
            await exchange.chunk(b" " * 50_000)

    server.answers = [endless]
    with pytest.raises(errors.ReplyInvalidError) as caught:
        await server.client().complete(HELLO)
    assert caught.value.code == "reply_too_large"


# --- streams that end badly ---------------------------------------------------------------


async def test_an_error_after_200_is_an_error_with_the_text_so_far(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream(x_request_id="req_3")
        await exchange.text("half")
        await exchange.event({"error": {"message": "boom", "type": "server_error"}})

    server.answers = [answer]
    with pytest.raises(errors.ServerFailedError) as caught:
        await hear(server.client())
    assert (caught.value.text, caught.value.request_id) == ("half", "req_3")
    assert len(server.exchanges) == 1


async def test_an_end_without_a_finish_is_an_error_with_the_text_so_far(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("half")
        await exchange.send(b"0\r\n\r\n")

    server.answers = [answer]
    with pytest.raises(errors.StreamCutError) as caught:
        await hear(server.client())
    assert caught.value.text == "half"


async def test_a_cut_before_any_text_is_tried_again_unseen(server: Server) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.begin_stream()
        exchange.abort()

    async def good(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("whole")
        await exchange.finish()

    server.answers = [cut, good]
    texts, completion = await hear(server.client())
    assert (texts, completion.attempts) == (["whole"], 2)


async def test_a_cut_after_text_is_never_restarted(server: Server) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("half")
        await asyncio.sleep(0.01)
        exchange.abort()

    server.answers = [cut]
    with pytest.raises(errors.NetworkError) as caught:
        await hear(server.client())
    assert caught.value.text == "half"
    assert len(server.exchanges) == 1


async def test_a_page_in_place_of_a_stream_is_a_typed_error(server: Server) -> None:
    async def page(exchange: Exchange) -> None:
        await exchange.head(200, content_type="text/html", content_length="5")
        await exchange.send(b"<htm>")

    server.answers = [page]
    with pytest.raises(errors.ReplyInvalidError) as caught:
        await hear(server.client())
    assert caught.value.code == "not_a_stream"


# --- the four timeouts --------------------------------------------------------------------


async def silent(exchange: Exchange) -> None:
    await exchange.until_left()


async def test_no_first_byte_in_time_is_its_own_error(server: Server) -> None:
    server.answers = [silent]
    client = server.client(timeouts=Timeouts(connect=0.01, first_byte=0.03))
    with pytest.raises(errors.FirstByteTimeoutError) as caught:
        await client.complete(HELLO)
    assert caught.value.values["seconds"] == 0.03


async def test_silence_inside_a_stream_is_its_own_error_with_the_text(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("half")
        await exchange.until_left()

    server.answers = [answer]
    with pytest.raises(errors.IdleTimeoutError) as caught:
        await hear(server.client(timeouts=Timeouts(idle=0.03)))
    assert caught.value.text == "half"


async def test_silence_inside_a_whole_answer_is_the_same_error(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.head(200, content_type="application/json", content_length="100")
        await exchange.send(b"{")
        await exchange.until_left()

    server.answers = [answer]
    with pytest.raises(errors.IdleTimeoutError):
        await server.client(timeouts=Timeouts(idle=0.03)).complete(HELLO)


async def test_a_trickle_ends_at_the_total_timeout_with_the_text(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        while True:
            await exchange.text("x")
            await asyncio.sleep(0.002)

    server.answers = [answer]
    with pytest.raises(errors.TotalTimeoutError) as caught:
        await hear(server.client(timeouts=Timeouts(idle=0.05, total=0.08)))
    assert set(caught.value.text) == {"x"}


async def test_a_caller_who_takes_time_is_no_silence_of_the_server(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("a")
        await exchange.text("b")
        await exchange.finish()

    server.answers = [answer]
    texts = []
    async with server.client(timeouts=Timeouts(idle=0.02)).stream(HELLO) as events:
        async for event in events:
            await asyncio.sleep(0.05)
            if isinstance(event, TextDelta):
                texts.append(event.text)
    assert texts == ["a", "b"]


async def test_no_connection_in_time_is_its_own_error(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(10)

    monkeypatch.setattr("aiohttp.TCPConnector._create_connection", never)
    client = server.client(timeouts=Timeouts(connect=0.02), retry=Retry(attempts=2, base=0.001))
    with pytest.raises(errors.ConnectTimeoutError) as caught:
        await client.complete(HELLO)
    assert caught.value.attempts == 2


async def test_a_wait_that_would_pass_the_total_is_not_begun(server: Server) -> None:
    server.answers = [refusal(429, "rate_limit_exceeded", retry_after="60")]
    client = server.client(timeouts=Timeouts(total=5))
    with pytest.raises(errors.RateLimitError) as caught:
        await asyncio.wait_for(client.complete(HELLO), 1)
    assert caught.value.retry_after == 60


@pytest.mark.parametrize("value", [0, -1, float("nan"), None, True, "5"])
def test_a_timeout_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(errors.ParameterError):
        Timeouts(idle=value)


# --- stopping -----------------------------------------------------------------------------


async def test_leaving_a_stream_closes_the_connection_upstream(server: Server) -> None:
    left = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("a")
        await exchange.until_left()
        left.set()

    server.answers = [answer]
    async with server.client().stream(HELLO) as events:
        async for _ in events:
            break
    await asyncio.wait_for(left.wait(), 1)


@pytest.mark.parametrize("call", [lambda c: c.complete(HELLO), hear], ids=["whole", "stream"])
async def test_cancelling_a_task_closes_the_connection_upstream(
    server: Server, call: Callable[[Client], Any]
) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        asked.set()
        await exchange.until_left()
        left.set()

    server.answers = [answer]
    task = asyncio.ensure_future(call(server.client()))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(left.wait(), 1)


# --- parameters and models ----------------------------------------------------------------


async def test_a_parameter_that_the_server_refuses_is_dropped_once_and_remembered(server: Server) -> None:
    server.answers = [refusal(400, "unsupported_parameter", "temperature"), whole, whole]
    client = server.client()
    request = Request(
        (user("hello"),), "somebody-elses-model", Parameters(temperature=0.5, top_p=0.9, max_tokens=9)
    )
    with pytest.warns(ParameterDroppedWarning, match="temperature"):
        completion = await client.complete(request)
    assert completion.attempts == 2
    await client.complete(request)
    sent = [
        {k: v for k, v in exchange.body.items() if k not in ("messages", "model")}
        for exchange in server.exchanges
    ]
    assert sent == [
        {"temperature": 0.5, "top_p": 0.9, "max_tokens": 9},
        {"top_p": 0.9, "max_tokens": 9},
        {"top_p": 0.9, "max_tokens": 9},
    ]


async def test_a_refused_limit_is_spelled_the_newer_way_not_lost(server: Server) -> None:
    server.answers = [refusal(400, "unsupported_parameter", "max_tokens"), whole]
    await server.client().complete(Request((user("x"),), "unheard-of", Parameters(max_tokens=7)))
    assert server.exchanges[1].body["max_completion_tokens"] == 7
    assert "max_tokens" not in server.exchanges[1].body


async def test_in_strict_mode_a_refused_parameter_is_an_error(server: Server) -> None:
    server.answers = [refusal(400, "unsupported_parameter", "temperature")]
    with pytest.raises(errors.BadRequestError) as caught:
        await server.client(strict=True).complete(
            Request((user("x"),), "unheard-of", Parameters(temperature=0.5))
        )
    assert caught.value.parameter == "temperature"


async def test_what_the_call_is_about_is_never_dropped(server: Server) -> None:
    server.answers = [refusal(400, "unsupported_parameter", "messages")]
    with pytest.raises(errors.BadRequestError):
        await server.client().complete(HELLO)
    assert len(server.exchanges) == 1


async def test_a_model_that_is_gone_is_told_with_its_successor(server: Server) -> None:
    server.answers = [refusal(404, "model_not_found")]
    with pytest.raises(errors.ModelNotFoundError) as caught:
        await server.client().complete(Request((user("x"),), "gpt-4.1-nano"))
    assert caught.value.values["model"] == "gpt-4.1-nano"
    assert str(caught.value.values["successor"]) in caught.value.todo("fr")
    assert caught.value.values["successor"]


async def test_a_responses_only_model_goes_to_responses(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.json(
            {
                "id": "r1",
                "status": "completed",
                "model": "gpt-5-pro",
                "output": [{"type": "message", "content": [{"type": "output_text", "text": "Oui"}]}],
                "usage": {"input_tokens": 4, "output_tokens": 1},
            }
        )

    server.answers = [answer]
    completion = await server.client().complete(Request((user("x"),), "gpt-5-pro"))
    assert completion.text == "Oui"
    assert server.exchanges[0].line.startswith("POST /v1/responses ")
    assert server.exchanges[0].body["store"] is False


async def test_the_models_of_a_key_are_listed(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.json(
            {"data": [{"id": "b"}, {"id": "a"}, {"no": "id"}]}, x_ratelimit_limit_requests="5"
        )

    server.answers = [answer]
    client = server.client()
    assert await client.list_models() == ("a", "b")
    assert server.exchanges[0].line.startswith("GET /v1/models ")
    assert client.rate_limits is not None
    assert client.rate_limits.limit_requests == 5


# --- structured output --------------------------------------------------------------------

PULSE = Schema("pulse", {"type": "object", "properties": {"bpm": {"type": "integer"}}, "required": ["bpm"]})


def saying(text: str, finish: str = "stop") -> Any:
    async def answer(exchange: Exchange) -> None:
        await exchange.json({"choices": [{"message": {"content": text}, "finish_reason": finish}]})

    return answer


async def test_a_document_that_follows_its_schema_comes_parsed(server: Server) -> None:
    server.answers = [saying('{"bpm": 132}')]
    completion = await server.client().complete(Request((user("x"),), "m", schema=PULSE))
    assert completion.parsed == {"bpm": 132}
    assert server.exchanges[0].body["response_format"]["json_schema"]["name"] == "pulse"


@pytest.mark.parametrize("text", ['{"bpm": "fast"}', "{}", "132 bpm", ""])
async def test_a_document_that_does_not_is_a_typed_error_with_the_text(server: Server, text: str) -> None:
    server.answers = [saying(text)]
    with pytest.raises(errors.ReplyInvalidError) as caught:
        await server.client().complete(Request((user("x"),), "m", schema=PULSE))
    assert caught.value.text == text
    assert caught.value.exit_code == 6


async def test_a_document_cut_by_the_length_is_a_typed_error(server: Server) -> None:
    server.answers = [saying('{"bpm": 1', "length")]
    with pytest.raises(errors.ReplyInvalidError, match="length"):
        await server.client().complete(Request((user("x"),), "m", schema=PULSE))


@pytest.mark.parametrize(
    "schema",
    [{"type": "nonsense"}, {"$ref": "http://127.0.0.1:1/x"}, {"$ref": "file:///etc/hosts"}, {"minimum": "a"}],
)
async def test_a_broken_schema_is_refused_before_anything_is_sent(
    server: Server, schema: dict[str, Any]
) -> None:
    with pytest.raises(errors.UsageError):
        await server.client().complete(Request((user("x"),), "m", schema=Schema("s", schema)))
    assert server.exchanges == []


# --- bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        Request(()),
        Request((user("a lone \ud800 surrogate"),)),
        Request((user("x"),), parameters=Parameters(temperature=9.0)),
        Request((user("x"),), parameters=Parameters(max_tokens=0)),
        Request((user("x"),), tools=(ToolSpec("f", "d", {"default": Decimal(1)}),)),
    ],
    ids=["no message", "surrogate", "temperature", "max_tokens", "not json"],
)
async def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    server: Server, request_: Request
) -> None:
    with pytest.raises(errors.UsageError):
        await server.client().complete(request_)
    assert server.exchanges == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/v1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://user:pw@h/v1",
        "",
        "127.0.0.1",
    ],
)
def test_an_address_that_may_not_be_used_is_refused(url: str) -> None:
    with pytest.raises(errors.AddressRefusedError):
        Client(base_url=url)


# --- the key ------------------------------------------------------------------------------


def shown_by(error: BaseException) -> str:
    chain: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in chain:
            chain.append(one)
            todo += [one.__cause__, one.__context__]
    return "".join(
        "".join(traceback.TracebackException.from_exception(one, capture_locals=True).format())
        + repr(one)
        + str(one)
        for one in chain
    )


@pytest.mark.parametrize(
    "answer",
    [
        refusal(401, "invalid_api_key"),
        refusal(500),
        refusal(400, "unsupported_value", "model"),
    ],
)
async def test_no_part_of_the_key_is_in_any_error_log_or_pickle(
    server: Server, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [answer]
    client = server.client()
    with pytest.raises(GPTError) as caught:
        await client.complete(HELLO)
    shown = shown_by(caught.value) + caplog.text + repr(client) + str(vars(client))
    shown += pickle.dumps(caught.value).decode("latin-1")
    secret = KEY.removeprefix("sk-test-")
    assert not any(secret[i : i + 8] in shown for i in range(len(secret) - 7))


async def test_no_part_of_the_key_is_in_the_traceback_of_a_lost_connection(server: Server) -> None:
    async def hang_up(exchange: Exchange) -> None:
        exchange.abort()

    server.answers = [hang_up]
    with pytest.raises(errors.NetworkError) as caught:
        await server.client(retry=Retry(attempts=1)).complete(HELLO)
    shown = shown_by(caught.value)
    secret = KEY.removeprefix("sk-test-")
    assert not any(secret[i : i + 8] in shown for i in range(len(secret) - 7))


async def test_a_redirect_never_carries_the_key_elsewhere(server: Server) -> None:
    hits: list[Exchange] = []

    async def elsewhere(exchange: Exchange) -> None:
        await exchange.head(308, location="http://127.0.0.1:9/v1/chat/completions", content_length="0")
        hits.append(exchange)

    server.answers = [elsewhere]
    with pytest.raises(errors.ServerRefusedError):
        await Client(base_url=server.base_url, key=Secret(KEY)).complete(HELLO)
    assert len(hits) == 1


# --- what a critic found ------------------------------------------------------------------


@pytest.mark.parametrize("way", ["abort", "close"])
async def test_an_answer_is_whole_even_when_the_connection_breaks_after_its_end(
    server: Server, way: str
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("whole")
        await exchange.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        await exchange.event("[DONE]")
        if way == "abort":
            await asyncio.sleep(0.01)
            exchange.abort()
        else:
            raise ConnectionError

    server.answers = [answer]
    texts, completion = await hear(server.client())
    assert (texts, completion.text) == (["whole"], "whole")


async def test_a_wave_of_calls_is_no_connect_timeout(server: Server) -> None:
    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.6)
        await exchange.json(REPLY)

    server.answers = [slow]
    client = server.client(timeouts=Timeouts(connect=0.5, first_byte=5, total=10))
    replies = await asyncio.gather(*(client.complete(HELLO) for _ in range(150)))
    assert len(replies) == 150


async def test_a_server_that_echoes_the_key_leaks_it_nowhere(server: Server) -> None:
    server.answers = [refusal(400, KEY, KEY, x_request_id=KEY)]
    with pytest.raises(GPTError) as caught:
        await server.client().complete(HELLO)
    shown = shown_by(caught.value) + pickle.dumps(caught.value).decode("latin-1") + str(vars(caught.value))
    secret = KEY.removeprefix("sk-test-")
    assert not any(secret[i : i + 8] in shown for i in range(len(secret) - 7))


async def test_halves_of_a_character_in_two_pieces_are_joined(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for half in (r"a\ud83d", r"\ude00b", r"\ud83d"):
            await exchange.event('{"choices":[{"index":0,"delta":{"content":"' + half + '"}}]}')
        await exchange.finish()

    server.answers = [answer]
    texts, completion = await hear(server.client())
    assert "".join(texts) == completion.text == "a😀b"


async def test_what_a_server_refuses_takes_nothing_from_the_tries(server: Server) -> None:
    server.answers = [
        refusal(400, "unsupported_parameter", "temperature"),
        refusal(400, "unsupported_parameter", "top_p"),
        refusal(500),
        refusal(500),
        whole,
    ]
    request = Request((user("x"),), "unheard-of", Parameters(temperature=0.5, top_p=0.5))
    with pytest.warns(ParameterDroppedWarning):
        completion = await server.client(retry=Retry(attempts=3, base=0.001)).complete(request)
    assert completion.attempts == 5


async def test_a_limit_refused_in_both_spellings_is_dropped(server: Server) -> None:
    server.answers = [
        refusal(400, "unsupported_parameter", "max_tokens"),
        refusal(400, "unsupported_parameter", "max_completion_tokens"),
        whole,
        whole,
    ]
    client = server.client()
    request = Request((user("x"),), "unheard-of", Parameters(max_tokens=7))
    with pytest.warns(ParameterDroppedWarning):
        await client.complete(request)
    await client.complete(request)
    assert not {"max_tokens", "max_completion_tokens"} & set(server.exchanges[-1].body)


async def test_a_server_without_responses_gets_chat_completions_instead(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        if "/responses" in exchange.line:
            await exchange.json({"detail": "Not Found"}, 404)
        else:
            await exchange.json(REPLY)

    server.answers = [answer]
    client = server.client()
    request = Request((user("x"),), "gpt-6-luna", tools=(ToolSpec("f", "d", {"type": "object"}),))
    assert (await client.complete(request)).text == "Bonjour"
    await client.complete(request)
    assert [exchange.line.split()[1] for exchange in server.exchanges] == [
        "/v1/responses",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ]


async def test_a_compressed_reply_is_read(server: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        data = gzip.compress(json.dumps(REPLY).encode())
        await exchange.head(
            200, content_type="application/json", content_encoding="gzip", content_length=str(len(data))
        )
        await exchange.send(data)

    server.answers = [answer]
    assert (await server.client().complete(HELLO)).text == "Bonjour"


async def test_the_first_answer_is_the_one_numbered_first(server: Server) -> None:
    choices = [{"index": n, "message": {"content": f"number {n}"}, "finish_reason": "stop"} for n in (1, 0)]

    async def answer(exchange: Exchange) -> None:
        await exchange.json({"choices": choices})

    server.answers = [answer]
    completion = await server.client().complete(HELLO)
    assert (completion.text, completion.alternatives) == ("number 0", ("number 1",))


async def test_a_large_prompt_is_sent_without_a_murmur(server: Server) -> None:
    server.answers = [whole]
    await server.client().complete(Request((user("x" * 3_000_000),)))
    assert len(server.exchanges[0].raw) > 3_000_000


async def test_a_broken_date_is_a_clear_error(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "tomorrow")
    with pytest.raises(errors.UsageError, match="LIVETECHNO_DATE"):
        await server.client().complete(HELLO)


def test_the_thousandth_wait_is_no_overflow() -> None:
    assert Retry(attempts=5000).wait(errors.ServerFailedError(status=500), 1100) is not None
