"""`livetechno compose`: a wish in words becomes music; what would change is shown, and done on a yes."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import failures, grids, question, terminal
from livetechno.cli.spoken import Command, Option, number

if TYPE_CHECKING:
    from livetechno.composer import Progress, Proposal
    from livetechno.music.actions import ActionBatch
    from livetechno.music.machines.catalogue import Catalogue
    from livetechno.music.values import Project
    from livetechno.music.wish import Intent
    from livetechno.projects import Piece

FILE = "loop.mid"
MOST = 2**32 - 1
"""The largest seed."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is composed for."""

    machines: Catalogue
    inventory: frozenset[str] | None
    project: Project
    name: str | None
    """Of the project that it is for."""
    piece: Piece | None
    """That project, where there is one of the name already."""


@click.command("compose", cls=Command, help="compose.help")
@click.argument("what", metavar="WORDS", nargs=-1, required=True)
@click.option("--output", "-o", cls=Option, metavar="FILE", help="compose.help_output")
@click.option("--yes", "-y", cls=Option, is_flag=True, help="compose.help_yes")
@click.option(
    "--seed", cls=Option, metavar="NUMBER", callback=number(int, 0, 2**32 - 1), help="compose.help_seed"
)
@click.option("--bars", cls=Option, metavar="NUMBER", callback=number(int, 1, 512), help="compose.help_bars")
@click.option("--bpm", cls=Option, metavar="NUMBER", callback=number(float, 20, 300), help="compose.help_bpm")
@click.option("--style", cls=Option, metavar="STYLE", help="compose.help_style")
@click.option("--machines", "ids", cls=Option, metavar="A,B", help="compose.help_machines")
@click.option("--project", "name", cls=Option, metavar="NAME", help="compose.help_project")
@click.option("--model", "-m", cls=Option, default="patterns", metavar="NAME", help="compose.help_model")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")
def command(
    what: tuple[str, ...],
    output: str | None,
    yes: bool,
    seed: int | None,
    bars: int | None,
    bpm: float | None,
    style: str | None,
    ids: str | None,
    name: str | None,
    model: str,
    as_json: bool,
) -> int:
    """Ask for music, show what would change, and do what is accepted."""
    from livetechno.music import wish

    if output is not None:
        grids.see_that_it_is_new(Path(output))  # before anything is asked and paid for
    desk = _desk(name)
    text = question.from_words(what)
    chosen = {"seed": seed, "bars": bars, "bpm": bpm, "style": _style(style)}
    given: dict[str, Any] = {field: value for field, value in chosen.items() if value is not None}
    if ids:
        given["machines"] = _machines(ids, desk.machines)

    def intent(said: str) -> Intent:
        found = replace(wish.read(said, desk.machines.solid_names()), **given)
        return replace(found, arranged=found.arranged or (found.bars or 0) > 16)

    proposal, batch = _asked(text, intent, desk, model, yes=yes or as_json, quiet=as_json)
    if proposal is None:
        return failures.FAILED
    accepted = batch if yes or not as_json else None
    written = _done(proposal, accepted, desk, output) if accepted is not None else None
    if as_json:
        click.echo(terminal.safe_json(_document(proposal, accepted is not None, written)))
    return failures.OK if accepted is not None or as_json else failures.FAILED


def _desk(name: str | None) -> _Desk:
    from livetechno import app, owned, projects
    from livetechno.music.values import Project
    from livetechno.store.errors import NotFoundError
    from livetechno.store.projects import check_name

    mine = owned.read()
    if name is None:
        return _Desk(mine.catalogue, mine.inventory, Project(), None, None)
    try:
        piece = projects.find(app.store(), name)
    except NotFoundError:
        check_name(name)  # before anything is asked and paid for
        return _Desk(mine.catalogue, mine.inventory, Project(name), name, None)
    return _Desk(mine.catalogue, mine.inventory, piece.project, name, piece)


def _asked(
    text: str, intent: Any, desk: _Desk, model: str, *, yes: bool, quiet: bool
) -> tuple[Proposal | None, ActionBatch | None]:
    """What is proposed in the end, and what of it is accepted: None is nothing."""
    while True:
        proposal = _proposed(intent(text), desk, model)
        if not quiet:
            _show(proposal, desk)
        if proposal.diff.empty:
            terminal.notice(words.say("compose.nothing"))
            return (proposal, proposal.batch if yes else None)
        if yes:
            return proposal, proposal.batch
        if not terminal.is_terminal(sys.stdin):
            terminal.notice(words.say("compose.no_terminal"))
            return proposal, None
        batch, again = _answered(proposal, desk)
        if again is None:
            return proposal, batch
        text = f"{text}\n{again}"


def _proposed(intent: Intent, desk: _Desk, model: str) -> Proposal:
    """Ask, and show how far it is."""
    from livetechno import studio

    terminal.mark_waiting()
    try:
        return studio.propose(intent, desk.project, model=model, progress=_tell_of)
    finally:
        terminal.stop_waiting()


def _tell_of(progress: Progress) -> None:
    if progress.stage == "mending":
        terminal.aside(words.say("compose.mending"))


def _show(proposal: Proposal, desk: _Desk) -> None:
    from livetechno.composer import telling
    from livetechno.gpt.prices import format_usd

    if proposal.explain:
        terminal.sentence(terminal.one_line(proposal.explain))
    grids.show_lines(telling.proposal_lines(proposal, desk.machines))
    used = proposal.used
    told = {"input": used.input_tokens, "output": used.output_tokens, "cost": format_usd(used.cost)}
    terminal.notice(words.say("compose.used", model=used.model, repairs=used.repairs, **told), dim=True)


def _answered(proposal: Proposal, desk: _Desk) -> tuple[ActionBatch | None, str | None]:
    """What is accepted, and what shall be otherwise; asks again until the answer is one."""
    from livetechno.composer import replies
    from livetechno.composer.offers import allowed
    from livetechno.music.problems import Refused

    while True:
        said = click.prompt(words.say("compose.question"), default="", show_default=False, err=True)
        reply = replies.read(said, len(proposal.batch.actions))
        match reply.kind:
            case "yes":
                return proposal.batch, None
            case "no":
                terminal.notice(words.say("compose.refused"))
                return None, None
            case "otherwise":
                return None, reply.text
            case "some":
                try:
                    owned = allowed(proposal.intent, desk.inventory)
                    return proposal.accepted(reply.places, desk.machines, owned), None
                except Refused as error:
                    failures.tell(error)


def _done(proposal: Proposal, batch: ActionBatch, desk: _Desk, output: str | None) -> str | None:
    """Do what is accepted: in the project, and as a file. The file's name."""
    from livetechno import app, projects, studio
    from livetechno.composer.offers import allowed
    from livetechno.music.reduce import reduce

    after = desk.project
    if batch.actions:
        owned = allowed(proposal.intent, desk.inventory)
        after, _ = reduce(desk.project, batch, desk.machines, owned)
        if desk.name is not None:
            piece = desk.piece or projects.create(app.store(), desk.name)
            about = {"message": proposal.intent.words, "proposal": proposal.id}
            piece.do(batch, desk.machines, author="model", inventory=owned, **about)
            terminal.notice(words.say("compose.kept", name=piece.name))
    if output is None and (desk.name is not None or not batch.actions):
        return None
    path = Path(output) if output else _free(Path(FILE))
    grids.write_new(path, studio.midi(after))
    return str(path)


def _free(path: Path) -> Path:
    """The path, or one with a number after its name that nobody has."""
    numbered = (path.with_stem(f"{path.stem}-{count}") for count in range(2, 10_000))
    return path if not path.exists() else next(one for one in numbered if not one.exists())


def _style(style: str | None) -> str | None:
    from livetechno.music.generator.styles import STYLES

    if style is not None and style not in STYLES:
        raise click.BadParameter(words.say("cli.not_one_of", value=style, allowed=", ".join(STYLES)))
    return style


def _machines(ids: str, catalogue: Catalogue) -> tuple[str, ...]:
    found: list[str] = []
    for id_ in (part.strip() for part in ids.split(",")):
        near = catalogue.search(id_, 5)
        if id_ not in catalogue and not near:
            raise click.BadParameter(words.say("machines.unknown_none", id=id_))
        found.append(id_ if id_ in catalogue else near[0].id)
    return tuple(found)


def _document(proposal: Proposal, accepted: bool, written: str | None) -> dict[str, Any]:
    from livetechno.music import reading

    used = proposal.used
    return {
        "proposal": proposal.id,
        "explain": proposal.explain,
        "batch": reading.document_of(proposal.batch),
        "accepted": accepted,
        "file": written,
        "model": used.model,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "repairs": used.repairs,
        "cost": None if used.cost is None else float(used.cost),
    }
