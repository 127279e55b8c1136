"""`livetechno compose`: a wish in words becomes music; what would change is shown, and done on a yes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import failures, grids, question, terminal
from livetechno.cli.spoken import Command, Option, number
from livetechno.gpt.errors import UsageError

if TYPE_CHECKING:
    from livetechno.composer import Progress, Proposal
    from livetechno.music.checks import Owned
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
    inventory: Owned
    name: str | None
    """Of the project that it is for."""
    piece: Piece | None
    """That project, where there is one of the name already."""

    @property
    def project(self) -> Project:
        """As it is now, whoever has changed it."""
        from livetechno.music.values import Project

        if self.piece is None:
            return Project(self.name or "")
        self.piece.refresh()
        return self.piece.project


@dataclass(frozen=True, slots=True)
class _Review:
    """What a musician says to a proposal."""

    proposal: Proposal
    accepted: bool = False
    places: frozenset[int] | None = None
    """Of the actions that are accepted; None is all."""
    otherwise: str = ""
    """What shall be otherwise."""


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

    text = question.from_words(what)
    if not text.strip():
        raise UsageError(words.say("compose.empty"), code="no_question")
    if output is not None:
        grids.see_that_it_can_be_written(Path(output))  # before anything is asked and paid for
    desk = _desk(name)
    chosen = {"seed": seed, "bars": bars, "bpm": bpm, "style": _style(style)}
    given: dict[str, Any] = {field: value for field, value in chosen.items() if value is not None}
    if ids:
        given["machines"] = _machines(ids, desk.machines)

    def intent(said: str) -> Intent:
        found = replace(wish.read(said, desk.machines.solid_names()), **given)
        return replace(found, arranged=found.arranged or (found.bars or 0) > 16)

    review = _reviewed(text, intent, desk, model, yes=yes, quiet=as_json)
    written = _done(review, desk, output) if review.accepted else None
    if as_json:
        click.echo(terminal.safe_json(_document(review, written)))
    return failures.OK if review.accepted or as_json else failures.FAILED


def _desk(name: str | None) -> _Desk:
    from livetechno import app, owned, projects
    from livetechno.store.errors import NotFoundError
    from livetechno.store.projects import check_name

    mine = owned.read()
    piece = None
    if name is not None:
        try:
            piece = projects.find(app.store(), name)
        except NotFoundError:
            check_name(name)  # before anything is asked and paid for
    return _Desk(mine.catalogue, mine.inventory, name, piece)


def _reviewed(
    text: str, intent: Callable[[str], Intent], desk: _Desk, model: str, *, yes: bool, quiet: bool
) -> _Review:
    """What is proposed in the end, and what the musician says to it."""
    from livetechno import studio

    while True:
        review = _Review(_proposed(intent(text), desk, model))
        while True:
            if not quiet:
                _show(review.proposal, desk)
            review = _said(review.proposal, desk, yes=yes, quiet=quiet)
            moved = desk.project if review.accepted else review.proposal.before
            if moved == review.proposal.before:
                break
            terminal.notice(words.say("compose.moved"))
            review = _Review(studio.renewed(review.proposal, moved))
        if not review.otherwise:
            return review
        text = f"{text}\n{review.otherwise}"


def _said(proposal: Proposal, desk: _Desk, *, yes: bool, quiet: bool) -> _Review:
    """What the musician says to what was shown."""
    if proposal.diff.empty:
        terminal.notice(words.say("compose.nothing"))
        return _Review(proposal, accepted=yes)
    if yes:
        return _Review(proposal, accepted=True)
    if quiet:
        return _Review(proposal)
    if not terminal.is_terminal(sys.stdin):
        terminal.notice(words.say("compose.no_terminal"))
        return _Review(proposal)
    return _answered(proposal, desk)


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
    elif progress.actions:
        terminal.tell_waiting(words.say("compose.coming", count=progress.actions))


def _show(proposal: Proposal, desk: _Desk) -> None:
    from livetechno.composer import telling
    from livetechno.gpt.prices import format_usd

    if proposal.explain:
        terminal.sentence(terminal.one_line(proposal.explain))
    grids.show_lines(telling.proposal_lines(proposal, desk.machines))
    used = proposal.used
    told = {"input": used.input_tokens, "output": used.output_tokens, "cost": format_usd(used.cost)}
    terminal.notice(words.say("compose.used", model=used.model, repairs=used.repairs, **told), dim=True)


def _answered(proposal: Proposal, desk: _Desk) -> _Review:
    """What is typed to it; asks again until that is an answer."""
    from livetechno.composer import replies
    from livetechno.composer.offers import allowed
    from livetechno.music.problems import Refused

    while True:
        said = click.prompt(words.say("compose.question"), default="", show_default=False, err=True)
        reply = replies.read(said, len(proposal.batch.actions))
        match reply.kind:
            case "yes":
                return _Review(proposal, accepted=True)
            case "no":
                terminal.notice(words.say("compose.refused"))
                return _Review(proposal)
            case "otherwise":
                return _Review(proposal, otherwise=reply.text)
            case "some":
                try:
                    proposal.accepted(reply.places, desk.machines, allowed(proposal.intent, desk.inventory))
                    return _Review(proposal, accepted=True, places=reply.places)
                except Refused as error:
                    failures.tell(error)


def _done(review: _Review, desk: _Desk, output: str | None) -> str | None:
    """Do what is accepted: in the project, and as a file. The file's name."""
    from livetechno import app, projects, studio

    proposal = review.proposal
    if proposal.diff.empty and output is None:
        return None
    if desk.name is not None and not proposal.diff.empty:
        piece = desk.piece or projects.create(app.store(), desk.name)
        studio.accept(piece, proposal, review.places)
        terminal.notice(words.say("compose.kept", name=piece.name))
    if desk.name is not None and output is None:
        return None
    path = Path(output) if output else _free(Path(FILE))
    grids.write_new(path, studio.midi(studio.applied(proposal, review.places)))
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


def _document(review: _Review, written: str | None) -> dict[str, Any]:
    from livetechno.music import reading

    proposal, used = review.proposal, review.proposal.used
    return {
        "proposal": proposal.id,
        "explain": proposal.explain,
        "batch": reading.document_of(proposal.batch),
        "accepted": review.accepted,
        "file": written,
        "model": used.model,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "repairs": used.repairs,
        "cost": None if used.cost is None else float(used.cost),
    }
