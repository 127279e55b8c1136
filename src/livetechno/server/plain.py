"""Conversations, messages and answers as JSON, and their schemas. Ids are texts, money decimals as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livetechno.gpt.parameters import from_keywords
from livetechno.server.routes import DOLLARS, MOMENT, TEXT, WHOLE, YES_NO, Schema, closed, or_null
from livetechno.store.conversations import Conversation
from livetechno.store.messages import StoredMessage
from livetechno.store.tree import Branch

ID: Schema = {"type": "string", "pattern": "^[0-9]{1,15}$", "description": "a message's id"}
SOME: Schema = {"type": "object"}
PARAMETERS = closed(
    {},
    {
        "temperature": or_null({"type": "number"}),
        "top_p": or_null({"type": "number"}),
        "max_tokens": or_null(WHOLE),
        "presence_penalty": or_null({"type": "number"}),
        "frequency_penalty": or_null({"type": "number"}),
        "effort": or_null(TEXT),
        "verbosity": or_null(TEXT),
    },
)
ERROR = closed(
    {
        "code": {**TEXT, "description": "stays the same whatever a server says"},
        "message": {**TEXT, "description": "what happened and what to do, in the caller's language"},
        "request_id": TEXT,
        "retry_after": or_null({"type": "number", "description": "seconds"}),
    }
)
FAILED = closed({"error": ERROR})
CONVERSATION = closed(
    {
        "id": TEXT,
        "title": TEXT,
        "system": TEXT,
        "model": TEXT,
        "parameters": PARAMETERS,
        "made": MOMENT,
        "changed": MOMENT,
        "deleted": or_null(MOMENT),
        "size": WHOLE,
        "head": or_null(ID),
        "answer": or_null({**TEXT, "description": "the answer that is under way"}),
    }
)
IMAGE = closed({"url": TEXT}, {"detail": or_null({"enum": ["auto", "low", "high"]})})
ABOUT = closed(
    {
        "model": or_null(TEXT),
        "usage": or_null(SOME),
        "cost": or_null(DOLLARS),
        "finish": or_null(TEXT),
        "request_id": or_null(TEXT),
        "estimated": or_null({**YES_NO, "description": "its tokens were counted here, as it did not end"}),
    }
)
MESSAGE = closed(
    {
        "id": ID,
        "parent": or_null(ID),
        "turn": ID,
        "place": WHOLE,
        "role": {"enum": ["system", "user", "assistant", "tool"]},
        "text": TEXT,
        "images": {"type": "array", "items": IMAGE},
        "partial": YES_NO,
        "about": or_null(ABOUT),
        "at": MOMENT,
        "siblings": {"type": "array", "items": ID},
    },
    {"tool_calls": {"type": "array"}},
)
BRANCH = closed({"head": ID, "size": WHOLE, "in_use": YES_NO, "last": TEXT, "at": MOMENT})
ANSWER = closed(
    {
        "id": TEXT,
        "conversation": TEXT,
        "question": ID,
        "state": {"enum": ["running", "done", "stopped", "failed"]},
        "text": TEXT,
        "seq": {**WHOLE, "description": "the number of its newest step"},
        "message": or_null({**ID, "description": "the stored answer"}),
        "error": or_null(ERROR),
        "model": TEXT,
    }
)
_STEP: dict[str, Schema] = {"id": TEXT, "conversation": TEXT}
_ENDED: dict[str, Schema] = {
    "message": {**or_null(MESSAGE), "description": "the stored answer; null where nothing came"},
    "usage": or_null(SOME),
    "cost": or_null(DOLLARS),
    "finish": or_null(TEXT),
}
STEPS: dict[str, Schema] = {
    "start": closed({**_STEP, "model": TEXT}),
    "delta": closed({**_STEP, "text": TEXT}),
    "done": closed(_STEP, _ENDED),
    "stopped": closed(_STEP, _ENDED),
    "error": closed({"error": ERROR}, {**_STEP, **_ENDED}),
}
"""What each step of an answer holds; `error` without the answer's id is the stream's own."""


def conversation(one: Conversation, answer: str | None) -> dict[str, Any]:
    """A conversation without its messages; `answer` is the id of the one under way."""
    names = ("id", "title", "system", "model", "parameters", "made", "changed", "deleted", "size")
    return {name: getattr(one, name) for name in names} | {"head": text_id(one.head), "answer": answer}


def given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were chosen. Raises ParameterError for a value out of its range."""
    chosen = {name: value for name, value in parameters.items() if value is not None}
    from_keywords(chosen)
    return chosen


def message(one: StoredMessage, siblings: Mapping[int | None, Sequence[int]]) -> dict[str, Any]:
    """A message; `siblings` are the ids that follow each message."""
    about = one.about
    told: dict[str, Any] = {
        "id": str(one.id),
        "parent": text_id(one.parent),
        "turn": str(one.turn),
        "place": one.place,
        "role": one.plain["role"],
        "text": text_of(one.plain),
        "images": images_of(one.plain),
        "partial": one.partial,
        "about": None if about is None else {name: about.get(name) for name in ABOUT["properties"]},
        "at": one.at,
        "siblings": [str(id_) for id_ in siblings.get(one.parent, (one.id,))],
    }
    if one.plain.get("tool_calls"):
        told["tool_calls"] = one.plain["tool_calls"]
    return told


def branch(one: Branch) -> dict[str, Any]:
    """A branch of a conversation."""
    names = ("size", "in_use", "last", "at")
    return {name: getattr(one, name) for name in names} | {"head": str(one.head)}


def text_id(id_: int | None) -> str | None:
    """An id as text."""
    return None if id_ is None else str(id_)


def text_of(plain: Mapping[str, Any]) -> str:
    """The text of a message in OpenAI's chat format."""
    content = plain.get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def images_of(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its pictures."""
    content = plain.get("content")
    parts = content if isinstance(content, list) else []
    return [part["image_url"] for part in parts if part["type"] == "image_url"]
