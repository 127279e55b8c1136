"""Seeded schedules of faults: the right answer or the right typed error; no hang, no lost text."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from livetechno.gpt import encoding, errors, transport
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Completion, Done, Request, TextDelta
from livetechno.gpt.errors import GPTError
from livetechno.gpt.messages import user
from livetechno.gpt.retry import Retry
from livetechno.gpt.transport import Timeouts
from livetechno.mock import MockServer
from livetechno.mock.faults import FAULTS

SCHEDULES = 10_000
SIDE_BY_SIDE = 8
LIMITS = Timeouts(connect=0.08, first_byte=0.08, idle=0.08, total=2)
HANG = 5.0
"""Seconds after which a schedule counts as hung: far above every limit and wait in it."""

HARMLESS = {"odd_framing", "unknown_events", "slow_first_byte", "wrong_document", "no_json_document"}
SHORTENED = {"content_filter": "content_filter", "length": "length"}
EXPECTED: dict[str, tuple[type[GPTError], ...]] = {
    "400": (errors.BadRequestError,),
    "400_context": (errors.ContextTooLongError,),
    "400_unsupported_parameter": (errors.BadRequestError,),
    "400_unsupported_value": (errors.BadRequestError,),
    "400_invalid_prompt": (errors.BadRequestError,),
    "400_service_tier": (errors.BadRequestError,),
    "401": (errors.AuthenticationError,),
    "401_organization": (errors.AuthenticationError,),
    "401_ip": (errors.AuthenticationError,),
    "403": (errors.PermissionDeniedError,),
    "404_model": (errors.ModelNotFoundError,),
    "404_retired": (errors.ModelNotFoundError,),
    "408": (errors.ServerRefusedError,),
    "409": (errors.ConflictError,),
    "413": (errors.BadRequestError,),
    "422": (errors.BadRequestError,),
    "429_rate": (errors.RateLimitError,),
    "429_tokens": (errors.RateLimitError,),
    "429_slow_down": (errors.RateLimitError,),
    "429_credit": (errors.SpendingLimitError,),
    "429_quota": (errors.SpendingLimitError,),
    "429_org_spend": (errors.SpendingLimitError,),
    "429_project_spend": (errors.SpendingLimitError,),
    "429_org_usage": (errors.SpendingLimitError,),
    "500": (errors.ServerFailedError,),
    "502": (errors.ServerFailedError,),
    "503_overloaded": (errors.ServerFailedError,),
    "504": (errors.ServerFailedError,),
    "retry_after_ms": (errors.RateLimitError,),
    "retry_after_seconds": (errors.RateLimitError,),
    "retry_after_date": (errors.ServerFailedError,),
    "retry_after_too_long": (errors.RateLimitError,),
    "should_retry_false": (errors.ServerFailedError,),
    "should_retry_true": (errors.BadRequestError,),
    "html_502": (errors.ServerFailedError,),
    "redirect": (errors.ServerRefusedError,),
    "empty_body": (errors.ReplyInvalidError,),
    "html_200": (errors.ReplyInvalidError,),
    "connection_reset": (errors.ConnectionFailedError,),
    "connection_closed": (errors.ConnectionFailedError,),
    "no_answer": (errors.FirstByteTimeoutError,),
    "refusal": (errors.RefusedByModelError,),
    "stall": (errors.IdleTimeoutError, errors.FirstByteTimeoutError),
    "cut": (errors.StreamCutError, errors.ConnectionFailedError),
    "cut_mid_character": (errors.StreamCutError, errors.ConnectionFailedError),
    "error_after_200": (errors.ServerFailedError,),
    "limit_after_200": (errors.RateLimitError,),
    "response_failed": (errors.ServerFailedError,),
    "no_finish": (errors.StreamCutError, errors.ReplyInvalidError),
    "malformed_json": (errors.ReplyInvalidError,),
    "wrong_schema": (errors.ReplyInvalidError,),
    "invalid_utf8": (errors.ReplyInvalidError,),
}
TRIED_AGAIN = {
    *("408", "409", "429_rate", "429_tokens", "429_slow_down", "500", "502", "503_overloaded", "504"),
    *("retry_after_ms", "retry_after_seconds", "retry_after_date", "should_retry_true", "html_502"),
    *("connection_reset", "connection_closed", "cut", "cut_mid_character", "no_finish"),
    *("error_after_200", "limit_after_200", "response_failed"),
}
"""Tried again as long as no text had been given."""
SECONDS = {
    "slow_first_byte": 0.005,
    "retry_after_ms": 0.004,
    "retry_after_seconds": 0.004,
    "retry_after_date": 0,
}


@dataclass
class Heard:
    """What one schedule gave."""

    pieces: list[str] = field(default_factory=list)
    completion: Completion | None = None
    error: GPTError | None = None
    asked: int = 0


@dataclass(frozen=True)
class Schedule:
    seed: int
    script: tuple[str | None, ...]
    model: str
    streamed: bool
    tries: int

    @classmethod
    def of(cls, seed: int) -> Schedule:
        dice = random.Random(seed)
        script = tuple(_spec(dice) for _ in range(dice.choice([1, 1, 2, 2, 3, 4])))
        return cls(
            seed, script, dice.choice(["gpt-6-luna", "gpt-5-pro"]), dice.random() < 0.7, dice.randint(1, 4)
        )


def _spec(dice: random.Random) -> str | None:
    if dice.random() < 0.15:
        return None
    name = dice.choice(list(FAULTS))
    if name in SECONDS:
        return f"{name};seconds={SECONDS[name]}"
    return f"{name};after={dice.randint(0, 12)}" if FAULTS[name].stage == "during" else name


def test_the_table_of_expectations_has_every_fault() -> None:
    assert set(EXPECTED) | HARMLESS | set(SHORTENED) == set(FAULTS)


async def play(schedule: Schedule, question: str, limits: Timeouts = LIMITS) -> Heard:
    server = MockServer(script=schedule.script)
    client = Client(
        base_url=await server.start(),
        timeouts=limits,
        retry=Retry(attempts=schedule.tries, base=0.002, cap=0.004, dice=random.Random(schedule.seed)),
    )
    heard = Heard()
    request = Request((user(question),), schedule.model)
    try:
        await asyncio.wait_for(_listen(client, request, schedule.streamed, heard), HANG)
    except GPTError as error:
        heard.error = error
    finally:
        heard.asked = len(server.requests)
        await server.stop()
    return heard


async def _listen(client: Client, request: Request, streamed: bool, heard: Heard) -> None:
    if not streamed:
        heard.completion = await client.complete(request)
        heard.pieces.append(heard.completion.text)
        return
    async with client.stream(request) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                heard.pieces.append(event.text)
            elif isinstance(event, Done):
                heard.completion = event.completion


def verdict(schedule: Schedule, heard: Heard, right: str) -> str:
    """What is wrong with what was heard, or nothing."""
    names = [(spec or "").split(";")[0] for spec in schedule.script] + [""] * schedule.tries
    last, before = names[heard.asked - 1], names[: heard.asked - 1]
    if any(name not in TRIED_AGAIN for name in before):
        return f"tried again after {before}"
    if heard.asked > schedule.tries:
        return "more tries than allowed"
    if heard.error is not None:
        return of_error(heard.error, schedule, heard, last, right)
    return of_answer(schedule, heard, last, right)


def of_error(error: GPTError, schedule: Schedule, heard: Heard, last: str, right: str) -> str:
    said = "".join(heard.pieces)
    if not isinstance(error, EXPECTED.get(last, ())):
        return f"{error!r} for {last or 'no fault'}"
    if error.text != said and schedule.streamed:
        return f"the error keeps {error.text!r}, but {said!r} was given"
    if not right.startswith(said):
        return "text that was never said"
    mendable = last in TRIED_AGAIN and not isinstance(error, errors.ReplyInvalidError)
    if mendable and not said and heard.asked < schedule.tries:
        return f"{last} was not tried again"
    return "" if error.attempts == heard.asked else "a wrong count of tries"


def of_answer(schedule: Schedule, heard: Heard, last: str, right: str) -> str:
    said = "".join(heard.pieces)
    if heard.completion is None:
        return "neither an answer nor an error"
    if said != heard.completion.text:
        return "the pieces are not the answer"
    if last in SHORTENED:
        part = right.startswith(said) and 0 < len(said) < len(right)
        return "" if part and heard.completion.finish == SHORTENED[last] else "badly shortened"
    if last == "invalid_utf8" and schedule.streamed:
        # the standard has such bytes replaced, not refused
        return "" if said.replace("\ufffd", "") == right else "more than the bad bytes is changed"
    harmless = HARMLESS if schedule.streamed else HARMLESS | {"no_finish"}
    if last and last not in harmless:
        return f"an answer in spite of {last}"
    changed = said != right and last not in ("wrong_document", "no_json_document")
    return f"{said!r} is not {right!r}" if changed else ""


async def lag(worst: list[float]) -> None:
    """Note how late this loop wakes: a machine that stops for a moment makes true timeouts."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.005)
        worst[0] = max(worst[0], time.monotonic() - began - 0.005)


async def judged(schedule: Schedule, question: str, right: str) -> str:
    for _ in range(5):
        worst = [0.0]
        watch = asyncio.create_task(lag(worst))
        try:
            wrong = verdict(schedule, await play(schedule, question), right)
        except asyncio.TimeoutError:
            wrong = "hung"
        finally:
            watch.cancel()
        if not wrong or worst[0] < 0.02:
            break
    return f"seed {schedule.seed}, {schedule}: {wrong}" if wrong else ""


@pytest.fixture
async def _closed() -> AsyncIterator[None]:
    encoding.count("the vocabulary is read before the first limit of milliseconds runs")
    yield
    await transport.close_pool()


@pytest.mark.parametrize("part", range(4))
@pytest.mark.usefixtures("_closed")
async def test_every_schedule_ends_in_the_right_answer_or_the_right_error(
    part: int, soak: Callable[[int], int], rng: random.Random
) -> None:
    question = "Dis-moi, à quoi sert une boîte à rythmes ? ♪"
    first = rng.randrange(2**32)
    count = soak(SCHEDULES) // 4
    rights = {
        model: (await play(Schedule(0, (None,), model, True, 1), question, Timeouts())).completion
        for model in ("gpt-6-luna", "gpt-5-pro")
    }
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(number: int) -> str:
        schedule = Schedule.of(first + number)
        right = rights[schedule.model]
        assert right is not None
        async with gate:
            return await judged(schedule, question, right.text)

    wrongs = await asyncio.gather(*(one(part * count + number) for number in range(count)))
    assert [wrong for wrong in wrongs if wrong] == []
