"""What goes out for a request, before a fault spoils it: a whole body or the events of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from livetechno.mock.frames import Frame


def _no_stream(name: str, number: int) -> bytes:
    raise AssertionError((name, number))


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole `body`, or a stream of `frames`; and the tokens it took."""

    body: bytes = b""
    frames: Iterable[Frame] | None = None
    error_frame: Callable[[str, int], bytes] = _no_stream
    """The fault of this name as an event of the stream, after so many events."""
    tokens: int = 0
    status: int = 200
    headers: Mapping[str, str] | None = None
    """None for those of Mock AI itself."""
    cut: bool = False
    """Whether the connection breaks at its end."""
