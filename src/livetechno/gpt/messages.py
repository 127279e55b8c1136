"""Messages of a conversation as values, and their plain form (dicts in OpenAI's chat format)."""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from livetechno import words
from livetechno.gpt.errors import UsageError

Role = Literal["system", "user", "assistant", "tool"]
Detail = Literal["auto", "low", "high"]
ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")
DETAILS: tuple[Detail, ...] = ("auto", "low", "high")
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""What OpenAI's vision models read."""
IMAGE_BYTES = 20 * 1024 * 1024
"""Largest image we send, in bytes."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture for the model: an https address or a `data:` address, and how closely to look."""

    url: str
    detail: Detail = "auto"

    def __post_init__(self) -> None:
        if not str(self.url).startswith(("https://", "data:image/")):
            raise _refusal("image_address")
        if self.detail not in DETAILS:
            raise _refusal("image_detail", allowed=", ".join(DETAILS))

    @classmethod
    def from_file(cls, path: str | Path, detail: Detail = "auto") -> Image:
        """A picture from a file (PNG, JPEG, WebP, GIF; 20 MB at most).

        Raises UsageError when it is none of these or too large, OSError when it cannot be read.
        """
        file = Path(path)
        kind = mimetypes.guess_type(file.name)[0]
        if kind not in IMAGE_TYPES:
            raise _refusal("image_type", name=file.name)
        if file.stat().st_size > IMAGE_BYTES:
            raise _refusal("image_size", name=file.name, most=IMAGE_BYTES // 1024 // 1024)
        return cls(f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}", detail)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a function: its name, and its arguments as the JSON text that it wrote."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `partial` marks an answer that was stopped before its end."""

    role: Role
    text: str = ""
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    partial: bool = False

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise _refusal("message_role", role=f"{self.role!r:.60}", allowed=", ".join(ROLES))
        if not isinstance(self.text, str):
            raise _refusal("message_text", kind=type(self.text).__name__)


def system(text: str) -> Message:
    """A system message: how the model should behave."""
    return Message("system", text)


def user(text: str, images: Iterable[Image] = ()) -> Message:
    """What a person says, with pictures."""
    return Message("user", text, images=tuple(images))


def assistant(text: str, tool_calls: Iterable[ToolCall] = (), *, partial: bool = False) -> Message:
    """What the model said."""
    return Message("assistant", text, tool_calls=tuple(tool_calls), partial=partial)


def tool_result(call_id: str, text: str) -> Message:
    """What a function returned for the tool call `call_id`."""
    return Message("tool", text, tool_call_id=call_id)


def size(message: Message) -> int:
    """Bytes that a message holds in memory: its texts, its pictures' data, its calls with their arguments."""
    texts, others = [message.text], [message, *message.images, *message.tool_calls]
    if message.tool_call_id is not None:
        texts.append(message.tool_call_id)
    texts += [image.url for image in message.images]
    texts += [text for call in message.tool_calls for text in (call.id, call.name, call.arguments)]
    held = (several for several in (message.images, message.tool_calls) if several)
    return sum(map(text_size, texts)) + sum(map(sys.getsizeof, [*others, *held]))


def text_size(text: str) -> int:
    """Bytes that a text holds in memory.

    Unlike `sys.getsizeof` it is always the same: that counts the text's UTF-8, too, which Python keeps
    from when somebody first asks for it. Source: PEP 393, one, two or four bytes for each character.
    """
    if text.isascii():
        return _PLAIN + len(text)
    copy = sys.getsizeof(text + " ")  # without UTF-8 beside it; one character longer
    return copy - (copy - _WIDE) // (len(text) + 2)


_PLAIN = sys.getsizeof("")
_WIDE = sys.getsizeof(chr(0x100)) - 2 * 2
"""What Python holds beside the characters, and beside the one that ends each text."""


def to_plain(message: Message) -> dict[str, Any]:
    """The message as a dict in OpenAI's chat format."""
    plain: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
        parts += [
            {"type": "image_url", "image_url": {"url": image.url, "detail": image.detail}}
            for image in message.images
        ]
        plain["content"] = parts
    if message.tool_calls:
        plain["content"] = message.text or None
        plain["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        plain["tool_call_id"] = message.tool_call_id
    return plain


def from_plain(plain: Mapping[str, Any]) -> Message:
    """The message that a dict in OpenAI's chat format describes.

    `developer` counts as `system`. Raises UsageError, naming the field, for anything else than
    role, content (text or a list of text and image parts), tool_calls and tool_call_id.
    """
    if not isinstance(plain, Mapping):
        raise _refusal("message_type", kind=type(plain).__name__)
    role = plain.get("role")
    role = "system" if role == "developer" else role
    if role not in ROLES:
        raise _refusal("message_role", role=f"{role!r:.60}", allowed=", ".join(ROLES))
    text, images = _content(plain.get("content"))
    call_id = plain.get("tool_call_id")
    if call_id is not None and not isinstance(call_id, str):
        raise _refusal("message_tool_call_id")
    return Message(
        cast("Role", role),
        text,
        images=images,
        tool_calls=_tool_calls(plain.get("tool_calls")),
        tool_call_id=call_id,
    )


def _content(content: object) -> tuple[str, tuple[Image, ...]]:
    if content is None:
        return "", ()
    if isinstance(content, str):
        return content, ()
    if not isinstance(content, list):
        raise _refusal("message_content")
    texts: list[str] = []
    images: list[Image] = []
    for part in content:
        match part:
            case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url), **rest}}:
                images.append(Image(url, cast("Detail", rest.get("detail") or "auto")))
            case {"type": "image_url" | "input_image", "image_url": str(url), **rest}:
                images.append(Image(url, cast("Detail", rest.get("detail") or "auto")))
            case _:
                raise _refusal("message_part")
    return "".join(texts), tuple(images)


def _tool_calls(calls: object) -> tuple[ToolCall, ...]:
    if calls is None:
        return ()
    if not isinstance(calls, list):
        raise _refusal("message_tool_calls")
    found: list[ToolCall] = []
    for call in calls:
        match call:
            case {"id": str(call_id), "function": {"name": str(name), "arguments": arguments}}:
                text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
                found.append(ToolCall(call_id, name, text))
            case _:
                raise _refusal("message_tool_calls")
    return tuple(found)


def _refusal(code: str, **values: Any) -> UsageError:
    """Its code is also the key of its reason, and it keeps the values: so it can be told in any language."""
    return UsageError(words.say(f"reasons.{code}", **values), code=code, **values)
