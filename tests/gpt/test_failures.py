from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import errors
from livetechno.gpt.failures import SPENDING_CODES, from_event, from_response, retry_after


def body(
    code: str | None = None, kind: str | None = None, message: str = "told", param: str | None = None
) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind", "expected"),
    [
        (400, None, "invalid_request_error", errors.BadRequestError),
        (400, "context_length_exceeded", "invalid_request_error", errors.ContextTooLongError),
        (401, "invalid_api_key", "invalid_request_error", errors.AuthenticationError),
        (403, "unsupported_country_region_territory", "request_forbidden", errors.PermissionDeniedError),
        (404, "model_not_found", "invalid_request_error", errors.ModelNotFoundError),
        (404, None, None, errors.ServerRefusedError),
        (409, None, None, errors.ConflictError),
        (413, None, None, errors.BadRequestError),
        (422, None, None, errors.BadRequestError),
        (418, None, None, errors.ServerRefusedError),
        (429, "rate_limit_exceeded", "requests", errors.RateLimitError),
        (429, "slow_down", "rate_limit_error", errors.RateLimitError),
        (429, None, None, errors.RateLimitError),
        (500, None, "server_error", errors.ServerFailedError),
        (503, "server_is_overloaded", "service_unavailable_error", errors.ServerFailedError),
        (302, None, None, errors.ServerRefusedError),
    ],
)
def test_each_refusal_has_its_error(
    status: int, code: str | None, kind: str | None, expected: type[errors.GPTError]
) -> None:
    error = from_response(status, {"x-request-id": "req_7"}, body(code, kind, param="p"), model="m")
    assert type(error) is expected
    assert (error.status, error.code, error.parameter, error.request_id) == (
        status,
        code or kind,
        "p",
        "req_7",
    )


@pytest.mark.parametrize("code", sorted(SPENDING_CODES))
def test_a_spent_credit_is_told_from_a_rate_by_its_code(code: str) -> None:
    assert isinstance(from_response(429, {}, body(code, "insufficient_quota")), errors.SpendingLimitError)


def test_the_code_wins_over_the_type() -> None:
    told = from_response(429, {}, body("rate_limit_exceeded", "insufficient_quota"))
    assert isinstance(told, errors.RateLimitError)


def test_a_type_without_a_code_still_tells_a_spent_credit() -> None:
    assert isinstance(from_response(429, {}, body(None, "insufficient_quota")), errors.SpendingLimitError)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>no</html>",
        b"{",
        b"[]",
        b"null",
        b'{"error": 5}',
        b'{"error": "plain"}',
        b"\xff\xfe",
        b"[" * 9000,
    ],
)
def test_a_body_that_is_no_error_document_still_makes_an_error(raw: bytes) -> None:
    error = from_response(502, {}, raw)
    assert isinstance(error, errors.ServerFailedError)
    assert "<html>" not in str(error)


def test_a_redirect_is_told_as_one() -> None:
    assert "redirects are not followed" in str(from_response(307, {}, b""))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after-ms": "20", "retry-after": "9"}, 0.02),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_the_headers(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers) == expected


def test_a_wait_may_be_a_date() -> None:
    wait = retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert wait is not None
    assert 28 <= wait <= 31
    assert retry_after({"retry-after": formatdate(0, usegmt=True)}) == 0


def test_x_should_retry_is_kept() -> None:
    assert from_response(500, {"x-should-retry": "false"}, b"").should_retry is False
    assert from_response(400, {"x-should-retry": "true"}, b"").should_retry is True
    assert from_response(400, {}, b"").should_retry is None


def test_a_key_that_the_server_echoes_is_taken_out() -> None:
    echoed = "sk-" + "abcd1234" * 4
    error = from_response(401, {}, body("invalid_api_key", message=f"Incorrect API key provided: {echoed}."))
    assert echoed[3:11] not in str(error) + repr(error) + error.detail


def test_an_error_inside_a_stream_has_its_kind() -> None:
    assert isinstance(from_event({"code": "rate_limit_exceeded", "message": "x"}), errors.RateLimitError)
    assert isinstance(from_event({"type": "server_error"}), errors.ServerFailedError)
    assert isinstance(from_event({"code": "insufficient_quota"}), errors.SpendingLimitError)
    assert isinstance(from_event({}), errors.ServerFailedError)


@given(st.integers(min_value=300, max_value=599), st.binary(max_size=200))
def test_any_refusal_at_all_becomes_an_error_with_words(status: int, raw: bytes) -> None:
    error = from_response(status, {}, raw, model="m")
    for language in ("en", "fr"):
        assert error.what(language)
        assert error.todo(language)
