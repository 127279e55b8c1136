"""Every sentence a person sees, in French and in English, from `fr.json` and `en.json`.

The page reads the same two files, so a sentence is written once. Keys are dotted
paths by room (`errors.idle_timeout.what`); values may hold `{names}` to fill in.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from livetechno import environment

LANGUAGES = ("en", "fr")
listener: ContextVar[str | None] = ContextVar("livetechno.listener", default=None)
"""The language of who is answered now, where that may be another person than the one of this machine."""


@cache
def catalogue(language: str) -> dict[str, str]:
    """All sentences of one language, by key. Raises KeyError for a language we do not speak."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8")
    sentences: dict[str, str] = json.loads(text)
    return sentences


def say(key: str, language: str | None = None, /, **values: object) -> str:
    """The sentence for `key` in `language` (default: the listener's, else the person's own), with `values`.

    A float is written with the language's decimal sign.
    On a phone, which has no commands to type, the sentence for `{key}.phone` where there is one.
    Raises KeyError when the key is unknown, or when a value that the sentence names is missing.
    """
    language = language or listener.get() or environment.language()
    sentences = catalogue(language)
    if environment.is_phone():
        key = f"{key}.phone" if f"{key}.phone" in sentences else key
    if language == "fr":
        values = {name: _Decimal(one) if isinstance(one, float) else one for name, one in values.items()}
    return sentences[key].format_map(values)


class _Decimal(float):
    """A number with a comma before its decimals."""

    def __format__(self, form: str) -> str:
        return super().__format__(form).replace(".", ",")
