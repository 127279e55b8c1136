"""A server that others than its owner may reach, and the visitors of the sites that it is for.

A page of a named origin asks for a session and gets a token for an hour, signed with a secret of this
process: nothing is remembered, so nobody can fill a memory with sessions. The token holds for pages of that
origin only. With it a visitor may chat, on the budget of that origin (`site:<origin>`), and nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hmac
import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from livetechno.environment import EnvironmentValueError
from livetechno.gpt.errors import BudgetExceededError, ContextTooLongError, GPTError, RateLimitError
from livetechno.server import errors
from livetechno.server.callers import Caller, Policy
from livetechno.server.errors import ApiError
from livetechno.server.limits import Limits
from livetechno.settings import SettingsError
from livetechno.store.errors import StoreError

LATE = 5.0
"""Seconds after the end of its time that a stream may take to be read."""
HOUR = 3600
"""Seconds that a token lives."""
EMBED = "embed"
"""The name of visitors on our own page for frames, whichever site shows it."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = Policy(most_tokens=4000, most_messages=100, most_body=100_000, per_minute=10)
"""What a visitor may do, where its server's owner says nothing else."""
# 54 bytes: no bit of the 72 characters is left over, so a token has one form
_FORM = re.compile(r"[A-Za-z0-9_-]{72}", re.ASCII)
_MOMENT, _NONCE = 6, 16
_PORT = re.compile(r":[0-9]+$")
_log = logging.getLogger("livetechno.server")


@dataclass(frozen=True, slots=True)
class Site:
    """What a server is deployed for: sites, by their origins (in the form of `origins.read`)."""

    origins: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """What it is called in a Host header, as `name` or `name:port`; by default as the origins are."""
    policy: Policy = POLICY
    trust_proxy: bool = False
    """Whether a proxy on this machine, or in its private network, says whom it asks for."""

    def admits(self, origin: str, host: str) -> bool:
        """Whether pages of that origin may ask: a named one, or our own `/embed`, at this Host."""
        ours = ("http://", "https://") if self.trust_proxy else ("http://",)
        return origin in self.origins or origin in {scheme + host for scheme in ours}

    def name_of(self, origin: str) -> str:
        """The site that pages of that origin are counted for: the origin itself, or `embed`."""
        return origin if origin in self.origins else EMBED

    def hosts(self, port: int) -> frozenset[str]:
        """The Host headers that are answered, at this port and behind a proxy that has another."""
        names = self.names or {_PORT.sub("", origin.partition("://")[2]) for origin in self.origins}
        answered = {*names, *LOOPBACK}
        return frozenset(answered | {f"{name}:{port}" for name in answered})


def owner_of(name: str) -> str:
    """To whom, in the store, belongs what the visitors of a site do and cost."""
    return f"site:{name}"


@dataclass(slots=True)
class Visitors:
    """The visitors of one server."""

    site: Site
    limits: Limits
    now: Callable[[], float] = time.time
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def give(self, request: web.Request, origin: str) -> tuple[str, dt.datetime]:
        """A token for a page of that origin, and when it ends. Raises ApiError (429) for too many."""
        with self.limits.enter(self.site.policy, f"sessions of {self._address(request)}"):
            expires = int(self.now()) + HOUR
            head = expires.to_bytes(_MOMENT, "big") + secrets.token_bytes(_NONCE)
            token = base64.urlsafe_b64encode(head + self._signature(head, origin)).decode()
            return token, dt.datetime.fromtimestamp(expires, dt.timezone.utc)

    def find(self, request: web.Request, token: str, origin: str) -> Caller | None:
        """The visitor whose token this is, on a page of that origin; None for any other."""
        if not _FORM.fullmatch(token):
            return None
        raw = base64.urlsafe_b64decode(token)
        head, signature = raw[: _MOMENT + _NONCE], raw[_MOMENT + _NONCE :]
        if not hmac.compare_digest(signature, self._signature(head, origin)):
            return None
        if int.from_bytes(head[:_MOMENT], "big") <= self.now():
            return None
        name = self.site.name_of(origin)
        counted = f"visitor {head.hex()}", f"visitors of {self._address(request)}"
        return Caller("visitor", owner_of(name), self.site.policy, name, counted)

    def _signature(self, head: bytes, origin: str) -> bytes:
        return hmac.digest(self._secret, head + origin.encode(), "sha256")

    def _address(self, request: web.Request) -> str:
        peer = request.transport and request.transport.get_extra_info("peername")
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        return address(peer[0] if peer else "", forwarded if self.site.trust_proxy else "")


def address(peer: str, forwarded: str) -> str:
    """Whom to count: the other end of the connection, or whom a proxy near us names last.

    Of IPv6 the first 64 bits, which one household has all of.
    """
    found = _read(peer)
    if forwarded and found is not None and (found.is_loopback or found.is_private):
        found = _read(forwarded.rpartition(",")[2].strip()) or found
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


@contextmanager
def cut_late(request: web.Request, caller: Caller) -> Iterator[None]:
    """Cut the connection of who does not read an answer: when it should be over, and has been told to be."""
    timer = None
    if caller.policy is not None and request.transport is not None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(caller.policy.seconds + LATE, request.transport.abort)
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()


@contextmanager
def told_plainly(caller: Caller, request_id: str) -> Iterator[None]:
    """Raise for a visitor, in place of what is the owner's to know and mend, that there is no answer now."""
    try:
        yield
    except (GPTError, StoreError, SettingsError, EnvironmentValueError) as error:
        if caller.kind != "visitor":
            raise
        _log.warning(
            "request %s: no answer for a visitor (%s)", request_id, errors.code_of(errors.typed(error))
        )
        problem = _for_visitor(error)
    else:
        return
    raise problem


def _for_visitor(error: Exception) -> ApiError:
    if isinstance(error, BudgetExceededError):
        return ApiError("budget_exceeded", 402)
    if isinstance(error, RateLimitError):
        return ApiError("rate_limited", 429, retry_after=error.retry_after)
    if isinstance(error, ContextTooLongError):
        return ApiError("too_large", 413)
    return ApiError("no_answer_now", 503)
