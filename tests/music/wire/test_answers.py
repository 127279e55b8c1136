"""Answers and actions: each way and back, in few tokens, within limits, and told where they are wrong."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music import documents, wish
from livetechno.music.actions import (
    ActionBatch,
    AddMachine,
    EditPattern,
    RemoveMachine,
)
from livetechno.music.generator import compose
from livetechno.music.generator.styles import STYLES
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce
from livetechno.music.values import Project
from livetechno.music.wire import answers, checking, context, schema, writing
from livetechno.music.wire.palette import MOST_CONTROLS, Palette, palette
from livetechno.music.wish import Intent
from tests.music.making import MACHINES, desk, fitting, projects

CATALOGUE = Catalogue()
FIVE = ("behringer.rd9", "behringer.td3", "moog.subsequent37", "roland.tb03", "generic.synth")


def bytes_of(made: Project) -> str:
    return documents.encode(documents.write(made))


@given(st.data())
def test_actions_are_the_same_after_they_were_an_answer(data: st.DataObject) -> None:
    before = data.draw(projects())
    action = data.draw(fitting(before))
    try:
        after, _ = reduce(before, action, MACHINES)
    except Refused:
        return
    if isinstance(action, AddMachine | RemoveMachine):  # a seat has its own name and channel
        return
    seats = palette(before, MACHINES)
    document = writing.write(ActionBatch((action,)), before, seats)
    assert checking.problems(document, schema.build(seats)) == ()
    if not document["actions"]:  # of a control that the machine has not
        return
    batch = answers.read(json.loads(json.dumps(document)), before, seats).batch
    got, _ = reduce(before, batch, MACHINES)
    assert bytes_of(without_names(got)) == bytes_of(without_names(after))


def without_names(made: Project) -> Project:
    """An answer sets no pattern's name, and exports each machine on its own channel."""
    patterns = tuple(replace(pattern, name="") for pattern in made.patterns)
    return replace(made, patterns=patterns, exports=())


@pytest.mark.parametrize("style", [*STYLES])
def test_a_generated_groove_goes_both_ways(style: str) -> None:
    seats = palette(Project(), CATALOGUE, FIVE)
    batch = compose(
        wish.read(f"{style} on rd9, td3 and subsequent 37", CATALOGUE.solid_names()),
        Project(),
        CATALOGUE,
        seed=4,
    )
    document = writing.write(batch, Project(), seats)
    got, _ = reduce(Project(), answers.read(document, Project(), seats).batch, CATALOGUE)
    assert bytes_of(got) == bytes_of(reduce(Project(), batch, CATALOGUE)[0])


def test_four_bars_of_five_machines_take_few_tokens() -> None:
    from livetechno.gpt import encoding

    count = 0
    for seed in range(10):
        intent = Intent("", style="berlin", machines=FIVE)
        batch = compose(intent, Project(), CATALOGUE, seed=seed)
        seats = palette(Project(), CATALOGUE, FIVE)
        document = writing.write(batch, Project(), seats)
        assert len({one["machine"] for one in document["actions"] if one["do"] == "pattern"}) == 5
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        count = max(count, encoding.count(text, "o200k_base"))
    assert count <= 1500


def full_desk() -> Project:
    made = Project()
    for channel, id_ in enumerate((i for i in CATALOGUE if len(CATALOGUE[i].controls) > 60), 1):
        if channel <= 16:
            made, _ = reduce(made, AddMachine(id_, f"m{channel}", channel), CATALOGUE)
    return made


def test_a_schema_stays_within_the_service_s_limits_whatever_is_on_the_desk() -> None:
    seats = palette(full_desk(), CATALOGUE)
    assert len(seats.seats) == 16
    fewer, built = schema.fitted(seats)
    assert schema.size(built).within(schema.MOST)
    assert all(0 < len(seat.controls) <= MOST_CONTROLS for seat in fewer.seats)
    tight = schema.Size(5000, 400, 10, 120_000)
    assert schema.size(schema.fitted(seats, tight)[1]).within(tight)
    with pytest.raises(ValueError, match="enum_values"):
        schema.fitted(seats, schema.Size(1, 1, 1, 1))


def test_a_schema_is_one_that_strict_mode_takes() -> None:
    from livetechno.mock import strict

    for seats in (palette(full_desk(), CATALOGUE), palette(Project(), CATALOGUE, FIVE), Palette()):
        strict.check_schema(schema.build(seats), strict=True, name="actions", param="schema")


def test_controls_that_the_wish_speaks_of_come_first() -> None:
    made, _ = reduce(Project(), AddMachine("moog.subsequent37", "moog", 1), CATALOGUE)
    (seat,) = palette(made, CATALOGUE, wish="ouvre le glide et le bruit, noise level").seats
    assert {"glide_time", "noise_level"} <= {control.name for control in seat.controls[:6]}
    assert palette(made, CATALOGUE, ("moog.subsequent37",)).offered == ()


def good() -> dict[str, Any]:
    steps = {"voice": "BD", "steps": "x..."}
    return {
        "explain": "A beat.",
        "actions": [
            {
                "do": "pattern",
                "machine": "drums",
                "pattern": "beat",
                "length": 16,
                "step_size": "1/16",
                "swing": None,
                "rows": [steps],
                "details": [],
                "automation": [],
            },
            {"do": "tempo", "bpm": 132, "swing": None},
        ],
    }


def test_a_pattern_that_is_there_is_edited_and_voices_that_are_not_named_stay() -> None:
    before, _ = reduce(desk(), EditPattern("beat", put=desk().patterns[0].steps[:0]), MACHINES)
    told = good()
    told["actions"][0]["rows"] = [{"voice": "CH", "steps": "..x."}]
    batch = answers.read(told, before, palette(before, MACHINES)).batch
    after, _ = reduce(before, batch, MACHINES)
    pattern = after.pattern("beat")
    assert pattern is not None
    assert [step.t for step in pattern.steps if step.note == 36] == [0, 4, 8, 12]
    assert [step.t for step in pattern.steps if step.note == 42] == [2, 6, 10, 14]


def test_a_row_of_silence_takes_a_voice_away() -> None:
    told = good()
    told["actions"][0]["rows"] = [{"voice": "BD", "steps": "."}]
    batch = answers.read(told, desk(), palette(desk(), MACHINES)).batch
    pattern = reduce(desk(), batch, MACHINES)[0].pattern("beat")
    assert pattern is not None
    assert pattern.steps == ()


@pytest.mark.parametrize(
    ("place", "value", "path", "code"),
    [
        (("actions", 0, "machine"), "bass", "/actions/0", "unknown"),
        (("actions", 0, "machine"), "none", "/actions/0/machine", "choice"),
        (("actions", 0, "do"), "explode", "/actions/0/do", "choice"),
        (("actions", 0, "rows", 0, "voice"), "XX", "/actions/0/rows/0/voice", "choice"),
        (("actions", 0, "rows", 0, "steps"), "x..?", "/actions/0/rows/0/steps", "sign"),
        (("actions", 0, "rows", 0, "steps"), 5, "/actions/0/rows/0/steps", "kind"),
        (("actions", 0, "length"), 300, "/actions/0/length", "range"),
        (("actions", 0, "length"), 0, "/actions/0/length", "range"),
        (("actions", 0, "pattern"), "Beat One", "/actions/0/pattern", "form"),
        (("actions", 0, "pattern"), "line", "/actions/0/pattern", "pattern_of_another"),
        (("actions", 1, "bpm"), 900, "/actions/1/bpm", "range"),
        (("actions",), {}, "/actions", "kind"),
        (("explain",), "x" * 5000, "/explain", "too_long"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(place: tuple[Any, ...], value: Any, path: str, code: str) -> None:
    told = good()
    held: Any = told
    for part in place[:-1]:
        held = held[part]
    held[place[-1]] = value
    with pytest.raises(Refused) as caught:
        answers.read(told, desk(), palette(desk(), MACHINES))
    assert (path, code) in [(one.path, one.code) for one in caught.value.problems]


@given(st.data())
def test_whatever_comes_is_read_or_refused(data: st.DataObject) -> None:
    told = copy.deepcopy(good())
    numbers = st.booleans() | st.integers() | st.floats()
    junk: st.SearchStrategy[Any] = st.none() | numbers | st.text(max_size=5) | st.just([]) | st.just({})
    for _ in range(data.draw(st.integers(1, 3))):
        held: Any = told
        while isinstance(held, dict | list) and held:
            keys = [*held] if isinstance(held, dict) else [*range(len(held))]
            key = data.draw(st.sampled_from(keys))
            if data.draw(st.booleans()) or not isinstance(held[key], dict | list):
                held[key] = data.draw(junk)
                break
            held = held[key]
    seats = palette(desk(), MACHINES)
    try:
        reduce(desk(), answers.read(told, desk(), seats).batch, MACHINES)
    except Refused as error:
        assert [one.document()["remedy"] for one in error.problems]  # noqa: PT017


def test_a_context_is_read_back_as_the_project_that_it_tells_of() -> None:
    before = desk()
    seats, built = schema.fitted(palette(before, MACHINES, ("maker.synth",), wish="line"))
    told = context.write(before, seats, {"type": "UserIntent.v1", "words": "line"}, tokens=len, budget=10**6)
    back = context.read(json.loads(json.dumps(told)), built, MACHINES)
    assert bytes_of(without_names(back.project)) == bytes_of(before)
    assert [seat.instance for seat in back.palette.seats] == ["drums", "bass", "synth"]
    assert back.palette == seats


def test_a_context_tells_what_matters_most_as_long_as_its_budget_lasts() -> None:
    before = desk()
    seats = palette(before, MACHINES)
    intent = {"type": "UserIntent.v1", "words": "change the line"}
    whole = context.write(before, seats, intent, tokens=len, budget=10**6)
    budget = len(documents.encode(whole)) - 1
    told = context.write(before, seats, intent, tokens=len, budget=budget)
    assert [one["pattern"] for one in told["patterns"]] == ["line"]
    assert [one["pattern"] for one in told["other_patterns"]] == ["beat"]


def test_nothing_is_counted_where_the_bytes_fit() -> None:
    def uncounted(text: str) -> int:
        raise AssertionError(text)

    before = desk()
    intent = {"type": "UserIntent.v1", "words": "x"}
    told = context.write(before, palette(before, MACHINES), intent, tokens=uncounted)
    assert len(told["patterns"]) == 2


def test_an_answer_may_say_why_there_is_nothing_to_do() -> None:
    told = {"explain": "All is well.", "actions": []}
    answer = answers.read(told, desk(), palette(desk(), MACHINES))
    assert answer.batch == ActionBatch((), "All is well.")
