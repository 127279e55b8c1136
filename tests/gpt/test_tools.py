from __future__ import annotations

import asyncio
import functools
import json
from typing import Any, Literal, Optional

import pytest

from livetechno.gpt.completions import Completion, Request
from livetechno.gpt.errors import ReplyInvalidError, ToolRoundsError, UsageError
from livetechno.gpt.messages import ToolCall, user
from livetechno.gpt.tools import Rounds, run, tool


def beats(bars: int, per_bar: int = 4) -> int:
    """How many beats there are.

    The rest of the docstring is not for the model.
    """
    return bars * per_bar


async def later(word: str) -> str:
    return word[::-1]


def breaks() -> None:
    """Always fails."""
    raise ValueError("no such machine")


def calling(name: str, arguments: str, call_id: str = "c1") -> Completion:
    return Completion("", "m", "tool_calls", tool_calls=(ToolCall(call_id, name, arguments),))


def result(name: str, arguments: str) -> str:
    known = {one.spec.name: one for one in (tool(beats), tool(later), tool(breaks))}
    return asyncio.run(run(ToolCall("c", name, arguments), known))


def test_a_function_describes_itself_by_name_docstring_and_annotations() -> None:
    spec = tool(beats).spec
    assert (spec.name, spec.description) == ("beats", "How many beats there are.")
    assert spec.parameters == {
        "type": "object",
        "properties": {"bars": {"type": "integer"}, "per_bar": {"type": "integer"}},
        "required": ["bars"],
        "additionalProperties": False,
    }


def test_richer_annotations_are_described() -> None:
    def pick(
        style: Literal["acid", "dub"],
        notes: list[int],
        extra: Optional[str],  # noqa: UP045 - older scripts write it so
        other: float | None,
        deep: dict[str, Any],
    ) -> None: ...

    properties = tool(pick).spec.parameters["properties"]
    assert properties["style"] == {"enum": ["acid", "dub"]}
    assert properties["notes"] == {"type": "array", "items": {"type": "integer"}}
    assert properties["extra"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert properties["other"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}
    assert properties["deep"] == {"type": "object"}


def nameless(x) -> None:  # type: ignore[no-untyped-def]
    ...


def any_number(*x: int) -> None: ...


def bytes_in(x: bytes) -> None: ...


@pytest.mark.parametrize(
    ("function", "french"),
    [
        (nameless, "il manque une annotation"),
        (any_number, "seuls des paramètres simples conviennent"),
        (bytes_in, "ne peut pas être décrit au modèle"),
        ("no function", "un outil est une fonction, pas str"),
        (lambda n: n, "il faut un nom fait de lettres"),
    ],
)
def test_why_a_function_cannot_be_described_is_told_in_french_too(
    function: Any, french: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    with pytest.raises(UsageError, match=french):
        tool(function)


@pytest.mark.parametrize("function", [nameless, any_number, bytes_in, "no function"])
def test_a_function_that_cannot_be_described_is_refused_by_name(function: Any) -> None:
    with pytest.raises(UsageError):
        tool(function)


def test_a_call_gives_the_result_as_text() -> None:
    assert result("beats", '{"bars": 3}') == "12"
    assert result("later", '{"word": "303"}') == "303"


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("beats", "{not json", "no JSON"),
        ("beats", '{"bars": "three"}', "do not fit"),
        ("beats", '{"bars": 1, "more": 2}', "do not fit"),
        ("beats", "[1]", "do not fit"),
        ("nothing", "{}", "no function nothing"),
        ("breaks", "{}", "no such machine"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model(name: str, arguments: str, told: str) -> None:
    assert told in json.loads(result(name, arguments))["error"]


async def test_rounds_feed_results_back_until_there_is_an_answer() -> None:
    rounds = Rounds(Request((user("how many?"),)), [tool(beats)])
    assert await rounds.go_on(calling("beats", '{"bars": 2}', "a"))
    assert await rounds.go_on(calling("beats", '{"bars": 5}', "b"))
    assert not await rounds.go_on(Completion("8 and 20", "m", "stop"))
    said = rounds.request.messages
    assert [message.role for message in said] == ["user", "assistant", "tool", "assistant", "tool"]
    assert [(message.tool_call_id, message.text) for message in said if message.role == "tool"] == [
        ("a", "8"),
        ("b", "20"),
    ]
    assert rounds.between == said[1:]


async def test_rounds_without_end_are_ended() -> None:
    rounds = Rounds(Request((user("x"),)), [tool(beats)], most=2)
    await rounds.go_on(calling("beats", '{"bars": 2}'))
    await rounds.go_on(calling("beats", '{"bars": 2}'))
    with pytest.raises(ToolRoundsError) as caught:
        await rounds.go_on(calling("beats", '{"bars": 2}'))
    assert caught.value.values["rounds"] == 2


async def test_several_calls_at_once_run_side_by_side_and_answer_in_order() -> None:
    gate = asyncio.Event()

    async def first() -> str:
        await gate.wait()
        return "first"

    async def second() -> str:
        gate.set()
        return "second"

    rounds = Rounds(Request((user("x"),)), [tool(first), tool(second)])
    both = Completion(
        "", "m", "tool_calls", tool_calls=(ToolCall("1", "first", ""), ToolCall("2", "second", ""))
    )
    assert await asyncio.wait_for(rounds.go_on(both), 1)
    assert [message.text for message in rounds.between] == ["", "first", "second"]


@pytest.mark.parametrize(
    "function", [lambda n: n, functools.partial(beats, 2), max, type("C", (), {"__call__": beats})()]
)
def test_what_has_no_plain_name_or_no_signature_is_refused(function: Any) -> None:
    with pytest.raises(UsageError):
        tool(function)


async def test_a_call_that_nobody_offered_ends_at_once() -> None:
    rounds = Rounds(Request((user("x"),)), [])
    with pytest.raises(ReplyInvalidError):
        await rounds.go_on(calling("rm", "{}"))
