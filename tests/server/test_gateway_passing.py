"""Streams on their way through: the bytes that came, whole event by whole event, and what they cost."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.errors import ReplyInvalidError
from livetechno.server.gateway import passing
from livetechno.server.gateway.passing import Passage

USAGE = {"prompt_tokens": 5, "completion_tokens": 2}


def chunk(text: str = "", finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'model': 'm', 'choices': [choice], 'usage': None, **more})}\n\n".encode()


BILL = {"model": "m", "service_tier": "flex", "usage": USAGE}
LAST = f"data: {json.dumps({**BILL, 'choices': []})}\n\n".encode()
DONE = b"data: [DONE]\n\n"
HOSTILE = [
    '"prompt_tokens"',
    '{"error": {"message": "x"}}',
    "\n\ndata: [DONE]\n\n",
    "é🎵",
    '"finish_reason":"',
]


def cut(whole: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
    return [whole[start:end] for start, end in pairwise(ends)]


@given(
    texts=st.lists(st.text() | st.sampled_from(HOSTILE), max_size=8),
    places=st.lists(st.integers(0, 5000), max_size=20),
    usage=st.booleans(),
    crlf=st.booleans(),
)
def test_wherever_it_is_cut_the_same_bytes_come_out_and_the_bill_is_read(
    texts: list[str], places: list[int], usage: bool, crlf: bool
) -> None:
    events = [*(chunk(text) for text in texts), b": ping\n\n", chunk(finish="length"), LAST, DONE]
    expected = b"".join(event for event in events if usage or event != LAST)
    whole = b"".join(events)
    if crlf:
        whole, expected = whole.replace(b"\n", b"\r\n"), expected.replace(b"\n", b"\r\n")
    passage = Passage("chat", usage=usage)
    came = [passage.feed(block) for block in cut(whole, places)]
    assert b"".join(came) == expected
    assert all(block.endswith((b"\n\n", b"\r\n\r\n")) for block in came if block)
    assert passage.bill == BILL
    assert (passage.finish, passage.problem) == ("length", None)


def test_an_event_goes_on_as_soon_as_it_is_whole() -> None:
    passage = Passage("chat", usage=False)
    first, second = chunk("a"), chunk("b")
    assert passage.feed(first + second[:9]) == first
    assert passage.feed(second[9:]) == second


def test_an_event_that_was_never_closed_goes_on_at_the_end() -> None:
    passage = Passage("chat", usage=False)
    assert passage.feed(b"data: [DONE]\n") == b""
    assert passage.end().startswith(b"data: [DONE]\n")
    assert passage.end() == b""


def test_a_usage_beside_text_is_read_and_stays_where_it_is() -> None:
    event = chunk("x", usage=USAGE)
    passage = Passage("chat", usage=False)
    assert passage.feed(event) == event
    assert passage.bill["usage"] == USAGE


@pytest.mark.parametrize(
    ("endpoint", "event"),
    [
        ("chat", {"error": {"message": "for sk-secret", "code": "rate_limit_exceeded"}}),
        ("chat", {"error": "for sk-secret"}),
        ("responses", {"type": "error", "message": "for sk-secret", "code": "server_error"}),
        ("responses", {"type": "response.failed", "response": {"error": {"message": "for sk-secret"}}}),
    ],
)
def test_an_error_inside_it_goes_no_further_and_what_came_before_does(endpoint: Any, event: Any) -> None:
    passage = Passage(endpoint, usage=True)
    kind = f"event: {event['type']}\n" if "type" in event else ""
    bad = f"{kind}data: {json.dumps(event)}\n\n".encode()
    assert passage.feed(chunk("a") + bad + chunk("never")) == chunk("a")
    assert passage.problem is not None


def test_a_response_is_billed_by_its_last_event_and_every_event_passes() -> None:
    created = {"type": "response.created", "response": {"error": None, "usage": None}}
    bill = {"model": "m", "service_tier": "default", "usage": {"input_tokens": 3, "output_tokens": 4}}
    ended = {"type": "response.incomplete", "response": {"status": "incomplete", "error": None, **bill}}
    whole = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in (created, ended))
    passage = Passage("responses", usage=False)
    assert passage.feed(whole) == whole
    assert (passage.bill, passage.finish) == (bill, "length")


def test_no_more_than_one_event_is_held_and_none_without_end() -> None:
    passage = Passage("chat", usage=False)
    for _ in range(1000):
        passage.feed(chunk("word"))
    assert len(passage._held) == 0
    passage.feed(b"x" * passing.LARGEST_EVENT)
    with pytest.raises(ReplyInvalidError):
        passage.feed(b"x")


def test_what_came_is_about_as_many_tokens_as_events_or_more_where_they_are_long() -> None:
    passage = Passage("chat", usage=False)
    passage.feed(chunk(""))
    for _ in range(10):
        passage.feed(chunk("word"))
    assert passage.written() in (11, 12)
    passage.feed(chunk("four" * 1000))
    assert 1000 < passage.written() < 1100
