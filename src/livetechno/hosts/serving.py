"""A server of this process for a view of its own, on an event loop of its own, while other threads go on.

The server's handlers may then wait for what runs on the background loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from livetechno.server import runner
from livetechno.server.sharing import Share

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Page:
    """What a view shows: our own page, or `path` in a maker's folder."""

    folder: Path | None = None
    path: str = ""


def page_of(given: Path | None) -> Page:
    """What is meant by a page's file or a folder. Raises FileNotFoundError."""
    if given is None:
        return Page()
    if given.is_dir():
        return Page(given)
    if given.is_file():
        return Page(given.parent, given.name)
    raise FileNotFoundError(str(given))


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs until `stop`. Its methods wait, and may be called in any thread but the server's."""

    address: str
    _server: runner.Server
    _loop: asyncio.AbstractEventLoop
    _end: Callable[[], object]
    _thread: threading.Thread

    def answers(self) -> bool:
        """Whether somebody who connects now is answered."""
        return self._thread.is_alive() and self._do(self._server.answers())

    def is_busy(self) -> bool:
        """Whether an answer in a stored conversation is under way."""
        return self._thread.is_alive() and self._do(self._server.is_busy())

    def keep(self) -> None:
        """Stop the answers of which something has come; that is on disk when this returns."""
        if self._thread.is_alive():
            self._do(self._server.keep())

    def reopen(self) -> None:
        """Listen anew at the same port. Raises OSError where another program has it, or ours ended."""
        self._do(self._server.reopen())

    def stop(self) -> None:
        """End it; answers that are being written are kept as far as they came."""
        if self._thread.is_alive():
            self._end()
            self._thread.join()

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        if not self._thread.is_alive():
            work.close()
            raise OSError("the server has ended")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def start(port: int, *, folder: Path | None = None, secret: str, share: Share | None = None) -> Serving:
    """Serve our page, or a maker's `folder`, at this port or the next that is free. Raises NoPortError."""
    started: Future[tuple[str, runner.Server, asyncio.AbstractEventLoop, Callable[[], object]]] = Future()

    async def serve() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.set_exception_handler(_tell)
        try:
            found = await runner.find_port("127.0.0.1", port, reuse=False)
            server = runner.Server(port=found.port, folder=folder, secret=secret, share=share)
            address = await server.start()
        except BaseException as error:  # noqa: BLE001 - it is raised below
            started.set_exception(error)
            return
        started.set_result((address, server, loop, partial(loop.call_soon_threadsafe, over.set)))
        try:
            await over.wait()
        finally:
            await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="livetechno-server", daemon=True)
    thread.start()
    return Serving(*started.result(), thread)


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Of a listener that has died the loop would tell without end, until it is opened again."""
    if not (isinstance(context.get("exception"), OSError) and "_accept_connection" in context["message"]):
        loop.default_exception_handler(context)
