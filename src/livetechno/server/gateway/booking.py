"""A call in the books of its key: reserved at its worst before it is sent, settled at what it cost after.

What an answer cost that did not come to its end is an estimate, and marked as one: the prompt as it was
reserved, a token for each event that came or each four bytes of text, and, as a model may have thought
unseen, as many as a fast one writes in that time; never more than were reserved. A closer guess at the
prompt would let who leaves again and again pass a budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livetechno.gpt import chat_completions, errors, responses
from livetechno.gpt.accounting import LEAST_REPLY, booked, exceeded
from livetechno.gpt.calls import now
from livetechno.gpt.completions import Usage
from livetechno.gpt.wire import text_or_none
from livetechno.server.callers import Policy
from livetechno.server.errors import ApiError
from livetechno.server.gateway.fields import Asked
from livetechno.server.gateway.upstream import Known, Upstream
from livetechno.store.leases import Leases

PACE = 150
"""Tokens a second that a fast model writes, or thinks."""
PURPOSE = "gateway"
_USAGES = {"chat": chat_completions.usage, "responses": responses.usage}


def plain(told: object, usual: str) -> str | None:
    """A word of the server's, for the books; the usual one needs no look for keys in it."""
    return usual if told == usual else text_or_none(told)


class Booking:
    """One call: `reserve` it before it is sent, then `settle` or `release` it."""

    __slots__ = ("_asked", "_known", "_leases", "_number", "_upstream", "tokens")

    def __init__(self, leases: Leases, upstream: Upstream, known: Known, asked: Asked) -> None:
        self.tokens = 0
        """How many each answer may have."""
        self._leases = leases
        self._upstream = upstream
        self._known = known
        self._asked = asked
        self._number = 0

    async def reserve(self, policy: Policy) -> None:
        """Put it down at its worst case, which is on disk when this returns.

        Raises BudgetExceededError, UnknownPriceError, ApiError, StoreError kinds; then nothing may be sent.
        """
        asked, known = self._asked, self._known
        most_input = asked.most_input + asked.images * known.picture
        each = known.each(most_input)
        if each is None:
            raise errors.UnknownPriceError(code="price_unknown", model=asked.model)
        most = policy.most_tokens // asked.answers
        if most < 1:
            raise ApiError("body_refused", 400, name="n", parameter="n", reason=f"1 … {policy.most_tokens}")
        if known.model is not None:
            most = min(most, known.model.max_output)
        wanted = min(asked.limit or most, most)
        at, address = now(), self._upstream.base_url
        number = self._leases.hold(each.pico(most_input, asked.answers * wanted), at, address, PURPOSE)
        if number is not None:
            self._number, self.tokens = number, wanted
            return
        worst = each.worst(most_input, asked.answers)
        least = wanted if asked.limit is not None else min(LEAST_REPLY, wanted)
        asked_for = self._leases.reserve(
            at=at,
            model=known.name,
            address=address,
            purpose=PURPOSE,
            conversation=None,
            base=worst.base,
            per_token=worst.per_token,
            wanted=wanted,
            least=least,
        )
        answer = await booked(asked_for, self._leases)
        if answer.refusal is not None:
            raise exceeded(answer.refusal, worst.usd(least))
        self._number = answer.number
        self.tokens = wanted if answer.tokens is None else answer.tokens

    @property
    def model(self) -> str:
        """The name of the model that is asked."""
        return self._known.name

    def release(self) -> None:
        """It cost nothing: the server refused it, or never had it."""
        self._leases.release(self._number)

    def settle(
        self, bill: Mapping[str, Any], *, request_id: str, finish: str, written: int = 0, seconds: float = 0.0
    ) -> None:
        """It cost what its `bill` says (`model`, `service_tier` and `usage`, as the server told them).

        Without a usage there it is estimated, from the tokens that came in so many seconds.
        """
        told = _USAGES[self._asked.endpoint](bill.get("usage"))
        usage = told or self._estimated(written, seconds)
        model = plain(bill.get("model"), self._known.name) or self._known.name
        tier = plain(bill.get("service_tier"), "default")
        self._leases.settle(
            self._number,
            usd=self._upstream.cost(usage, model, tier),
            estimated=told is None,
            model=model,
            usage={
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "cached_tokens": usage.cached_tokens,
                "cache_write_tokens": usage.cache_write_tokens,
                "cache_write_12h_tokens": usage.cache_write_12h_tokens,
                "reasoning_tokens": usage.reasoning_tokens,
            },
            tier=tier,
            request_id=request_id,
            finish=finish,
        )

    def _estimated(self, written: int, seconds: float) -> Usage:
        asked, known = self._asked, self._known
        prompt = asked.most_input + asked.images * known.picture
        unseen = not written or known.model is None or known.model.reasoning
        reply = max(written, round(PACE * seconds) if unseen else 0)
        return Usage(prompt, min(reply, asked.answers * self.tokens))
