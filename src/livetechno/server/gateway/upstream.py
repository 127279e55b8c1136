"""The server that is asked, as the settings have it now: its address, key, models and their prices."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from livetechno import app
from livetechno.gpt import addresses, prices
from livetechno.gpt.calls import today
from livetechno.gpt.catalogue import Catalogue, Model, load_catalogue
from livetechno.gpt.completions import Usage
from livetechno.gpt.prices import Rates, WorstCase
from livetechno.gpt.secret import Secret
from livetechno.gpt.threads import in_thread
from livetechno.gpt.tokens import most_image_tokens
from livetechno.server.callers import Policy
from livetechno.server.errors import ApiError
from livetechno.store.money import to_pico

FRESH = 1.0
"""Seconds for which settings, keys and prices are taken to be what they were."""
MOST_KNOWN = 1000
"""Names of models that are remembered in that time."""
_FREE = WorstCase(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Each:
    """The dearest price of one token of a prompt and of one of a reply, in dollars and in picodollars."""

    usd: WorstCase
    prompt: int
    reply: int
    """Picodollars are rounded up."""

    @classmethod
    def of(cls, usd: WorstCase) -> Each:
        """The same in whole picodollars, too."""
        return cls(usd, to_pico(usd.base), to_pico(usd.per_token))

    def worst(self, most_input: int, answers: int) -> WorstCase:
        """The most that a call costs whose prompt has at most so many tokens, exactly."""
        return WorstCase(most_input * self.usd.base, answers * self.usd.per_token)

    def pico(self, most_input: int, reply: int) -> int:
        """No less than it costs with so many tokens of replies, and fast to tell."""
        return most_input * self.prompt + reply * self.reply


@dataclass(frozen=True, slots=True)
class Known:
    """A model as it was asked for: the name to send, its row, and the dearest price of each token."""

    name: str
    model: Model | None
    short: Each | None
    """With a prompt of one token; None where no price is known."""
    long: Each | None
    """The same in a long prompt."""
    over: float
    """Tokens of a prompt above which it is long."""
    picture: int
    """The most tokens that a picture takes."""

    def each(self, most_input: int) -> Each | None:
        """What a token costs where the prompt has at most so many; None if unknown."""
        return self.long if most_input > self.over else self.short


@dataclass(slots=True)
class Upstream:
    """Where calls go, with which key, and what is known of models there."""

    base_url: str
    key: Secret | None
    free: bool
    openai: bool
    """Whether OpenAI's own rules of models that have ended hold there."""
    catalogue: Catalogue
    day: dt.date
    regional: bool
    _known: dict[str, Known] = field(default_factory=dict)
    _rates: dict[tuple[str, str | None, bool], Rates | None] = field(default_factory=dict)

    def cost(self, usage: Usage, model: str, tier: str | None) -> Decimal | None:
        """Dollars of a call by the model that answered, at the tier that it told; None when not known."""
        if self.free:
            return Decimal(0)
        long = usage.input_tokens > self.catalogue.long_context.over
        which = (model, tier, long)
        try:
            rates = self._rates[which]
        except KeyError:
            rates = prices.rates(
                model, on=self.day, tier=tier, long=long, regional=self.regional, catalogue=self.catalogue
            )
            if len(self._rates) < MOST_KNOWN:
                self._rates[which] = rates
        return None if rates is None else rates.usd(usage)

    def model(self, asked: str, policy: Policy) -> Known:
        """The model of that name or alias. Raises ApiError (404) for one that the caller may not name."""
        if policy.models and asked not in policy.models and self._is_none_of(policy.models, asked):
            raise ApiError("model_refused", 404, name=asked, allowed=", ".join(policy.models))
        return self._find(asked)

    def models(self, policy: Policy) -> list[str]:
        """The names that the caller may ask for."""
        if policy.models:
            return list(policy.models)
        living = [row.name for row in self.catalogue.models.values() if not row.ended(self.day)]
        names = [*self.catalogue.aliases, *living]
        return [name for name in names if self.free or self._find(name).short is not None]

    def _is_none_of(self, allowed: tuple[str, ...], asked: str) -> bool:
        """Whether it is not what an allowed alias means, either."""
        return all(self._find(name).name != asked for name in allowed)

    def _find(self, asked: str) -> Known:
        known = self._known.get(asked)
        if known is None:
            known = self._look_up(asked)
            if len(self._known) < MOST_KNOWN:
                self._known[asked] = known
        return known

    def _look_up(self, asked: str) -> Known:
        resolved = self.catalogue.resolve(app.model(asked), self.day, openai=self.openai)
        over = self.catalogue.long_context.over
        is_long = resolved.model is not None and resolved.model.long_context
        return Known(
            name=resolved.name,
            model=resolved.model,
            short=self._each(resolved.name, 0),
            long=self._each(resolved.name, over + 1) if is_long else None,
            over=over if is_long else float("inf"),
            picture=most_image_tokens(resolved.name),
        )

    def _each(self, name: str, most_input: int) -> Each | None:
        """The price of one token more in a prompt of so many, and of one of the reply."""
        if self.free:
            return Each.of(_FREE)
        less, more = (
            prices.worst_case(tokens, name, on=self.day, regional=self.regional, catalogue=self.catalogue)
            for tokens in (most_input, most_input + 1)
        )
        if less is None or more is None:
            return None
        return Each.of(WorstCase(more.base - less.base, more.per_token))


class Upstreams:
    """Knows the upstream of the moment; looks at the settings again when what it knows is not fresh."""

    def __init__(self) -> None:
        self._current: Upstream | None = None
        self._until = 0.0
        self._finding: asyncio.Future[Upstream] | None = None

    async def now(self) -> Upstream:
        """The upstream in use. Raises GPTError kinds when there is none, and SettingsError."""
        loop = asyncio.get_running_loop()
        if self._current is not None and loop.time() < self._until:
            return self._current
        if self._finding is None or self._finding.done():
            self._finding = asyncio.ensure_future(in_thread(_find))
        self._current = await asyncio.shield(self._finding)
        self._until = loop.time() + FRESH
        return self._current


def _find() -> Upstream:
    chosen = app.endpoint()
    return Upstream(
        base_url=chosen.base_url,
        key=chosen.key,
        free=chosen.mock,
        openai=chosen.mock or addresses.is_openai(chosen.base_url),
        catalogue=load_catalogue(),
        day=today(),
        regional=addresses.is_regional(chosen.base_url),
    )
