"""Composing by rules: valid for every seed, never the same twice, and what the wish names is done."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from livetechno.music import documents, judge, reading, roles, wish
from livetechno.music.actions import ActionBatch, AddMachine, Arrange, EditPattern, SetKey, SetTempo
from livetechno.music.generator import compose
from livetechno.music.generator.styles import STYLES
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.reduce import reduce
from livetechno.music.values import Project, Step
from livetechno.music.wish import Intent, Style

MACHINES = Catalogue()
NAMES = MACHINES.solid_names()
BACKED = [style for style in STYLES if any(not band.authored for band in judge.bands(style).values())]
"""Styles whose bands come from data."""


def composed(words: str, before: Project | None = None, seed: int = 1) -> tuple[Project, ActionBatch]:
    before = before or Project()
    batch = compose(wish.read(words, NAMES), before, MACHINES, seed=seed)
    return reduce(before, batch, MACHINES)[0], batch


def drums_of(made: Project) -> set[str]:
    found: set[str] = set()
    for pattern in made.patterns:
        on_desk = made.instance(pattern.instance)
        assert on_desk is not None
        voices = {voice.note: roles.drum(voice) for voice in MACHINES[on_desk.machine].voices}
        found |= {voices[step.note] for step in pattern.steps if step.note in voices}
    return found


@pytest.mark.parametrize("style", [*STYLES])
def test_every_seed_is_valid_and_no_two_are_alike(style: Style, soak: Callable[[int], int]) -> None:
    seen: set[str] = set()
    onsets = []
    inside = 0
    count = soak(1_000)
    for seed in range(count):
        batch = compose(Intent("", style=style), Project(), MACHINES, seed=seed)
        assert reading.read_action(reading.document_of(batch)) == batch
        made, _ = reduce(Project(), batch, MACHINES)
        seen.add(documents.encode(documents.write(made)))
        onsets.append({(one.instance, step.t, step.note) for one in made.patterns for step in one.steps})
        inside += judge.judge(made, MACHINES, style).inside
    assert len(seen) == count
    alike = [len(one & other) / len(one | other) for one, other in pairwise(onsets)]
    assert statistics.median(alike) < 0.8
    assert inside >= 0.95 * count or style not in BACKED


@pytest.mark.parametrize("style", BACKED)
def test_the_judge_hears_when_steps_are_scrambled(style: Style, soak: Callable[[int], int]) -> None:
    caught = 0
    count = soak(1_000)
    for seed in range(count):
        batch = compose(Intent("", style=style), Project(), MACHINES, seed=seed, candidates=1)
        made, _ = reduce(Project(), batch, MACHINES)
        caught += not judge.judge(scrambled(made, random.Random(seed)), MACHINES, style).inside
    assert caught >= 0.9 * count


def scrambled(made: Project, dice: random.Random) -> Project:
    patterns = []
    for pattern in made.patterns:
        order = list(range(pattern.length))
        dice.shuffle(order)
        steps = {(order[step.t], step.note): replace(step, t=order[step.t]) for step in pattern.steps}
        patterns.append(replace(pattern, steps=tuple(steps[place] for place in sorted(steps))))
    return replace(made, patterns=tuple(patterns))


def test_techno_is_heard_as_techno_and_not_as_a_breakbeat() -> None:
    for seed in range(20):
        made, _ = reduce(
            Project(), compose(Intent("", style="berlin"), Project(), MACHINES, seed=seed), MACHINES
        )
        as_techno, as_break = (judge.judge(made, MACHINES, one).score for one in ("berlin", "breakbeat"))
        assert as_techno > as_break


def test_the_same_wish_and_seed_are_the_same_bytes() -> None:
    one, other, third = (composed("acid at 132 bpm", seed=seed)[1] for seed in (3, 3, 4))
    assert one == other
    assert one != third


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 8, 16])
def test_a_loop_has_the_bars_that_are_wished(bars: int) -> None:
    made, _ = composed(f"berlin, {bars} bars")
    assert [section.bars for section in made.arrangement] == [bars]
    assert {pattern.length for pattern in made.patterns} == {16 * bars}


@pytest.mark.parametrize("bars", [17, 20, 32, 64, 100, 256, 511])
def test_a_piece_has_the_bars_that_are_wished_and_tension(bars: int) -> None:
    made, _ = composed(f"a track, berlin, {bars} bars")
    assert sum(section.bars for section in made.arrangement) == bars
    for before, after in pairwise(made.arrangement):
        changed = {id_.split("-")[0] for id_ in set(before.patterns) ^ set(after.patterns)}
        assert 1 <= len(changed) <= 3


def test_tempo_key_and_scale_are_those_of_the_wish() -> None:
    made, _ = composed("dub en fa dièse dorien à 121 bpm")
    assert (made.bpm, made.key, made.scale) == (121.0, "F#", "dorian")


def test_notes_are_in_the_scale() -> None:
    made, _ = composed("detroit in D dorian")
    assert judge.measure(made, MACHINES)["scale_consistency"] == 1


def test_what_is_wished_is_there_and_what_is_not_is_not() -> None:
    for seed in range(8):
        made, _ = composed("minimal with a cowbell and toms, without clap, no rim, on the tr-1000", seed=seed)
        assert {"tom"} <= drums_of(made)
        assert not {"clap", "rim"} & drums_of(made)


def test_a_four_on_the_floor_is_one() -> None:
    made, _ = composed("acid à 132 bpm, sombre, kick sur tous les temps")
    measures = judge.measure(made, MACHINES)
    assert measures["four_on_the_floor"] >= 0.9
    assert (made.bpm, made.scale) == (132.0, "phrygian")


def test_the_machines_that_the_wish_names_play() -> None:
    made, _ = composed("hard techno on the TR-8S and a TB-03")
    assert [one.machine for one in made.machines] == ["roland.tr8s", "roland.tb03"]
    assert {pattern.instance for pattern in made.patterns} == {"tr8s", "tb03"}


def test_only_machines_that_are_owned_are_added() -> None:
    owned = frozenset({"roland.tb03", "generic.drums"})
    batch = compose(wish.read("berlin"), Project(), MACHINES, seed=1, inventory=owned)
    assert {action.machine for action in batch.actions if isinstance(action, AddMachine)} == owned


def test_the_machines_on_the_desk_play_before_any_is_added() -> None:
    before, _ = composed("house")
    made, batch = composed("electro", before, seed=9)
    assert [one.id for one in made.machines] == [one.id for one in before.machines]
    assert not any(isinstance(action, AddMachine) for action in batch.actions)
    assert any(isinstance(action, EditPattern) for action in batch.actions)


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("at 140 bpm", {SetTempo}),
        ("in D minor", {SetKey}),
        ("more hats", {EditPattern}),
        ("sans clap", {EditPattern}),
        ("moins de basse", {EditPattern}),
        ("more energy", {EditPattern}),
    ],
)
def test_a_wish_for_a_change_changes_only_that(words: str, kinds: set[type]) -> None:
    before, _ = composed("detroit in C minor at 128 bpm on rd9 and subsequent 37, chords and clap", seed=2)
    _, batch = composed(words, before)
    assert {type(action) for action in batch.actions} <= kinds


def hits(made: Project, drum: str) -> int:
    return sum(
        roles.drum(voice) == drum
        for pattern in made.patterns
        for step in pattern.steps
        if (on_desk := made.instance(pattern.instance))
        if (voice := MACHINES[on_desk.machine].voice(step.note))
    )


def test_more_is_more_less_is_less_and_none_is_none() -> None:
    before, _ = composed("house with clap and rim", seed=2)
    assert hits(composed("more rim", before)[0], "rim") > hits(before, "rim")
    assert 0 < hits(composed("less closed hats", before)[0], "closed_hat") < hits(before, "closed_hat")
    assert hits(composed("no clap", before)[0], "clap") == 0
    assert hits(composed("no clap", before)[0], "kick") == hits(before, "kick")


def test_where_each_step_has_a_hit_more_is_louder() -> None:
    before, _ = composed("house on the tr8s", seed=2)
    (beat,) = before.patterns_of("tr8s")
    soft = tuple(Step(t, 42, 40) for t in range(beat.length))
    full, _ = reduce(before, EditPattern(beat.id, put=soft), MACHINES)
    after, _ = composed("more hats", full)
    (louder,) = after.patterns_of("tr8s")
    assert {step.vel for step in louder.steps if step.note == 42} == {100}


def test_what_is_kept_stays() -> None:
    before, _ = composed("acid on rd9 and td3", seed=2)
    batch = compose(replace(wish.read("hard"), keep=("td3",)), before, MACHINES, seed=5)
    made, _ = reduce(before, batch, MACHINES)
    assert made.patterns_of("td3") == before.patterns_of("td3")
    assert made.patterns_of("rd9") != before.patterns_of("rd9")


def test_nothing_that_can_be_done_is_an_empty_batch() -> None:
    before, _ = composed("acid on a td-3")
    assert composed("less cowbell", before)[1].actions == ()


def test_it_says_in_the_wish_s_language_that_no_model_was_asked() -> None:
    assert "no model" in composed("hard techno")[1].explain
    assert "aucun modèle" in composed("techno dure et sombre")[1].explain


def test_a_section_of_a_loop_plays_every_machine() -> None:
    made, batch = composed("berlin")
    assert isinstance(batch.actions[-1], Arrange)
    assert {pattern.id for pattern in made.patterns} == set(made.arrangement[0].patterns)
