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
from livetechno.server import errors, guard
from livetechno.store.errors import StoreError

_log = logging.getLogger("livetechno.server")

PADDING = b":" + b" " * 2048 + b"\n\n"
"""Before anything else: some WebViews and proxies show nothing of a stream before two kilobytes."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nobody takes the connection for dead."""


class EventStream:
    """An answer that is sent event by event."""

    def __init__(self, response: web.StreamResponse) -> None:
        self.response = response
        self._writing = asyncio.Lock()

    async def send(self, event: str, data: Any, number: int | None = None) -> None:
        """Send an event. Raises ConnectionError when the client has left."""
        head = f"id: {number}\n" if number is not None else ""
        text = json.dumps(data)  # ASCII: no line breaks but ours, and no half characters
        await self.write(f"{head}event: {event}\ndata: {text}\n\n".encode())

    async def write(self, raw: bytes) -> None:
        """Send bytes as they are."""
        async with self._writing:
            await self.response.write(raw)


@asynccontextmanager
async def event_stream(request: web.Request, heartbeat: float = HEARTBEAT) -> AsyncIterator[EventStream]:
    """Open the answer to a request as a stream; it ends when the block does.

    Leaving, the client cancels the handler. Headers are sent at once, with padding; so an error of the
    block can have no status any more, and is told as the last event, `error`.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    guard.finish(response, request)
    await response.prepare(request)
    stream = EventStream(response)
    await stream.write(PADDING)
    beating = asyncio.create_task(_beat(stream, heartbeat))
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


async def _beat(stream: EventStream, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await stream.write(b":\n\n")
        except ConnectionError:
            return
