"""Blocking work beside an event loop, in plain threads.

asyncio's own executor refuses work once the main thread has ended, while other threads of a script
may go on asking; plain threads serve them to the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult

Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *arguments: Any, **keywords: Any) -> Result:
    """What `function` returns or raises, run in a thread of its own."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()
    call = partial(contextvars.copy_context().run, function, *arguments, **keywords)

    def work() -> None:
        error: BaseException | None = None
        result: Any = None
        try:
            result = call()
        except StopIteration as stop:
            error = RuntimeError(f"{function!r} raised {stop!r}")
        except BaseException as raised:  # noqa: BLE001 - it is the caller's to judge
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(_settle, future, result, error)

    threading.Thread(target=work, name="livetechno-work", daemon=True).start()
    return await future


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


class Resolver(AbstractResolver):
    """Looks names up with the system's `getaddrinfo`, each in a thread."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises OSError when there are none."""
        found = await in_thread(
            socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is kept open."""
