"""A talk: what is said in a stored conversation, the answer that is under way, and what went wrong.

No view is in here. The methods return at once; what takes time is done in threads. Who watches is told from
any of them that something has changed, and looks at `shown`.

A question is on disk before it is asked, and its answer when it ends, in whichever way. An answer goes on
when nobody looks. Nothing is asked again unless the person says so.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from livetechno import app, words
from livetechno.chat import Chat
from livetechno.gpt.messages import from_plain
from livetechno.hosts.pythonista import chat_shown, unfinished
from livetechno.hosts.pythonista.chat_answer import Answer, Texts
from livetechno.hosts.pythonista.chat_shown import Said, Shown
from livetechno.kept import PHONE_BYTES, AnswerTurns
from livetechno.store.conversations import Draft
from livetechno.store.messages import NewMessage, StoredMessage
from livetechno.words.cleaning import clean

if TYPE_CHECKING:
    from livetechno.store import Store

PAGE = 60
"""Messages that are read at once, from the newest back."""


class Talk:
    """A conversation as it is shown; a new one without an `id`, which is stored with its first question."""

    def __init__(self, id_: str | None = None, *, awake: Callable[[bool], object] = lambda _: None) -> None:
        """`awake` is told True while an answer is under way, and False after it."""
        self.id = id_
        self.draft = ""
        """What the person has written and not sent."""
        self.beginning = Draft()
        """As what a new conversation is stored with its first question."""
        self._awake = awake
        self._watcher: Callable[[], object] = _nobody
        self._lock = threading.Lock()
        """For what follows; held for moments, and never while others are called."""
        self._turn = threading.Lock()
        """For reading and asking, one after the other."""
        self._shown = Shown()
        self._texts = Texts(PHONE_BYTES)
        self._unsent: dict[int, str] = {}
        """What is not stored, or could not be, by its key."""
        self._answer = Answer()
        self._idle = threading.Event()
        self._idle.set()
        self._keys = count(1)
        self._head: int | None = None
        self._past: Iterator[tuple[StoredMessage, ...]] = iter(())

    @property
    def shown(self) -> Shown:
        """How it stands."""
        return self._shown

    @property
    def is_needed(self) -> bool:
        """Whether something is under way in it, or in it alone."""
        return self._shown.busy or bool(self.draft.strip()) or bool(self._unsent)

    @property
    def held(self) -> int:
        """Bytes of the texts that are in memory, of at most `PHONE_BYTES`."""
        return self._texts.held

    def watch(self, watcher: Callable[[], object] | None) -> None:
        """Tell `watcher` of changes, in whichever thread they happen; nobody any more with None."""
        self._watcher = watcher or _nobody

    def text(self, said: Said) -> str:
        """What a message says, cleaned for a screen; of a stored one it may be read from the disk.

        Raises StoreError.
        """
        with self._lock:
            if said.growing:
                return self._answer.text
            if said.key in self._unsent:
                return self._unsent[said.key]
            found = self._texts.get(said.key)
        if found is None and said.id is not None and self.id is not None:
            found = chat_shown.text(app.store().tree.message(self.id, said.id))
            with self._lock:
                self._texts.put(said.key, found)
        return found or ""

    def open(self) -> threading.Thread:
        """Read what was said last, and how the conversation stands."""
        return self._in_turn(self._read)

    def read_older(self) -> threading.Thread:
        """Read what was said before the oldest message that is known."""
        return self._in_turn(self._read_older)

    def ask(self, text: str) -> bool:
        """Ask, and say whether that is done: not while an answer is under way, and not without a word."""
        text = text.strip()
        with self._lock:
            if self._shown.busy or not text:
                return False
            question = Said(next(self._keys), mine=True, length=len(text))
            self._unsent[question.key] = text
            self._begin((*self._shown.said, question))
        self._tell()
        self._in_turn(lambda: self._ask(question, text))
        return True

    def go_on(self) -> bool:
        """Ask for the rest of an answer that was cut."""
        return self.ask(words.say("page.chat.go_on_words"))

    def again(self) -> bool:
        """Ask the last question again; what was answered to it stays where no other answer comes."""
        with self._lock:
            before = self._shown.said
            asked = next((one for one in reversed(before) if one.mine), None)
            if self._shown.busy or asked is None:
                return False
            unsent = self._unsent.get(asked.key)
            self._begin(before[: before.index(asked) + 1])
        self._tell()
        if unsent is not None:
            self._in_turn(lambda: self._ask(asked, unsent))
        else:
            self._in_turn(lambda: self._ask_again(asked, before))
        return True

    def stop(self) -> None:
        """End the answer that is under way; what came of it is kept."""
        self._answer.stop()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is under way; False when that took longer. Not on the main thread."""
        return self._idle.wait(seconds)

    def look(self) -> threading.Thread:
        """Read anew what was said, where somebody has gone on elsewhere."""
        return self._in_turn(self._look)

    def forget_trouble(self) -> None:
        """What went wrong is mended, or need not be told any more."""
        self._change(trouble=None)

    def tell_standing(self) -> threading.Thread:
        """Look anew who answers and what it has cost: settings may have changed."""
        return self._in_turn(lambda: self._stand(app.store()))

    def _begin(self, said: tuple[Said, ...]) -> None:
        """An answer is awaited. With the lock."""
        growing = Said(next(self._keys), mine=False, growing=True)
        self._answer = Answer()
        self._idle.clear()
        self._shown = replace(self._shown, said=(*said, growing), busy=True, trouble=None)

    def _in_turn(self, work: Callable[[], object]) -> threading.Thread:
        """Do it in a thread, after what was begun before; what goes wrong is shown."""

        def run() -> None:
            with self._turn:
                try:
                    work()
                except Exception as error:  # noqa: BLE001 - whatever it is, the person is told of it
                    self._change(trouble=self._shown.trouble or chat_shown.trouble(error))

        thread = threading.Thread(target=run, name="livetechno-talk", daemon=True)
        thread.start()
        return thread

    def _read(self) -> None:
        store = app.store()
        if self.id is not None:
            if not self._shown.busy:
                unfinished.restore(store, self.id)
            self._head = store.tree.head(self.id)
            self._past = store.tree.exchanges(self.id, self._head)
            found, older = self._page()
            with self._lock:
                waiting = (one for one in self._shown.said if one.growing or one.key in self._unsent)
                self._shown = replace(self._shown, said=(*found, *waiting), older=older)
        self._stand(store)

    def _look(self) -> None:
        if self.id is not None and app.store().tree.head(self.id) != self._head:
            self._read()

    def _read_older(self) -> None:
        if not self._shown.older:
            return
        found, older = self._page()
        with self._lock:
            self._shown = replace(self._shown, said=(*found, *self._shown.said), older=older)
        self._tell()

    def _page(self) -> tuple[list[Said], bool]:
        """The next older messages, the oldest first, and whether there are more."""
        found: list[Said] = []
        for exchange in self._past:
            found[:0] = [self._said(message) for message in exchange if chat_shown.is_said(message)]
            if len(found) >= PAGE:
                return found, True
        return found, False

    def _said(self, message: StoredMessage, key: int | None = None) -> Said:
        key = key or next(self._keys)
        text = chat_shown.text(message)
        with self._lock:
            self._texts.put(key, text)
        limited = (message.about or {}).get("finish") == "length"
        mine = message.plain["role"] == "user"
        return Said(key, mine, message.id, len(text), partial=message.partial, limited=limited)

    def _stand(self, store: Store) -> None:
        """Tell title, model and cost, and who answers."""
        known: dict[str, Any] = {
            "title": self.beginning.title,
            "model": chat_shown.model(self.beginning.model),
        }
        if self.id is not None:
            conversation = store.conversations.get(self.id)
            total = next(iter(store.ledger.totals(conversation=self.id)), None)
            known.update(title=conversation.title, model=chat_shown.model(conversation.model))
            if total is not None:
                known.update(cost=total.usd, unsure=total.unknown > 0)
        self._change(mock=app.endpoint().mock, **known)

    def _ask(self, question: Said, text: str) -> None:
        """Store the question, then have it answered."""

        def stored(store: Store) -> StoredMessage:
            head = None if self.id is None else store.tree.head(self.id)
            if head != self._head:
                self._read()  # somebody went on with it elsewhere
            id_, draft = (self.id, None) if self.id else (store.conversations.new_id(), self.beginning)
            new = NewMessage({"role": "user", "content": text})
            self._head = store.tree.add(id_, [new], after=head, draft=draft)
            self.id = id_
            with self._lock:
                del self._unsent[question.key]
                self._texts.put(question.key, clean(text))
                said = (replace(one, id=self._head) if one == question else one for one in self._shown.said)
                self._shown = replace(self._shown, said=tuple(said))
            return store.tree.message(id_, self._head)

        self._answered(stored, ())

    def _ask_again(self, question: Said, before: tuple[Said, ...]) -> None:
        """Have a stored question answered anew."""
        id_, asked = self.id, question.id
        assert id_ is not None
        assert asked is not None
        self._answered(lambda store: store.tree.message(id_, asked), before)

    def _answered(self, question: Callable[[Store], StoredMessage], before: tuple[Said, ...]) -> None:
        """Have the question answered; then show how that ended.

        When it fails, or nothing comes, what was said `before` is shown again, if there was an answer: that
        stays in use.
        """
        problem: Exception | None = None
        store: Store | None = None
        turns: AnswerTurns | None = None
        self._awake(True)
        try:
            store = app.store()
            asked = question(store)
            turns = AnswerTurns(store, self.id or "", asked)
            self._converse(store, asked, turns)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the person is told of it
            problem = error
        came = turns is not None and turns.answered is not None
        keeps = bool(before) and not before[-1].mine and (problem is not None or not came)
        try:
            last = self._new_answer(store, turns) if store and turns and not keeps else None
        except Exception as error:  # noqa: BLE001 - the same
            problem, last = problem or error, None
        self._end(before if keeps else None, last, problem)
        if store is not None:
            self._stand(store)

    def _converse(self, store: Store, question: StoredMessage, turns: AnswerTurns) -> None:
        """Ask, and hear the answer to its end. Raises what it raises, and CancelledError when stopped."""
        stored = store.conversations.get(turns.identity or "")
        self._change(title=stored.title, model=chat_shown.model(stored.model))
        chat = Chat(stored.system or None, stored.model, turns=turns, **stored.parameters)
        asked = from_plain(question.plain)
        pieces = cast("AsyncGenerator[str, None]", chat.astream(asked.text, asked.images))
        id_ = stored.id
        try:
            asyncio.run(
                self._answer.follow(pieces, self._tell, lambda text: unfinished.keep(id_, question.id, text))
            )
        finally:
            unfinished.forget(id_)

    def _new_answer(self, store: Store, turns: AnswerTurns) -> Said | None:
        """The answer that is stored, and in use now; None where nothing came, or not a word."""
        if turns.answered is None:
            return None
        id_ = turns.identity or ""
        if store.tree.head(id_) != turns.answered:
            store.tree.use(id_, turns.answered)
        self._head = turns.answered
        message = store.tree.message(id_, turns.answered)
        return self._said(message, self._shown.said[-1].key) if chat_shown.is_said(message) else None

    def _end(self, before: tuple[Said, ...] | None, last: Said | None, problem: Exception | None) -> None:
        """Nothing is under way any more. What came and could not be stored is still shown."""
        text = self._answer.text
        with self._lock:
            *rest, growing = self._shown.said
            if last is None and text:
                last = Said(growing.key, mine=False, length=len(text), partial=True)
                self._unsent[last.key] = text
            said = before or (*rest, *([last] if last else ()))
            told = None if problem is None else chat_shown.trouble(problem)
            self._shown = replace(self._shown, said=said, busy=False, trouble=told)
        self._awake(False)
        self._idle.set()
        self._tell()

    def _change(self, **what: Any) -> None:
        with self._lock:
            self._shown = replace(self._shown, **what)
        self._tell()

    def _tell(self) -> None:
        self._watcher()


def _nobody() -> None:
    pass
