"""Keeping plain lists of messages short: whole turns only, and the system messages always.

A conversation is a list of dicts in OpenAI's chat format. Its head is the system messages it begins
with; then come turns, each a person's message with all that follows it, tool calls and their results
included. Nothing here changes its input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from livetechno import words
from livetechno.gpt import summaries, wiring
from livetechno.gpt.errors import MissingKeyError, ParameterError, UsageError
from livetechno.gpt.summaries import INSTRUCTIONS, Plain, SummaryWarning, noted

if TYPE_CHECKING:
    from livetechno.gpt.client import Client

__all__ = [
    "INSTRUCTIONS",
    "SummaryWarning",
    "extract",
    "split",
    "summarize_old_messages",
    "trim_history",
]

MOST_EXTRACTS = 24
"""Most sentences of an extractive summary: the first and the newest half of them."""
LONGEST_EXTRACT = 160
"""Most characters of each."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s|\n")


def trim_history(conversation: Sequence[Plain], max_messages: int = 10) -> list[Plain]:
    """The head and the newest whole turns, at most `max_messages` messages beside the head.

    The newest turn is kept whole even when it alone is longer: without it there is no question.
    Raises ParameterError unless `max_messages` is a whole number of 1 or more, and UsageError for what
    is no list of messages.
    """
    _check(conversation, max_messages, "max_messages")
    head, turns = split(conversation)
    return head + _joined(_newest(turns, max_messages))


def summarize_old_messages(
    conversation: Sequence[Plain],
    keep: int = 8,
    summarize: Callable[[list[Plain]], str] | None = None,
) -> list[Plain]:
    """The head, a summary of what is older, and the newest whole turns: about `keep` messages.

    `summarize(old_messages)` writes the summary; by default the model does, through this process's own
    client, and without one the first sentences of what the person asked stand in. When it fails the
    older messages are left out, with a SummaryWarning. A conversation that is short enough stays as it is.
    Raises ParameterError and UsageError as `trim_history` does.
    """
    _check(conversation, keep, "keep")
    head, turns = split(conversation)
    newest = _newest(turns, keep)
    old = _joined(turns[: len(turns) - len(newest)])
    if not old:
        return list(conversation)
    earlier = [message for message in head if message.get("name") == summaries.NAME]
    head = [message for message in head if message.get("name") != summaries.NAME]
    try:
        summary = (summarize or _default_summary)([*earlier, *old]).strip()
    except Exception as error:  # noqa: BLE001 - whatever a summariser raises, the conversation goes on
        summaries.warn(str(error))
        return head + earlier + _joined(newest)
    if not summary:
        return head + earlier + _joined(newest)
    return [*head, noted(summary), *_joined(newest)]


def extract(messages: Sequence[Plain]) -> str:
    """A summary without a model: the first sentence of each thing the person said, newest last.

    Lines of an earlier summary come first. Empty when the person said nothing.
    """
    lines: list[str] = []
    for message in messages:
        if message.get("name") == summaries.NAME:
            lines += _text(message).splitlines()[1:]
        elif message.get("role") == "user" and (sentence := _first_sentence(_text(message))):
            lines.append(f"- {sentence}")
    if len(lines) > MOST_EXTRACTS:
        half = MOST_EXTRACTS // 2
        lines = [*lines[:half], "- …", *lines[-half:]]
    return "\n".join(lines)


def split(conversation: Sequence[Plain]) -> tuple[list[Plain], list[list[Plain]]]:
    """The head, and the turns. What stands before the person's first message is a turn of its own."""
    start = 0
    while start < len(conversation) and conversation[start].get("role") in ("system", "developer"):
        start += 1
    rest = conversation[start:]
    answered_at = _answers(rest)
    turns: list[list[Plain]] = []
    open_until = -1
    for index, message in enumerate(rest):
        if not turns or (message.get("role") == "user" and index > open_until):
            turns.append([])
        turns[-1].append(message)
        open_until = max(open_until, answered_at.get(index, -1))
    return list(conversation[:start]), turns


def _answers(rest: Sequence[Plain]) -> dict[int, int]:
    """For each message that calls tools, where the last result of its calls stands."""
    nearest: dict[str, int] = {}
    answered_at: dict[int, int] = {}
    for index in reversed(range(len(rest))):
        call_id = rest[index].get("tool_call_id")
        if isinstance(call_id, str):
            nearest[call_id] = index
        calls = rest[index].get("tool_calls")
        ids = [call.get("id") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
        places = [nearest[one] for one in ids if isinstance(one, str) and one in nearest]
        if places:
            answered_at[index] = max(places)
    return answered_at


def _newest(turns: list[list[Plain]], most: int) -> list[list[Plain]]:
    kept: list[list[Plain]] = []
    size = 0
    for turn in reversed(turns):
        size += len(turn)
        if kept and size > most:
            break
        kept.insert(0, turn)
    return kept


def _joined(turns: list[list[Plain]]) -> list[Plain]:
    return [message for turn in turns for message in turn]


def _check(conversation: object, count: object, name: str) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ParameterError(
            parameter=name, allowed=words.say("parameters.allowed.max_tokens"), code="parameter_value"
        )
    if not isinstance(conversation, Sequence) or not all(isinstance(one, dict) for one in conversation):
        raise UsageError(words.say("reasons.conversation"), code="messages_type")


def _default_summary(messages: list[Plain]) -> str:
    client = _client()
    return extract(messages) if client is None else _written_by_model(client, messages)


def _client() -> Client | None:
    try:
        return wiring.default_client() if wiring.default_client is not None else None
    except MissingKeyError:
        return None


def _written_by_model(client: Client, messages: list[Plain]) -> str:
    from livetechno.gpt import background

    model = wiring.default_model("chat") if wiring.default_model is not None else "chat"
    return background.run(summaries.write(client, model, messages))


def _text(message: Plain) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part["text"]) for part in content if isinstance(part, dict) and "text" in part)
    return content if isinstance(content, str) else ""


def _first_sentence(text: str) -> str:
    sentence = " ".join(_SENTENCE_END.split(text.strip(), maxsplit=1)[0].split())
    return sentence if len(sentence) <= LONGEST_EXTRACT else sentence[: LONGEST_EXTRACT - 1].rstrip() + "…"
