"""What is tried again, and after how long.

Only what another try can mend: 408, 409, 429, 5xx and lost connections; never a spending limit,
never a certificate, and never a stream whose text has already been given to the caller.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from livetechno.gpt.errors import (
    CertificateError,
    ConflictError,
    ConnectionFailedError,
    ConnectTimeoutError,
    GPTError,
    RateLimitError,
    ServerFailedError,
    SpendingLimitError,
    StreamCutError,
)

_TRANSIENT = (
    ConflictError,
    ConnectionFailedError,
    ConnectTimeoutError,
    RateLimitError,
    ServerFailedError,
    StreamCutError,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that failed: its number (from 1), why, and the seconds until the next (None: no next)."""

    number: int
    error: GPTError
    wait: float | None


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential back-off with full jitter; the server's own `retry-after` comes first.

    `attempts` is the most tries in all; `base` doubles up to `cap` (seconds). A `retry-after`
    above `longest_wait` seconds is not waited for.
    """

    attempts: int = 3
    base: float = 0.5
    cap: float = 8.0
    longest_wait: float = 120.0
    dice: random.Random | None = None
    """For tests; else Python's own, which a forked child seeds anew."""

    def wait(self, error: GPTError, attempt: int) -> float | None:
        """Seconds to wait after try number `attempt` failed with `error`, or None to give up."""
        if attempt >= self.attempts or not can_mend(error):
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest_wait else None
        ceiling = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return (self.dice or random).uniform(0, ceiling)


def can_mend(error: GPTError) -> bool:
    """Whether another try may succeed."""
    if error.text or isinstance(error, (SpendingLimitError, CertificateError)):
        return False
    if error.should_retry is not None:
        return error.should_retry
    return error.status == 408 or isinstance(error, _TRANSIENT)
