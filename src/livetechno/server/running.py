"""Answers under way: each goes on whatever its page does, until it is done or somebody stops it.

Every step of an answer has a number: 0 when it begins, one more for each piece of text, and for its end.
What a page has missed is told again from the number that it knows: no character comes twice, none is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

from livetechno.chat import Chat
from livetechno.gpt.errors import GPTError
from livetechno.gpt.messages import Image
from livetechno.gpt.threads import in_thread
from livetechno.kept import AnswerTurns
from livetechno.server import errors, plain
from livetechno.server.errors import ApiError
from livetechno.store import Store
from livetechno.store.errors import StoreError
from livetechno.store.messages import StoredMessage

MOST_AT_ONCE = 8
"""Answers of one owner that may be under way."""
REMEMBERED = 100
"""Answers that have ended and can still be asked for; what is stored stays anyway."""
MOST_WAITING = 20_000
"""Steps that wait for a slow reader, who is then let go and comes back for the rest."""

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
    text: str = ""
    marks: list[int] = field(default_factory=lambda: [0])
    """How long the text was after each step."""
    end: Step | None = None
    message: StoredMessage | None = None
    error: dict[str, Any] | None = None
    task: asyncio.Task[None] | None = None

    @property
    def seq(self) -> int:
        """The number of its newest step."""
        return len(self.marks) - 1 + (self.end is not None)

    def steps(self, after: int = -1) -> Iterator[Step]:
        """The steps after that number."""
        for seq in range(after + 1, len(self.marks)):
            if seq == 0:
                yield self.step(0, "start", model=self.model)
            else:
                yield self.step(seq, "delta", text=self.text[self.marks[seq - 1] : self.marks[seq]])
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

    def begin(
        self,
        store: Store,
        chat: Chat,
        question: StoredMessage,
        conversation: str,
        *,
        language: str | None,
        request_id: str,
    ) -> Answering:
        """Have a stored question answered. Raises ApiError when too many are under way."""
        if len(self.under_way(store.owner)) >= MOST_AT_ONCE:
            raise ApiError("too_many_answers", 429)
        answering = Answering(
            secrets.token_hex(8), store.owner, conversation, question.id, chat.model, language, request_id
        )
        self._known[answering.id] = answering
        answering.task = asyncio.create_task(self._answer(answering, store, chat, question))
        self._forget_old()
        return answering

    def get(self, owner: str, id_: str) -> Answering:
        """An answer of this owner. Raises ApiError for any other."""
        found = self._known.get(id_)
        if found is None or found.owner != owner:
            raise ApiError("not_here", 404)
        return found

    def under_way(self, owner: str) -> list[Answering]:
        """The owner's answers that have not ended."""
        return [one for one in self._known.values() if one.owner == owner and one.state == "running"]

    def of(self, owner: str, conversation: str) -> Answering | None:
        """The newest answer in that conversation, if it is known still and no stored one yet."""
        found = (one for one in reversed(self._known.values()) if one.conversation == conversation)
        return next((one for one in found if one.owner == owner and one.state in ("running", "failed")), None)

    def forget(self, owner: str, conversation: str) -> None:
        """Nobody needs to hear any more how answers in that conversation have failed."""
        for id_, one in list(self._known.items()):
            if (one.owner, one.conversation) == (owner, conversation) and one.state != "running":
                del self._known[id_]

    async def stop(self, answering: Answering) -> None:
        """Stop it, upstream too; what came is kept when this returns."""
        task = answering.task
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def stop_all(self) -> None:
        """The server ends: what has come of each answer is kept, and those who listen are told."""
        for one in list(self._known.values()):
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

    async def follow(self, answering: Answering, after: int) -> AsyncIterator[Step]:
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
        turns = chat.turns
        assert isinstance(turns, AnswerTurns)
        images = plain.images_of(question.plain)
        problem: Exception | None = None
        try:
            pictures = [image(one) for one in images]
            pieces = await in_thread(chat.astream, plain.text_of(question.plain), pictures)
            async with aclosing(pieces) as opened:  # type: ignore[type-var]
                async for piece in opened:
                    if piece:
                        answering.text += piece
                        answering.marks.append(len(answering.text))
                        self._tell(answering, answering.step(len(answering.marks) - 1, "delta", text=piece))
            answering.state = "done"
        except asyncio.CancelledError:
            answering.state = "stopped"
        except (GPTError, StoreError) as error:
            answering.state, problem = "failed", error
        except Exception as error:  # noqa: BLE001 - an answer must end, whatever went wrong
            answering.state, problem = "failed", error
        await self._end(answering, store, turns, problem)

    async def _end(
        self, answering: Answering, store: Store, turns: AnswerTurns, problem: Exception | None
    ) -> None:
        told: dict[str, Any] = {}
        if turns.answered is not None:
            branch = await in_thread(store.tree.message, answering.conversation, turns.answered)
            answering.message = branch
            siblings = await in_thread(store.tree.children, answering.conversation)
            told["message"] = plain.message(branch, siblings)
            about = branch.about or {}
            told |= {name: about.get(name) for name in ("usage", "cost", "finish")}
        if problem is not None:
            answering.error = told["error"] = errors.told(problem, answering.request_id, answering.language)
        kind = {"done": "done", "stopped": "stopped", "failed": "error"}[answering.state]
        answering.end = answering.step(len(answering.marks), kind, **told)
        self._tell(answering, answering.end)

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
        ended = [id_ for id_, one in self._known.items() if one.state != "running"]
        for id_ in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._known[id_]


def image(given: dict[str, Any]) -> Image:
    """A picture as it is asked for. Raises UsageError for an address that is none."""
    return Image(given["url"], given.get("detail") or "auto")
