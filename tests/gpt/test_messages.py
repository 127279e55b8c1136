from __future__ import annotations

import contextlib
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno import words
from livetechno.gpt import messages
from livetechno.gpt.errors import UsageError
from livetechno.gpt.messages import Image, Message, ToolCall, from_plain, to_plain

PNG = "data:image/png;base64,iVBORw0KGgo="
TEXTS = st.text(max_size=30)
CALLS = st.builds(ToolCall, st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5), TEXTS)
MESSAGES = st.one_of(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXTS),
    st.builds(Message, st.just("user"), TEXTS, images=st.tuples(st.just(Image(PNG, "low")))),
    st.builds(Message, st.just("assistant"), TEXTS, tool_calls=st.tuples(CALLS, CALLS)),
    st.builds(Message, st.just("tool"), TEXTS, tool_call_id=st.text(min_size=1, max_size=5)),
)


@given(st.text(min_size=2, max_size=30))
def test_the_size_of_a_text_is_what_it_holds_and_stays_so(text: str) -> None:
    fresh = "".join(list(text))
    assert messages.text_size(fresh) == sys.getsizeof(fresh)
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("SELECT ?", (fresh,))  # has Python keep the UTF-8 of it
    assert text.isascii() or sys.getsizeof(fresh) > messages.text_size(fresh)
    assert messages.text_size(fresh) == messages.text_size(text)


@given(MESSAGES)
def test_a_message_survives_the_way_to_a_plain_dict_and_back(message: Message) -> None:
    assert from_plain(to_plain(message)) == message


def test_a_developer_is_a_system_message() -> None:
    assert from_plain({"role": "developer", "content": "be brief"}) == messages.system("be brief")


BROKEN: list[tuple[Any, str]] = [
    ("text", "message_type"),
    ({}, "message_role"),
    ({"role": "robot", "content": "x"}, "message_role"),
    ({"role": "user", "content": 5}, "message_content"),
    ({"role": "user", "content": [{"type": "video"}]}, "message_part"),
    ({"role": "user", "content": ["x"]}, "message_part"),
    (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]},
        "image_address",
    ),
    (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG, "detail": "huge"}}]},
        "image_detail",
    ),
    ({"role": "assistant", "tool_calls": "x"}, "message_tool_calls"),
    ({"role": "assistant", "tool_calls": [{"id": 1}]}, "message_tool_calls"),
    ({"role": "tool", "content": "x", "tool_call_id": 5}, "message_tool_call_id"),
]


@pytest.mark.parametrize(("plain", "code"), BROKEN)
def test_what_is_no_message_is_refused_by_its_field(plain: Any, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_plain(plain)
    assert caught.value.code == code


@pytest.mark.parametrize(("plain", "code"), BROKEN)
def test_the_reason_is_told_in_the_persons_language(
    plain: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language in words.LANGUAGES:
        monkeypatch.setenv("LIVETECHNO_LANG", language)
        with pytest.raises(UsageError) as caught:
            from_plain(plain)
        reason = words.say(f"reasons.{code}", language, **caught.value.values)
        assert caught.value.what() == f"{words.say('errors.usage.what', language)} ({reason})"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["role", "content", "type", "text", "tool_calls", "id", "function", "image_url"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_nothing_at_all_makes_it_fail_in_another_way(plain: Any) -> None:
    with contextlib.suppress(UsageError):
        from_plain(plain)


def test_an_image_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"\x89PNG\r\n")
    assert Image.from_file(file).url == "data:image/png;base64,iVBORw0K"


def test_a_file_that_is_no_image_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("x")
    with pytest.raises(UsageError):
        Image.from_file(note)
    monkeypatch.setattr(messages, "IMAGE_BYTES", 3)
    large = tmp_path / "large.jpg"
    large.write_bytes(b"1234")
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    with pytest.raises(UsageError, match=r"large\.jpg : plus de"):
        Image.from_file(large)


def test_a_message_without_text_or_with_another_role_is_refused_in_french_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    text: Any = 5
    with pytest.raises(UsageError, match="un str, pas int"):
        Message("user", text)
    role: Any = "robot"
    with pytest.raises(UsageError, match="'robot' : une valeur parmi"):
        Message(role, "x")
