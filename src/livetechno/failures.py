"""Any error as a sentence for a person, without a key and without a traceback."""

from __future__ import annotations

import sys

from livetechno import words
from livetechno.environment import EnvironmentValueError


def sentence(error: BaseException) -> str:
    """What went wrong and, where that is known, what to do; with the request's id where there is one."""
    from livetechno.gpt.errors import GPTError
    from livetechno.gpt.redaction import redact
    from livetechno.settings import SettingsError

    if isinstance(error, GPTError):
        known = f" ({words.say('cli.request_id', id=error.request_id)})" if error.request_id else ""
        text = f"{error}{known}"
    elif isinstance(error, EnvironmentValueError):
        text = words.say("cli.environment", variable=error.variable, value=error.value, allowed=error.allowed)
    elif isinstance(error, SettingsError):
        where = f"{error.file} ({error.field})" if error.field else str(error.file)
        text = words.say("cli.settings", where=where, reason=error.reason)
    elif isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        text = words.say("cli.system", reason=f"{error.strerror}{where}")
    elif is_of_the_store(error) or type(error).__module__ in _THAT_SAY_IT:
        text = str(error)
    else:
        text = words.say("cli.unexpected", kind=type(error).__name__, detail=error)
    return redact(text)


_THAT_SAY_IT = ("livetechno.music.problems", "livetechno.composer.errors", "livetechno.projects")
"""Modules whose errors say in a sentence what went wrong and what to do; none is loaded for that."""


def is_of_the_store(error: BaseException) -> bool:
    """Whether the store raised it; where it is not loaded it raised nothing, and need not be."""
    store = sys.modules.get("livetechno.store.errors")
    return store is not None and isinstance(error, store.StoreError)
