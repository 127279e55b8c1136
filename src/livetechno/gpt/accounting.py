"""Every call in the books: reserved at its worst before it is sent, settled at what it cost after.

    async with Entry(books, call, base_url) as entry:
        ...                     # send entry.call, and note in the entry what comes

An attempt that the server refused, or that never reached it, is released. Any other is settled: with the
server's own count where that came whole, else with ours, marked as an estimate. What cannot be settled
stays at its worst case.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from livetechno import words
from livetechno.gpt import addresses, errors, notices, prices, tokens
from livetechno.gpt.books import Budgets, Ledger, Refusal, Reservation
from livetechno.gpt.bounds import counted_input_tokens, most_input_tokens
from livetechno.gpt.calls import Call, now
from livetechno.gpt.catalogue import load_catalogue
from livetechno.gpt.completions import Usage
from livetechno.gpt.errors import GPTError
from livetechno.gpt.prices import WorstCase
from livetechno.gpt.threads import in_thread
from livetechno.gpt.wire import text_or_none

LEAST_REPLY = 256
"""Tokens of a reply below which a call is not worth making, where nothing was said of its length."""
STOPPED = "stopped"
"""How a call ended that the caller left."""

_FREE = WorstCase(Decimal(0), Decimal(0))
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


class BudgetNotice(UserWarning):
    """An answer was cut, because the budgets paid for no more of it."""


@dataclass(frozen=True, slots=True)
class Books:
    """Who keeps the budgets and the ledger. `free`: nothing costs anything there, as with Mock AI."""

    budgets: Budgets
    ledger: Ledger
    free: bool = False


class Entry:
    """What the books have of one attempt: booked on entering, settled or released on leaving.

    Without books it does nothing. `call` is what to send: the same call, or one with a limit of tokens
    that the budgets can pay for. On entering it raises BudgetExceededError, UnknownPriceError and
    BooksError; then nothing was booked, and nothing may be sent.
    """

    def __init__(self, books: Books | None, call: Call, address: str) -> None:
        self.call = call
        self.request_id: str | None = None
        self.bill: Mapping[str, Any] = {}
        """What the answer tells of `model`, `service_tier` and `usage`, as it came."""
        self.written = ""
        """All that the model wrote."""
        self.finish = ""
        """Why it ended, when it came to its end."""
        self._books = books
        self._address = address
        self._number = 0
        self._granted: int | None = None
        self._at: dt.datetime

    async def __aenter__(self) -> Entry:
        if self._books is not None:
            await self._reserve(self._books)
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._books is not None:
            await self._close(self._books, error)
        if self._granted is not None and self.finish == "length":
            notices.warn(words.say("accounting.cut", tokens=self._granted), BudgetNotice)

    async def _reserve(self, books: Books) -> None:
        self._at = now()
        model = load_catalogue().find(self.call.model)
        wanted = self.call.limit or (model.max_output if model is not None else None)
        least = self.call.limit or min(LEAST_REPLY, wanted or LEAST_REPLY)
        request, name = self.call.request, self.call.model
        worst = self._worst(books, most_input_tokens(request, name))
        answer = await self._asked(books, worst, wanted, least)
        if answer.refusal is not None and not books.free:
            # bytes are a wide bound: counted, it may still fit
            worst = self._worst(books, await in_thread(counted_input_tokens, request, name))
            answer = await self._asked(books, worst, wanted, least)
        if answer.refusal is not None:
            raise exceeded(answer.refusal, (worst or _FREE).usd(least))
        self._number = answer.number
        if wanted is not None and answer.tokens is not None and answer.tokens < wanted:
            self._granted = answer.tokens
            self.call = self.call.limited(answer.tokens)

    def _worst(self, books: Books, most_input: int) -> WorstCase | None:
        if books.free:
            return _FREE
        return prices.worst_case(
            most_input,
            self.call.model,
            on=self._at.date(),
            answers=self.call.body.get("n") or 1,
            regional=addresses.is_regional(self._address),
        )

    async def _asked(
        self, books: Books, worst: WorstCase | None, wanted: int | None, least: int
    ) -> Reservation:
        """What the budgets say. Whatever keeps them from saying it stops the call."""
        unknown = worst is None and not addresses.is_loopback(self._address)
        try:
            if unknown and await in_thread(books.budgets.any_set):
                raise errors.UnknownPriceError(code="price_unknown", model=self.call.model)
            answer: Reservation = await booked(
                books.budgets.reserve(
                    at=self._at,
                    model=self.call.model,
                    address=self._address,
                    purpose=self.call.request.purpose,
                    conversation=self.call.request.conversation,
                    base=worst.base if worst is not None else None,
                    per_token=worst.per_token if worst is not None else Decimal(0),
                    wanted=wanted,
                    least=least,
                ),
                books.ledger,
            )
            return answer
        except GPTError:
            raise
        except Exception as problem:  # noqa: BLE001 - whoever keeps the books: without them no call
            failure = errors.BooksError(str(problem), code="books")
        raise failure

    async def _close(self, books: Books, error: BaseException | None) -> None:
        try:
            if cost_nothing(error):
                written = books.ledger.release(self._number)
            elif self._usage() is not None:
                written = self._settle(books, error)
            else:
                written = await in_thread(self._settle, books, error)  # counts, which may take long
            await _done(written)
        except Exception as problem:  # noqa: BLE001 - the answer, or its error, is worth more
            _tell(problem)

    def _settle(self, books: Books, error: BaseException | None) -> Future[None]:
        told = self._usage()
        usage = told or self._counted()
        model = text_or_none(self.bill.get("model")) or self.call.model
        tier = text_or_none(self.bill.get("service_tier"))
        regional = addresses.is_regional(self._address)
        usd = prices.cost(usage, model, on=self._at.date(), tier=tier, regional=regional)
        return books.ledger.settle(
            self._number,
            usd=Decimal(0) if books.free else usd,
            estimated=told is None or not _came_to_its_end(error),
            model=model,
            usage=asdict(usage),
            tier=tier,
            request_id=self.request_id,
            finish=self.finish if error is None else _ending(error),
        )

    def _usage(self) -> Usage | None:
        """The server's own count, as far as it came."""
        usage: Usage | None = self.call.wire_format.usage(self.bill.get("usage"))
        return usage

    def _counted(self) -> Usage:
        """Our own count of what was sent and of what came."""
        request, model = self.call.request, self.call.model
        prompt = tokens.count_messages(request.messages, model, request.tools).tokens
        return Usage(prompt, tokens.count(self.written, tokens.encoding_for(model)))


async def _done(written: Future[Result]) -> Result:
    """What comes of it, once it is on disk. To stop waiting does not take it back."""
    return await asyncio.shield(asyncio.wrap_future(written))


async def booked(reserving: Future[Any], ledger: Ledger) -> Any:
    """What became of it. A caller who leaves meanwhile takes it back, and goes when that is asked for."""
    try:
        return await _done(reserving)
    except asyncio.CancelledError:
        reserving.add_done_callback(partial(_take_back, ledger))
        with contextlib.suppress(Exception):
            await _done(reserving)
        raise


def _take_back(ledger: Ledger, booked: Future[Reservation]) -> None:
    if booked.cancelled() or booked.exception() is not None or booked.result().refusal is not None:
        return
    try:
        ledger.release(booked.result().number)
    except Exception as problem:  # noqa: BLE001 - it stays at its worst case
        _tell(problem)


def _tell(problem: Exception) -> None:
    _log.warning(words.say("accounting.not_settled", reason=problem))


def exceeded(refusal: Refusal, worst: Decimal) -> errors.BudgetExceededError:
    """The error of a call that costs so many dollars at worst, and was refused."""
    return errors.BudgetExceededError(
        code="budget_exceeded",
        budget=refusal.budget,
        cap=refusal.cap,
        left=refusal.left,
        worst=worst,
        frees=refusal.frees,
    )


def cost_nothing(error: BaseException | None) -> bool:
    """Whether the server refused the attempt by an HTTP status, or never had it."""
    if isinstance(error, errors.ConnectionFailedError) and error.code == "connection_lost":
        return False
    if isinstance(error, errors.UsageError | errors.ConnectTimeoutError | errors.ConnectionFailedError):
        return True
    return isinstance(error, GPTError) and error.status is not None


def _came_to_its_end(error: BaseException | None) -> bool:
    """Whether the server had told all, even where it was not what we had asked for."""
    return error is None or isinstance(error, errors.ReplyInvalidError)


def _ending(error: BaseException) -> str:
    if isinstance(error, GPTError):
        return error.code or type(error).__name__
    return type(error).__name__ if isinstance(error, Exception) else STOPPED
