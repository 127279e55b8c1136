"""A model whose every word the test decides, and when it comes."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.gpt.raw_server import Exchange, Server


class Answer:
    """The answer to one question. It has begun, and stays open until `end` or `cut`."""

    def __init__(self, exchange: Exchange, over: asyncio.Event) -> None:
        self._exchange = exchange
        self._over = over

    @property
    def request(self) -> dict[str, Any]:
        """What the model was asked."""
        return self._exchange.body

    async def say(self, *pieces: str) -> None:
        for piece in pieces:
            await self._exchange.text(piece)

    async def end(self) -> None:
        await self._exchange.finish()
        self._over.set()

    def cut(self) -> None:
        """End the connection in the middle of the answer."""
        self._exchange.abort()
        self._over.set()


class Model(Server):
    """A server on this machine; each question waits until the test takes it by `asked`."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = [self._wait]
        self._waiting: asyncio.Queue[Answer] = asyncio.Queue()

    async def asked(self) -> Answer:
        """The answer to the next question, still without a word."""
        return await asyncio.wait_for(self._waiting.get(), 10)

    async def answer(self, *pieces: str) -> Answer:
        """Answer the next question in these pieces, to the end."""
        answer = await self.asked()
        await answer.say(*pieces)
        await answer.end()
        return answer

    async def _wait(self, exchange: Exchange) -> None:
        await exchange.begin_stream()
        over = asyncio.Event()
        self._waiting.put_nowait(Answer(exchange, over))
        await over.wait()
