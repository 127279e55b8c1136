"""`livetechno chat`: one answer, or a conversation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli import terminal
from livetechno.cli.spoken import Command, Option, number, one_of

HISTORIES = ("window", "summary", "all")
"""What goes along with a question, as `Chat` takes it."""

if TYPE_CHECKING:
    from livetechno.chat import Chat
    from livetechno.cli.question import Question
    from livetechno.gpt.retry import Attempt


@click.command("chat", cls=Command, help="cli.chat.help")
@click.argument("words_", metavar="[WORDS]...", nargs=-1)
@click.option("-c", "--continue", "go_on", cls=Option, is_flag=True, help="cli.chat.help_continue")
@click.option("--conversation", cls=Option, metavar="ID", help="cli.chat.help_conversation")
@click.option("--no-save", "unsaved", cls=Option, is_flag=True, help="cli.chat.help_no_save")
@click.option(
    "--history",
    cls=Option,
    metavar="|".join(HISTORIES),
    default=HISTORIES[0],
    callback=one_of(*HISTORIES),
    help="cli.chat.help_history",
)
@click.option("-m", "--model", cls=Option, metavar="NAME", help="cli.chat.help_model")
@click.option("-s", "--system", cls=Option, metavar="TEXT", help="cli.chat.help_system")
@click.option(
    "-t",
    "--temperature",
    cls=Option,
    metavar="NUMBER",
    callback=number(float),
    help="cli.chat.help_temperature",
)
@click.option(
    "--max-tokens", cls=Option, metavar="NUMBER", callback=number(int), help="cli.chat.help_max_tokens"
)
@click.option("-f", "--file", "files", cls=Option, metavar="PATH", multiple=True, help="cli.chat.help_file")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="cli.chat.help_json")
@click.option("--no-stream", "whole", cls=Option, is_flag=True, help="cli.chat.help_no_stream")
def command(  # noqa: D103 - its help is cli.chat.help
    words_: tuple[str, ...],
    go_on: bool,
    conversation: str | None,
    unsaved: bool,
    files: tuple[str, ...],
    as_json: bool,
    whole: bool,
    **options: Any,
) -> None:
    from livetechno.cli import question
    from livetechno.gpt.errors import UsageError

    asked = question.from_files(files)
    typed = question.from_words(words_)
    piped = question.from_pipe()
    given = {name: value for name, value in options.items() if value is not None}
    if unsaved and (go_on or conversation is not None):
        raise UsageError(words.say("cli.chat.continue_unsaved"), code="continue_unsaved")
    alone = not words_ and piped is None
    if alone and as_json:
        raise UsageError(words.say("cli.chat.json_needs_words"), code="no_question")
    if alone:
        _converse(_chat(given, go_on=go_on, conversation=conversation, save=not unsaved), asked, whole)
        return
    if not (typed.strip() or (piped or "").strip()):
        raise UsageError(words.say("cli.chat.empty"), code="no_question")
    asked = asked.followed_by(typed).followed_by((piped or "").rstrip("\n"))
    chat = _chat(given, go_on=go_on, conversation=conversation, save=not unsaved)
    _answer(chat, asked, as_json=as_json, whole=whole)


def _chat(options: dict[str, Any], *, go_on: bool, conversation: str | None, save: bool) -> Chat:
    """A new conversation, kept if that can be done, or the stored one that is meant."""
    from livetechno import app
    from livetechno.chat import Chat
    from livetechno.gpt.errors import NotKeptError
    from livetechno.kept import StoredTurns

    warnings.simplefilter("ignore", app.MockAIWarning)  # the label says it
    app.on_attempt = _tell_of_retry
    if go_on or conversation is not None:
        chat = Chat.resume(conversation, **options)
        assert isinstance(chat.turns, StoredTurns)
        chat.turns.describe(**{name: options[name] for name in ("system", "model") if name in options})
        return chat
    try:
        return Chat(save=save, **options)
    except NotKeptError as error:
        terminal.notice(words.say("cli.chat.not_kept", reason=error.detail))
        return Chat(**options)


def _tell_of_retry(attempt: Attempt) -> None:
    if attempt.wait is not None:
        terminal.aside(words.say("cli.chat.again", what=attempt.error.what(), seconds=attempt.wait))


def _answer(chat: Chat, asked: Question, *, as_json: bool, whole: bool) -> None:
    """One answer on stdout; on stderr what a reader must know of it."""
    from livetechno import app
    from livetechno.cli import answers
    from livetechno.hosts import conversing

    if app.endpoint().mock:
        terminal.notice(words.say("cli.chat.mock"), dim=True)
    if as_json:
        terminal.mark_waiting()
        try:
            chat.ask(asked.text, asked.images)
        finally:
            terminal.stop_waiting()
        terminal.write(terminal.safe_json(answers.document(chat.last)) + "\n")
    elif whole:
        answers.show(answers.whole(lambda: chat.ask(asked.text, asked.images)))
    else:
        answers.show(chat.stream(asked.text, asked.images))
    if chat.last is not None and (cut := conversing.shortfall(chat.last.finish)):
        terminal.notice(words.say("cli.chat.not_whole", why=cut))


def _converse(chat: Chat, asked: Question, whole: bool) -> None:
    from livetechno.cli.conversation import Conversation

    Conversation(chat, whole=whole, first=asked).run()
