"""One question with its own messages, nothing kept: what a page of a maker's calls.

fetch("/api/chat", {method: "POST", headers: {"Content-Type": "application/json"},
                    body: JSON.stringify({messages: [{role: "user", content: "Hello"}]})})
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from livetechno import app
from livetechno.gpt import parameters
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Completion, Done, Parameters, Request, TextDelta
from livetechno.gpt.messages import Message, from_plain, system
from livetechno.gpt.threads import in_thread
from livetechno.server import guard, plain
from livetechno.server.callers import CALLER, Caller, Policy
from livetechno.server.errors import ApiError
from livetechno.server.routes import BODY, DOLLARS, TEXT, YES_NO, Route, Schema, closed, or_null
from livetechno.server.sse import EventStream, event_stream
from livetechno.server.visitors import cut_late, told_plainly

MOST_MESSAGES = 2000
_SPOKEN = ("user", "assistant")
_GIVEN = plain.PARAMETERS["properties"]


async def _chat(request: web.Request) -> web.StreamResponse:
    body, caller = request[BODY], request[CALLER]
    asked = _of_owner(body) if caller.policy is None else _of_visitor(body, caller.policy)
    with told_plainly(caller, request[guard.REQUEST_ID]):
        asked = replace(asked, model=await in_thread(app.model, asked.model))
        client = await in_thread(_client, caller)
        if not body.get("stream"):
            completion = await client.complete(asked)
            told = {"message": completion.text, **_told(completion, caller), **_id(request)}
            return web.json_response(told)
    return await _stream(request, client, asked)


def _of_owner(body: dict[str, Any]) -> Request:
    given = {name: body[name] for name in _GIVEN if body.get(name) is not None}
    messages = tuple(from_plain(one) for one in body["messages"])
    return Request(messages, body.get("model") or "chat", parameters.from_keywords(given))


def _of_visitor(body: dict[str, Any], policy: Policy) -> Request:
    """What is said on both sides, as text; all else is as the server's owner says. Raises ApiError."""
    if len(body["messages"]) > policy.most_messages:
        raise ApiError("too_many_messages", 400, most=policy.most_messages)
    said = [from_plain(one) for one in body["messages"]]
    kept = [Message(one.role, one.text) for one in said if one.role in _SPOKEN and one.text.strip()]
    if not kept or kept[-1].role != "user":
        raise ApiError("no_question", 400)
    ordered = (system(policy.system),) if policy.system else ()
    model = policy.models[0] if policy.models else "chat"
    return Request((*ordered, *kept), model, Parameters(max_tokens=policy.most_tokens))


def _client(caller: Caller) -> Client:
    return app.client() if caller.policy is None else app.client(caller.owner, seconds=caller.policy.seconds)


async def _stream(request: web.Request, client: Client, asked: Request) -> web.StreamResponse:
    caller, id_ = request[CALLER], request[guard.REQUEST_ID]
    with cut_late(request, caller):
        async with event_stream(request) as stream:
            with told_plainly(caller, id_):
                await _pass_on(stream, client, asked, caller, id_)
        return stream.response


async def _pass_on(stream: EventStream, client: Client, asked: Request, caller: Caller, id_: str) -> None:
    await stream.send("start", {"id": id_, "model": asked.model})
    async with client.stream(asked) as pieces:
        async for piece in pieces:
            if type(piece) is TextDelta:
                await stream.send("delta", {"text": piece.text})
            elif type(piece) is Done:
                done = piece.completion
                await stream.send(
                    "done", {"message": done.text, **_told(done, caller), "finish": done.finish}
                )


def _told(completion: Completion, caller: Caller) -> dict[str, Any]:
    """What the answer took; the owner's costs are no visitor's to know."""
    if caller.kind != "owner":
        return {"model": completion.model, "usage": None, "cost": None}
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
        "chat",
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
        elsewhere=True,
    ),
)
