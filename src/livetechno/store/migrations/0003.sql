-- Keys that let a program in, as the SHA-256 of each. `models` and `limits` are JSON; what it does is `access:<id>`'s.
CREATE TABLE access_keys (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    models TEXT NOT NULL,
    limits TEXT NOT NULL,
    made TEXT NOT NULL,
    revoked TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX access_keys_by_name ON access_keys (owner, name) WHERE revoked IS NULL;

-- What a process holds of an owner's budgets of a day, in picodollars: it is part of `spending`, and has no calls yet.
CREATE TABLE leases (
    owner TEXT NOT NULL,
    day TEXT NOT NULL,
    holder TEXT NOT NULL,
    pico INTEGER NOT NULL,
    PRIMARY KEY (owner, day, holder)
) WITHOUT ROWID;
