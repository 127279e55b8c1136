"""Stand-in for Pythonista's `appex`: no extension runs here."""

from __future__ import annotations


def is_running_extension() -> bool:
    """Whether the share sheet runs this script."""
    return False


def is_widget() -> bool:
    """Gone since iOS 18."""
    return False


def get_text() -> str | None:
    """What was shared, if it is a text."""
    return None
