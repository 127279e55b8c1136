from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import errors
from livetechno.gpt.errors import GPTError
from livetechno.gpt.retry import Retry, can_mend

MENDED = [
    errors.RateLimitError(status=429, code="rate_limit_exceeded"),
    errors.ConflictError(status=409),
    errors.ServerFailedError(status=500),
    errors.ServerFailedError(status=503, code="server_is_overloaded"),
    errors.ServerRefusedError(status=408),
    errors.ConnectionFailedError(host="h"),
    errors.ConnectTimeoutError(seconds=1),
    errors.StreamCutError(),
]
NOT_MENDED = [
    errors.BadRequestError(status=400),
    errors.AuthenticationError(status=401),
    errors.PermissionDeniedError(status=403),
    errors.ModelNotFoundError(status=404, model="m"),
    errors.SpendingLimitError(status=429, code="credit_balance_exhausted"),
    errors.CertificateError(host="h"),
    errors.FirstByteTimeoutError(seconds=1),
    errors.IdleTimeoutError(seconds=1),
    errors.TotalTimeoutError(seconds=1),
    errors.ReplyInvalidError(),
    errors.ServerFailedError(status=500, text="half an ans"),
]


@pytest.mark.parametrize("error", MENDED, ids=repr)
def test_what_another_try_can_mend_is_tried_again(error: GPTError) -> None:
    assert Retry(attempts=2).wait(error, 1) is not None


@pytest.mark.parametrize("error", NOT_MENDED, ids=repr)
def test_what_no_try_can_mend_is_given_up_at_once(error: GPTError) -> None:
    assert Retry(attempts=2).wait(error, 1) is None


def test_the_server_may_say_whether_to_try_again() -> None:
    assert can_mend(errors.BadRequestError(status=400, should_retry=True))
    assert not can_mend(errors.ServerFailedError(status=500, should_retry=False))


def test_no_server_can_make_us_repeat_a_spent_credit_or_a_text_already_given() -> None:
    assert not can_mend(errors.SpendingLimitError(status=429, should_retry=True))
    assert not can_mend(errors.ServerFailedError(status=500, text="already shown", should_retry=True))


def test_the_last_try_is_the_last() -> None:
    assert Retry(attempts=3).wait(MENDED[0], 2) is not None
    assert Retry(attempts=3).wait(MENDED[0], 3) is None


def test_a_retry_after_is_waited_for_exactly_up_to_the_longest_wait() -> None:
    retry = Retry(attempts=3, longest_wait=120)
    assert retry.wait(errors.RateLimitError(retry_after=0.02), 1) == 0.02
    assert retry.wait(errors.RateLimitError(retry_after=120), 1) == 120
    assert retry.wait(errors.RateLimitError(retry_after=121), 1) is None


@given(st.integers(min_value=1, max_value=40), st.integers())
def test_the_back_off_is_full_jitter_under_a_doubling_ceiling(attempt: int, seed: int) -> None:
    retry = Retry(attempts=1000, base=0.5, cap=8, dice=random.Random(seed))
    wait = retry.wait(MENDED[0], attempt)
    assert wait is not None
    assert 0 <= wait <= min(8, 0.5 * 2 ** (attempt - 1))
