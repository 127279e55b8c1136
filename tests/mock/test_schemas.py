from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import fastjsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livetechno.mock.hints import read_hints
from livetechno.mock.schemas import document
from livetechno.mock.strict import check_schema
from livetechno.mock.wire import WireError

NAMES = st.sampled_from(["title", "bpm", "steps", "é", "a b", "x-y", "note"])
PATTERNS = st.sampled_from(
    [r"^[A-G]#?[0-8]$", r"^\d{3}-\d{4}$", r"^(kick|snare)_\w+$", r"[xX]{2,}", r"^a|b$", "."]
)
FORMATS = st.sampled_from(["date", "date-time", "time", "email", "ipv4", "ipv6", "hostname", "uri", "uuid"])


def bounded_number(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    def build(low: int, room: int, words: list[str], step: float | None) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": kind}
        for word in words:
            schema[word] = low if "inimum" in word else low + room
        return schema | ({"multipleOf": step} if step else {})

    sides = st.sampled_from(
        [
            [],
            ["minimum"],
            ["maximum"],
            ["minimum", "maximum"],
            ["exclusiveMinimum", "maximum"],
            ["minimum", "exclusiveMaximum"],
            ["exclusiveMinimum", "exclusiveMaximum"],
        ]
    )
    return st.builds(
        build, st.integers(-500, 500), st.integers(12, 900), sides, st.sampled_from([None, 2, 5])
    )


def strings() -> st.SearchStrategy[dict[str, Any]]:
    lengths = st.builds(
        lambda low, room: {"type": "string", "minLength": low, "maxLength": low + room},
        st.integers(0, 60),
        st.integers(0, 30),
    )
    return st.one_of(
        st.just({"type": "string"}),
        lengths,
        PATTERNS.map(lambda pattern: {"type": "string", "pattern": pattern}),
        FORMATS.map(lambda kind: {"type": "string", "format": kind}),
    )


LEAVES = st.one_of(
    strings(),
    bounded_number("integer"),
    bounded_number("number"),
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"enum": ["kick", "snare", 3, None]},
            {"type": "string", "enum": ["up", "down"]},
            {"const": 303},
            {"type": ["string", "null"]},
            {"type": ["integer", "string"]},
            {"$ref": "#/$defs/Note"},
        ]
    ),
)
NOTE = {
    "type": "object",
    "properties": {
        "pitch": {"type": "integer", "minimum": 0, "maximum": 127},
        "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Note"}]},
        "inside": {"type": "array", "items": {"$ref": "#/$defs/Note"}},
    },
    "required": ["pitch", "next", "inside"],
    "additionalProperties": False,
}


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, inner, max_size=4).map(
        lambda properties: {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )


def arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda items, low, room: {"type": "array", "items": items, "minItems": low, "maxItems": low + room},
        inner,
        st.integers(0, 4),
        st.integers(0, 4),
    )


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        objects(inner),
        arrays(inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
    ),
    max_leaves=12,
)


@given(
    objects(SCHEMAS), st.integers(), st.sampled_from(["", 'set "acid" to 128 at 3,5', "Écris un motif Kick"])
)
def test_a_document_follows_any_strict_schema(schema: dict[str, Any], seed: int, said: str) -> None:
    whole = {**schema, "$defs": {"Note": NOTE}}
    check_schema(whole, strict=True, name="x", param="response_format")
    made = document(whole, random.Random(seed), read_hints(said))
    fastjsonschema.compile(whole)(json.loads(json.dumps(made)))
    assert made == document(whole, random.Random(seed), read_hints(said))


@given(objects(SCHEMAS), st.integers(), st.data())
def test_a_document_follows_a_free_schema_too(schema: dict[str, Any], seed: int, data: Any) -> None:
    kept = data.draw(st.lists(st.sampled_from(sorted(schema["properties"]) or ["none"]), unique=True))
    whole: dict[str, Any] = {**schema, "required": [k for k in kept if k in schema["properties"]]}
    whole |= {"additionalProperties": True, "minProperties": 2, "$defs": {"Note": NOTE}}
    check_schema(whole, strict=False, name="x", param="response_format")
    for optional in (True, False):
        made = document(whole, random.Random(seed), optional=optional)
        fastjsonschema.compile(whole)(json.loads(json.dumps(made)))


KEYWORDS = [
    *(
        "type",
        "properties",
        "items",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "required",
        "format",
    ),
    *("minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "a"),
    *("additionalProperties", "uniqueItems", "prefixItems", "minProperties", "exclusiveMinimum"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYWORDS) | st.just("type"),
            inner
            | st.sampled_from(
                ["#/enum/0", "object", "array", "string", "integer", "number", "#", "(", "[a-c]+"]
            ),
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(JSON, st.booleans())
def test_a_senseless_schema_is_refused_or_followed_never_a_crash(schema: Any, strict: bool) -> None:
    assume(isinstance(schema, dict))
    with contextlib.suppress(WireError):
        check_schema(schema, strict=strict, name="x", param="response_format")
        document(schema, random.Random(0))


CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"additionalProperties": True}, "'additionalProperties' is required"),
        ({"required": []}, "Missing 'a'"),
        ({"required": ["a", "b"]}, "Extra required key 'b'"),
        ({"type": "array"}, 'type: "object"'),
        ({"properties": {"a": {"type": "text"}}}, "'text' is not valid"),
        ({"properties": {"a": {"oneOf": [{"type": "string"}]}}}, "'oneOf' is not permitted"),
        ({"properties": {"a": {"type": "array"}}}, "array schema missing items"),
        ({"properties": {"a": {}}}, "must have a 'type' key"),
        ({"properties": {"a": {"type": "string", "pattern": "("}}}, "not a regular expression"),
        ({"properties": {"a": {"$ref": "https://example.com/x.json"}}}, "inside the schema"),
        ({"properties": {"a": {"$ref": "#/$defs/nowhere"}}}, "inside the schema"),
    ],
)
async def test_a_strict_schema_that_openai_would_not_take_is_refused(
    mock: Any, change: Any, reason: str
) -> None:
    form = {"name": "x", "schema": {**CLOSED, **change}, "strict": True}
    told = await mock.chat("x", response_format={"type": "json_schema", "json_schema": form})
    assert told.status == 400
    assert told.error["code"] == "invalid_json_schema"
    assert reason in told.error["message"]
    told = await mock.respond("x", text={"format": {"type": "json_schema", **form}})
    assert told.error["code"] == "invalid_json_schema"


async def test_a_schema_that_never_ends_is_refused(mock: Any) -> None:
    endless = {**CLOSED, "properties": {"a": {"$ref": "#"}}}
    form = {"name": "x", "schema": endless, "strict": True}
    told = await mock.chat("x", response_format={"type": "json_schema", "json_schema": form})
    assert told.error["code"] == "invalid_json_schema"
    assert "never ends" in told.error["message"]


async def test_both_endpoints_follow_the_schema(mock: Any) -> None:
    schema = {
        "type": "object",
        "properties": {
            "bpm": {"type": "integer", "minimum": 60, "maximum": 200},
            "mode": {"enum": ["acid", "dub"]},
            "name": {"type": "string"},
        },
        "required": ["bpm", "mode", "name"],
        "additionalProperties": False,
    }
    form = {"name": "track", "schema": schema, "strict": True}
    said = 'Make a dub track at 128 called "Nuit"'
    chat = (await mock.chat(said, response_format={"type": "json_schema", "json_schema": form})).body
    response = (await mock.respond(said, text={"format": {"type": "json_schema", **form}})).body
    for text in (chat["choices"][0]["message"]["content"], response["output"][0]["content"][0]["text"]):
        assert json.loads(text) == {"bpm": 128, "mode": "dub", "name": "Nuit"}


async def test_json_object_gives_an_object(mock: Any) -> None:
    told = (await mock.chat("Hello, answer in JSON", response_format={"type": "json_object"})).body
    assert json.loads(told["choices"][0]["message"]["content"])["mock"] is True
