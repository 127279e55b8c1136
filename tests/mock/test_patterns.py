from __future__ import annotations

import random
import re

import pytest

from livetechno.mock.patterns import matching

PATTERNS = [
    r"^[A-G](#|b)?[0-8]$",
    r"^\d{4}-\d{2}$",
    r"^(?:kick|snare|hat)(?:,(?:kick|snare|hat))*$",
    r"^[^a-z]{5}$",
    r"^(\w+) \1$",
    r"^\S+\s\D+$",
    r"^a{0,3}b?c+?$",
    r"colou?r",
    r"^.{10}$",
    r"^(?!x)[xy]z$",
    r"",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_matches_its_pattern(pattern: str) -> None:
    for seed in range(30):
        text = matching(pattern, random.Random(seed))
        assert text is not None
        assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", ["(", r"^a{1000}$", r"^(?=b)a$", "(?P<x"])
def test_a_pattern_that_is_broken_or_beyond_reach_gives_none(pattern: str) -> None:
    assert matching(pattern, random.Random(0)) is None


def test_lengths_are_kept_where_the_pattern_leaves_room() -> None:
    text = matching(r"[ab]+", random.Random(0), shortest=30, longest=40)
    assert text is not None
    assert 30 <= len(text) <= 40
