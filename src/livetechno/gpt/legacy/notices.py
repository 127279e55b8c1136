"""Warnings for the person who runs an older script, pointing at its own line."""

from __future__ import annotations

import sys
import warnings
from types import FrameType


class LegacyWarning(UserWarning):
    """Something that an older script asks for is not done, or is done otherwise."""


_told: set[str] = set()


def tell(sentence: str) -> None:
    """Warn, once with the same words, with the script's own line as the place."""
    if sentence in _told:
        return
    _told.add(sentence)
    depth = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith("livetechno."):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(sentence, LegacyWarning, stacklevel=depth)


def forget() -> None:
    """Warn anew of what has been told."""
    _told.clear()
