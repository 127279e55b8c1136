"""What the page reads and changes of the settings."""

from __future__ import annotations

import json

import pytest

import livetechno
from livetechno import app, environment, settings
from livetechno.gpt import addresses
from tests.server.conftest import Page
from tests.server.test_answers import ask


async def test_a_newcomers_settings_say_that_mock_ai_answers(page: Page) -> None:
    status, told = await page.ask("GET", "/api/settings")
    assert status == 200
    assert told == {
        "mock": True,
        "mock_chosen": False,
        "language": "en",
        "base_url": addresses.OPENAI,
        "key": None,
        "model": None,
        "retired": "replace",
        "strict": False,
        "fixed": [],
        "keychain": False,
        "shares": False,
        "version": livetechno.__version__,
    }


async def test_a_change_is_kept_in_the_settings_file_and_null_gives_it_back(page: Page) -> None:
    changes = {"base_url": "HTTP://LOCALHOST:9/v1/", "model": "mine", "retired": "fail", "strict": True}
    status, told = await page.ask("PATCH", "/api/settings", changes)
    assert status == 200
    assert (told["base_url"], told["model"], told["mock"]) == ("http://localhost:9/v1", "mine", False)
    assert settings.load() == settings.Settings("http://localhost:9/v1", "mine", "fail", True)
    status, told = await page.ask("PATCH", "/api/settings", {"base_url": None})
    assert (told["base_url"], told["model"]) == (addresses.OPENAI, "mine")
    assert settings.load().base_url is None


async def test_mock_ai_can_be_chosen_although_there_is_a_key(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-" + "test-invented-key-0123456789")
    monkeypatch.setattr(app, "_warned_of_mock", True)
    _, told = await page.ask("GET", "/api/settings")
    assert (told["mock"], told["mock_chosen"]) == (False, False)
    _, told = await page.ask("PATCH", "/api/settings", {"mock_chosen": True})
    assert (told["mock"], told["mock_chosen"], told["key"]["last4"]) == (True, True, "6789")
    assert (await ask(page, "Hello"))["state"] == "done"
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    _, told = await page.ask("GET", "/api/settings")
    assert (told["mock"], told["mock_chosen"], told["fixed"]) == (False, True, ["mock"])
    monkeypatch.delenv("LIVETECHNO_MOCK")
    _, told = await page.ask("PATCH", "/api/settings", {"mock_chosen": False})
    assert told["mock"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "http://evil.example/v1"},
        {"base_url": "https://user:secret@evil.example/v1"},
        {"base_url": "file:///etc/passwd"},
        {"base_url": ""},
        {"base_url": 1},
        {"model": " "},
        {"retired": None},
        {"retired": "perhaps"},
        {"strict": "yes"},
        {"key": "x"},
        {"strict": True, "base_url": "ftp://x"},
    ],
)
async def test_a_change_that_makes_no_sense_changes_nothing(page: Page, changes: object) -> None:
    status, told = await page.ask("PATCH", "/api/settings", changes)
    assert status == 400
    assert told["error"]["message"]
    assert not settings.path().exists()


async def test_what_a_variable_decides_is_said(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LIVETECHNO_MODEL", "theirs")
    _, told = await page.ask("PATCH", "/api/settings", {"model": "mine"})
    assert (told["base_url"], told["model"]) == ("http://127.0.0.1:9/v1", "theirs")
    assert told["fixed"] == ["base_url", "model"]


async def test_without_mock_ai_and_key_the_settings_can_still_be_read(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    status, told = await page.ask("GET", "/api/settings")
    assert (status, told["mock"], told["fixed"]) == (200, False, ["mock"])


async def test_a_broken_settings_file_is_told_and_left_alone(page: Page) -> None:
    environment.home().mkdir(parents=True, exist_ok=True)
    settings.path().write_text("{", encoding="utf-8")
    for method in ("GET", "PATCH"):
        status, told = await page.ask(method, "/api/settings", {"strict": True})
        assert (status, told["error"]["code"]) == (400, "configuration")
        assert "config.json" in told["error"]["message"]
    assert settings.path().read_text("utf-8") == "{"


async def test_fields_of_others_stay_in_the_file(page: Page) -> None:
    environment.home().mkdir(parents=True, exist_ok=True)
    settings.path().write_text('{"strict": true}', encoding="utf-8")
    await page.ask("PATCH", "/api/settings", {"model": "mine"})
    assert json.loads(settings.path().read_text("utf-8")) == {"strict": True, "model": "mine"}
