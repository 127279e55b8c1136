from __future__ import annotations

import subprocess
import sys
import threading
import time
from decimal import Decimal
from itertools import pairwise

from livetechno.store import Store
from livetechno.store.database import Database
from tests.store.conftest import said


def test_every_change_has_a_rising_number_and_an_object_only_its_newest(store: Store) -> None:
    assert (store.changes.last(), store.changes.after(0)) == (0, ())
    first, second = store.conversations.create(), store.conversations.create()
    seen = store.changes.last()
    store.tree.add(first.id, [said("Hello")], after=None)
    store.budgets.set("day", Decimal(2))
    store.conversations.change(second.id, title="x")
    store.conversations.change(second.id, title="y")
    new = store.changes.after(seen)
    assert [(change.kind, change.object) for change in new] == [
        ("conversation", first.id),
        ("budget", "day"),
        ("conversation", second.id),
    ]
    assert all(a.number < b.number for a, b in pairwise(new))
    assert new[0].number > seen
    assert len(store.changes.after(0)) == 3
    assert store.changes.after(store.changes.last()) == ()


def test_a_change_of_what_is_kept_elsewhere_is_told_too(store: Store) -> None:
    store.changes.tell("settings")
    seen = store.changes.last()
    store.changes.tell("settings")
    [change] = store.changes.after(0)
    assert (change.kind, change.object) == ("settings", "")
    assert change.number > seen


def test_what_is_purged_is_a_change_too(store: Store) -> None:
    made = store.conversations.create()
    store.conversations.delete(made.id)
    seen = store.changes.last()
    store.conversations.purge()
    assert [change.object for change in store.changes.after(seen)] == [made.id]


def test_waiting_ends_when_a_thread_of_ours_writes(store: Store) -> None:
    seen = store.changes.last()
    thread = threading.Thread(target=lambda: store.conversations.create())
    thread.start()
    assert len(store.changes.wait(seen, seconds=10)) == 1
    thread.join()


def test_waiting_ends_when_another_process_writes(store: Store, database: Database) -> None:
    seen = store.changes.last()
    script = (
        "from pathlib import Path; from livetechno.store import Store;"
        f"store = Store.open(Path({str(database.path)!r})); print(store.conversations.create().id);"
        "store.close()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        [change] = store.changes.wait(seen, seconds=20)
        assert process.communicate()[0].strip() == change.object


def test_waiting_for_nothing_ends_in_time(store: Store) -> None:
    began = time.monotonic()
    assert store.changes.wait(store.changes.last(), seconds=0.03) == ()
    assert time.monotonic() - began < 5
