"""Mock AI's server: it listens on 127.0.0.1 and answers as `service`, or a recording, says, with faults.

As a recorder it passes requests on instead (`recorder.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import struct
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from livetechno import words
from livetechno.gpt import encoding
from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.errors import UsageError
from livetechno.gpt.secret import Secret
from livetechno.gpt.threads import in_thread
from livetechno.mock import cleaning, rate, wire
from livetechno.mock.faults import FaultSource, Strike, UnknownFaultError
from livetechno.mock.recorder import Recorder
from livetechno.mock.replay import Replay
from livetechno.mock.reply import Reply
from livetechno.mock.service import Service
from livetechno.mock.spoil import Ending, ending_of, spoil_stream, spoil_whole
from livetechno.mock.wire import WireError

LARGEST_BODY = 25 * 1024 * 1024
"""Bytes of a request; above it is 413."""
REMEMBERED = 1000
"""How many received requests are kept."""
SECRET_HEADERS = ("Authorization", "Proxy-Authorization", "api-key", "x-api-key", "Cookie")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came. A key shows its last four characters at most; `body` is None when no JSON."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By name, in capitals or not."""
    body: Any


class MockServer:
    """A server in OpenAI's wire format on this machine.

    `port` 0 takes a free one. `pace` is the seconds between the pieces of a stream. `faults` gives a
    rate from 0 to 1 to names of `faults.FAULTS`; `script` gives one fault, or None, to each request
    in order.

    `record` is a folder that keeps what the server at `upstream` answers, asked with the owner's `key`
    (default: as `gpt.keys` finds it); such a server only listens and passes on, so it plays no faults.
    `replay` is such a folder to answer from.
    Raises UnknownFaultError or ValueError for bad ones, UsageError for what does not go together.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int = 0,
        pace: float = 0.0,
        faults: Mapping[str, float] | None = None,
        script: Sequence[str | None] = (),
        record: Path | str | None = None,
        upstream: str | None = None,
        key: Secret | None = None,
        replay: Path | str | None = None,
    ) -> None:
        if record is not None and replay is not None:
            raise _refused("mock.options.both")
        if (record is None) != (upstream is None):
            raise _refused("mock.options.upstream")
        if record is not None and (pace or faults or script):
            raise _refused("mock.options.faults")
        self.recorder: Recorder | None = None
        if record is not None and upstream is not None:
            self.recorder = Recorder(Path(record), upstream, key)
        self.replay: Replay | None = None
        self._replayed = None if replay is None else Path(replay)
        self.requests: deque[ReceivedRequest] = deque(maxlen=REMEMBERED)
        self.open_streams = 0
        self._port = port
        self._pace = pace
        self._seed = seed
        self._number = 0
        self._faults = FaultSource(faults or {}, script, seed)
        self._service = Service(seed)
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> str:
        """Listen, and give the base URL.

        Raises OSError for a taken port, UsageError for a broken table or broken recordings, and what
        `Recorder.prepare` and `check_port` raise.
        """
        load_catalogue()
        if self._replayed is not None:
            self.replay = await in_thread(Replay, self._replayed)
        if self.recorder is not None:
            await self.recorder.prepare()
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._answered)
        # Without handler_cancellation a stream would be written on for a client that has left.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.25)
        await runner.setup()
        self._runner = runner
        try:
            port = await self._listen(runner)
            if self.recorder is not None:
                self.recorder.check_port(port)
        except BaseException:
            await self._close()
            raise
        return f"http://127.0.0.1:{port}/v1"

    async def _listen(self, runner: web.AppRunner) -> int:
        # nothing is awaited between a socket's birth and its place here, so no cancelling leaves one open
        assert runner.server is not None
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(runner.server, "127.0.0.1", self._port, start_serving=False)
        await self._listener.start_serving()
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Stop listening, and end every stream at once."""
        self._stopping.set()
        await self._close()
        if self.recorder is not None:
            await self.recorder.finish()

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        runner, self._runner = self._runner, None
        if listener is not None:
            listener.close()
        if runner is not None:
            await runner.cleanup()

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        """Serve; a connection that ends first, by a fault or by its client, is told in a line."""
        try:
            return await self._serve(request)
        except ConnectionError as error:
            _log.info("%s %s: %s", request.method, request.path, error)
        if request.transport is not None:
            request.transport.close()
        return web.Response()  # to nobody

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        self._number += 1
        number = self._number
        try:
            raw = await self._receive(request)
            strike = self._choose(request)
            if strike is not None and strike.fault.stage == "before":
                await self._before(request, strike)
            if strike is not None and strike.fault.stage == "instead":
                return self._refuse(strike, asked_model(request, raw), number, began)
            if self.recorder is not None:
                response, ended = await self.recorder.forward(request, raw)
                await self._end(request, response, "cut" if ended == "cut" else "finish")
                return response
            reply = await self._answer_beside(request, raw, strike)
        except WireError as error:
            head = rate.headers(self._seed, number, time.monotonic() - began, 0)
            return web.json_response(body=wire.dump(error.body()), status=error.status, headers=head)
        own = rate.headers(self._seed, number, time.monotonic() - began, reply.tokens)
        if reply.frames is not None:
            return await self._stream(request, reply, strike, own)
        return await self._whole(request, reply, strike, own)

    async def _receive(self, request: web.Request) -> bytes:
        """Read and remember the request; refuse one that a web page could have sent here by a trick."""
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            self.requests.append(ReceivedRequest(request.method, request.path, masked(request), None))
            raise WireError(f"Maximum content size limit ({LARGEST_BODY}) exceeded.", status=413) from None
        self.requests.append(ReceivedRequest(request.method, request.path, masked(request), wire.parsed(raw)))
        origin = request.headers.get("Origin")
        foreign = origin is not None and not is_local(urlsplit(origin).netloc)
        if foreign or not is_local(request.host) or request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise WireError("Mock AI answers programs on this machine only.", status=403, code="not_local")
        if self.recorder is not None and "X-Mock-Fault" in request.headers:
            raise WireError("Faults are played in a replay, not while recording.", param="X-Mock-Fault")
        if self.recorder is not None or self.replay is not None:
            cleaning.remember(request.headers.get(name, "") for name in SECRET_HEADERS)
        if request.method == "POST" and request.content_type != "application/json":
            kind = request.headers.get("Content-Type", "")
            # the words of the real one: github.com/openai/openai-openapi/issues/502
            raise WireError(
                f"Unsupported content type: '{kind:.100}'. This API method only accepts 'application/json' "
                f"requests, but you specified the header 'Content-Type: {kind:.100}'. Please try again with "
                "a supported content type.",
                code="unsupported_content_type",
            )
        return raw

    def _choose(self, request: web.Request) -> Strike | None:
        try:
            return self._faults.choose(request.headers.get("X-Mock-Fault"))
        except UnknownFaultError as error:
            raise WireError(f"X-Mock-Fault: {error}", param="X-Mock-Fault", code="unknown_fault") from None

    async def _answer_beside(self, request: web.Request, raw: bytes, strike: Strike | None) -> Reply:
        """The reply, worked out in a thread when its tokens take long to count."""
        if len(raw) <= encoding.AT_ONCE and encoding.is_loaded():
            return self._answer(request, raw, strike)
        return await in_thread(self._answer, request, raw, strike)

    def _answer(self, request: web.Request, raw: bytes, strike: Strike | None) -> Reply:
        try:
            if self.replay is not None and (strike is None or strike.fault.stage != "content"):
                return self.replay.answer(request.method, request.path_qs, raw)
            return self._service.handle(request.method, request.path, raw, strike)
        except WireError:
            raise
        except Exception as error:  # noqa: BLE001 - the last net of a server
            _log.exception("Mock AI failed")
            what = (
                f"Mock AI failed: {type(error).__name__}. This is a defect, or its table of models is broken."
            )
            raise WireError(what, status=500, kind="server_error", code="mock_failed") from None

    async def _before(self, request: web.Request, strike: Strike) -> None:
        """What happens to the connection before any answer."""
        match strike.fault.name:
            case "slow_first_byte":
                await self._pause(strike.lasting)
            case "no_answer":
                await self._stopping.wait()
                drop(request)
            case "connection_reset":
                drop(request, reset=True)
            case "connection_closed":
                drop(request)

    def _refuse(self, strike: Strike, model: str, number: int, began: float) -> web.Response:
        fault = strike.fault
        head = rate.headers(self._seed, number, time.monotonic() - began, 0)
        body = wire.dump({"error": fault.error(model)}) if fault.body is None else fault.body
        head |= {"content-type": "application/json", **strike.headers()}
        return web.Response(body=body, status=fault.status, headers=head)

    async def _whole(
        self, request: web.Request, reply: Reply, strike: Strike | None, own: dict[str, str]
    ) -> web.StreamResponse:
        head = own | {"content-type": "application/json"} if reply.headers is None else reply.headers
        spoiled = spoil_whole(reply.body, strike)
        ending = _ending(reply, spoiled.ending)
        if ending == "finish":
            return web.Response(body=b"".join(spoiled.blocks), status=reply.status, headers=head)
        response = web.StreamResponse(status=reply.status, headers=head)
        response.content_length = spoiled.declared if spoiled.ending != "finish" else None
        await response.prepare(request)
        for block in spoiled.blocks:
            await response.write(block)
        await self._end(request, response, ending)
        return response

    async def _stream(
        self, request: web.Request, reply: Reply, strike: Strike | None, own: dict[str, str]
    ) -> web.StreamResponse:
        assert reply.frames is not None
        own |= {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        head = own if reply.headers is None else reply.headers
        response = web.StreamResponse(status=reply.status, headers=head)
        self.open_streams += 1
        try:
            await response.prepare(request)
            for block in spoil_stream(reply.frames, strike, reply.error_frame):
                if self._pace:
                    await self._pause(self._pace)
                if self._stopping.is_set():
                    drop(request)
                await response.write(block)
            await self._end(request, response, _ending(reply, ending_of(strike)))
        finally:
            self.open_streams -= 1
        return response

    async def _end(self, request: web.Request, response: web.StreamResponse, ending: Ending) -> None:
        match ending:
            case "finish":
                await response.write_eof()
            case "cut":
                drop(request)
            case "hold":
                await self._stopping.wait()
                drop(request)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past the server's stop. The handler is cancelled when the client leaves."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def drop(request: web.Request, *, reset: bool = False) -> None:
    """End the connection where it is; `reset` with RST instead of FIN. Raises ConnectionResetError."""
    transport = request.transport
    if transport is not None:
        if reset:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            # close() sends what was written before it ends, where abort() might not.
            transport.close()
    raise ConnectionResetError("dropped by a fault")


def _ending(reply: Reply, spoiled: Ending) -> Ending:
    """How an answer ends: as its fault says, else as it ended when it was recorded."""
    return "cut" if spoiled == "finish" and reply.cut else spoiled


def _refused(key: str) -> UsageError:
    return UsageError(words.say(key), code="mock_options")


def asked_model(request: web.Request, raw: bytes) -> str:
    """The model that a request names, in its body or at the end of its path."""
    body = wire.parsed(raw)
    named = body.get("model") if body else request.path.partition("/v1/models/")[2]
    return named[:100] if named and isinstance(named, str) else "asked-for"


def masked(request: web.Request) -> Mapping[str, str]:
    """The headers, with at most the last four characters of what is secret."""
    headers = CIMultiDict(request.headers)
    for name in SECRET_HEADERS:
        if name in headers:
            scheme, _, secret = headers[name].rpartition(" ")
            shown = f"…{secret[-4:]}" if len(secret) >= 16 else "…"
            headers[name] = f"{scheme} {shown}".strip() if scheme.isalpha() else shown
    return CIMultiDictProxy(headers)


def is_local(host: str) -> bool:
    """Whether a Host or an Origin names this machine."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
