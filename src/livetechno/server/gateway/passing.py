"""A stream on its way through: whole events go on as the bytes they came as, and what it cost is read.

Nothing of it is parsed but the events that say how it ended. At most one event is held, until the rest of it
is there. An error inside it goes no further: it is in the words of the server that was asked.
"""

from __future__ import annotations

import re
from typing import Any

from livetechno.gpt import failures
from livetechno.gpt.catalogue import Endpoint
from livetechno.gpt.errors import GPTError, ReplyInvalidError
from livetechno.gpt.sse import SSEDecoder
from livetechno.gpt.wire import details, items, parse, text_or_none

LARGEST_EVENT = 4 * 1024 * 1024
"""Bytes of one event after which we stop listening: Responses repeats the whole request in its last."""
BYTES_PER_TOKEN = 4
"""Of English text in most vocabularies; for an estimate only."""

_EVENT = re.compile(rb".*?(?:\n\n|\r\n\r\n)", re.DOTALL)
_MARKS: dict[Endpoint, tuple[bytes, ...]] = {
    "chat": (b'"prompt_tokens"', b'"error"', b'"finish_reason":"', b'"finish_reason": "'),
    "responses": (b'"input_tokens"', b'"error"'),
}
"""What only events have that say how it ended: inside a text of JSON each quote has a backslash before it."""


class Passage:
    """What passes of one stream. Feed it bytes; it gives those that go on to the client now.

    `usage`: whether the client asked for the event that only tells what was used.
    """

    __slots__ = (
        "_endpoint",
        "_held",
        "_marks",
        "_usage",
        "bill",
        "bytes",
        "events",
        "finish",
        "frame",
        "problem",
    )

    def __init__(self, endpoint: Endpoint, *, usage: bool) -> None:
        self.bill: dict[str, Any] = {}
        """What the server told of `model`, `service_tier` and `usage`."""
        self.finish = ""
        self.problem: GPTError | None = None
        """What ends the stream here, in place of what the server said."""
        self.events = 0
        self.bytes = 0
        self.frame = 0
        """Bytes of the first event, which has no text yet: what frames each of them."""
        self._endpoint = endpoint
        self._usage = usage
        self._marks = _MARKS[endpoint]
        self._held = b""

    def feed(self, block: bytes) -> bytes:
        """The whole events up to the end of this block. Raises ReplyInvalidError past `LARGEST_EVENT`."""
        if self._held:
            block = self._held + block
            self._held = b""
        if not block.endswith(b"\n\n"):
            end = _end_of_events(block, len(block))
            self._held, block = block[end:], block[:end]
            if len(self._held) > LARGEST_EVENT:
                raise ReplyInvalidError("one event is too large", code="event_too_large")
        if not self.events:
            self.frame = len(block.partition(b"\n\n")[0]) + 2
        self.events += block.count(b"\n\n") or block.count(b"\r\n\r\n")
        self.bytes += len(block)
        for mark in self._marks:
            if mark in block:
                return self._read(block)
        return block

    def end(self) -> bytes:
        """What is left when the server has ended without closing its last event."""
        return self.feed(b"\n\n") if self._held else b""

    def written(self) -> int:
        """About how many tokens have come: one for each event, or more where events are long."""
        return max(self.events, (self.bytes - self.events * self.frame) // BYTES_PER_TOKEN)

    def _read(self, block: bytes) -> bytes:
        first = min(found for mark in self._marks if (found := block.find(mark)) >= 0)
        start = _end_of_events(block, first)
        passed = [block[:start]]
        for event in _EVENT.findall(block, start):
            if any(mark in event for mark in self._marks) and not self._passes(event):
                if self.problem is not None:
                    break
                continue
            passed.append(event)
        return b"".join(passed)

    def _passes(self, event: bytes) -> bool:
        """Whether an event may go on, which is read."""
        for each in SSEDecoder().feed(event):
            try:
                told = parse(each.data)
            except ReplyInvalidError:
                return True  # the client is to judge it, as it would without us
            kind = told.get("type") or each.type
            inner = details(told, "response") if self._endpoint == "responses" else told
            error = told.get("error") or (told if kind == "error" else None) or inner.get("error")
            if error:
                words = error if isinstance(error, dict) else {"message": str(error)}
                self.problem = failures.from_event(words)
            if isinstance(inner.get("usage"), dict):
                self.bill = {name: inner.get(name) for name in ("model", "service_tier", "usage")}
            if error:
                return False
            self._ended(inner)
            if self._endpoint == "chat" and self.bill and not told.get("choices"):
                return self._usage
        return True

    def _ended(self, told: dict[str, Any]) -> None:
        for choice in items(told.get("choices"))[:1]:
            reason = choice.get("finish_reason") if isinstance(choice, dict) else None
            self.finish = text_or_none(reason) or self.finish
        if self._endpoint == "responses" and self.bill:
            self.finish = "length" if told.get("status") == "incomplete" else "stop"


def _end_of_events(block: bytes, before: int) -> int:
    """Where the last whole event up to there ends; 0 without one."""
    end = max(block.rfind(b"\n\n", 0, before) + 2, block.rfind(b"\r\n\r\n", 0, before) + 4)
    return end if end >= 4 else 0
