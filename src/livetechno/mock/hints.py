"""What a person's words offer as values: numbers, quoted texts, words, names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,15}(?:[.,]\d{1,6})?(?![\d])")
_QUOTED = re.compile(r'"([^"\n]{1,200})"|«\s*([^»\n]{1,200}?)\s*»|“([^”\n]{1,200})”|`([^`\n]{1,200})`')
_WORD = re.compile(r"\w+")
_PROPER = re.compile(r"(?<=[\w,;:] )[A-ZÀ-Þ][\w'-]*(?: [A-ZÀ-Þ][\w'-]*)*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+")


@dataclass(frozen=True, slots=True)
class Hints:
    """The values that a text offers, in the order of the text."""

    text: str = ""
    numbers: tuple[float, ...] = ()
    quoted: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Words with a capital inside a sentence: places, people."""
    words: frozenset[str] = frozenset()
    """All words, without capitals or accents."""


def read_hints(text: str) -> Hints:
    """What `text` offers."""
    return Hints(
        text=text,
        numbers=tuple(float(found.replace(",", ".")) for found in _NUMBER.findall(text)),
        quoted=tuple(next(filter(None, groups)) for groups in _QUOTED.findall(text)),
        names=tuple(_PROPER.findall(text)),
        words=frozenset(plain_words(text)),
    )


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as text, between blanks."""
    return frozenset(text.split())


def plain(text: str) -> str:
    """The text in small letters and without accents, so that é finds e."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


def plain_words(text: str) -> list[str]:
    """The words of the text, in small letters and without accents."""
    return _WORD.findall(plain(text))


def name_words(names: Iterable[str]) -> set[str]:
    """The words inside identifiers: `get_weather` and `getWeather` give get and weather."""
    return {plain(word) for name in names for word in _CAMEL.split(name) if word}
