"""A call, its tokens and its cost, on plain lists of messages: one function each.

They go through the client of this process (`livetechno.gpt.wiring`), so that a script needs neither
a key nor an address of its own.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from livetechno import environment, words
from livetechno.gpt import background, catalogue, parameters, prices, tokens, wiring
from livetechno.gpt.completions import Request
from livetechno.gpt.errors import GPTError, GPTTimeoutError, MissingKeyError, ParameterError, RateLimitError
from livetechno.gpt.legacy.requests import plain_messages
from livetechno.gpt.retry import Retry

if TYPE_CHECKING:
    from livetechno.gpt.client import Client


def call_gpt_with_retry(
    messages: list[dict[str, Any]], model: str = "chat", max_retries: int = 3, **generation: Any
) -> str | None:
    """The answer's text, or None when `max_retries` tries did not bring one; says on stdout what happens.

    Tried again is what another try can mend, and a timeout. `generation` as for `livetechno.Chat`
    (temperature, max_tokens, ...). Raises nothing but ParameterError for a senseless `max_retries`.
    """
    retry = _retry(max_retries)
    return background.run(_answer(_prepare(messages, model, generation), retry))


def call_api_async(
    messages: list[dict[str, Any]],
    callback: Callable[[str | None], object],
    model: str = "chat",
    max_retries: int = 3,
    **generation: Any,
) -> background.Handle:
    """`call_gpt_with_retry` without waiting: `callback(text or None)` is called from another thread.

    The handle's `cancel()` stops the call, upstream too, and the callback is not called any more.
    """
    retry = _retry(max_retries)
    return background.call_back(_answer(_prepare(messages, model, generation), retry), callback)


def count_tokens(messages: Iterable[Mapping[str, Any]], model: str = "chat") -> int:
    """How many tokens the messages take as a prompt, in the model's own encoding.

    Text is counted exactly; what tools and pictures take is estimated (see `livetechno.gpt.tokens`).
    """
    meant = catalogue.load_catalogue().alias(_model(model), environment.today())
    return tokens.count_messages(messages, meant or _model(model)).tokens


def estimate_cost(messages: Iterable[Mapping[str, Any]], model: str = "chat") -> dict[str, Any]:
    """`{"input_tokens": how many, "estimated_cost_usd": dollars for sending them}`.

    The price is today's of the model that would answer: of a name past its end, its successor's. It is
    None for a model without a known price, never 0. The answer costs more, by its length.
    """
    today = environment.today()
    name = catalogue.load_catalogue().resolve(_model(model), today).name
    count = tokens.count_messages(messages, name).tokens
    dollars = prices.estimate(count, 0, name, on=today)
    return {"input_tokens": count, "estimated_cost_usd": None if dollars is None else float(dollars)}


def _prepare(
    messages: list[dict[str, Any]], model: str, generation: Mapping[str, Any]
) -> tuple[Client, Request] | None:
    """Whom to ask, and what; None, said on stdout, when that cannot be."""
    try:
        request = Request(plain_messages(messages), _model(model), parameters.from_keywords(generation))
        return _client(), request
    except GPTError as error:
        _say("failed", error=error)
        return None


async def _answer(prepared: tuple[Client, Request] | None, retry: Retry) -> str | None:
    if prepared is None:
        return None
    client, request = prepared
    for attempt in range(1, retry.attempts + 1):
        try:
            return (await client.complete(request)).text
        except GPTError as error:
            failure = error
        wait = retry.wait(failure, attempt)
        if wait is None and isinstance(failure, GPTTimeoutError) and attempt < retry.attempts:
            wait = 0.0
        if wait is None:
            break
        kind = "rate_limit" if isinstance(failure, RateLimitError) else "again"
        _say(kind, problem=failure.what(), seconds=wait, attempt=attempt, attempts=retry.attempts)
        await asyncio.sleep(wait)
    _say("failed", error=failure)
    return None


def _client() -> Client:
    if wiring.default_client is None:
        raise MissingKeyError(code="key_missing", url="-")
    client = copy.copy(wiring.default_client())
    client.retry = Retry(attempts=1)
    return client


def _model(name: str) -> str:
    return wiring.default_model(name) if wiring.default_model is not None else name


def _retry(attempts: object) -> Retry:
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        raise ParameterError(
            parameter="max_retries",
            allowed=words.say("parameters.allowed.max_tokens"),
            code="parameter_value",
        )
    return Retry(attempts=attempts)


def _say(what: str, **values: object) -> None:
    print(words.say(f"legacy.call.{what}", **values))  # noqa: T201 - saying it is what the caller is promised
