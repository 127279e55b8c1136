"""What the server says about its limits, read from the `x-ratelimit-*` headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?"
)
_SECONDS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests and tokens: the limit, what remains, seconds until it is full again. None = not said."""

    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens: float | None = None


def seconds(duration: str | None) -> float | None:
    """Seconds of a duration such as `12ms`, `6m0s` or `1h2m3.5s`; a bare number counts as seconds."""
    if not duration:
        return None
    text = duration.strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    return sum(float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)


def read(headers: Mapping[str, str]) -> RateLimits | None:
    """The limits that an answer's headers tell, or None when they tell nothing.

    A limit of 0 or less means unknown (Azure sends -1 and 0), and so does what remains of it.
    """
    found: dict[str, int | float | None] = {}
    for kind in ("requests", "tokens"):
        limit = _whole(headers.get(f"x-ratelimit-limit-{kind}"))
        known = limit is not None and limit > 0
        remaining = _whole(headers.get(f"x-ratelimit-remaining-{kind}"))
        found[f"limit_{kind}"] = limit if known else None
        found[f"remaining_{kind}"] = remaining if known and remaining is not None and remaining >= 0 else None
        found[f"reset_{kind}"] = seconds(headers.get(f"x-ratelimit-reset-{kind}")) if known else None
    if all(value is None for value in found.values()):
        return None
    return RateLimits(**found)  # type: ignore[arg-type]


def _whole(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
