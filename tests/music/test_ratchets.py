"""Which close hits are one ratchet."""

from __future__ import annotations

import pytest

from livetechno.music import schema
from livetechno.music.ratchets import MOST, Hit, found

SLACK = 1 / 120


def taken(*hits: Hit) -> list[tuple[float, int]]:
    return [(first.at, count) for first, count in found(hits, SLACK)]


def even(count: int, at: float = 0.0, *, length: float = 0.05, vel: int = 100, note: int = 60) -> list[Hit]:
    return [Hit(at + number / count, length, note, vel) for number in range(count)]


@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize("at", [0.0, 3.0, 2.75])
def test_even_hits_of_a_step_are_one_ratchet(count: int, at: float) -> None:
    crowded = len({round(hit.at) for hit in even(count, at)}) < count
    assert taken(*even(count, at)) == ([(at, count)] if crowded else [(hit.at, 1) for hit in even(count, at)])


def test_ratchets_of_other_notes_and_of_the_next_step_are_their_own() -> None:
    hits = [*even(3), *even(2, 1.0), Hit(2.0, 0.05, 60, 100), *even(4, note=62)]
    assert taken(*hits) == [(0.0, 3), (1.0, 2), (2.0, 1), (0.0, 4)]


def test_hits_that_steps_can_hold_stay_as_they_are() -> None:
    assert taken(Hit(0.2, 0.1, 60, 9), Hit(0.7, 0.1, 60, 9)) == [(0.2, 1), (0.7, 1)]


@pytest.mark.parametrize(
    "second",
    [Hit(0.4, 0.05, 60, 100), Hit(0.5, 0.05, 60, 90), Hit(0.5, 0.2, 60, 100)],
    ids=["uneven", "softer", "longer"],
)
def test_hits_that_differ_are_no_ratchet(second: Hit) -> None:
    assert taken(Hit(0.0, 0.05, 60, 100), second) == [(0.0, 1), (second.at, 1)]


def test_a_hit_more_in_the_step_makes_it_none() -> None:
    assert taken(*even(2), Hit(0.8, 0.05, 60, 100)) == [(0.0, 1), (0.5, 1), (0.8, 1)]


def test_hits_that_last_into_each_other_are_none() -> None:
    assert taken(*even(2, length=0.9)) == [(0.0, 1), (0.5, 1)]


def test_no_ratchet_has_more_hits_than_a_step_may_have() -> None:
    assert schema.load("Step.v1")["properties"]["ratchet"]["maximum"] == MOST
