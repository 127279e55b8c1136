"""The async client: one call to GPT, whole or streamed, with retries, timeouts and typed errors.

    client = Client(key=Secret("sk-..."))
    completion = await client.complete(Request((user("Hello"),)))
    async with client.stream(Request((user("Hello"),))) as events:
        async for event in events: ...

Leaving the `async with`, or cancelling the task, closes the connection: the server stops too.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Literal

import aiohttp

from livetechno.gpt import (
    addresses,
    catalogue,
    errors,
    failures,
    rate_limits,
    structured,
    transport,
    wire,
)
from livetechno.gpt.accounting import Books, Entry
from livetechno.gpt.calls import Call, Caller, today
from livetechno.gpt.completions import Begun, Completion, Done, Request, StreamEvent, TextDelta
from livetechno.gpt.errors import GPTError
from livetechno.gpt.retry import Attempt, Retry
from livetechno.gpt.secret import Secret
from livetechno.gpt.sse import SSEDecoder
from livetechno.gpt.transport import Timeouts, Watch

LARGEST_REPLY = 64 * 1024 * 1024
"""Bytes of a whole answer after which we stop reading."""
LARGEST_ERROR = 64 * 1024
"""Bytes of an error's body that are read."""


class Client:
    """Talks to one address with one key. Holds no connection of its own: the pool is the loop's.

    `strict` makes an error of a parameter that would be dropped; `retired` says what happens to a
    model past its end. `openai` overrules whether the address is held to follow OpenAI's own rules
    (Mock AI does). `on_attempt` is told of each try that failed. With `books` every call is reserved
    before it is made and settled after; their own errors are BudgetExceededError, UnknownPriceError and
    BooksError.
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
        books: Books | None = None,
    ) -> None:
        self.base_url = addresses.check(base_url)
        self.timeouts = timeouts or Timeouts()
        self.retry = retry or Retry()
        self.rate_limits: rate_limits.RateLimits | None = None
        self._key = key
        own_rules = addresses.is_openai(self.base_url) if openai is None else openai
        paid = books is not None and not books.free
        self._caller = Caller(self.base_url, own_rules, strict, retired, bounded=paid)
        self._books = books
        self._on_attempt = on_attempt
        self._headers = dict(headers or {})

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"

    async def complete(self, request: Request) -> Completion:
        """The whole answer. Raises GPTError kinds."""
        call = self._caller.prepare(request, stream=False, ends=self._end())
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
        listed = (await self.fetch("/models")).get("data")
        if not isinstance(listed, list):
            raise errors.ReplyInvalidError("no list of models", code="no_models")
        return tuple(sorted(str(row["id"]) for row in listed if isinstance(row, dict) and "id" in row))

    async def fetch(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object at `path`, for what is no call of a model: GET, or POST of a `body`.

        Nothing of it is booked. Raises GPTError kinds.
        """
        model = str((body or {}).get("model", ""))
        call = Call(self.base_url + path, "chat", model, body or {}, Request(()), self._end())
        document: dict[str, Any] = await self._with_retries(call, self._read_once)
        return document

    def _end(self) -> float:
        return asyncio.get_running_loop().time() + self.timeouts.total

    def _entry(self, call: Call) -> Entry:
        return Entry(self._books, call, self.base_url)

    async def _complete_once(self, call: Call) -> Completion:
        async with self._entry(call) as entry:
            completion = await self._whole(await self._open(entry), entry)
            return structured.checked(completion, call.request.schema)

    async def _read_once(self, call: Call) -> dict[str, Any]:
        response = await self._send(call)
        return wire.parse(await self._read(response, call, LARGEST_REPLY), _request_id(response))

    async def _with_retries(self, call: Call, once: Callable[[Call], Any]) -> Any:
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
        call = self._caller.prepare(request, stream=True, ends=self._end())
        attempt = 0
        done: Done | None = None
        while done is None:
            attempt += 1
            failure: GPTError | None = None
            try:
                # closed here and not by the collector: whoever leaves finds in the books what it cost
                async with (
                    self._entry(call) as entry,
                    contextlib.aclosing(self._stream_once(entry)) as events,
                ):
                    async for event in events:
                        if type(event) is Done:
                            done = event
                        else:
                            yield event
            except GPTError as error:
                failure = error
            if failure is not None:
                call = await self._after(failure, call, attempt)
        yield Done(replace(done.completion, attempts=attempt))

    async def _after(self, failure: GPTError, call: Call, attempt: int) -> Call:
        """The call to make next, once it is time; raises `failure` when there is none to make."""
        failure.attempts = attempt
        changed = self._caller.changed(failure, call)
        wait = 0.0 if changed is not None else self.retry.wait(failure, attempt - call.changes)
        if wait is not None and asyncio.get_running_loop().time() + wait >= call.ends:
            wait = None
        if self._on_attempt is not None:
            self._on_attempt(Attempt(attempt, failure, wait))
        if wait is None:
            self._advise(failure, call)
            raise failure from None
        await asyncio.sleep(wait)
        return changed or call

    def _advise(self, failure: GPTError, call: Call) -> None:
        if isinstance(failure, errors.ModelNotFoundError):
            successor = catalogue.load_catalogue().successor_of(call.model, today())
            failure.values.update(model=call.model, successor=successor or "")

    async def _open(self, entry: Entry) -> aiohttp.ClientResponse:
        """Send the call as its entry has it, and note the request's id. Raises what a refusal says."""
        response = await self._send(entry.call)
        entry.request_id = _request_id(response)
        return response

    async def _send(self, call: Call) -> aiohttp.ClientResponse:
        response = await transport.send(
            "POST" if call.data else "GET",
            call.url,
            data=call.data or None,
            headers=self._head(call),
            timeouts=self.timeouts,
            ends=call.ends,
        )
        self.rate_limits = rate_limits.read(response.headers) or self.rate_limits
        if 200 <= response.status < 300:
            return response
        failure = await self._refusal(response, call)
        del response  # its repr shows headers, a server may echo the key in one, and tracebacks show locals
        raise failure

    async def _refusal(self, response: aiohttp.ClientResponse, call: Call) -> GPTError:
        body = await self._read(response, call, LARGEST_ERROR, whole=False)
        return failures.from_response(response.status, response.headers, body, model=call.model)

    def _head(self, call: Call) -> dict[str, str]:
        head = {**self._headers, "Content-Type": "application/json"}
        if call.key:
            head["Idempotency-Key"] = call.key
        if self._key is not None:
            head["Authorization"] = self._key.bearer()
        return head

    async def _read(
        self, response: aiohttp.ClientResponse, call: Call, most: int, *, whole: bool = True
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

    async def _whole(self, response: aiohttp.ClientResponse, entry: Entry) -> Completion:
        wire_format = entry.call.wire_format
        entry.bill = wire.parse(await self._read(response, entry.call, LARGEST_REPLY), entry.request_id)
        completion: Completion = wire_format.read(entry.bill, request_id=entry.request_id)
        entry.written, entry.finish = completion.written, completion.finish
        return completion

    async def _stream_once(self, entry: Entry) -> AsyncGenerator[StreamEvent, None]:
        call, response = entry.call, await self._open(entry)
        if response.content_type == "application/json":
            # some servers answer whole whatever was asked for
            completion = await self._whole(response, entry)
            yield TextDelta(completion.text)
            yield Done(structured.checked(completion, call.request.schema))
            return
        assembler = call.wire_format.Assembler(entry.request_id)
        decoder = SSEDecoder()
        watch = Watch(response.content, self.timeouts, call.ends)
        failure: GPTError | None = None
        try:
            yield Begun(entry.request_id)
            if response.content_type not in ("text/event-stream", "application/octet-stream", "text/plain"):
                raise errors.ReplyInvalidError(
                    response.content_type, code="not_a_stream", request_id=entry.request_id
                )
            while not assembler.ended and (chunk := await watch.read()):
                for event in decoder.feed(chunk):
                    if (piece := assembler.feed(event)) is not None:
                        yield piece
            completion = assembler.completion()
            entry.finish = completion.finish
            completion = structured.checked(completion, call.request.schema)
            await _last_bytes(response.content)
        except (GPTError, aiohttp.ClientError, OSError) as problem:
            failure = transport.translate(problem, call.url, self.timeouts)
            failure.text = assembler.text
            failure.request_id = failure.request_id or entry.request_id
        finally:
            watch.stop()
            transport.let_go(response)
            entry.bill, entry.written = assembler.bill, assembler.written
        if failure is not None:
            raise failure
        yield Done(completion)


def _request_id(response: aiohttp.ClientResponse) -> str | None:
    return wire.text_or_none(response.headers.get("x-request-id"))


async def _last_bytes(content: aiohttp.StreamReader) -> None:
    """Read the end mark that follows the last event, so that the connection can serve again.

    The answer is whole already: without that mark only the connection is lost.
    """
    if content.at_eof():
        return
    with contextlib.suppress(asyncio.TimeoutError, aiohttp.ClientError, OSError):
        async with transport.timeout_at(asyncio.get_running_loop().time() + 0.05):
            await content.readany()
