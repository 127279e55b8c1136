"""Recording: each request goes on to a real server, and what that answers comes back and is kept.

The key is the owner's own for that address. What a client sends as its key goes no further: it was
given to this machine, and an address gets no key but its own (security.md F2.5). Redirects are not
followed. What the client receives has the headers that a replay will have. An answer that its client
leaves in the middle is ended upstream and not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import web

from livetechno import words
from livetechno.gpt import addresses, keys, transport
from livetechno.gpt.errors import AddressRefusedError, GPTError, MissingKeyError, UsageError
from livetechno.gpt.secret import Secret
from livetechno.gpt.threads import in_thread
from livetechno.gpt.transport import Timeouts, Watch
from livetechno.mock import cleaning, recordings
from livetechno.mock.recordings import Ended, Recording
from livetechno.mock.wire import WireError

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer that are kept; a longer one is passed on and not recorded."""
PARTING = 0.2
"""Seconds in which the rest of an answer may come when its client has left."""
TIMEOUTS = Timeouts()
METHODS = ("DELETE", "GET", "POST")
PASSED_ON = ("accept", "content-type", "idempotency-key", "openai-beta")
"""The headers of a request that the server receives, beside the key."""

_log = logging.getLogger(__name__)


class Recorder:
    """Records into `folder` what the server at `upstream` answers.

    Raises AddressRefusedError for an address that may not be used.
    """

    def __init__(self, folder: Path, upstream: str, key: Secret | None = None) -> None:
        self.folder = folder
        self.upstream = addresses.check(upstream)
        self.key = key
        self.recorded = 0
        self._number = 0
        self._saving: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Find the key and make the folder, before any request comes.

        Raises UsageError for a folder that cannot be made, MissingKeyError without a key of OpenAI's,
        and what else `keys.find` raises.
        """
        if self.key is None and (found := await in_thread(keys.find, self.upstream)) is not None:
            self.key = found.secret
        if self.key is None and addresses.is_openai(self.upstream):
            raise MissingKeyError(code="key_missing", url=self.upstream)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._number = recordings.numbered(self.folder)
        except OSError as error:
            told = words.say("mock.record.folder", path=self.folder, reason=error.strerror or error)
            raise UsageError(told, code="mock_options") from None

    def check_port(self, port: int) -> None:
        """Raises UsageError when `upstream` is the very server that listens on `port` of 127.0.0.1."""
        parts = urlsplit(self.upstream)
        if parts.port == port and parts.hostname in ("127.0.0.1", "localhost"):
            raise UsageError(words.say("mock.record.itself", url=self.upstream), code="mock_options")

    async def forward(self, request: web.Request, raw: bytes) -> tuple[web.StreamResponse, Ended]:
        """Pass the request on and its answer back, all but its end, and keep both.

        Raises WireError when no answer came.
        """
        self._number += 1
        number = self._number
        ends = asyncio.get_running_loop().time() + TIMEOUTS.total
        exchange = _Exchange(await self._ask(request, raw, ends), ends)
        try:
            response = await exchange.pass_on(request)
        except (asyncio.CancelledError, ConnectionResetError):
            # Clients may leave at the last event without waiting for the end: then nothing is missing.
            if await exchange.comes_to_its_end():
                await self._keep(number, request, raw, exchange)
            raise
        finally:
            exchange.close()
        await self._keep(number, request, raw, exchange)
        return response, exchange.ended

    async def finish(self) -> None:
        """Wait until all that came is on disk."""
        await asyncio.gather(*self._saving)

    async def _ask(self, request: web.Request, raw: bytes, ends: float) -> aiohttp.ClientResponse:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        if self.key is not None:
            headers["Authorization"] = self.key.bearer()
        try:
            return await transport.send(
                request.method,
                self._url(request),
                data=raw or None,
                headers=headers,
                timeouts=TIMEOUTS,
                ends=ends,
            )
        except GPTError as error:
            problem = error.what("en")
        raise WireError(problem, status=502, kind="server_error", code="no_answer_upstream")

    def _url(self, request: web.Request) -> str:
        """Where the request goes: below `upstream`, and nowhere else. Raises WireError."""
        path, question, query = request.path_qs.partition("?")
        # `check` knows dot segments between slashes; a server may take an encoded slash for one, too.
        climbs = {".", ".."} & set(re.split(r"[/\\]", unquote(path)))
        if request.method in METHODS and path.startswith("/v1/") and not climbs:
            with contextlib.suppress(AddressRefusedError):
                return addresses.check(self.upstream + path.removeprefix("/v1")) + question + query
        raise WireError(f"Invalid URL ({request.method} {path:.200})", status=404)

    async def _keep(self, number: int, request: web.Request, raw: bytes, exchange: _Exchange) -> None:
        if exchange.blocks is None:
            _log.warning(words.say("mock.record.huge", path=request.path, most=LARGEST_ANSWER // 2**20))
            return
        saving = asyncio.ensure_future(self._save(number, request, raw, exchange))
        self._saving.add(saving)
        saving.add_done_callback(self._saving.discard)
        # A client that leaves now ends this request, and not what is being written.
        await asyncio.shield(saving)

    async def _save(self, number: int, request: web.Request, raw: bytes, exchange: _Exchange) -> None:
        try:
            await in_thread(self._write, number, request.method, request.path_qs, raw, exchange)
        except OSError as error:
            _log.warning(words.say("mock.record.folder", path=self.folder, reason=error.strerror or error))
        else:
            self.recorded += 1

    def _write(self, number: int, method: str, path: str, raw: bytes, exchange: _Exchange) -> None:
        body = b"".join(exchange.blocks or ())
        recording = Recording(
            recordings.wish_of(method, path, raw),
            exchange.status,
            exchange.headers,
            tuple(recordings.events(body)) if exchange.stream else (body,),
            exchange.stream,
            exchange.ended,
        )
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        recordings.save(self.folder, number, recording, recorded=now, upstream=self.upstream)


class _Exchange:
    """An answer on its way through: what has come of it is in `blocks`, None once that is too much."""

    def __init__(self, answer: aiohttp.ClientResponse, ends: float) -> None:
        self.status = answer.status
        self.headers = cleaning.headers(answer.headers)
        self.stream = answer.content_type == "text/event-stream"
        self.ended: Ended = "whole"
        self.blocks: list[bytes] | None = []
        self._size = 0
        self._answer = answer
        self._watch = Watch(answer.content, TIMEOUTS, ends)

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """Send the answer on as it comes. Raises ConnectionResetError when the client has left."""
        response = web.StreamResponse(status=self.status, headers=self.headers)
        # No length is told: a client would be content, and gone, before its answer is on disk.
        await response.prepare(request)
        while block := await self._next():
            await response.write(block)
        return response

    async def comes_to_its_end(self) -> bool:
        """Whether the rest of the answer comes now, without anybody to send it to."""
        try:
            async with transport.timeout_at(asyncio.get_running_loop().time() + PARTING):
                while await self._next():
                    pass
        except asyncio.TimeoutError:
            return False
        return self.ended == "whole"

    def close(self) -> None:
        """Let the connection go, or end the answer that is still coming."""
        self._watch.stop()
        transport.let_go(self._answer)

    async def _next(self) -> bytes:
        """The bytes that come next; none at the end, which `ended` tells."""
        try:
            block = await self._watch.read()
        except (GPTError, aiohttp.ClientError, OSError):
            self.ended = "cut"
            return b""
        self._size += len(block)
        if self._size > LARGEST_ANSWER:
            self.blocks = None
        elif self.blocks is not None:
            self.blocks.append(block)
        return block
