from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from livetechno.store import Store
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError, ValueRefusedError
from livetechno.store.messages import NewMessage, StoredMessage
from tests.conftest import SOAK
from tests.store.conftest import answered, said

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def texts(messages: tuple[StoredMessage, ...]) -> list[str]:
    return [message.plain["content"] for message in messages]


@pytest.fixture
def talk(store: Store) -> tuple[Store, str]:
    return store, store.conversations.create().id


def test_messages_are_read_as_they_were_said(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    about = {"model": "gpt-6-luna", "cost": "0.0001"}
    head = store.tree.add(id_, [said("Hello"), answered("Hi", partial=True, about=about)], after=None)
    first, second = store.tree.branch(id_, head)
    assert first.plain == {"role": "user", "content": "Hello"}
    assert second.plain == {"role": "assistant", "content": "Hi"}
    assert (first.turn, second.turn, first.place, second.place) == (first.id, first.id, 0, 1)
    assert (second.partial, second.about) == (True, about)
    assert first.at == "2026-11-23T12:00:00.000000Z"
    assert store.conversations.get(id_).head == store.tree.head(id_) == head


def test_another_answer_is_a_branch_that_shares_the_question(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("Q"), answered("A")], after=None)
    question = store.tree.branch(id_, first)[0]
    second = store.tree.add(id_, [answered("B")], after=question.id, turn=question.id)
    assert texts(store.tree.branch(id_, first)) == ["Q", "A"]
    assert texts(store.tree.branch(id_, second)) == ["Q", "B"]
    assert store.conversations.get(id_).size == 3
    assert [(branch.head, branch.in_use) for branch in store.tree.branches(id_)] == [
        (first, False),
        (second, True),
    ]


def test_going_back_and_asking_otherwise_keeps_what_was_said(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    second = store.tree.add(id_, [said("2"), answered("two")], after=first)
    store.tree.use(id_, first)
    other = store.tree.add(id_, [said("3"), answered("three")], after=first)
    assert texts(store.tree.branch(id_, other)) == ["1", "one", "3", "three"]
    store.tree.use(id_, second)
    assert store.conversations.get(id_).head == second
    assert [branch.last for branch in store.tree.branches(id_)] == ["2", "3"]
    store.tree.use(id_, None)
    afresh = store.tree.add(id_, [said("4")], after=None)
    assert texts(store.tree.branch(id_, afresh)) == ["4"]
    assert len(store.tree.branches(id_)) == 3


def test_an_earlier_place_in_use_is_shown_as_a_branch_of_its_own(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    last = store.tree.add(id_, [said("2"), answered("two")], after=first)
    store.tree.use(id_, first)
    assert [(branch.head, branch.size, branch.in_use) for branch in store.tree.branches(id_)] == [
        (first, 2, True),
        (last, 4, False),
    ]


def test_from_any_message_the_newest_end_below_it_is_found(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("Q"), answered("A")], after=None)
    old = store.tree.add(id_, [said("R"), answered("B")], after=first)
    new = store.tree.add(id_, [said("S"), answered("C")], after=first)
    for message in store.tree.branch(id_, old)[2:]:
        assert store.tree.end(id_, message.id) == old
    assert store.tree.end(id_, first) == new
    with pytest.raises(NotFoundError):
        store.tree.end(store.conversations.create().id, first)


def test_a_conversation_is_named_by_what_is_said_beside_a_picture(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    picture = {"type": "image_url", "image_url": {"url": PIXEL}}
    parts = [{"type": "text", "text": "What is on it?"}, picture]
    messages = [[picture], parts]
    store.tree.add(id_, [NewMessage({"role": "user", "content": one}) for one in messages], after=None)
    assert store.conversations.get(id_).title == "What is on it?"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is wrong?\n\nnotes.md:\n```md\n# A\n\nb\n```", "What is wrong?"),
        ("Compare\n\na.py:\n```py\n1\n```\n\nb.py:\n````py\n```\n````", "Compare"),
        ("notes.md:\n```md\n# A\n```", "notes.md"),
        ("Why does this fail?\n\n```py\nx\n```", "Why does this fail? ```py x ```"),
    ],
)
def test_a_conversation_is_named_without_the_files_of_its_question(
    talk: tuple[Store, str], question: str, title: str
) -> None:
    store, id_ = talk
    store.tree.add(id_, [said(question)], after=None)
    assert store.conversations.get(id_).title == title


def test_a_summary_is_kept_with_its_message(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    head = store.tree.add(id_, [said("1"), answered("one")], after=None)
    store.tree.summarise(id_, head, "half \ud83d a pair")
    assert [message.summary for message in store.tree.branch(id_, head)] == [None, "half � a pair"]


def test_exchanges_come_newest_first_and_whole(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    head = store.tree.add(id_, [said("1"), answered("one")], after=None)
    round_ = [
        said("2"),
        NewMessage({"role": "assistant", "content": None, "tool_calls": calls}),
        NewMessage({"role": "tool", "content": "4", "tool_call_id": "c"}),
        answered("two"),
    ]
    head = store.tree.add(id_, round_, after=head)
    newest, oldest = store.tree.exchanges(id_, head)
    assert [message.plain for message in newest] == [dict(new.plain) for new in round_]
    assert texts(oldest) == ["1", "one"]
    assert list(store.tree.exchanges(id_, None)) == []


def test_only_the_exchanges_asked_for_are_read(
    talk: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, id_ = talk
    head = None
    for number in range(300):
        head = store.tree.add(id_, [said(f"{number}"), answered("x")], after=head)
    read: list[int] = []
    whole = store.tree._back

    def counted(*arguments: Any) -> list[StoredMessage]:
        found = whole(*arguments)
        read.append(len(found))
        return found

    monkeypatch.setattr(store.tree, "_back", counted)
    exchanges = store.tree.exchanges(id_, head)
    assert [texts(next(exchanges))[0] for _ in range(3)] == ["299", "298", "297"]
    assert sum(read) <= 64
    assert len(list(exchanges)) == 297


def test_a_picture_is_kept_once_however_often_it_is_sent(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    remote = {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "auto"}}
    local = {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}
    plain: dict[str, Any] = {
        "role": "user",
        "content": [{"type": "text", "text": "Look"}, local, remote, local],
    }
    head = store.tree.add(id_, [NewMessage(plain)], after=None)
    head = store.tree.add(id_, [NewMessage({"role": "user", "content": [local]})], after=head)
    first, second = store.tree.branch(id_, head)
    assert first.plain == plain
    assert second.plain == {"role": "user", "content": [local]}
    with store.tree._database.read() as connection:
        assert connection.execute("SELECT count(*) FROM attachments").fetchone()[0] == 1
        assert PIXEL[30:] not in str([tuple(row) for row in connection.execute("SELECT * FROM messages")])


def test_a_summary_stands_at_its_message_on_every_branch_that_shares_it(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    second = store.tree.add(id_, [said("2"), answered("two")], after=first)
    other = store.tree.add(id_, [said("3"), answered("three")], after=first)
    store.tree.summarise(id_, first, "old")
    store.tree.summarise(id_, first, "One was said.")
    for head in (second, other):
        assert [message.summary for message in store.tree.branch(id_, head)] == [
            None,
            "One was said.",
            None,
            None,
        ]


def test_what_is_added_behind_another_place_leaves_the_branch_in_use_if_asked(
    talk: tuple[Store, str],
) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    second = store.tree.add(id_, [said("2")], after=first)
    store.tree.use(id_, first)
    late = store.tree.add(id_, [answered("two")], after=second, turn=second, if_in_use=True)
    assert store.tree.head(id_) == first
    assert texts(store.tree.branch(id_, late)) == ["1", "one", "2", "two"]
    last = store.tree.add(id_, [said("3")], after=first, if_in_use=True)
    assert store.tree.head(id_) == last
    assert store.tree.add(id_, [said("4")], after=None, if_in_use=True) != store.tree.head(id_) == last
    assert store.tree.add(id_, [said("5")], after=late) == store.tree.head(id_)


def test_the_first_message_is_used_if_none_was(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    assert store.tree.head(id_) is None
    assert store.tree.add(id_, [said("1")], after=None, if_in_use=True) == store.tree.head(id_)


def test_one_message_is_read_alone_wherever_it_stands(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    other = store.tree.add(id_, [said("2"), answered("two", partial=True)], after=None)
    store.tree.summarise(id_, first, "One.")
    for head in (first, other):
        for message in store.tree.branch(id_, head):
            assert store.tree.message(id_, message.id) == message
    assert (store.tree.message(id_, first).summary, store.tree.message(id_, other).partial) == ("One.", True)
    with pytest.raises(NotFoundError):
        store.tree.message(id_, other + 1)


def test_the_children_of_each_message_are_told_in_their_order(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    assert store.tree.children(id_) == {}
    first = store.tree.add(id_, [said("1"), answered("one")], after=None)
    question = store.tree.branch(id_, first)[0].id
    again = store.tree.add(id_, [answered("uno")], after=question, turn=question)
    other = store.tree.add(id_, [said("2")], after=None)
    nowhere = store.conversations.create().id
    store.tree.add(nowhere, [said("3")], after=None)
    assert store.tree.children(id_) == {None: [question, other], question: [first, again]}
    assert store.tree.children("nowhere") == {}


@pytest.mark.parametrize(
    "plain",
    [{}, {"role": "robot", "content": "x"}, {"role": "user", "content": [{"type": "audio"}]}],
    ids=["nothing", "an unknown role", "an unknown part"],
)
def test_what_is_no_message_changes_nothing(talk: tuple[Store, str], plain: dict[str, Any]) -> None:
    store, id_ = talk
    with pytest.raises(ValueRefusedError):
        store.tree.add(id_, [said("Hello"), NewMessage(plain)], after=None)
    assert store.conversations.get(id_).size == 0
    assert store.conversations.get(id_).head is None


def test_messages_of_another_conversation_are_none_of_this_one(talk: tuple[Store, str]) -> None:
    store, id_ = talk
    other = store.conversations.create().id
    head = store.tree.add(other, [said("Hello")], after=None)
    uses = (
        lambda: store.tree.add(id_, [said("x")], after=head),
        lambda: store.tree.add(id_, [said("x")], after=None, turn=head),
        lambda: store.tree.use(id_, head),
        lambda: store.tree.branch(id_, head),
        lambda: store.tree.message(id_, head),
        lambda: store.tree.summarise(id_, head, "x"),
        lambda: store.tree.add("nowhere", [said("x")], after=None),
    )
    for use in uses:
        with pytest.raises(NotFoundError):
            use()
    assert store.conversations.get(id_).size == 0


class Talking(RuleBasedStateMachine):
    """Whatever is said, undone and asked again: the store holds the same tree as a dictionary of parents."""

    heads = Bundle("heads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "x.db")
        self.store = Store(self.database)
        self.id = self.store.conversations.create().id
        self.model: dict[int | None, list[str]] = {None: []}
        self.head: int | None = None

    @rule(target=heads, text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    def add(self, text: str) -> int:
        before = self.head
        self.head = self.store.tree.add(self.id, [said(text), answered(text[::-1])], after=before)
        self.model[self.head] = [*self.model[before], text, text[::-1]]
        return self.head

    @rule(target=heads, head=heads)
    def again(self, head: int) -> int:
        question = self.store.tree.branch(self.id, head)[-2]
        self.head = self.store.tree.add(self.id, [answered("again")], after=question.id, turn=question.id)
        self.model[self.head] = [*self.model[head][:-1], "again"]
        return self.head

    @rule(head=heads)
    def use(self, head: int) -> None:
        self.store.tree.use(self.id, head)
        self.head = head

    @invariant()
    def every_branch_reads_as_it_was_said(self) -> None:
        kept = self.store.conversations.get(self.id)
        assert kept.head == self.head
        for head, said_ in self.model.items():
            if head is not None:
                exchanges = list(self.store.tree.exchanges(self.id, head))
                assert [text for one in reversed(exchanges) for text in texts(one)] == said_
                assert all(one[0].plain["role"] == "user" for one in exchanges)

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


Talking.TestCase.settings = settings(max_examples=200 if SOAK else 10, stateful_step_count=15)
test_a_tree_of_what_was_said = Talking.TestCase


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_is_kept_to_the_letter_but_for_halves_of_characters(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "x.db")
        store = Store(database)
        id_ = store.conversations.create(title=text).id
        head = store.tree.add(id_, [said(text)], after=None)
        assert texts(store.tree.branch(id_, head)) == [
            text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        ]
        store.search(text)
        database.close()
