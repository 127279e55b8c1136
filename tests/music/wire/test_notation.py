"""Steps as text: what can be told so comes back, what cannot is given back, and bad text names its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music.problems import Refused
from livetechno.music.values import Step
from livetechno.music.wire import notation

LENGTHS = st.integers(1, 64)


def steps_of(length: int, notes: st.SearchStrategy[int]) -> st.SearchStrategy[list[Step]]:
    one = st.builds(
        Step,
        st.integers(0, length - 1),
        notes,
        st.sampled_from([1, 14, 60, 99, 100, 113, 120, 127]),
        gate=st.sampled_from([0.5, 0.5, 0.25, 1.0, 2.0, 3.0, 17.0]),
        micro=st.sampled_from([0.0, 0.0, 0.0, 0.1]),
        ratchet=st.sampled_from([1, 1, 1, 3]),
        slide=st.booleans(),
        accent=st.booleans(),
    )
    return st.lists(one, unique_by=lambda step: (step.t, step.note), max_size=40)


def in_order(*steps: Step) -> list[Step]:
    return sorted(steps, key=lambda step: (step.t, step.note))


@given(st.data(), LENGTHS)
def test_a_row_and_what_it_cannot_tell_are_the_steps(data: st.DataObject, length: int) -> None:
    steps = data.draw(steps_of(length, st.just(36)))
    text, rest = notation.row(steps, length)
    assert in_order(*notation.read_row(text, 36, length), *rest) == in_order(*steps)


@given(st.data(), LENGTHS)
def test_a_line_and_what_it_cannot_tell_are_the_steps(data: st.DataObject, length: int) -> None:
    steps = data.draw(steps_of(length, st.integers(0, 127)))
    text, rest = notation.line(steps, length)
    assert in_order(*notation.read_line(text, length), *rest) == in_order(*steps)


def test_a_row_is_as_short_as_what_comes_again() -> None:
    four = [Step(t, 36, 100) for t in range(0, 64, 4)]
    assert notation.row(four, 64) == ("x...", ())


def test_a_row_is_played_again_until_the_pattern_ends() -> None:
    assert [step.t for step in notation.read_row("x..", 36, 8)] == [0, 3, 6]


def test_a_row_tells_levels_and_accents() -> None:
    assert notation.read_row("X.59", 36, 4) == (
        Step(0, 36, 120, accent=True),
        Step(2, 36, 71),
        Step(3, 36, 127),
    )


def test_a_line_tells_chords_holds_slides_and_levels() -> None:
    assert notation.read_line("A1! . C2~ - | E2+G2:5_ .*3", 8) == (
        Step(0, 33, 120, accent=True),
        Step(2, 36, 100, gate=2.0, slide=True),
        Step(4, 40, 71, gate=1.0),
        Step(4, 43, 71, gate=1.0),
    )


def test_a_line_reads_flats_and_octaves_below_zero() -> None:
    assert [step.note for step in notation.read_line("Bb2 Cb4 B#3 C-1 G9", 5)] == [46, 59, 60, 0, 127]


def test_every_note_has_a_name_that_reads_as_the_note() -> None:
    assert [notation.read_line(notation.name(note), 1)[0].note for note in range(128)] == list(range(128))


def test_nothing_is_silence() -> None:
    assert (notation.read_row("", 36, 16), notation.read_line(" ", 16)) == ((), ())


@pytest.mark.parametrize("text", ["x.y.", "x..-", "0", "é"])
def test_a_sign_that_is_none_is_named(text: str) -> None:
    with pytest.raises(Refused) as caught:
        notation.read_row(text, 36, 16)
    assert (caught.value.problems[0].code, "x" in caught.value.problems[0].allowed) == ("sign", True)


@pytest.mark.parametrize(
    "text", ["H1", "A", "A1:0", "A1!!", "A1+", "a1", "A10", "G#9", "Cb-1", "x", "~", "A1*", "*4"]
)
def test_a_word_that_is_none_is_named_with_its_step(text: str) -> None:
    with pytest.raises(Refused) as caught:
        notation.read_line(f". {text}", 16)
    assert (caught.value.problems[0].code, caught.value.problems[0].values["t"]) == ("word", 1)


def test_what_is_longer_than_its_pattern_is_refused() -> None:
    with pytest.raises(Refused, match="16"):
        notation.read_row("x" * 17, 36, 16)
    with pytest.raises(Refused, match="16"):
        notation.read_line("A1 .*16", 16)


def test_a_hold_without_anything_to_hold_is_refused() -> None:
    with pytest.raises(Refused):
        notation.read_line("- A1", 4)
    with pytest.raises(Refused):
        notation.read_line("A1 . -", 4)
