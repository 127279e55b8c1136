"""A conversation in Pythonista's console: a line is read and obeyed or asked, an answer printed as it comes.

It is a `Talk` that is shown with `print` in place of views: what is said is on disk before it is asked, an
answer goes on in threads of its own, and here is only waited for. So the app's stop button, which raises
KeyboardInterrupt wherever this thread is, cannot tear what is kept.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from types import ModuleType
from typing import Any, TextIO

import livetechno
from livetechno import app, failures, words
from livetechno.hosts import conversing
from livetechno.hosts.pythonista import console_history, device, forms, ink, memory, talks
from livetechno.hosts.pythonista.chat_answer import not_after_sleep
from livetechno.hosts.pythonista.chat_shown import Said
from livetechno.hosts.pythonista.chat_talk import PAGE, Talk
from livetechno.hosts.pythonista.console_text import ConsoleText
from livetechno.store.conversations import Conversation, Draft
from livetechno.store.messages import text_of

NAP = 0.03
"""Seconds between two looks at an answer: the stop button is heard when a nap is over."""
PATIENCE = 10.0
"""Seconds of waiting after which a person is told that it goes on."""

_ENDS = {
    (True, True): "cli.chat.stopped",
    (True, False): "cli.chat.cut_kept",
    (False, True): "cli.chat.stopped_early",
    (False, False): "cli.chat.not_lost",
}
"""What is said of an answer that is not whole: whether some of it came, and whether the person stopped it."""


def run() -> None:
    """Hold the conversation in which something was said last, or a new one, until the person leaves.

    On the interpreter's thread.
    """
    app.on_attempt = not_after_sleep
    try:
        with _notices() as notices:
            ConsoleChat(talks.latest(), notices).run()
    finally:
        ink.reset()


class ConsoleChat:
    """What the person sees and types. `notices` are sentences of other threads, told between answers."""

    def __init__(self, talk: Talk, notices: deque[str]) -> None:
        self._talk = talk
        self._notices = notices
        self._history = console_history.History()
        self._told_of_mock = False
        self._leaving = False
        self._commands: dict[str, Callable[[str], None]] = {
            "/continue": self._continue,
            "/retry": self._retry,
            "/undo": self._undo,
            "/new": self._new,
            "/history": self._open_stored,
            "/model": self._model,
            "/system": self._system,
            "/save": self._save,
            "/cost": self._cost,
            "/compose": lambda wish: _composing().run(wish),
            "/play": lambda _: _composing().play(),
            "/silence": lambda _: _composing().stop(),
            "/share": lambda _: _composing().share(),
            "/back": lambda _: _composing().back(),
            "/memory": lambda _: ink.say(memory.told(self._talk)),
            "/key": lambda _: self._ask_in_dialogs(forms.manage_key),
            "/settings": lambda _: self._ask_in_dialogs(forms.change_settings),
            "/help": lambda _: ink.say(words.say("phone.console.commands")),
            conversing.QUIT: self._quit,
        }

    def run(self) -> None:
        """Go on until the person leaves."""
        ink.say(words.say("cli.chat.greeting", version=livetechno.__version__))
        self._obey(lambda _: self._open(self._talk), "")
        while not self._leaving and (line := self._read()) is not None:
            typed = conversing.read(line)
            if typed.command:
                self._obey(self._commands.get(typed.command, self._unknown), typed.argument)
            elif typed.question:
                self._obey(self._ask, typed.question)

    def _read(self) -> str | None:
        """The next line; None when the person leaves: with the stop button, too."""
        prompt = "cli.chat.prompt_mock" if self._talk.shown.mock else "cli.chat.prompt"
        try:
            ink.write(words.say(prompt), ink.ACCENT)
            return input()
        except (EOFError, KeyboardInterrupt):
            ink.write("\n")
            return None

    def _obey(self, command: Callable[[str], None], argument: str) -> None:
        try:
            command(argument)
        except KeyboardInterrupt:
            ink.write("\n")
            if self._talk.shown.busy:  # the answer had begun, and was not followed yet
                self._talk.stop()
                self._follow_to_its_end(stopped=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the conversation goes on
            ink.say(failures.sentence(error), ink.WARNING)

    def _open(self, talk: Talk) -> None:
        """Go on with that conversation: show what was said last, or what is being said."""
        self._talk = talk
        if not talk.shown.busy:  # it would read when the answer has ended
            talk.open().join()
        self._tell_of_mock()
        said = talk.shown.said
        question = next((one for one in reversed(said) if one.mine), None)
        if question is not None:
            text = conversing.beginning(talk.text(question))
            ink.say(words.say("cli.chat.going_on", question=text))
        if talk.shown.busy:
            self._follow_to_its_end()
            return
        if said and not said[-1].mine:
            drawing = ConsoleText()
            ink.draw([*drawing.feed(talk.text(said[-1])), *drawing.finish()])
        self._tell_trouble()
        self._tell_what_is_open()

    def _ask(self, question: str) -> None:
        if len(self._talk.shown.said) > 2 * PAGE:
            self._talk.open().join()  # which forgets what is no longer shown
        if self._talk.ask(question):
            self._follow_to_its_end()

    def _follow_to_its_end(self, *, stopped: bool = False) -> None:
        """Print the answer that is under way, then how it ended."""
        stopped = self._follow() or stopped
        if self._leaving:
            return
        while self._notices:
            ink.say(self._notices.popleft())
        troubled = self._tell_trouble()
        last = self._talk.shown.said[-1]
        if last.partial or last.mine:
            ink.say(words.say(_ENDS[last.partial, stopped]))
        elif not troubled:
            ink.say(self._summary(last))
            self._tell_what_is_open()
        self._tell_of_mock()

    def _follow(self) -> bool:
        """Print the answer that is under way, to its end. Whether the person stopped it."""
        talk, drawing, drawn, stopped = self._talk, ConsoleText(), 0, False
        key, begun, patient = talk.shown.said[-1].key, time.monotonic(), True
        with device.activity():
            while True:
                try:
                    time.sleep(NAP)
                    shown = talk.shown  # before its text, which may have grown since
                    if shown.said and (last := shown.said[-1]).key == key:
                        text = talk.text(last)
                        piece, drawn = text[drawn:], max(drawn, len(text))
                        ink.draw(drawing.feed(piece))
                    if not shown.busy:
                        break
                    if patient and not drawn and time.monotonic() - begun > PATIENCE:
                        patient = False
                        ink.say(words.say("cli.chat.still_waiting"))
                except KeyboardInterrupt:
                    if stopped:  # and it takes its time: it is kept all the same
                        self._leaving = True
                        break
                    stopped = True
                    talk.stop()
        ink.draw(drawing.finish())
        return stopped

    def _tell_trouble(self) -> bool:
        """What went wrong, and where it is mended. Whether anything did."""
        trouble = self._talk.shown.trouble
        if trouble is None:
            return False
        ink.say(trouble.sentence, ink.WARNING)
        if trouble.way:
            ink.say(words.say(f"phone.console.way.{trouble.way}"))
        self._talk.forget_trouble()
        return True

    def _tell_what_is_open(self) -> None:
        """That the last question or its answer waits to be gone on with."""
        last = self._last()
        if last is not None and (last.mine or last.partial or last.limited):
            ink.say(words.say("phone.console.unanswered" if last.mine else "phone.console.cut"))

    def _tell_of_mock(self) -> None:
        """Say once that Mock AI answers, and once more when it does again."""
        mock = self._talk.shown.mock
        if mock and not self._told_of_mock:
            ink.say(words.say("cli.chat.mock"))
        self._told_of_mock = mock

    def _last(self) -> Said | None:
        said = self._talk.shown.said
        return said[-1] if said else None

    def _summary(self, answer: Said) -> str:
        if self._talk.id is None or answer.id is None:
            return ""
        about = app.store().tree.message(self._talk.id, answer.id).about or {}
        usage, cost = about.get("usage"), about.get("cost")
        return conversing.summary(
            about.get("model") or self._talk.shown.model,
            usage and usage["input_tokens"] + usage["output_tokens"],
            None if cost is None else Decimal(cost),
            about.get("finish"),
        )

    def _continue(self, _: str) -> None:
        """Go on with an answer that was cut; ask again for one of which nothing came."""
        last = self._last()
        if last is None or not (last.mine or last.partial or last.limited):
            ink.say(words.say("phone.console.nothing_to_continue"))
        elif last.mine:
            self._retry("")
        elif self._talk.go_on():
            self._follow_to_its_end()

    def _retry(self, _: str) -> None:
        if self._talk.again():
            self._follow_to_its_end()
        else:
            ink.say(words.say("cli.chat.nothing_to_retry"))

    def _undo(self, _: str) -> None:
        store, id_ = app.store(), self._talk.id
        last = None if id_ is None else next(store.tree.exchanges(id_, store.tree.head(id_)), None)
        if id_ is None or last is None:
            ink.say(words.say("cli.chat.nothing_to_undo"))
            return
        store.tree.use(id_, last[0].parent)
        self._talk.open().join()
        ink.say(words.say("cli.chat.undone", text=conversing.beginning(text_of(last[0].plain))))

    def _new(self, _: str) -> None:
        ink.say(words.say("phone.console.new"))
        self._open(talks.of(None))

    def _open_stored(self, number: str) -> None:
        if not number:
            self._history.show()
        elif (id_ := self._history.find(number)) is not None:
            self._open(talks.of(id_))
        else:
            ink.say(words.say("phone.console.history.unknown", number=number))

    def _model(self, name: str) -> None:
        if name:
            self._describe(model=name)
        self._talk.tell_standing().join()
        ink.say(words.say("cli.chat.model", name=self._talk.shown.model))

    def _system(self, text: str) -> None:
        if text:
            self._describe(system="" if text == conversing.NOTHING else text)
        now = self._described().system
        ink.say(words.say("cli.chat.system", text=now) if now else words.say("cli.chat.no_system"))

    def _save(self, title: str) -> None:
        if title:
            self._describe(title=title)
        ink.say(words.say("cli.chat.saved" if self._talk.id else "cli.chat.saved_later", id=""))

    def _described(self) -> Conversation | Draft:
        """Title, model and system message, as they are stored or will be."""
        id_ = self._talk.id
        return self._talk.beginning if id_ is None else app.store().conversations.get(id_)

    def _describe(self, **changed: Any) -> None:
        if self._talk.id is None:
            self._talk.beginning = replace(self._talk.beginning, **changed)
        else:
            app.store().conversations.change(self._talk.id, **changed)

    def _cost(self, _: str) -> None:
        for sentence in conversing.costs(self._talk.id):
            ink.say(sentence)

    def _ask_in_dialogs(self, ask: Callable[[], object]) -> None:
        ask()
        self._talk.tell_standing().join()
        ink.say(forms.status())
        self._tell_of_mock()

    def _unknown(self, _: str) -> None:
        ink.say(words.say("cli.chat.unknown_command", names=" ".join(self._commands)))

    def _quit(self, _: str) -> None:
        self._leaving = True


def _composing() -> ModuleType:
    """What composes, which is loaded when it is asked for."""
    from livetechno.hosts.pythonista import console_compose

    return console_compose


@contextlib.contextmanager
def _notices() -> Iterator[deque[str]]:
    """Our warnings, whichever thread gives them: printed at once they would stand amid an answer."""
    notices: deque[str] = deque()
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.simplefilter("ignore", app.MockAIWarning)  # the prompt says it
        usual = warnings.showwarning

        def keep(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if category.__module__.startswith("livetechno."):
                notices.append(str(message))
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = keep
        yield notices
