from __future__ import annotations

import pytest

from livetechno.store import Store
from livetechno.store.conversations import Draft
from livetechno.store.errors import NotFoundError, ValueRefusedError
from livetechno.store.messages import NewMessage
from tests.store.conftest import Clock, answered, said

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def test_a_new_one_is_empty_and_keeps_how_to_answer(store: Store) -> None:
    made = store.conversations.create(system="You are brief.", model="reasoning")
    assert store.conversations.get(made.id) == made
    assert (made.system, made.model, made.title, made.head, made.size) == (
        "You are brief.",
        "reasoning",
        "",
        None,
        0,
    )


def test_it_keeps_its_parameters_until_there_are_others(store: Store) -> None:
    id_ = store.conversations.new_id()
    store.tree.add(id_, [said("Hello")], after=None, draft=Draft(parameters={"temperature": 0.3}))
    assert store.conversations.get(id_).parameters == {"temperature": 0.3}
    store.conversations.change(id_, title="x")
    assert store.conversations.get(id_).parameters == {"temperature": 0.3}
    store.conversations.change(id_, parameters={"max_tokens": 5})
    assert store.conversations.list()[0].parameters == {"max_tokens": 5}
    store.conversations.change(id_, parameters={})
    assert store.conversations.get(id_).parameters == {}


def test_it_is_named_after_the_first_question_unless_it_has_a_name(store: Store) -> None:
    unnamed, named = store.conversations.create(), store.conversations.create(title="Kicks")
    long = "How do I tune\n a kick " * 20
    for made in (unnamed, named):
        head = store.tree.add(made.id, [said(long), answered("Low.")], after=None)
        store.tree.add(made.id, [said("Another"), answered("Yes.")], after=head)
    title = store.conversations.get(unnamed.id).title
    assert title.startswith("How do I tune a kick How do")
    assert len(title) <= 60
    assert title.endswith("…")
    assert store.conversations.get(named.id).title == "Kicks"


def test_the_one_in_which_something_was_said_last_comes_first(store: Store, clock: Clock) -> None:
    assert store.conversations.newest() is None
    first, second = store.conversations.create(), store.conversations.create()
    clock.forward(minutes=1)
    store.tree.add(first.id, [said("Hello")], after=None)
    assert [one.id for one in store.conversations.list()] == [first.id, second.id]
    newest = store.conversations.newest()
    assert newest is not None
    assert (newest.id, newest.size) == (first.id, 1)


def test_a_new_name_does_not_make_it_newer(store: Store, clock: Clock) -> None:
    made = store.conversations.create()
    clock.forward(days=1)
    store.conversations.change(made.id, title="  On \n two lines ", system="New", model="code")
    changed = store.conversations.get(made.id)
    assert (changed.title, changed.system, changed.model) == ("On two lines", "New", "code")
    assert changed.changed == made.changed


def test_it_is_found_by_the_beginning_of_its_id_when_that_is_clear(store: Store) -> None:
    made = [store.conversations.create() for _ in range(20)]
    assert store.conversations.find(made[0].id.upper()) == made[0]
    for beginning, code in (("", "unknown"), ("zz", "unknown"), ("%", "unknown"), ("_", "unknown")):
        with pytest.raises(NotFoundError) as caught:
            store.conversations.find(beginning)
        assert caught.value.code == code
    shared = next(id_ for one in made if sum(other.id[0] == (id_ := one.id)[0] for other in made) > 1)
    with pytest.raises(NotFoundError) as caught:
        store.conversations.find(shared[0])
    assert caught.value.code == "ambiguous"


def test_what_is_deleted_comes_back_as_it_was(store: Store) -> None:
    made = store.conversations.create()
    head = store.tree.add(made.id, [said("Hello"), answered("Hi")], after=None)
    before = store.conversations.get(made.id), store.tree.branch(made.id, head)
    store.conversations.delete(made.id)
    assert store.conversations.list() == ()
    assert [one.id for one in store.conversations.list(deleted=True)] == [made.id]
    assert store.search("hello") == ()
    store.conversations.restore(made.id)
    assert (store.conversations.get(made.id), store.tree.branch(made.id, head)) == before
    assert len(store.search("hello")) == 1


def test_purging_removes_what_was_deleted_and_nothing_else(store: Store) -> None:
    kept, gone, other = (store.conversations.create() for _ in range(3))
    for made in (kept, gone, other):
        picture = {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}
        head = store.tree.add(made.id, [NewMessage({"role": "user", "content": [picture]})], after=None)
        store.tree.summarise(made.id, head, "A picture")
        store.tree.add(made.id, [said("secret"), answered("x")], after=head)
        store.tree.add(made.id, [said("branch")], after=head)
    store.conversations.delete(gone.id)
    store.conversations.delete(other.id)
    assert store.conversations.purge(kept.id) == 0
    assert store.conversations.purge(gone.id) == 1
    with pytest.raises(NotFoundError):
        store.conversations.get(gone.id)
    assert store.conversations.get(other.id).size == 4
    assert store.conversations.purge() == 1
    assert [found.conversation for found in store.search("secret")] == [kept.id]
    with store.conversations._database.read() as connection:
        for table, left in {"messages": 4, "summaries": 1, "attached": 1, "attachments": 1}.items():
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == left
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    store.conversations.delete(kept.id)
    store.conversations.purge()
    with store.conversations._database.read() as connection:
        assert connection.execute("SELECT count(*) FROM attachments").fetchone()[0] == 0


def test_what_is_purged_is_no_longer_in_the_file(store: Store) -> None:
    made = store.conversations.create(title="a-title-to-be-gone")
    store.tree.add(made.id, [said("words-to-be-gone " * 100)], after=None)
    store.conversations.delete(made.id)
    store.conversations.purge()
    store.close()
    left = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert b"to-be-gone" not in left


def test_what_is_not_there_cannot_be_changed(store: Store) -> None:
    for use in (store.conversations.get, store.conversations.delete, store.conversations.restore):
        with pytest.raises(NotFoundError) as caught:
            use("0123456789ab")
        assert "livetechno conversations list" in caught.value.todo()
    with pytest.raises(NotFoundError):
        store.conversations.change("0123456789ab", title="x")


def test_a_beginning_that_is_no_text_finds_nothing(store: Store) -> None:
    store.conversations.create()
    with pytest.raises(NotFoundError):
        store.conversations.find("\udcff")


@pytest.mark.parametrize("method", ["get", "delete", "restore", "purge"])
def test_a_name_with_half_a_character_is_nobodys(store: Store, method: str) -> None:
    with pytest.raises(ValueRefusedError):
        getattr(store.conversations, method)("\ud83d")
