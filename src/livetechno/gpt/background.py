"""One event loop in a thread of its own: the blocking face of the async client, and callbacks.

The loop starts at the first use, serves the whole process, and closes its connections at exit.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from livetechno.gpt.errors import CancelledByCaller, GPTError
from livetechno.gpt.threads import in_thread

Result = TypeVar("Result")
Piece = TypeVar("Piece")

SLICE = 0.2
"""Seconds of one wait: on Windows a longer one would not hear Ctrl-C."""
MOST_WAITING = 4096
"""Pieces that may wait for a slow reader; then the stream waits too."""
PARTING = 5.0
"""Most seconds that stopping waits for connections to close."""


@dataclass
class _Loop:
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    process: int


_lock = threading.Lock()
_current: _Loop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """The background loop, started at the first call (and again in a forked child)."""
    global _current
    with _lock:
        if not is_running():
            fresh = _new_loop()
            thread = threading.Thread(target=_serve, args=(fresh,), name="livetechno", daemon=True)
            thread.start()
            _current = _Loop(fresh, thread, os.getpid())
        assert _current is not None
        return _current.loop


def _new_loop() -> asyncio.AbstractEventLoop:
    """A loop of `uvloop` where the extra `speed` is installed, else the standard one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def is_running() -> bool:
    """Whether the loop has been started, and serves still."""
    return _current is not None and _current.process == os.getpid() and _current.thread.is_alive()


def _serve(fresh: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(fresh)
    fresh.run_forever()
    with contextlib.suppress(Exception):
        fresh.run_until_complete(_end_what_came_late())


def stop() -> None:
    """Close the connections and end the thread; a later call starts anew."""
    global _current
    with _lock:
        running, _current = _current, None
    if running is None or running.process != os.getpid() or not running.thread.is_alive():
        return
    with contextlib.suppress(Exception):
        asyncio.run_coroutine_threadsafe(_part(), running.loop).result(PARTING)
    running.loop.call_soon_threadsafe(running.loop.stop)
    running.thread.join(PARTING)
    if not running.thread.is_alive():
        running.loop.close()


async def _part() -> None:
    await _cancel_all()
    while _goodbyes:
        with contextlib.suppress(Exception):  # one that fails keeps nobody else open
            await _goodbyes.pop()()
    await _close_pool()


async def _end_what_came_late() -> None:
    """End what was begun while we parted, as `asyncio.run` does: a pool closes with its generator."""
    try:
        await _part()
    finally:
        await asyncio.get_running_loop().shutdown_asyncgens()


async def _cancel_all() -> None:
    """Cancel every other task and await its end.

    But for those in which asyncio takes a connection: they end by themselves, and cancelled before their
    first step they would leave the connection open.
    """
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        if getattr(task.get_coro(), "__name__", "") != "_accept_connection2":
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


_goodbyes: list[Callable[[], Awaitable[None]]] = []


def at_stop(goodbye: Callable[[], Awaitable[None]]) -> None:
    """Await `goodbye()` on this loop before it ends: for what lives on it, such as a server.

    Called on the loop itself, as soon as there is something to end: from elsewhere it may come too late.
    """
    _goodbyes.append(goodbye)


async def _close_pool() -> None:
    from livetechno.gpt import transport

    await transport.close_pool()


atexit.register(stop)


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run it on the background loop and wait for its result. Ctrl-C cancels it and waits for its end.

    Raises RuntimeError when called on the background loop itself, which would wait for ever.
    """
    job = _Job(coroutine)
    try:
        return job.wait()
    except BaseException:
        job.cancel_and_wait()
        raise


async def forward(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Await it on the background loop from a loop of the caller's. Cancelling cancels it there."""
    job = _Job(coroutine)
    try:
        return await asyncio.wrap_future(job.outcome)
    except asyncio.CancelledError:
        job.cancel()
        await in_thread(job.ended.wait, PARTING)
        raise


class _Job(Generic[Result]):
    """A coroutine on the background loop; `ended` is set when it has really finished."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, Result], at_end: Callable[[], object] | None = None
    ) -> None:
        self._home = loop()
        if _on_the_loop():
            coroutine.close()
            raise RuntimeError("a blocking call on livetechno's own loop would wait for ever")
        self.ended = threading.Event()
        self.outcome: Future[Result] = Future()
        # from here on cancelling goes through `cancel()`, which waits for the coroutine's own end
        self.outcome.set_running_or_notify_cancel()
        self._coroutine = coroutine
        self._at_end = at_end
        self._exit: BaseException | None = None
        self._task: asyncio.Task[Result | None] | None = None
        self._home.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        self._task = self._home.create_task(self._kept_from_the_loop())
        self._task.add_done_callback(self._finish)

    async def _kept_from_the_loop(self) -> Result | None:
        try:
            return await self._coroutine
        except (SystemExit, KeyboardInterrupt) as error:
            # out of a task these two would end the loop, and with it everybody's calls
            self._exit = error
            return None

    def _finish(self, task: asyncio.Task[Any]) -> None:
        self._coroutine.close()
        if task.cancelled():
            self.outcome.set_exception(CancelledByCaller(code="cancelled"))
        elif (error := self._exit or task.exception()) is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(task.result())
        self.ended.set()
        if self._at_end is not None:
            self._at_end()

    def wait(self) -> Result:
        while not self.ended.wait(SLICE):
            if self._home.is_closed():
                raise CancelledByCaller(code="stopped")
        return self.outcome.result()

    def cancel(self) -> None:
        if not self.ended.is_set():
            with contextlib.suppress(RuntimeError):  # the loop has ended, and every task with it
                self._home.call_soon_threadsafe(lambda: self._task and self._task.cancel())

    def cancel_and_wait(self) -> None:
        self.cancel()
        # a forgotten stream may be collected on the loop itself, which must not wait for itself
        if not _on_the_loop():
            self.ended.wait(PARTING)


def _on_the_loop() -> bool:
    return _current is not None and threading.current_thread() is _current.thread


def iterate(open_events: Callable[[], AbstractAsyncContextManager[AsyncIterator[Piece]]]) -> Iterator[Piece]:
    """The pieces of an async stream, for a thread that may block.

    Closing the iterator (or an exception in the loop's body) closes the stream, and waits for it.
    """
    pieces: queue.SimpleQueue[Piece | _End] = queue.SimpleQueue()
    job = _Job(_pump(open_events, pieces.put, pieces.qsize), at_end=lambda: pieces.put(_END))
    try:
        while not isinstance(piece := _get(pieces), _End):
            yield piece
        job.wait()
    finally:
        job.cancel_and_wait()


def _get(pieces: queue.SimpleQueue[Piece]) -> Piece:
    while True:
        with contextlib.suppress(queue.Empty):
            return pieces.get(timeout=SLICE)


class aiterate(AsyncIterator[Piece]):  # noqa: N801 - used like the function `iterate`
    """The pieces of an async stream that lives on the background loop, on a loop of the caller's.

    No async generator: a loop that ends closes all of those at once, in any order.
    """

    def __init__(self, open_events: Callable[[], AbstractAsyncContextManager[AsyncIterator[Piece]]]) -> None:
        self._here = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[Piece | _End] = asyncio.Queue()
        self._over = False
        pump = _pump(open_events, self._put, self._pieces.qsize)
        self._job = _Job(pump, at_end=lambda: self._put(_END))

    def _put(self, piece: Piece | _End) -> None:
        with contextlib.suppress(RuntimeError):  # the caller's loop may end before us
            self._here.call_soon_threadsafe(self._pieces.put_nowait, piece)

    async def __anext__(self) -> Piece:
        """The next piece. Raises what the stream raised, after its last piece."""
        if self._over:
            raise StopAsyncIteration
        piece = await self._pieces.get()
        if isinstance(piece, _End):
            self._over = True
            self._job.wait()
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Close the stream, upstream too, and wait for it."""
        if not self._job.ended.is_set():
            self._job.cancel()
            await in_thread(self._job.ended.wait, PARTING)


async def _pump(
    open_events: Callable[[], AbstractAsyncContextManager[AsyncIterator[Piece]]],
    put: Callable[[Piece], object],
    waiting: Callable[[], int],
) -> None:
    async with open_events() as events:
        async for piece in events:
            put(piece)
            while waiting() > MOST_WAITING:  # noqa: ASYNC110 - the reader is a thread, or another loop
                await asyncio.sleep(0.002)


class _End:
    pass


_END = _End()


class Handle:
    """A call that goes on in the background. `cancel()` stops it, upstream too."""

    def __init__(self, job: _Job[Any]) -> None:
        self._job = job
        self._claim = threading.Lock()
        self._cancelled = False
        self._done = threading.Event()

    def cancel(self) -> None:
        """Stop it. A callback that has not begun is never called any more."""
        with self._claim:
            self._cancelled = True
        self._job.cancel()

    @property
    def done(self) -> bool:
        """Whether it has ended, in whichever way, its callback included."""
        return self._done.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; False when that took longer than `seconds`."""
        return self._done.wait(seconds)

    def _follow(
        self, on_result: Callable[[Any], object], on_error: Callable[[GPTError], object] | None
    ) -> None:
        try:
            call = self._outcome(on_result, on_error)
            with self._claim:
                cancelled = self._cancelled
            if not cancelled:
                call()
        finally:
            self._done.set()

    def _outcome(
        self, on_result: Callable[[Any], object], on_error: Callable[[GPTError], object] | None
    ) -> Callable[[], object]:
        try:
            result = self._job.wait()
        except GPTError as error:
            return partial(on_error or _raise, error)
        except BaseException as error:  # noqa: BLE001 - for the thread's excepthook
            return partial(_raise, error)
        return partial(on_result, result)


def _raise(error: BaseException) -> None:
    raise error


def call_back(
    coroutine: Coroutine[Any, Any, Result],
    on_result: Callable[[Result], object],
    on_error: Callable[[GPTError], object] | None = None,
) -> Handle:
    """Run it in the background; then call `on_result`, or `on_error`, from a thread of its own.

    The callback may block, or call us again. Without `on_error` the error goes to
    `threading.excepthook`, as of any thread. A script that ends waits for its callbacks.
    """
    handle = Handle(_Job(coroutine))
    threading.Thread(target=handle._follow, args=(on_result, on_error), name="livetechno-reply").start()
    return handle
