-- Every row has an owner, and every query asks for one.

-- The newest change of each object. A number is never used twice, so "after 17" means the same to everybody.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    UNIQUE (owner, kind, object)
);

-- A conversation is a tree of messages; `head` is the last message of the branch in use.
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    system TEXT NOT NULL,
    model TEXT NOT NULL,
    head INTEGER,
    made TEXT NOT NULL,
    changed TEXT NOT NULL,
    deleted TEXT
) WITHOUT ROWID;
CREATE INDEX conversations_by_change ON conversations (owner, changed);

-- `turn` is the message that opens the exchange, `place` how many messages stand before it on its branch;
-- `rest` (JSON) is what it holds beside its text, `about` (JSON) what is known of an answer.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations,
    parent INTEGER REFERENCES messages,
    turn INTEGER NOT NULL,
    place INTEGER NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    rest TEXT,
    partial INTEGER NOT NULL,
    about TEXT,
    at TEXT NOT NULL
);
CREATE INDEX messages_by_conversation ON messages (conversation);
CREATE INDEX messages_by_parent ON messages (parent);

-- Everything up to and including `message`, in a few words. One replaces an earlier one.
CREATE TABLE summaries (
    message INTEGER PRIMARY KEY REFERENCES messages,
    owner TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations,
    text TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX summaries_of_conversation ON summaries (conversation);

-- Pictures and files, each once.
CREATE TABLE attachments (
    owner TEXT NOT NULL,
    hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (owner, hash)
);
CREATE TABLE attached (
    owner TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES messages,
    hash TEXT NOT NULL,
    PRIMARY KEY (owner, hash, message)
) WITHOUT ROWID;
CREATE INDEX attached_to ON attached (message);

-- One row for every call. `worst` and `counted` are picodollars; `counted` is what the budgets hold against it.
CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    at TEXT NOT NULL,
    day TEXT NOT NULL,
    conversation TEXT,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    model TEXT NOT NULL,
    settled INTEGER NOT NULL,
    worst INTEGER,
    counted INTEGER NOT NULL,
    usd TEXT,
    estimated INTEGER NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cached_tokens INTEGER,
    cache_write_tokens INTEGER,
    cache_write_12h_tokens INTEGER,
    reasoning_tokens INTEGER,
    tier TEXT,
    request_id TEXT,
    finish TEXT
);
CREATE INDEX calls_by_day ON calls (owner, day);
CREATE INDEX calls_of_conversation ON calls (owner, conversation);
CREATE INDEX calls_unsettled ON calls (owner, day) WHERE NOT settled;

-- What the person set; a cap of null is "none", and no row is the default.
CREATE TABLE budgets (
    owner TEXT NOT NULL,
    budget TEXT NOT NULL,
    cap INTEGER,
    PRIMARY KEY (owner, budget)
) WITHOUT ROWID;

-- The sum of `counted` for each day, month and conversation, so that a call costs the same after a million others.
CREATE TABLE spending (
    owner TEXT NOT NULL,
    budget TEXT NOT NULL,
    period TEXT NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (owner, budget, period)
) WITHOUT ROWID;

-- What has been said once and need not be said again.
CREATE TABLE told (
    owner TEXT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (owner, what)
) WITHOUT ROWID;
