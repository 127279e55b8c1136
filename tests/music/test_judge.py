"""The measures, against what can be worked out by hand."""

from __future__ import annotations

import math

import pytest

from livetechno.music import judge, roles
from livetechno.music.actions import AddMachine, Arrange, CreatePattern, SetKey
from livetechno.music.generator.styles import STYLES
from livetechno.music.judge import Verdict
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.machines.device import Voice
from livetechno.music.reduce import reduce
from livetechno.music.values import Project, Section, Step
from tests.music.making import MACHINES, project

FLOOR = tuple(Step(t, 36, 100) for t in (0, 4, 8, 12))


def beat(*steps: Step, bars: int = 2, length: int = 16) -> Project:
    return project(
        AddMachine("maker.drums", "d", 10),
        CreatePattern("p", "d", length, steps=steps),
        Arrange((Section("", bars, ("p",)),)),
    )


def test_bars_that_are_alike_are_consistent_and_others_by_what_differs() -> None:
    assert judge.groove_consistency([{0, 4}, {0, 4}]) == 1
    assert judge.groove_consistency([{0, 4}, {0, 5}]) == 1 - 2 / 16
    assert judge.groove_consistency([{0}]) == 1


def test_entropy_is_the_bits_of_a_choice() -> None:
    assert (judge.entropy([1, 1, 1]), judge.entropy([0, 1]), judge.entropy([0, 1, 2, 3])) == (0, 1, 2)


def test_a_straight_beat_is_not_syncopated_and_an_off_beat_is() -> None:
    assert judge.syncopation({0, 4, 8, 12}) == 0
    assert judge.syncopation({2, 6, 10, 14}) == pytest.approx((1 + 2 + 1 + 3) / 4)


def test_four_on_the_floor_is_as_even_as_can_be_and_a_cluster_is_not() -> None:
    assert judge.evenness({0, 4, 8, 12}) == pytest.approx(1)
    assert judge.evenness({0, 1, 2, 3}) < 0.5
    assert judge.evenness({3}) == 1


def test_what_a_beat_is_is_counted() -> None:
    clap, hat = (Step(4, 38, 90), Step(12, 38, 90)), tuple(Step(t, 46, 90) for t in (2, 6, 10, 15))
    measures = judge.measure(beat(*FLOOR, *clap, *hat), MACHINES)
    assert (measures["kicks_per_bar"], measures["four_on_the_floor"], measures["kick_off_beat"]) == (4, 1, 0)
    assert (measures["backbeat"], measures["open_hats_off_beat"]) == (1, 0.75)
    assert (measures["hits_per_bar"], measures["occupancy"], measures["empty_beats"]) == (10, 0.5, 0)
    assert "pitch_class_entropy" not in measures


def test_a_line_is_measured_by_its_own() -> None:
    steps = (Step(0, 33, 100), Step(2, 33, 120, accent=True), Step(4, 45, 100, slide=True), Step(6, 40, 100))
    made = project(
        AddMachine("maker.bass", "b", 2),
        CreatePattern("p", "b", 16, steps=steps),
        Arrange((Section("", 1, ("p",)),)),
        SetKey(key="A", scale="minor"),
    )
    measures = judge.measure(made, MACHINES)
    assert measures["line_density"] == 0.25
    assert (measures["line_slides"], measures["line_accents"]) == (0.25, 0.25)
    assert (measures["line_range"], measures["line_pitch_classes"], measures["line_main_note"]) == (
        12,
        2,
        0.5,
    )
    assert measures["scale_consistency"] == 1
    assert measures["pitch_class_entropy"] == pytest.approx(-0.75 * math.log2(0.75) - 0.25 * math.log2(0.25))


def test_silence_has_no_measures_and_the_worst_score() -> None:
    assert judge.measure(Project(), MACHINES) == {}
    assert (
        judge.judge(Project(), MACHINES, "berlin").score < judge.judge(beat(*FLOOR), MACHINES, "berlin").score
    )


def test_what_lies_outside_is_named_and_costs() -> None:
    straight, broken = beat(*FLOOR), beat(Step(0, 36, 100), Step(3, 36, 100), Step(10, 36, 100))
    one, other = (judge.judge(made, MACHINES, "berlin") for made in (straight, broken))
    assert "four_on_the_floor" not in one.outside
    assert "four_on_the_floor" in other.outside
    assert one.score > other.score
    assert not other.inside
    assert Verdict({}, (), 1).inside


def test_every_style_has_bands_that_say_where_they_come_from() -> None:
    assert set(judge.styles()) == set(STYLES)
    for style in STYLES:
        for band in judge.bands(style).values():
            assert band.low < band.high
            assert ("written" in band.source) == band.authored
    backed = {style for style in STYLES if any(not band.authored for band in judge.bands(style).values())}
    assert backed == {"acid", "detroit", "berlin", "breakbeat", "house"}


@pytest.mark.parametrize(
    ("voice", "role"),
    [
        (Voice("BD", 36), "kick"),
        (Voice("HC", 39), "clap"),
        (Voice("TR909 Bass drum", 24), "kick"),
        (Voice("Open Hi-Hat", 46), "open_hat"),
        (Voice("Closed Hat", 42), "closed_hat"),
        (Voice("RS", 37, "Side stick"), "rim"),
        (Voice("Sound track 1", 0), "perc"),
        (Voice("Drum 1", 45), "tom"),
        (Voice("CY", 51), "crash"),
    ],
)
def test_a_voice_is_known_by_its_name(voice: Voice, role: str) -> None:
    assert roles.drum(voice) == role


def test_every_drum_machine_made_by_hand_has_a_kick_a_snare_and_hats() -> None:
    machines = Catalogue()
    for id_ in ("behringer.rd9", "roland.tr8s", "generic.drums"):
        assert {"kick", "snare", "clap", "closed_hat", "open_hat"} <= set(roles.drums(machines[id_]))
    assert reduce(Project(), AddMachine("behringer.rd9", "x", 1), machines)[0].machines
