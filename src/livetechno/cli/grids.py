"""Music in the terminal: a project, a proposal, lines with marks and colours; and files that are new."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livetechno import words
from livetechno.cli import terminal, writing
from livetechno.words.cleaning import clean

if TYPE_CHECKING:
    from livetechno.composer.telling import Line
    from livetechno.music.checks import Machines
    from livetechno.music.values import Project

_COLOURS = {"+": "green", "-": "red"}


def show_lines(lines: Iterable[Line]) -> None:
    """Show lines on stdout, in colours where the terminal has them."""
    can = terminal.abilities(sys.stdout)
    for line in lines:
        text = clean(line.text).replace("\n", " ")
        text = f"{line.number:2} {text}" if line.number is not None else text
        if can.coloured and line.mark in _COLOURS:
            text = click.style(text, fg=_COLOURS[line.mark])
        elif can.styled and line.mark == "=":
            text = click.style(text, dim=True)
        elif can.styled and line.number is not None:
            text = click.style(text, bold=True)
        click.echo(text.rstrip())


def show_project(project: Project, machines: Machines) -> None:
    """Show a piece: tempo and key, machines, patterns, arrangement."""
    from livetechno.composer import telling
    from livetechno.music.diff import diff
    from livetechno.music.values import Project as Empty

    beats = f"{project.signature.beats}/{project.signature.unit}"
    told = {"bpm": telling.shown(project.bpm), "swing": telling.shown(project.swing), "beats": beats}
    terminal.sentence(words.say("project.show.head", key=project.key, scale=project.scale, **told))
    found = {one.id: one for one in diff(Empty(), project, machines).patterns}
    for instance in project.machines:
        machine = machines.get(instance.machine)
        name = f"{machine.maker} {machine.name}" if machine else instance.machine
        click.echo()
        terminal.sentence(
            words.say("project.show.machine", name=name, instance=instance.id, channel=instance.channel)
        )
        for pattern in project.patterns_of(instance.id):
            terminal.sentence(f"  {pattern.id}  {pattern.length} × {pattern.step_size}")
            show_lines(telling.grid_lines(pattern, found[pattern.id].rows))
    if project.arrangement:
        click.echo()
        for section in project.arrangement:
            bars = words.say("project.show.bars", count=section.bars)
            terminal.sentence(f"{section.name or '…'}  {bars}: {', '.join(section.patterns) or '–'}")


def see_that_it_can_be_written(path: Path) -> None:
    """Raises click.BadParameter for a file that is there, or whose folder is not."""
    if path.exists():
        raise click.BadParameter(words.say("project.export.exists", name=path.name))
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(words.say("project.export.no_folder", path=path.parent))


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, and say so. Raises click.BadParameter for one that is."""
    try:
        writing.write({path: data})
    except FileExistsError:
        see_that_it_can_be_written(path)
        raise
    terminal.notice(words.say("project.export.written", path=path, count=len(data)))
