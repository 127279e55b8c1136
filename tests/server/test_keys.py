"""The key's way: in once, kept, used for its own address, and in nothing that comes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno import words
from livetechno.gpt import addresses, keys, redaction
from livetechno.mock import MockServer
from tests.server.conftest import Page

CANARY = "sk-test-" + "Zc7vB2nM9kL4jH6gF1dS"
RUNS = [CANARY[8:][place : place + 8] for place in range(13)]
"""Every eight characters in a row of its secret part."""


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(keys, "script_folder", lambda: tmp_path / "script")
    yield
    redaction.uninstall()


def leaks(text: str) -> bool:
    return any(run in text for run in RUNS)


async def test_a_key_is_kept_and_only_its_last_four_characters_come_back(page: Page) -> None:
    status, told = await page.ask("PUT", "/api/key", {"key": f" {CANARY}\n"})
    assert status == 200
    assert told == {"key": {"last4": CANARY[-4:], "where": str(keys.home_file())}, "first": None}
    found = keys.find(addresses.OPENAI)
    assert found is not None
    assert found.secret.reveal() == CANARY
    _, settings = await page.ask("GET", "/api/settings")
    assert (settings["key"], settings["mock"]) == (told["key"], False)


async def test_a_key_belongs_to_the_address_that_it_was_given_for(page: Page) -> None:
    await page.ask("PUT", "/api/key", {"key": CANARY, "base_url": "https://x.example/v1/"})
    assert keys.find("https://x.example/v1") is not None
    assert keys.find(addresses.OPENAI) is None
    await page.ask("PATCH", "/api/settings", {"base_url": "http://127.0.0.1:9/v1"})
    await page.ask("PUT", "/api/key", {"key": CANARY})
    assert keys.find("http://127.0.0.1:9/v1") is not None
    assert keys.find(addresses.OPENAI) is None


async def test_a_key_that_comes_first_elsewhere_is_told(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "sk-test-" + "Qw7eRt5yUi3oPa1sDf9g"
    monkeypatch.setenv("OPENAI_API_KEY", other)
    _, told = await page.ask("PUT", "/api/key", {"key": CANARY})
    assert told["first"] == {"last4": other[-4:], "where": "OPENAI_API_KEY"}


async def test_a_key_that_its_server_does_not_know_changes_nothing_when_it_is_tried(page: Page) -> None:
    upstream = MockServer(script=["401"])
    address = await upstream.start()
    status, told = await page.ask("PUT", "/api/key", {"key": CANARY, "base_url": address, "tried": True})
    await upstream.stop()
    assert (status, told["error"]["code"]) == (400, "key_refused")
    assert not leaks(str(told))
    assert keys.find(address) is None


async def test_a_key_is_kept_when_its_server_knows_it_or_cannot_be_asked(page: Page) -> None:
    upstream = MockServer()
    address = await upstream.start()
    for _ in ("answers", "is gone"):
        status, _ = await page.ask("PUT", "/api/key", {"key": CANARY, "base_url": address, "tried": True})
        assert status == 200
        assert keys.find(address) is not None
        keys.forget(address)
        await upstream.stop()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": ""},
        {"key": f"{CANARY} {CANARY}"},
        {"key": f"{CANARY}é"},
        {"key": CANARY * 20},
        {"key": [CANARY]},
        {"key": {"value": CANARY}},
        {"key": CANARY, "base_url": "http://evil.example/v1"},
        {"key": CANARY, "base_url": f"https://{CANARY}@evil.example/v1"},
        {"key": CANARY, "where": "/elsewhere"},
        {CANARY: 1},
    ],
)
async def test_what_is_no_key_is_refused_without_being_shown(page: Page, body: object) -> None:
    status, told = await page.ask("PUT", "/api/key", body)
    assert status == 400
    assert not leaks(str(told))
    assert not keys.home_file().exists()


async def test_a_key_is_forgotten(page: Page) -> None:
    await page.ask("PUT", "/api/key", {"key": CANARY})
    assert (await page.ask("DELETE", "/api/key"))[0] == 204
    assert keys.find(addresses.OPENAI) is None
    assert (await page.ask("DELETE", "/api/key"))[0] == 204


async def test_a_key_is_tried_at_its_own_address(page: Page) -> None:
    upstream = MockServer()
    await page.ask("PATCH", "/api/settings", {"base_url": await upstream.start()})
    await page.ask("PUT", "/api/key", {"key": CANARY})
    status, told = await page.ask("POST", "/api/key/test")
    await upstream.stop()
    assert (status, told["ok"]) == (200, True)
    assert told["models"] > 1
    assert upstream.requests


async def test_a_wrong_key_is_said_to_be_wrong_in_our_own_words(page: Page) -> None:
    upstream = MockServer(script=["401"])
    await page.ask("PATCH", "/api/settings", {"base_url": await upstream.start()})
    await page.ask("PUT", "/api/key", {"key": CANARY})
    status, told = await page.ask("POST", "/api/key/test")
    await upstream.stop()
    assert (status, told["error"]["code"]) == (502, "authentication")
    message = told["error"]["message"]
    assert "Incorrect API key" not in message
    assert (
        0 < message.index("settings") < message.index("`livetechno key set`")
    )  # who has the page has no terminal


async def test_without_a_key_there_is_none_to_try(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    status, told = await page.ask("POST", "/api/key/test")
    assert (status, told["error"]["code"]) == (409, "key_missing")
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    await page.ask("PUT", "/api/key", {"key": CANARY})
    status, told = await page.ask("POST", "/api/key/test")
    assert (status, told["error"]["code"]) == (400, "usage")


async def test_a_reason_inside_an_error_is_in_the_language_of_who_asks(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "en")
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    for language in ("fr", "en"):
        headers = {"Accept-Language": language}
        _, told = await page.ask("POST", "/api/key/test", headers=headers)
        assert words.say("key.test.mock", language) in told["error"]["message"]
    _, told = await page.ask("POST", "/api/key/test")
    assert words.say("key.test.mock", "en") in told["error"]["message"]
