"""A model whose every word the test decides, for tests that block: the loop it runs on is in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from tests.browser.model import Answer, Model
from tests.gpt.raw_server import KEY

Result = TypeVar("Result")
SECONDS = 5.0
"""Longest that anything is waited for."""


class Upstream:
    """`tests.browser.model.Model`, for a caller that is no coroutine."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.model = self._run(_started())

    @property
    def questions(self) -> int:
        """How many requests have come."""
        return len(self.model.exchanges)

    def asked(self) -> Begun:
        """The answer to the next question, still without a word."""
        return Begun(self, self._run(self.model.asked(SECONDS)))

    def answer(self, *pieces: str) -> None:
        """Answer the next question in these pieces, to the end."""
        self._run(self.model.answer(*pieces))

    def refuse(self, status: int, code: str) -> None:
        """Refuse every question from now on."""
        self.model.refuse(status, code)

    def accept(self) -> None:
        """Answer again."""
        self.model._refusal = None

    def stop(self) -> None:
        self._run(self.model.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(SECONDS)


class Begun:
    """An answer that has begun."""

    def __init__(self, upstream: Upstream, answer: Answer) -> None:
        self._upstream = upstream
        self._answer = answer

    @property
    def asked(self) -> str:
        """The last thing that the model was told."""
        return str(self._answer.asked["messages"][-1]["content"])

    def say(self, *pieces: str) -> None:
        self._upstream._run(self._answer.say(*pieces))

    def end(self) -> None:
        self._upstream._run(self._answer.end())

    def cut(self) -> None:
        """The connection breaks, as all do when the phone suspends the app."""
        self._upstream._loop.call_soon_threadsafe(self._answer._exchange.abort)
        self.let_go()

    def let_go(self) -> None:
        """Nobody listens any more."""
        self._upstream._loop.call_soon_threadsafe(self._answer._over.set)


async def _started() -> Model:
    model = Model()
    await model.start()
    return model


@contextmanager
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """One that livetechno asks."""
    one = Upstream()
    monkeypatch.setenv("OPENAI_BASE_URL", one.model.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    try:
        yield one
    finally:
        one.stop()
