from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from livetechno import app, environment
from livetechno.gpt import addresses, background, errors
from livetechno.gpt.completions import Completion, Usage

KEY = "sk-test-" + "z1x2c3v4b5n6" * 2


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "_current", None)
    yield
    background.stop()


def configure(**settings: object) -> None:
    environment.home().mkdir(parents=True, exist_ok=True)
    (environment.home() / "config.json").write_text(json.dumps(settings))


def test_without_a_key_mock_ai_answers_on_this_machine() -> None:
    where = app.endpoint()
    assert where.mock
    assert where.key is None
    assert addresses.is_loopback(where.base_url)
    assert app.endpoint() == where


def test_with_a_key_it_is_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    where = app.endpoint()
    assert (where.base_url, where.mock, where.source) == (addresses.OPENAI, False, "environment")
    assert where.key is not None
    assert where.key.last4 == KEY[-4:]


def test_the_key_of_one_address_never_goes_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    configure(base_url="https://elsewhere.example/v1")
    where = app.endpoint()
    assert where.base_url == "https://elsewhere.example/v1"
    assert where.key is None


def test_a_compatible_server_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert app.endpoint() == app.Endpoint("http://127.0.0.1:9/v1", None, mock=False)


def test_an_address_that_may_not_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.168.1.4/v1")
    with pytest.raises(errors.AddressRefusedError):
        app.endpoint()


def test_mock_ai_can_be_asked_for_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    assert app.endpoint().mock


@pytest.mark.parametrize("broken", ["{", "[]", '{"base_url": 5}', '{"retired": "perhaps"}'])
def test_broken_settings_are_a_clear_error_and_stay_as_they_are(broken: str) -> None:
    environment.home().mkdir(parents=True)
    file = environment.home() / "config.json"
    file.write_text(broken)
    with pytest.raises(errors.UsageError, match=r"config\.json"):
        app.endpoint()
    assert file.read_text() == broken


def test_a_switch_that_makes_no_sense_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "perhaps")
    with pytest.raises(errors.UsageError, match="LIVETECHNO_MOCK"):
        app.endpoint()


def test_one_client_serves_as_long_as_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = app.client()
    assert app.client() is first
    configure(strict=True)
    assert app.client() is not first


def test_the_settings_may_choose_what_chat_means(monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.model("chat") == "chat"
    configure(model="gpt-6.1-terra")
    assert app.model("chat") == "gpt-6.1-terra"
    assert app.model("code") == "code"
    monkeypatch.setenv("LIVETECHNO_MODEL", "gpt-5-mini")
    assert app.model("chat") == "chat"


def test_an_answer_of_mock_ai_costs_nothing() -> None:
    assert app.cost(Completion("x", "gpt-6-luna", "stop", Usage(1000, 1000))) == 0


def test_an_answer_has_its_price_and_an_unknown_one_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert app.cost(Completion("x", "gpt-6-luna", "stop", Usage(1_000_000, 0))) == Decimal("0.20")
    assert app.cost(Completion("x", "unheard-of", "stop", Usage(1000, 1000))) is None
    assert app.cost(Completion("x", "gpt-6-luna", "stop", None)) is None


def test_the_home_may_not_exist_yet() -> None:
    assert not Path(environment.home()).exists()
    assert app.endpoint().mock
