"""User B sees and changes nothing of user A's: each public method of the store is tried."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from decimal import Decimal

import pytest

from livetechno.store import Store
from livetechno.store.access import hash_of
from livetechno.store.errors import NotFoundError
from livetechno.store.messages import NewMessage
from tests.store.conftest import answered, reserve, said, settle
from tests.store.test_leases import ended, lease
from tests.store.test_ledger import call

PIXEL = "data:image/png;base64,iVBORw0KGgo="


class World:
    """What A has, and B's view of the same file."""

    def __init__(self, store: Store) -> None:
        self.a, self.b = store, store.of("b")
        self.id = store.conversations.create(title="A's own").id
        picture = {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}
        self.first = store.tree.add(self.id, [NewMessage({"role": "user", "content": [picture]})], after=None)
        self.head = store.tree.add(self.id, [said("secret"), answered("hidden")], after=self.first)
        self.number = call(store, conversation=self.id)
        self.open = reserve(store, "0.5", conversation=self.id).number
        store.budgets.set("month", Decimal(9))
        self.leased = lease(store).number
        self.key, self.secret = store.access.create("band")

    def all_of(self, store: Store) -> tuple[object, ...]:
        return (
            *(store.conversations.list(), store.conversations.list(deleted=True), store.changes.after(0)),
            *(store.ledger.calls(), store.budgets.standing(self.id), store.search("secret hidden")),
            store.access.list(revoked=True),
        )


REFUSED: dict[str, Callable[[World], object]] = {
    "conversations.get": lambda world: world.b.conversations.get(world.id),
    "conversations.find": lambda world: world.b.conversations.find(world.id),
    "conversations.change": lambda world: world.b.conversations.change(world.id, title="B's"),
    "conversations.delete": lambda world: world.b.conversations.delete(world.id),
    "conversations.restore": lambda world: world.b.conversations.restore(world.id),
    "tree.add": lambda world: world.b.tree.add(world.id, [said("x")], after=world.head),
    "tree.use": lambda world: world.b.tree.use(world.id, world.first),
    "tree.message": lambda world: world.b.tree.message(world.id, world.head),
    "tree.head": lambda world: world.b.tree.head(world.id),
    "tree.end": lambda world: world.b.tree.end(world.id, world.first),
    "tree.branch": lambda world: world.b.tree.branch(world.id, world.head),
    "tree.exchanges": lambda world: list(world.b.tree.exchanges(world.id, world.head)),
    "tree.summarise": lambda world: world.b.tree.summarise(world.id, world.first, "x"),
    "ledger.settle": lambda world: settle(world.b, world.open, "0"),
    "ledger.release": lambda world: world.b.ledger.release(world.open).result(),
    "leases.settle": lambda world: ended(world.b, world.leased),
    "leases.release": lambda world: world.b.leases.release(world.leased).result(),
    "access.revoke": lambda world: world.b.access.revoke("band"),
}
EMPTY: dict[str, Callable[[World], object]] = {
    "conversations.list": lambda world: world.b.conversations.list(),
    "conversations.newest": lambda world: world.b.conversations.newest(),
    "conversations.purge": lambda world: world.b.conversations.purge(),
    "tree.children": lambda world: world.b.tree.children(world.id),
    "tree.branches": lambda world: world.b.tree.branches(world.id),
    "search.__call__": lambda world: world.b.search("secret"),
    "ledger.calls": lambda world: world.b.ledger.calls(),
    "ledger.call": lambda world: world.b.ledger.call("req_1", world.id),
    "ledger.totals": lambda world: world.b.ledger.totals("day"),
    "access.list": lambda world: world.b.access.list(revoked=True),
    "access.living": lambda world: world.b.access.living(),
    "access.find": lambda world: world.b.access_of(hash_of(world.secret)),
    "changes.after": lambda world: world.b.changes.after(0),
    "changes.last": lambda world: world.b.changes.last(),
    "changes.wait": lambda world: world.b.changes.wait(0, seconds=0.01),
}
OWN = {
    "conversations.create",
    "conversations.new_id",
    "changes.tell",
    "budgets.set",
    "budgets.clear",
    "budgets.caps",
    "budgets.any_set",
    "budgets.standing",
    "budgets.reserve",
    "budgets.first_time",
    "budgets.rooms",
    "access.create",
    "leases.any_set",
    "leases.hold",
    "leases.take",
    "leases.reserve",
    "leases.write",
}
"""Methods that take nothing of A's; the last test here uses them."""


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def test_no_method_is_forgotten_here(store: Store) -> None:
    methods = {
        f"{room}.{name}"
        for room in ("conversations", "tree", "search", "ledger", "budgets", "changes", "access", "leases")
        for name, _ in inspect.getmembers(type(getattr(store, room)), inspect.isfunction)
        if not name.startswith("_") or name == "__call__"
    }
    assert methods == {*REFUSED, *EMPTY, *OWN}


@pytest.mark.parametrize("name", REFUSED)
def test_b_is_refused_what_is_as(world: World, name: str) -> None:
    before = world.all_of(world.a)
    with pytest.raises(NotFoundError):
        REFUSED[name](world)
    assert world.all_of(world.a) == before


@pytest.mark.parametrize("name", EMPTY)
def test_b_finds_nothing_of_as(world: World, name: str) -> None:
    before = world.all_of(world.a)
    assert not EMPTY[name](world)
    assert world.all_of(world.a) == before


def test_b_is_not_told_apart_from_a_name_that_nobody_has(world: World) -> None:
    texts = []
    for id_ in (world.id, "0123456789ab"):
        with pytest.raises(NotFoundError) as caught:
            world.b.conversations.get(id_)
        texts.append(str(caught.value).replace(id_, "?"))
    assert texts[0] == texts[1]


def test_what_b_spends_and_sets_is_bs_own(world: World) -> None:
    before = world.a.budgets.caps(), world.a.budgets.standing(world.id)
    world.b.budgets.set("day", Decimal("0.6"))
    reserve(world.b, "0.5", conversation=world.id)
    world.b.budgets.first_time()
    world.b.changes.tell("settings")
    world.b.access.create("band")
    ended(world.b, lease(world.b).number, "0")
    assert world.b.leases.hold(0, world.b._now(), "https://api.openai.com/v1", "gateway") is not None
    assert world.b.budgets.standing(world.id)[0].reserved == Decimal("0.6")  # 0.1 are leased
    assert world.b.budgets.any_set()
    world.b.budgets.clear()
    assert world.b.budgets.caps() == {"day": None, "month": None, "conversation": None}
    assert (world.a.budgets.caps(), world.a.budgets.standing(world.id)) == before
    assert "settings" not in {change.kind for change in world.a.changes.after(0)}
    assert world.a.budgets.first_time()


def test_the_same_picture_of_two_owners_is_kept_for_each(world: World) -> None:
    made = world.b.conversations.create()
    picture = {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}
    head = world.b.tree.add(made.id, [NewMessage({"role": "user", "content": [picture]})], after=None)
    world.a.conversations.delete(world.id)
    world.a.conversations.purge()
    [message] = world.b.tree.branch(made.id, head)
    assert message.plain["content"] == [picture]


def test_a_moment_is_the_stores_own(store: Store) -> None:
    assert store.of("b")._now() == dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone.utc)
