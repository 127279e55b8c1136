"""What is typed to a proposal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.composer.replies import Reply, read


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("yes", Reply("yes")),
        (" Oui ", Reply("yes")),
        ("n", Reply("no")),
        ("", Reply("nothing")),
        ("1 3-5", Reply("some", frozenset({0, 2, 3}))),
        ("2,3", Reply("some", frozenset({1, 2}))),
        ("9", Reply("some")),
        ("0", Reply("some")),
        ("more hats", Reply("otherwise", text="more hats")),
        ("132 bpm", Reply("otherwise", text="132 bpm")),
    ],
)
def test_a_line_says_one_thing(said: str, reply: Reply) -> None:
    assert read(said, 4) == reply


@given(st.text(max_size=40), st.integers(0, 300))
def test_no_line_names_an_action_that_is_not_there(said: str, count: int) -> None:
    assert all(0 <= place < count for place in read(said, count).places)
