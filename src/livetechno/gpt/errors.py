"""Everything that can go wrong while talking to GPT, as one tree.

    GPTError
    ├── UsageError                  what we were asked for makes no sense (exit code 2)
    │   ├── AddressRefusedError     a base URL that may not be used
    │   ├── ConfigurationError      a variable or a file of settings that cannot be used
    │   ├── ParameterError          a parameter with a bad value, or dropped in strict mode
    │   └── RetiredModelError       a model past its end, in strict mode
    ├── KeyProblem                  (3)
    │   ├── MissingKeyError         no key, and Mock AI is not wanted
    │   ├── KeyFileError            the file of a key is readable by others, broken, ...
    │   ├── AuthenticationError     401: the server does not know this key
    │   └── PermissionDeniedError   403: the key may not do this, or not from here
    ├── SpendingLimitError          429 by its code: credit or a spending limit is used up (4)
    ├── BudgetExceededError         a budget of the person's own has no room for the call (4)
    ├── UnknownPriceError           there are budgets, and nobody knows what the call costs (4)
    ├── BooksError                  what the call costs cannot be written down
    ├── NotKeptError                a stored conversation cannot be read or written
    ├── NetworkError                nothing usable came back (5)
    │   ├── ConnectionFailedError   refused, reset, unknown host, a proxy's refusal
    │   │   └── CertificateError    the server's certificate cannot be trusted
    │   ├── ConnectTimeoutError     no connection in time
    │   ├── FirstByteTimeoutError   connected, but no answer began in time
    │   ├── IdleTimeoutError        the answer began, then fell silent
    │   ├── TotalTimeoutError       the whole call took too long
    │   └── StreamCutError          the answer ended before it was finished
    ├── ServerRefusedError          any other 4xx (5)
    │   ├── BadRequestError         400, 413, 422
    │   │   └── ContextTooLongError
    │   ├── ModelNotFoundError      404 with the code model_not_found
    │   ├── ConflictError           409
    │   └── RateLimitError          429 that waiting mends
    ├── ServerFailedError           5xx, or an error inside a stream (5)
    ├── ReplyInvalidError           an answer that is no JSON, or not what was asked for (6)
    │   ├── RefusedByModelError     the model declined
    │   └── ToolRoundsError         the model went on calling tools past the limit
    └── CancelledByCaller           the caller stopped it (130)

Each carries what a caller needs: `code`, `status`, `parameter`, `request_id`,
`retry_after` (seconds), `should_retry` (where the server said), `text` (what had
been streamed before it failed) and `attempts`. `str(error)` says what happened
and what to do next, in the person's language; `what()` and `todo()` give the two
halves in either language.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from livetechno import words
from livetechno.environment import EnvironmentValueError
from livetechno.gpt.redaction import redact
from livetechno.settings import SettingsError


class GPTError(Exception):
    """Anything that went wrong while talking to GPT. Texts are redacted: no key is ever in one."""

    key = "errors.gpt"
    exit_code = 1

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        parameter: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
        text: str = "",
        attempts: int = 1,
        **values: object,
    ) -> None:
        self.detail = redact(detail)
        self.code = redact(code) if code else code
        self.status = status
        self.parameter = redact(parameter) if parameter else parameter
        self.request_id = redact(request_id) if request_id else request_id
        self.retry_after = retry_after
        self.should_retry = should_retry
        self.text = text
        self.attempts = attempts
        self.values: dict[str, Any] = {
            name: redact(value) if isinstance(value, str) else value for name, value in values.items()
        }
        super().__init__(self.detail)

    def what(self, language: str | None = None) -> str:
        """What happened, in one sentence, with the server's own words where it gave any."""
        sentence = words.say(f"{self.key}.what", language, **self._shown(language))
        return f"{sentence} ({self.detail})" if self.detail else sentence

    def todo(self, language: str | None = None) -> str:
        """What to do next, in one sentence."""
        return words.say(f"{self.key}.todo", language, **self._shown(language))

    def _shown(self, _language: str | None) -> dict[str, Any]:
        """The values as a sentence shows them."""
        return self.values

    def __str__(self) -> str:
        return f"{self.what()} {self.todo()}"

    def __repr__(self) -> str:
        known = {name: getattr(self, name) for name in ("code", "status", "parameter", "request_id")}
        shown = ", ".join(f"{name}={value!r}" for name, value in known.items() if value is not None)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(kind: type[GPTError], state: dict[str, Any]) -> GPTError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["detail"])
    error.__dict__.update(state)
    return error


class UsageError(GPTError):
    """What we were asked for makes no sense; nothing was sent."""

    key = "errors.usage"
    exit_code = 2


class AddressRefusedError(UsageError):
    """A base URL that may not be used: not https, and not http to this machine. Has `values["url"]`."""

    key = "errors.address_refused"


class ConfigurationError(UsageError):
    """A variable, `config.json` or `models.json` cannot be used. `values`: source (which), reason."""

    key = "errors.configuration"

    @classmethod
    def of_variable(cls, problem: EnvironmentValueError) -> ConfigurationError:
        """The error for a variable that cannot be read."""
        reason = words.say("settings.one_of", allowed=problem.allowed)
        return cls(code="environment", source=f"{problem.variable}={problem.value}", reason=reason)

    @classmethod
    def of_settings(cls, problem: SettingsError) -> ConfigurationError:
        """The error for a `config.json` that cannot be used."""
        where = f"{problem.file} ({problem.field})" if problem.field else str(problem.file)
        return cls(code="settings", source=where, reason=problem.reason)


class ParameterError(UsageError):
    """A parameter has a bad value, or strict mode met one that the model does not take.

    `parameter` names it; `values` has `parameter` and `allowed`.
    """

    key = "errors.parameter"

    def __init__(self, detail: str = "", *, parameter: str, allowed: str = "", **rest: Any) -> None:
        super().__init__(detail, parameter=parameter, allowed=allowed, **rest)
        self.values["parameter"] = parameter


class RetiredModelError(UsageError):
    """The model has ended and strict mode forbids its successor. `values`: model, ended, successor."""

    key = "errors.retired_model"


class KeyProblem(GPTError):  # noqa: N818 - the family; its members are the errors
    """The key is missing, unreadable or not accepted."""

    key = "errors.key_problem"
    exit_code = 3


class MissingKeyError(KeyProblem):
    """No key for this address, where one is needed. `values`: url; `optional` when calls go without one."""

    key = "errors.key_missing"

    def todo(self, language: str | None = None) -> str:
        """What to do next, which depends on whether the server asks for a key."""
        if not self.values.get("optional"):
            return super().todo(language)
        return words.say("errors.key_missing.optional", language, **self.values)


class KeyFileError(KeyProblem):
    """A key's file cannot be used. `values`: path, and the reason is the detail."""

    key = "errors.key_file"


class AuthenticationError(KeyProblem):
    """401: the server does not accept this key."""

    key = "errors.authentication"


class PermissionDeniedError(KeyProblem):
    """403: the key may not do this, or not from this place."""

    key = "errors.permission"


class SpendingLimitError(GPTError):
    """A 429 whose code says that credit or a spending limit is used up. Waiting does not mend it."""

    key = "errors.spending_limit"
    exit_code = 4


class BudgetExceededError(GPTError):
    """A budget has no room for the call at its worst; nothing was sent.

    `values`: budget (`day`, `month` or `conversation`), cap, left and worst (dollars), and frees (when
    the budget begins anew, in UTC; None for a conversation's).
    """

    key = "errors.budget_exceeded"
    exit_code = 4

    def todo(self, language: str | None = None) -> str:
        """What to do next: wait until the budget begins anew, where it does, raise it, or ask for less."""
        if self.values["frees"] is not None:
            return super().todo(language)
        return words.say("errors.budget_exceeded.never", language, **self._shown(language))

    def _shown(self, language: str | None) -> dict[str, Any]:
        from livetechno.gpt.prices import format_usd

        budget, cap, left, worst, frees = (
            self.values[name] for name in ("budget", "cap", "left", "worst", "frees")
        )
        return {
            "budget": budget,
            "period": words.say(f"errors.budget_exceeded.{budget}", language),
            "cap": format_usd(cap, language),
            "left": format_usd(left, language),
            "worst": format_usd(worst, language),
            "enough": ceil(max(2 * cap, cap - left + worst)),
            "frees": f"{frees.astimezone():%Y-%m-%d %H:%M}" if frees is not None else "",
        }


class UnknownPriceError(GPTError):
    """There are budgets, and the price of the model is not known; nothing was sent. `values`: model."""

    key = "errors.unknown_price"
    exit_code = 4


class BooksError(GPTError):
    """What the call may cost cannot be written down, so it was not made. The reason is the detail."""

    key = "errors.books"


class NotKeptError(GPTError):
    """A stored conversation cannot be read or written; what was stored stays. The reason is the detail."""

    key = "errors.not_kept"


class NetworkError(GPTError):
    """Nothing usable came back."""

    key = "errors.network"
    exit_code = 5


class ConnectionFailedError(NetworkError):
    """Refused, reset, or no such host. `values`: host."""

    key = "errors.connection_failed"


class CertificateError(ConnectionFailedError):
    """The server's certificate cannot be trusted. `values`: host."""

    key = "errors.certificate"


class GPTTimeoutError(NetworkError, TimeoutError):
    """One of the four timeouts. `values`: seconds, the limit that passed."""

    key = "errors.total_timeout"


class ConnectTimeoutError(GPTTimeoutError):
    """No connection in time."""

    key = "errors.connect_timeout"


class FirstByteTimeoutError(GPTTimeoutError):
    """Connected, but no answer began in time."""

    key = "errors.first_byte_timeout"


class IdleTimeoutError(GPTTimeoutError):
    """The answer began, then fell silent. `text` has what came."""

    key = "errors.idle_timeout"


class TotalTimeoutError(GPTTimeoutError):
    """The whole call took too long. `text` has what came."""

    key = "errors.total_timeout"


class StreamCutError(NetworkError):
    """The answer ended before it was finished. `text` has what came."""

    key = "errors.stream_cut"


class ServerRefusedError(GPTError):
    """The server refused the request (any 4xx without a class of its own)."""

    key = "errors.server_refused"
    exit_code = 5


class BadRequestError(ServerRefusedError):
    """400, 413 or 422: the request itself is at fault; `code` and `parameter` say where."""

    key = "errors.bad_request"


class ContextTooLongError(BadRequestError):
    """The conversation does not fit the model's window."""

    key = "errors.context_too_long"


class ModelNotFoundError(ServerRefusedError):
    """404 `model_not_found`. `values`: model, and successor ("" when none is known)."""

    key = "errors.model_not_found"

    def todo(self, language: str | None = None) -> str:
        """What to do next: the successor by its name, where one is known."""
        if not self.values.get("successor"):
            return super().todo(language)
        return words.say("errors.model_not_found.try_successor", language, **self.values)


class ConflictError(ServerRefusedError):
    """409: another request is in the way."""

    key = "errors.conflict"


class RateLimitError(ServerRefusedError):
    """A 429 that waiting mends; `retry_after` says how long, where the server did."""

    key = "errors.rate_limit"

    def todo(self, language: str | None = None) -> str:
        """What to do next: how long to wait, where the server said."""
        if not self.retry_after:
            return super().todo(language)
        return words.say("errors.rate_limit.wait", language, wait=_rounded_up(self.retry_after))


def _rounded_up(seconds: float) -> str:
    """A wait for a person to read: in seconds, minutes or hours, never too short."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds > 2 * length:
            return f"{ceil(seconds / length)} {unit}"
    return f"{ceil(seconds)} s"


class ServerFailedError(GPTError):
    """5xx, or an error that came inside a stream; then `text` has what came before it."""

    key = "errors.server_failed"
    exit_code = 5


class ReplyInvalidError(GPTError):
    """An answer that is no JSON, not in the expected form, or not after the schema asked for."""

    key = "errors.reply_invalid"
    exit_code = 6


class RefusedByModelError(ReplyInvalidError):
    """The model declined to answer in the form asked for."""

    key = "errors.refused_by_model"


class ToolRoundsError(ReplyInvalidError):
    """The model went on calling tools past the limit. `values`: rounds."""

    key = "errors.tool_rounds"


class CancelledByCaller(GPTError):  # noqa: N818 - not a failure
    """The caller stopped it; `text` has what had come."""

    key = "errors.cancelled"
    exit_code = 130
