"""Answers as 0.27 gave them: dicts whose entries are attributes too."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from livetechno.gpt.completions import Completion, Usage
from livetechno.gpt.messages import ToolCall


class OpenAIObject(dict[str, Any]):
    """A dict; `answer.choices` is `answer["choices"]`, at every depth."""

    @classmethod
    def wrap(cls, value: Any) -> Any:
        """The value with every dict in it made an OpenAIObject; the value itself stays as it is."""
        if isinstance(value, Mapping):
            return cls({name: cls.wrap(one) for name, one in value.items()})
        if isinstance(value, list):
            return [cls.wrap(one) for one in value]
        return value

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self:
            raise AttributeError(name)
        del self[name]

    def __str__(self) -> str:
        return json.dumps(self, sort_keys=True, indent=2)

    def __repr__(self) -> str:
        parts = [type(self).__name__, *(str(self[name]) for name in ("object", "id") if self.get(name))]
        return f"<{' '.join(parts)}> JSON: {self}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).wrap, (self.to_dict_recursive(),)

    def __deepcopy__(self, memo: dict[int, Any]) -> OpenAIObject:
        copied: OpenAIObject = type(self).wrap(self.to_dict_recursive())
        return copied

    def to_dict(self) -> dict[str, Any]:
        """A plain dict of the entries, as they are."""
        return dict(self)

    def to_dict_recursive(self) -> dict[str, Any]:
        """A plain dict, with plain dicts and lists in it."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def whole(completion: Completion, *, functions: bool) -> OpenAIObject:
    """The answer as a `chat.completion`. `functions`: calls are told as 0.27's `function_call`.

    Of several answers our client keeps the texts only, so all have the first one's finish reason.
    """
    first = {"role": "assistant", "content": completion.text or None, **_calls(completion, functions)}
    if not completion.tool_calls:
        first["content"] = completion.text
    messages = [first, *({"role": "assistant", "content": text} for text in completion.alternatives)]
    document = {
        **_head(completion.id, "chat.completion", completion.model),
        "choices": [
            {"index": index, "message": message, "finish_reason": finish(completion, functions=functions)}
            for index, message in enumerate(messages)
        ],
    }
    if completion.usage is not None:
        document["usage"] = usage(completion.usage)
    wrapped: OpenAIObject = OpenAIObject.wrap(document)
    return wrapped


class Chunks:
    """Makes the chunks of one streamed answer: all have the same id, time and model."""

    def __init__(self, model: str) -> None:
        self._head = _head(f"chatcmpl-{time.time_ns():x}", "chat.completion.chunk", model)

    def opening(self) -> OpenAIObject:
        """The first chunk, which tells the role."""
        return self._chunk({"role": "assistant", "content": ""})

    def text(self, text: str, index: int = 0) -> OpenAIObject:
        """A piece of the text."""
        return self._chunk({"content": text}, index)

    def closing(self, completion: Completion, *, functions: bool) -> list[OpenAIObject]:
        """What is left when the answer is whole: calls, other answers, and the finish of each."""
        reason = finish(completion, functions=functions)
        chunks = [self._chunk(calls)] if (calls := _calls(completion, functions, numbered=True)) else []
        chunks += [self.text(text, index) for index, text in enumerate(completion.alternatives, 1)]
        return chunks + [self._chunk({}, index, reason) for index in range(len(completion.alternatives) + 1)]

    def _chunk(self, delta: dict[str, Any], index: int = 0, reason: str | None = None) -> OpenAIObject:
        choice = {"index": index, "delta": delta, "finish_reason": reason}
        chunk: OpenAIObject = OpenAIObject.wrap({**self._head, "choices": [choice]})
        return chunk


def model_list(names: tuple[str, ...]) -> OpenAIObject:
    """What `Model.list()` gives: the names, which is all that our client keeps."""
    rows = [{"id": name, "object": "model"} for name in names]
    listed: OpenAIObject = OpenAIObject.wrap({"object": "list", "data": rows})
    return listed


def usage(used: Usage) -> dict[str, Any]:
    """Tokens in the words of Chat Completions."""
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
    }


def finish(completion: Completion, *, functions: bool) -> str:
    """Why the answer ended, in the words of the script's time."""
    return "function_call" if functions and completion.finish == "tool_calls" else completion.finish


def _head(answer_id: str | None, kind: str, model: str) -> dict[str, Any]:
    return {
        "id": answer_id or f"chatcmpl-{time.time_ns():x}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }


def _calls(completion: Completion, functions: bool, *, numbered: bool = False) -> dict[str, Any]:
    if not completion.tool_calls:
        return {}
    if functions:
        call = completion.tool_calls[0]
        return {"function_call": {"name": call.name, "arguments": call.arguments}}
    told = [_call(call) for call in completion.tool_calls]
    return {"tool_calls": [{"index": i, **call} for i, call in enumerate(told)] if numbered else told}


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
