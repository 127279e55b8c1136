"""OpenAI's own SDKs, unmodified, take our gateway for the real thing: Python 3.x and 0.27.2, and npm's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from livetechno import app
from livetechno.gpt import background
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from livetechno.server.runner import Server
from tests.gpt import raw_server
from tests.gpt.raw_server import Exchange
from tests.sdk.test_openai_0_27_parity import REAL, SCRIPTS
from tests.server.access import program, upstream
from tests.server.conftest import server
from tools import page

__all__ = ["server", "upstream"]

openai = pytest.importorskip("openai", minversion="3.0")
MODEL = "gpt-4.1-mini"
LASTING = "gpt-5.2"
"""A model that does not end, and takes tools in Chat Completions."""
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
NODE_SDK = page.MODULES / "openai"


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Any]:
    """The SDK with an access key, before our server, before Mock AI."""
    url = await server.start()
    async with (
        program(url, limits={"per_minute": 1000}) as one,
        openai.AsyncOpenAI(api_key=one.secret, base_url=f"{url}v1", max_retries=0) as sdk,
    ):
        yield sdk


async def test_chat_whole_and_streamed(client: Any) -> None:
    whole = await client.chat.completions.create(model=MODEL, messages=HELLO)
    text = whole.choices[0].message.content
    assert text
    assert whole._request_id.startswith("req_")
    stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == text
    with_usage = await client.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    *_, last = [chunk async for chunk in with_usage]
    assert (last.choices, last.usage) == ([], whole.usage)


async def test_the_answer_goes_back_as_the_sdk_gave_it(client: Any) -> None:
    first = await client.chat.completions.create(model=MODEL, messages=HELLO)
    again = [*HELLO, first.choices[0].message, {"role": "user", "content": "What did I say?"}]
    second = await client.chat.completions.create(model=MODEL, messages=again)
    assert "Hello" in second.choices[0].message.content
    response = await client.responses.create(model=MODEL, input=HELLO)
    items = [*HELLO, *response.output, {"role": "user", "content": "What did I say?"}]
    assert "Hello" in (await client.responses.create(model=MODEL, input=items)).output_text


async def test_tools_and_schemas_go_through(client: Any) -> None:
    function = {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    asked = [{"role": "user", "content": "The weather in Paris"}]
    told = await client.chat.completions.create(
        model=LASTING, messages=asked, tools=[{"type": "function", "function": function}]
    )
    (call,) = told.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    asked += [told.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "Sun"}]
    assert (await client.chat.completions.create(model=LASTING, messages=asked)).choices[
        0
    ].finish_reason == "stop"


async def test_responses_whole_and_streamed(client: Any) -> None:
    whole = await client.responses.create(model=MODEL, input="Hello")
    assert whole.output_text
    assert whole.store is False
    async with client.responses.stream(model=MODEL, input="Hello") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    assert events[-1].type == "response.completed"
    assert final.output_text == whole.output_text
    assert final.usage == whole.usage


async def test_with_raw_response_and_models(client: Any) -> None:
    raw = await client.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    assert raw.headers["X-Request-Id"].startswith("req_")
    assert raw.parse().choices[0].message.content
    names = [model.id async for model in client.models.list()]
    assert {"chat", LASTING} <= set(names)
    assert (await client.models.retrieve("chat")).id == "chat"


async def test_the_blocking_client(client: Any) -> None:
    def ask() -> str:
        with openai.OpenAI(api_key=client.api_key, base_url=client.base_url, max_retries=0) as blocking:
            stream = blocking.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    assert await in_thread(ask)


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"api_key": "lt-nobody"}, "AuthenticationError", "key_unknown"),
        ({"model": "gpt-4.1-mini", "store": True}, "BadRequestError", "field_refused"),
        ({"model": "no-such-model"}, "NotFoundError", "model_refused"),
        ({"messages": []}, "BadRequestError", "body_refused"),
        ({"extra_body": {"api_base": "http://evil.example"}}, "BadRequestError", "field_refused"),
    ],
)
async def test_what_is_refused_raises_the_sdks_own_class(
    client: Any, change: dict[str, Any], kind: str, code: str
) -> None:
    used = client.with_options(api_key=change.pop("api_key", client.api_key))
    with pytest.raises(getattr(openai, kind)) as caught:
        await used.chat.completions.create(**{"model": MODEL, "messages": HELLO, **change})
    assert caught.value.code == code
    assert caught.value.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, "RateLimitError"),
        (401, "InternalServerError"),
        (500, "InternalServerError"),
        (400, "BadRequestError"),
    ],
)
async def test_what_the_server_behind_refuses_raises_the_sdks_own_class(
    server: Server, upstream: raw_server.Server, status: int, kind: str
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.json({"error": {"message": "no", "type": "x"}}, status, retry_after="0")

    upstream.answers = [refuse]
    url = await server.start()
    async with (
        program(url) as one,
        openai.AsyncOpenAI(api_key=one.secret, base_url=f"{url}v1", max_retries=0) as sdk,
    ):
        with pytest.raises(getattr(openai, kind)):
            await sdk.chat.completions.create(model=MODEL, messages=HELLO)


async def test_a_stream_that_fails_in_the_middle_raises_there(
    server: Server, upstream: raw_server.Server
) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.begin_stream()
        if "messages" in exchange.body:
            await exchange.text("Hi")
        else:
            await exchange.event({"type": "response.output_text.delta", "delta": "Hi"})
        exchange.abort()

    upstream.answers = [cut]
    url = await server.start()
    async with (
        program(url) as one,
        openai.AsyncOpenAI(api_key=one.secret, base_url=f"{url}v1", max_retries=0) as sdk,
    ):
        stream = await sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        assert (await anext(stream)).choices[0].delta.content == "Hi"
        with pytest.raises(openai.APIError) as caught:
            await anext(stream)
        assert caught.value.code == "stream_cut"
        events = await sdk.responses.create(model=MODEL, input="Hello", stream=True)
        assert (await anext(events)).delta == "Hi"
        with pytest.raises(openai.APIError):
            await anext(events)


@dataclass
class Gateway:
    """A gateway on another thread's loop, before a Mock AI of its own."""

    base_url: str
    secret: str
    behind: MockServer
    behind_url: str

    def run(self, *command: str | Path, **variables: str) -> str:
        """What a program prints that has the access key."""
        done = subprocess.run(
            command,
            env={**os.environ, "OPENAI_API_KEY": self.secret, "PYTHONIOENCODING": "utf-8", **variables},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def said(self) -> list[str]:
        """The first text of each answer that Mock AI gave: to the same wish it says the same again."""
        with openai.OpenAI(api_key="sk-" + "test-1", base_url=self.behind_url) as direct:
            wishes = [{**request.body, "stream": False} for request in list(self.behind.requests)]
            for wish in wishes:
                wish.pop("stream_options", None)
            return [direct.chat.completions.create(**wish).choices[0].message.content for wish in wishes]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    behind = MockServer(seed=7)
    behind_url = background.run(behind.start())
    monkeypatch.setenv("OPENAI_BASE_URL", behind_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-" + "b2c3" * 6)
    started = Server()
    url = background.run(started.start())
    _, secret = app.store().access.create("old", models=(MODEL, "gpt-4o"), limits={"per_minute": 1000})
    yield Gateway(f"{url}v1", secret, behind, behind_url)
    background.run(started.stop())
    background.run(behind.stop())


@pytest.mark.parametrize("script", ["question.py", "stream.py", "asynchronous.py"])
def test_a_script_for_0_27_runs_as_ever(script: str, gateway: Gateway) -> None:
    variables = {"OPENAI_API_BASE": gateway.base_url, "PYTHONPATH": str(REAL)}
    printed = gateway.run(sys.executable, SCRIPTS / script, **variables).replace("|", "")
    said = gateway.said()[:2]  # what comes after is not printed by every script
    assert said
    # a list is printed with its quotes
    assert [text for text in said if text not in printed and repr(text)[1:-1] not in printed] == []


def test_npm_openai(gateway: Gateway) -> None:
    node = page.node_folder() / ("node.exe" if os.name == "nt" else "bin/node")
    variables = {"OPENAI_BASE_URL": gateway.base_url, "OPENAI_SDK": str(NODE_SDK)}
    printed = gateway.run(node, SCRIPTS / "gateway.cjs", **variables)
    whole, streamed, tokens, response, events, listed, *refused = map(json.loads, printed.splitlines())
    assert whole
    assert streamed == whole
    assert tokens[1] == tokens[2]
    assert events == [response, "response.completed"]
    assert listed == [MODEL, "gpt-4o"]
    assert refused == [
        ["AuthenticationError", 401, "key_unknown", None, "string"],
        ["NotFoundError", 404, "model_refused", None, "string"],
        ["BadRequestError", 400, "field_refused", "store", "string"],
        ["BadRequestError", 400, "field_refused", "api_base", "string"],
    ]
