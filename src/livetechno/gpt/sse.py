"""Server-sent events, decoded from bytes as they arrive.

After the standard's "parsing an event stream" (HTML, section 9.2.6): lines end with CR, LF or
CRLF, a line that begins with a colon is a comment, several `data` lines make one text, an event
that is not closed by an empty line is dropped. Splitting is done on bytes, so a character cut
in two by the network is whole again before it is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from livetechno.gpt.errors import ReplyInvalidError

LARGEST_EVENT = 32 * 1024 * 1024
"""Bytes of one event after which we stop listening: no answer of a model is that long."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its type (`message` where the server names none) and its data."""

    type: str
    data: str


class SSEDecoder:
    """Feed it bytes, cut anywhere; it gives the events that they complete."""

    __slots__ = ("_after_cr", "_data", "_first", "_line", "_size", "_type")

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._type = b""
        self._size = 0
        self._after_cr = False
        self._first = True

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """The events that `chunk` completes, each as soon as it is read: iterate to the end.

        Raises ReplyInvalidError past `LARGEST_EVENT`.
        """
        if not chunk:
            return
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._size += len(chunk)
        *lines, rest = chunk.split(b"\n")
        if lines and self._line:
            lines[0] = b"".join((*self._line, lines[0]))
            self._line.clear()
        for line in lines:
            if line:
                self._read(line)
            elif (event := self._dispatch()) is not None:
                yield event
        if rest:
            self._line.append(rest)
        if self._size > LARGEST_EVENT:
            raise ReplyInvalidError("one event is too large", code="event_too_large")

    def _read(self, line: bytes) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._type = value.removeprefix(b" ")

    def _dispatch(self) -> ServerEvent | None:
        self._first = False
        data, kind = self._data, self._type
        self._size = 0
        self._type = b""
        if not data:
            return None
        self._data = []
        text = data[0] if len(data) == 1 else b"\n".join(data)
        return ServerEvent(kind.decode("utf-8", "replace") or "message", text.decode("utf-8", "replace"))
