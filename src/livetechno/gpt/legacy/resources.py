"""`openai.ChatCompletion` and `openai.Model`, through our own client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from livetechno import environment
from livetechno.gpt import background
from livetechno.gpt.completions import Done, StreamEvent, TextDelta
from livetechno.gpt.errors import ConfigurationError, GPTError
from livetechno.gpt.legacy import connection, error, objects
from livetechno.gpt.legacy.objects import OpenAIObject
from livetechno.gpt.legacy.requests import Asked, read

if TYPE_CHECKING:
    from livetechno.gpt.client import Client

Result = TypeVar("Result")


def resources(module: ModuleType) -> dict[str, type]:
    """The classes of a module `openai`, reading its settings (`api_key`, `api_base`, ...) at each call."""

    class ChatCompletion:
        """Ask for a chat completion."""

        @staticmethod
        def create(**given: Any) -> Any:
            """The answer, or with `stream=True` a generator of chunks. Raises `openai.error` kinds.

            As in 0.27 a stream's first failure is raised here, not when the generator is read.
            """
            return _translated(lambda: _create(given, module))

        @staticmethod
        async def acreate(**given: Any) -> Any:
            """`create` for async code; with `stream=True` an async generator."""
            return await _atranslated(_acreate(given, module))

    class Model:
        """The models that the server offers."""

        @staticmethod
        def list(**given: Any) -> OpenAIObject:
            """Their names, in 0.27's form. Raises `openai.error` kinds."""
            return _translated(lambda: background.run(_models(_client(given, module))))

        @staticmethod
        async def alist(**given: Any) -> OpenAIObject:
            """`list` for async code."""
            client = _translated(lambda: _client(given, module))
            return await _atranslated(background.forward(_models(client)))

    return {"ChatCompletion": ChatCompletion, "Model": Model}


def _create(given: dict[str, Any], module: ModuleType) -> Any:
    client = _client(given, module)
    asked = read(given)
    if not asked.stream:
        completion = background.run(client.complete(asked.request))
        return objects.whole(completion, functions=asked.functions)
    events = background.iterate(_opener(client, asked))
    return _chunks(next(events), events, asked)


async def _acreate(given: dict[str, Any], module: ModuleType) -> Any:
    client = _client(given, module)
    asked = read(given)
    if not asked.stream:
        completion = await background.forward(client.complete(asked.request))
        return objects.whole(completion, functions=asked.functions)
    events = background.aiterate(_opener(client, asked))
    return _achunks(await events.__anext__(), events, asked)


def _client(given: dict[str, Any], module: ModuleType) -> Client:
    return connection.client(connection.take(given, module))


async def _models(client: Client) -> OpenAIObject:
    return objects.model_list(await client.list_models())


def _opener(
    client: Client, asked: Asked
) -> Callable[[], AbstractAsyncContextManager[AsyncIterator[StreamEvent]]]:
    return lambda: client.stream(asked.request)


def _chunks(first: StreamEvent, rest: Iterator[StreamEvent], asked: Asked) -> Iterator[OpenAIObject]:
    chunks = objects.Chunks(asked.request.model)
    yield chunks.opening()
    yield from _told(first, chunks, asked)
    while (event := _translated(lambda: next(rest, None))) is not None:
        yield from _told(event, chunks, asked)


async def _achunks(first: StreamEvent, rest: Any, asked: Asked) -> AsyncIterator[OpenAIObject]:
    from contextlib import aclosing

    chunks = objects.Chunks(asked.request.model)
    async with aclosing(rest):
        yield chunks.opening()
        for chunk in _told(first, chunks, asked):
            yield chunk
        while (event := await _atranslated(anext(rest, None))) is not None:
            for chunk in _told(event, chunks, asked):
                yield chunk


def _told(event: StreamEvent, chunks: objects.Chunks, asked: Asked) -> Iterator[OpenAIObject]:
    if type(event) is TextDelta and event.text:
        yield chunks.text(event.text)
    elif type(event) is Done:
        yield from chunks.closing(event.completion, functions=asked.functions)


def _translated(call: Callable[[], Result]) -> Result:
    """What the call returns; our errors come out as those of `openai.error`."""
    try:
        return call()
    except GPTError as problem:
        failure = error.from_ours(problem)
    except environment.EnvironmentValueError as problem:
        failure = error.from_ours(ConfigurationError.of_variable(problem))
    # outside the except block: the frames of the cause hold headers
    raise failure


async def _atranslated(call: Awaitable[Result]) -> Result:
    try:
        return await call
    except GPTError as problem:
        failure = error.from_ours(problem)
    except environment.EnvironmentValueError as problem:
        failure = error.from_ours(ConfigurationError.of_variable(problem))
    raise failure
