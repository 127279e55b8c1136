from __future__ import annotations

import datetime as dt
import inspect
import pickle
from decimal import Decimal
from typing import Any

import pytest

from livetechno import words
from livetechno.gpt import errors
from livetechno.gpt.errors import GPTError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, GPTError)]
VALUES: dict[str, Any] = {
    "url": "https://h/v1",
    "host": "h",
    "seconds": 1.5,
    "model": "m",
    "successor": "s",
    "ended": "2026-10-23",
    "rounds": 8,
    "path": "key.json",
    "allowed": "0 to 2",
    "source": "config.json",
    "reason": "no JSON",
    "budget": "day",
    "cap": Decimal(1),
    "left": Decimal("0.25"),
    "worst": Decimal("0.5"),
    "frees": dt.datetime(2026, 11, 24, tzinfo=dt.timezone.utc),
}
EXIT_CODES = {0, 1, 2, 3, 4, 5, 6, 130}


def make(kind: type[GPTError]) -> GPTError:
    if issubclass(kind, errors.ParameterError):
        return kind("too hot", parameter="temperature", allowed="0 to 2")
    return kind("details", code="c", status=418, request_id="req_1", retry_after=2.0, text="half", **VALUES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_each_error_says_what_happened_and_what_to_do(kind: type[GPTError], language: str) -> None:
    error = make(kind)
    assert error.detail in error.what(language)
    assert error.todo(language).endswith(".")
    assert "{" not in error.what(language) + error.todo(language)


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_has_an_exit_code_that_the_command_knows(kind: type[GPTError]) -> None:
    assert kind.exit_code in EXIT_CODES


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_survives_a_pickle_whole(kind: type[GPTError]) -> None:
    error = make(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_the_tree_drawn_in_the_module_is_the_tree(  # the first thing a reader sees
) -> None:
    drawn = {word for word in inspect.getdoc(errors).split() if word.isidentifier()}  # type: ignore[union-attr]
    assert {kind.__name__ for kind in KINDS} - {"GPTTimeoutError"} <= drawn


def test_a_timeout_is_also_pythons_own() -> None:
    assert issubclass(errors.IdleTimeoutError, TimeoutError)


def test_words_and_values_are_redacted() -> None:
    key = "sk-" + "proj-" + "Zz9" * 12
    error = errors.MissingKeyError(f"tried {key}", url=f"https://h/{key}")
    assert "Zz9Zz9Zz9" not in str(error) + repr(error) + error.what("fr") + pickle.dumps(error).decode(
        "latin-1"
    )


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "1 s"), (7, "7 s"), (120, "120 s"), (121, "3 min"), (3600, "60 min"), (9000, "3 h")],
)
def test_the_wait_that_a_server_asks_for_is_told(seconds: float, told: str) -> None:
    for language in words.LANGUAGES:
        assert f" {told}, " in errors.RateLimitError(retry_after=seconds).todo(language)


def test_without_a_wait_told_none_is_invented() -> None:
    assert errors.RateLimitError().todo("en").startswith("Wait a little")


def test_where_no_key_is_needed_none_is_demanded() -> None:
    error = errors.MissingKeyError(url="http://127.0.0.1:8080/v1", optional=True)
    assert "Calls go there without one" in error.todo("en")
    assert "Mock AI" not in error.todo("en") + error.todo("fr")


def test_it_speaks_the_persons_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert "clé" in str(errors.MissingKeyError(url="https://h"))
