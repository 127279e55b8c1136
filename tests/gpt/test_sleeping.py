"""A process that slept: what waited for it comes first, and connections that died meanwhile are not met."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from livetechno.gpt import background, transport
from livetechno.gpt.completions import Done, Request, StreamEvent
from livetechno.gpt.errors import FirstByteTimeoutError
from livetechno.gpt.messages import user
from livetechno.gpt.transport import Timeouts
from tests.gpt.raw_server import Exchange, Server

HELLO = Request((user("hello"),))
REPLY = {"choices": [{"message": {"role": "assistant", "content": "Bonjour"}, "finish_reason": "stop"}]}


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """A server on another loop, which goes on while ours sleeps."""
    server = Server()
    background.run(server.start())
    yield server
    background.run(server.stop())


async def came(server: Server) -> None:
    """Wait until a question is there."""
    while not server.exchanges:  # noqa: ASYNC110 - it is on another loop
        await asyncio.sleep(0)


async def whole(exchange: Exchange) -> None:
    await asyncio.sleep(0.02)
    await exchange.json(REPLY)


async def never(exchange: Exchange) -> None:
    await exchange.until_left()


def timeouts(first_byte: float) -> Timeouts:
    return Timeouts(connect=0.05, first_byte=first_byte, idle=5, total=5)


async def test_an_answer_that_waits_is_not_late_because_we_slept(elsewhere: Server) -> None:
    elsewhere.answers = [whole]
    asking = asyncio.ensure_future(elsewhere.client(timeouts=timeouts(0.05)).complete(HELLO))
    await came(elsewhere)
    time.sleep(0.25)  # noqa: ASYNC251 - all of this process's loop sleeps
    assert (await asking).attempts == 1


async def test_an_answer_that_does_not_come_is_late_all_the_same(
    elsewhere: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "GRACE", 0.05)
    elsewhere.answers = [never]
    asking = asyncio.ensure_future(elsewhere.client(timeouts=timeouts(0.05)).complete(HELLO))
    await came(elsewhere)
    time.sleep(0.25)  # noqa: ASYNC251
    with pytest.raises(FirstByteTimeoutError):
        await asking


async def test_after_a_sleep_no_connection_from_before_is_used(server: Server) -> None:
    """Some die without a word: the phone has changed its network, and nobody tells the other end."""
    server.answers = [whole]
    client = server.client()
    await asyncio.gather(client.complete(HELLO), client.complete(HELLO))
    assert (await client.complete(HELLO)).attempts == 1
    assert server.connections == 2
    transport.renew_pools()
    await asyncio.sleep(0.01)
    assert (await client.complete(HELLO)).attempts == 1
    assert server.connections == 3


async def test_an_answer_under_way_goes_on_over_the_renewal(server: Server) -> None:
    goes_on = asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("One, ")
        await goes_on.wait()
        await exchange.text("two.")
        await exchange.finish()

    server.answers = [slow]
    heard: list[StreamEvent] = []
    async with server.client().stream(HELLO) as events:
        async for event in events:
            heard.append(event)
            if len(heard) == 2:
                for _ in range(transport.MOST_RETIRED):
                    transport.renew_pools()
                    await transport.pool()
                    await asyncio.sleep(0.005)
                goes_on.set()
    assert isinstance(heard[-1], Done)
    assert heard[-1].completion.text == "One, two."


async def test_a_question_after_a_sleep_is_answered_although_all_connections_broke(server: Server) -> None:
    server.answers = [whole]
    client = server.client()
    await asyncio.gather(*(client.complete(HELLO) for _ in range(5)))
    for exchange in server.exchanges:
        exchange.abort()
    assert (await client.complete(HELLO)).text == "Bonjour"
