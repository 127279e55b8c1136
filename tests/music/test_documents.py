"""Values and documents: one definition, no copy that drifts."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import fastjsonschema
import pytest

from livetechno.music import actions, documents, events, schema, values
from livetechno.music.machines import device
from livetechno.music.values import Automation, Project, Step
from livetechno.music.wish import Intent

BY_NAME: dict[str, type] = {
    **actions.ACTIONS,
    "ActionBatch.v1": actions.ActionBatch,
    "ProjectState.v1": Project,
    "UserIntent.v1": Intent,
    "StepPlace.v1": actions.StepPlace,
    "AutomationPlace.v1": actions.AutomationPlace,
    **{
        f"{kind.__name__}.v1": kind
        for room in (values, device, events)
        for kind in vars(room).values()
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind is not Project
    },
}
EXAMPLES = [(name, example) for name in schema.names() for example in schema.load(name)["examples"]]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_value_has_the_fields_of_its_schema_and_those_that_it_must_have(name: str) -> None:
    fields = {field.name: field for field in dataclasses.fields(BY_NAME[name])}
    found = schema.load(name)
    assert set(fields) == set(found["properties"]) - {"type"}
    without = {
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    assert without == set(found["required"]) - {"type"}


@pytest.mark.parametrize("name", schema.names())
def test_every_object_of_a_schema_is_closed_and_every_field_described(name: str) -> None:
    _check_closed(schema.load(name))


def _check_closed(node: dict[str, Any]) -> None:
    if node.get("type") == "object" and "properties" in node:
        assert node["additionalProperties"] is False
        for field, part in node["properties"].items():
            assert field == "type" or part.get("description"), field
            _check_closed(part)
    if "items" in node:
        for part in node["items"].get("anyOf", [node["items"]]):
            _check_closed(part)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_follows_its_schema(name: str, example: dict[str, Any]) -> None:
    schema.validator(name)(example)


@pytest.mark.parametrize(
    ("name", "example"), [one for one in EXAMPLES if one[0] in BY_NAME and one[0] != "ActionBatch.v1"]
)
def test_an_example_is_the_same_after_it_was_a_value(name: str, example: dict[str, Any]) -> None:
    plain = {key: held for key, held in example.items() if key != "type"}
    assert documents.write(documents.read(BY_NAME[name], plain)) == plain


def test_equal_values_are_equal_texts() -> None:
    one = documents.read(Step, {"vel": 100, "note": 36, "t": 0, "gate": 0.5, "micro": -0.0, "slide": False})
    assert documents.encode(documents.write(one)) == '{"note":36,"t":0,"vel":100}'
    assert documents.encode(documents.write(Automation("cutoff", 2.0, 0.25))) == (
        '{"at":2,"target":"cutoff","value":0.25}'
    )


def test_what_is_left_as_it_is_differs_from_what_is_taken_back() -> None:
    left = documents.read(actions.EditPattern, {"pattern": "a"})
    back = documents.read(actions.EditPattern, {"pattern": "a", "swing": None})
    assert left.swing is actions.UNCHANGED
    assert back.swing is None
    assert documents.write(back) == {"pattern": "a", "swing": None}


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_is_no_number_makes_no_value(number: float) -> None:
    with pytest.raises(ValueError, match=r"nan|inf"):
        documents.read(Automation, {"target": "cutoff", "at": 0, "value": number})


@pytest.mark.parametrize("change", [{"t": -1}, {"t": True}, {"vel": 0}, {"note": "36"}, {"more": 1}])
def test_what_a_schema_forbids_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        schema.validator("Step.v1")({"t": 0, "note": 36, "vel": 100, **change})


def test_a_name_that_is_none_has_no_schema() -> None:
    with pytest.raises(KeyError):
        schema.load("Nothing.v1")
