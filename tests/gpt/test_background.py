from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from livetechno.gpt import background, transport
from livetechno.gpt.errors import CancelledByCaller, ServerFailedError


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    background.stop()


async def double(n: int) -> int:
    await asyncio.sleep(0)
    return 2 * n


async def fail() -> int:
    raise ServerFailedError(status=500)


def numbers(count: int, closed: threading.Event, fault: BaseException | None = None) -> Any:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[int]]:
        async def events() -> AsyncIterator[int]:
            for n in range(count):
                yield n
            if fault is not None:
                raise fault
            if count > 1000:
                await asyncio.sleep(60)

        try:
            yield events()
        finally:
            closed.set()

    return opened


def test_a_coroutine_runs_and_its_result_comes_back() -> None:
    assert background.run(double(4)) == 8


def test_what_it_raises_comes_back_too() -> None:
    with pytest.raises(ServerFailedError):
        background.run(fail())


def test_one_loop_in_one_thread_serves_every_caller() -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert {background.run(where()) for _ in range(3)} == {"livetechno"}
    assert [thread.name for thread in threading.enumerate()].count("livetechno") == 1


def test_a_blocking_call_on_the_loop_itself_is_refused_instead_of_hanging() -> None:
    async def blocking() -> int:
        return background.run(double(1))

    with pytest.raises(RuntimeError, match="wait for ever"):
        background.run(blocking())


def test_it_starts_again_after_a_stop() -> None:
    background.run(double(1))
    background.stop()
    assert not background.is_running()
    assert background.run(double(2)) == 4


def test_a_stop_ends_what_waits() -> None:
    started = threading.Event()

    async def long() -> None:
        started.set()
        await asyncio.sleep(60)

    raised: list[BaseException] = []

    def wait() -> None:
        try:
            background.run(long())
        except CancelledByCaller as error:
            raised.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    background.stop()
    thread.join(2)
    assert len(raised) == 1


def test_a_goodbye_is_said_before_the_loop_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    async def goodbye() -> None:
        said.append(threading.current_thread().name)

    monkeypatch.setattr(background, "_goodbyes", [])
    background.at_stop(goodbye)
    background.run(double(1))
    background.stop()
    assert said == ["livetechno"]


def test_a_goodbye_of_what_began_while_the_loop_parted_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    async def last() -> None:
        said.append("last")

    async def begins() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            background.at_stop(last)

    async def first() -> None:
        late.append(asyncio.create_task(begins()))
        await asyncio.sleep(0)
        said.append("first")

    late: list[asyncio.Task[None]] = []
    monkeypatch.setattr(background, "_goodbyes", [])
    background.at_stop(first)
    background.run(double(1))
    background.stop()
    assert said == ["first", "last"]


def test_a_goodbye_that_fails_keeps_the_others_and_the_pool_from_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []

    async def first() -> None:
        said.append("first")

    async def broken() -> None:
        raise OSError("gone")

    monkeypatch.setattr(background, "_goodbyes", [first, broken])
    session = background.run(transport.pool())
    background.stop()
    assert said == ["first"]
    assert session.closed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_gets_a_loop_of_its_own() -> None:
    background.run(double(1))
    child = os.fork()
    if child == 0:
        os._exit(0 if background.run(double(3)) == 6 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_stream_is_read_by_a_thread_that_may_block() -> None:
    closed = threading.Event()
    assert list(background.iterate(numbers(5, closed))) == [0, 1, 2, 3, 4]
    assert closed.is_set()


def test_leaving_a_stream_closes_it_at_once() -> None:
    closed = threading.Event()
    pieces = background.iterate(numbers(2000, closed))
    assert next(pieces) == 0
    pieces.close()  # type: ignore[attr-defined]
    assert closed.is_set()


def test_a_stream_that_fails_gives_its_pieces_first() -> None:
    heard: list[int] = []
    with pytest.raises(ServerFailedError):
        heard.extend(background.iterate(numbers(3, threading.Event(), ServerFailedError())))
    assert heard == [0, 1, 2]


async def test_a_loop_of_the_callers_can_await_and_stream_it() -> None:
    assert await background.forward(double(5)) == 10
    closed = threading.Event()
    assert [n async for n in background.aiterate(numbers(4, closed))] == [0, 1, 2, 3]
    with pytest.raises(ServerFailedError):
        await background.forward(fail())


async def test_cancelling_what_is_awaited_ends_it_there() -> None:
    started, ended = threading.Event(), threading.Event()

    async def long() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    task = asyncio.create_task(background.forward(long()))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


def test_a_callback_comes_from_a_thread_of_its_own_and_may_call_again() -> None:
    got: list[tuple[str, int]] = []

    def on_result(n: int) -> None:
        got.append((threading.current_thread().name, background.run(double(n))))

    handle = background.call_back(double(1), on_result)
    assert handle.wait(2)
    assert got == [("livetechno-reply", 4)]
    assert handle.done


def test_an_error_goes_to_its_own_callback() -> None:
    got: list[BaseException] = []
    assert background.call_back(fail(), lambda _: None, got.append).wait(2)
    assert isinstance(got[0], ServerFailedError)


def test_an_error_without_a_callback_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    assert background.call_back(fail(), lambda _: None).wait(2)
    deadline = time.monotonic() + 2
    while not seen and time.monotonic() < deadline:
        time.sleep(0.001)
    assert seen == [ServerFailedError]


def test_a_cancelled_call_calls_nobody_back() -> None:
    started = threading.Event()
    called: list[object] = []

    async def long() -> int:
        started.set()
        await asyncio.sleep(60)
        return 1

    handle = background.call_back(long(), called.append, called.append)
    started.wait()
    handle.cancel()
    assert handle.wait(2)
    assert called == []


def test_no_piece_is_lost_when_a_stream_ends_while_its_reader_sleeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "SLICE", 0.0001)
    for _ in range(50):
        assert list(background.iterate(numbers(1, threading.Event()))) == [0]


def test_an_exit_in_a_coroutine_reaches_its_caller_and_nobody_else() -> None:
    async def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        background.run(leave())
    assert background.run(double(2)) == 4


def test_a_callback_that_fails_is_not_followed_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", [].append)
    errors_told: list[BaseException] = []

    def fails(_: int) -> None:
        raise ServerFailedError

    assert background.call_back(double(1), fails, errors_told.append).wait(2)
    assert errors_told == []


def test_a_slow_reader_slows_the_stream_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MOST_WAITING", 10)
    made: list[int] = []

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[int]]:
        async def events() -> AsyncIterator[int]:
            for n in range(1000):
                made.append(n)
                yield n

        yield events()

    pieces = background.iterate(opened)
    assert next(pieces) == 0
    time.sleep(0.02)
    assert len(made) <= 20
    assert list(pieces) == list(range(1, 1000))


async def test_no_piece_is_lost_when_a_stream_ends_before_its_reader_looks() -> None:
    for count in range(1, 60):
        pieces = background.aiterate(numbers(count, threading.Event()))
        heard = []
        async for n in pieces:
            time.sleep(0.0005)  # noqa: ASYNC251 - the reader's loop is busy while the stream ends
            heard.append(n)
        assert heard == list(range(count))
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


def test_a_pool_that_is_opened_while_the_loop_parts_is_closed_with_it() -> None:
    async def opened_late() -> aiohttp.ClientSession:
        return await transport.pool()

    loop = background.loop()
    session = asyncio.run_coroutine_threadsafe(opened_late(), loop).result(5)
    running = background._current
    assert running is not None
    loop.call_soon_threadsafe(loop.stop)
    running.thread.join(5)
    assert session.closed
    loop.close()


def test_a_connection_that_is_being_taken_is_not_left_open_when_the_loop_parts() -> None:
    taken = threading.Event()

    async def _accept_connection2() -> None:
        taken.set()

    async def part() -> None:
        task = asyncio.create_task(_accept_connection2())
        await background._cancel_all()
        assert not task.cancelled()

    background.run(part())
    assert taken.is_set()
