"""Access keys: each lets one program in, with budgets, models and limits of its own.

    key, secret = store.access.create("band", models=("chat",), caps={"month": Decimal(5)})
    store.access.find(sha256(secret))
    store.access.revoke("band")

The key itself is told once, by `create`, and kept nowhere: 256 random bits need no slow hash. What a program
does with it belongs to an owner of its own, `access:<id>`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from livetechno.store import budgets, changes
from livetechno.store.database import Database
from livetechno.store.errors import NotFoundError, ValueRefusedError
from livetechno.store.texts import moment

PREFIX = "lt-"
"""How a key begins, so that a person, and a scanner of repositories, knows whose it is."""
LIMITS = ("per_minute", "at_once", "most_tokens")
"""Calls in a minute, calls at a time, tokens of an answer."""
MOST = 10_000_000
"""A larger limit is a slip of the hand."""
_NAME = re.compile(r"\w[\w.@-]{0,63}")
_COLUMNS = """
    id, name, models, limits, last4, made, revoked, (
        SELECT at FROM calls WHERE calls.owner = 'access:' || access_keys.id
        ORDER BY day DESC, number DESC LIMIT 1
    ) AS used
"""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is known of a key; the key itself is not."""

    id: str
    name: str
    models: tuple[str, ...]
    """Those it may ask, by name or alias; with none, all whose price is known."""
    limits: Mapping[str, int]
    """Some of `LIMITS`."""
    last4: str
    made: str
    used: str | None
    """When its last call was made (UTC)."""
    revoked: str | None

    @property
    def owner(self) -> str:
        """To whom, in the store, belongs what is done with it."""
        return owner_of(self.id)


class Access:
    """The access keys that one owner has given. Every method raises StoreError kinds."""

    def __init__(self, database: Database, owner: str, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now

    def create(
        self,
        name: str,
        *,
        models: tuple[str, ...] = (),
        limits: Mapping[str, int] | None = None,
        caps: Mapping[budgets.Name, Decimal] | None = None,
    ) -> tuple[AccessKey, str]:
        """A new key, and the key itself, which is told here and never again.

        `caps` are its budgets in dollars; without any it has the usual one of a day. Raises ValueRefusedError
        for the name or id of a living key, and for what is no name, limit or budget.
        """
        limits, caps = limits or {}, caps or {}
        if not _NAME.fullmatch(name):
            raise ValueRefusedError("access_name", name=name)
        for limit, value in limits.items():
            if limit not in LIMITS or not 1 <= value <= MOST:
                raise ValueRefusedError("value", name=limit, allowed=f"1 - {MOST}")
        for cap in caps.items():
            budgets.check(*cap)
        id_, secret = secrets.token_hex(6), PREFIX + secrets.token_urlsafe(32)

        def work(connection: sqlite3.Connection) -> AccessKey:
            if self._living(connection, name) is not None:
                raise ValueRefusedError("access_taken", name=name)
            connection.execute(
                "INSERT INTO access_keys (id, owner, name, hash, last4, models, limits, made)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(id_, self._owner, name, hash_of(secret), secret[-4:]),
                    *(json.dumps(models), json.dumps(dict(limits)), moment(self._now())),
                ),
            )
            for budget in budgets.NAMES if caps else ():
                budgets.keep(connection, owner_of(id_), budget, caps.get(budget))
            changes.note(connection, self._owner, "access", id_)
            made = self._living(connection, name)
            assert made is not None
            return made

        return self._database.write(work).result(), secret

    def list(self, *, revoked: bool = False) -> tuple[AccessKey, ...]:
        """The living keys by name, or with `revoked` all that there ever were."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM access_keys WHERE owner = ? AND (revoked IS NULL OR ?)"  # noqa: S608
                " ORDER BY name, made",
                (self._owner, revoked),
            )
            return tuple(map(_key, rows))

    def find(self, sha256: bytes) -> AccessKey | None:
        """The living key that has this hash, all of it; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM access_keys WHERE owner = ? AND hash = ? AND revoked IS NULL",  # noqa: S608
                (self._owner, sha256),
            ).fetchone()
            return None if row is None else _key(row)

    def living(self) -> frozenset[str]:
        """To whom, in the store, belongs what is done with each key that is not revoked."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id FROM access_keys WHERE owner = ? AND revoked IS NULL", (self._owner,)
            )
            return frozenset(owner_of(row["id"]) for row in rows)

    def revoke(self, name_or_id: str) -> AccessKey:
        """Let it open nothing any more. What it has cost stays in the books. Raises NotFoundError."""

        def work(connection: sqlite3.Connection) -> AccessKey:
            key = self._living(connection, name_or_id)
            if key is None:
                raise NotFoundError("access_unknown", name=name_or_id)
            connection.execute(
                "UPDATE access_keys SET revoked = ? WHERE owner = ? AND id = ?",
                (moment(self._now()), self._owner, key.id),
            )
            changes.note(connection, self._owner, "access", key.id)
            return key

        return self._database.write(work).result()

    def _living(self, connection: sqlite3.Connection, name_or_id: str) -> AccessKey | None:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM access_keys WHERE owner = ? AND ? IN (name, id) AND revoked IS NULL",  # noqa: S608
            (self._owner, name_or_id),
        ).fetchone()
        return None if row is None else _key(row)


def hash_of(secret: str) -> bytes:
    """What is kept of a key, and looked for: the SHA-256 of the whole of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def owner_of(id_: str) -> str:
    """To whom, in the store, belongs what is done with the key of that id."""
    return f"access:{id_}"


def _key(row: sqlite3.Row) -> AccessKey:
    return AccessKey(
        id=row["id"],
        name=row["name"],
        models=tuple(json.loads(row["models"])),
        limits=json.loads(row["limits"]),
        last4=row["last4"],
        made=row["made"],
        used=row["used"],
        revoked=row["revoked"],
    )
