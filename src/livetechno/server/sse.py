"""Server-sent events, as a page and any client read them (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from livetechno.gpt.errors import GPTError
from livetechno.gpt.transport import timeout_at
from livetechno.server import errors, guard
from livetechno.store.errors import StoreError

_log = logging.getLogger("livetechno.server")

PADDING = b":" + b" " * 2048 + b"\n\n"
"""Before anything else: some WebViews and proxies show nothing of a stream before two kilobytes."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nobody takes the connection for dead."""

STALLED = 60.0
"""Seconds for which a client may take nothing of what is sent; then it counts as one that has left."""


class EventStream:
    """An answer that is sent event by event."""

    def __init__(self, response: web.StreamResponse, request: web.Request) -> None:
        self.response = response
        self._request = request
        self._writing = asyncio.Lock()

    async def send(self, event: str, data: Any, number: int | None = None) -> None:
        """Send an event. Raises ConnectionError when the client has left."""
        head = f"id: {number}\n" if number is not None else ""
        text = json.dumps(data)  # ASCII: no line breaks but ours, and no half characters
        await self.write(f"{head}event: {event}\ndata: {text}\n\n".encode())

    async def write(self, raw: bytes) -> None:
        """Send bytes as they are. Raises ConnectionError when the client has left, or reads nothing."""
        async with self._writing:
            try:
                async with timeout_at(asyncio.get_running_loop().time() + STALLED):
                    await self.response.write(raw)
            except asyncio.TimeoutError:
                hang_up(self._request)
                raise ConnectionResetError from None


def takes_nothing(request: web.Request) -> bool:
    """Whether more waits for the client than a connection holds ready."""
    transport = request.transport
    return transport is not None and (
        transport.get_write_buffer_size() > transport.get_write_buffer_limits()[1]
    )


def hang_up(request: web.Request) -> None:
    """Close the connection with what was not taken: to wait for the client would be for ever."""
    if request.transport is not None:
        request.transport.abort()


@asynccontextmanager
async def event_stream(request: web.Request) -> AsyncIterator[EventStream]:
    """Open the answer to a request as a stream; it ends when the block does.

    Leaving, the client cancels the handler. Headers are sent at once, with padding; so an error of the
    block can have no status any more, and is told as the last event, `error`.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    guard.finish(response, request)
    await response.prepare(request)
    stream = EventStream(response, request)
    await stream.write(PADDING)
    beating = asyncio.create_task(_beat(stream))
    try:
        yield stream
    except ConnectionError:
        return  # the client has left
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the stream must end as one
        if not isinstance(error, GPTError | StoreError | errors.ApiError):
            _log.exception("request %s failed", request[guard.REQUEST_ID])
        told = errors.document(errors.typed(error), request[guard.REQUEST_ID], guard.language(request))
        with suppress(ConnectionError):
            await stream.send("error", told)
    finally:
        beating.cancel()
    with suppress(ConnectionError):
        await response.write_eof()


async def _beat(stream: EventStream) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        try:
            await stream.write(b":\n\n")
        except ConnectionError:
            return
