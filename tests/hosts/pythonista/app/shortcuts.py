"""Stand-in for Pythonista's `shortcuts` (3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from _app import app


def is_running_shortcut() -> bool:
    """Whether a Shortcuts action runs this script."""
    return app().shortcut


def set_output_text(text: str) -> None:
    """Hand a text to the next action."""
    if not isinstance(text, str):
        raise TypeError("expected a string")
    app().outputs.append(text)


def set_spoken_output(text: str) -> None:
    """Have Siri say it."""
    app().outputs.append(text)


def pythonista_url(path: str, action: str = "run", args: str = "", argv: Sequence[str] | None = None) -> str:
    """The address that runs a script of the library."""
    pairs = [("action", action), *((("args", args),) if args else ()), *(("argv", one) for one in argv or ())]
    return f"pythonista3://{quote(path)}?{urlencode(pairs)}"


def open_url(url: str) -> None:
    """Open an address in whatever app has it."""
    app().opened.append(url)
