"""The conversation on a terminal: read a line, obey or ask, show the answer, go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import livetechno
from livetechno import app, words
from livetechno.cli import answers, failures, in_chat, prompts, terminal
from livetechno.cli.question import Question
from livetechno.gpt.errors import GPTError
from livetechno.hosts import conversing
from livetechno.kept import StoredTurns
from livetechno.store.errors import StoreError

if TYPE_CHECKING:
    from livetechno.chat import Chat
    from livetechno.gpt.turns import Turn


class Conversation:
    """A conversation with one `Chat`. What could not be answered is kept, for `/retry`."""

    def __init__(self, chat: Chat, *, whole: bool = False, first: Question | None = None) -> None:
        """`whole`: show answers when they are complete. `first`: files that go with the first question."""
        self._chat = chat
        self._whole = whole
        self._attached = first or Question()
        self._unanswered: Question | None = None
        self._leaving = False
        self._commands: dict[str, Callable[[str], None]] = {
            "/model": self._model,
            "/system": self._system,
            "/retry": self._retry,
            "/undo": self._undo,
            "/branch": lambda number: in_chat.branch(self._chat, number),
            "/save": lambda title: in_chat.save(self._chat, title),
            "/cost": lambda _: in_chat.cost(self._chat),
            "/memory": lambda _: in_chat.memory(self._chat),
            "/help": self._help,
            conversing.QUIT: self._quit,
        }

    def run(self) -> None:
        """Go on until the person leaves. Ctrl-C twice at an empty prompt raises KeyboardInterrupt."""
        mock = app.endpoint().mock
        self._greet(mock)
        reader = prompts.reader(words.say("cli.chat.prompt_mock" if mock else "cli.chat.prompt"))
        warned = False
        while not self._leaving:
            try:
                line = reader.read()
            except EOFError:
                return
            except prompts.Cleared as cleared:
                if cleared.was_empty and warned:
                    raise KeyboardInterrupt from None
                warned = cleared.was_empty
                if warned:
                    terminal.notice(words.say("cli.chat.again_to_leave"), dim=True)
                continue
            warned = False
            try:
                self._take(line)
            except KeyboardInterrupt:
                terminal.notice("")  # one more while the first was being obeyed

    def _greet(self, mock: bool) -> None:
        terminal.notice(words.say("cli.chat.greeting", version=livetechno.__version__), dim=True)
        if mock:
            terminal.notice(words.say("cli.chat.mock"))
        if (last := self._last()) is not None:
            question = conversing.beginning(last.messages[0].text)
            terminal.notice(words.say("cli.chat.going_on", question=question), dim=True)
            answers.show(iter([last.messages[-1].text]))

    def _take(self, line: str) -> None:
        typed = conversing.read(line)
        if typed.command:
            self._obey(self._commands.get(typed.command, self._unknown), typed.argument)
        elif typed.question:
            self._ask(self._attached.followed_by(typed.question))

    def _obey(self, command: Callable[[str], None], argument: str) -> None:
        try:
            command(argument)
        except (GPTError, StoreError) as error:
            failures.tell(error)

    def _ask(self, question: Question) -> None:
        if self._show(lambda: self._pieces(question)):
            self._attached, self._unanswered = Question(), None
        else:
            self._unanswered = question

    def _pieces(self, question: Question) -> Iterator[str]:
        if self._whole:
            return answers.whole(lambda: self._chat.ask(question.text, question.images))
        return self._chat.stream(question.text, question.images)

    def _show(self, start: Callable[[], Iterator[str]]) -> bool:
        """Show an answer. Whether it, or the part that came before it failed or was stopped, is kept."""
        before = self._last()
        try:
            answers.show(start())
        except KeyboardInterrupt:
            kept = self._last() != before
            terminal.notice(words.say("cli.chat.stopped" if kept else "cli.chat.stopped_early"), dim=True)
            return kept
        except GPTError as error:
            kept = self._last() != before
            failures.tell(error)
            terminal.notice(words.say("cli.chat.cut_kept" if kept else "cli.chat.not_lost"), dim=True)
            return kept
        if self._chat.last is not None:
            parts = (answers.summary(self._chat.last), in_chat.left_out(self._chat))
            terminal.notice(" · ".join(filter(None, parts)), dim=True)
        return True

    def _last(self) -> Turn | None:
        """The last exchange: another one after a question means that something of the answer is kept."""
        return next(self._chat.turns.newest(), None)

    def _model(self, name: str) -> None:
        if name:
            self._chat.model = name
            self._describe(model=name)
        terminal.notice(words.say("cli.chat.model", name=self._chat.model))

    def _system(self, text: str) -> None:
        if text:
            self._chat.system = None if text == conversing.NOTHING else text
            self._describe(system=self._chat.system or "")
        now = self._chat.system
        terminal.notice(words.say("cli.chat.system", text=now) if now else words.say("cli.chat.no_system"))

    def _describe(self, **changed: str) -> None:
        if isinstance(self._chat.turns, StoredTurns):
            self._chat.turns.describe(**changed)

    def _retry(self, _: str) -> None:
        if self._unanswered is not None:
            self._ask(self._unanswered)
        elif self._last() is not None:
            self._show(self._chat.retry)
        else:
            terminal.notice(words.say("cli.chat.nothing_to_retry"))

    def _undo(self, _: str) -> None:
        if self._unanswered is not None:
            taken, self._unanswered = self._unanswered.text, None
        elif exchange := self._chat.undo():
            taken = exchange[0].text
        else:
            terminal.notice(words.say("cli.chat.nothing_to_undo"))
            return
        terminal.notice(words.say("cli.chat.undone", text=conversing.beginning(taken)))

    def _help(self, _: str) -> None:
        terminal.notice(words.say("cli.chat.commands"))

    def _unknown(self, _: str) -> None:
        terminal.notice(words.say("cli.chat.unknown_command", names=" ".join(self._commands)))

    def _quit(self, _: str) -> None:
        self._leaving = True
