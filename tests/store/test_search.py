from __future__ import annotations

import pytest

from livetechno.store import Store, search
from livetechno.store.messages import NewMessage
from tests.store.conftest import answered, said


@pytest.fixture
def talk(store: Store) -> Store:
    for question, answer in (
        ("How is a kick tuned?", "Turn the decay of the KICK down."),
        ("Où est l'été à Orléans ?", "Derrière l'œuf."),
        ("キックの音を低くする", "ได้ครับ ลดเสียง"),
        ("What is 100 % swing_amount?", "A shuffle; a kick's friend."),
    ):
        id_ = store.conversations.create().id
        store.tree.add(id_, [said(question), answered(answer)], after=None)
    return store


def found(store: Store, text: str) -> list[str]:
    return [one.excerpt for one in store.search(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orleans ete", ["Où est l'été à Orléans ?"]),
        ("ORLÉANS", ["Où est l'été à Orléans ?"]),
        ("tun", ["How is a kick tuned?"]),
        ("kick decay", ["Turn the decay of the KICK down."]),
        ("キック", ["キックの音を低くする"]),
        ("低く", ["キックの音を低くする"]),
        ("เสียง", ["ได้ครับ ลดเสียง"]),
        ("swing_amount", ["What is 100 % swing_amount?"]),
        ("nowhere", []),
        ("", []),
        ("?!% *", []),
        ('" OR 1=1 --', []),
        ("kick AND NOT decay", []),
    ],
)
def test_words_are_found_without_their_case_and_accents(talk: Store, text: str, expected: list[str]) -> None:
    assert found(talk, text) == expected


def test_a_word_in_several_messages_is_found_in_each(talk: Store) -> None:
    assert sorted(found(talk, "kick")) == [
        "A shuffle; a kick's friend.",
        "How is a kick tuned?",
        "Turn the decay of the KICK down.",
    ]
    assert len(talk.search("kick", most=2)) == 2


def test_everything_is_found_where_this_sqlite_has_no_index(
    talk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "has_index", lambda _: False)
    assert found(talk, "tun") == ["How is a kick tuned?"]
    assert len(found(talk, "kick")) == 3
    assert found(talk, "100 swing") == ["What is 100 % swing_amount?"]


@pytest.mark.parametrize("beginning", ["", "キック "])
def test_a_whole_text_may_be_searched_for(talk: Store, beginning: str) -> None:
    assert found(talk, beginning + " ".join(f"word{number}" for number in range(5000))) == []
    assert found(talk, (beginning or "kick ") * 2000) != []


def test_what_tools_said_is_not_shown(store: Store) -> None:
    id_ = store.conversations.create().id
    tool = NewMessage({"role": "tool", "content": "hidden machinery", "tool_call_id": "c"})
    store.tree.add(id_, [said("x"), tool, answered("y")], after=None)
    assert found(store, "machinery") == []


def test_a_long_text_is_shown_around_what_was_found(store: Store) -> None:
    id_ = store.conversations.create().id
    store.tree.add(id_, [said("before " * 500 + "needle " + "after " * 500)], after=None)
    [excerpt] = found(store, "needle")
    assert excerpt.startswith("…")
    assert "needle after" in excerpt
    assert len(excerpt) <= 161


def test_it_says_where_it_was_found(talk: Store) -> None:
    [one] = talk.search("decay")
    conversation = talk.conversations.get(one.conversation)
    assert one.title == conversation.title == "How is a kick tuned?"
    assert (one.message, one.role) == (conversation.head, "assistant")


@pytest.mark.parametrize(
    ("word", "shown"), [("orleans", "Orléans"), ("ORLÉANS", "Orléans"), ("cafe", "café")]
)
def test_a_long_text_is_shown_around_an_accented_word(word: str, shown: str, store: Store) -> None:
    id_ = store.conversations.create().id
    store.tree.add(id_, [said("avant " * 500 + "Orléans café " + "après " * 500)], after=None)
    [excerpt] = found(store, word)
    assert shown in excerpt


@pytest.mark.parametrize(
    ("excerpt", "text", "marked"),
    [
        ("Où est l'Été à Orléans ?", "ete ORLEANS", ["Été", "Orléans"]),
        ("tune a fine-tuned tuning", "tun", ["tun", "tun", "tun"]),
        ("start of art", "art", ["art"]),
        ("a swing_amount", "amount", ["amount"]),
        ("キックの音", "の音", ["の音"]),
        ("한글과 학", "학", ["학"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("a+b (c)", "(c) a+", ["a", "c"]),
        ("anything", "?!", []),
    ],
)
def test_the_words_that_were_found_can_be_marked(excerpt: str, text: str, marked: list[str]) -> None:
    assert [excerpt[start:end] for start, end in search.marks(excerpt, text)] == marked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# Kick\n\n- **Tune** it\n- with `decay`", "Kick Tune it with decay"),
        ("> A **kick** is\n\n```py\nplay(2 * 3)\n```", "A kick is py play(2 * 3)"),
        ("A kick_drum, 5 - 3 > 1 and 2 ** 3", "A kick_drum, 5 - 3 > 1 and 2 ** 3"),
    ],
)
def test_what_was_found_is_shown_without_the_marks_of_markdown(store: Store, text: str, shown: str) -> None:
    store.tree.add(store.conversations.create().id, [said(text)], after=None)
    assert found(store, "kick") == [shown]
