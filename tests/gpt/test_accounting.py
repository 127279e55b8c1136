"""Every call is reserved before it is sent and settled after, however it ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest

from livetechno.gpt import errors, prices, tokens, transport
from livetechno.gpt.accounting import LEAST_REPLY, BudgetNotice, Entry
from livetechno.gpt.bounds import counted_input_tokens, most_input_tokens
from livetechno.gpt.calls import Caller
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Done, Parameters, Request, Schema, TextDelta, ToolSpec, Usage
from livetechno.gpt.errors import GPTError
from livetechno.gpt.messages import user
from livetechno.gpt.parameters import ParameterDroppedWarning
from livetechno.gpt.retry import Retry
from livetechno.gpt.transport import Timeouts
from livetechno.mock import MockServer
from livetechno.mock.faults import FAULTS
from tests.gpt.memory_books import MemoryBooks
from tests.gpt.raw_server import Exchange, Server

NOW = dt.date.fromisoformat(os.environ.get("LIVETECHNO_DATE") or "2026-11-23")
MODEL = "gpt-6-luna"
HELLO = Request((user("hello"),), MODEL)
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}}
COST = prices.cost(Usage(5, 2, cached_tokens=3), MODEL, on=NOW)
ONE_TRY = Retry(attempts=1)


@pytest.fixture
def kept() -> Iterator[MemoryBooks]:
    books = MemoryBooks(Decimal(1))
    yield books
    books.close()


@contextmanager
def socket_of_nobody() -> Iterator[int]:
    """A port that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def reply(text: str = "Bonjour", finish: str = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return {"id": "c1", "model": MODEL, "choices": choices, "usage": USAGE, **more}


def saying(document: object, status: int = 200) -> Any:
    async def answer(exchange: Exchange) -> None:
        await exchange.json(document, status, x_request_id="req_1")

    return answer


def refusal(status: int, code: str | None = None, param: str | None = None) -> Any:
    return saying({"error": {"message": "no", "code": code, "param": param}}, status)


def chunk(text: str = "", finish: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}]
    return {"id": "c1", "model": MODEL, "choices": choices, **more}


def streaming(*chunks: object, end: str = "finish") -> Any:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream(x_request_id="req_2")
        for one in chunks:
            await exchange.event(one)
        match end:
            case "finish":
                await exchange.send(b"0\r\n\r\n")
            case "cut":
                raise ConnectionError
            case "wait":
                await exchange.until_left()

    return answer


async def silent(exchange: Exchange) -> None:
    await exchange.until_left()


async def hang_up(exchange: Exchange) -> None:
    exchange.abort()


WHOLE = streaming(
    chunk("Bon"), chunk("jour"), chunk(finish="stop"), {"choices": [], "usage": USAGE}, "[DONE]"
)


async def hear(client: Client, request: Request = HELLO) -> list[Any]:
    async with client.stream(request) as events:
        return [event async for event in events]


def estimate(written: str, request: Request = HELLO) -> tuple[Usage, Decimal | None]:
    usage = Usage(tokens.count_messages(request.messages, MODEL).tokens, tokens.count(written))
    return usage, prices.cost(usage, MODEL, on=NOW)


def worst(sent: int, request: Request = HELLO, model: str = MODEL, *, counted: bool = False) -> Decimal:
    """What is reserved for a reply of so many tokens; with a `counted` prompt, as when bytes do not fit."""
    bound = counted_input_tokens if counted else most_input_tokens
    case = prices.worst_case(bound(request, model), model, on=NOW)
    assert case is not None
    return case.usd(sent)


# --- what an answer cost ------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_costs_what_the_server_counted(
    server: Server, kept: MemoryBooks, streamed: bool
) -> None:
    server.answers = [WHOLE if streamed else saying(reply())]
    client = server.client(books=kept.books())
    request = Request((user("hello"),), "chat", purpose="summary", conversation="c7")
    await (hear(client, request) if streamed else client.complete(request))
    row = kept.row
    assert (row.usd, row.estimated, row.finish, row.tier) == (COST, False, "stop", None)
    assert row.usage is not None
    assert Usage(**row.usage) == Usage(5, 2, cached_tokens=3)
    assert (row.model, row.address, row.purpose, row.conversation) == (
        MODEL,
        server.base_url,
        "summary",
        "c7",
    )
    assert (row.request_id, row.at.date(), row.worst) == (
        "req_2" if streamed else "req_1",
        NOW,
        worst(128_000),
    )
    assert "max_completion_tokens" not in server.exchanges[0].body


async def test_a_whole_answer_to_a_stream_is_settled_too(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying(reply())]
    await hear(server.client(books=kept.books()))
    assert (kept.row.usd, kept.row.estimated) == (COST, False)


async def test_the_books_are_closed_when_the_last_event_comes(server: Server, kept: MemoryBooks) -> None:
    server.answers = [WHOLE]
    async with server.client(books=kept.books()).stream(HELLO) as events:
        async for event in events:
            if isinstance(event, Done):
                assert kept.row.usd == COST


async def test_the_tier_of_the_answer_is_priced(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying(reply(service_tier="priority"))]
    await server.client(books=kept.books()).complete(HELLO)
    assert COST is not None
    assert (kept.row.usd, kept.row.tier) == (COST * 2, "priority")


@pytest.mark.parametrize("streamed", [False, True])
async def test_without_a_count_of_the_servers_the_cost_is_an_estimate(
    server: Server, kept: MemoryBooks, streamed: bool
) -> None:
    server.answers = [
        streaming(chunk("Bonjour !"), chunk(finish="stop"), "[DONE]")
        if streamed
        else saying(reply("Bonjour !", usage=None))
    ]
    client = server.client(books=kept.books())
    await (hear(client) if streamed else client.complete(HELLO))
    usage, usd = estimate("Bonjour !")
    assert kept.row.usage is not None
    assert (Usage(**kept.row.usage), kept.row.usd, kept.row.estimated) == (usage, usd, True)
    assert kept.row.finish == "stop"


@pytest.mark.parametrize(
    "change",
    [{"model": "m"}, {"service_tier": "turbo"}, {"usage": {**USAGE, "prompt_tokens": 2}}],
    ids=["model", "tier", "contradiction"],
)
async def test_a_cost_that_is_not_known_leaves_the_worst_case(
    server: Server, kept: MemoryBooks, change: dict[str, Any]
) -> None:
    server.answers = [saying(reply(**change))]
    await server.client(books=kept.books()).complete(HELLO)
    assert (kept.row.usd, kept.row.estimated, kept.row.counted) == (None, False, worst(128_000))


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_that_is_not_what_was_asked_for_was_paid_all_the_same(
    server: Server, kept: MemoryBooks, streamed: bool
) -> None:
    server.answers = [WHOLE if streamed else saying(reply())]
    client = server.client(books=kept.books())
    request = Request((user("x"),), MODEL, schema=Schema("s", {"type": "object"}))
    with pytest.raises(errors.ReplyInvalidError):
        await (hear(client, request) if streamed else client.complete(request))
    assert (kept.row.usd, kept.row.estimated, kept.row.finish) == (COST, False, "schema")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_refusal_of_the_models_was_paid_all_the_same(
    server: Server, kept: MemoryBooks, streamed: bool
) -> None:
    delta = {"index": 0, "delta": {"refusal": "No."}, "finish_reason": "stop"}
    message = {"index": 0, "message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}
    server.answers = [
        streaming({"model": MODEL, "choices": [delta]}, {"choices": [], "usage": USAGE}, "[DONE]")
        if streamed
        else saying(reply(choices=[message]))
    ]
    client = server.client(books=kept.books())
    with pytest.raises(errors.RefusedByModelError):
        await (hear(client) if streamed else client.complete(HELLO))
    assert (kept.row.usd, kept.row.estimated, kept.row.finish) == (COST, False, "refusal")


async def test_several_answers_are_reserved_at_their_longest_each(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying(reply())]
    request = Request((user("hello"),), MODEL, Parameters(n=3, max_tokens=1_000))
    await server.client(books=kept.books()).complete(request)
    assert kept.row.worst == worst(3_000)


async def test_what_is_free_costs_nothing_and_has_its_row(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying(reply(model="unheard-of", usage=None))]
    request = Request((user("x"),), "unheard-of")
    await server.client(books=kept.books(free=True)).complete(request)
    assert (kept.row.usd, kept.row.worst, kept.row.estimated) == (Decimal(0), Decimal(0), True)


async def test_a_list_of_models_is_no_call_to_book(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying({"data": [{"id": "m"}]})]
    assert await server.client(books=kept.books()).list_models() == ("m",)
    assert kept.rows == {}


# --- calls that do not come to their end --------------------------------------------------


async def test_a_stream_that_is_left_costs_what_came_of_it(server: Server, kept: MemoryBooks) -> None:
    server.answers = [streaming(chunk("Bonjour"), chunk(" tout"), end="wait")]
    async with server.client(books=kept.books()).stream(HELLO) as events:
        async for event in events:
            if event == TextDelta(" tout"):
                break
    usage, usd = estimate("Bonjour tout")
    assert kept.row.usage is not None
    assert (Usage(**kept.row.usage), kept.row.usd, kept.row.estimated) == (usage, usd, True)
    assert (kept.row.finish, kept.row.request_id) == ("stopped", "req_2")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_cancelled_task_settles(server: Server, kept: MemoryBooks, streamed: bool) -> None:
    asked = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        if streamed:
            await exchange.begin_stream()
            await exchange.event(chunk("Bon"))
        asked.set()
        await exchange.until_left()

    server.answers = [answer]
    client = server.client(books=kept.books())
    task = asyncio.ensure_future(hear(client) if streamed else client.complete(HELLO))
    await asked.wait()
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (kept.row.usd, kept.row.finish) == (estimate("Bon" if streamed else "")[1], "stopped")


async def test_a_task_that_is_cancelled_twice_settles(server: Server, kept: MemoryBooks) -> None:
    server.answers = [streaming(chunk("Bon"), end="wait")]
    heard = asyncio.Event()

    async def listen() -> None:
        async with server.client(books=kept.books()).stream(HELLO) as events:
            async for _ in events:
                heard.set()

    task = asyncio.ensure_future(listen())
    await heard.wait()
    kept.hold()
    task.cancel()
    while "settle" not in kept.asked:  # noqa: ASYNC110 - a thread asks for it
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept.gate.set()
    assert kept.row.usd == estimate("Bon")[1]


async def test_a_call_cancelled_while_it_is_being_reserved_leaves_nothing(
    server: Server, kept: MemoryBooks
) -> None:
    kept.hold()
    task = asyncio.ensure_future(server.client(books=kept.books()).complete(HELLO))
    while "reserve" not in kept.asked:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.sleep(0.01)
    kept.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept.close()
    assert (kept.asked, kept.rows, server.exchanges) == (["reserve", "release"], {}, [])


async def test_a_cut_after_text_costs_what_came(server: Server, kept: MemoryBooks) -> None:
    server.answers = [streaming(chunk("Bonjour"), end="cut")]
    with pytest.raises(errors.NetworkError):
        await hear(server.client(books=kept.books()))
    assert (kept.row.usd, kept.row.estimated) == (estimate("Bonjour")[1], True)
    assert kept.row.finish in ("cut", "connection_lost")


async def test_a_count_so_far_is_better_than_ours_when_the_answer_is_cut(
    server: Server, kept: MemoryBooks
) -> None:
    server.answers = [streaming(chunk("Bonjour", usage=USAGE), end="cut")]
    with pytest.raises(errors.NetworkError):
        await hear(server.client(books=kept.books()))
    assert (kept.row.usd, kept.row.estimated) == (COST, True)


async def test_a_cut_before_text_is_settled_and_the_next_try_has_a_row_of_its_own(
    server: Server, kept: MemoryBooks
) -> None:
    server.answers = [streaming(end="cut"), WHOLE]
    await hear(server.client(books=kept.books()))
    assert kept.open == []
    settled = [(row.usd, row.estimated) for row in kept.rows.values()]
    assert settled == [
        (estimate("")[1], True),
        (COST, False),
    ]


async def test_an_error_inside_a_stream_settles(server: Server, kept: MemoryBooks) -> None:
    failed = {"error": {"message": "busy", "type": "server_error", "code": "server_error"}}
    server.answers = [streaming(chunk("Bon"), failed)]
    with pytest.raises(errors.ServerFailedError):
        await hear(server.client(books=kept.books()))
    assert (kept.row.usd, kept.row.finish) == (estimate("Bon")[1], "server_error")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_call_without_an_answer_in_time_costs_its_prompt(
    server: Server, kept: MemoryBooks, streamed: bool
) -> None:
    server.answers = [silent]
    client = server.client(
        books=kept.books(), timeouts=Timeouts(connect=0.02, first_byte=0.02), retry=ONE_TRY
    )
    with pytest.raises(errors.GPTTimeoutError):
        await (hear(client) if streamed else client.complete(HELLO))
    assert (kept.row.usd, kept.row.finish) == (estimate("")[1], "first_byte_timeout")


async def test_a_lost_connection_may_have_cost_something(server: Server, kept: MemoryBooks) -> None:
    server.answers = [hang_up]
    with pytest.raises(errors.ConnectionFailedError):
        await server.client(books=kept.books(), retry=ONE_TRY).complete(HELLO)
    assert (kept.row.usd, kept.row.finish) == (estimate("")[1], "connection_lost")


async def test_all_that_a_model_wrote_beside_the_text_is_counted(server: Server, kept: MemoryBooks) -> None:
    server.answers = [
        streaming(
            {"type": "response.reasoning_summary_text.delta", "delta": "Let me think."},
            {"type": "response.function_call_arguments.delta", "delta": '{"bpm":'},
            {"type": "response.output_text.delta", "delta": "Four"},
            end="cut",
        )
    ]
    request = Request((user("hello"),), MODEL, tools=(ToolSpec("f", "d", {"type": "object"}),))
    with pytest.raises(errors.NetworkError):
        await hear(server.client(books=kept.books()), request)
    assert kept.row.usage is not None
    assert kept.row.usage["output_tokens"] == tokens.count('Let me think.{"bpm":Four')


async def test_every_choice_and_call_of_a_stream_is_counted(server: Server, kept: MemoryBooks) -> None:
    def piece(index: int, **delta: Any) -> dict[str, Any]:
        return {"model": MODEL, "choices": [{"index": index, "delta": delta}]}

    called = [{"index": 0, "id": "c", "function": {"name": "play", "arguments": '{"bpm":'}}]
    server.answers = [
        streaming(
            piece(0, content="one"),
            piece(1, content="two"),
            piece(0, reasoning_content="hm"),
            piece(0, tool_calls=called),
            end="cut",
        )
    ]
    with pytest.raises(errors.NetworkError):
        await hear(server.client(books=kept.books()))
    assert kept.row.usage is not None
    assert kept.row.usage["output_tokens"] == tokens.count('hmonetwoplay{"bpm":')


# --- calls that cost nothing --------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_refused_try_is_released_and_the_next_one_reserved_anew(
    server: Server, kept: MemoryBooks, status: int
) -> None:
    server.answers = [refusal(status), saying(reply())]
    await server.client(books=kept.books()).complete(HELLO)
    assert (kept.row.usd, kept.released) == (COST, 1)


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 413, 422])
async def test_a_refused_call_is_released(server: Server, kept: MemoryBooks, status: int) -> None:
    server.answers = [refusal(status)]
    with pytest.raises(GPTError):
        await hear(server.client(books=kept.books()))
    assert (kept.open, kept.rows, kept.released) == ([], {}, 1)


async def test_a_call_that_never_reached_the_server_is_released(kept: MemoryBooks) -> None:
    with socket_of_nobody() as port:
        client = Client(base_url=f"http://127.0.0.1:{port}/v1", retry=ONE_TRY, books=kept.books())
        with pytest.raises(errors.ConnectionFailedError):
            await client.complete(HELLO)
    await transport.close_pool()
    assert (kept.open, kept.rows, kept.released) == ([], {}, 1)


async def test_a_call_that_our_own_settings_stop_is_released(
    server: Server, kept: MemoryBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "no such file")
    with pytest.raises(errors.UsageError):
        await server.client(books=kept.books()).complete(HELLO)
    assert (kept.open, kept.rows, kept.released) == ([], {}, 1)


async def test_what_cannot_be_sent_is_not_reserved(server: Server, kept: MemoryBooks) -> None:
    with pytest.raises(errors.UsageError):
        await server.client(books=kept.books()).complete(Request((user("\ud83d"),), MODEL))
    assert (kept.rows, kept.released) == ({}, 0)


# --- budgets ------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("limit", [None, 500])
async def test_a_call_that_no_budget_pays_for_is_not_made(
    server: Server, kept: MemoryBooks, streamed: bool, limit: int | None
) -> None:
    server.answers = [saying(reply())]
    kept.cap = Decimal("0.0001")
    request = Request((user("hello"),), MODEL, Parameters(max_tokens=limit))
    client = server.client(books=kept.books())
    with pytest.raises(errors.BudgetExceededError) as caught:
        await (hear(client, request) if streamed else client.complete(request))
    assert (server.exchanges, kept.rows, caught.value.exit_code) == ([], {}, 4)
    assert caught.value.values == {
        "budget": "day",
        "cap": kept.cap,
        "left": kept.cap,
        "worst": worst(limit or LEAST_REPLY, counted=True),
        "frees": dt.datetime.combine(NOW + dt.timedelta(days=1), dt.time(), dt.timezone.utc),
    }


async def test_a_prompt_whose_bytes_do_not_fit_is_counted_and_may_fit(
    server: Server, kept: MemoryBooks
) -> None:
    long = Request(
        (user("The kick falls on every beat of the bar. " * 100),), MODEL, Parameters(max_tokens=1)
    )
    kept.cap = worst(1, long) / 2
    server.answers = [saying(reply())]
    await server.client(books=kept.books()).complete(long)
    [row] = kept.rows.values()
    assert row.worst is not None
    assert (row.usd, row.worst <= kept.cap) == (COST, True)


async def test_an_answer_gets_the_tokens_that_the_budget_pays_for(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying(reply())]
    kept.cap = worst(700)
    completion = await server.client(books=kept.books()).complete(HELLO)
    assert server.exchanges[0].body["max_completion_tokens"] == 700
    assert (completion.finish, kept.row.worst, kept.row.usd) == ("stop", kept.cap, COST)


async def test_responses_spells_that_limit_its_own_way(server: Server, kept: MemoryBooks) -> None:
    done = {"status": "completed", "output": [{"type": "message", "content": []}], "model": MODEL}
    server.answers = [saying(done)]
    request = Request((user("hello"),), MODEL, tools=(ToolSpec("f", "d", {"type": "object"}),))
    kept.cap = worst(700, request)
    await server.client(books=kept.books()).complete(request)
    assert server.exchanges[0].body["max_output_tokens"] == 700


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_that_the_budget_cut_says_so(
    server: Server, kept: MemoryBooks, streamed: bool
) -> None:
    server.answers = [
        streaming(chunk("Bon"), chunk(finish="length"), {"choices": [], "usage": USAGE}, "[DONE]")
        if streamed
        else saying(reply("Bon", "length"))
    ]
    kept.cap = worst(700)
    client = server.client(books=kept.books())
    with pytest.warns(BudgetNotice, match=r"700 tokens.*livetechno budget set") as issued:
        await (hear(client) if streamed else client.complete(HELLO))
    assert (len(issued), kept.row.usd) == (1, COST)


async def test_a_document_that_the_budget_cut_says_so_too(server: Server, kept: MemoryBooks) -> None:
    server.answers = [saying(reply('{"a":', "length"))]
    request = Request((user("x"),), MODEL, schema=Schema("s", {"type": "object"}))
    kept.cap = worst(700, request)
    with pytest.warns(BudgetNotice), pytest.raises(errors.ReplyInvalidError):
        await server.client(books=kept.books()).complete(request)


async def test_an_answer_cut_by_a_limit_of_the_callers_is_no_notice(
    server: Server, kept: MemoryBooks
) -> None:
    server.answers = [saying(reply("Bon", "length"))]
    request = Request((user("hello"),), MODEL, Parameters(max_tokens=700))
    kept.cap = worst(700)
    await server.client(books=kept.books()).complete(request)
    assert (server.exchanges[0].body["max_completion_tokens"], kept.row.worst) == (700, kept.cap)


async def test_a_limit_that_was_raised_for_the_endpoint_is_reserved_as_it_is_sent(
    server: Server, kept: MemoryBooks
) -> None:
    server.answers = [refusal(400)]
    tools = (ToolSpec("f", "d", {"type": "object"}),)
    request = Request((user("hello"),), MODEL, Parameters(max_tokens=5), tools)
    kept.cap = worst(15, request, counted=True)
    with pytest.warns(ParameterDroppedWarning), pytest.raises(errors.BudgetExceededError) as caught:
        await server.client(books=kept.books()).complete(request)
    assert caught.value.values["worst"] == worst(16, request, counted=True)


@pytest.mark.parametrize("limit", [None, 700])
async def test_no_call_goes_out_without_the_limit_that_was_reserved(
    server: Server, kept: MemoryBooks, limit: int | None
) -> None:
    server.answers = [refusal(400, "unsupported_parameter", "max_completion_tokens")]
    kept.cap = worst(700)
    client = server.client(books=kept.books())
    request = Request((user("hello"),), MODEL, Parameters(max_tokens=limit))
    for _ in range(2):
        with pytest.raises(errors.BadRequestError):
            await client.complete(request)
    assert [exchange.body["max_completion_tokens"] for exchange in server.exchanges] == [700, 700]
    assert (kept.open, kept.rows) == ([], {})


async def test_a_limit_in_the_older_spelling_is_still_sent_in_the_newer(
    server: Server, kept: MemoryBooks
) -> None:
    server.answers = [refusal(400, "unsupported_parameter", "max_tokens"), saying(reply())]
    request = Request((user("x"),), "unheard-of", Parameters(max_tokens=7))
    await server.client(books=kept.books()).complete(request)
    assert server.exchanges[1].body["max_completion_tokens"] == 7


async def test_many_calls_at_once_never_pass_the_budget_even_at_their_worst(
    server: Server, kept: MemoryBooks
) -> None:
    async def answer_at_its_worst(exchange: Exchange) -> None:
        taken, given = counted_input_tokens(HELLO, MODEL), exchange.body["max_completion_tokens"]
        details = {"cache_write_tokens": taken}
        usage = {"prompt_tokens": taken, "completion_tokens": given, "prompt_tokens_details": details}
        await exchange.json(reply(usage=usage, service_tier="priority"))

    server.answers = [answer_at_its_worst]
    limits = (256, 300, 1_000, None)
    kept.cap = worst(5_000)
    client = server.client(books=kept.books())
    requests = [Request(HELLO.messages, MODEL, Parameters(max_tokens=limits[n % 4])) for n in range(50)]
    outcomes = await asyncio.gather(*map(client.complete, requests), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, errors.BudgetExceededError)]
    spent = [row.usd for row in kept.rows.values() if row.usd is not None]
    assert kept.open == []
    assert len(server.exchanges) == len(spent) == 50 - len(refused)
    assert len(spent) > 1
    assert sum(spent) <= kept.cap
    assert all(row.usd is not None and row.usd <= (row.worst or 0) for row in kept.rows.values())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_refusal_says_which_budget_what_is_left_when_it_frees_and_what_to_do(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frees = dt.datetime(2026, 11, 24, tzinfo=dt.timezone.utc)
    error = errors.BudgetExceededError(
        budget="day", cap=Decimal(1), left=Decimal("0.25"), worst=Decimal("0.5"), frees=frees
    )
    said = f"{error.what(language)} {error.todo(language)}"
    told = ["$1.00", "$0.25", "$0.50", "today"] if language == "en" else ["1,00 $", "0,25 $", "0,50 $"]
    local = f"{frees.astimezone():%Y-%m-%d %H:%M}"
    for part in (*told, local, "livetechno budget set day 2", "max_tokens"):
        assert part in said


def test_a_conversations_budget_never_frees_and_is_raised_enough() -> None:
    error = errors.BudgetExceededError(
        budget="conversation", cap=Decimal(2), left=Decimal(0), worst=Decimal("7.5"), frees=None
    )
    assert "livetechno budget set conversation 10" in error.todo("en")
    assert "this conversation" in error.what("en")


# --- prices that nobody knows -------------------------------------------------------------


def entry(kept: MemoryBooks, address: str, model: str) -> Entry:
    caller = Caller(address, openai=False, strict=False, retired="replace")
    return Entry(kept.books(), caller.prepare(Request((user("x"),), model), stream=False, ends=1), address)


async def test_a_call_of_unknown_price_is_not_made_while_there_is_a_budget(kept: MemoryBooks) -> None:
    with pytest.raises(errors.UnknownPriceError, match=r"unheard-of.*livetechno budget clear") as caught:
        async with entry(kept, "https://example.com/v1", "unheard-of"):
            pytest.fail("it was made")
    assert (caught.value.exit_code, kept.rows) == (4, {})


async def test_no_event_loop_waits_for_the_budgets(
    kept: MemoryBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_in: list[threading.Thread] = []
    monkeypatch.setattr(kept, "any_set", lambda: asked_in.append(threading.current_thread()))
    async with entry(kept, "https://example.com/v1", "unheard-of"):
        pass
    assert len(asked_in) == 1
    assert threading.main_thread() not in asked_in


@pytest.mark.parametrize("where", ["without a budget", "on this machine"])
async def test_a_call_of_unknown_price_is_made_and_its_row_says_unknown(
    kept: MemoryBooks, where: str
) -> None:
    address = "http://127.0.0.1:1/v1" if where == "on this machine" else "https://example.com/v1"
    kept.cap = Decimal(1) if where == "on this machine" else None
    async with entry(kept, address, "unheard-of") as made:
        made.finish = "stop"
        made.bill = {"usage": USAGE}
    assert (kept.row.worst, kept.row.usd, kept.row.counted) == (None, None, Decimal(0))
    assert (kept.row.model, kept.row.finish, kept.row.estimated) == ("unheard-of", "stop", False)


async def test_a_region_of_openais_costs_more(kept: MemoryBooks) -> None:
    async with entry(kept, "https://eu.api.openai.com/v1", MODEL) as made:
        made.bill = {"usage": USAGE}
    assert COST is not None
    assert kept.row.usd == COST * Decimal("1.1")


# --- books that fail ----------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["reserve", "reserve at once"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_call_that_cannot_be_reserved_is_not_made(
    server: Server, kept: MemoryBooks, streamed: bool, trouble: str
) -> None:
    kept.trouble = trouble
    client = server.client(books=kept.books())
    with pytest.raises(errors.BooksError, match="no room on the disk"):
        await (hear(client) if streamed else client.complete(HELLO))
    assert server.exchanges == []


@pytest.mark.parametrize("trouble", ["settle", "settle at once"])
@pytest.mark.parametrize("counted", [True, False])
async def test_an_answer_that_cannot_be_settled_is_still_an_answer(
    server: Server, kept: MemoryBooks, trouble: str, counted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    kept.trouble = trouble
    server.answers = [saying(reply(usage=USAGE if counted else None))]
    completion = await server.client(books=kept.books()).complete(HELLO)
    assert completion.text == "Bonjour"
    assert [row.counted for row in kept.open] == [worst(128_000)]
    (record,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "no room on the disk" in record.message


async def test_what_cannot_be_released_hides_no_error(server: Server, kept: MemoryBooks) -> None:
    kept.trouble = "release"
    server.answers = [refusal(401)]
    with pytest.raises(errors.AuthenticationError):
        await server.client(books=kept.books()).complete(HELLO)


async def test_a_broken_date_stops_the_call(
    server: Server, kept: MemoryBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "tomorrow")
    with pytest.raises(errors.ConfigurationError, match="LIVETECHNO_DATE"):
        await server.client(books=kept.books()).complete(HELLO)
    assert kept.rows == {}


# --- every fault that Mock AI plays -------------------------------------------------------


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    served = MockServer()
    yield served
    await transport.close_pool()
    await served.stop()


@pytest.mark.parametrize("fault", [None, *FAULTS])
async def test_however_a_call_ends_nothing_stays_open(
    kept: MemoryBooks, mock: MockServer, fault: str | None
) -> None:
    base_url = await mock.start()
    headers = {"X-Mock-Fault": f"{fault};seconds=0.01"} if fault else {}
    limits = Timeouts(connect=0.08, first_byte=0.08, idle=0.08, total=2)
    client = Client(
        base_url=base_url,
        headers=headers,
        timeouts=limits,
        retry=Retry(attempts=2, base=0.001),
        openai=True,
        books=kept.books(),
    )
    for model in (MODEL, "gpt-5.5-pro"):
        request = Request((user("Say hello in many words."),), model, Parameters(max_tokens=200))
        for ask in (client.complete, lambda one: hear(client, one)):
            with suppress(GPTError):
                await ask(request)
    assert kept.open == []
    assert all(row.usd is not None and row.worst is not None for row in kept.rows.values())
    assert all(row.counted <= row.worst for row in kept.rows.values() if row.worst is not None)
    assert len(kept.rows) + kept.released == len(mock.requests)
