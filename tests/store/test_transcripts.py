from __future__ import annotations

import base64
import copy
import hashlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.store import Store, transcripts
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError
from livetechno.store.messages import NewMessage, StoredMessage, text_of
from livetechno.store.transcripts import Transcript
from tests.store.conftest import answered, said

PIXEL = "data:image/png;base64,iVBORw0KGgo="
PIXEL_HASH = hashlib.sha256(b"\x89PNG\r\n\x1a\n").hexdigest()


def looked_at(text: str, *urls: str) -> NewMessage:
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    parts += [{"type": "image_url", "image_url": {"url": url, "detail": "auto"}} for url in urls]
    return NewMessage({"role": "user", "content": parts})


def texts(messages: tuple[StoredMessage, ...]) -> list[str]:
    return [text_of(message.plain) for message in messages]


@dataclass
class Planted:
    """A step of a tree that is to be grown: after which of the messages so far, and what."""

    after: int
    messages: list[NewMessage]
    summary: str | None


_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
_MESSAGES = st.lists(
    st.one_of(
        st.builds(said, _ANY_TEXT),
        st.builds(answered, _ANY_TEXT, partial=st.booleans(), about=st.none() | st.just({"cost": "0.1"})),
        st.builds(looked_at, _ANY_TEXT, st.sampled_from([PIXEL, "https://example.org/a.png"])),
    ),
    min_size=1,
    max_size=3,
)
TREES = st.lists(
    st.builds(Planted, st.integers(-1, 30), _MESSAGES, st.none() | _ANY_TEXT), min_size=1, max_size=8
)


def grow(store: Store, steps: list[Planted]) -> str:
    """A conversation that holds them; its id."""
    id_ = store.conversations.create().id
    known: list[int | None] = [None]
    for step in steps:
        after = known[(step.after + 1) % len(known)]
        head = store.tree.add(id_, step.messages, after=after)
        known += [message.id for message in store.tree.branch(id_, head) if message.id not in known]
        if step.summary is not None:
            store.tree.summarise(id_, head, step.summary)
    return id_


def resolved(message: StoredMessage, transcript: Transcript) -> StoredMessage:
    """The message as the store gives it, its pictures back in place."""
    plain = copy.deepcopy(message.plain)
    for part in plain["content"] if isinstance(plain["content"], list) else ():
        if part["type"] == "image_url" and (hash_ := transcripts.hash_of(part["image_url"]["url"])):
            kind, data = transcript.attachments[hash_]
            part["image_url"]["url"] = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return replace(message, plain=plain)


@given(TREES)
def test_it_holds_every_message_once_and_every_branch(steps: list[Planted]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "livetechno.db")
        try:
            store = Store(database)
            id_ = grow(store, steps)
            transcript = transcripts.read(store, id_)
            ids = [message.id for message in transcript.messages]
            assert ids == sorted(set(ids))
            assert len(ids) == store.conversations.get(id_).size
            assert transcript.branches == store.tree.branches(id_)
            for branch in transcript.branches:
                way = transcript.way(branch.head)
                assert tuple(resolved(message, transcript) for message in way) == store.tree.branch(
                    id_, branch.head
                )
            parts = list(transcripts.sections(transcript))
            assert sorted(message.id for part in parts for message in part.messages) == ids
        finally:
            database.close()


@pytest.fixture
def talk(store: Store) -> tuple[Store, str]:
    id_ = store.conversations.create(title="Grooves", system="Be brief.").id
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    store.tree.add(id_, [said("2"), answered("two")], after=first)
    store.tree.add(id_, [said("3"), answered("three")], after=first)
    store.tree.add(id_, [said("4")], after=None)
    return store, id_


def test_what_branches_share_is_told_once_the_branch_in_use_first(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    store.tree.use(id_, store.tree.branches(id_)[1].head)
    found = [
        (part.number, part.after and text_of(part.after.plain), texts(part.messages))
        for part in transcripts.sections(transcripts.read(store, id_))
    ]
    assert found == [
        (2, None, ["1", "one", "3", "three"]),
        (1, "one", ["2", "two"]),
        (3, None, ["4"]),
    ]


def test_a_place_in_use_before_the_end_of_a_branch_is_gone_on_from(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = transcripts.read(store, id_).messages[1].id
    store.tree.use(id_, first)
    parts = list(transcripts.sections(transcripts.read(store, id_)))
    assert [texts(part.messages) for part in parts] == [["1", "one"], ["2", "two"], ["3", "three"], ["4"]]
    assert [part.after and part.after.id for part in parts] == [None, first, first, None]


def test_one_branch_alone_is_as_if_there_were_no_other(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    head = store.tree.add(id_, [looked_at("5", PIXEL)], after=None)
    transcript = transcripts.read(store, id_)
    assert transcripts.whole(1, transcript).messages == transcript.way(transcript.branches[0].head)
    first, last, none = transcript.only(1), transcript.only(4), transcript.only(None)
    assert texts(first.messages) == ["1", "one", "2", "two"]
    assert (first.branches, first.attachments) == (transcript.branches[:1], {})
    assert (last.conversation.head, texts(last.messages)) == (head, ["5"])
    assert last.attachments == {PIXEL_HASH: ("image/png", b"\x89PNG\r\n\x1a\n")}
    assert (none.conversation.head, none.branches, none.messages) == (None, (), ())


def test_a_conversation_without_messages_can_be_read(store: Store) -> None:
    id_ = store.conversations.create().id
    transcript = transcripts.read(store, id_)
    assert (transcript.messages, transcript.branches, list(transcripts.sections(transcript))) == ((), (), [])


def test_what_is_not_there_cannot_be_read_nor_what_is_anothers(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    with pytest.raises(NotFoundError):
        transcripts.read(store, "0" * 12)
    with pytest.raises(NotFoundError):
        transcripts.read(store.of("another"), id_)


def test_every_text_can_be_changed_and_no_attachment_is(store: Store) -> None:
    secret = "s3cret"
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": f'{{"a": "{secret}"}}'}}]
    id_ = store.conversations.create(title=f"t {secret}", system=f"s {secret}").id
    head = store.tree.add(
        id_,
        [
            looked_at(f"u {secret}", PIXEL, f"https://example.org/{secret}"),
            NewMessage({"role": "assistant", "content": None, "tool_calls": calls}),
            NewMessage({"role": "tool", "content": secret, "tool_call_id": "c"}),
            answered(secret, about={"model": secret, "usage": {"input_tokens": 1}}),
        ],
        after=None,
    )
    store.tree.summarise(id_, head, f"sum {secret}")
    transcript = transcripts.read(store, id_)
    changed = transcript.with_texts(lambda text: text.replace(secret, "…"))
    assert secret not in repr(changed)
    assert repr(changed) == repr(transcript).replace(secret, "…")
    assert changed.attachments == transcript.attachments


def test_functions_that_are_called_are_told_with_their_arguments() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "beats", "arguments": '{"bars": 7}'}}
    plain = {"role": "assistant", "content": None, "tool_calls": [call, {"odd": 1}]}
    message = StoredMessage(1, None, 1, 0, plain, False, None, "2026-11-23T12:00:00.000000Z")
    assert transcripts.calls(message) == ['beats({"bars": 7})']
    assert text_of(message.plain) == ""
