"""An answer that is an error, or an exception of the network, becomes one of our own errors."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from livetechno.gpt import errors
from livetechno.gpt.errors import GPTError

SPENDING_CODES = frozenset(
    {
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_exhausted",
        "insufficient_quota",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "project_spend_limit_exceeded",
    }
)
"""Codes of a 429 that no waiting mends (reference: OpenAI's error codes, D3)."""

_BY_STATUS: dict[int, type[GPTError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.SpendingLimitError,
    403: errors.PermissionDeniedError,
    404: errors.ServerRefusedError,
    409: errors.ConflictError,
    413: errors.BadRequestError,
    422: errors.BadRequestError,
    429: errors.RateLimitError,
}
_BY_CODE: dict[str, type[GPTError]] = {
    "context_length_exceeded": errors.ContextTooLongError,
    "invalid_api_key": errors.AuthenticationError,
    "model_not_found": errors.ModelNotFoundError,
    "rate_limit_exceeded": errors.RateLimitError,
    "server_error": errors.ServerFailedError,
    "server_is_overloaded": errors.ServerFailedError,
    "slow_down": errors.RateLimitError,
    **dict.fromkeys(SPENDING_CODES, errors.SpendingLimitError),
}
_LONGEST_DETAIL = 500


def from_response(status: int, headers: Mapping[str, str], body: bytes, *, model: str = "") -> GPTError:
    """The error that an HTTP answer with `status` stands for (anything but 2xx)."""
    told = _told(body)
    code, kind = _text(told.get("code")), _text(told.get("type"))
    return _kind(status, code or kind)(
        _detail(status, told, body),
        code=code or kind,
        status=status,
        parameter=_text(told.get("param")),
        request_id=headers.get("x-request-id"),
        retry_after=retry_after(headers),
        should_retry={"true": True, "false": False}.get(headers.get("x-should-retry", "").lower()),
        model=model,
    )


def from_event(told: Mapping[str, Any], *, request_id: str | None = None, model: str = "") -> GPTError:
    """The error that came inside a stream, after a status of 200."""
    code, kind = _text(told.get("code")), _text(told.get("type"))
    found = _BY_CODE.get(code or "") or _BY_CODE.get(kind or "") or errors.ServerFailedError
    return found(
        _shorten(_text(told.get("message")) or code or kind or ""),
        code=code or kind,
        parameter=_text(told.get("param")),
        request_id=request_id,
        model=model,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms`, else `retry-after` (seconds, or an HTTP date)."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    told = headers.get("retry-after")
    wait = _number(told)
    if wait is not None or not told:
        return wait
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _kind(status: int, code: str | None) -> type[GPTError]:
    if status >= 500:
        return errors.ServerFailedError
    by_code = _BY_CODE.get(code or "")
    if by_code is not None and (by_code is not errors.SpendingLimitError or status in (402, 403, 429)):
        return by_code
    return _BY_STATUS.get(status, errors.ServerRefusedError)


def _told(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    told = document.get("error", document)
    if isinstance(told, str):
        return {"message": told}
    return told if isinstance(told, dict) else {}


def _detail(status: int, told: Mapping[str, Any], body: bytes) -> str:
    message = _text(told.get("message")) or _text(told.get("detail"))
    if message:
        return _shorten(message)
    if 300 <= status < 400:
        return f"HTTP {status}: redirects are not followed"
    plain = body[:2000].decode("utf-8", "replace").strip()
    return f"HTTP {status}" if not plain or plain.startswith(("<", "{")) else _shorten(plain)


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_DETAIL else line[: _LONGEST_DETAIL - 1] + "…"


def _text(value: object) -> str | None:
    return (
        str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) and number >= 0 else None
