"""A piece of music that lasts: its log is in the store, and what it is follows from the log alone.

    piece = projects.create(app.store(), "loop")
    piece.do(batch, machines, author="model", message="more hats")
    piece.undo()

Undo and redo are entries, too: nothing is ever taken out of a log. A batch is one step.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from livetechno import words
from livetechno.music import documents, migrations, reading
from livetechno.music.actions import Action, ActionBatch
from livetechno.music.checks import Machines, Owned
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce, whole
from livetechno.music.values import Project

if TYPE_CHECKING:
    from livetechno.store import Store
    from livetechno.store.projects import LogEntry, ProjectRow

Kind = Literal["do", "undo", "redo"]
Author = Literal["musician", "model", "import"]
STATE, LOG = "project.json", "log.json"
MOST_BYTES = 50_000_000
"""Of what an archive holds, unpacked."""


class ProjectError(Exception):
    """What cannot be done with a project: nothing_to_undo, nothing_to_redo, archive. Nothing has changed."""

    exit_code = 2

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        todo = words.say(f"projects.{self.code}.todo") if self.code == "archive" else ""
        return f"{words.say(f'projects.{self.code}.what')} {todo}".strip()


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done once."""

    kind: Kind
    actions: ActionBatch
    inverse: ActionBatch
    author: Author = "musician"
    message: str = ""
    """The wish, or what the musician did."""
    proposal: str = ""
    """The id of the proposal that was accepted."""
    at: str = ""
    number: int = 0


@dataclass(slots=True)
class _History:
    """A project and what can be undone and redone, as the entries of its log follow each other."""

    project: Project
    entries: list[Entry] = field(default_factory=list)
    undoable: list[Entry] = field(default_factory=list)
    redoable: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry, after: Project) -> None:
        """Go on with an entry that made this of the project."""
        self.project = after
        self.entries.append(entry)
        match entry.kind:
            case "do":
                self.undoable.append(entry)
                self.redoable.clear()
            case "undo":
                self.undoable.pop()
                self.redoable.append(entry)
            case "redo":
                self.redoable.pop()
                self.undoable.append(entry)


class Piece:
    """A stored project. What writes raises Refused, ProjectError or StoreError, and changes nothing then."""

    def __init__(self, store: Store, row: ProjectRow) -> None:
        self._store = store
        self.id, self.name = row.id, row.name
        self._history = _History(Project())
        self._read = 0
        self.refresh()

    @property
    def project(self) -> Project:
        """As it is now, as far as it has been read."""
        return self._history.project

    @property
    def entries(self) -> Sequence[Entry]:
        """All that was done, the first first."""
        return tuple(self._history.entries)

    @property
    def version(self) -> int:
        """The number of the last entry that has been read."""
        return self._read

    def refresh(self) -> None:
        """Read what has been written since, by whomever."""
        for line in self._store.projects.log(self.id, self._read):
            self._take(line)

    def do(
        self,
        action: Action | ActionBatch,
        machines: Machines,
        *,
        author: Author = "musician",
        message: str = "",
        proposal: str = "",
        inventory: Owned = None,
    ) -> Entry:
        """Do an action, or a batch as one step."""
        batch = action if isinstance(action, ActionBatch) else ActionBatch((action,))
        after, inverse = reduce(self.project, batch, machines, inventory)
        return self._write(Entry("do", batch, inverse, author, message, proposal), after)

    def undo(self) -> Entry:
        """Take back the last step that is not taken back yet."""
        if not self._history.undoable:
            raise ProjectError("nothing_to_undo")
        return self._back(self._history.undoable[-1], "undo")

    def redo(self) -> Entry:
        """Do the last step again that was taken back."""
        if not self._history.redoable:
            raise ProjectError("nothing_to_redo")
        return self._back(self._history.redoable[-1], "redo")

    def archive(self) -> bytes:
        """The project as a ZIP: what it is, and its log."""
        log = [_written(entry) | {"at": entry.at} for entry in self.entries]
        state = {"type": "ProjectState.v1", **documents.write(self.project)}
        first = {"type": "ProjectState.v1", **documents.write(self._first())}
        files = {
            STATE: documents.encode(state),
            LOG: documents.encode(
                {"type": "ProjectLog.v1", "name": self.name, "first": first, "entries": log}
            ),
        }
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
        return made.getvalue()

    def _first(self) -> Project:
        """What the log began with."""
        return _first(self._store.projects.log(self.id)[0])

    def _back(self, entry: Entry, kind: Kind) -> Entry:
        after, inverse = reduce(self.project, entry.inverse, None)
        undone = Entry(kind, entry.inverse, inverse, "musician", entry.message, entry.proposal)
        return self._write(undone, after)

    def _write(self, entry: Entry, after: Project) -> Entry:
        text = documents.encode(_written(entry))
        line = self._store.projects.append(self.id, text, after=self._read)
        written = replace(entry, at=line.at, number=line.number)
        self._history.take(written, after)
        self._read = line.number
        return written

    def _take(self, line: LogEntry) -> None:
        if line.number == 1:
            self._history = _History(_first(line))
        else:
            entry = _entry(line)
            after, _ = reduce(self._history.project, entry.actions, None)
            self._history.take(entry, after)
        self._read = line.number


def create(store: Store, name: str, project: Project | None = None) -> Piece:
    """A new piece. Raises StoreError."""
    first = replace(project or Project(), name=name)
    return Piece(store, store.projects.create(name, _beginning(first)))


def find(store: Store, name_or_id: str) -> Piece:
    """The piece of that name or id. Raises StoreError."""
    return Piece(store, store.projects.find(name_or_id))


def unarchived(store: Store, data: bytes, name: str | None = None) -> Piece:
    """A new piece from an archive, its log with it. Raises ProjectError for what is none, and StoreError."""
    try:
        told, state = _unpacked(data)
        first = whole(reading.read_project(told["first"]), None)
        history = _History(first)
        for one in told["entries"]:
            _replay(history, one)
        if history.project != whole(reading.read_project(state), None):
            raise ProjectError("archive")
        own = name or str(told["name"])
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        Refused,
        RecursionError,
        zipfile.BadZipFile,
    ):
        raise ProjectError("archive") from None
    lines = [_beginning(first), *(documents.encode(_written(entry)) for entry in history.entries)]
    return Piece(store, store.projects.create(own, *lines))


def _unpacked(data: bytes) -> tuple[Any, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(archive.getinfo(name).file_size for name in (LOG, STATE)) > MOST_BYTES:
            raise ProjectError("archive")
        texts = [archive.read(name).decode() for name in (LOG, STATE)]
    return json.loads(texts[0]), json.loads(texts[1])


def _replay(history: _History, told: Mapping[str, Any]) -> None:
    """Do an entry of an archive again; what undoes it is worked out anew."""
    kind = told["kind"]
    source = {"undo": history.undoable, "redo": history.redoable}.get(kind)
    if source is not None:
        batch = source[-1].inverse
    elif kind == "do":
        action = reading.read_action(told["actions"])
        batch = action if isinstance(action, ActionBatch) else ActionBatch((action,))
    else:
        raise ProjectError("archive")
    after, inverse = reduce(history.project, batch, None)
    author: Author = told["author"] if told["author"] in ("musician", "model") else "import"
    texts = (str(told.get("message", "")), str(told.get("proposal", "")))
    history.take(Entry(kind, batch, inverse, author, *texts), after)


def _beginning(project: Project) -> str:
    return documents.encode({"first": {"type": "ProjectState.v1", **documents.write(project)}})


def _first(line: LogEntry) -> Project:
    told = migrations.newest(json.loads(line.text)["first"])
    return documents.read(Project, {name: held for name, held in told.items() if name != "type"})


def _written(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "actions": reading.document_of(entry.actions),
        "inverse": reading.document_of(entry.inverse),
        "author": entry.author,
        "message": entry.message,
        "proposal": entry.proposal,
    }


def _entry(line: LogEntry) -> Entry:
    told = json.loads(line.text)
    return Entry(
        told["kind"],
        reading.trusted(told["actions"]),
        reading.trusted(told["inverse"]),
        told["author"],
        told["message"],
        told["proposal"],
        line.at,
        line.number,
    )
