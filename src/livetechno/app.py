"""Wires the parts, lazily: which address, which key or Mock AI, one client for the process."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from livetechno import environment, settings, words
from livetechno.gpt import addresses, keys, notices
from livetechno.gpt.errors import BooksError, ConfigurationError, MissingKeyError
from livetechno.gpt.secret import Secret

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from livetechno.gpt.accounting import Books
    from livetechno.gpt.client import Client
    from livetechno.gpt.completions import Completion
    from livetechno.gpt.retry import Attempt
    from livetechno.mock import MockServer
    from livetechno.store import Store
    from livetechno.store.ledger import CallRow

DATABASE = "livetechno.db"
"""The file in the home folder that holds what lasts."""
MOCK_PACE = 0.012
"""Seconds between Mock AI's pieces when a person watches: about the pace of a fast model."""
MOCK_HEARS = 1.0
"""Seconds in which it lets in who asks."""


class MockAIWarning(UserWarning):
    """Mock AI answers, because there is no key."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls go, and with which key. `source` says where the key was found."""

    base_url: str
    key: Secret | None
    mock: bool
    source: str | None = None


on_attempt: Callable[[Attempt], object] | None = None
"""Told of each failed try of the shared client, for a host that shows it. What it raises ends the call."""

_lock = threading.RLock()
_clients: dict[tuple[object, ...], Client] = {}
_current: Endpoint | None = None
_stores: dict[tuple[Path, int], Store] = {}
_mock: tuple[AbstractEventLoop, str, MockServer] | None = None
"""The loop that our Mock AI lives on, and its address."""
_warned_of_mock = False
_told_of_budget = False


def endpoint() -> Endpoint:
    """Where calls go now: the address and its key, or Mock AI (started if need be) without one.

    Raises AddressRefusedError, KeyProblem kinds and ConfigurationError (broken settings or environment).
    """
    mode = mock_mode()
    if mode == "always":
        return Endpoint(_start_mock(), None, mock=True)
    base_url = address()
    found = keys.find(base_url)
    if found is not None:
        return Endpoint(base_url, found.secret, mock=False, source=found.source)
    if not addresses.is_openai(base_url):
        return Endpoint(base_url, None, mock=False)
    if mode == "never":
        raise MissingKeyError(code="key_missing", url=base_url)
    return Endpoint(_start_mock(), None, mock=True)


def address() -> str:
    """The base URL of the server in use. Raises AddressRefusedError and ConfigurationError."""
    return addresses.check(environment.base_url() or _settings().base_url or addresses.OPENAI)


def client(owner: str | None = None, *, seconds: float | None = None) -> Client:
    """The client for `endpoint()`, with our books: the same one as long as that stays the same.

    With `owner`, on that owner's budgets; each call may take so many `seconds`. Raises as `endpoint` does,
    and BooksError when real calls cannot be booked.
    """
    from livetechno.gpt.client import Client
    from livetechno.gpt.transport import Timeouts

    global _current
    _current = chosen = endpoint()
    preferences = _settings()
    which = (chosen, preferences, environment.home(), owner, seconds)
    with _lock:
        found = _clients.get(which)
        if found is None:
            found = _clients[which] = Client(
                base_url=chosen.base_url,
                key=chosen.key,
                strict=preferences.strict,
                retired=preferences.retired,
                openai=True if chosen.mock else None,
                timeouts=None if seconds is None else Timeouts(total=seconds),
                on_attempt=_tell_attempt,
                books=_books_of_mock(owner) if chosen.mock else books(owner),
            )
        return found


def books(owner: str | None = None) -> Books:
    """Where the calls of this process are booked, or those for an owner. Raises BooksError without one."""
    from livetechno.gpt.accounting import Books

    with _as_ours():
        kept = store() if owner is None else store().of(owner)
        return Books(kept.budgets, kept.ledger)


@contextmanager
def _as_ours() -> Iterator[None]:
    """Raise what the store raises as a BooksError, which those who talk to GPT know how to tell."""
    from livetechno.store.errors import StoreError

    try:
        yield
    except StoreError as error:
        problem = BooksError(str(error), code="books")
    else:
        return
    raise problem


def _books_of_mock(owner: str | None) -> Books | None:
    """The same for Mock AI, which costs nothing, and so may do without."""
    try:
        return replace(books(owner), free=True)
    except BooksError:
        return None


def store() -> Store:
    """What lasts: conversations, costs, budgets; opened at the first call. Raises StoreError."""
    from livetechno.store import Store

    place = (environment.home(), os.getpid())  # a forked child opens it for itself
    with _lock:
        if place not in _stores:
            _stores[place] = Store.open(place[0] / DATABASE)
        return _stores[place]


@atexit.register
def close_store() -> None:
    """End all calls, which books what they cost, then let go of what `store` has opened."""
    if not _stores:
        return
    from livetechno.gpt import background

    background.stop()
    with _lock:
        _clients.clear()
        opened = [_stores.pop(place) for place in list(_stores)]
    for each in opened:
        each.close()


def _tell_attempt(attempt: Attempt) -> None:
    if on_attempt is not None:
        on_attempt(attempt)


def model(name: str) -> str:
    """The model meant by `name`: the settings may put one in place of the alias `chat`."""
    if name == "chat" and environment.default_model() is None:
        return _settings().model or name
    return name


def cost(completion: Completion) -> Decimal | None:
    """Dollars of an answer by `client()`: 0 from our own Mock AI, None when they are not known.

    Another server is taken to ask OpenAI's list price for a model of that name.
    """
    from livetechno.gpt import prices

    used = _current or endpoint()
    if used.mock:
        return Decimal(0)
    if completion.usage is None:
        return None
    return prices.cost(
        completion.usage,
        completion.model,
        on=environment.today(),
        tier=completion.service_tier,
        regional=addresses.is_regional(used.base_url),
    )


def booked(request_id: str, conversation: str) -> CallRow | None:
    """A settled call in our books, by the id that the server gave it; None where they do not know it."""
    from livetechno.store.errors import StoreError

    try:
        return store().ledger.call(request_id, conversation)
    except StoreError:
        return None


def announce() -> None:
    """Say once what a person should know of the client last handed out: it is Mock AI's, or has a budget."""
    if (_current or endpoint()).mock:
        _warn_of_mock()
    else:
        tell_of_budget()


def tell_of_settings() -> None:
    """Have pages that are open hear that a setting or a key has changed. Without a store nobody listens."""
    from livetechno.store.errors import StoreError

    if (environment.home() / DATABASE).exists():
        with suppress(StoreError):
            store().changes.tell("settings")


def _warn_of_mock() -> None:
    global _warned_of_mock
    if not _warned_of_mock:
        _warned_of_mock = True
        notices.warn(mock_notice(), MockAIWarning)


def mock_notice() -> str:
    """That Mock AI answers, and why, in words for a person. Raises ConfigurationError."""
    return words.say("mock.warning_chosen" if mock_mode() == "always" else "mock.warning")


def tell_of_budget() -> None:
    """Say once that there is a budget where none was set: whoever spends first should know it."""
    global _told_of_budget
    if _told_of_budget:
        return
    _told_of_budget = True
    from livetechno.gpt.accounting import BudgetNotice
    from livetechno.gpt.prices import format_usd

    with _as_ours():
        budgets = store().budgets
        day = budgets.standing()[0]
        first = day.default and budgets.first_time()
    if first:
        notices.warn(words.say("accounting.default_budget", cap=format_usd(day.cap)), BudgetNotice)


def mend_mock() -> None:
    """End our Mock AI where it hears nobody, as after a phone's sleep; the next call starts another."""
    global _mock
    import socket
    from urllib.parse import urlsplit

    from livetechno.gpt import background

    with _lock:
        if _mock is None or _mock[0] is not background.loop():
            return
        try:
            socket.create_connection(("127.0.0.1", urlsplit(_mock[1]).port or 0), MOCK_HEARS).close()
        except OSError:
            background.run(_mock[2].stop())
            _mock = None


def _start_mock() -> str:
    """The address of this process's own Mock AI, started at the first call."""
    global _mock
    from livetechno.gpt import background

    with _lock:
        loop = background.loop()
        if environment.is_phone():
            mend_mock()
        if _mock is None or _mock[0] is not loop:
            from livetechno.mock import MockServer

            watched = sys.stdout is not None and sys.stdout.isatty()
            server = MockServer(pace=MOCK_PACE if watched else 0.0)
            _mock = loop, background.run(_served(server)), server
        return _mock[1]


async def _served(server: MockServer) -> str:
    from livetechno.gpt import background

    address = await server.start()
    background.at_stop(server.stop)
    return address


def _settings() -> settings.Settings:
    try:
        return settings.load()
    except settings.SettingsError as error:
        problem = ConfigurationError.of_settings(error)
    raise problem


def mock_mode() -> environment.MockMode:
    """When Mock AI answers: as `LIVETECHNO_MOCK` says, else always where the settings choose it.

    Raises ConfigurationError (broken settings or environment).
    """
    try:
        mode = environment.mock_mode()
        return "always" if mode == "auto" and _settings().mock else mode
    except environment.EnvironmentValueError as error:
        problem = ConfigurationError.of_variable(error)
    raise problem
