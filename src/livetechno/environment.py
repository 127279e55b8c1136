"""What the surroundings say: the home folder, the language, today's date, the Mock AI switch.

Variables are read at each call, so a test or a host may change them at any time.

| variable | meaning |
|---|---|
| `LIVETECHNO_HOME` | folder of our data, `config.json` and `models.json` |
| `LIVETECHNO_LANG` | `fr` or `en` |
| `LIVETECHNO_DATE` | today as YYYY-MM-DD, for tests and for looking ahead |
| `LIVETECHNO_MOCK` | `auto` (Mock AI when there is no key), `always`, `never` |
| `LIVETECHNO_MODEL` | what the alias `chat` means |
| `OPENAI_API_KEY`, `OPENAI_BASE_URL` | as for OpenAI's own tools |
"""

from __future__ import annotations

import datetime
import locale
import os
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

Language = Literal["en", "fr"]
MockMode = Literal["auto", "always", "never"]
MOCK_MODES: tuple[MockMode, ...] = ("auto", "always", "never")

host_language: Callable[[], Language] | None = None
"""The person's language, where a host knows it better than the variables of the system do."""


class EnvironmentValueError(ValueError):
    """A variable holds something we cannot read; `variable`, `value` and `allowed` say what."""

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        super().__init__(f"{variable}={value!r}: {allowed}")
        self.variable = variable
        self.value = value
        self.allowed = allowed


def home() -> Path:
    """The folder that holds our data. It may not exist yet."""
    chosen = os.environ.get("LIVETECHNO_HOME")
    return _chosen_home(chosen) if chosen else _system_home()


@lru_cache(maxsize=4)
def _chosen_home(folder: str) -> Path:
    return Path(folder).expanduser()


@cache
def _system_home() -> Path:
    if is_phone():
        # beside the app's Documents, which it shows to the person, to iCloud and to other programs
        return Path.home() / "Library" / "Application Support" / "livetechno"
    import platformdirs

    return Path(platformdirs.user_data_dir("livetechno", appauthor=False))


def today() -> datetime.date:
    """Today in UTC, or the day that `LIVETECHNO_DATE` fixes.

    Raises EnvironmentValueError when that variable is no date.
    """
    fixed = os.environ.get("LIVETECHNO_DATE")
    if not fixed:
        return datetime.datetime.now(datetime.timezone.utc).date()
    try:
        return datetime.date.fromisoformat(fixed)
    except ValueError:
        raise EnvironmentValueError("LIVETECHNO_DATE", fixed, "YYYY-MM-DD") from None


def now() -> datetime.datetime:
    """The moment in UTC, on the day that `LIVETECHNO_DATE` fixes if it does.

    Raises EnvironmentValueError when that variable is no date.
    """
    moment = datetime.datetime.now(datetime.timezone.utc)
    if not os.environ.get("LIVETECHNO_DATE"):
        return moment
    return datetime.datetime.combine(today(), moment.timetz())


def is_phone() -> bool:
    """Whether this is Pythonista, on an iPhone or iPad, where memory is short."""
    return "Pythonista" in (sys.executable or "") or sys.platform == "ios"


def has_display() -> bool:
    """Whether a browser can open a window before who started us: a desktop, and not through SSH."""
    if is_phone() or os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def language() -> Language:
    """`fr` or `en`: what `LIVETECHNO_LANG` says, else the host, else the system's language, else English."""
    chosen: str | None = os.environ.get("LIVETECHNO_LANG")
    if not chosen and host_language is not None:
        return host_language()
    if not chosen:
        names = ("LC_ALL", "LC_MESSAGES", "LANG")
        chosen = next((value for name in names if (value := os.environ.get(name))), None)
    if not chosen:
        chosen = locale.getlocale()[0]
    return "fr" if (chosen or "").lower().startswith("fr") else "en"


def mock_mode() -> MockMode:
    """When Mock AI answers. Raises EnvironmentValueError for another word than the three."""
    chosen = os.environ.get("LIVETECHNO_MOCK") or "auto"
    if chosen not in MOCK_MODES:
        raise EnvironmentValueError("LIVETECHNO_MOCK", chosen, " | ".join(MOCK_MODES))
    return chosen


def default_model() -> str | None:
    """The model that `LIVETECHNO_MODEL` puts in place of the alias `chat`, if any."""
    return os.environ.get("LIVETECHNO_MODEL", "").strip() or None


def base_url() -> str | None:
    """The address that `OPENAI_BASE_URL` names, if any."""
    return os.environ.get("OPENAI_BASE_URL") or None
