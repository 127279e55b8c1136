from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.mock.bounded import choose, read_bounds

ENDS = st.none() | st.integers(-(10**20), 10**20) | st.floats(-1e9, 1e9)


@given(ENDS, ENDS, ENDS, ENDS, st.sampled_from([None, 1, 3, 0.25, 0.1, 7.5]), st.booleans(), st.integers())
def test_a_number_keeps_to_its_bounds(
    low: Any, high: Any, above: Any, below: Any, step: Any, whole: bool, seed: int
) -> None:
    given_ = {"minimum": low, "maximum": high, "exclusiveMinimum": above, "exclusiveMaximum": below}
    schema = {name: value for name, value in {**given_, "multipleOf": step}.items() if value is not None}
    value = choose(read_bounds(schema, whole=whole), random.Random(seed), (0, 100))
    if value is None:
        return
    assert low is None or value >= low
    assert high is None or value <= high
    assert above is None or value > above
    assert below is None or value < below
    assert not whole or isinstance(value, int)
    if step is not None:
        assert (Fraction(repr(value)) / Fraction(repr(step))).denominator == 1


@pytest.mark.parametrize(
    ("schema", "whole"),
    [
        ({"minimum": 3, "maximum": 2}, False),
        ({"exclusiveMinimum": 3, "exclusiveMaximum": 4}, True),
        ({"minimum": 1, "maximum": 4, "multipleOf": 5}, True),
        ({"minimum": 2, "maximum": 2, "exclusiveMinimum": True}, False),
    ],
)
def test_bounds_that_allow_nothing_give_none(schema: dict[str, Any], whole: bool) -> None:
    assert choose(read_bounds(schema, whole=whole), random.Random(0), (0, 100)) is None


def test_a_narrow_room_is_found() -> None:
    bounds = read_bounds({"exclusiveMinimum": 0.001, "exclusiveMaximum": 0.002}, whole=False)
    value = choose(bounds, random.Random(0), (0, 100))
    assert value is not None
    assert 0.001 < value < 0.002


def test_a_number_that_was_offered_and_fits_is_taken() -> None:
    bounds = read_bounds({"minimum": 60, "maximum": 200}, whole=True)
    assert choose(bounds, random.Random(0), (0, 100), (3.0, 128.5, 128.0)) == 128
