"""Conversations for tests of what keeps them and of what is sent of them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from livetechno.gpt.messages import Image, Message, ToolCall, assistant, tool_result, user
from livetechno.gpt.turns import MemoryTurns, Turn

PNG = "data:image/png;base64,iVBORw0KGgo="
TEXTS = st.one_of(st.text(max_size=40), st.sampled_from(["a" * 300, "Hello, world. " * 20, "電子音楽 " * 30]))


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Message, ...]:
    """A question, at times with pictures; rounds of calls and their results; an answer, at times cut."""
    messages = [user(draw(TEXTS), (Image(PNG, "low"),) * draw(st.integers(0, 2)))]
    for round_ in range(draw(st.integers(0, 2))):
        calls = [ToolCall(f"{round_}-{n}", "beats", '{"bars": 4}') for n in range(draw(st.integers(1, 2)))]
        messages.append(assistant(draw(TEXTS), calls))
        messages += [tool_result(call.id, draw(TEXTS)) for call in calls]
    return (*messages, assistant(draw(TEXTS), partial=draw(st.booleans())))


CONVERSATIONS = st.lists(exchanges(), max_size=8)


def kept(conversation: Sequence[Sequence[Message]]) -> MemoryTurns:
    """The conversation in memory."""
    turns = MemoryTurns()
    for exchange in conversation:
        turns.add(exchange)
    return turns


def talk(count: int, text: str = "Question") -> list[tuple[Message, ...]]:
    """So many plain exchanges."""
    return [(user(f"{text} {number}."), assistant(f"Answer {number}.")) for number in range(count)]


def oldest_first(turns: MemoryTurns) -> list[Turn]:
    """All turns in the order in which they were said."""
    return list(turns.newest())[::-1]


def torn(messages: Sequence[Message]) -> list[str]:
    """Calls without their results, and results without their calls, right behind."""
    waiting: set[str] = set()
    found: list[str] = []
    for message in messages:
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                found.append(str(message.tool_call_id))
            waiting.discard(str(message.tool_call_id))
            continue
        found += waiting
        waiting = {call.id for call in message.tool_calls}
    return found + list(waiting)
