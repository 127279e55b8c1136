"""A kill -9 at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from livetechno.store import Store
from tests.store.killing import killed

WRITER = """
import datetime as dt, itertools, sys, threading
from decimal import Decimal
from pathlib import Path
from livetechno.store import Store
from livetechno.store.messages import NewMessage

store = Store.open(Path(sys.argv[1]))
lock = threading.Lock()

def acknowledge(*words):
    with lock:
        print(*words, flush=True)

def talk():
    id_ = store.conversations.create().id
    head = None
    for number in itertools.count():
        exchange = [{"role": "user", "content": f"q{number}"}, {"role": "assistant", "content": f"a{number}"}]
        head = store.tree.add(id_, [NewMessage(plain) for plain in exchange], after=head)
        acknowledge("said", id_, head, number)

def spend():
    at = dt.datetime(2026, 11, 23, tzinfo=dt.timezone.utc)
    for number in itertools.count():
        made = store.budgets.reserve(at=at, model="m", address="x", purpose="chat", conversation=None,
            base=Decimal("0.0002"), per_token=Decimal(0), wanted=1, least=1).result()
        acknowledge("reserved", made.number)
        if number % 3:
            store.ledger.settle(made.number, usd=Decimal("0.0001"), estimated=False, model="m", usage={},
                tier=None, request_id=None, finish="stop").result()
            acknowledge("settled", made.number)

for work in (talk, talk, spend):
    threading.Thread(target=work).start()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_nothing_acknowledged_is_lost(tmp_path: Path, soak: Callable[[int], int], rng: random.Random) -> None:
    path = tmp_path / "livetechno.db"
    said: dict[str, tuple[int, int]] = {}
    reserved: set[int] = set()
    settled: set[int] = set()
    for turn in range(soak(150)):
        awaited = ("reserved", "said")[turn % 2]
        lines = killed(WRITER, path, awaited=awaited, after=rng.uniform(0, 0.05))
        for line in lines:
            match line.split():
                case ["said", id_, at, nth]:
                    said[id_] = (int(at), int(nth))
                case ["reserved", nth]:
                    reserved.add(int(nth))
                case ["settled", nth]:
                    settled.add(int(nth))
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert said
    store = Store.open(path)
    for id_, (head, number) in said.items():
        texts = [message.plain["content"] for message in store.tree.branch(id_, head)]
        assert texts == [text for one in range(number + 1) for text in (f"q{one}", f"a{one}")]
        assert len(texts) <= len(store.tree.branch(id_, store.conversations.get(id_).head))
    rows = {row.number: row for row in store.ledger.calls()}
    assert reserved <= rows.keys()
    assert all(rows[number].settled for number in settled)
    held = sum((row.usd if row.settled else row.worst) or 0 for row in rows.values())
    month = store.budgets.standing()[1]
    standing = Decimal(0)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        query = "SELECT counted FROM spending WHERE budget = 'day' AND period = '2026-11-23'"
        standing += Decimal(connection.execute(query).fetchone()[0]).scaleb(-12)
    assert standing == held
    assert month.cap is None
    store.close()
