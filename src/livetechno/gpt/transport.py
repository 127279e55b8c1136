"""The way to the server: one pool of connections per event loop, and reads that cannot hang.

Nothing is opened at import. Redirects are not followed, cookies are not kept, and a proxy is
used only where the environment names one for the address.
"""

from __future__ import annotations

import asyncio
import io
import math
import sys
import urllib.request
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from urllib.parse import urlsplit

import aiohttp

import livetechno
from livetechno import words
from livetechno.gpt import addresses, errors, tls
from livetechno.gpt.errors import GPTError
from livetechno.gpt.threads import Resolver

if sys.version_info >= (3, 11):
    from asyncio import timeout_at as timeout_at
else:
    from async_timeout import timeout_at as timeout_at


LARGE_BODY = 512 * 1024
"""Bytes from which a body is sent piece by piece, so that the loop serves others in between."""
KEPT_ALIVE = 30.0
"""Seconds that an unused connection stays open."""
MOST_RETIRED = 3
"""Pools that are not used any more, but may have answers under way."""
LATE, GRACE = 0.05, 1.0
"""Seconds: a timer that comes so late finds a loop that slept, and lets what waited meanwhile come first."""

Keeper = AsyncGenerator[aiohttp.ClientSession, None]
_pools: dict[asyncio.AbstractEventLoop, tuple[aiohttp.ClientSession, Keeper]] = {}
_retired: dict[asyncio.AbstractEventLoop, list[Keeper]] = {}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Four limits in seconds, each with an error of its own. `math.inf` means never.

    `connect`: name look-up, connection and TLS. `first_byte`: from there to the answer's first
    byte; a whole answer is only sent when it is finished, so this one is long. `idle`: silence
    inside an answer; a reasoning model may think that long. `total`: the call, retries included.
    """

    connect: float = 10.0
    first_byte: float = 300.0
    idle: float = 180.0
    total: float = 900.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise errors.ParameterError(
                    parameter=f"timeouts.{field.name}", allowed=words.say("reasons.seconds")
                )


async def pool() -> aiohttp.ClientSession:
    """The running loop's pool of connections, opened at the first call, closed with the loop."""
    loop = asyncio.get_running_loop()
    session, _ = _pools.get(loop, (None, None))
    if session is None or session.closed:
        for ended in [one for one in {*_pools, *_retired} if one.is_closed()]:
            _pools.pop(ended, None)
            _retired.pop(ended, None)
        # `asyncio.run` ends by closing every async generator: that is how the pool learns of its end
        keeper = _open_until_closed()
        session = await anext(keeper)
        _pools[loop] = session, keeper
    return session


async def _open_until_closed() -> Keeper:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_ALIVE, resolver=Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"livetechno/{livetechno.__version__}", "Accept-Encoding": "identity"},
        raise_for_status=False,
    )
    try:
        yield session
    finally:
        loop = asyncio.get_running_loop()
        if _pools.get(loop, (None,))[0] is session:
            del _pools[loop]
        await session.close()


async def close_pool() -> None:
    """Close the running loop's pool; the next call opens a new one."""
    loop = asyncio.get_running_loop()
    _retire(loop)
    for keeper in _retired.pop(loop, ()):
        await keeper.aclose()


def renew_pools() -> None:
    """Have every loop's next call open a connection of its own; from any thread.

    Those that are open may have died without a word while the process slept. Answers under way go on.
    """

    async def renew(loop: asyncio.AbstractEventLoop) -> None:
        kept = _retire(loop)
        while len(kept) > MOST_RETIRED:
            await kept.pop(0).aclose()

    for loop in list(_pools):
        if loop.is_running():
            asyncio.run_coroutine_threadsafe(renew(loop), loop)


def _retire(loop: asyncio.AbstractEventLoop) -> list[Keeper]:
    """Use the loop's pool no more. All those of this loop that are still open."""
    kept = _retired.setdefault(loop, [])
    if loop in _pools:
        kept.append(_pools.pop(loop)[1])
    return kept


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for `url` (`HTTPS_PROXY`, `NO_PROXY`); none to this machine."""
    parts = urlsplit(url)
    if addresses.is_loopback(url) or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)


async def send(
    method: str,
    url: str,
    *,
    data: bytes | None,
    headers: Mapping[str, str],
    timeouts: Timeouts,
    ends: float,
) -> aiohttp.ClientResponse:
    """Send a request; the answer's head is there when this returns, its body is still to come.

    `ends` is the loop's time at which the whole call is over. Raises NetworkError kinds.
    """
    loop = asyncio.get_running_loop()
    first_byte = loop.time() + timeouts.connect + timeouts.first_byte
    try:
        async with _Patient(min(first_byte, ends)):
            session = await pool()
            return await session.request(
                method,
                url,
                data=io.BytesIO(data) if data and len(data) > LARGE_BODY else data,
                headers=headers,
                allow_redirects=False,
                proxy=proxy_for(url),
                ssl=tls.context(),
                timeout=_connecting(timeouts.connect),
            )
    except asyncio.TimeoutError as problem:
        if isinstance(problem, aiohttp.ClientError):
            failure = translate(problem, url, timeouts)
        elif loop.time() >= ends:
            failure = errors.TotalTimeoutError(code="total_timeout", seconds=timeouts.total)
        else:
            failure = errors.FirstByteTimeoutError(code="first_byte_timeout", seconds=timeouts.first_byte)
    except (aiohttp.ClientError, OSError) as problem:
        failure = translate(problem, url, timeouts)
    # raised out here so that the cause, whose frames hold the headers, is not chained to it
    raise failure


def let_go(response: aiohttp.ClientResponse) -> None:
    """Give the connection back when the answer was read to its end, else close it."""
    if response.content.at_eof():
        response.release()
    else:
        response.close()


class _Patient:
    """`timeout_at`, which gives what waits for a loop that slept a moment to come. Raises TimeoutError."""

    __slots__ = ("_before", "_due", "_ends", "_handle", "_loop", "_over", "_slept", "_task")

    def __init__(self, ends: float) -> None:
        self._ends = ends
        self._handle: asyncio.TimerHandle | None = None
        self._slept = self._over = False

    async def __aenter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        assert self._task is not None
        if sys.version_info >= (3, 11):
            self._before = self._task.cancelling()
        self._due = max(self._ends, self._loop.time())
        if not math.isinf(self._due):
            self._handle = self._loop.call_at(self._due, self._check)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._task is not None
        if self._handle is not None:
            self._handle.cancel()
        if not self._over:
            return
        if sys.version_info >= (3, 11) and self._task.uncancel() > self._before:
            return  # somebody else has cancelled it, too
        if kind is asyncio.CancelledError:
            raise asyncio.TimeoutError

    def _check(self) -> None:
        now = self._loop.time()
        if not self._slept and now - self._due > LATE:
            self._slept = True
            self._handle = self._loop.call_at(now + GRACE, self._check)
        else:
            self._over = True
            assert self._task is not None
            self._task.cancel()


@lru_cache(maxsize=16)
def _connecting(seconds: float) -> aiohttp.ClientTimeout:
    """Of aiohttp's own timeouts, those of the connection; the others are ours."""
    connect = _or_none(seconds)
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect)


def _or_none(seconds: float) -> float | None:
    return None if math.isinf(seconds) else seconds


def translate(problem: BaseException, url: str, timeouts: Timeouts) -> GPTError:
    """Our error for what aiohttp raised while asking `url`. The key is in neither."""
    host = urlsplit(url).netloc
    match problem:
        case GPTError():
            return problem
        case aiohttp.ConnectionTimeoutError():
            return errors.ConnectTimeoutError(code="connect_timeout", seconds=timeouts.connect)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            reason = getattr(problem, "certificate_error", None) or getattr(problem, "os_error", problem)
            return errors.CertificateError(str(reason), code="certificate", host=host)
        case aiohttp.ClientConnectorError():
            return errors.ConnectionFailedError(str(problem.os_error), code="connection_failed", host=host)
        case aiohttp.ClientHttpProxyError():
            reason = f"proxy: {problem.status} {problem.message}"
            return errors.ConnectionFailedError(reason, code="proxy", host=host, status=problem.status)
        case aiohttp.ClientPayloadError():
            return errors.StreamCutError(code="cut")
        case aiohttp.ClientResponseError():
            return errors.ReplyInvalidError(problem.message, code="malformed_http")
        case _:
            return errors.ConnectionFailedError(
                str(problem) or type(problem).__name__, code="connection_lost", host=host
            )


class Watch:
    """Reads an answer's bytes; a read that waits too long fails with the right timeout.

    One timer for the whole answer instead of one per read: reads are the hot path.
    """

    __slots__ = ("_content", "_ends", "_fail", "_handle", "_idle", "_late", "_loop", "_since", "_waiting")

    def __init__(self, content: aiohttp.StreamReader, timeouts: Timeouts, ends: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content = content
        self._idle = timeouts.idle
        self._ends = ends
        self._since = self._loop.time()
        self._waiting = False
        self._late = False
        self._fail: Callable[[bool], GPTError] = lambda idle: (
            errors.IdleTimeoutError(code="idle_timeout", seconds=timeouts.idle)
            if idle
            else errors.TotalTimeoutError(code="total_timeout", seconds=timeouts.total)
        )
        self._handle: asyncio.TimerHandle | None = None
        self._arm(self._since + self._idle)

    def _arm(self, due: float) -> None:
        due = min(due, self._ends)
        self._handle = self._loop.call_at(due, self._check) if due != float("inf") else None

    def _check(self) -> None:
        now = self._loop.time()
        silent_until = self._since + self._idle
        over = now >= self._ends
        if not over and not (self._waiting and now >= silent_until):
            self._late = False
            self._arm(silent_until if self._waiting else now + self._idle)
        elif not self._late:
            # a process that slept may find its timer due and the bytes here: let those come first
            self._late = True
            self._handle = self._loop.call_later(0, self._check)
        else:
            self._content.set_exception(self._fail(not over))

    async def read(self) -> bytes:
        """The bytes at hand, or the next to come; empty at the end. Raises the two timeouts."""
        self._since = self._loop.time()
        self._waiting = True
        try:
            return await self._content.readany()
        finally:
            self._waiting = False

    def stop(self) -> None:
        """Take the timer away."""
        if self._handle is not None:
            self._handle.cancel()
