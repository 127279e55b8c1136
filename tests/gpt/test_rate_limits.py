from __future__ import annotations

import pytest

from livetechno.gpt.rate_limits import RateLimits, read, seconds


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("12ms", 0.012),
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("2d", 172_800.0),
        ("0", 0.0),
        ("7.66", 7.66),
        ("soon", None),
        ("", None),
        (None, None),
        ("s", None),
        ("-1", None),
    ],
)
def test_a_duration_becomes_seconds(duration: str | None, expected: float | None) -> None:
    assert seconds(duration) == (pytest.approx(expected) if expected is not None else None)


def test_the_headers_tell_limits_and_what_remains() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-remaining-tokens": "29000",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert read(headers) == RateLimits(500, 499, 0.12, 30000, 29000, 360.0)


def test_a_server_that_tells_nothing_or_nonsense_gives_none() -> None:
    assert read({}) is None
    assert read({"x-ratelimit-limit-requests": "-1", "x-ratelimit-remaining-requests": "-1"}) is None
    assert read({"x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0"}) is None
    assert read({"x-ratelimit-limit-tokens": "many"}) is None
