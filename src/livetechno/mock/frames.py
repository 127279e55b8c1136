"""One event of a stream, as bytes, with what a fault needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["open", "piece", "close"]


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one event: it opens, carries a piece of the answer (`text`), or belongs to its close."""

    data: bytes
    part: Part
    text: str = ""
