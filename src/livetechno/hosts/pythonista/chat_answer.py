"""An answer as it comes, heard in one thread and read in another; and texts, of which some are kept."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from contextvars import ContextVar

from livetechno.gpt.messages import text_size
from livetechno.gpt.retry import Attempt
from livetechno.words.cleaning import Cleaner

TICK = 1.0
"""Seconds between two looks at the clock."""
SLEPT = 5.0
"""Seconds that the clock may have gone on since the last look; after more, the phone has slept."""


class Answer:
    """What has come of an answer, cleaned for a screen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._clean = Cleaner()
        self._stopping = False
        self._cancel: Callable[[], object] | None = None
        self._looked = time.time()
        self._slept = False

    @property
    def text(self) -> str:
        """All of it so far."""
        with self._lock:
            self._pieces[:] = ["".join(self._pieces)]
            return self._pieces[0]

    async def follow(
        self,
        pieces: AsyncGenerator[str, None],
        tell: Callable[[], object],
        keep: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Hear the pieces, `tell` of each, and now and then `keep` what has come.

        Raises what they raise, and CancelledError when stopped.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        _heard.set(self)
        with self._lock:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            self._looked = time.time()
            stopping = self._stopping
        if stopping:
            raise asyncio.CancelledError
        watch = loop.create_task(self._watch(keep))
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    with self._lock:
                        self._pieces.append(self._clean(piece))
                    tell()
        finally:
            watch.cancel()

    def stop(self) -> None:
        """End it, upstream too; from any thread. Once: a second time would tear the keeping of what came."""
        with self._lock:
            cancel = None if self._stopping else self._cancel
            self._stopping = True
        if cancel is not None:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                cancel()

    def slept(self) -> bool:
        """Whether the phone has slept since it was asked for: threads stand still then, clocks do not."""
        now = time.time()
        self._slept = self._slept or now - self._looked > SLEPT
        self._looked = now
        return self._slept

    async def _watch(self, keep: Callable[[str], object]) -> None:
        kept = ""
        while True:
            await asyncio.sleep(TICK)
            self.slept()
            if (text := self.text) != kept:
                keep(text)
                kept = text


_heard: ContextVar[Answer | None] = ContextVar("livetechno.phone.heard", default=None)
"""The answer for which a call is made."""


def not_after_sleep(attempt: Attempt) -> None:
    """For `app.on_attempt`: what a sleeping phone cut is not asked again by itself. Raises the failure."""
    answer = _heard.get()
    if answer is not None and attempt.wait is not None and answer.slept():
        raise attempt.error


class Texts:
    """Texts by their keys, those looked at last, of at most so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._texts: OrderedDict[int, str] = OrderedDict()
        self.held = 0
        """Bytes of all of them."""

    def get(self, key: int) -> str | None:
        """The text, where it is kept still."""
        if key in self._texts:
            self._texts.move_to_end(key)
        return self._texts.get(key)

    def put(self, key: int, text: str) -> None:
        """Keep a text, and let go of others for it."""
        if key in self._texts:
            self.held -= text_size(self._texts.pop(key))
        self._texts[key] = text
        self.held += text_size(text)
        while self.held > self._most and self._texts:
            self.held -= text_size(self._texts.popitem(last=False)[1])
