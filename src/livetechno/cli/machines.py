"""`livetechno machines`: find real machines, look at what they can be told, and say what is yours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import columns, terminal
from livetechno.cli.spoken import Group, Option, number

if TYPE_CHECKING:
    from livetechno.music.machines.device import Control, Machine

THROUGH = "through"
LEAST_NEEDED = ("section", "level", "nrpn", "title")
"""What a narrow terminal does without, in this order."""

_json = click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")


@click.group("machines", cls=Group, help="machines.help")
def command() -> None:
    """Hold the subcommands."""


@command.command("search", help="machines.search.help")
@click.argument("what", metavar="[WORDS]", nargs=-1)
@click.option(
    "--limit",
    cls=Option,
    type=str,
    default="20",
    metavar="NUMBER",
    callback=number(int, 1, 1000),
    help="machines.search.help_limit",
)
@_json
def search(what: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List machines whose id, maker or name has the words; with none those that are owned."""
    from livetechno import owned

    mine = owned.read()
    catalogue = mine.catalogue
    found = catalogue.search(" ".join(what), limit)
    if not what and mine.inventory:
        found = tuple(one for one in catalogue.search("", 10_000) if one.id in (mine.inventory or ()))
    rows = [
        {
            "id": one.id,
            "maker": terminal.one_line(one.maker),
            "name": terminal.one_line(one.name),
            "facts": words.say("machines.by_hand" if one.by_hand else "machines.guide"),
            "owned": "✓" if one.id in (mine.inventory or ()) else "",
        }
        for one in found
    ]
    if as_json:
        click.echo(terminal.safe_json({"machines": [{**row, "owned": bool(row["owned"])} for row in rows]}))
    elif rows:
        heads = {name: words.say(f"machines.column.{name}") for name in rows[0]}
        columns.show(heads, rows, least_needed=("maker", "facts"))
        if not all(one.by_hand for one in found):
            terminal.notice(words.say("machines.attribution"), dim=True)
    else:
        terminal.notice(words.say("machines.search.none"))


@command.command("show", help="machines.show.help")
@click.argument("id_", metavar="ID")
@_json
def show(id_: str, as_json: bool) -> None:
    """Show a machine: its voices, its controls, its manners, and how sure we are of each."""
    from livetechno.music import documents

    machine = _find(id_)
    if as_json:
        click.echo(terminal.safe_json({"type": "Machine.v1", **documents.write(machine)}))
        return
    terminal.sentence(
        f"{machine.maker} {machine.name}  ({machine.id}, {words.say(f'machines.kind.{machine.kind}')})"
    )
    for text in (machine.note, *machine.sources):
        if text:
            terminal.sentence(f"  {text}")
    if machine.through:
        terminal.sentence(words.say("machines.show.through", machine=machine.through[0]))
    manners = {"accent": machine.accent.level, "slide": machine.slide.level}
    if machine.kind != "effect":
        for name, level in manners.items():
            terminal.sentence(
                words.say(f"machines.show.{name}", what=_manner(machine, name), level=_level(level))
            )
    _show_voices(machine)
    _show_controls(machine)


@command.command("map", help="machines.map.help")
@click.argument("id_", metavar="ID")
@click.argument("changes", metavar="[VOICE=NOTE]...", nargs=-1)
def map_(id_: str, changes: tuple[str, ...]) -> None:
    """Show or set what a machine's voices send, or what is spoken to in place of a machine without MIDI."""
    from livetechno import owned

    machine = _find(id_)
    notes: dict[str, int | None] = {}
    through = ""
    for change in changes:
        name, equals, value = change.partition("=")
        voice = next((one for one in machine.voices if one.name.lower() == name.lower()), None)
        if name == THROUGH and machine.through and equals:
            through = _find(value).id
        elif voice is not None and equals and (value in ("", "-") or _is_note(value)):
            notes[voice.name] = None if value in ("", "-") else int(value)
        else:
            names = ", ".join(one.name for one in machine.voices) or THROUGH
            raise click.BadParameter(words.say("machines.map.refused", change=change, names=names))
    if notes:
        owned.send(machine.id, notes)
    if through:
        owned.stand_in(machine.id, through)
    changed = _find(id_)
    if changed.through:
        terminal.sentence(words.say("machines.show.through", machine=changed.through[0]))
    _show_voices(changed)


@command.command("own", help="machines.own.help")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--remove", cls=Option, is_flag=True, help="machines.own.help_remove")
@click.option("--any", "anything", cls=Option, is_flag=True, help="machines.own.help_any")
def own(ids: tuple[str, ...], remove: bool, anything: bool) -> None:
    """Say which machines are yours: no other is used unless a wish names it."""
    from livetechno import owned

    before = owned.read().inventory
    if anything:
        owned.own(None)
    elif ids:
        named = frozenset(_find(id_).id for id_ in ids)
        owned.own((before or frozenset()) - named if remove else (before or frozenset()) | named)
    mine = owned.read().inventory
    if mine is None:
        terminal.sentence(words.say("machines.own.any"))
    for id_ in sorted(mine or ()):
        click.echo(terminal.one_line(id_))


def _find(id_: str) -> Machine:
    """The machine of that id, or the one that a search finds alone."""
    from livetechno import owned

    catalogue = owned.read().catalogue
    if id_ in catalogue:
        return catalogue[id_]
    found = catalogue.search(id_, 6)
    if len(found) == 1 or (found and found[0].id.rpartition(".")[2] == re.sub(r"[^a-z0-9]", "", id_.lower())):
        return catalogue[found[0].id]
    near = ", ".join(one.id for one in found)
    raise click.BadParameter(
        words.say("machines.unknown" if near else "machines.unknown_none", id=id_, near=near)
    )


def _is_note(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= 127


def _manner(machine: Machine, name: str) -> str:
    if name == "accent":
        return words.say(
            "machines.accent", accented=machine.accent.accented, normal=machine.accent.normal or "…"
        )
    return words.say(f"machines.slide.{machine.slide.kind}", ms=machine.slide.ms, cc=machine.slide.cc)


def _level(level: str) -> str:
    return words.say(f"machines.level.{level}")


def _show_voices(machine: Machine) -> None:
    if not machine.voices:
        return
    click.echo()
    rows: list[dict[str, str]] = [
        {
            "voice": terminal.one_line(voice.name),
            "title": terminal.one_line(voice.title),
            "note": str(voice.note),
            "sends": str(voice.note if voice.sends is None else voice.sends),
            "level": _level(voice.level),
        }
        for voice in machine.voices
    ]
    heads = {name: words.say(f"machines.column.{name}") for name in rows[0]}
    columns.show(heads, rows, numbers=("note", "sends"), least_needed=("title",))


def _show_controls(machine: Machine) -> None:
    if not machine.controls:
        terminal.sentence(words.say("machines.show.no_controls"))
        return
    click.echo()
    rows = [_control_row(control) for control in machine.controls]
    heads = {name: words.say(f"machines.column.{name}") for name in rows[0]}
    columns.show(heads, rows, numbers=("cc", "nrpn"), least_needed=LEAST_NEEDED)


def _control_row(control: Control) -> dict[str, Any]:
    fine = "" if control.cc_lsb is None else f"/{control.cc_lsb}"
    return {
        "control": control.name,
        "title": terminal.one_line(control.title),
        "section": terminal.one_line(control.section),
        "cc": "" if control.cc is None else f"{control.cc}{fine}",
        "nrpn": "" if control.nrpn_msb is None else f"{control.nrpn_msb}/{control.nrpn_lsb}",
        "range": f"{control.low}-{control.high}",
        "level": _level(control.level),
    }
