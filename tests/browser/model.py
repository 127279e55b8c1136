"""A model whose every word the test decides, and when it comes."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.gpt.raw_server import Exchange, Server


class Answer:
    """The answer to one question. It has begun, and stays open until `end`."""

    def __init__(self, exchange: Exchange, over: asyncio.Event) -> None:
        self._exchange = exchange
        self._over = over

    @property
    def asked(self) -> dict[str, Any]:
        """What the model was sent."""
        return self._exchange.body

    async def say(self, *pieces: str) -> None:
        for piece in pieces:
            await self._exchange.text(piece)

    async def end(self) -> None:
        await self._exchange.finish()
        self._over.set()


class Model(Server):
    """A server on this machine; each question waits until the test takes it by `asked`."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = [self._begin]
        self._waiting: asyncio.Queue[Answer] = asyncio.Queue()
        self._refusal: tuple[int, str] | None = None

    async def asked(self, seconds: float = 10) -> Answer:
        """The answer to the next question, still without a word."""
        return await asyncio.wait_for(self._waiting.get(), seconds)

    async def answer(self, *pieces: str) -> Answer:
        """Answer the next question in these pieces, to the end."""
        answer = await self.asked()
        await answer.say(*pieces)
        await answer.end()
        return answer

    def refuse(self, status: int, code: str) -> None:
        """Refuse every question from now on."""
        self._refusal = status, code

    async def _begin(self, exchange: Exchange) -> None:
        if self._refusal is not None:
            status, code = self._refusal
            await exchange.json({"error": {"message": "No.", "type": "invalid", "code": code}}, status)
            return
        await exchange.begin_stream()
        over = asyncio.Event()
        self._waiting.put_nowait(Answer(exchange, over))
        await over.wait()
