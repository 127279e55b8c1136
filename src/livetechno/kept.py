"""A conversation of `Chat` that lasts: its turns are in the store, and the newest of them in memory too.

    turns = kept.begin(app.store())
    turns = kept.StoredTurns(app.store(), kept.find(app.store()).id)

Others may have the same conversation open, in this process or another: each question looks first at what
has become of it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from livetechno import environment
from livetechno.gpt.errors import NotKeptError
from livetechno.gpt.messages import Message, from_plain, size, to_plain
from livetechno.gpt.turns import Turn
from livetechno.store.conversations import Conversation, Draft
from livetechno.store.errors import NotFoundError, StoreError
from livetechno.store.messages import NewMessage, StoredMessage

if TYPE_CHECKING:
    from livetechno.store import Store

PHONE_BYTES = 100_000
"""Most bytes of a conversation in memory on a phone; the rest is read from the disk when it is needed."""
DESK_BYTES = 4_000_000
"""The same elsewhere."""


def begin(store: Store, *, title: str = "", system: str = "", model: str = "chat") -> StoredTurns:
    """A new conversation. It is stored with the first thing that is said in it."""
    return StoredTurns(store, store.conversations.new_id(), Draft(title, system, model))


def find(store: Store, id_: str | None = None) -> Conversation:
    """The conversation whose id begins so; without one the newest. Raises NotFoundError."""
    found = store.conversations.newest() if id_ is None else store.conversations.find(id_)
    if found is None:
        raise NotFoundError("none")
    return found


@contextmanager
def as_ours() -> Iterator[None]:
    """Raise what the store raises as a NotKeptError, which those who talk to GPT know how to tell."""
    try:
        yield
    except StoreError as error:
        problem = NotKeptError(str(error), code=error.code)
    else:
        return
    raise problem


class StoredTurns:
    """`gpt.turns.Turns` over the store, with at most `most_bytes` of the conversation in memory.

    The methods raise NotKeptError, and change nothing then.
    """

    def __init__(
        self, store: Store, id_: str, draft: Draft | None = None, *, most_bytes: int | None = None
    ) -> None:
        self.identity: str | None = id_
        self.most_bytes = most_bytes or (PHONE_BYTES if environment.is_phone() else DESK_BYTES)
        self._store = store
        self._id = id_
        self._draft = draft
        self._lock = threading.Lock()
        self._recent: deque[_Recent] = deque()
        self._held = 0
        self._head: int | None = None
        self._looked = False

    @property
    def held(self) -> int:
        """Bytes of the messages that are in memory."""
        return self._held

    @property
    def saved(self) -> bool:
        """Whether anything of it is stored yet."""
        return self._draft is None

    def newest(self) -> Iterator[Turn]:
        """The turns of the branch in use, the newest first, as anybody has left them."""
        head = self._refreshed()
        with self._lock:
            recent = tuple(self._recent)
        for one in recent:
            yield one.turn
            head = one.before
        for exchange in self._exchanges(head):
            older = _Recent(_turn(exchange), exchange[0].parent)
            self._remember_older(older, after=recent[-1] if recent else None)
            recent = (older,)
            yield older.turn

    def add(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:
        """Put a turn at the end; `about` is kept with its answer."""
        if not self._looked:
            self._refreshed()
        self._put(tuple(messages), about, self._head, None)

    def again(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:
        """Put another answer to the last question; the one before stays, as a branch."""
        question, *rest = messages
        asked = next(self._exchanges(self._head))[0]
        if _message(asked) == question:
            self._put((question, *rest), about, asked.parent, asked)
        else:
            self._put((question, *rest), about, asked.parent, None)

    def undo(self) -> tuple[Message, ...]:
        """Go back to before the last turn; it stays in the store, as a branch."""
        last = next(self._exchanges(self._refreshed()), None)
        if last is None:
            return ()
        self.use(last[0].parent)
        return _turn(last).messages

    def use(self, head: int | None) -> None:
        """Go on from the message `head`, of whichever branch; from the beginning with None."""
        with as_ours():
            self._store.tree.use(self._id, head)
        self._refreshed()

    def summarise(self, turn: Turn, text: str) -> None:
        """Keep a summary of everything up to and including a turn."""
        with as_ours():
            self._store.tree.summarise(self._id, int(str(turn.key)), text)
        with self._lock:
            self._forget()

    def describe(
        self, *, title: str | None = None, system: str | None = None, model: str | None = None
    ) -> None:
        """Keep another title, system message or model with the conversation."""
        if self._draft is not None:
            new: dict[str, Any] = {"title": title, "system": system, "model": model}
            self._draft = replace(self._draft, **{name: one for name, one in new.items() if one is not None})
            return
        with as_ours():
            self._store.conversations.change(self._id, title=title, system=system, model=model)

    def _put(
        self,
        messages: tuple[Message, ...],
        about: Mapping[str, Any] | None,
        before: int | None,
        asked: StoredMessage | None,
    ) -> None:
        """Keep a turn behind the message `before`; without its question where that was `asked` already."""
        new = _new(messages, about)
        with as_ours():
            if asked is None:
                head = self._store.tree.add(self._id, new, after=before, draft=self._draft)
            else:
                head = self._store.tree.add(self._id, new[1:], after=asked.id, turn=asked.id)
        self._draft = None
        with self._lock:
            self._remember_newest(_Recent(Turn(messages, head, self._place(before)), before))
            self._head = head

    def _exchanges(self, head: int | None) -> Iterator[tuple[StoredMessage, ...]]:
        with as_ours():
            yield from self._store.tree.exchanges(self._id, head)

    def _refreshed(self) -> int | None:
        """The last message of the branch in use. What is in memory of another branch is forgotten."""
        head = self._stored_head()
        with self._lock:
            self._head = head
            self._looked = True
            if not self._recent or self._recent[0].turn.key != head:
                self._forget()
        return head

    def _stored_head(self) -> int | None:
        with as_ours():
            try:
                head = self._store.tree.head(self._id)
            except NotFoundError:
                if self._draft is None:
                    raise
                return None
        self._draft = None  # Ctrl-C may have come when it was stored already, and nobody knew yet
        return head

    def _remember_older(self, older: _Recent, *, after: _Recent | None) -> None:
        """Keep a turn in memory behind the one it precedes, if that is still the oldest there and it fits."""
        with self._lock:
            oldest = self._recent[-1] if self._recent else None
            if oldest is after and self._held + older.bytes <= self.most_bytes:
                self._recent.append(older)
                self._held += older.bytes

    def _remember_newest(self, new: _Recent) -> None:
        if not self._recent or self._recent[0].turn.key != new.before:
            self._forget()  # of another branch
        self._recent.appendleft(new)
        self._held += new.bytes
        while self._held > self.most_bytes:
            self._held -= self._recent.pop().bytes

    def _place(self, before: int | None) -> int:
        """How many messages stand before a turn that follows the message `before`."""
        if before is None:
            return 0
        if self._recent and (newest := self._recent[0].turn).key == before:
            return newest.place + len(newest.messages)
        return next(self._exchanges(before))[-1].place + 1

    def _forget(self) -> None:
        self._recent.clear()
        self._held = 0


class AnswerTurns(StoredTurns):
    """A conversation up to a question that is stored already: adding a turn stores the answer to it.

    Who has gone on from another message meanwhile stays there. `answered` is the stored answer's id, once
    there is one.
    """

    def __init__(self, store: Store, id_: str, question: StoredMessage) -> None:
        super().__init__(store, id_)
        self.answered: int | None = None
        self._question = question

    def newest(self) -> Iterator[Turn]:
        """The turns before the question, the newest first."""
        for exchange in self._exchanges(self._question.parent):
            yield _turn(exchange)

    def add(self, messages: Iterable[Message], about: Mapping[str, Any] | None = None) -> None:
        """Store all that follows the question."""
        asked, new = self._question.id, _new(tuple(messages), about)[1:]
        with as_ours():
            self.answered = self._store.tree.add(self._id, new, after=asked, turn=asked, if_in_use=True)


class _Recent:
    """A turn in memory, its size in bytes, and the message before it."""

    __slots__ = ("before", "bytes", "turn")

    def __init__(self, turn: Turn, before: int | None) -> None:
        self.turn = turn
        self.before = before
        self.bytes = sum(map(size, turn.messages))


def _new(messages: tuple[Message, ...], about: Mapping[str, Any] | None) -> list[NewMessage]:
    *others, answer = (NewMessage(to_plain(one), one.partial) for one in messages)
    return [*others, replace(answer, about=about)]


def _turn(exchange: tuple[StoredMessage, ...]) -> Turn:
    last = exchange[-1]
    messages = tuple(_message(one) for one in exchange)
    return Turn(messages, last.id, exchange[0].place, last.summary)


def _message(stored: StoredMessage) -> Message:
    return replace(from_plain(stored.plain), partial=stored.partial)
