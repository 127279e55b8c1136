"""What of a conversation goes along with a question, within limits of tokens, messages and bytes.

A policy (`History`) puts what was said before between the system message and the question. `Window` takes
the newest turns that fit, whole ones only; `summaries.Summary` lets the model sum up what does not;
`Everything` leaves nothing out. The system message and the question always go, whatever their size: without
them there is nothing to answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from livetechno import words
from livetechno.gpt import bounds, catalogue, tokens
from livetechno.gpt.calls import today
from livetechno.gpt.completions import Request
from livetechno.gpt.messages import Message, assistant, size, user
from livetechno.gpt.threads import in_thread
from livetechno.gpt.turns import Past, Turn

if TYPE_CHECKING:
    from livetechno.gpt.client import Client

REPLY_RESERVE = 16_000
"""Tokens kept free for an answer, its reasoning included, when `max_tokens` does not say how many."""
REMEMBERED = 10_000
"""Most turns whose counts are remembered."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most tokens, messages and bytes (in memory) of all that is sent; None is no limit."""

    tokens: int | None = None
    messages: int | None = None
    bytes: int | None = None

    def __and__(self, other: Limits) -> Limits:
        """Both: the smaller of each."""
        return Limits(
            _smaller(self.tokens, other.tokens),
            _smaller(self.messages, other.messages),
            _smaller(self.bytes, other.bytes),
        )

    def half(self) -> Limits:
        """Half of each."""
        return Limits(*(most and most // 2 for most in (self.tokens, self.messages, self.bytes)))


ECONOMICAL = Limits(tokens=64_000, bytes=20 * 1024 * 1024)
"""What a `Chat` sends at most unless it is told otherwise.

64,000 tokens are an evening's talk. Each question pays for them again: 0.6 cents with gpt-6-luna, 13 with
gpt-6.2-sol; and they stay far below 272,000, from which OpenAI asks twice the price for the whole request.
20 MB are as much as the largest picture that we send.
"""


def limits_for(model: str, max_tokens: int | None = None) -> Limits:
    """What a model can read when it is to answer with up to `max_tokens`; no limit for an unknown one.

    `model` is a name or an alias. Raises ConfigurationError for a broken `models.json` or date.
    """
    row = resolved(model).model
    if row is None:
        return Limits()
    # Of a small context an answer may not take it all: gpt-4 could write as much as it could read.
    reply = min(max_tokens or min(REPLY_RESERVE, row.context // 4), row.max_output)
    return Limits(tokens=min(row.max_input, row.context - reply))


def resolved(model: str) -> catalogue.Resolved:
    """What a name or an alias means today. Raises ConfigurationError as `limits_for` does."""
    return catalogue.load_catalogue().resolve(model, today())


@dataclass(frozen=True, slots=True)
class Fitted:
    """The messages to send, and what stayed behind."""

    messages: tuple[Message, ...]
    left_out: int = 0
    """How many messages of the conversation are not among them."""
    summed_up: bool = False
    """Whether a summary stands for those."""


class History(Protocol):
    """A policy: what of a conversation goes along with a question."""

    async def fit(self, request: Request, past: Past, client: Client) -> Fitted:
        """The request's messages with what was said before put in front of the question.

        Results of functions may follow that already. `client` is for a policy that asks the model; what
        blocks has to run in a thread.
        """


@dataclass(frozen=True, slots=True)
class Everything:
    """Policy: the whole conversation, whether it fits or not."""

    async def fit(self, request: Request, past: Past, client: Client) -> Fitted:  # noqa: ARG002 - as History
        """The request's messages with every turn in front of the question."""
        turns = await in_thread(lambda: list(past.newest()))
        return Fitted(between(request, [turn.messages for turn in turns]))


@dataclass(frozen=True, slots=True)
class Window:
    """Policy: the newest whole turns that fit into `limits` and into the model.

    A turn with a summary ends the window: the summary stands for that turn and all before.
    """

    limits: Limits = ECONOMICAL
    _counted: dict[Hashable, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    async def fit(self, request: Request, past: Past, client: Client) -> Fitted:  # noqa: ARG002 - as History
        """The request's messages with the turns that fit in front of the question."""
        return await in_thread(self.fit_here, request, past)

    def filling(self, request: Request, *, half: bool = False) -> Filling:
        """What is sent before any turn is added; up to half of the limits only, if so wanted."""
        limits = self.limits & limits_for(request.model, request.parameters.max_tokens)
        return Filling(request, limits.half() if half else limits, self._counted)

    def fit_here(self, request: Request, past: Past) -> Fitted:
        """`fit` in this thread, which it blocks."""
        filling = self.filling(request)
        taken: list[tuple[Message, ...]] = []
        for turn in past.newest():
            whole = turn.summary is None
            fits = filling.add(turn)
            if fits:
                taken.append(shown(turn))
            if not (whole and fits):
                return Fitted(between(request, taken), turn.place + len(turn.messages), fits)
        return Fitted(between(request, taken))


def shown(turn: Turn) -> tuple[Message, ...]:
    """What is sent of a turn: its messages, or the summary of it and of all before, as a turn of its own.

    The model itself says the summary: what was once said to it must not come back as an order.
    """
    if turn.summary is None:
        return turn.messages
    told = f"{words.say('history.summary')}\n{turn.summary}"
    return user(words.say("history.sum_up")), assistant(told)


def between(request: Request, newest_first: Sequence[tuple[Message, ...]]) -> tuple[Message, ...]:
    """The request's messages with turns put in front of the question, the last that a person says there."""
    messages = request.messages
    questions = (index for index, message in enumerate(messages) if message.role == "user")
    place = max(questions, default=len(messages) - 1)
    said = (message for turn in reversed(newest_first) for message in turn)
    return (*messages[:place], *said, *messages[place:])


class Filling:
    """What is sent, as it grows up to its limits.

    Bytes stand for tokens as long as all fits even so. Only then are tokens counted, those of a turn once
    (`counted` remembers them).
    """

    def __init__(self, request: Request, limits: Limits, counted: dict[Hashable, int]) -> None:
        self._limits = limits
        self._model = resolved(request.model).name
        self._counted = counted
        self._messages = self._bytes = self._tokens = 0
        self._uncounted: list[tuple[int, Callable[[], int]]] = []
        most = bounds.most_input_tokens(request, self._model)
        self._put(request.messages, most, lambda: self._count_request(request))

    def add(self, turn: Turn) -> bool:
        """Add what is shown of a turn. Whether that fits; after one that does not, nothing may be added."""
        messages = shown(turn)
        most = bounds.most_message_tokens(messages, self._model)
        self._put(messages, most, lambda: self._count_turn(turn, messages))
        return (
            _within(self._messages, self._limits.messages)
            and _within(self._bytes, self._limits.bytes)
            and self._tokens_fit()
        )

    def _put(self, messages: Sequence[Message], most: int, count: Callable[[], int]) -> None:
        self._messages += len(messages)
        self._bytes += sum(map(size, messages))
        self._tokens += most
        self._uncounted.append((most, count))

    def _tokens_fit(self) -> bool:
        while not _within(self._tokens, self._limits.tokens) and self._uncounted:
            most, count = self._uncounted.pop()
            self._tokens += count() - most
        return _within(self._tokens, self._limits.tokens)

    def _count_turn(self, turn: Turn, messages: Sequence[Message]) -> int:
        key = (self._model, turn.key, turn.summary)
        counted = self._counted.get(key)
        if counted is None:
            if len(self._counted) >= REMEMBERED:
                self._counted.clear()
            counted = tokens.count_messages(messages, self._model).tokens - tokens.REPLY_TOKENS
            self._counted[key] = counted
        return counted

    def _count_request(self, request: Request) -> int:
        schema = "" if request.schema is None else json.dumps(request.schema.schema)
        counted = tokens.count_messages(request.messages, self._model, request.tools).tokens
        return counted + tokens.count(schema, tokens.encoding_for(self._model))


def _within(number: int, most: int | None) -> bool:
    return most is None or number <= most


def _smaller(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)
