-- Pieces of music. What they are is in their log alone; `entry` is JSON that this room does not read.
CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    made TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX projects_by_name ON projects (owner, name);

CREATE TABLE project_log (
    owner TEXT NOT NULL,
    project TEXT NOT NULL REFERENCES projects (id),
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (owner, project, number)
) WITHOUT ROWID;
