"""`/compose` in the console: the proposal in lines, and what the person answers to it."""

from __future__ import annotations

from collections.abc import Iterable

from livetechno import failures, owned, words
from livetechno.composer import Progress, Proposal, replies, telling
from livetechno.composer.telling import Line
from livetechno.gpt.prices import format_usd
from livetechno.hosts.pythonista import composing, device, ink
from livetechno.music.problems import Refused

PLAY = "/play"
_INKS = {"+": ink.ACCENT, "-": ink.WARNING, "=": ink.SOFT, "": None}


def run(wish: str) -> None:
    """Ask for music, show what would change, and do what is accepted. On the interpreter's thread."""
    if not wish:
        ink.say(words.say("phone.compose.empty"))
        return
    while wish:
        with device.activity():
            proposal = composing.propose(wish, _tell)
        _show(proposal)
        again = None if proposal.diff.empty else _answered(proposal)
        wish = f"{wish}\n{again}" if again else ""


def play(_: str = "") -> None:
    """Play what is kept."""
    composing.play()
    ink.say(words.say("phone.compose.playing"))


def stop(_: str = "") -> None:
    """End what is playing."""
    composing.stop()


def share(_: str = "") -> None:
    """Hand the MIDI file over."""
    composing.share()


def back(_: str = "") -> None:
    """Take the last step back."""
    entry = composing.piece().undo()
    ink.say(words.say("project.undone", message=entry.message))


def _tell(progress: Progress) -> None:
    if progress.stage == "mending":
        ink.say(words.say("compose.mending"))


def _show(proposal: Proposal) -> None:
    if proposal.explain:
        ink.say(proposal.explain, None)
    show_lines(telling.proposal_lines(proposal, owned.read().catalogue))
    used = proposal.used
    told = {"input": used.input_tokens, "output": used.output_tokens, "cost": format_usd(used.cost)}
    ink.say(words.say("compose.used", model=used.model, repairs=used.repairs, **told))
    if proposal.diff.empty:
        ink.say(words.say("compose.nothing"))


def show_lines(lines: Iterable[Line]) -> None:
    """Print lines in the colours of their marks."""
    for line in lines:
        number = "" if line.number is None else f"{line.number} "
        ink.say(f"{number}{line.text}", _INKS[line.mark])


def _answered(proposal: Proposal) -> str | None:
    """Do what the person says to it; what shall be otherwise, where that is what they say."""
    while True:
        ink.write(words.say("phone.compose.question") + "\n> ", ink.ACCENT)
        said = input()
        if said.strip().lower() == PLAY:
            composing.play(proposal)
            continue
        reply = replies.read(said, len(proposal.batch.actions))
        if reply.kind == "otherwise":
            return reply.text
        if reply.kind in ("no", "nothing"):
            composing.stop()
            ink.say(words.say("compose.refused"))
            return None
        try:
            moved = composing.accept(proposal, reply.places if reply.kind == "some" else None)
        except Refused as error:
            ink.say(failures.sentence(error), ink.WARNING)
            continue
        if moved is not None:
            ink.say(words.say("compose.moved"), ink.WARNING)
            proposal = moved
            _show(proposal)
            if proposal.diff.empty:
                return None
            continue
        ink.say(words.say("phone.compose.kept"))
        return None
