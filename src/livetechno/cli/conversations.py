"""`livetechno conversations`: what was said and is kept, to be listed, read, searched, exported, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import terminal
from livetechno.cli.spoken import Group, Option, one_of

if TYPE_CHECKING:
    from livetechno.store import Store
    from livetechno.store.conversations import Conversation
    from livetechno.store.transcripts import Transcript

MOST_FOUND = 50
FORMATS = ("markdown", "json")
ALL = "all"

_json = click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")


@click.group("conversations", cls=Group, help="conversations.help")
def command() -> None:
    """Hold the subcommands."""


@command.command("list", help="conversations.list.help")
@click.option("--deleted", cls=Option, is_flag=True, help="conversations.list.help_deleted")
@_json
def list_(deleted: bool, as_json: bool) -> None:
    """Show the conversations, the last changed first."""
    from livetechno import app
    from livetechno.cli import listing

    store = app.store()
    found = store.conversations.list(deleted=deleted, most=-1)
    if as_json:
        _print_json({"conversations": [_row(conversation) for conversation in found]})
    elif found:
        listing.show(found, listing.short_ids(store))
    else:
        key = "conversations.list.none_deleted" if deleted else "conversations.list.none"
        terminal.notice(words.say(key))


@command.command("show", help="conversations.show.help")
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--branch", cls=Option, metavar="NUMBER|all", help="conversations.show.help_branch")
@_json
def show(id_: str | None, branch: str | None, as_json: bool) -> None:
    """Show what was said, on the branch in use or on others."""
    from livetechno.cli import reading
    from livetechno.store import export, transcripts

    transcript = reading.read(id_)
    number = None if branch == ALL else _branch_number(branch, transcript)
    if as_json:
        _print_json(export.document(transcript if branch == ALL else transcript.only(number)))
    elif branch == ALL:
        reading.show(transcript, transcripts.sections(transcript))
    else:
        reading.show(transcript, [transcripts.whole(number, transcript)] if number else [])
        reading.show_branches(transcript, number)


@command.command("rename", help="conversations.rename.help")
@click.argument("id_", metavar="ID")
@click.argument("title", metavar="TITLE", nargs=-1, required=True)
def rename(id_: str, title: tuple[str, ...]) -> None:
    """Give a conversation another title."""
    from livetechno import app, kept
    from livetechno.cli import question

    new = terminal.one_line(question.from_words(title))
    if not new:
        raise click.UsageError(words.say("conversations.rename.empty"))
    store = app.store()
    conversation = kept.find(store, id_)
    store.conversations.change(conversation.id, title=new)
    _tell("conversations.rename.done", store, store.conversations.get(conversation.id))


@command.command("delete", help="conversations.delete.help")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def delete(ids: tuple[str, ...]) -> None:
    """Put conversations aside, from where they can be restored."""
    from livetechno import app

    store = app.store()
    for conversation in _each(store, ids):
        if conversation.deleted is None:
            store.conversations.delete(conversation.id)
        _tell("conversations.delete.done", store, conversation)


@command.command("restore", help="conversations.restore.help")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def restore(ids: tuple[str, ...]) -> None:
    """Take deleted conversations back."""
    from livetechno import app

    store = app.store()
    for conversation in _each(store, ids):
        if conversation.deleted is not None:
            store.conversations.restore(conversation.id)
        _tell("conversations.restore.done", store, conversation)


@command.command("purge", help="conversations.purge.help")
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--yes", cls=Option, is_flag=True, help="conversations.purge.help_yes")
def purge(id_: str | None, yes: bool) -> None:
    """Remove deleted conversations for good, after asking."""
    from livetechno import app, kept
    from livetechno.cli import listing, prompts

    store = app.store()
    going = store.conversations.list(deleted=True, most=-1) if id_ is None else (kept.find(store, id_),)
    if any(conversation.deleted is None for conversation in going):
        raise click.UsageError(words.say("conversations.purge.not_deleted", id=id_))
    if not going:
        terminal.notice(words.say("conversations.list.none_deleted"))
        return
    if not yes:
        short_id = listing.short_ids(store)
        for conversation in going:
            terminal.notice(f"{short_id(conversation.id)}  {listing.title(conversation.title)}")
        terminal.notice(words.say("conversations.purge.what_is_lost"))
        if not prompts.agrees(words.say("conversations.purge.ask", count=len(going))):
            raise click.Abort
    purged = sum(store.conversations.purge(conversation.id) for conversation in going)
    terminal.sentence(words.say("conversations.purge.done", count=purged))


@command.command("search", help="conversations.search.help")
@click.argument("words_", metavar="WORDS", nargs=-1, required=True)
@_json
def search(words_: tuple[str, ...], as_json: bool) -> None:
    """Show where all the words stand."""
    from livetechno import app
    from livetechno.cli import listing, question

    store, wanted = app.store(), question.from_words(words_)
    found = store.search(wanted, most=MOST_FOUND)
    if as_json:
        _print_json({"found": [_discreet(asdict(one), "title", "excerpt") for one in found]})
        return
    short_id = listing.short_ids(store)
    for one in found:
        listing.show_found(one, wanted, short_id)
    if not found:
        terminal.notice(words.say("conversations.search.none"))
    elif len(found) == MOST_FOUND:
        terminal.notice(words.say("conversations.search.most", count=MOST_FOUND), dim=True)


@command.command("export", help="conversations.export.help")
@click.argument("id_", metavar="[ID]", required=False)
@click.option("-o", "--output", cls=Option, metavar="FILE", help="conversations.export.help_output")
@click.option(
    "--format",
    "format_",
    cls=Option,
    metavar="|".join(FORMATS),
    callback=one_of(*FORMATS),
    help="conversations.export.help_format",
)
@click.option("--force", cls=Option, is_flag=True, help="conversations.export.help_force")
def export(id_: str | None, output: str | None, format_: str | None, force: bool) -> None:
    """Write a conversation as a document."""
    from livetechno.cli import reading, writing

    transcript = reading.read(id_)
    if output is None or output == "-":
        terminal.write(_text(transcript, format_ or FORMATS[0], {}))
        return
    files = _files(transcript, Path(output), format_)
    try:
        writing.write(files, replace=force)
    except FileExistsError as error:
        raise click.UsageError(words.say("conversations.export.exists", path=error.filename)) from None
    terminal.notice(words.say("conversations.export.done", files=", ".join(map(str, files))))


def _files(transcript: Transcript, path: Path, format_: str | None) -> dict[Path, bytes]:
    """What is to be written: the pictures of a Markdown document beside it, and it last."""
    from livetechno.store import export

    chosen = format_ or ("json" if path.suffix.lower() == ".json" else "markdown")
    names = export.picture_files(transcript, path.stem) if chosen == "markdown" else {}
    files = {path.with_name(name): transcript.attachments[hash_][1] for hash_, name in names.items()}
    return files | {path: _text(transcript, chosen, names).encode()}


def _text(transcript: Transcript, format_: str, pictures: dict[str, str]) -> str:
    from livetechno.gpt.prices import format_usd
    from livetechno.store import export

    if format_ == "json":
        return terminal.safe_json(export.document(transcript), indent=2) + "\n"
    return export.markdown(transcript, format_usd, pictures)


def _branch_number(branch: str | None, transcript: Transcript) -> int | None:
    """Which branch is meant: the one in use, if there is one, where none was chosen."""
    count = len(transcript.branches)
    if branch is None:
        return next((number for number, one in enumerate(transcript.branches, 1) if one.in_use), None)
    if not branch.isdecimal() or not 1 <= int(branch) <= count:
        raise click.UsageError(words.say("conversations.show.no_branch", number=branch, count=count))
    return int(branch)


def _each(store: Store, ids: Sequence[str]) -> Iterable[Conversation]:
    """The conversations that are meant, each once; all are looked up before anything is done to one."""
    from livetechno import kept

    return {found.id: found for found in (kept.find(store, id_) for id_ in ids)}.values()


def _tell(key: str, store: Store, conversation: Conversation) -> None:
    """Say what became of it, and by which id it is found."""
    from livetechno.cli import listing

    title, id_ = listing.title(conversation.title), listing.short_ids(store)(conversation.id)
    terminal.sentence(words.say(key, title=title, id=id_))


def _row(conversation: Conversation) -> dict[str, Any]:
    plain = asdict(conversation)
    plain["messages"] = plain.pop("size")
    return _discreet(plain, "title", "system")


def _discreet(plain: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The same without any key in these fields."""
    from livetechno.gpt.redaction import redact

    return plain | {field: redact(plain[field]) for field in fields}


def _print_json(document: dict[str, Any]) -> None:
    terminal.write(terminal.safe_json(document) + "\n")
