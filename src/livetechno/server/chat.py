"""One question with its own messages, nothing kept: what a page of a maker's calls.

fetch("/api/chat", {method: "POST", headers: {"Content-Type": "application/json"},
                    body: JSON.stringify({messages: [{role: "user", content: "Hello"}]})})
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from livetechno import app
from livetechno.gpt import parameters
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Completion, Done, Request, TextDelta
from livetechno.gpt.messages import from_plain
from livetechno.gpt.threads import in_thread
from livetechno.server import guard, plain
from livetechno.server.routes import BODY, DOLLARS, TEXT, YES_NO, Route, Schema, closed, or_null
from livetechno.server.sse import event_stream

MOST_MESSAGES = 2000
_GIVEN = plain.PARAMETERS["properties"]


async def _chat(request: web.Request) -> web.StreamResponse:
    body = request[BODY]
    given = {name: body[name] for name in _GIVEN if body.get(name) is not None}
    messages = tuple(from_plain(one) for one in body["messages"])
    chosen = parameters.from_keywords(given)
    client = await in_thread(app.client)
    model = await in_thread(app.model, body.get("model") or "chat")
    asked = Request(messages, model, chosen)
    if not body.get("stream"):
        completion = await client.complete(asked)
        return web.json_response({"message": completion.text, **_told(completion), **_id(request)})
    return await _stream(request, client, asked)


async def _stream(request: web.Request, client: Client, asked: Request) -> web.StreamResponse:
    async with event_stream(request) as stream:
        await stream.send("start", {"id": request[guard.REQUEST_ID], "model": asked.model})
        async with client.stream(asked) as pieces:
            async for piece in pieces:
                if type(piece) is TextDelta:
                    await stream.send("delta", {"text": piece.text})
                elif type(piece) is Done:
                    done = piece.completion
                    told = {"message": done.text, **_told(done), "finish": done.finish}
                    await stream.send("done", told)
    return stream.response


def _told(completion: Completion) -> dict[str, Any]:
    cost = app.cost(completion)
    return {
        "model": completion.model,
        "usage": asdict(completion.usage) if completion.usage is not None else None,
        "cost": None if cost is None else f"{cost:f}",
    }


def _id(request: web.Request) -> dict[str, str]:
    return {"request_id": request[guard.REQUEST_ID]}


_TOLD: dict[str, Schema] = {
    "message": TEXT,
    "model": TEXT,
    "usage": or_null(plain.SOME),
    "cost": or_null(DOLLARS),
}
ROUTES = (
    Route(
        "POST",
        "/api/chat",
        _chat,
        "owner",
        "Answer to these messages; nothing is kept. With `stream`: events start, delta, done, error.",
        body=closed(
            {"messages": {"type": "array", "minItems": 1, "maxItems": MOST_MESSAGES, "items": plain.SOME}},
            {"model": or_null(TEXT), "stream": YES_NO, **_GIVEN},
        ),
        answer=closed({**_TOLD, "request_id": TEXT}),
        events={
            "start": closed({"id": TEXT, "model": TEXT}),
            "delta": closed({"text": TEXT}),
            "done": closed({**_TOLD, "finish": or_null(TEXT)}),
            "error": plain.FAILED,
        },
    ),
)
