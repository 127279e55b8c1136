"""The server's own count of a prompt."""

from __future__ import annotations

import pytest

from livetechno.gpt import errors, remote_count
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Request, Schema, ToolSpec
from livetechno.gpt.messages import Image, assistant, system, user
from livetechno.gpt.retry import Retry
from livetechno.mock import MockServer
from tests.gpt.raw_server import Exchange, Server

PICTURE = Image("data:image/png;base64,AAAA", "low")


async def test_all_that_a_prompt_holds_is_counted_as_its_answer_bills_it(server: Server) -> None:
    """The fixture closes the pool."""
    mock = MockServer()
    client = Client(base_url=await mock.start(), openai=True)
    tool = ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {}})
    nothing = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    said = (system("Be brief."), user("What is this?", [PICTURE]), assistant("A 303."), user("Sure?"))
    try:
        for request in (
            Request((user("Hello"),), model="gpt-6.2-sol"),
            Request((user("", [PICTURE]),), model="gpt-6.2-sol"),
            Request(said, model="gpt-6.2-sol", tools=(tool,), schema=Schema("answer", nothing)),
        ):
            billed = (await client.complete(request)).usage
            assert billed is not None
            assert await remote_count.input_tokens(client, request) == billed.input_tokens
            assert mock.requests[-1].path == "/v1/responses/input_tokens"
    finally:
        await mock.stop()


@pytest.mark.parametrize(
    "document", [{}, {"input_tokens": None}, {"input_tokens": -1}, {"input_tokens": "9"}]
)
async def test_what_is_no_count_is_an_error(server: Server, document: dict[str, object]) -> None:
    async def answer(exchange: Exchange) -> None:
        assert exchange.line == "POST /v1/responses/input_tokens HTTP/1.1"
        await exchange.json(document)

    server.answers = [answer]
    client = Client(base_url=server.base_url, retry=Retry(attempts=1))
    with pytest.raises(errors.ReplyInvalidError) as caught:
        await remote_count.input_tokens(client, Request((user("Hello"),), model="gpt-4.1"))
    assert caught.value.code == "no_count"


async def test_a_model_that_is_not_there_is_told_by_its_name(server: Server) -> None:
    mock = MockServer(script=["404_retired"])
    client = Client(base_url=await mock.start())
    try:
        with pytest.raises(errors.ModelNotFoundError) as caught:
            await remote_count.input_tokens(client, Request((user("Hello"),), model="gpt-5"))
        assert caught.value.values["model"] == "gpt-5"
    finally:
        await mock.stop()
