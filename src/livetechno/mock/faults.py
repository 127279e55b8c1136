"""The faults that Mock AI plays, by name, and how one is chosen for a request.

A fault is asked for by the header `X-Mock-Fault: NAME[;after=N][;seconds=S]`, else comes next in the
script, else falls by the dice of its rate. `after` counts the pieces of a stream that still arrive;
`seconds` is how long a slow fault waits, or what the retry header of a refusal says. Bodies and codes:
D3 of reference/openai.md.
"""

from __future__ import annotations

import datetime
import math
import random
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any, Literal

from livetechno import words
from livetechno.mock.rate import REQUESTS, TOKENS, decimal, duration

Stage = Literal["instead", "before", "content", "during"]
"""Where it strikes: a refusal instead, the connection before any answer, what the answer says, its bytes."""
RetryHeader = Literal["milliseconds", "seconds", "date"]
"""How a refusal tells when to come back: `retry-after-ms`, or one of the two forms of `retry-after`."""
SOON = 0.02
"""Seconds to wait that a refusal asks for: short enough for tests."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. The fields after `stage` describe the refusal that is sent instead of an answer."""

    name: str
    stage: Stage
    status: int = 200
    kind: str = ""
    code: str | None = None
    message: str = ""
    """May name the `{model}` that was asked for."""
    param: str | None = None
    retry: RetryHeader | None = None
    wait: float = 0.0
    """Seconds that a slow fault waits, or that the retry header tells, unless the request says."""
    used_up: Literal["requests", "tokens"] | None = None
    """The limit that the headers show as reached."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """A body that is no JSON refusal."""

    def description(self, language: str | None = None) -> str:
        """What it does, in one line."""
        return words.say(f"mock.fault.{self.name}", language)

    def error(self, model: str = "asked-for") -> dict[str, Any]:
        """The `error` object of the refusal of a request for `model`."""
        message = self.message.replace("{model}", model)
        return {"message": message, "type": self.kind, "param": self.param, "code": self.code}


HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"


def _refusal(
    name: str, status: int, code: str | None, message: str, kind: str = "invalid_request_error", **rest: Any
) -> Fault:
    return Fault(name, "instead", status, kind, code, message, **rest)


def _for_a_moment(name: str, status: int, code: str | None, message: str, kind: str, **rest: Any) -> Fault:
    """A refusal that asks to come back soon."""
    return _refusal(name, status, code, message, kind, **{"retry": "milliseconds", "wait": SOON, **rest})


_LIMITED = (
    "Rate limit reached for `{{model}}` in organization org-mock on {}: Limit {}, Used {}, Requested 1."
)
_BUSY = "The server had an error while processing your request. Sorry about that!"
_SPENT = "You exceeded your current quota, please check your plan and billing details."

_ALL = (
    _refusal("400", 400, None, "Invalid request."),
    _refusal(
        "400_context",
        400,
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        param="messages",
    ),
    _refusal(
        "400_unsupported_parameter",
        400,
        "unsupported_parameter",
        "Unsupported parameter: 'temperature' is not supported with this model.",
        param="temperature",
    ),
    _refusal(
        "400_unsupported_value",
        400,
        "unsupported_value",
        "Unsupported value: 'temperature' does not support "
        "0.2 with this model. Only the default (1) value is supported.",
        param="temperature",
    ),
    _refusal(
        "400_invalid_prompt",
        400,
        "invalid_prompt",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
    ),
    _refusal(
        "400_service_tier", 400, "invalid_value", "Invalid service_tier argument.", param="service_tier"
    ),
    _refusal("401", 401, "invalid_api_key", "Incorrect API key provided."),
    _refusal("401_organization", 401, None, "You must be a member of an organization to use the API."),
    _refusal("401_ip", 401, "ip_not_authorized", "Your IP address is not authorized for this project."),
    _refusal(
        "403",
        403,
        "unsupported_country_region_territory",
        "Country, region, or territory not supported.",
        "request_forbidden",
    ),
    _refusal(
        "404_model",
        404,
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    _refusal(
        "404_retired",
        404,
        "model_not_found",
        "The model `{model}` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations",
    ),
    _for_a_moment("408", 408, None, "Request timed out.", "timeout"),
    _for_a_moment("409", 409, None, "Another request is changing the same resource.", "conflict"),
    _refusal("413", 413, None, "Maximum content size limit exceeded."),
    _refusal("422", 422, None, "The request could not be processed."),
    _for_a_moment(
        "429_rate",
        429,
        "rate_limit_exceeded",
        _LIMITED.format("requests per min (RPM)", REQUESTS, REQUESTS),
        "requests",
        used_up="requests",
    ),
    _for_a_moment(
        "429_tokens",
        429,
        "rate_limit_exceeded",
        _LIMITED.format("tokens per min (TPM)", TOKENS, TOKENS),
        "tokens",
        used_up="tokens",
    ),
    _for_a_moment(
        "429_slow_down",
        429,
        "slow_down",
        "Your request rate rose too fast. Please slow down.",
        "rate_limit_error",
    ),
    _refusal("429_credit", 429, "credit_balance_exhausted", _SPENT, "insufficient_quota"),
    _refusal("429_quota", 429, "insufficient_quota", _SPENT, "insufficient_quota"),
    _refusal(
        "429_org_spend",
        429,
        "organization_spend_limit_exceeded",
        "Your organization has reached its spend limit.",
        "insufficient_quota",
    ),
    _refusal(
        "429_project_spend",
        429,
        "project_spend_limit_exceeded",
        "Your project has reached its spend limit.",
        "insufficient_quota",
    ),
    _refusal(
        "429_org_usage",
        429,
        "organization_usage_limit_exceeded",
        "Your organization has reached its usage limit.",
        "insufficient_quota",
    ),
    _for_a_moment("500", 500, None, _BUSY, "server_error"),
    _for_a_moment("502", 502, None, "Bad gateway.", "server_error"),
    _for_a_moment(
        "503_overloaded",
        503,
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
        "service_unavailable_error",
    ),
    _for_a_moment("504", 504, None, "The upstream server timed out.", "server_error"),
    _for_a_moment("retry_after_ms", 429, "rate_limit_exceeded", "Wait a little.", "requests"),
    _for_a_moment(
        "retry_after_seconds", 429, "rate_limit_exceeded", "Wait a little.", "requests", retry="seconds"
    ),
    _for_a_moment(
        "retry_after_date",
        503,
        "server_is_overloaded",
        "Wait a little.",
        "service_unavailable_error",
        retry="date",
        wait=1.0,
    ),
    _for_a_moment(
        "retry_after_too_long",
        429,
        "rate_limit_exceeded",
        "Wait for long.",
        "requests",
        retry="seconds",
        wait=3600.0,
    ),
    _refusal(
        "should_retry_false",
        503,
        "server_is_overloaded",
        "Do not try again.",
        "service_unavailable_error",
        headers={"x-should-retry": "false"},
    ),
    _for_a_moment(
        "should_retry_true",
        400,
        None,
        "Try the same again.",
        "invalid_request_error",
        headers={"x-should-retry": "true"},
    ),
    Fault("html_502", "instead", 502, headers={"content-type": "text/html"}, body=HTML),
    Fault(
        "redirect",
        "instead",
        307,
        headers={"location": "/v1/elsewhere", "content-type": "text/plain"},
        body=b"",
    ),
    Fault("empty_body", "instead", 200, headers={"content-type": "application/json"}, body=b""),
    Fault(
        "html_200",
        "instead",
        200,
        headers={"content-type": "text/html"},
        body=HTML.replace(b"502 Bad Gateway", b"Sign in"),
    ),
    Fault("connection_reset", "before"),
    Fault("connection_closed", "before"),
    Fault("no_answer", "before"),
    Fault("slow_first_byte", "before", wait=0.3),
    Fault("content_filter", "content"),
    Fault("length", "content"),
    Fault("refusal", "content"),
    Fault("wrong_document", "content"),
    Fault("no_json_document", "content"),
    Fault("stall", "during"),
    Fault("cut", "during"),
    Fault("cut_mid_character", "during"),
    Fault("error_after_200", "during", 500, "server_error", "server_error", _BUSY),
    Fault("limit_after_200", "during", 429, "requests", "rate_limit_exceeded", "Rate limit reached."),
    Fault("response_failed", "during", 500, "server_error", "server_error", _BUSY),
    Fault("no_finish", "during"),
    Fault("malformed_json", "during"),
    Fault("wrong_schema", "during"),
    Fault("invalid_utf8", "during"),
    Fault("odd_framing", "during"),
    Fault("unknown_events", "during"),
)
FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in _ALL})
"""Every fault, by its name."""

OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {"404": "404_model", "429": "429_rate", "503": "503_overloaded", "200_then_error": "error_after_200"}
)


class UnknownFaultError(ValueError):
    """A fault that cannot be read; the text says why and lists the names."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault about to be played: after so many pieces (None: the fault's own way), lasting `seconds`."""

    fault: Fault
    after: int | None = None
    seconds: float | None = None

    @property
    def lasting(self) -> float:
        """Seconds that a slow fault waits, or that a retry header tells."""
        return self.fault.wait if self.seconds is None else self.seconds

    def headers(self) -> dict[str, str]:
        """The headers of the refusal, with its retry header; one that has none gets `seconds` as such."""
        headers = dict(self.fault.headers)
        if self.fault.used_up:
            headers[f"x-ratelimit-remaining-{self.fault.used_up}"] = "0"
            headers[f"x-ratelimit-reset-{self.fault.used_up}"] = duration(self.lasting)
        match self.fault.retry or ("seconds" if self.seconds is not None else None):
            case "milliseconds":
                headers["retry-after-ms"] = decimal(self.lasting * 1000)
            case "seconds":
                headers["retry-after"] = decimal(self.lasting)
            case "date":
                then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lasting)
                headers["retry-after"] = format_datetime(then, usegmt=True)
        return headers


def parse_fault(text: str) -> Strike:
    """The fault that `NAME[;after=N][;seconds=S]` asks for. Raises UnknownFaultError."""
    name, *options = (part.strip() for part in text.split(";"))
    key = name.lower().replace("-", "_").replace(" ", "_")
    fault = FAULTS.get(OTHER_NAMES.get(key, key))
    if fault is None:
        raise UnknownFaultError(f"unknown fault {name!r:.60}; one of: {', '.join(FAULTS)}")
    values: dict[str, float] = {}
    for option in options:
        word, _, value = option.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        whole = word != "after" or number == number // 1
        if word not in ("after", "seconds") or not 0 <= number <= 86_400 or not whole:
            raise UnknownFaultError(
                f"{option!r:.60}: after=N and seconds=S, from 0 to 86400; N a whole number"
            )
        values[word] = number
    after = values.get("after")
    return Strike(fault, None if after is None else int(after), values.get("seconds"))


class FaultSource:
    """Chooses a fault for each request: the header's, else the script's next, else by the dice.

    Raises UnknownFaultError for a bad name in the rates or the script, ValueError for a rate outside 0 to 1.
    """

    def __init__(self, rates: Mapping[str, float], script: Iterable[str | None], seed: int) -> None:
        self._rates = [(parse_fault(name), float(rate)) for name, rate in rates.items()]
        for strike, rate in self._rates:
            if not 0 <= rate <= 1:
                raise ValueError(f"{strike.fault.name}={rate:g}: a rate is from 0 to 1")
        self._script = deque(None if spec is None else parse_fault(spec) for spec in script)
        self._dice = random.Random(f"faults/{seed}")

    def choose(self, header: str | None) -> Strike | None:
        """The fault for this request, if any. Raises UnknownFaultError for a bad header."""
        if header is not None:
            return parse_fault(header)
        if self._script:
            return self._script.popleft()
        for strike, rate in self._rates:
            if self._dice.random() < rate:
                return strike
        return None
