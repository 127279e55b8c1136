"""The module `openai.error` of openai 0.27: its tree, and how our errors become it.

    OpenAIError
    ├── APIError                    5xx, a reply that is no reply, an error inside a stream
    ├── APIConnectionError          nothing usable came back
    ├── AuthenticationError         401, no key, a key that cannot be used
    ├── InvalidAPIType              an `api_type` that is not supported
    ├── InvalidRequestError         400, 404, 415, and what made no sense before it was sent
    ├── PermissionError             403
    ├── RateLimitError              429, a spent credit included
    ├── ServiceUnavailableError     503
    ├── Timeout                     any of the timeouts
    └── TryAgain                    409

`str(error)` is the server's own words, or ours where it said nothing; no key is ever in them.
`error.cause` is our own error, whose `todo()` says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livetechno.gpt import errors
from livetechno.gpt.errors import GPTError

INVALID_REQUEST = "invalid_request_error"
"""OpenAI's type of most refusals."""


class OpenAIError(Exception):
    """Anything that went wrong."""

    def __init__(
        self,
        message: str | None = None,
        http_body: str | None = None,
        http_status: int | None = None,
        json_body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        code: str | None = None,
        *,
        param: str | None = None,
        cause: GPTError | None = None,
    ) -> None:
        super().__init__(message)
        self._message = message
        self.http_body = http_body
        self.http_status = http_status
        self.json_body = json_body
        self.headers = dict(headers or {})
        self.code = code
        self.param = param
        self.cause = cause
        self.request_id = self.headers.get("x-request-id")
        self.organization = self.headers.get("openai-organization")

    @property
    def user_message(self) -> str | None:
        """The message alone."""
        return self._message

    @property
    def error(self) -> Any:
        """The server's `error` object, if it sent one."""
        return (self.json_body or {}).get("error")

    def __str__(self) -> str:
        return self._message or "<empty message>"

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(message={self._message!r}, http_status={self.http_status!r}, "
            f"request_id={self.request_id!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(kind: type[OpenAIError], state: dict[str, Any]) -> OpenAIError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["_message"])
    error.__dict__.update(state)
    return error


class APIError(OpenAIError):
    """The server failed, or its answer made no sense."""


class TryAgain(OpenAIError):  # noqa: N818 - the names are those of 0.27
    """409: another request is in the way."""


class Timeout(OpenAIError):  # noqa: N818
    """No answer in time."""


class APIConnectionError(OpenAIError):
    """Nothing usable came back. `should_retry` says whether another try may help."""

    should_retry = False


class InvalidRequestError(OpenAIError):
    """The request is at fault; `param` says where."""

    def __init__(
        self,
        message: str | None,
        param: str | None = None,
        code: str | None = None,
        http_body: str | None = None,
        http_status: int | None = None,
        json_body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        cause: GPTError | None = None,
    ) -> None:
        super().__init__(message, http_body, http_status, json_body, headers, code, param=param, cause=cause)


class AuthenticationError(OpenAIError):
    """No key, or one that is not accepted."""


class PermissionError(OpenAIError):  # noqa: A001
    """The key may not do this."""


class RateLimitError(OpenAIError):
    """Too many requests, or nothing left to spend; `code` tells which."""


class ServiceUnavailableError(OpenAIError):
    """The server is overloaded."""


class InvalidAPIType(OpenAIError):  # noqa: N818
    """An `api_type` that is not supported."""


_BY_STATUS: dict[int, type[OpenAIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionError,
    404: InvalidRequestError,
    409: TryAgain,
    415: InvalidRequestError,
    429: RateLimitError,
    503: ServiceUnavailableError,
}
_BY_KIND: tuple[tuple[type[GPTError], type[OpenAIError]], ...] = (
    (errors.UsageError, InvalidRequestError),
    (errors.KeyProblem, AuthenticationError),
    (errors.GPTTimeoutError, Timeout),
    (errors.NetworkError, APIConnectionError),
)
"""Errors that no status tells. What a server says inside a stream is an APIError, as in 0.27."""


def from_ours(error: GPTError) -> OpenAIError:
    """The error of 0.27 that stands for one of ours: by its status as 0.27 did, else by its kind."""
    kind = _BY_STATUS.get(error.status, APIError) if error.status is not None else _by_kind(error)
    # what is wrong with an answer, or is said inside a stream, came after a status of 200
    status = 200 if error.status is None and kind is APIError else error.status
    message = error.detail if status is not None and _in_its_own_words(error) else str(error)
    headers = {"x-request-id": error.request_id} if error.request_id else {}
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    # where the server gave no code, ours is the type
    code, told_type = (None, error.code) if error.code == INVALID_REQUEST else (error.code, None)
    told = {"message": message, "type": told_type, "param": error.parameter, "code": code}
    common: dict[str, Any] = {
        "http_status": status,
        "json_body": {"error": told} if status is not None else None,
        "headers": headers,
        "code": code,
        "param": error.parameter,
        "cause": error.with_traceback(None),
    }
    built = kind(message, **common)
    if isinstance(built, APIConnectionError):
        built.should_retry = not isinstance(error, errors.CertificateError)
    return built


def _by_kind(error: GPTError) -> type[OpenAIError]:
    return next((theirs for ours, theirs in _BY_KIND if isinstance(error, ours)), APIError)


def _in_its_own_words(error: GPTError) -> bool:
    """Whether the detail is what the server said."""
    return bool(error.detail) and not isinstance(error, errors.ReplyInvalidError)
