"""A conversation that was kept, without any key in it, drawn on stdout as the chat draws it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

from livetechno import app, kept, words
from livetechno.cli import answers, columns, terminal
from livetechno.cli.wrapping import Wrapper
from livetechno.gpt import keys
from livetechno.gpt.errors import GPTError
from livetechno.gpt.prices import format_usd
from livetechno.gpt.redaction import redact
from livetechno.store import export, transcripts
from livetechno.store.messages import StoredMessage, text_of
from livetechno.store.transcripts import Section, Transcript, calls, pictures
from livetechno.words.styles import BOLD, DIM, PLAIN, Span


def read(id_: str | None) -> Transcript:
    """All of the conversation whose id begins so, of the newest without one; no key is in it.

    Says on stderr that it is deleted, and that a key was left out. Raises StoreError kinds.
    """
    conversation = kept.find(app.store(), id_)
    if conversation.deleted is not None:
        terminal.notice(words.say("conversations.is_deleted"), dim=True)
    with contextlib.suppress(GPTError):
        keys.find(app.address())  # from now on `redact` knows it
    found = transcripts.read(app.store(), conversation.id)
    discreet = found.with_texts(redact)
    if discreet != found:
        terminal.notice(words.say("conversations.redacted"))
    return discreet


def show(transcript: Transcript, shown: Iterable[Section]) -> None:
    """Write these sections of it, below its title."""
    conversation = transcript.conversation
    _line(Span(export.title(conversation), BOLD))
    _line(Span(export.headline(transcript), DIM))
    if conversation.system:
        _line()
        _line(Span(words.say("export.role.system"), BOLD))
        _text(conversation.system)
    for section in shown:
        _show_section(section, transcript)


def show_branches(transcript: Transcript, shown: int | None) -> None:
    """List the branches where there are several, by number, with a star at the one that is shown."""
    if len(transcript.branches) < 2:
        return
    _line()
    terminal.sentence(words.say("conversations.show.branches"))
    can = terminal.abilities(sys.stdout)
    for number, branch in enumerate(transcript.branches, 1):
        mark, last = "*" if number == shown else " ", terminal.one_line(branch.last)
        line = words.say("cli.chat.branch", mark=mark, number=number, size=branch.size, last=last)
        terminal.write((columns.shortened(line, can.columns) if can.terminal else line) + "\n")


def _show_section(section: Section, transcript: Transcript) -> None:
    if len(transcript.branches) > 1:
        _line()
        _line(Span(export.section_name(section, transcript), BOLD))
    if section.after is not None:
        _line(Span(export.goes_on_from(section.after), DIM))
    for message in section.messages:
        _line()
        _show_message(message, transcript)


def _show_message(message: StoredMessage, transcript: Transcript) -> None:
    facts = "".join(f" · {fact}" for fact in export.facts(message, format_usd))
    _line(Span(export.speaker(message), BOLD), Span(facts, DIM))
    if said := text_of(message.plain):
        if message.plain["role"] == "assistant":
            terminal.write(answers.drawn(_clean(said)))
        else:
            _text(said)
    for note in (
        *calls(message),
        *(f"[{export.picture_note(url, transcript)}]" for url in pictures(message)),
    ):
        _line(Span(note, DIM))


def _line(*spans: Span) -> None:
    """One line, however much is in it."""
    _put([Span(_clean(span.text).replace("\n", " "), span.style) for span in spans])


def _text(text: str) -> None:
    """Words as they were typed, no line of them wider than the terminal."""
    for line in _clean(text).rstrip("\n").split("\n"):
        _put([Span(line)])


def _clean(text: str) -> str:
    # once more without keys: a control sequence may have stood in one
    return redact(terminal.clean(text))


def _put(spans: Iterable[Span]) -> None:
    can = terminal.abilities(sys.stdout)
    wrapper = Wrapper(can.columns if can.terminal else sys.maxsize)
    for span in spans:
        wrapper.put(span.text, span.style if can.styled else PLAIN)
    wrapper.newline()
    terminal.write(wrapper.take())
