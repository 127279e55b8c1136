"""OpenAI's own Python SDK, recorded and replayed: it cannot tell the two from the real thing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from livetechno.gpt import transport
from livetechno.mock import MockServer

openai = pytest.importorskip("openai", minversion="3.0")

KEY = "sk-test-" + "k7j6h5g4" * 4


@asynccontextmanager
async def sdk(server: MockServer) -> AsyncIterator[Any]:
    """OpenAI's client of this server, while it runs."""
    try:
        async with openai.AsyncOpenAI(api_key=KEY, base_url=await server.start(), max_retries=0) as client:
            yield client
    finally:
        await server.stop()


async def heard(client: Any) -> list[Any]:
    """All that an application hears, whole and streamed, at both endpoints, errors too."""
    asked = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "What is Mock AI? ♪"}]}
    raw = await client.chat.completions.with_raw_response.create(**asked)
    told = [raw.content, raw.headers["x-request-id"], raw.parse().choices[0].message.content]
    stream = await client.chat.completions.create(
        **asked, stream=True, stream_options={"include_usage": True}
    )
    told += [chunk.model_dump() async for chunk in stream]
    told.append((await client.responses.create(model="gpt-6.2-sol", input="Hello")).model_dump())
    async with client.responses.stream(model="gpt-6.2-sol", input="Hello") as events:
        told += [event.model_dump(warnings=False) async for event in events]
    counted = await client.responses.input_tokens.count(model="gpt-4.1", input="Hello")
    told.append(counted.input_tokens)
    told += [model.id async for model in client.models.list()]
    try:
        await client.chat.completions.create(**{**asked, "model": "gpt-99"})
    except openai.NotFoundError as error:
        told += [error.code, error.request_id, error.body]
    return told


async def test_a_session_is_replayed_as_it_was_recorded(tmp_path: Path) -> None:
    upstream = MockServer(seed=4)
    try:
        recorder = MockServer(record=tmp_path / "tape", upstream=await upstream.start())
        async with sdk(recorder) as client:
            recorded = await heard(client)
    finally:
        await upstream.stop()
        await transport.close_pool()
    assert recorded[-3] == "model_not_found"
    async with sdk(MockServer(replay=tmp_path / "tape")) as client:
        assert await heard(client) == recorded
        with pytest.raises(openai.NotFoundError, match="The nearest is") as caught:
            await client.responses.create(model="gpt-6.2-sol", input="Goodbye")
        assert (caught.value.code, caught.value.param) == ("not_recorded", "input")
    for file in (tmp_path / "tape").iterdir():
        assert not [at for at in range(len(KEY) - 7) if KEY[at : at + 8] in file.read_text("utf-8")]


async def test_a_cut_stream_is_a_cut_stream_again(tmp_path: Path) -> None:
    async def broken(client: Any) -> tuple[str, list[str]]:
        texts: list[str] = []
        stream = await client.chat.completions.create(
            model="gpt-4.1", messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        try:
            async for chunk in stream:
                texts += [choice.delta.content or "" for choice in chunk.choices]
        except Exception as error:  # noqa: BLE001 - the SDK's transport raises its own kinds
            return type(error).__name__, texts
        raise AssertionError("it was not cut")

    upstream = MockServer(script=["cut;after=4"])
    try:
        async with sdk(MockServer(record=tmp_path / "tape", upstream=await upstream.start())) as client:
            recorded = await broken(client)
    finally:
        await upstream.stop()
        await transport.close_pool()
    assert len([text for text in recorded[1] if text]) == 4
    async with sdk(MockServer(replay=tmp_path / "tape")) as client:
        assert await broken(client) == recorded
