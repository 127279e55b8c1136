"""A call from its first byte to its last: judged, reserved, sent on, passed back, settled.

What goes on to the server that is asked is the body as `fields` let it through, with the owner's key; of the
headers of the request nothing but an Idempotency-Key, which is made the caller's own. What comes back is
passed as bytes; of its headers nothing but the kind of content. A client that leaves ends the call upstream.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import aiohttp
from aiohttp import web

from livetechno.environment import EnvironmentValueError
from livetechno.gpt import errors as gpt
from livetechno.gpt import failures, transport, wire
from livetechno.gpt.accounting import STOPPED, cost_nothing
from livetechno.gpt.catalogue import Endpoint
from livetechno.gpt.client import LARGEST_ERROR, LARGEST_REPLY
from livetechno.gpt.errors import GPTError
from livetechno.gpt.transport import Timeouts, Watch, timeout_at
from livetechno.server import bodies, errors, guard
from livetechno.server.callers import CALLER, Policy
from livetechno.server.errors import ApiError
from livetechno.server.gateway import fields
from livetechno.server.gateway.booking import Booking, plain
from livetechno.server.gateway.fields import Asked
from livetechno.server.gateway.passing import Passage
from livetechno.server.gateway.upstream import Upstream, Upstreams
from livetechno.server.routes import STORE, TEXT, YES_NO, Route, Schema
from livetechno.server.sse import hang_up, takes_nothing
from livetechno.settings import SettingsError
from livetechno.store.errors import StoreError

UPSTREAMS: web.AppKey[Upstreams] = web.AppKey("livetechno.upstreams", Upstreams)
TIMEOUTS = Timeouts()
PATHS: dict[Endpoint, str] = {"chat": "/chat/completions", "responses": "/responses"}
_STREAM = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
_log = logging.getLogger("livetechno.server")


def set_up(application: web.Application) -> None:
    """Give the application what it knows of the server that is asked."""
    application[UPSTREAMS] = Upstreams()


async def _chat(request: web.Request) -> web.StreamResponse:
    return await _Call(request, "chat").answer()


async def _responses(request: web.Request) -> web.StreamResponse:
    return await _Call(request, "responses").answer()


async def _models(request: web.Request) -> web.StreamResponse:
    names = (await _upstream(request)).models(_policy(request))
    return web.json_response({"object": "list", "data": [_described(name) for name in names]})


async def _model(request: web.Request) -> web.StreamResponse:
    name, policy = request.match_info["id"], _policy(request)
    upstream = await _upstream(request)
    known = upstream.model(name, policy)
    if known.model is None and name not in upstream.models(policy):
        raise ApiError("model_refused", 404, name=name, allowed=", ".join(upstream.models(policy)))
    return web.json_response(_described(name))


def _described(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "livetechno"}


def _policy(request: web.Request) -> Policy:
    policy = request[CALLER].policy
    assert policy is not None
    return policy


async def _upstream(request: web.Request) -> Upstream:
    try:
        return await request.app[UPSTREAMS].now()
    except (GPTError, SettingsError, EnvironmentValueError, StoreError) as error:
        problem = error
    raise _not_ready(problem, 503, request)


def _not_ready(problem: Exception, status: int, request: web.Request) -> ApiError:
    """The owner's matter, which is told to the owner only."""
    request_id = request[guard.REQUEST_ID]
    _log.warning("request %s: %s", request_id, errors.told(errors.typed(problem), request_id)["message"])
    return ApiError("not_ready", status)


class _Call:
    """One call of a client."""

    __slots__ = ("_asked", "_began", "_booking", "_endpoint", "_ends", "_policy", "_request", "_url")

    def __init__(self, request: web.Request, endpoint: Endpoint) -> None:
        self._request = request
        self._endpoint = endpoint
        self._policy = _policy(request)
        self._began = asyncio.get_running_loop().time()
        self._ends = self._began + self._policy.seconds
        self._asked: Asked
        self._booking: Booking
        self._url = ""

    async def answer(self) -> web.StreamResponse:
        """The answer, whole or streamed. Raises what it fails with before anything of it was sent."""
        try:
            answer = await self._send(await self._begin())
            whole = None if _is_stream(answer) else await self._whole(answer)
        except (GPTError, asyncio.TimeoutError) as problem:
            failure = self._told(problem)
        else:
            if whole is None:
                return await self._pass(answer, Passage(self._endpoint, usage=self._asked.usage))
            return web.Response(body=whole, content_type="application/json")
        raise failure  # out here, so that nothing of what happened is chained to it

    async def _begin(self) -> Upstream:
        """Judge what is asked for, and put it in the books."""
        request, policy = self._request, self._policy
        if request.content.is_eof():
            raw = await bodies.read(request, policy.most_body)
        else:
            async with timeout_at(self._ends):
                raw = await bodies.read(request, policy.most_body)
        self._asked = asked = fields.read(raw, self._endpoint, policy)
        upstream = await _upstream(request)
        self._booking = Booking(request[STORE].leases, upstream, upstream.model(asked.model, policy), asked)
        try:
            await self._booking.reserve(policy)
        except StoreError as error:
            problem = error
        else:
            return upstream
        raise _not_ready(problem, 503, request)

    async def _send(self, upstream: Upstream) -> aiohttp.ClientResponse:
        """The head of the answer to what is in the books."""
        self._url = upstream.base_url + PATHS[self._endpoint]
        headers = {"Content-Type": "application/json"}
        if (key := self._request.headers.get("Idempotency-Key")) is not None:
            # another caller's answer must not come back for the same word
            headers["Idempotency-Key"] = f"{self._request[CALLER].owner}-{key}"
        if upstream.key is not None:
            headers["Authorization"] = upstream.key.bearer()
        try:
            data = self._asked.finished(self._booking.model, self._booking.tokens, openai=upstream.openai)
            answer = await self._sent(data, headers)
            if answer.status != 200:
                raise await self._refused(answer)
        except BaseException as error:
            self._close(error)
            raise
        return answer

    async def _sent(self, data: bytes, headers: dict[str, str]) -> aiohttp.ClientResponse:
        """Tried once more where there was no connection: nothing was sent then."""
        for again in (True, False):
            try:
                return await transport.send(
                    "POST", self._url, data=data, headers=headers, timeouts=TIMEOUTS, ends=self._ends
                )
            except gpt.ConnectionFailedError as error:
                if not again or error.code != "connection_failed":
                    raise
        raise AssertionError

    async def _refused(self, answer: aiohttp.ClientResponse) -> GPTError:
        """What the server refused, as one of our errors."""
        try:
            async with timeout_at(self._ends):
                body = await answer.content.read(LARGEST_ERROR)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
            body = b""
        finally:
            transport.let_go(answer)
        return failures.from_response(answer.status, answer.headers, body)

    async def _whole(self, answer: aiohttp.ClientResponse) -> bytes:
        """An answer that came whole, settled."""
        try:
            raw, told = await self._read(answer)
        except BaseException as error:
            self._close(error)
            raise
        self._booking.settle(told, request_id=self._id, finish=_finish(told), seconds=self._seconds())
        return raw

    async def _read(self, answer: aiohttp.ClientResponse) -> tuple[bytes, dict[str, Any]]:
        try:
            # most answers are there with their head
            raw = answer.content.read_nowait() if answer.content.is_eof() else await self._rest(answer)
        except (aiohttp.ClientError, OSError) as problem:
            failure = transport.translate(problem, self._url, TIMEOUTS)
        else:
            told = wire.parse(raw)
            if told.get("error"):
                raise failures.from_event(wire.details(told, "error"))
            return raw, told
        finally:
            transport.let_go(answer)
        raise failure

    async def _rest(self, answer: aiohttp.ClientResponse) -> bytes:
        watch = Watch(answer.content, TIMEOUTS, self._ends)
        raw = bytearray()
        try:
            while block := await watch.read():
                raw += block
                if len(raw) > LARGEST_REPLY:
                    raise gpt.ReplyInvalidError("too large", code="reply_too_large")
        finally:
            watch.stop()
        return bytes(raw)

    async def _pass(self, answer: aiohttp.ClientResponse, passage: Passage) -> web.StreamResponse:
        """A stream, passed on as it comes and settled at its end, whichever that is."""
        response = web.StreamResponse(headers=_STREAM)
        guard.finish(response, self._request)
        watch = Watch(answer.content, TIMEOUTS, self._ends)
        finish = STOPPED
        try:
            async with timeout_at(self._ends):
                await response.prepare(self._request)
                ended = False
                while not ended and passage.problem is None:
                    block = await watch.read()
                    ended = answer.content.at_eof()
                    block = passage.feed(block) + (passage.end() if ended else b"")
                    if ended and passage.problem is None:
                        await response.write_eof(block)  # the last bytes and the end of them in one packet
                    elif block:
                        await response.write(block)
            finish = passage.finish
        except ConnectionResetError:
            return response  # the client has left
        except (aiohttp.ClientError, OSError, GPTError, asyncio.TimeoutError) as problem:
            passage.problem = self._problem(problem)
        finally:
            watch.stop()
            transport.let_go(answer)
            if passage.problem is not None:
                finish = _ending(passage.problem)
            self._booking.settle(
                passage.bill,
                request_id=self._id,
                finish=finish,
                written=passage.written(),
                seconds=self._seconds(),
            )
        if isinstance(passage.problem, gpt.TotalTimeoutError) and takes_nothing(self._request):
            hang_up(self._request)
        elif passage.problem is not None:
            await self._tell(response, passage.problem)
        return response

    async def _tell(self, response: web.StreamResponse, problem: GPTError) -> None:
        """What ended a stream, as SDKs read it there."""
        told = errors.openai_document(self._told(problem), self._id, guard.language(self._request))
        with contextlib.suppress(ConnectionResetError):
            await response.write(f"event: error\ndata: {json.dumps(told)}\n\n".encode())

    def _close(self, error: BaseException) -> None:
        """Put down a call that failed before anything of its answer was passed on."""
        if cost_nothing(error) or isinstance(error, ApiError):
            self._booking.release()
        else:
            finish = _ending(error) if isinstance(error, Exception) else STOPPED
            self._booking.settle({}, request_id=self._id, finish=finish, seconds=self._seconds())

    def _problem(self, problem: BaseException) -> GPTError:
        """The same as one of our errors."""
        if type(problem) is asyncio.TimeoutError or isinstance(problem, gpt.TotalTimeoutError):
            return gpt.TotalTimeoutError(code="total_timeout", seconds=self._policy.seconds)
        return transport.translate(problem, self._url, TIMEOUTS)

    def _told(self, problem: BaseException) -> Exception:
        """The error as the caller may be told of it: nothing of the server that was asked, or its owner."""
        error = self._problem(problem)
        match error:
            case gpt.KeyProblem() | gpt.ConnectionFailedError() | gpt.ConfigurationError():
                return _not_ready(error, 502, self._request)
            case gpt.ModelNotFoundError():
                return ApiError("model_refused", 404, name=self._asked.model, allowed="GET /v1/models")
            case gpt.ServerRefusedError(status=404 | 405 | 501) if self._endpoint == "responses":
                return ApiError("no_responses", 404)
            case gpt.BadRequestError() if error.parameter in self._asked.document:
                error.values["parameter"] = error.parameter
        return error

    def _seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    @property
    def _id(self) -> str:
        return self._request[guard.REQUEST_ID]


def _ending(error: Exception) -> str:
    """How a call ended that failed, in a word."""
    return (error.code if isinstance(error, GPTError) else None) or type(error).__name__


def _is_stream(answer: aiohttp.ClientResponse) -> bool:
    # some servers answer whole whatever was asked for
    return answer.content_type == "text/event-stream"


def _finish(told: dict[str, Any]) -> str:
    """Why a whole answer ended."""
    reason: Any = None
    for choice in wire.items(told.get("choices"))[:1]:
        reason = choice.get("finish_reason") if isinstance(choice, dict) else None
    if reason is None:
        reason = "length" if told.get("status") == "incomplete" else "stop"
    return plain(reason, "stop") or ""


_BODY: Schema = {"type": "object", "properties": {"model": TEXT, "stream": YES_NO}}
ROUTES = (
    Route(
        "POST",
        "/v1/chat/completions",
        _chat,
        "access",
        "OpenAI's Chat Completions, for who has an access key.",
        body={**_BODY, "required": ["model", "messages"]},
        answer={"type": "object"},
        events={"message": {"type": "object"}},
        raw=True,
    ),
    Route(
        "POST",
        "/v1/responses",
        _responses,
        "access",
        "OpenAI's Responses, for who has an access key.",
        body={**_BODY, "required": ["model", "input"]},
        answer={"type": "object"},
        events={"message": {"type": "object"}},
        raw=True,
    ),
    Route(
        "GET",
        "/v1/models",
        _models,
        "access",
        "The models that this access key may name.",
        answer={"type": "object", "required": ["object", "data"]},
    ),
    Route(
        "GET",
        "/v1/models/{id}",
        _model,
        "access",
        "One of them.",
        answer={"type": "object", "required": ["id", "object"]},
    ),
)
