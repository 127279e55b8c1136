"""Replay: the same request gets what was recorded, without any network; another one is told what differs."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from livetechno.gpt import wire
from livetechno.mock import chat, recordings, responses
from livetechno.mock.faults import FAULTS
from livetechno.mock.frames import Frame
from livetechno.mock.recordings import Recording, Wish
from livetechno.mock.reply import Reply
from livetechno.mock.wire import WireError

MOST_NAMED = 5
"""How many differing fields are named."""
AROUND = 24
"""Characters shown before and after the place where two texts part."""


class Replay:
    """Answers from the recordings in a folder. Raises UsageError for one that cannot be used.

    Several recordings of the same request are played in order; after the last it is played again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._recordings = recordings.load(folder)
        self._same: dict[str, list[Recording]] = defaultdict(list)
        for recording in self._recordings:
            self._same[recording.wish.key()].append(recording)
        self._played: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._recordings)

    def answer(self, method: str, path: str, raw: bytes) -> Reply:
        """The recorded answer to a request. Raises WireError 404 `not_recorded`."""
        wish = recordings.wish_of(method, path, raw)
        key = wish.key()
        if key not in self._same:
            raise _not_recorded(wish, self._recordings)
        same = self._same[key]
        with self._lock:
            place = min(self._played[key], len(same) - 1)
            self._played[key] += 1
        return _reply(same[place])


def differences(asked: object, recorded: object, path: str = "") -> Iterator[tuple[str, object, object]]:
    """The fields in which two JSON values differ, with what each has there; `...` is nothing at all."""
    match asked, recorded:
        case dict(), dict():
            for name in {**asked, **recorded}:
                inner = f"{path}.{name}" if path else name
                yield from differences(asked.get(name, ...), recorded.get(name, ...), inner)
        case list(), list():
            for place in range(max(len(asked), len(recorded))):
                mine, theirs = (side[place] if place < len(side) else ... for side in (asked, recorded))
                yield from differences(mine, theirs, f"{path}[{place}]")
        case _:
            if asked != recorded or type(asked) is not type(recorded):  # true is not 1
                yield path, asked, recorded


def _not_recorded(wish: Wish, known: Iterable[Recording]) -> WireError:
    place = f"{wish.method} {wish.path:.200}"
    alike = [one for one in known if (one.wish.method, one.wish.path) == (wish.method, wish.path)]
    if not alike:
        places = Counter(f"{one.wish.method} {one.wish.path:.200}" for one in known)
        listed = ", ".join(f"{name} ({count})" for name, count in places.most_common(MOST_NAMED))
        return _refusal(f"No recording answers {place}. There are recordings of: {listed}.")
    differing = {one.name: list(differences(wish.wanted(), one.wish.wanted())) for one in alike}
    name = min(differing, key=lambda name: len(differing[name]))
    fields = differing[name]
    told = "; ".join(_told(*field) for field in fields[:MOST_NAMED])
    more = f"; and {len(fields) - MOST_NAMED} more" if len(fields) > MOST_NAMED else ""
    return _refusal(
        f"No recording answers this request ({place}). The nearest is {name}, which differs in {told}{more}.",
        fields[0][0] or None,
    )


def _refusal(message: str, param: str | None = None) -> WireError:
    return WireError(message, param=param, code="not_recorded", status=404)


def _told(field: str, asked: object, recorded: object) -> str:
    mine, theirs = _shown(asked), _shown(recorded)
    same = next((at for at, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), 0)
    return f"{field or 'body'} (asked: {_around(mine, same)}, recorded: {_around(theirs, same)})"


def _shown(value: object) -> str:
    return "nothing" if value is ... else json.dumps(value, ensure_ascii=False)


def _around(text: str, place: int) -> str:
    """The text where it matters."""
    start, end = max(0, place - AROUND), place + AROUND
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"


def _reply(recording: Recording) -> Reply:
    cut = recording.ended == "cut"
    if not recording.stream:
        return Reply(recording.blocks[0], status=recording.status, headers=recording.headers, cut=cut)
    return Reply(
        frames=_frames(recording.blocks),
        error_frame=partial(_error_frame, recording),
        status=recording.status,
        headers=recording.headers,
        cut=cut,
    )


def _frames(blocks: tuple[bytes, ...]) -> list[Frame]:
    """The events of a recorded stream: before, in and after the pieces of its answer."""
    texts = [_piece(_data(block)) for block in blocks]
    last = max((place for place, text in enumerate(texts) if text), default=len(blocks) - 2)
    return [
        Frame(block, "piece" if text else "close" if place > last else "open", text)
        for place, (block, text) in enumerate(zip(blocks, texts, strict=True))
    ]


def _data(block: bytes) -> dict[str, Any]:
    """The JSON object in an event, or an empty one."""
    lines = (line.removeprefix(b"data:") for line in block.splitlines() if line.startswith(b"data:"))
    try:
        found = json.loads(b"\n".join(lines))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _piece(event: Mapping[str, Any]) -> str:
    """The text that an event of either endpoint adds to the answer."""
    match event:
        case {"choices": [{"delta": {"content": str(text)}}, *_]} if text:
            return text
        case {"choices": [{"delta": {"refusal": str(text)}}, *_]} if text:
            return text
        case {"choices": [{"delta": {"tool_calls": [{"function": {"arguments": str(text)}}, *_]}}, *_]}:
            return text
        case {"type": str(kind), "delta": str(text)} if "reasoning" not in kind:
            return text
    return ""


def _error_frame(recording: Recording, name: str, number: int) -> bytes:
    error = FAULTS[name].error()
    if not recording.wish.path.startswith("/v1/responses"):
        return chat.error_frame(error)
    if name != "response_failed":
        return responses.error_frame(error, number)
    begun = (wire.details(_data(block), "response") for block in recording.blocks)
    return responses.failed_frame(next(filter(None, begun), {}), error, number)
