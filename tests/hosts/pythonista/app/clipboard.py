"""Stand-in for Pythonista's `clipboard`."""

from __future__ import annotations

from _app import app


def get() -> str | None:
    """The text on the clipboard; None where there is none (APP34)."""
    app().need_main("clipboard.get")  # OMZ#461: from a worker thread it froze the app
    return app().clipboard


def set(string: str) -> None:  # noqa: A001 - its name in the app
    """Put a text there. Raises TypeError for anything else."""
    app().need_main("clipboard.set")
    if not isinstance(string, str):
        raise TypeError("expected a string")
    app().clipboard = string
