"""`livetechno project`: pieces that last, to be listed, looked at, undone, taken out and in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from livetechno import words
from livetechno.cli import columns, grids, terminal
from livetechno.cli.spoken import Group, Option

if TYPE_CHECKING:
    from livetechno.projects import Entry, Piece

MIDI, ARCHIVE = (".mid", ".midi"), ".zip"

_json = click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")
_name = click.argument("name", metavar="NAME")


@click.group("project", cls=Group, help="project.help")
def command() -> None:
    """Hold the subcommands."""


@command.command("list", help="project.list.help")
@_json
def list_(as_json: bool) -> None:
    """List the projects, the last changed first."""
    from livetechno import app

    rows = [
        {"name": terminal.one_line(row.name), "changed": row.changed, "steps": str(max(0, row.entries - 1))}
        for row in app.store().projects.list()
    ]
    if as_json:
        click.echo(terminal.safe_json({"projects": [{**row, "steps": int(row["steps"])} for row in rows]}))
    elif rows:
        columns.show(
            {name: words.say(f"project.column.{name}") for name in rows[0]}, rows, numbers=("steps",)
        )
    else:
        terminal.notice(words.say("project.list.none"))


@command.command("show", help="project.show.help")
@_name
@_json
def show(name: str, as_json: bool) -> None:
    """Show a project: tempo and key, machines, patterns as grids, arrangement."""
    from livetechno import owned
    from livetechno.music import documents

    piece = _piece(name)
    if as_json:
        click.echo(terminal.safe_json({"type": "ProjectState.v1", **documents.write(piece.project)}))
    else:
        grids.show_project(piece.project, owned.read().catalogue)


@command.command("log", help="project.log.help")
@_name
@_json
def log(name: str, as_json: bool) -> None:
    """Show what was done, by whom, when and why."""
    entries = _piece(name).entries
    if as_json:
        click.echo(terminal.safe_json({"entries": [_entry(entry) for entry in entries]}))
        return
    rows = [{key: terminal.one_line(str(held)) for key, held in _entry(entry).items()} for entry in entries]
    if rows:
        heads = {key: words.say(f"project.column.{key}") for key in rows[0]}
        columns.show(heads, rows, numbers=("number", "actions"), least_needed=("author", "actions", "at"))
    else:
        terminal.notice(words.say("project.log.none"))


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind,
        "author": entry.author,
        "actions": len(entry.actions.actions),
        "message": entry.message,
    }


@command.command("undo", help="project.undo.help")
@_name
def undo(name: str) -> None:
    """Take back the last step."""
    _tell("project.undone", _piece(name).undo())


@command.command("redo", help="project.redo.help")
@_name
def redo(name: str) -> None:
    """Do the step again that was taken back."""
    _tell("project.redone", _piece(name).redo())


@command.command("export", help="project.export.help")
@_name
@click.option("--output", "-o", cls=Option, metavar="FILE", help="project.export.help_output")
def export(name: str, output: str | None) -> None:
    """Write a project as a MIDI file, or with its log as a ZIP."""
    from livetechno import studio

    piece = _piece(name)
    path = Path(output) if output else Path(f"{piece.name}.mid")
    if path.suffix.lower() == ARCHIVE:
        data = piece.archive()
    elif path.suffix.lower() in MIDI:
        data = studio.midi(piece.project)
    else:
        raise click.BadParameter(words.say("project.export.kind", name=path.name))
    grids.write_new(path, data)


@command.command("import", help="project.import.help")
@click.argument("file", metavar="FILE")
@click.option("--name", cls=Option, metavar="NAME", help="project.import.help_name")
def import_(file: str, name: str | None) -> None:
    """Make a project of a ZIP or of a MIDI file."""
    from livetechno import app, projects

    path = Path(file)
    data = path.read_bytes()
    if path.suffix.lower() == ARCHIVE:
        piece = projects.unarchived(app.store(), data, name)
    elif path.suffix.lower() in MIDI:
        piece = _of_midi(data, name or path.stem)
    else:
        raise click.BadParameter(words.say("project.export.kind", name=path.name))
    terminal.notice(words.say("project.imported", name=piece.name))


def _of_midi(data: bytes, name: str) -> Piece:
    """A project of a MIDI file; what it could not keep is told."""
    from livetechno import app, owned, projects
    from livetechno.music import midi_import

    catalogue = owned.read().catalogue
    imported, project = midi_import.project(data, catalogue)
    piece = projects.create(app.store(), name, project)
    for loss in imported.losses:
        terminal.notice(f"{loss.what()} {loss.todo()}", dim=True)
    return piece


def _piece(name: str) -> Piece:
    from livetechno import app, projects

    return projects.find(app.store(), name)


def _tell(key: str, entry: Entry) -> None:
    terminal.sentence(words.say(key, message=terminal.one_line(entry.message) or f"#{entry.number}"))
