"""No key, whole or in part, and nobody's account, in what a recording holds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import redaction
from livetechno.gpt.redaction import MARK
from livetechno.gpt.secret import Secret
from livetechno.mock import cleaning

KEY = "canary-" + "9x8w7v6u5t4s3r2q1p0o"
"""In no form that a pattern knows."""
ORGANISATION = "org-" + "AbCdEf0123456789AbCdEf01"


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    Secret(KEY)
    yield
    redaction.uninstall()


def pieces_left(text: str) -> list[str]:
    return [KEY[at : at + 8] for at in range(len(KEY) - 7) if KEY[at : at + 8] in text]


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        f'{{"error": {{"message": "Incorrect key: {KEY[3:]}", "{KEY}": 1}}}}',
        json.dumps({"escaped": KEY}).replace("9", "\\u0039"),
        json.dumps(KEY).replace("9", "\\u0039"),
        json.dumps([[{"inside": json.dumps({"api_key": KEY})}]]),
        f"data: {json.dumps({'delta': KEY})}\r\n\r\n",
        f"event: {KEY}\ndata: {json.dumps({'x': KEY}).replace('8', chr(92) + 'u0038')}\n\n",
        f": {KEY}\n\n",
        f"{'[' * 200}{KEY}{']' * 200}",
    ],
)
def test_a_known_key_is_found_wherever_it_is_written(text: str) -> None:
    for clean in (cleaning.json_or_text, cleaning.event):
        cleaned = clean(text)
        assert not pieces_left(cleaned)
        assert not pieces_left(cleaned.encode().decode("unicode_escape", "ignore"))
        assert MARK in cleaned


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 10), st.integers(18, 26))
def test_no_eight_characters_of_a_key_are_left(before: str, after: str, start: int, end: int) -> None:
    text = before + KEY[start:end] + after
    document = json.dumps({"messages": [{"content": text, text: [text]}]})
    for cleaned in (
        cleaning.plain(text),
        cleaning.json_or_text(document),
        cleaning.event(f"data:{document}"),
    ):
        assert not pieces_left(cleaned)
    assert not pieces_left(cleaning.binary(text.encode() + b"\xff").decode("latin-1"))
    json.loads(cleaning.json_or_text(document))


def test_a_key_that_nobody_told_us_of_is_known_by_its_form_or_by_its_field() -> None:
    unknown = "sk-proj-" + "q0w9e8r7t6y5u4i3o2p1"
    formless = "q0w9e8r7t6y5u4i3o2p1"
    assert unknown[8:] not in cleaning.json_or_text(json.dumps({"said": f"my key is {unknown}"}))
    document = {"api_key": formless, "headers": {"Authorization": formless}, "list": {"password": [formless]}}
    assert formless not in cleaning.json_or_text(json.dumps(document))
    assert formless in cleaning.json_or_text(json.dumps({"id": formless}))


def test_a_stand_in_for_a_key_is_no_key_and_its_words_stay() -> None:
    cleaning.remember(
        ["Bearer anything", "whatever", "Bearer livetechno-recording", "", "Bearer  ", "x" * 999]
    )
    said = "anything, whatever: livetechno is recording"
    assert cleaning.plain(said) == said
    cleaning.remember([f"Bearer {'Zq1' * 8}", "Basic " + "Yw2" * 8])
    assert cleaning.plain("it is Zq1Zq1Zq1 or Yw2Yw2Yw2") == f"it is {MARK} or {MARK}"


def test_json_stays_json_where_a_pattern_would_eat_an_escape() -> None:
    text = json.dumps({"arguments": json.dumps({"api_key": "a" * 30, "city": "Paris"})})
    assert json.loads(json.loads(cleaning.json_or_text(text))["arguments"])["city"] == "Paris"


def test_whose_account_it_is_is_removed_and_words_stay() -> None:
    told = (
        f"Rate limit reached for gpt-4.1 in organization {ORGANISATION} on tokens per min, proj_{'a1' * 12}"
    )
    assert cleaning.plain(told) == (
        f"Rate limit reached for gpt-4.1 in organization org-{MARK} on tokens per min, proj_{MARK}"
    )
    assert cleaning.plain("org-structure, proj_plan") == "org-structure, proj_plan"


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists) | st.binary())
def test_what_holds_nothing_to_remove_stays_as_it_is(value: object) -> None:
    if isinstance(value, bytes):
        assert cleaning.binary(value) == value
        return
    for text in (json.dumps(value), json.dumps(value, indent=3, ensure_ascii=False)):
        assert cleaning.json_or_text(text) == text
        assert cleaning.event(f"data:  {text}\n\n") == f"data:  {text}\n\n"


def test_only_headers_that_a_replay_needs_are_kept() -> None:
    given = {
        "Content-Type": "application/json",
        "X-Request-ID": f"req_{KEY}",
        "x-ratelimit-limit-tokens": "7",
        "Retry-After-Ms": "5",
        "Location": "https://elsewhere.example",
        "Set-Cookie": "session=1",
        "OpenAI-Organization": ORGANISATION,
        "OpenAI-Project": "x",
        "Content-Length": "3",
        "openai-version": "2020\r\nX-Injected: 1",
    }
    assert cleaning.headers(given) == {
        "content-type": "application/json",
        "x-request-id": f"req_{MARK}",
        "x-ratelimit-limit-tokens": "7",
        "retry-after-ms": "5",
    }
