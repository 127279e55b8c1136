"""JSON on the wire, and a refusal in OpenAI's form."""

from __future__ import annotations

import json
import math
from typing import Any


class WireError(Exception):
    """A refusal as OpenAI words it: HTTP status, and the four fields of `error`.

    Source of the shape and the codes: reference/openai.md D3.
    """

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status
        self.kind = kind

    def body(self) -> dict[str, Any]:
        """The JSON body of the refusal."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def dump(value: object) -> bytes:
    """Compact UTF-8 JSON. A lone surrogate, which UTF-8 cannot hold, becomes `?`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def load(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`. Raises WireError for anything else."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise WireError(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
            "your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not "
            "valid JSON.)"
        ) from None
    if not isinstance(value, dict):
        raise WireError("Invalid body: expected a JSON object.")
    return value


def parsed(raw: bytes) -> Any:
    """The JSON object in a body, or None."""
    try:
        return load(raw)
    except WireError:
        return None


def _refuse(word: str) -> float:
    raise ValueError(word)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
