"""What comes from outside becomes an action, or is refused with place, reason and remedy: nothing else."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music import documents, reading, schema
from livetechno.music.actions import ACTIONS, Action, ActionBatch, SetTempo
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce
from tests.music.making import ACTIONS as ANY_ACTION
from tests.music.making import MACHINES, desk

EXAMPLES = [example for name in ACTIONS for example in schema.load(name)["examples"]]


@given(ANY_ACTION)
def test_an_action_is_the_one_that_its_document_says(action: Action) -> None:
    text = json.dumps(reading.document_of(action))
    assert reading.document_of(reading.read_text(text)) == json.loads(text)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: str(one["type"]))
def test_every_example_of_a_schema_is_read(example: dict[str, Any]) -> None:
    assert type(reading.read_action(example)).__name__ == example["type"].removesuffix(".v1")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
)


@given(
    _JSON | st.dictionaries(st.sampled_from(["type", "actions", "bpm"]), _JSON | st.sampled_from([*ACTIONS]))
)
def test_whatever_it_is_nothing_but_refused_is_raised(document: Any) -> None:
    try:
        reading.read_action(document)
    except Refused as error:
        told = [problem.document() for problem in error.problems]
        assert all(one["reason"] and one["remedy"] for one in told)


@pytest.mark.parametrize(
    "document", [(), {1: 2}, {"type": {1}}, b"", object(), {"type": "\ud800"}, {"\ud800": 1}]
)
def test_what_is_no_json_is_refused(document: Any) -> None:
    with pytest.raises(Refused):
        reading.read_action(document)


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}{}",
        '```json\n{"type": "SetTempo.v1"}\n```',
        '{"type": "SetTempo.v1", "bpm": NaN}',
        '{"type": "SetTempo.v1", "bpm": 120, "bpm": 130}',
        "[" * 100_000,
        "9" * 10_000,
        "x" * 2_000_001,
    ],
)
def test_a_text_that_is_not_one_document_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        reading.read_text(text)


def test_what_is_too_deep_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        reading.read_action({"type": "SetTempo.v1", "bpm": deep(40)})
    assert caught.value.problems[0].code == "deep"


def test_numbers_are_taken_in_the_resolution_of_their_field() -> None:
    assert reading.read_text('{"type": "SetTempo.v1", "bpm": 128.0049, "swing": 54.996}') == SetTempo(
        128.0, 55.0
    )


def test_each_action_of_a_batch_has_its_say() -> None:
    batch = {"type": "ActionBatch.v1", "actions": [{"type": "SetTempo.v1", "bpm": 1}, {"type": "x"}, {}]}
    with pytest.raises(Refused) as caught:
        reading.read_action(batch)
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["/actions/0/bpm", "/actions/1/type", "/actions/2/type"]


def test_a_batch_in_a_batch_is_refused() -> None:
    inner = {"type": "ActionBatch.v1", "actions": [{"type": "SetTempo.v1"}]}
    with pytest.raises(Refused) as caught:
        reading.read_action({"type": "ActionBatch.v1", "actions": [inner]})
    assert caught.value.problems[0].path == "/actions/0/type"


@pytest.mark.parametrize("actions", [[], [{"type": "SetTempo.v1"}] * 257, None, {}])
def test_a_batch_has_one_to_256_actions(actions: Any) -> None:
    with pytest.raises(Refused):
        reading.read_action({"type": "ActionBatch.v1", "actions": actions})


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"bpm": "fast"}, "/bpm", "kind"),
        ({"bpm": True}, "/bpm", "kind"),
        ({"bpm": 19.99}, "/bpm", "range"),
        ({"tempo": 120}, "", "unknown"),
        ({"explain": "x" * 401}, "/explain", "too_long"),
        ({"type": "SetTempo.v2"}, "/type", "choice"),
    ],
)
def test_a_problem_names_its_place_and_kind(change: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        reading.read_action({"type": "SetTempo.v1", **change})
    assert [(one.path, one.code) for one in caught.value.problems] == [(path, code)]


def test_a_field_that_is_missing_or_unknown_is_named() -> None:
    with pytest.raises(Refused, match='"channel"'):
        reading.read_action({"type": "AddMachine.v1", "machine": "a.b", "instance": "x"})
    with pytest.raises(Refused, match='"tempo"'):
        reading.read_action({"type": "SetTempo.v1", "tempo": 1})


def test_mutated_batches_are_applied_whole_or_refused_with_reasons(soak: Callable[[int], int]) -> None:
    dice = random.Random(11)
    before = desk()
    kept = documents.encode(documents.write(before))
    valid = {"type": "ActionBatch.v1", "actions": [copy.deepcopy(dice.choice(EXAMPLES)) for _ in range(4)]}
    done = refused = 0
    for _ in range(soak(100_000)):
        mutated = _mutated(dice, valid if dice.random() < 0.5 else _batch(dice))
        try:
            batch = reading.read_action(mutated)
            after, inverse = reduce(before, batch, MACHINES)
        except Refused as error:
            refused += 1
            _tells_all(error)
        else:
            done += 1
            assert isinstance(batch, ActionBatch | Action)
            state = {"type": "ProjectState.v1", **documents.write(after)}
            schema.validator("ProjectState.v1")(state)
            assert documents.encode(documents.write(reduce(after, inverse, MACHINES)[0])) == kept
        assert documents.encode(documents.write(before)) == kept
    assert refused > done > 0


def _tells_all(error: Refused) -> None:
    assert error.problems
    for problem in error.problems:
        told = problem.document()
        assert (told["path"] or "/").startswith("/")
        assert told["reason"]
        assert told["remedy"]


def _batch(dice: random.Random) -> dict[str, Any]:
    """A batch that may be done to the desk."""
    sets = {"type": "SetParam.v1", "instance": "bass", "param": "cutoff", "value": round(dice.random(), 3)}
    put = [{"t": dice.randrange(16), "note": 42, "vel": 90, "gate": 0.25}]
    edits = {"type": "EditPattern.v1", "pattern": "beat", "put": put}
    adds = {"type": "AddMachine.v1", "machine": "maker.synth", "instance": "keys", "channel": 7}
    makes = {"type": "CreatePattern.v1", "pattern": "chords", "instance": "keys", "length": 32, "steps": []}
    plays = {"type": "Arrange.v1", "sections": [{"name": "all", "bars": 8, "patterns": ["beat", "chords"]}]}
    return {"type": "ActionBatch.v1", "explain": "more", "actions": [sets, edits, adds, makes, plays]}


_ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    1,
    17,
    257,
    0.5,
    1e9,
    "",
    "x",
    "bass",
    "\u202e",
    [],
    {},
    [{}],
    "9" * 500,
]


def _mutated(dice: random.Random, document: Any) -> Any:
    """The same with one to three things changed somewhere within."""
    changed = copy.deepcopy(document)
    for _ in range(dice.randint(1, 3)):
        held = changed
        while isinstance(held, dict | list) and held:
            place = dice.choice([*held] if isinstance(held, dict) else range(len(held)))
            inner = held[place]
            if not isinstance(inner, dict | list) or not inner or dice.random() < 0.3:
                _change(dice, held, place)
                break
            held = inner
    return changed


def _change(dice: random.Random, held: Any, place: Any) -> None:
    match dice.randrange(4):
        case 0:
            del held[place]
        case 1 if isinstance(held, dict):
            held[f"{place}x"] = held.pop(place)
        case 2 if isinstance(held, list):
            held.append(copy.deepcopy(held[place]))
        case _:
            held[place] = copy.deepcopy(dice.choice(_ODD))
