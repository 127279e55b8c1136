"""What an access key may ask for: the body is read, and each of its fields stands on a list.

A field that names a server, a key, a stored object of the owner's, or a tool that makes the server fetch or
run something is on none. What is null counts as not given, as SDKs send it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from livetechno.gpt.bounds import MESSAGE_TOKENS, PROMPT_TOKENS, TOOL_TOKENS
from livetechno.gpt.catalogue import Endpoint
from livetechno.server.callers import Policy
from livetechno.server.errors import ApiError

LONGEST_NAME = 200
"""Characters of a model's name."""
TAKEN: dict[Endpoint, frozenset[str]] = {
    "chat": frozenset(
        {
            *("model", "messages", "stream", "stream_options", "temperature", "top_p", "n", "stop", "seed"),
            *("max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "logit_bias"),
            *("logprobs", "top_logprobs", "response_format", "tools", "tool_choice", "parallel_tool_calls"),
            *("functions", "function_call", "reasoning_effort", "verbosity", "user", "safety_identifier"),
            *("prompt_cache_key", "service_tier"),
        }
    ),
    "responses": frozenset(
        {
            *("model", "input", "instructions", "stream", "stream_options", "temperature", "top_p"),
            *("max_output_tokens", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text"),
            *("truncation", "top_logprobs", "include", "user", "safety_identifier", "prompt_cache_key"),
            *("service_tier", "max_tool_calls"),
        }
    ),
}
"""The fields of each endpoint that go on to the server that is asked."""
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "background": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "store": (False,),
}
"""Fields that go no further, and are no reason to refuse a body with one of these values."""
_TIERS = ("auto", "default")
_INCLUDED = frozenset({"reasoning.encrypted_content", "message.output_text.logprobs"})
_OPTIONS = frozenset({"include_usage", "include_obfuscation"})
_LIMITS: dict[Endpoint, tuple[str, ...]] = {
    "chat": ("max_completion_tokens", "max_tokens"),
    "responses": ("max_output_tokens",),
}
_TOOLS = frozenset({"function", "custom"})
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_MESSAGE = frozenset(
    {"role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "reasoning_content"}
)
_ITEMS = frozenset(
    {
        *("message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"),
        "reasoning",
    }
)
_ITEM = frozenset(
    {
        *("type", "id", "role", "content", "status", "phase", "call_id", "name", "arguments", "input"),
        *("output", "summary", "encrypted_content"),
    }
)
_PARTS = frozenset({"text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text"})
_PART = frozenset({"type", "text", "refusal", "annotations", "logprobs"})
_PICTURES = frozenset({"image_url", "input_image"})
_PICTURE = frozenset({"type", "image_url", "detail"})
_ADDRESS = frozenset({"url", "detail"})
_IMAGES = ("https://", "data:image/")
"""How the address of a picture begins: the server that is asked fetches it, we never do."""


@dataclass(slots=True)
class Asked:
    """A body that may be sent on, and what of it decides its price. `document` is still to be finished."""

    endpoint: Endpoint
    document: dict[str, Any]
    model: str
    """As it was asked for: a name, or an alias."""
    stream: bool
    usage: bool
    """Whether the stream's last event with what was used was asked for."""
    limit: int | None
    """The most tokens of an answer, where it was said."""
    answers: int
    most_input: int
    """No fewer tokens than any server counts for the prompt, its pictures apart."""
    images: int

    def finished(self, model: str, tokens: int, *, openai: bool) -> bytes:
        """The body as it is sent: the model's own name, the limit in the spelling that the endpoint takes.

        Raises ApiError for one that is nested too deep.
        """
        document = self.document
        document["model"] = model
        if self.endpoint == "responses":
            document["max_output_tokens"] = tokens
            document["store"] = False
        else:
            document.pop("max_tokens", None)
            document["max_completion_tokens"] = tokens
        document.pop("stream_options", None)
        if self.stream:
            options = {"include_usage": True} if self.endpoint == "chat" else {}
            if openai:
                # padding against traffic analysis: it doubles the bytes
                options["include_obfuscation"] = False
            if options:
                document["stream_options"] = options
        try:
            return json.dumps(document).encode()
        except RecursionError:
            raise ApiError("body_unreadable", 400) from None


def read(raw: bytes, endpoint: Endpoint, policy: Policy) -> Asked:
    """The body, if all that is in it may be asked for. Raises ApiError, with the field's name."""
    try:
        document = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError):
        raise ApiError("body_unreadable", 400) from None
    if not isinstance(document, dict):
        raise ApiError("body_unreadable", 400)
    _check_fields(document, endpoint)
    model = document.get("model")
    if not isinstance(model, str) or not model.strip() or len(model) > LONGEST_NAME:
        _unfit("model", "text")
    stream = document.get("stream", False)
    if not isinstance(stream, bool):
        _unfit("stream", "true | false")
    options = document.get("stream_options", {})
    if not isinstance(options, dict) or options.keys() - _OPTIONS:
        _refuse("stream_options", _OPTIONS)
    answers = _whole(document, "n") or 1
    limits = [limit for name in _LIMITS[endpoint] if (limit := _whole(document, name)) is not None]
    content = _Content(policy.most_messages)
    if endpoint == "chat":
        content.messages(document.get("messages"))
    else:
        content.items(document.get("input"))
    tools = _tools(document.get("tools", [])) + _count(document.get("functions", []), "functions")
    return Asked(
        endpoint=endpoint,
        document=document,
        model=model,
        stream=stream,
        usage=bool(options.get("include_usage")),
        limit=min(limits) if limits else None,
        answers=answers,
        # JSON writes no text in fewer bytes than UTF-8 has, and no token is shorter than a byte
        most_input=(
            PROMPT_TOKENS
            + len(raw)
            - content.picture_bytes
            + MESSAGE_TOKENS * content.count
            + TOOL_TOKENS * (tools + 1)
        ),
        images=content.pictures,
    )


class _Content:
    """Looks through what was said; counts messages, and pictures with the bytes of their addresses."""

    __slots__ = ("_most", "count", "picture_bytes", "pictures")

    def __init__(self, most: int) -> None:
        self._most = most
        self.count = 1
        self.pictures = 0
        self.picture_bytes = 0

    def messages(self, messages: object) -> None:
        if not isinstance(messages, list) or not messages:
            _unfit("messages", "1 …")
        self._check_count(messages, "messages")
        for message in messages:
            if not isinstance(message, dict) or not _is_one(message.get("role"), _ROLES):
                _unfit("messages.role", " | ".join(sorted(_ROLES)))
            _only(message, _MESSAGE, "messages")
            self._parts(message.get("content"), "messages.content")

    def items(self, items: object) -> None:
        if isinstance(items, str):
            return
        if not isinstance(items, list) or not items:
            _unfit("input", "text | 1 …")
        self._check_count(items, "input")
        for item in items:
            if not isinstance(item, dict) or not _is_one(item.get("type", "message"), _ITEMS):
                _refuse("input.type", _ITEMS)
            if "type" not in item and not _is_one(item.get("role"), _ROLES):
                # one that has nothing but an id means what is stored under that
                _unfit("input.role", " | ".join(sorted(_ROLES)))
            _only(item, _ITEM, "input")
            for name in ("content", "output", "summary"):
                self._parts(item.get(name), f"input.{name}")

    def _check_count(self, several: list[Any], name: str) -> None:
        self.count = len(several)
        if self.count > self._most:
            _unfit(name, f"… {self._most}")

    def _parts(self, content: object, name: str) -> None:
        if content is None or isinstance(content, str):
            return
        if not isinstance(content, list):
            _unfit(name, "text | [ … ]")
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if _is_one(kind, _PARTS):
                _only(part, _PART, name)
                if not all(isinstance(part.get(field, ""), str) for field in ("text", "refusal")):
                    _unfit(name, "text")
            elif _is_one(kind, _PICTURES):
                _only(part, _PICTURE, name)
                self._picture(part.get("image_url"), name)
            else:
                _refuse(f"{name}.type", _PARTS | _PICTURES)

    def _picture(self, picture: object, name: str) -> None:
        if isinstance(picture, dict):
            _only(picture, _ADDRESS, f"{name}.image_url")
            picture = picture.get("url")
        if not isinstance(picture, str) or not picture.startswith(_IMAGES):
            _unfit(f"{name}.image_url", " | ".join(f"{start}…" for start in _IMAGES))
        self.pictures += 1
        self.picture_bytes += len(picture)


def _check_fields(document: dict[str, Any], endpoint: Endpoint) -> None:
    taken = TAKEN[endpoint]
    for name in [name for name, value in document.items() if value is None or name not in taken]:
        value = document.pop(name)
        if value is not None and value not in _HARMLESS.get(name, ()):
            _refuse(name, taken)
    if document.get("service_tier", "auto") not in _TIERS:
        _refuse("service_tier", _TIERS)
    included = document.get("include", [])
    if not isinstance(included, list) or not all(_is_one(one, _INCLUDED) for one in included):
        _refuse("include", _INCLUDED)


def _is_one(value: object, several: Collection[str]) -> bool:
    return isinstance(value, str) and value in several


def _only(given: dict[str, Any], taken: frozenset[str], where: str) -> None:
    """Nothing but these fields; what says nothing is taken out. Raises ApiError."""
    if given.keys() <= taken:
        return
    for name in given.keys() - taken:
        if given.pop(name) not in (None, [], {}):
            _refuse(f"{where}.{name}", taken)


def _tools(tools: object) -> int:
    count = _count(tools, "tools")
    assert isinstance(tools, list)
    for tool in tools:
        if not _is_one(tool.get("type"), _TOOLS):
            # others make the server fetch, search or run something
            _refuse("tools.type", _TOOLS)
    return count


def _count(several: object, name: str) -> int:
    if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
        _unfit(name, "[{ … }]")
    return len(several)


def _whole(document: Mapping[str, Any], name: str) -> int | None:
    value = document.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        _unfit(name, "1 …")
    return value


def _refuse(name: str, allowed: Collection[str]) -> NoReturn:
    allowed_names = ", ".join(sorted(allowed))
    raise ApiError("field_refused", 400, parameter=name[:LONGEST_NAME], allowed=allowed_names)


def _unfit(name: str, allowed: str) -> NoReturn:
    raise ApiError("body_refused", 400, name=name, parameter=name, reason=allowed)


def _no_number(_name: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    """Raises ValueError for more than a float holds, which JSON could not say again."""
    number = float(text)
    if math.isinf(number):
        raise ValueError
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)
