"""What a fault does to the bytes of an answer. Nothing is sent here: bytes go in, bytes come out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from livetechno.mock.faults import Strike
from livetechno.mock.frames import Frame
from livetechno.mock.wire import dump, parsed

Ending = Literal["finish", "cut", "hold"]
"""How the sending ends: in good order, with the connection cut, or never (until the client leaves)."""

AFTER = 3
"""How many pieces of a stream arrive before a fault that names no number."""
STRANGER = b'event: response.future\ndata: {"type":"response.future","choices":[],"new":true}\n\n'
"""An event of a kind that no client knows yet, in the form of both endpoints."""
BROKEN_CHARACTER = "♪".encode()[:2]
"""The beginning of a character of three bytes."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What is really sent, and how it ends. `declared` is the Content-Length told, of a whole answer."""

    blocks: tuple[bytes, ...]
    ending: Ending = "finish"
    declared: int | None = None


def spoil_whole(body: bytes, strike: Strike | None) -> Spoiled:
    """A whole answer under a fault."""
    name = strike.fault.name if strike else ""
    half = body[: _boundary(body, len(body) // 2)]
    match name:
        case "stall":
            return Spoiled((half,), "hold", len(body))
        case "cut":
            return Spoiled((half,), "cut", len(body))
        case "cut_mid_character":
            return Spoiled((half + BROKEN_CHARACTER,), "cut", len(body) + len(BROKEN_CHARACTER))
        case "malformed_json":
            return _plain(body[:-1] + b",,]")
        case "no_finish":
            return _plain(_unfinished(body))
        case "wrong_schema":
            return _plain(dump({"object": "surprise", "choices": "none", "output": 7}))
        case "invalid_utf8":
            return _plain(half + b"\xff\xfe" + body[len(half) :])
    if strike and name in ("error_after_200", "limit_after_200", "response_failed"):
        return _plain(dump({"error": strike.fault.error()}))
    return _plain(body)


def spoil_stream(
    frames: Iterable[Frame], strike: Strike | None, error: Callable[[str, int], bytes]
) -> Iterator[bytes]:
    """The blocks of a stream under a fault, up to where it strikes; `ending_of` says what follows.

    `error(name, number)` makes the event that an error inside the stream is sent as, with the number
    of the events before it.
    """
    name = strike.fault.name if strike else ""
    if strike is None or strike.fault.stage != "during":
        yield from (frame.data for frame in frames)
    elif name == "odd_framing":
        yield from _odd(frame.data for frame in frames)
    elif name == "unknown_events":
        yield from _with_strangers(frames)
    elif name == "no_finish":
        yield from (frame.data for frame in frames if frame.part != "close")
    else:
        yield from _struck(frames, name, AFTER if strike.after is None else strike.after, error)


def ending_of(strike: Strike | None) -> Ending:
    """How a stream under this fault ends."""
    name = strike.fault.name if strike else ""
    if name in ("cut", "cut_mid_character"):
        return "cut"
    return "hold" if name == "stall" else "finish"


def _struck(
    frames: Iterable[Frame], name: str, after: int, error: Callable[[str, int], bytes]
) -> Iterator[bytes]:
    """The stream up to `after` pieces, or to the last piece of a shorter one; then what the fault leaves."""
    pieces = 0
    number = 0
    rest = iter(frames)
    struck: Frame | None = None
    for frame in rest:
        if frame.part == "close" or (frame.part == "piece" and pieces >= after):
            struck = frame
            break
        pieces += frame.part == "piece"
        number += 1
        yield frame.data
    if struck is None:
        return
    match name:
        case "cut_mid_character":
            yield _half_character(struck)
        case "error_after_200" | "limit_after_200" | "response_failed":
            yield error(name, number)
        case "malformed_json":
            yield struck.data.rstrip().removesuffix(b"}") + b",,]\n\n"
            yield from (frame.data for frame in rest)
        case "wrong_schema":
            yield b'data: {"type":"response.output_text.delta","delta":{"wrong":1},"choices":"none"}\n\n'
            yield from (frame.data for frame in rest)
        case "invalid_utf8":
            yield _before_text(struck) + b"\xff\xfe" + struck.data[len(_before_text(struck)) :]
            yield from (frame.data for frame in rest)


def _before_text(frame: Frame) -> bytes:
    """The bytes of the event before its text; for an event without text, those before its end."""
    text = dump(frame.text)[1:-1]
    place = frame.data.rfind(text) if text else -1
    return frame.data[:place] if place > 0 else frame.data.rstrip().removesuffix(b"}")


def _half_character(frame: Frame) -> bytes:
    return _before_text(frame) + BROKEN_CHARACTER


def _odd(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """What the standard of server-sent events allows and few servers do: an answer that is still right."""
    yield b"\xef\xbb\xbf: the stream begins with a byte order mark and a comment\r\n\r\n"
    for number, block in enumerate(blocks):
        lines = block.rstrip(b"\n").split(b"\n")
        ends = (b"\r\n", b"\n", b"\r")[number % 3]
        told = (
            ends.join([b":", b"retry: 10", *[part for line in lines for part in _over_two(line)]])
            + ends
            + ends
        )
        middle = len(told) // 2
        yield told[:middle]
        yield told[middle:]


def _over_two(line: bytes) -> list[bytes]:
    """A data line as two, cut where JSON allows a line's end."""
    if not line.startswith(b"data: {"):
        return [line.replace(b": ", b":", 1)]
    return [b"data: {", b"data:" + line.removeprefix(b"data: {")]


def _with_strangers(frames: Iterable[Frame]) -> Iterator[bytes]:
    """Events of a kind that no client knows yet, between the real ones."""
    for number, frame in enumerate(frames):
        if number % 3 == 1:
            yield STRANGER
        yield frame.data


def _unfinished(body: bytes) -> bytes:
    """A whole answer that does not say that it is finished; anything else as it is."""
    match parsed(body):
        case {"choices": [dict(), *_] as choices} as told:
            return dump({**told, "choices": [{**choice, "finish_reason": None} for choice in choices]})
        case {"status": _} as told:
            return dump({**told, "status": "in_progress", "completed_at": None})
    return body


def _boundary(body: bytes, place: int) -> int:
    """The nearest place before `place` where a character begins."""
    while place > 0 and body[place] & 0xC0 == 0x80:
        place -= 1
    return place


def _plain(body: bytes) -> Spoiled:
    return Spoiled((body,), "finish", len(body))
