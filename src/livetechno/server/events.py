"""A page's one long connection: what changes in the store, whoever did it, and every answer under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from aiohttp import web

from livetechno.gpt.threads import in_thread
from livetechno.server import plain
from livetechno.server.answers import RUNNING
from livetechno.server.routes import QUERY, STORE, TEXT, WHOLE, Route, Schema, closed
from livetechno.server.running import Step
from livetechno.server.sse import EventStream, event_stream
from livetechno.store import Store

PATIENCE = 1.0
"""Seconds of one wait for changes: a thread of a page that has left ends no later."""


async def _events(request: web.Request) -> web.StreamResponse:
    store, running = request[STORE], request.app[RUNNING]
    asked = request[QUERY].get("after")
    last = await in_thread(store.changes.last)
    number = last if asked is None or not 0 <= asked <= last else asked
    async with event_stream(request) as stream:
        with running.listening(store.owner) as queue:
            answers = [one.told() for one in running.under_way(store.owner)]
            await stream.send("hello", {"change": number, "answers": answers})
            await _first(_changes(stream, store, number), _answers(stream, queue))
    return stream.response


async def _changes(stream: EventStream, store: Store, number: int) -> None:
    while True:
        for change in await in_thread(store.changes.wait, number, PATIENCE):
            number = change.number
            told = {"number": number, "kind": change.kind, "object": change.object}
            await stream.send("change", told, number)


async def _answers(stream: EventStream, queue: asyncio.Queue[Step | None]) -> None:
    while (step := await queue.get()) is not None:
        await stream.send("answer", step)


async def _first(*works: Awaitable[None]) -> None:
    """Do all at once, until the first ends. Raises what it raises."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _step(kind: str, holds: Schema) -> Schema:
    """A step of an answer: its own stream tells kind and number by the event, this one in the data."""
    more = {"type": {"const": kind}, "seq": WHOLE}
    properties, required = {**holds["properties"], **more}, [*holds["required"], *more]
    return {**holds, "properties": properties, "required": required}


ROUTES = (
    Route(
        "GET",
        "/api/events",
        _events,
        "owner",
        "What changes from now on, or after a change that is known; and the answers under way.",
        events={
            "hello": closed({"change": WHOLE, "answers": {"type": "array", "items": plain.ANSWER}}),
            "change": closed({"number": WHOLE, "kind": TEXT, "object": TEXT}),
            "answer": {"oneOf": [_step(kind, holds) for kind, holds in plain.STEPS.items()]},
            "error": plain.FAILED,
        },
        query={"after": {**WHOLE, "description": "the number of the change that is known"}},
        kind="stream",
    ),
)
