from __future__ import annotations

from typing import Any

import pytest

from livetechno import words
from livetechno.gpt import structured
from livetechno.gpt.completions import Completion, Schema
from livetechno.gpt.errors import GPTError, ReplyInvalidError, UsageError

OPEN: dict[str, Any] = {"type": "object"}


def deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"items": inner}
    return inner


def schema(content: Any) -> Schema:
    return Schema("beat", content)


@pytest.mark.parametrize(
    ("broken", "french"),
    [
        ("text", "un schéma est un objet JSON"),
        ({"a": {1, 2}}, "le schéma n'est pas du JSON : "),
        ({"$ref": "https://example.org/x"}, "$ref https://example.org/x mène hors du schéma"),
        ({"type": "nothing"}, "le schéma est incorrect : "),
        (deep(400), "le schéma est incorrect : trop de niveaux imbriqués"),
    ],
)
def test_a_broken_schema_is_refused_with_the_reason_in_the_persons_language(
    broken: Any, french: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {}
    for language in words.LANGUAGES:
        monkeypatch.setenv("LIVETECHNO_LANG", language)
        with pytest.raises(UsageError) as caught:
            structured.check(schema(broken))
        assert caught.value.code == "schema"
        told[language] = caught.value.detail
    assert french in told["fr"]
    assert told["en"] != told["fr"]


@pytest.mark.parametrize(
    ("answer", "french"),
    [
        (Completion("{", "m", "length"), "la réponse s'est arrêtée avant la fin : length"),
        (Completion("{", "m", "stop"), "ce n'est pas un document JSON"),
    ],
)
def test_an_answer_that_is_no_document_says_why_in_the_persons_language(
    answer: Completion, french: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[GPTError] = []
    for language in ("fr", "en"):
        monkeypatch.setenv("LIVETECHNO_LANG", language)
        with pytest.raises(ReplyInvalidError) as caught:
            structured.checked(answer, schema(OPEN))
        told.append(caught.value)
    assert told[0].detail == french
    assert told[1].detail != french
    assert {error.text for error in told} == {"{"}


def test_an_answer_that_follows_its_schema_comes_with_its_document() -> None:
    answer = structured.checked(Completion('{"bpm": 130}', "m", "stop"), schema(OPEN))
    assert answer.parsed == {"bpm": 130}
