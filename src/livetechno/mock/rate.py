"""The headers that come with every answer: request id, time taken, rate limits."""

from __future__ import annotations

import hashlib

REQUESTS = 10_000
"""Requests per minute that the headers speak of. Nothing is limited: a fault plays that."""
TOKENS = 2_000_000
"""Tokens per minute that the headers speak of."""
WINDOW = 60.0
"""Seconds in which a limit refills."""


def decimal(number: float) -> str:
    """The number with at most three decimals, and none that say nothing: `7`, `0.02`."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """The time as the headers write it: `12ms`, `6m0s`, `1h0m30s`, `1.5s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = f"{decimal(rest)}s"
    if seconds >= 60:
        text = f"{int(minutes)}m{text}"
    return f"{int(hours)}h{text}" if hours else text


def headers(seed: int, number: int, taken: float, tokens: int) -> dict[str, str]:
    """For the request with this number since the start, answered in `taken` seconds with `tokens` tokens."""
    request_id = hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:32]
    used = min(tokens, TOKENS)
    return {
        "x-request-id": f"req_{request_id}",
        "openai-processing-ms": str(round(taken * 1000)),
        "openai-version": "2020-10-01",
        "openai-organization": "org-mock",
        "x-ratelimit-limit-requests": str(REQUESTS),
        "x-ratelimit-remaining-requests": str(REQUESTS - 1),
        "x-ratelimit-reset-requests": duration(WINDOW / REQUESTS),
        "x-ratelimit-limit-tokens": str(TOKENS),
        "x-ratelimit-remaining-tokens": str(TOKENS - used),
        "x-ratelimit-reset-tokens": duration(WINDOW * used / TOKENS),
    }
