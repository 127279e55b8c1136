"""The messages of a request, in the form of either endpoint."""

from __future__ import annotations

from typing import Any

from livetechno import words
from livetechno.gpt.errors import UsageError
from livetechno.gpt.messages import Message, ToolCall, from_plain
from livetechno.mock.checks import Fields, fields, wrong_type
from livetechno.mock.wire import WireError


def read_messages(top: Fields) -> tuple[Message, ...]:
    """The messages of a body of /chat/completions. Raises WireError, naming the place, for a bad one."""
    top.require("messages")
    plain = top.array("messages") or []
    if not plain:
        raise WireError(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    messages = tuple(_message(item, f"messages[{index}]") for index, item in enumerate(plain))
    _check_tool_results(messages)
    return messages


def _message(plain: Any, path: str) -> Message:
    item = fields(plain, path)
    if item.require("role") not in ("system", "developer", "user", "assistant", "tool"):
        roles = ("system", "assistant", "user", "tool", "developer")
        raise item.bad_value("role", item.get("role"), roles)
    if item.get("content") is None and not (item.get("role") == "assistant" and item.get("tool_calls")):
        if item.get("role") == "assistant" and item.get("refusal") is not None:
            return Message("assistant", item.text("refusal") or "")
        raise WireError(
            f"Invalid value for 'content': expected a string, got null. ({path})",
            param=f"{path}.content",
            code="invalid_type",
        )
    try:
        return from_plain({**plain, "content": _without_refusals(item.get("content"))})
    except UsageError as error:
        # the person's language is not the wire's
        reason = words.say(f"reasons.{error.code}", "en", **error.values)
        raise WireError(f"Invalid '{path}': {reason}.", param=path, code="invalid_value") from None


def _without_refusals(content: Any) -> Any:
    """A refusal that is sent back as history counts as text."""
    if not isinstance(content, list):
        return content
    return [
        {"type": "text", "text": part.get("refusal")}
        if isinstance(part, dict) and part.get("type") == "refusal"
        else part
        for part in content
    ]


def _check_tool_results(messages: tuple[Message, ...]) -> None:
    waiting: set[str] = set()
    for index, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise WireError(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                    "with 'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            waiting.discard(message.tool_call_id)
            continue
        if waiting:
            break
        waiting = {call.id for call in message.tool_calls}
    if waiting:
        raise WireError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: "
            f"{', '.join(sorted(waiting))}",
            param="messages",
        )


def read_input(top: Fields, earlier: tuple[Message, ...]) -> tuple[Message, ...]:
    """The items of a body of /responses, after the `earlier` messages. Raises WireError for a bad one."""
    value = top.require("input")
    if isinstance(value, str):
        return (*earlier, Message("user", value))
    items = top.array("input") or []
    if not items:
        raise WireError(
            "Invalid 'input': empty array. Expected an array with minimum length 1.",
            param="input",
            code="empty_array",
        )
    messages = list(earlier)
    for index, plain in enumerate(items):
        _add_item(messages, fields(plain, f"input[{index}]"), f"input[{index}]")
    return tuple(messages)


def _add_item(messages: list[Message], item: Fields, path: str) -> None:
    kind = item.text("type") or "message"
    if kind == "message":
        messages.append(_message(item.values, path))
    elif kind == "function_call":
        call = ToolCall(
            item.required_text("call_id"), item.required_text("name"), item.required_text("arguments")
        )
        if messages and messages[-1].tool_calls:
            last = messages.pop()
            messages.append(Message("assistant", last.text, tool_calls=(*last.tool_calls, call)))
        else:
            messages.append(Message("assistant", tool_calls=(call,)))
    elif kind == "function_call_output":
        call_id = item.required_text("call_id")
        if not any(call.id == call_id for message in messages for call in message.tool_calls):
            raise WireError(
                f"No tool call found for function call output with call_id {call_id}.", param="input"
            )
        output = item.require("output")
        if not isinstance(output, str | list):
            raise wrong_type(f"{path}.output", "a string", output)
        result = _message({"role": "user", "content": output}, f"{path}.output")
        messages.append(Message("tool", result.text, images=result.images, tool_call_id=call_id))
    elif kind not in ("reasoning", "item_reference"):
        known = ("message", "function_call", "function_call_output", "reasoning", "item_reference")
        raise item.bad_value("type", kind, known)
