"""Logs that only grow: nobody writes in between, nobody sees another's, and what was written lasts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from livetechno.store import Store
from livetechno.store.errors import NotFoundError, StoreError, ValueRefusedError


def test_a_project_is_found_by_name_and_by_id(store: Store) -> None:
    row = store.projects.create("Été live", "first")
    assert store.projects.find("Été live") == store.projects.find(row.id) == row
    assert (row.entries, row.made, row.changed) == (1, row.changed, row.made)


def test_entries_come_in_their_order_and_after_a_number(store: Store) -> None:
    row = store.projects.create("loop", "a", "b")
    store.projects.append(row.id, "c", after=2)
    assert [(one.number, one.text) for one in store.projects.log(row.id)] == [(1, "a"), (2, "b"), (3, "c")]
    assert [one.text for one in store.projects.log(row.id, after=2)] == ["c"]


@pytest.mark.parametrize("after", [0, 2])
def test_who_has_not_seen_the_last_entry_writes_none(store: Store, after: int) -> None:
    row = store.projects.create("loop", "a")
    with pytest.raises(ValueRefusedError) as caught:
        store.projects.append(row.id, "b", after=after)
    assert (caught.value.code, len(store.projects.log(row.id))) == ("project_moved", 1)


def test_of_many_writers_at_once_one_is_first(store: Store) -> None:
    row = store.projects.create("loop", "a")

    def write(number: int) -> bool:
        try:
            store.projects.append(row.id, str(number), after=1)
        except StoreError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(32))) == 1
    assert len(store.projects.log(row.id)) == 2


@pytest.mark.parametrize("name", ["", " loop", "../loop", "a/b", "-x", "a\nb", "x" * 121, "\x1b[31m"])
def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueRefusedError):
        store.projects.create(name)
    assert store.projects.list() == ()


def test_a_name_is_taken_once_for_each_owner(store: Store) -> None:
    store.projects.create("loop")
    with pytest.raises(ValueRefusedError) as caught:
        store.projects.create("loop")
    assert caught.value.code == "project_taken"
    assert store.of("other").projects.create("loop").name == "loop"


def test_another_owner_sees_and_writes_nothing(store: Store) -> None:
    row = store.projects.create("loop", "a")
    other = store.of("other").projects
    assert other.list() == ()
    for attempt in (
        lambda: other.find("loop"),
        lambda: other.find(row.id),
        lambda: other.log(row.id),
        lambda: other.append(row.id, "b", after=1),
    ):
        with pytest.raises(NotFoundError):
            attempt()


def test_the_one_last_changed_is_first_and_changes_are_told(store: Store) -> None:
    one, two = store.projects.create("one", "a"), store.projects.create("two", "a")
    assert {change.kind for change in store.changes.after(0)} == {"project"}
    number = store.changes.last()
    store.projects.append(one.id, "b", after=1)
    assert [change.object for change in store.changes.after(number)] == [one.id]
    assert {row.name for row in store.projects.list()} == {one.name, two.name}
