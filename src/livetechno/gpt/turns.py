"""A conversation as turns: a person's question with all that follows it, up to the answer.

`gpt` knows no database. What keeps a conversation satisfies `Turns`, in memory (`MemoryTurns`) or on disk;
it may be a tree of branches, of which one is in use.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

from livetechno.gpt.messages import Message, size


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange: the question, calls of functions with their results, the answer."""

    messages: tuple[Message, ...]
    key: Hashable
    """Its identity, for what is remembered about it: no other turn of any conversation has it."""
    place: int
    """How many messages stand before it on its branch."""
    summary: str | None = None
    """A summary of everything up to and including this turn, where one has been kept."""


class Past(Protocol):
    """What was said before a question: to be read, and to be summed up. The methods may block."""

    def newest(self) -> Iterator[Turn]:
        """The turns on the branch in use, the newest first, each read when it is asked for."""

    def summarise(self, turn: Turn, text: str) -> None:
        """Keep a summary of everything up to and including a turn; it has lasted when this returns."""


class Turns(Past, Protocol):
    """A conversation that can be gone on with. The methods may block; a write has lasted when it returns."""

    @property
    def identity(self) -> str | None:
        """The id of the stored conversation; None for one that is only in memory."""

    @property
    def held(self) -> int:
        """Bytes of the conversation that are held in memory."""

    def add(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:
        """Put a turn at the end. `about` is what is known of its answer: model, usage, cost, ..."""

    def again(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:
        """Put a turn in the place of the last one: another answer. The old one may stay, as a branch."""

    def undo(self) -> tuple[Message, ...]:
        """Take the last turn off the branch in use and return its messages; () when there is none."""


class MemoryTurns:
    """A conversation in memory, for scripts: it goes with the process, and what is replaced is gone."""

    identity: str | None = None

    def __init__(self) -> None:
        self._turns: list[Turn] = []

    @property
    def held(self) -> int:
        """Bytes of the messages."""
        return sum(size(message) for turn in self._turns for message in turn.messages)

    def newest(self) -> Iterator[Turn]:
        """The turns, the newest first."""
        return reversed(self._turns)

    def add(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Put a turn at the end; that costs the same however many there are."""
        self._turns.append(_after(self._turns[-1:], messages))

    def again(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Put a turn in the place of the last one."""
        self._turns[-1:] = [_after(self._turns[-2:-1], messages)]

    def undo(self) -> tuple[Message, ...]:
        """Take the last turn away and return its messages; () when there is none."""
        return self._turns.pop().messages if self._turns else ()

    def summarise(self, turn: Turn, text: str) -> None:
        """Keep a summary with its turn, if that is still there."""
        for index in reversed(range(len(self._turns))):
            if self._turns[index].key == turn.key:
                self._turns[index] = replace(turn, summary=text)
                return


def _after(last: list[Turn], messages: Iterable[Message]) -> Turn:
    place = sum(turn.place + len(turn.messages) for turn in last)
    return Turn(tuple(messages), object(), place)


@dataclass(frozen=True, slots=True)
class BeforeLast:
    """What was said before the last question: the past when that is asked again."""

    turns: Turns

    def newest(self) -> Iterator[Turn]:
        """All turns but the last one, the newest first."""
        return islice(self.turns.newest(), 1, None)

    def summarise(self, turn: Turn, text: str) -> None:
        """Keep a summary of everything up to and including a turn."""
        self.turns.summarise(turn, text)
