"""Warnings for the person who runs an older script, each said once."""

from __future__ import annotations

from livetechno.gpt import notices


class LegacyWarning(UserWarning):
    """Something that an older script asks for is not done, or is done otherwise."""


_told: set[str] = set()


def tell(sentence: str) -> None:
    """Warn, once with the same words."""
    if sentence not in _told:
        _told.add(sentence)
        notices.warn(sentence, LegacyWarning)


def forget() -> None:
    """Warn anew of what has been told."""
    _told.clear()
