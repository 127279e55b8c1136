"""Asking in a stored conversation: the question is kept before its answer begins, which goes on by itself."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from aiohttp import web

from livetechno.chat import Chat
from livetechno.gpt.threads import in_thread
from livetechno.kept import AnswerTurns
from livetechno.server import guard, plain
from livetechno.server.errors import ApiError
from livetechno.server.routes import BODY, QUERY, STORE, TEXT, WHOLE, Route, closed, or_null
from livetechno.server.running import Answering, Running, image
from livetechno.server.sse import event_stream
from livetechno.store import Store
from livetechno.store.conversations import Draft
from livetechno.store.messages import NewMessage, StoredMessage

RUNNING: web.AppKey[Running] = web.AppKey("livetechno.running", Running)
_ASKED = closed(
    {},
    {
        "id": {
            **TEXT,
            "pattern": "^[0-9a-f]{16}$",
            "description": "the answer's, if the page chooses it: asked again, it is the same answer",
        },
        "conversation": or_null(TEXT),
        "text": {**TEXT, "default": ""},
        "images": {"type": "array", "maxItems": 50, "items": plain.IMAGE},
        "after": or_null({**plain.ID, "description": "the message to go on from: an edit, a branch"}),
        "again": {**plain.ID, "description": "a question, or an answer to it, that is to be answered anew"},
        "model": or_null({**TEXT, "pattern": r"\S", "maxLength": 200}),
        "system": or_null(TEXT),
        "parameters": {**plain.PARAMETERS, "description": "kept with the conversation, as its model is"},
    },
)


def set_up(application: web.Application) -> None:
    """Give the application its answers, which end with it."""
    application[RUNNING] = running = Running()

    async def stop(_: web.Application) -> None:
        await running.stop_all()

    application.on_shutdown.append(stop)


async def _ask(request: web.Request) -> web.StreamResponse:
    body, store, running = request[BODY], request[STORE], request.app[RUNNING]
    for one in body.get("images", ()):
        image(one)
    plain.given(body.get("parameters", {}))
    answering = await running.once(store.owner, body.get("id"), lambda: _begin(request))
    stored = await in_thread(store.conversations.get, answering.conversation)
    told = {"answer": answering.told(), "conversation": plain.conversation(stored, answering.id)}
    return web.json_response(told, status=202)


async def _begin(request: web.Request) -> Answering:
    body, store, running = request[BODY], request[STORE], request.app[RUNNING]
    running.check_room(store.owner)
    conversation, question = await in_thread(_question, store, body)
    running.forget(store.owner, conversation)
    chat = await in_thread(_chat, store, conversation, question, body)
    return running.begin(
        store,
        chat,
        question,
        conversation,
        id_=body.get("id"),
        language=guard.language(request),
        request_id=request[guard.REQUEST_ID],
    )


def _question(store: Store, body: dict[str, Any]) -> tuple[str, StoredMessage]:
    """The conversation, and the question in it, which is on disk now. Raises ApiError, StoreError kinds."""
    id_ = body.get("conversation")
    if "again" in body:
        if id_ is None:
            raise ApiError("nothing_to_retry", 400)
        asked = store.tree.message(id_, store.tree.message(id_, int(body["again"])).turn)
        store.tree.use(id_, asked.id)
        return id_, asked
    images = [{"type": "image_url", "image_url": one} for one in body.get("images", ())]
    text = body.get("text", "")
    if not text.strip() and not images:
        raise ApiError("no_question", 400)
    content: Any = [{"type": "text", "text": text}, *images] if images else text
    draft = None
    after = None
    if id_ is None:
        id_ = store.conversations.new_id()
        chosen = plain.given(body.get("parameters", {}))
        draft = Draft(system=body.get("system") or "", model=body.get("model") or "chat", parameters=chosen)
    elif "after" in body:
        after = None if body["after"] is None else int(body["after"])
    else:
        after = store.conversations.get(id_).head
    new = NewMessage({"role": "user", "content": content})
    return id_, store.tree.message(id_, store.tree.add(id_, [new], after=after, draft=draft))


def _chat(store: Store, id_: str, question: StoredMessage, body: dict[str, Any]) -> Chat:
    changes = {name: body[name] for name in ("system", "model") if body.get(name) is not None}
    if "parameters" in body:
        changes["parameters"] = plain.given(body["parameters"])
    store.conversations.change(id_, **changes)
    stored = store.conversations.get(id_)
    return Chat(
        stored.system or None, stored.model, turns=AnswerTurns(store, id_, question), **stored.parameters
    )


async def _show(request: web.Request) -> web.StreamResponse:
    answering = request.app[RUNNING].get(request[STORE].owner, request.match_info["id"])
    return web.json_response({"answer": answering.told()})


async def _stop(request: web.Request) -> web.StreamResponse:
    running = request.app[RUNNING]
    await running.stop(running.get(request[STORE].owner, request.match_info["id"]))
    return web.Response(status=204)


async def _events(request: web.Request) -> web.StreamResponse:
    running = request.app[RUNNING]
    answering = running.get(request[STORE].owner, request.match_info["id"])
    known = request.headers.get("Last-Event-ID", "")
    after = int(known) if known.isdecimal() and len(known) < 10 else request[QUERY]["after"]
    async with event_stream(request) as stream, aclosing(running.follow(answering, after)) as steps:
        async for step in steps:
            data = {name: value for name, value in step.items() if name not in ("type", "seq")}
            await stream.send(step["type"], data, step["seq"])
    return stream.response


ROUTES = (
    Route(
        "POST",
        "/api/answers",
        _ask,
        "owner",
        "Ask in a conversation, or in a new one; the question is kept, and the answer begins.",
        body=_ASKED,
        answer=closed({"answer": plain.ANSWER, "conversation": plain.CONVERSATION}),
        status=202,
    ),
    Route(
        "GET",
        "/api/answers/{id}",
        _show,
        "owner",
        "An answer as it stands.",
        answer=closed({"answer": plain.ANSWER}),
    ),
    Route(
        "POST",
        "/api/answers/{id}/stop",
        _stop,
        "owner",
        "Stop an answer; what came is kept.",
        body=closed({}),
        status=204,
    ),
    Route(
        "GET",
        "/api/answers/{id}/events",
        _events,
        "owner",
        "An answer as it comes, from the step after the one that is known (Last-Event-ID).",
        events=plain.STEPS,
        query={"after": {**WHOLE, "default": -1, "minimum": -1}},
        kind="stream",
    ),
)
