"""Calls under way with an access key that was revoked, by whatever process: they end within a second.

Who is being answered is looked up from time to time, so it costs a call nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator

from aiohttp import web

from livetechno.gpt.threads import in_thread
from livetechno.server.callers import CALLER, NOBODY
from livetechno.server.connections import Connection
from livetechno.server.sse import hang_up
from livetechno.store.errors import StoreError

EVERY = 0.5
"""Seconds between two looks, while there are calls."""
_log = logging.getLogger("livetechno.server")


async def end_calls(
    connections: Callable[[], Iterable[Connection]], living: Callable[[], frozenset[str]]
) -> None:
    """For ever, hang up on the calls of whoever is not among the `living` owners of access keys.

    A call that is hung up on ends as one whose client has left: closed upstream, settled by an estimate.
    """
    while True:
        await asyncio.sleep(EVERY)
        # the calls first: the key of one that begins after `living` was read may be newer than that
        if calls := list(_calls(connections())):
            try:
                owners = await in_thread(living)
            except StoreError:
                continue  # as without books no call begins, and none need end
            for connection, request in calls:
                if connection.request is request and request[CALLER].owner not in owners:
                    _log.info("%s was revoked: its call has ended", request[CALLER].name)
                    hang_up(request)


def _calls(connections: Iterable[Connection]) -> Iterator[tuple[Connection, web.Request]]:
    for connection in connections:
        request = connection.request
        if isinstance(request, web.Request) and request.get(CALLER, NOBODY).kind == "access":
            yield connection, request
