"""OpenAI's own Python SDK, unmodified, takes Mock AI for the real thing."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from typing import Any, Literal

import pytest

from livetechno.mock import MockServer
from livetechno.mock.faults import FAULTS

openai = pytest.importorskip("openai", minversion="3.0")
pydantic = pytest.importorskip("pydantic")

KEY = "sk-test-" + "a1b2" * 6


class Track(pydantic.BaseModel):  # type: ignore[name-defined,misc,unused-ignore]
    """What is asked for as structured output."""

    title: str
    bpm: int = pydantic.Field(ge=60, le=200)
    mode: Literal["acid", "dub"]
    notes: list[str]
    label: str | None


WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
async def client() -> AsyncIterator[Any]:
    server = MockServer(seed=1)
    async with openai.AsyncOpenAI(api_key=KEY, base_url=await server.start(), max_retries=0) as one:
        yield one
    await server.stop()


@pytest.fixture
def base_url() -> Iterator[str]:
    """A Mock AI on a loop in another thread, for the SDK's blocking client."""
    import asyncio

    ready: Future[str] = Future()
    loop = asyncio.new_event_loop()
    server = MockServer(seed=1)

    def run() -> None:
        asyncio.set_event_loop(loop)
        ready.set_result(loop.run_until_complete(server.start()))
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    yield ready.result(10)
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


async def test_chat(client: Any) -> None:
    told = await client.chat.completions.create(model="gpt-6.2-sol", messages=ask("What is Mock AI?"), n=2)
    assert "Mock AI" in told.choices[1].message.content
    assert told.usage.completion_tokens_details.reasoning_tokens > 0
    assert told._request_id.startswith("req_")


async def test_chat_streamed_with_usage(client: Any) -> None:
    stream = await client.chat.completions.create(
        model="gpt-4.1", messages=ask("Hello"), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    whole = await client.chat.completions.create(model="gpt-4.1", messages=ask("Hello"))
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage


async def test_chat_streamed_through_the_sdk_s_own_assembler(client: Any) -> None:
    async with client.chat.completions.stream(
        model="gpt-4.1",
        messages=ask('A dub track at 128 called "Nuit"'),
        response_format=Track,
    ) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_completion()
    assert final.choices[0].message.parsed.title == "Nuit"


async def test_parse(client: Any) -> None:
    told = await client.chat.completions.parse(
        model="gpt-4.1", messages=ask('A dub track at 128 called "Nuit"'), response_format=Track
    )
    track = told.choices[0].message.parsed
    assert (track.title, track.bpm, track.mode) == ("Nuit", 128, "dub")
    response = await client.responses.parse(model="gpt-6.2-sol", input="An acid track", text_format=Track)
    assert response.output_parsed.mode == "acid"


async def test_responses(client: Any) -> None:
    told = await client.responses.create(model="gpt-6.2-sol", input="What is Mock AI?")
    assert "LIVETECHNO_MOCK" in told.output_text
    assert told.status == "completed"
    assert told.usage.input_tokens_details.cached_tokens == 0
    short = await client.responses.create(model="gpt-6.2-sol", input="What is Mock AI?", max_output_tokens=16)
    assert (short.status, short.incomplete_details.reason) == ("incomplete", "max_output_tokens")


async def test_responses_streamed(client: Any) -> None:
    async with client.responses.stream(model="gpt-6.2-sol", input="Hello") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == final.output_text
    assert events[-1].type == "response.completed"
    # Every event is one that the SDK knows by its type, and has the fields that it requires.
    for event in events:
        type(event).model_validate(event.model_dump(by_alias=True, warnings=False))


async def test_every_raw_event_fits_the_sdk_s_types(client: Any) -> None:
    adapter = pydantic.TypeAdapter(openai.types.responses.ResponseStreamEvent)
    calls: list[dict[str, Any]] = [
        {"input": "Hello", "reasoning": {"summary": "auto"}},
        {"input": "The weather in Paris", "tools": [{"type": "function", "strict": False, **WEATHER}]},
        {"input": "Hello", "max_output_tokens": 16},
        {"input": "Hello", "extra_headers": {"X-Mock-Fault": "refusal"}},
    ]
    for call in calls:
        stream = await client.responses.create(model="gpt-6.2-sol", stream=True, **call)
        async for event in stream:
            adapter.validate_python(event.model_dump(by_alias=True, warnings=False))


async def test_whole_answers_fit_the_sdk_s_types(client: Any) -> None:
    chat = await client.chat.completions.create(
        model="gpt-4.1", messages=ask("Hello"), logprobs=True, top_logprobs=2
    )
    openai.types.chat.ChatCompletion.model_validate(chat.model_dump())
    response = await client.responses.create(model="gpt-6.2-sol", input="Hello")
    openai.types.responses.Response.model_validate(response.model_dump(by_alias=True, warnings=False))


async def test_tools(client: Any) -> None:
    tools = [{"type": "function", "function": WEATHER}]
    messages: list[Any] = ask("What is the weather in Paris?")
    told = await client.chat.completions.create(model="gpt-4.1", messages=messages, tools=tools)
    [call] = told.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    messages += [told.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "Rain"}]
    answer = await client.chat.completions.create(model="gpt-4.1", messages=messages, tools=tools)
    assert "Rain" in answer.choices[0].message.content

    own = [{"type": "function", "strict": False, **WEATHER}]
    response = await client.responses.create(model="gpt-6.2-sol", input=ask("Weather in Paris?"), tools=own)
    [item] = [item for item in response.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": item.call_id, "output": "Rain"}
    after = await client.responses.create(
        model="gpt-6.2-sol", input=[result], previous_response_id=response.id, tools=own
    )
    assert "Rain" in after.output_text


async def test_models_and_tokens(client: Any) -> None:
    names = {model.id async for model in client.models.list()}
    assert {"gpt-5", "gpt-6.2-sol"} <= names
    assert (await client.models.retrieve("gpt-5")).shutdown_date == "2026-12-11"
    counted = await client.responses.input_tokens.count(model="gpt-6.2-sol", input="Hello")
    assert counted.input_tokens > 0


@pytest.mark.parametrize(
    "name", [name for name, f in FAULTS.items() if f.stage == "instead" and f.body is None]
)
async def test_every_refusal_is_the_sdk_s_typed_exception(client: Any, name: str) -> None:
    fault = FAULTS[name]
    kinds = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        403: openai.PermissionDeniedError,
        404: openai.NotFoundError,
        409: openai.ConflictError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
    }
    kind = kinds.get(
        fault.status, openai.InternalServerError if fault.status >= 500 else openai.APIStatusError
    )
    with pytest.raises(kind) as caught:
        await client.chat.completions.create(
            model="gpt-4.1", messages=ask("Hello"), extra_headers={"X-Mock-Fault": name}
        )
    assert caught.value.code == fault.code
    assert caught.value.param == fault.param
    assert caught.value.type == fault.kind
    assert caught.value.request_id.startswith("req_")


async def test_the_rules_of_parameters_are_typed_exceptions(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model="gpt-5", messages=ask("Hello"), max_tokens=5)
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "max_tokens")
    with pytest.raises(openai.NotFoundError) as missing:
        await client.responses.create(model="gpt-99", input="Hello")
    assert missing.value.code == "model_not_found"


async def test_an_error_after_200_is_raised_in_the_stream(client: Any) -> None:
    fault = {"X-Mock-Fault": "error_after_200;after=2"}
    stream = await client.chat.completions.create(
        model="gpt-4.1", messages=ask("Hello"), stream=True, extra_headers=fault
    )
    with pytest.raises(openai.APIError, match="had an error"):
        async for _ in stream:
            pass


async def test_the_sdk_s_own_retries_come_to_the_answer() -> None:
    server = MockServer(script=("429_rate", "500", None))
    async with openai.AsyncOpenAI(api_key=KEY, base_url=await server.start(), max_retries=2) as client:
        told = await client.chat.completions.create(model="gpt-4.1", messages=ask("Hello"))
    assert told.choices[0].message.content
    assert len(server.requests) == 3
    assert all(KEY[8:16] not in repr(request) for request in server.requests)
    await server.stop()


async def test_headers(client: Any) -> None:
    raw = await client.chat.completions.with_raw_response.create(model="gpt-4.1", messages=ask("Hello"))
    assert raw.headers["x-ratelimit-limit-requests"] == "10000"
    assert raw.headers["openai-processing-ms"].isdigit()
    assert raw.request_id.startswith("req_")


def test_the_blocking_client(base_url: str) -> None:
    with openai.OpenAI(api_key=KEY, base_url=base_url, max_retries=0) as client:
        told = client.chat.completions.create(model="gpt-4.1", messages=ask("Bonjour"))
        assert "Mock AI" in told.choices[0].message.content
        stream = client.responses.create(model="gpt-4.1", input="Bonjour", stream=True)
        assert [event.type for event in stream][-1] == "response.completed"
