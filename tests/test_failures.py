"""Any error as a sentence: what happened, what to do, and no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from livetechno import environment, failures, settings
from livetechno.environment import EnvironmentValueError
from livetechno.gpt import redaction
from livetechno.gpt.errors import RateLimitError
from livetechno.gpt.secret import Secret
from livetechno.store.errors import NotFoundError

KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RateLimitError(code="rate", request_id="req_7"), "(request req_7)"),
        (EnvironmentValueError("LIVETECHNO_MOCK", "no", "auto"), "LIVETECHNO_MOCK=no cannot be used"),
        (
            settings.SettingsError(Path("c.json"), "model", "a text"),
            "c.json (model) cannot be used",
        ),
        (
            OSError(28, "No space left on device", "x.db"),
            "The system refused: No space left on device (x.db).",
        ),
        (NotFoundError("none"), "`livetechno chat` begins one."),
        (ZeroDivisionError("by 0"), "A fault of livetechno itself (ZeroDivisionError: by 0)."),
    ],
)
def test_each_error_says_what_happened(error: Exception, told: str) -> None:
    assert told in failures.sentence(error)


def test_no_sentence_holds_a_key() -> None:
    Secret(KEY)
    try:
        assert KEY[8:] not in failures.sentence(RuntimeError(f"Bearer {KEY}"))
    finally:
        redaction.uninstall()


def test_on_a_phone_no_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "is_phone", lambda: True)
    for error in (NotFoundError("none"), ZeroDivisionError("by 0")):
        assert "`livetechno" not in failures.sentence(error)
        assert "LIVETECHNO_DEBUG" not in failures.sentence(error)
