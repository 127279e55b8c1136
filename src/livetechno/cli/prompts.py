"""Reading what the person says: an editor with history on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from livetechno import environment, words
from livetechno.cli import terminal

if TYPE_CHECKING:
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings


_YES = frozenset({"o", "oui", "y", "yes"})


class Cleared(Exception):  # noqa: N818 - not a failure
    """Ctrl-C at the prompt: what was typed is dropped. `was_empty` when there was nothing."""

    def __init__(self, *, was_empty: bool) -> None:
        super().__init__(was_empty)
        self.was_empty = was_empty


class Reader(Protocol):
    """Gives the next thing the person says."""

    def read(self) -> str:
        """The text. Raises EOFError at the end (Ctrl-D) and Cleared at Ctrl-C."""
        ...


def reader(prompt: str) -> Reader:
    """The best reader for where we are, which shows `prompt`."""
    if terminal.is_terminal(sys.stdin) and terminal.abilities(sys.stdout).styled:
        return _Editor(prompt)
    return _Lines(prompt)


def agrees(question: str) -> bool:
    """Ask on stderr; yes in either language, and nothing else, is a yes."""
    answer = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
    return answer.strip().lower() in _YES


class _Lines:
    """Lines of stdin. The prompt goes to stderr: stdout is the answers' own."""

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt

    def read(self) -> str:
        sys.stderr.write(self._prompt)
        sys.stderr.flush()
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            terminal.notice("")
            raise Cleared(was_empty=True) from None
        if not line:
            terminal.notice("")
            raise EOFError
        return line.rstrip("\n")


class _Editor:
    """prompt_toolkit's line editor. Enter sends, Alt-Enter begins a new line, a paste keeps its lines."""

    def __init__(self, prompt: str) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.formatted_text import FormattedText

        style = "" if os.environ.get("NO_COLOR") else "ansicyan"
        self._prompt = FormattedText([(style, prompt)])
        self._session: PromptSession[str] = PromptSession(
            history=_history(), key_bindings=_keys(), multiline=True, enable_suspend=True
        )

    def read(self) -> str:
        self._session.default_buffer.reset()  # a Ctrl-C before it is shown must not find the last line
        try:
            return self._session.prompt(self._prompt, prompt_continuation=_continuation)
        except KeyboardInterrupt:
            raise Cleared(was_empty=not self._session.default_buffer.text.strip()) from None


def _continuation(width: int, *_: object) -> str:
    return " " * width


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _history() -> History:
    """What was typed before, from `history` in the home folder, or of this conversation only."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    from livetechno.gpt.redaction import redact

    class Discreet(FileHistory):
        """A key that was typed by mistake never reaches the disk."""

        def store_string(self, string: str) -> None:
            super().store_string(redact(string))

    path = environment.home() / "history"
    try:
        _make_private(path)
    except OSError as error:
        terminal.notice(words.say("cli.chat.no_history", path=path, reason=error.strerror), dim=True)
        return InMemoryHistory()
    return Discreet(path)


def _make_private(path: Path) -> None:
    """See that the file exists, and that only its owner can read it when it is made."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600))
