"""What must last: conversations, costs, budgets. All SQL is in this room.

    store = Store.open(path)
    conversation = store.conversations.create(system="You are brief.")
    store.tree.add(conversation.id, [NewMessage({"role": "user", "content": "Hello"})], after=None)
    store.search("hello")
    store.close()

    database.py       the file: readers, and one thread that writes
    migrations/       the forms it has had
    changes.py        what has changed since
    conversations.py  the list of them;  tree.py: what is said in them;  messages.py: a message as a row
    search.py         full-text search;  index.py: its index
    budgets.py        what may be spent;  ledger.py: what was;  money.py: exact dollars
    leases.py         slices of a budget, for many calls at a time
    access.py         keys that let programs in
    projects.py       pieces of music, each a log that only grows

Everything belongs to an owner, whose name goes with every query; `store.of(owner)` is the same file for
another one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from livetechno import environment
from livetechno.store.access import Access, AccessKey
from livetechno.store.budgets import Budgets
from livetechno.store.changes import Changes
from livetechno.store.conversations import Conversations
from livetechno.store.database import Database
from livetechno.store.leases import Leases, Lessor
from livetechno.store.ledger import Ledger
from livetechno.store.projects import Projects
from livetechno.store.search import Search
from livetechno.store.tree import Tree

LOCAL = "local"
"""The owner of what is done on this machine, by whoever sits at it."""


class Store:
    """One owner's view of a database. Everything in it raises StoreError kinds."""

    def __init__(
        self,
        database: Database,
        owner: str = LOCAL,
        now: Callable[[], dt.datetime] = environment.now,
        lessor: Lessor | None = None,
    ) -> None:
        self.owner = owner
        self.conversations = Conversations(database, owner, now)
        self.tree = Tree(database, owner, now)
        self.search = Search(database, owner)
        self.budgets = Budgets(database, owner, now)
        self.ledger = Ledger(database, owner)
        self.changes = Changes(database, owner)
        self.access = Access(database, owner, now)
        self.projects = Projects(database, owner, now)
        self._lessor = lessor or Lessor(database)
        self._others: dict[str, Store] = {}
        self._database = database
        self._now = now

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open the file, which is made if need be, for the local owner. Raises StoreError."""
        return cls(Database(path))

    def of(self, owner: str) -> Store:
        """The same file for another owner, who sees nothing of this one's: always the same object."""
        found = self._others.get(owner)
        if found is None:
            found = self._others[owner] = Store(self._database, owner, self._now, self._lessor)
        return found

    @property
    def leases(self) -> Leases:
        """What this process has leased of the owner's budgets: the same object for all views."""
        return self._lessor.of(self.owner, self._now)

    def access_of(self, sha256: bytes) -> AccessKey | None:
        """The living access key with that hash; None where there is none. Raises StoreError."""
        return self.access.find(sha256)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._database.path

    def close(self) -> None:
        """Finish what is being written, give back what is leased, and let go of the file, for all owners."""
        self._lessor.close()
        self._database.close()
