"""The async client: one call to GPT, whole or streamed, with retries, timeouts and typed errors.

    client = Client(key=Secret("sk-..."))
    completion = await client.complete(Request((user("Hello"),)))
    async with client.stream(Request((user("Hello"),))) as events:
        async for event in events: ...

Leaving the `async with`, or cancelling the task, closes the connection: the server stops too.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import aiohttp

from livetechno import environment
from livetechno.gpt import (
    addresses,
    catalogue,
    chat_completions,
    errors,
    failures,
    parameters,
    rate_limits,
    responses,
    structured,
    transport,
    wire,
)
from livetechno.gpt.completions import Completion, Done, Request, StreamEvent, TextDelta
from livetechno.gpt.errors import GPTError
from livetechno.gpt.retry import Attempt, Retry
from livetechno.gpt.secret import Secret
from livetechno.gpt.sse import SSEDecoder
from livetechno.gpt.transport import Timeouts, Watch

LARGEST_REPLY = 64 * 1024 * 1024
"""Bytes of a whole answer after which we stop reading."""
LARGEST_ERROR = 64 * 1024
"""Bytes of an error's body that are read."""

_DROPPABLE = frozenset(
    {
        "frequency_penalty",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "n",
        "presence_penalty",
        "reasoning",
        "reasoning.effort",
        "reasoning_effort",
        "seed",
        "stop",
        "store",
        "stream_options",
        "stream_options.include_obfuscation",
        "stream_options.include_usage",
        "temperature",
        "text.verbosity",
        "top_p",
        "verbosity",
    }
)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, ready to send: where, what, and for whom."""

    url: str
    endpoint: Literal["chat", "responses"]
    model: str
    body: dict[str, Any]
    request: Request
    ends: float
    """The loop's time at which the total timeout passes."""
    key: str
    """The same for every try, so that a server can tell a retry from a second wish."""

    @property
    def wire_format(self) -> Any:
        return responses if self.endpoint == "responses" else chat_completions


class Client:
    """Talks to one address with one key. Holds no connection of its own: the pool is the loop's.

    `strict` makes an error of a parameter that would be dropped; `retired` says what happens to a
    model past its end. `openai` overrules whether the address is held to follow OpenAI's own rules
    (Mock AI does). `on_attempt` is told of each try that failed.
    Raises AddressRefusedError for an address that may not be used.
    """

    def __init__(
        self,
        *,
        base_url: str = addresses.OPENAI,
        key: Secret | None = None,
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
        strict: bool = False,
        retired: Literal["replace", "fail"] = "replace",
        openai: bool | None = None,
        on_attempt: Callable[[Attempt], None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = addresses.check(base_url)
        self.timeouts = timeouts or Timeouts()
        self.retry = retry or Retry()
        self.rate_limits: rate_limits.RateLimits | None = None
        self._key = key
        self._strict = strict
        self._retired = retired
        self._openai = addresses.is_openai(self.base_url) if openai is None else openai
        self._on_attempt = on_attempt
        self._headers = dict(headers or {})
        self._refused: dict[tuple[str, str], frozenset[str]] = {}

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"

    async def complete(self, request: Request) -> Completion:
        """The whole answer. Raises GPTError kinds."""
        call = self._prepare(request, stream=False)
        completion: Completion = await self._with_retries(call, self._complete_once)
        return completion

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """The answer in pieces as it comes; the last event is `Done`. Raises GPTError kinds.

        An error raised after text had come carries that text, and nothing is tried again.
        """
        events = self._stream(request)
        try:
            yield events
        finally:
            await events.aclose()

    async def list_models(self) -> tuple[str, ...]:
        """The names that this key may use, as the server lists them. Raises GPTError kinds."""
        call = _Call(f"{self.base_url}/models", "chat", "", {}, Request(()), self._end(), "")
        document = await self._with_retries(call, self._read_once)
        listed = document.get("data")
        if not isinstance(listed, list):
            raise errors.ReplyInvalidError("no list of models", code="no_models")
        return tuple(sorted(str(row["id"]) for row in listed if isinstance(row, dict) and "id" in row))

    async def aclose(self) -> None:
        """Close the running loop's connections; the next call opens new ones."""
        await transport.close_pool()

    def _end(self) -> float:
        return asyncio.get_running_loop().time() + self.timeouts.total

    def _prepare(self, request: Request, *, stream: bool) -> _Call:
        parameters.check(request.parameters)
        if not request.messages:
            raise errors.UsageError("no message to send", code="no_messages")
        if request.schema is not None:
            structured.check(request.schema)
        today = environment.today()
        resolved = catalogue.load_catalogue().resolve(
            request.model, today, openai=self._openai, retired="fail" if self._strict else self._retired
        )
        if resolved.notice is not None:
            catalogue.warn_once(resolved.notice)
        endpoint = catalogue.endpoint_for(
            resolved.model, tools=bool(request.tools), effort=request.parameters.effort
        )
        fitted = parameters.fit(
            request.parameters, resolved.model, endpoint=endpoint, openai=self._openai, strict=self._strict
        )
        parameters.warn_dropped(fitted.dropped, resolved.name)
        wire_format = responses if endpoint == "responses" else chat_completions
        body = wire_format.body(request, resolved.name, fitted.body, stream=stream)
        if stream and addresses.is_openai(self.base_url):
            # padding against traffic analysis: useless on a trusted link, and it doubles the bytes
            body["stream_options"] = {**body.get("stream_options", {}), "include_obfuscation": False}
        for name in self._refused.get((endpoint, resolved.name), ()):
            _drop(body, name)
        return _Call(
            self.base_url + wire_format.PATH,
            endpoint,
            resolved.name,
            body,
            request,
            self._end(),
            f"livetechno-{uuid.uuid4()}",
        )

    async def _complete_once(self, call: _Call) -> Completion:
        document, request_id = await self._exchange(call)
        completion: Completion = call.wire_format.read(document, request_id=request_id)
        return self._checked(completion, call)

    @staticmethod
    def _checked(completion: Completion, call: _Call) -> Completion:
        return structured.checked(completion, call.request.schema)

    async def _read_once(self, call: _Call) -> dict[str, Any]:
        return (await self._exchange(call))[0]

    async def _with_retries(self, call: _Call, once: Callable[[_Call], Any]) -> Any:
        attempt = 0
        while True:
            attempt += 1
            try:
                result = await once(call)
            except GPTError as error:
                failure = error
            else:
                return replace(result, attempts=attempt) if isinstance(result, Completion) else result
            # outside the except block: the cause's frames hold headers, so it is not chained
            call = await self._after(failure, call, attempt)

    async def _stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        call = self._prepare(request, stream=True)
        attempt = 0
        while True:
            attempt += 1
            failure: GPTError | None = None
            try:
                async for event in self._stream_once(call):
                    if type(event) is Done:
                        event = Done(replace(event.completion, attempts=attempt))
                    yield event
            except GPTError as error:
                failure = error
            if failure is None:
                return
            call = await self._after(failure, call, attempt)

    async def _after(self, failure: GPTError, call: _Call, attempt: int) -> _Call:
        """The call to make next, once it is time; raises `failure` when there is none to make."""
        failure.attempts = attempt
        changed = self._without_refused(failure, call)
        wait = 0.0 if changed is not None else self.retry.wait(failure, attempt)
        if wait is not None and asyncio.get_running_loop().time() + wait >= call.ends:
            wait = None
        if self._on_attempt is not None:
            self._on_attempt(Attempt(attempt, failure, wait))
        if wait is None:
            self._advise(failure, call)
            raise failure from None
        await asyncio.sleep(wait)
        return changed or call

    def _without_refused(self, failure: GPTError, call: _Call) -> _Call | None:
        """The call without the one parameter that the server refused; None when that is not it."""
        name = failure.parameter
        if self._strict or failure.code not in ("unsupported_parameter", "unsupported_value") or not name:
            return None
        known = (call.endpoint, call.model)
        if name in self._refused.get(known, frozenset()):
            return None
        body = json.loads(json.dumps(call.body))
        if not _drop(body, name):
            return None
        self._refused[known] = self._refused.get(known, frozenset()) | {name}
        parameters.warn_dropped((parameters.Dropped(name, "refused_by_server"),), call.model)
        return replace(call, body=body)

    def _advise(self, failure: GPTError, call: _Call) -> None:
        if isinstance(failure, errors.ModelNotFoundError):
            successor = catalogue.load_catalogue().successor_of(call.model, environment.today())
            failure.values.update(model=call.model, successor=successor or "")

    async def _open(self, call: _Call) -> tuple[aiohttp.ClientResponse, str | None]:
        """Send the call; its answer's head and request id. Raises what a refusal says."""
        response = await transport.send(
            "POST" if call.body else "GET",
            call.url,
            data=_encode(call.body) if call.body else None,
            headers=self._head(call),
            timeouts=self.timeouts,
            ends=call.ends,
        )
        self.rate_limits = rate_limits.read(response.headers) or self.rate_limits
        if 200 <= response.status < 300:
            return response, response.headers.get("x-request-id")
        body = await self._read(response, call, LARGEST_ERROR, whole=False)
        raise failures.from_response(response.status, response.headers, body, model=call.model)

    def _head(self, call: _Call) -> dict[str, str]:
        head = {**self._headers, "Content-Type": "application/json"}
        if call.key:
            head["Idempotency-Key"] = call.key
        if self._key is not None:
            head["Authorization"] = self._key.bearer()
        return head

    async def _read(
        self, response: aiohttp.ClientResponse, call: _Call, most: int, *, whole: bool = True
    ) -> bytes:
        """The answer's body, up to `most` bytes; past them ReplyInvalidError when it is wanted whole."""
        watch = Watch(response.content, self.timeouts, call.ends)
        chunks: list[bytes] = []
        size = 0
        try:
            while size <= most and (chunk := await watch.read()):
                chunks.append(chunk)
                size += len(chunk)
        except (GPTError, aiohttp.ClientError, OSError) as problem:
            failure = transport.translate(problem, call.url, self.timeouts)
        else:
            if size <= most or not whole:
                return b"".join(chunks)[:most]
            failure = errors.ReplyInvalidError("too large", code="reply_too_large")
        finally:
            watch.stop()
            transport.let_go(response)
        raise failure

    async def _exchange(self, call: _Call) -> tuple[dict[str, Any], str | None]:
        response, request_id = await self._open(call)
        return wire.parse(await self._read(response, call, LARGEST_REPLY), request_id), request_id

    async def _stream_once(self, call: _Call) -> AsyncGenerator[StreamEvent, None]:
        response, request_id = await self._open(call)
        if response.content_type == "application/json":
            # some servers answer whole whatever was asked for
            document = wire.parse(await self._read(response, call, LARGEST_REPLY), request_id)
            completion = self._checked(call.wire_format.read(document, request_id=request_id), call)
            yield TextDelta(completion.text)
            yield Done(completion)
            return
        assembler = call.wire_format.Assembler(request_id)
        decoder = SSEDecoder()
        watch = Watch(response.content, self.timeouts, call.ends)
        failure: GPTError | None = None
        try:
            if response.content_type not in ("text/event-stream", "application/octet-stream", "text/plain"):
                raise errors.ReplyInvalidError(
                    response.content_type, code="not_a_stream", request_id=request_id
                )
            while not assembler.ended and (chunk := await watch.read()):
                for event in decoder.feed(chunk):
                    if (piece := assembler.feed(event)) is not None:
                        yield piece
            completion = self._checked(assembler.completion(), call)
            if not response.content.at_eof():
                await _last_bytes(response.content)
        except (GPTError, aiohttp.ClientError, OSError) as problem:
            failure = transport.translate(problem, call.url, self.timeouts)
            failure.text = assembler.text
            failure.request_id = failure.request_id or request_id
        finally:
            watch.stop()
            transport.let_go(response)
        if failure is not None:
            raise failure
        yield Done(completion)


async def _last_bytes(content: aiohttp.StreamReader) -> None:
    """Read the end mark that follows the last event, so that the connection can serve again."""
    try:
        async with transport.timeout_at(asyncio.get_running_loop().time() + 0.05):
            await content.readany()
    except asyncio.TimeoutError:
        return


def _encode(body: dict[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        detail = "the text holds half of a character (a lone surrogate)"
    except (TypeError, ValueError) as error:
        detail = str(error)
    raise errors.UsageError(detail, code="not_encodable")


def _drop(body: dict[str, Any], name: str) -> bool:
    """Take the parameter `name` (dotted) out of `body`; a refused `max_tokens` gets its newer spelling.

    What the call is about is never dropped: messages, tools, the form of the answer.
    """
    if name not in _DROPPABLE:
        return False
    *path, last = name.split(".")
    holder: Any = body
    for part in path:
        holder = holder.get(part) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or last not in holder:
        return False
    value = holder.pop(last)
    if name == "max_tokens":
        body["max_completion_tokens"] = value
    elif name == "max_completion_tokens":
        body["max_tokens"] = value
    return True
