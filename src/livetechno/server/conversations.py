"""Conversations over the API: the list, one with what is said in it, changes, search, export."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from livetechno.gpt.prices import format_usd
from livetechno.gpt.redaction import redact
from livetechno.gpt.threads import in_thread
from livetechno.server import guard, plain
from livetechno.server.answers import RUNNING
from livetechno.server.costs import SUM, plain_sum
from livetechno.server.filenames import disposition
from livetechno.server.routes import BODY, MOMENT, QUERY, STORE, TEXT, WHOLE, YES_NO, Route, closed, or_null
from livetechno.store import Store, costs_export, export, transcripts
from livetechno.store.search import marks

_LIST = closed({"conversations": {"type": "array", "items": plain.CONVERSATION}})
_ONE = closed({"conversation": plain.CONVERSATION})
_FOUND = closed(
    {
        "conversation": TEXT,
        "title": TEXT,
        "message": plain.ID,
        "role": TEXT,
        "at": MOMENT,
        "excerpt": TEXT,
        "marks": {
            "type": "array",
            "items": {"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2},
            "description": "where the words stand in the excerpt: begin and end, in characters (code points)",
        },
    }
)


async def _list(request: web.Request) -> web.StreamResponse:
    store, query = request[STORE], request[QUERY]
    found = await in_thread(lambda: store.conversations.list(deleted=query["deleted"], most=query["most"]))
    under_way = {one.conversation: one.id for one in request.app[RUNNING].under_way(store.owner)}
    told = [plain.conversation(one, under_way.get(one.id)) for one in found]
    return web.json_response({"conversations": told})


async def _show(request: web.Request) -> web.StreamResponse:
    store, id_ = request[STORE], request.match_info["id"]
    answering = request.app[RUNNING].of(store.owner, id_)
    head = request[QUERY].get("head")
    told = await in_thread(_told, store, id_, None if head is None else int(head))
    running = answering is not None and answering.state == "running"
    told["conversation"]["answer"] = answering.id if answering is not None and running else None
    told["answer"] = answering.told() if answering is not None else None
    return web.json_response(told)


def _told(store: Store, id_: str, head: int | None) -> dict[str, Any]:
    stored = store.conversations.get(id_)
    siblings = store.tree.children(id_)
    messages = store.tree.branch(id_, stored.head if head is None else head)
    return {
        "conversation": plain.conversation(stored, None),
        "messages": [plain.message(one, siblings) for one in messages],
        "branches": [plain.branch(one) for one in store.tree.branches(id_)],
        "total": plain_sum(next(iter(store.ledger.totals(conversation=id_)), costs_export.NOTHING)),
    }


async def _change(request: web.Request) -> web.StreamResponse:
    store, id_, body = request[STORE], request.match_info["id"], request[BODY]
    changes = {name: body[name] for name in ("title", "system", "model") if name in body}
    if "parameters" in body:
        changes["parameters"] = plain.given(body["parameters"])

    def change() -> Any:
        store.conversations.get(id_)
        # first, since it may be refused
        if "head" in body:
            store.tree.use(id_, None if body["head"] is None else int(body["head"]))
        elif "through" in body:
            store.tree.use(id_, store.tree.end(id_, int(body["through"])))
        store.conversations.change(id_, **changes)
        return store.conversations.get(id_)

    answering = request.app[RUNNING].of(store.owner, id_)
    under_way = answering.id if answering is not None and answering.state == "running" else None
    return web.json_response({"conversation": plain.conversation(await in_thread(change), under_way)})


async def _delete(request: web.Request) -> web.StreamResponse:
    await in_thread(request[STORE].conversations.delete, request.match_info["id"])
    return web.Response(status=204)


async def _restore(request: web.Request) -> web.StreamResponse:
    await in_thread(request[STORE].conversations.restore, request.match_info["id"])
    return web.Response(status=204)


async def _purge(request: web.Request) -> web.StreamResponse:
    store, id_ = request[STORE], request.match_info["id"]
    await in_thread(store.conversations.get, id_)
    await in_thread(store.conversations.purge, id_)
    return web.Response(status=204)


async def _export(request: web.Request) -> web.StreamResponse:
    store, kind = request[STORE], request[QUERY]["format"]
    language = guard.language(request)
    transcript = await in_thread(transcripts.read, store, request.match_info["id"])
    transcript = transcript.with_texts(redact)
    if kind == "json":
        text, ending, media = (
            json.dumps(export.document(transcript), indent=2) + "\n",
            "json",
            "application/json",
        )
    else:
        text = export.markdown(transcript, lambda usd: format_usd(usd, language))
        ending, media = "md", "text/markdown"
    named = disposition(transcript.conversation.title, ending, "conversation")
    headers = {"Content-Disposition": named}
    return web.Response(text=text, content_type=media, headers=headers)


async def _search(request: web.Request) -> web.StreamResponse:
    wanted = request[QUERY]["q"]
    found = await in_thread(request[STORE].search, wanted)
    told = [
        {
            "conversation": one.conversation,
            "title": one.title,
            "message": str(one.message),
            "role": one.role,
            "at": one.at,
            "excerpt": one.excerpt,
            "marks": marks(one.excerpt, wanted),
        }
        for one in found
    ]
    return web.json_response({"found": told})


_AT = "/api/conversations/{id}"
ROUTES = (
    Route(
        "GET",
        "/api/conversations",
        _list,
        "owner",
        "The conversations, the last changed first.",
        answer=_LIST,
        query={
            "deleted": {**YES_NO, "default": False},
            "most": {**WHOLE, "default": 1000, "minimum": 1, "maximum": 100_000},
        },
    ),
    Route(
        "GET",
        _AT,
        _show,
        "owner",
        "A conversation with the messages of the branch in use, or of the one that ends at `head`.",
        answer=closed(
            {
                "conversation": plain.CONVERSATION,
                "messages": {"type": "array", "items": plain.MESSAGE},
                "branches": {"type": "array", "items": plain.BRANCH},
                "answer": or_null(plain.ANSWER),
                "total": {**closed(SUM), "description": "of all calls in it, on whichever branch"},
            }
        ),
        query={"head": plain.ID},
    ),
    Route(
        "PATCH",
        _AT,
        _change,
        "owner",
        "Give it another title, system message or model, or other parameters; go on from another message.",
        body=closed(
            {},
            {
                "title": TEXT,
                "system": TEXT,
                "model": {**TEXT, "pattern": r"\S", "maxLength": 200},
                "parameters": plain.PARAMETERS,
                "head": or_null(plain.ID),
                "through": {**plain.ID, "description": "go on at the newest end of a branch that holds it"},
            },
        ),
        answer=_ONE,
    ),
    Route("DELETE", _AT, _delete, "owner", "Put it aside; it can be restored.", status=204),
    Route("POST", f"{_AT}/restore", _restore, "owner", "Take it back.", body=closed({}), status=204),
    Route(
        "POST", f"{_AT}/purge", _purge, "owner", "Remove a deleted one for good.", body=closed({}), status=204
    ),
    Route(
        "GET",
        f"{_AT}/export",
        _export,
        "owner",
        "It as a file.",
        query={"format": {"type": "string", "enum": ["markdown", "json"], "default": "markdown"}},
        kind="file",
    ),
    Route(
        "GET",
        "/api/search",
        _search,
        "owner",
        "What was said that holds all these words.",
        answer=closed({"found": {"type": "array", "items": _FOUND}}),
        query={"q": {**TEXT, "default": ""}},
    ),
)
