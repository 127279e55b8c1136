"""Every error as JSON: our own code, a sentence in the caller's language, the request's id.

    {"error": {"code": "budget_exceeded", "message": "...", "request_id": "req_...", "retry_after": null}}

Nothing of a server that we asked gets through: no header, no words, no id of an organisation.
"""

from __future__ import annotations

from typing import Any

from livetechno import words
from livetechno.environment import EnvironmentValueError
from livetechno.gpt import errors as gpt
from livetechno.gpt.errors import GPTError
from livetechno.gpt.redaction import redact
from livetechno.settings import SettingsError
from livetechno.store.errors import NotFoundError, StoreError, ValueRefusedError

_OWN_REASONS = (gpt.UsageError, gpt.KeyFileError, gpt.BooksError, gpt.NotKeptError)
"""Errors whose detail is a sentence of ours, not of the server that was asked."""
_IN_SETTINGS = {
    "errors.authentication": "errors.authentication.settings",
    "errors.key_file": "errors.key_file.settings",
    "errors.key_missing": "errors.key_missing.settings",
    "errors.key_problem": "errors.key_problem.settings",
}
"""What to do where a page has settings, instead of the commands of a terminal first; by the error's key."""
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (gpt.UsageError, 400),
    (gpt.MissingKeyError, 409),
    (gpt.KeyFileError, 409),
    (gpt.AuthenticationError, 502),
    (gpt.PermissionDeniedError, 502),
    (gpt.KeyProblem, 400),
    (gpt.SpendingLimitError, 402),
    (gpt.BudgetExceededError, 402),
    (gpt.UnknownPriceError, 402),
    (gpt.BooksError, 503),
    (gpt.NotKeptError, 503),
    (gpt.RateLimitError, 429),
    (gpt.BadRequestError, 400),
    (gpt.GPTTimeoutError, 504),
    (GPTError, 502),
    (NotFoundError, 404),
    (ValueRefusedError, 400),
    (StoreError, 503),
)
_KINDS = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    429: "rate_limit_error",
}
"""OpenAI's word for the kind of an error, by its status, where it is no invalid request."""


class ApiError(Exception):
    """A request that we refuse. `code` is also the key of its sentence, `server.{code}`.

    `retry_after` is how many seconds it will be refused for, where that is known.
    """

    def __init__(self, code: str, status: int, *, retry_after: float | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.values = values

    def message(self, language: str | None = None) -> str:
        """What is wrong, and what to do."""
        return words.say(f"server.{self.code}", language, **self.values)


def typed(error: Exception) -> Exception:
    """The same as an error of GPT's tree where a variable or `config.json` cannot be used."""
    if isinstance(error, SettingsError):
        return gpt.ConfigurationError.of_settings(error)
    if isinstance(error, EnvironmentValueError):
        return gpt.ConfigurationError.of_variable(error)
    return error


def status_of(error: Exception) -> int:
    """The HTTP status that says it."""
    if isinstance(error, ApiError):
        return error.status
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def document(error: Exception, request_id: str, language: str | None = None) -> dict[str, Any]:
    """What the caller is told. An error that is none of ours is only said to have happened."""
    return {"error": told(error, request_id, language)}


def told(error: Exception, request_id: str, language: str | None = None) -> dict[str, Any]:
    """The same without the frame."""
    retry_after = getattr(error, "retry_after", None)
    return {
        "code": code_of(error),
        "message": redact(_message(error, language)),
        "request_id": request_id,
        "retry_after": retry_after if isinstance(retry_after, int | float) else None,
    }


def openai_document(error: Exception, request_id: str, language: str | None = None) -> dict[str, Any]:
    """The same in OpenAI's form, of which SDKs make their exceptions: for all of `/v1`."""
    one = told(error, request_id, language)
    parameter = error.values.get("parameter") if isinstance(error, ApiError | GPTError) else None
    status = status_of(error)
    kind = _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {
        "error": {
            "message": one["message"],
            "type": kind,
            "param": redact(parameter) if isinstance(parameter, str) else None,
            "code": one["code"],
            "request_id": request_id,
        }
    }


def code_of(error: Exception) -> str:
    """Our own code for it, which stays the same whatever a server says."""
    if isinstance(error, GPTError):
        return error.key.removeprefix("errors.").partition(".")[0]
    if isinstance(error, StoreError | ApiError):
        return error.code
    return "internal"


def _message(error: Exception, language: str | None) -> str:
    if isinstance(error, ApiError):
        return error.message(language)
    if isinstance(error, StoreError):
        return f"{error.what(language)} {error.todo(language)}"
    if isinstance(error, GPTError):
        return f"{_what(error, language)} {_todo(error, language)}"
    return words.say("server.internal", language)


def _todo(error: GPTError, language: str | None) -> str:
    """What to do next, as a page says it."""
    in_settings = _IN_SETTINGS.get(error.key)
    return words.say(in_settings, language) if in_settings else error.todo(language)


def _what(error: GPTError, language: str | None) -> str:
    detail = error.detail
    if not isinstance(error, _OWN_REASONS) and type(error) is not gpt.KeyProblem:
        error.detail = ""
    try:
        return error.what(language)
    finally:
        error.detail = detail
