from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from livetechno.cli import terminal
from livetechno.store import Store, export, transcripts
from livetechno.store.conversations import Conversation
from livetechno.store.messages import NewMessage, StoredMessage
from livetechno.store.transcripts import Transcript
from livetechno.store.tree import Branch
from tests.store.conftest import answered, said
from tests.store.test_transcripts import PIXEL, PIXEL_HASH, looked_at

ABOUT = {
    "model": "gpt-6-luna",
    "finish": "stop",
    "request_id": None,
    "usage": {"input_tokens": 120, "output_tokens": 410},
    "cost": "0.000217",
}
AT = "2026-11-23T12:00:00.000000Z"
NOON = re.compile(r"2026-11-23 \d\d:\d\d")


@pytest.fixture(autouse=True)
def _universal_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        yield
        return
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def dollars(amount: Decimal) -> str:
    return f"${amount}"


def markdown(transcript: Transcript, **more: Any) -> str:
    return export.markdown(transcript, dollars, **more)


@pytest.fixture
def talk(store: Store) -> tuple[Store, str]:
    id_ = store.conversations.create(title="Grooves", system="Be brief.").id
    first = store.tree.add(
        id_, [said("What is swing?"), answered("**Late** steps.", about=ABOUT)], after=None
    )
    store.tree.add(id_, [said("And a flam?"), answered("Two str", partial=True)], after=first)
    return store, id_


def test_a_conversation_as_markdown_is_plain_to_read(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    assert (
        markdown(transcripts.read(store, id_))
        == f"""\
# Grooves

*Conversation {id_} · begun 2026-11-23 12:00 · model: chat · messages: 4*

**Instructions**

> Be brief.

**You** · 2026-11-23 12:00

> What is swing?

**gpt-6-luna** · 2026-11-23 12:00 · 530 tokens · $0.000217

> **Late** steps.

**You** · 2026-11-23 12:00

> And a flam?

**GPT** · 2026-11-23 12:00 · incomplete

> Two str
"""
    )


def test_it_is_told_in_the_persons_language(talk: tuple[Store, str], monkeypatch: pytest.MonkeyPatch) -> None:
    store, id_ = talk
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    text = markdown(transcripts.read(store, id_))
    assert "**Vous** · 2026-11-23 12:00" in text
    assert "**GPT** · 2026-11-23 12:00 · incomplète" in text
    assert "**Consignes**" in text


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_an_answer_that_the_server_cut_is_marked_too(finish: str, store: Store) -> None:
    id_ = store.conversations.create().id
    store.tree.add(id_, [said("?"), answered("half", about={"finish": finish})], after=None)
    assert "· incomplete\n\n> half" in markdown(transcripts.read(store, id_))


def test_every_branch_is_named_and_what_they_share_is_written_once(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = transcripts.read(store, id_).messages[1].id
    store.tree.add(id_, [said("And *a* ratchet?")], after=first)
    text = markdown(transcripts.read(store, id_))
    assert text.count("What is swing?") == 1
    assert "## Branch 2 of 2, in use\n\n**You** · 2026-11-23 12:00\n\n> What is swing?" in text
    tail = "## Branch 1 of 2\n\n*Goes on from “\\*\\*Late\\*\\* steps.” (gpt-6-luna)*\n\n**You** · "
    assert tail in text
    assert text.index("ratchet") < text.index(tail) < text.index("flam")


def test_a_title_and_a_models_name_mean_nothing_but_themselves(store: Store) -> None:
    id_ = store.conversations.create(title="# *a* <b>\n\n[x](y) `z` \x1b[31m").id
    store.tree.add(id_, [answered("!", about={"model": "**evil**\n\n# heading"})], after=None)
    text = markdown(transcripts.read(store, id_))
    tokens = MarkdownIt("commonmark").parse(text)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1"]
    inline = [token.children or [] for token in tokens if token.type == "inline"]
    assert {child.type for child in inline[0]} <= {"text", "text_special"}
    assert "".join(child.content for child in inline[0]) == "# *a* <b> [x](y) `z` ␛[31m"
    assert "**evil** # heading" in "".join(child.content for line in inline for child in line)


def test_pictures_are_named_or_stand_in_their_files_and_none_is_fetched(store: Store) -> None:
    id_ = store.conversations.create().id
    store.tree.add(id_, [looked_at("```\nopen", PIXEL, "https://example.org/a_b.png")], after=None)
    transcript = transcripts.read(store, id_)
    assert "> picture: image/png, 1 kB\n\n> picture: https://example.org/a\\_b.png" in markdown(transcript)
    files = export.picture_files(transcript, "my notes")
    assert files == {PIXEL_HASH: "my notes-1.png"}
    text = markdown(transcript, files=files)
    assert "![picture: image/png, 1 kB](my%20notes-1.png)" in text
    images = [
        child.attrs["src"]
        for token in MarkdownIt("commonmark").parse(text)
        for child in token.children or []
        if child.type == "image"
    ]
    assert images == ["my%20notes-1.png"]


def test_a_picture_of_no_known_kind_is_no_program(store: Store) -> None:
    id_ = store.conversations.create().id
    store.tree.add(id_, [looked_at("", "data:text/html;base64,PGI+")], after=None)
    assert list(export.picture_files(transcripts.read(store, id_), "a").values()) == ["a-1.bin"]


def test_calls_of_functions_are_shown_as_code(store: Store) -> None:
    id_ = store.conversations.create().id
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":\n "``"}'}}
    tool = NewMessage({"role": "tool", "content": "28", "tool_call_id": "c"})
    asks = NewMessage({"role": "assistant", "content": None, "tool_calls": [call]})
    store.tree.add(id_, [said("?"), asks, tool], after=None)
    text = markdown(transcripts.read(store, id_))
    assert '> ``` f({"a": "``"}) ```' in text
    assert "**Function** · 2026-11-23 12:00\n\n> 28" in text


def test_a_conversation_without_title_and_messages_is_a_document_too(store: Store) -> None:
    id_ = store.conversations.create().id
    assert markdown(transcripts.read(store, id_)).startswith("# Untitled\n\n*Conversation ")
    assert export.document(transcripts.read(store, id_))["messages"] == []


NASTY = (
    *("```", "````python", "~~~~", "# Title", "## You", "**You** · 2026-11-23 12:00", "> quoted", ">", "- a"),
    *("1. one", "    code", "\tcode", "---", "===", "* * *", "| a | b |", "|---|---|", "[x]: https://e.org"),
    *("<!--", "<script>", "<div>", "</blockquote>", "<?php", "<![CDATA[", "&amp;", "\\", "`", "``", "*", ""),
    *("\x1b[31m", "\x1b]0;owned\x07", "\x9b2J", "\x85", "\x0b", "\x0c", "\x00", "\x7f", "\u202e", "\u2028"),
    *("\ud83d", "é 中 🙂", "![](https://e.org/a.png)", "   ", "a  ", "\\\\"),
)
_NASTY_TEXTS = st.lists(
    st.tuples(
        st.sampled_from(NASTY) | st.text(max_size=8), st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n", " "])
    ),
    max_size=12,
).map(lambda pieces: "".join(text + end for text, end in pieces))
SIGNS = "".join(map(chr, range(0x2400, 0x2422))) + "�"
SEEN = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def transcript_of(texts: list[str]) -> Transcript:
    """A conversation in which they are said, made without a store, which would mend some of them."""
    messages = tuple(
        StoredMessage(
            id=number,
            parent=number - 1 if number > 1 else None,
            turn=number,
            place=number - 1,
            plain={"role": "user" if number % 2 else "assistant", "content": text},
            partial=False,
            about=None,
            at=AT,
        )
        for number, text in enumerate(texts, 1)
    )
    head = len(texts) or None
    conversation = Conversation("c0ffee", "T", "", "chat", {}, head, AT, AT, None, len(texts))
    branches = (Branch(head, len(texts), True, "", AT),) if head else ()
    return Transcript(conversation, branches, messages, {})


@given(st.lists(_NASTY_TEXTS, min_size=1, max_size=5))
def test_whatever_is_said_stays_within_its_message_and_all_of_it_is_there(texts: list[str]) -> None:
    document = markdown(transcript_of(texts))
    document.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", document)
    lines = document.split("\n")
    top = [token for token in MarkdownIt("commonmark").parse(document) if token.level == 0 and token.map]
    kinds = [token.type for token in top]
    assert kinds == ["heading_open", "paragraph_open", *["paragraph_open", "blockquote_open"] * len(texts)]
    for number, text in enumerate(texts):
        who, said = top[2 + 2 * number], top[3 + 2 * number]
        assert who.map is not None
        assert said.map is not None
        name = "GPT" if number % 2 else "You"
        assert NOON.sub("now", lines[who.map[0]]) == f"**{name}** · now"
        quoted = [line for line in lines[said.map[0] : said.map[1]] if line]
        plain = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
        assert [line[:2] for line in quoted] == ["> " if line else ">" for line in plain]
        assert all(is_shown(line, shown[2:]) for line, shown in zip(plain, quoted, strict=True))


def is_shown(line: str, shown: str) -> bool:
    """Whether all of a line is there, a sign in place of each character that does something unseen."""
    pairs = zip(line, shown, strict=True)
    return all(sign == char if SEEN.match(char) else sign in SIGNS for char, sign in pairs)


def test_control_characters_are_seen_and_do_nothing() -> None:
    text = markdown(transcript_of(["\x1b]0;owned\x07 \x00 \x7f \x9b \u202e \ud83d"]))
    assert "> ␛]0;owned␇ ␀ ␡ � � �\n" in text


def test_json_holds_every_message_with_all_that_is_known_of_it(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    transcript = transcripts.read(store, id_)
    store.tree.summarise(id_, transcript.messages[1].id, "Swing was explained.")
    store.conversations.delete(id_)
    document = export.document(transcripts.read(store, id_))
    one, two, *_ = transcript.messages
    assert document == {
        "format": "livetechno.conversation.v1",
        "id": id_,
        "title": "Grooves",
        "system": "Be brief.",
        "model": "chat",
        "parameters": {},
        "made": AT,
        "changed": AT,
        "deleted": AT,
        "head": transcript.messages[-1].id,
        "messages": document["messages"],
        "attachments": {},
    }
    assert document["messages"][:2] == [
        {
            "id": one.id,
            "parent": None,
            "turn": one.id,
            "at": AT,
            "partial": False,
            "about": None,
            "summary": None,
            "message": {"role": "user", "content": "What is swing?"},
        },
        {
            "id": two.id,
            "parent": one.id,
            "turn": one.id,
            "at": AT,
            "partial": False,
            "about": ABOUT,
            "summary": "Swing was explained.",
            "message": {"role": "assistant", "content": "**Late** steps."},
        },
    ]


def test_a_picture_is_in_the_json_once_however_often_it_is_shown(store: Store) -> None:
    id_ = store.conversations.create().id
    head = store.tree.add(id_, [looked_at("a", PIXEL)], after=None)
    store.tree.add(id_, [looked_at("b", PIXEL, "https://example.org/a.png")], after=head)
    document = export.document(transcripts.read(store, id_))
    assert document["attachments"] == {PIXEL_HASH: {"kind": "image/png", "base64": "iVBORw0KGgo="}}
    first, second = (message["message"]["content"] for message in document["messages"])
    assert first[1]["image_url"] == {"url": f"attachment:{PIXEL_HASH}", "detail": "auto"}
    assert second[1:] == [
        first[1],
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "auto"}},
    ]


@given(st.lists(_NASTY_TEXTS | st.text(st.characters(exclude_categories=())), max_size=5))
def test_json_is_exact_and_harmless_whatever_was_said(texts: list[str]) -> None:
    document = export.document(transcript_of(texts))
    text = terminal.safe_json(document, indent=2)
    text.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert json.loads(text) == document
    assert [message["message"]["content"] for message in json.loads(text)["messages"]] == texts


def test_the_documentation_names_every_field(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    document = export.document(transcripts.read(store, id_))
    text = (Path(__file__).resolve().parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?m)(?:^\|.*\n)+", text)
    rows = [[line.split("|")[1] for line in table.splitlines()[2:]] for table in tables]
    assert [set(re.findall(r"`(\w+)`", " ".join(fields))) for fields in rows] == [
        set(document),
        set(document["messages"][0]),
    ]
