from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import sse
from livetechno.gpt.errors import ReplyInvalidError
from livetechno.gpt.sse import ServerEvent, SSEDecoder


def decode(*chunks: bytes) -> list[ServerEvent]:
    decoder = SSEDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [("message", "a")]),
        (b"data:a\r\n\r\n", [("message", "a")]),
        (b"data: a\rdata: b\r\r", [("message", "a\nb")]),
        (b"data:  two\n\n", [("message", " two")]),
        (b": hello\n\ndata: a\n\n", [("message", "a")]),
        (b"event: add\ndata: 73\n\ndata: 1\n\n", [("add", "73"), ("message", "1")]),
        (b"data\n\ndata\ndata\n\n", [("message", ""), ("message", "\n")]),
        (b"event: only\n\ndata: a\n\n", [("message", "a")]),
        (b"id: 1\nretry: 5\nunknown: x\ndata: a\n\n", [("message", "a")]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"\n\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a")]),
        (b"data: a\xef\xbb\xbf\n\n", [("message", "a\ufeff")]),
        (b"data: \xff\n\n", [("message", "\ufffd")]),
        (b"data: a:b: c\n\n", [("message", "a:b: c")]),
    ],
)
def test_a_stream_is_read_as_the_standard_says(stream: bytes, expected: list[tuple[str, str]]) -> None:
    assert decode(stream) == [ServerEvent(kind, data) for kind, data in expected]


LINES = st.lists(
    st.text(alphabet=st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=12),
    min_size=1,
    max_size=4,
)


@given(st.lists(LINES, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.randoms(use_true_random=False))
def test_how_the_bytes_are_cut_changes_nothing(events: list[list[str]], end: str, dice) -> None:  # type: ignore[no-untyped-def]
    stream = "".join("".join(f"data: {line}{end}" for line in lines) + end for lines in events).encode()
    cuts = sorted(dice.randint(0, len(stream)) for _ in range(dice.randint(0, 8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [event.data for event in decode(*chunks)] == ["\n".join(lines) for lines in events]
    assert decode(*(stream[i : i + 1] for i in range(len(stream)))) == decode(stream)


def test_an_event_without_end_is_refused_before_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT", 1000)
    with pytest.raises(ReplyInvalidError) as caught:
        decode(*[b"data: 0123456789\n"] * 1000)
    assert caught.value.code == "event_too_large"


def test_many_small_events_are_never_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT", 1000)
    assert len(decode(*[b"data: x\n\n"] * 500)) == 500
