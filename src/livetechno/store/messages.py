"""A message as it is kept: a row, and a dict in OpenAI's chat format outside.

The text is one column, so that it can be searched. Pictures that come as data are kept as attachments, each
once, however often they are sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livetechno.store.errors import ValueRefusedError
from livetechno.store.texts import whole

Plain = Mapping[str, Any]
"""A message as a dict in OpenAI's chat format."""
ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What is to be kept. `partial` marks an answer that was cut; `about` is what is known of an answer."""

    plain: Plain
    partial: bool = False
    about: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of a conversation's tree, and where it stands in it."""

    id: int
    parent: int | None
    turn: int
    """The id of the message that opens its exchange."""
    place: int
    """How many messages stand before it on its branch."""
    plain: dict[str, Any]
    partial: bool
    about: dict[str, Any] | None
    at: str
    """The moment in UTC, as ISO 8601."""
    summary: str | None = None
    """A summary of everything up to and including it, where one has been written."""


def text_of(plain: Plain) -> str:
    """What a message says, its pictures and calls left out."""
    match plain.get("content"):
        case str(content):
            return content
        case [*parts]:
            return "".join(part["text"] for part in parts if part.get("type") == "text")
    return ""


def insert(
    connection: sqlite3.Connection,
    owner: str,
    conversation: str,
    new: NewMessage,
    *,
    parent: int | None,
    turn: int | None,
    place: int,
    at: str,
) -> int:
    """Write a message; its id. Without a `turn` it opens one. Raises ValueRefusedError for what is none."""
    role, text, rest, pictures = _taken_apart(new.plain)
    cursor = connection.execute(
        "INSERT INTO messages"
        " (owner, conversation, parent, turn, place, role, text, rest, partial, about, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(owner, conversation, parent, turn or 0, place, role, text),
            *(_json(rest), new.partial, _json(new.about), at),
        ),
    )
    number = cursor.lastrowid
    assert number is not None
    if turn is None:
        connection.execute("UPDATE messages SET turn = id WHERE id = ? AND owner = ?", (number, owner))
    for hash_, (kind, data) in pictures.items():
        connection.execute(
            "INSERT OR IGNORE INTO attachments (owner, hash, kind, data) VALUES (?, ?, ?, ?)",
            (owner, hash_, kind, data),
        )
        connection.execute(
            "INSERT INTO attached (owner, message, hash) VALUES (?, ?, ?)", (owner, number, hash_)
        )
    return number


def stored(connection: sqlite3.Connection, owner: str, row: sqlite3.Row) -> StoredMessage:
    """The message in a row of `messages`, its pictures back in place."""
    rest = json.loads(row["rest"]) if row["rest"] else {}
    plain: dict[str, Any] = {"role": row["role"], "content": row["text"]}
    if "images" in rest:
        parts: list[dict[str, Any]] = [{"type": "text", "text": row["text"]}] if row["text"] else []
        parts += [_picture(connection, owner, image) for image in rest.pop("images")]
        plain["content"] = parts
    if "tool_calls" in rest and not row["text"]:
        plain["content"] = None
    return StoredMessage(
        id=row["id"],
        parent=row["parent"],
        turn=row["turn"],
        place=row["place"],
        plain=plain | rest,
        partial=bool(row["partial"]),
        about=json.loads(row["about"]) if row["about"] else None,
        at=row["at"],
        summary=row["summary"] if "summary" in row.keys() else None,  # noqa: SIM118 - a Row is no dict
    )


def _taken_apart(plain: Plain) -> tuple[str, str, dict[str, Any], dict[str, tuple[str, bytes]]]:
    """Role, text, all the rest, and the pictures that came as data, by their hash."""
    role, content = plain.get("role"), plain.get("content")
    if role not in ROLES:
        raise ValueRefusedError("value", name="role", allowed=", ".join(ROLES))
    rest = {
        name: value for name, value in plain.items() if name not in ("role", "content") and value is not None
    }
    pictures: dict[str, tuple[str, bytes]] = {}
    if content is None or isinstance(content, str):
        return role, whole(content or ""), rest, pictures
    texts: list[str] = []
    images: list[dict[str, str]] = []
    for part in content:
        match part:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url), **more}}:
                images.append({**kept_apart(url, pictures), "detail": str(more.get("detail") or "auto")})
            case _:
                raise ValueRefusedError("value", name="content", allowed="text, image_url")
    return role, whole("".join(texts)), rest | {"images": images}, pictures


def kept_apart(url: str, pictures: dict[str, tuple[str, bytes]]) -> dict[str, str]:
    """What is kept in place of an address: itself, or the hash of its data, which go among the `pictures`."""
    head, _, encoded = url.partition(";base64,")
    if not head.startswith("data:"):
        return {"url": url}
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return {"url": url}
    hash_ = hashlib.sha256(data).hexdigest()
    pictures[hash_] = (head.removeprefix("data:"), data)
    return {"attachment": hash_}


def _picture(connection: sqlite3.Connection, owner: str, image: dict[str, str]) -> dict[str, Any]:
    url = image.get("url")
    if url is None:
        found = connection.execute(
            "SELECT kind, data FROM attachments WHERE owner = ? AND hash = ?", (owner, image["attachment"])
        ).fetchone()
        url = f"data:{found['kind']};base64,{base64.b64encode(found['data']).decode()}"
    return {"type": "image_url", "image_url": {"url": url, "detail": image["detail"]}}


def _json(value: Mapping[str, Any] | None) -> str | None:
    return json.dumps(value) if value else None
