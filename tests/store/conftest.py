from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from livetechno.store import Store
from livetechno.store.budgets import Reserved
from livetechno.store.database import Database
from livetechno.store.messages import NewMessage


class Clock:
    """A moment that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone.utc)

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += dt.timedelta(**span)


_ABOUT_DATA = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)
_NO_ROWS_OF_OURS = re.compile(
    r"sqlite_master|'(main|temp)'\.'said_|said \(said|count\(\*\) FROM \w+$|SELECT \* FROM messages$"
)
"""What SQLite asks itself, and what these tests ask of whole tables."""
_WITH_FORMS_OF_THEIR_OWN = ("test_database.py", "test_migrations.py")


@pytest.fixture(autouse=True)
def statements(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All SQL of every test in this room; a statement that asks for no owner fails the test."""
    seen: list[str] = []
    connect = Database._connect

    def watched(database: Database) -> sqlite3.Connection:
        connection = connect(database)
        connection.set_trace_callback(seen.append)
        return connection

    monkeypatch.setattr(Database, "_connect", watched)
    yield
    if request.path.name in _WITH_FORMS_OF_THEIR_OWN:
        return
    ours = [one for one in seen if _ABOUT_DATA.match(one) and not _NO_ROWS_OF_OURS.search(one)]
    assert [one for one in ours if "owner" not in one] == []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "home" / "livetechno.db")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database, clock: Clock) -> Iterator[Store]:
    opened = Store(database, now=clock)
    yield opened
    opened.close()


def said(text: str, **more: Any) -> NewMessage:
    return NewMessage({"role": "user", "content": text}, **more)


def answered(text: str, **more: Any) -> NewMessage:
    return NewMessage({"role": "assistant", "content": text}, **more)


def reserve(store: Store, base: str | None = "0.1", **more: Any) -> Reserved:
    """Book a call at the store's own moment, at worst `base` dollars."""
    usual: dict[str, Any] = {
        "at": store._now(),
        "model": "m",
        "address": "https://api.openai.com/v1",
        "purpose": "chat",
        "conversation": None,
        "per_token": Decimal(0),
        "wanted": None,
        "least": 0,
    }
    return store.budgets.reserve(base=None if base is None else Decimal(base), **(usual | more)).result()


def settle(store: Store, number: int, usd: str | None, **more: Any) -> None:
    usual: dict[str, Any] = {
        "estimated": False,
        "model": "m",
        "usage": {},
        "tier": None,
        "request_id": None,
        "finish": "stop",
    }
    store.ledger.settle(number, usd=None if usd is None else Decimal(usd), **(usual | more)).result()
