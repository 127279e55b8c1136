"""Every sentence a person sees, in French and in English, from `fr.json` and `en.json`.

The page reads the same two files, so a sentence is written once. Keys are dotted
paths by room (`errors.idle_timeout.what`); values may hold `{names}` to fill in.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from livetechno import environment

LANGUAGES = ("en", "fr")


@cache
def catalogue(language: str) -> dict[str, str]:
    """All sentences of one language, by key. Raises KeyError for a language we do not speak."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8")
    sentences: dict[str, str] = json.loads(text)
    return sentences


def say(key: str, language: str | None = None, /, **values: object) -> str:
    """The sentence for `key` in `language` (default: the person's own), with `values` filled in.

    Raises KeyError when the key is unknown, or when a value that the sentence names is missing.
    """
    return catalogue(language or environment.language())[key].format_map(values)
