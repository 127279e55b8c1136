"""Answers under way: each goes on whatever its page does, until it is done or somebody stops it.

Every step of an answer has a number: 0 when it begins, one more for each piece of text, and for its end.
What a page has missed is told again from the number that it knows: no character comes twice, none is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from livetechno.chat import Chat
from livetechno.gpt.errors import GPTError
from livetechno.gpt.messages import Image
from livetechno.gpt.threads import in_thread
from livetechno.gpt.turns import Turns
from livetechno.kept import AnswerTurns
from livetechno.server import errors, plain
from livetechno.server.errors import ApiError
from livetechno.store import Store
from livetechno.store.errors import StoreError
from livetechno.store.messages import StoredMessage

MOST_AT_ONCE = 8
"""Answers of one owner that may be under way."""
REMEMBERED = 100
"""Most answers that have ended and can still be asked for; what is stored stays anyway."""
REMEMBERED_PIECES = 200_000
"""Most pieces of text that those hold together: about 20 MB."""
MOST_WAITING = 20_000
"""Steps that wait for a slow reader, who is then let go and comes back for the rest."""

_log = logging.getLogger("livetechno.server")

State = Literal["running", "done", "stopped", "failed"]
Step = dict[str, Any]


@dataclass(slots=True)
class Answering:
    """One answer: what came so far, and how it ended."""

    id: str
    owner: str
    conversation: str
    question: int
    model: str
    language: str | None
    request_id: str
    state: State = "running"
    pieces: list[str] = field(default_factory=list)
    """What has come, step by step."""
    end: Step | None = None
    message: StoredMessage | None = None
    error: dict[str, Any] | None = None
    task: asyncio.Task[None] | None = None
    stopping: bool = False

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self.pieces)

    @property
    def seq(self) -> int:
        """The number of its newest step."""
        return len(self.pieces) + (self.end is not None)

    def steps(self, after: int = -1) -> Iterator[Step]:
        """The steps after that number."""
        if after < 0:
            yield self.step(0, "start", model=self.model)
        for seq in range(max(after, 0) + 1, len(self.pieces) + 1):
            yield self.step(seq, "delta", text=self.pieces[seq - 1])
        if self.end is not None and self.end["seq"] > after:
            yield self.end

    def step(self, seq: int, kind: str, **more: Any) -> Step:
        """A step as it is told."""
        return {"id": self.id, "conversation": self.conversation, "seq": seq, "type": kind, **more}

    def told(self) -> dict[str, Any]:
        """The whole answer as it is told."""
        return {
            "id": self.id,
            "conversation": self.conversation,
            "question": str(self.question),
            "state": self.state,
            "text": self.text,
            "seq": self.seq,
            "message": None if self.message is None else str(self.message.id),
            "error": self.error,
            "model": self.model,
        }


class Running:
    """The answers of one server."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Answering] = OrderedDict()
        self._listeners: dict[asyncio.Queue[Step | None], str] = {}
        self._beginning: dict[tuple[str, str], asyncio.Future[Answering]] = {}

    async def once(
        self, owner: str, id_: str | None, begin: Callable[[], Coroutine[Any, Any, Answering]]
    ) -> Answering:
        """The owner's answer of that id, which begins now unless it did already; whoever leaves meanwhile."""
        if id_ is None:
            return await asyncio.shield(asyncio.ensure_future(begin()))
        key = owner, id_
        if key not in self._beginning:
            if id_ in self._known:
                return self.get(owner, id_)
            self._beginning[key] = asyncio.ensure_future(begin())
            self._beginning[key].add_done_callback(lambda _: self._beginning.pop(key))
        return await asyncio.shield(self._beginning[key])

    def begin(
        self,
        store: Store,
        chat: Chat,
        question: StoredMessage,
        conversation: str,
        *,
        id_: str | None = None,
        language: str | None,
        request_id: str,
    ) -> Answering:
        """Have a stored question answered. Raises ApiError when too many are under way."""
        self.check_room(store.owner)
        answering = Answering(
            id_ or secrets.token_hex(8),
            store.owner,
            conversation,
            question.id,
            chat.model,
            language,
            request_id,
        )
        self._known[answering.id] = answering
        answering.task = asyncio.create_task(self._answer(answering, store, chat, question))
        self._forget_old()
        return answering

    def check_room(self, owner: str) -> None:
        """Raises ApiError when as many of the owner's answers are under way as may be."""
        if len(self.under_way(owner)) >= MOST_AT_ONCE:
            raise ApiError("too_many_answers", 429)

    def get(self, owner: str, id_: str) -> Answering:
        """An answer of this owner. Raises ApiError for any other."""
        found = self._known.get(id_)
        if found is None or found.owner != owner:
            raise ApiError("not_here", 404)
        return found

    def under_way(self, owner: str) -> list[Answering]:
        """The owner's answers that have not ended."""
        return [one for one in self._known.values() if one.owner == owner and one.state == "running"]

    @property
    def is_busy(self) -> bool:
        """Whether anybody's answer is under way."""
        return any(one.state == "running" for one in self._known.values())

    def of(self, owner: str, conversation: str) -> Answering | None:
        """The newest answer in that conversation, if it is known still and no stored one yet."""
        found = (one for one in reversed(self._known.values()) if one.conversation == conversation)
        return next((one for one in found if one.owner == owner and one.state in ("running", "failed")), None)

    def forget(self, owner: str, conversation: str) -> None:
        """Nobody needs to hear any more how answers in that conversation have failed."""
        for id_, one in list(self._known.items()):
            if (one.owner, one.conversation) == (owner, conversation) and one.end is not None:
                del self._known[id_]

    async def stop(self, answering: Answering) -> None:
        """Stop it, upstream too; what came is kept when this returns."""
        task = answering.task
        assert task is not None
        if answering.state == "running" and not answering.stopping:
            answering.stopping = True  # a second cancel would tear the keeping of what came
            task.cancel()
        await asyncio.wait([task])

    async def keep(self) -> None:
        """Stop the answers of which something has come, so that it is kept: the process may end suddenly."""
        for one in list(self._known.values()):
            if one.end is None and one.pieces:
                await self.stop(one)

    async def stop_all(self) -> None:
        """The server ends: what has come of each answer is kept, and those who listen are told."""
        for one in list(self._known.values()):
            if one.end is None:
                await self.stop(one)
        for queue in self._listeners:
            queue.put_nowait(None)

    @contextlib.contextmanager
    def listening(self, owner: str) -> Iterator[asyncio.Queue[Step | None]]:
        """Every step of the owner's answers from now on; None when there will be no more."""
        queue: asyncio.Queue[Step | None] = asyncio.Queue()
        self._listeners[queue] = owner
        try:
            yield queue
        finally:
            self._listeners.pop(queue, None)

    async def follow(self, answering: Answering, after: int) -> AsyncGenerator[Step, None]:
        """The steps after that number, up to the end of the answer."""
        with self.listening(answering.owner) as queue:
            known = answering.seq
            for step in list(answering.steps(after)):
                yield step
            while answering.end is None or known < answering.end["seq"]:
                step_or_end = await queue.get()
                if step_or_end is None:
                    return
                if step_or_end["id"] == answering.id and step_or_end["seq"] > known:
                    known = step_or_end["seq"]
                    if known > after:
                        yield step_or_end

    async def _answer(self, answering: Answering, store: Store, chat: Chat, question: StoredMessage) -> None:
        self._tell(answering, answering.step(0, "start", model=answering.model))
        told: dict[str, Any] = {}
        try:
            try:
                await self._write(answering, chat, question)
            finally:
                looking = asyncio.ensure_future(in_thread(_kept, answering, store, chat.turns))
                try:
                    told = await asyncio.shield(looking)
                except asyncio.CancelledError:  # it is stored, and the end tells of it all the same
                    told = await looking
                    raise
            answering.state = "done"
        except asyncio.CancelledError:
            whole = answering.message is not None and not answering.message.partial
            answering.state = "done" if whole else "stopped"
        except Exception as error:  # noqa: BLE001 - an answer must end, whatever went wrong
            if not isinstance(error, GPTError | StoreError):
                _log.exception("answer %s failed", answering.request_id)
            answering.state = "failed"
            answering.error = errors.told(error, answering.request_id, answering.language)
            told["error"] = answering.error
        kind = {"done": "done", "stopped": "stopped", "failed": "error"}[answering.state]
        answering.end = answering.step(len(answering.pieces) + 1, kind, **told)
        self._tell(answering, answering.end)

    async def _write(self, answering: Answering, chat: Chat, question: StoredMessage) -> None:
        pictures = [image(one) for one in plain.images_of(question.plain)]
        pieces = await in_thread(chat.astream, plain.text_of(question.plain), pictures)
        async for piece in pieces:
            if piece:
                answering.pieces.append(piece)
                self._tell(answering, answering.step(len(answering.pieces), "delta", text=piece))

    def _tell(self, answering: Answering, step: Step) -> None:
        for queue, owner in list(self._listeners.items()):
            if owner != answering.owner:
                continue
            if queue.qsize() >= MOST_WAITING:
                self._listeners.pop(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(step)

    def _forget_old(self) -> None:
        ended = [(id_, len(one.pieces)) for id_, one in self._known.items() if one.end is not None]
        held = sum(size for _, size in ended)
        for number, (id_, size) in enumerate(ended):
            if len(ended) - number <= REMEMBERED and held <= REMEMBERED_PIECES:
                return
            del self._known[id_]
            held -= size


def _kept(answering: Answering, store: Store, turns: Turns) -> dict[str, Any]:
    """What is told at the end of the answer that is stored; its message is None where nothing came."""
    assert isinstance(turns, AnswerTurns)
    if turns.answered is None:
        return {"message": None}
    answering.message = stored = store.tree.message(answering.conversation, turns.answered)
    about = stored.about or {}
    told = {name: about.get(name) for name in ("usage", "cost", "finish")}
    return {"message": plain.message(stored, store.tree.children(answering.conversation)), **told}


def image(given: dict[str, Any]) -> Image:
    """A picture as it is asked for. Raises UsageError for an address that is none."""
    return Image(given["url"], given.get("detail") or "auto")
