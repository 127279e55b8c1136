"""The dialogs: what is cancelled or refused changes nothing, and no key is seen again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from _app import CANCEL

from livetechno import app, environment, settings
from livetechno.gpt import addresses, background, keys, redaction
from livetechno.gpt.catalogue import load_catalogue
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import forms
from livetechno.mock import MockServer
from livetechno.settings import Settings
from tests.hosts.pythonista.phone import Phone

KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"
ELSEWHERE = "http://127.0.0.1:9/v1"
"""Where nobody answers."""


@pytest.fixture(autouse=True)
def _settled(phone: Phone) -> Iterator[None]:
    pythonista.settle()
    yield
    redaction.uninstall()


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """Starts a server that takes every key, or as its script says; the settings then name it."""
    started: list[MockServer] = []

    def start(*script: str | None) -> str:
        one = MockServer(script=list(script))
        started.append(one)
        address = background.run(one.start())
        settings.save(Settings(base_url=address))
        return address

    yield start
    for one in started:
        background.run(one.stop())


def messages(phone: Phone) -> list[str]:
    """What was told in dialogs with one button."""
    return [one.details["message"] for one in phone.asked if one.details.get("buttons") == ["OK"]]


def state() -> tuple[Any, ...]:
    """Everything that a form may change."""
    return (
        settings.load(),
        {address: keys.find(address) for address in (addresses.OPENAI, app.address())},
        app.store().budgets.caps(),
    )


# the key


def test_a_key_is_asked_for_with_a_plain_word_on_who_can_read_it(phone: Phone) -> None:
    phone.answers(CANCEL)
    assert phone.run(forms.ask_key).wait() is False
    (section,) = phone.asked[0].details["sections"]
    assert "every script that runs in Pythonista can read it" in section[2]
    assert "(openai, api_key) and sent to api.openai.com only" in section[2]
    assert [field["type"] for field in section[1]] == ["password"]
    assert phone.app.keychain == {}


def test_a_key_that_its_server_knows_is_kept_and_shown_by_its_last_four(
    phone: Phone, server: Callable[..., str]
) -> None:
    address = server()
    phone.answers({"key": f" {KEY} "}, 1)
    assert phone.run(forms.ask_key).wait() is True
    assert phone.app.keychain == {("openai", address): KEY}
    assert messages(phone) == [
        f"The key …{KEY[-4:]} for {address} is kept in the app's keychain (entry openai)."
    ]


def test_a_key_that_its_server_does_not_know_is_not_kept_and_asked_for_again(
    phone: Phone, server: Callable[..., str]
) -> None:
    address = server("401")
    phone.answers({"key": KEY}, 1, CANCEL)
    assert phone.run(forms.ask_key).wait() is False
    assert phone.app.keychain == {}
    assert messages(phone)[0].startswith(
        f"{address.removeprefix('http://').removesuffix('/v1')} does not know this key"
    )


@pytest.mark.parametrize("typed", ["", "   ", "two words", "clé", "x" * 600])
def test_what_cannot_be_a_key_is_told_and_asked_for_again(phone: Phone, typed: str) -> None:
    phone.answers({"key": typed}, 1, CANCEL)
    assert phone.run(forms.ask_key).wait() is False
    assert len(messages(phone)) == 1
    assert phone.app.keychain == {}


def test_a_key_is_kept_where_its_server_cannot_be_asked(phone: Phone) -> None:
    settings.save(Settings(base_url=ELSEWHERE))
    phone.answers({"key": KEY}, 1)
    assert phone.run(forms.ask_key).wait() is True
    assert phone.app.keychain == {("openai", ELSEWHERE): KEY}


def test_another_key_that_comes_first_is_told(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", ELSEWHERE)
    monkeypatch.setenv("OPENAI_API_KEY", KEY[::-1])
    phone.answers("Replace", {"key": KEY}, 1)
    phone.run(forms.manage_key).wait()
    assert "Another key comes first and is the one in use: OPENAI_API_KEY." in messages(phone)[0]


def test_a_key_in_use_is_tested_and_forgotten_after_asking(phone: Phone, server: Callable[..., str]) -> None:
    address = server()
    phone.app.keychain["openai", address] = KEY
    phone.answers("Test", 1)
    phone.run(forms.manage_key).wait()
    assert phone.asked[0].details["message"] == (
        f"The key that ends in {KEY[-4:]}, kept in the app's keychain (entry openai)."
    )
    assert messages(phone)[0].startswith("The key works: the server offers ")
    phone.answers("Forget", CANCEL)
    phone.run(forms.manage_key).wait()
    assert phone.app.keychain
    phone.answers("Forget", "Forget", 1)
    phone.run(forms.manage_key).wait()
    assert phone.app.keychain == {}
    assert messages(phone)[-1] == "Forgotten."


def test_an_entry_that_is_no_key_is_told_and_can_be_replaced(
    phone: Phone, server: Callable[..., str]
) -> None:
    address = server()
    phone.app.keychain["openai", address] = "two words"
    phone.answers(1, {"key": KEY}, 1)
    phone.run(forms.manage_key).wait()
    assert "entry openai" in messages(phone)[0]
    assert phone.app.keychain == {("openai", address): KEY}


# who answers


def test_mock_ai_is_chosen_by_who_has_no_key_and_a_key_ends_that(phone: Phone) -> None:
    model = load_catalogue().resolve("chat", environment.today()).name
    phone.answers("Continue with Mock AI")
    phone.run(forms.welcome).wait()
    assert settings.load().mock
    assert forms.status() == "Mock AI answers"
    phone.app.keychain["openai", "api_key"] = KEY
    assert forms.status() == "Mock AI answers", "as chosen"
    settings.save(Settings())
    assert forms.status() == f"GPT answers: {model}, with the key …{KEY[-4:]}"
    phone.run(forms.welcome).wait()
    assert len(phone.asked) == 1, "who has a key is not asked"


def test_a_key_may_be_typed_at_once(phone: Phone) -> None:
    phone.answers("Type a key", CANCEL)
    phone.run(forms.welcome).wait()
    assert [one.kind for one in phone.asked] == ["alert", "form_dialog"]
    assert not settings.path().exists()


def test_a_model_is_chosen_among_those_that_are_alive(phone: Phone) -> None:
    phone.app.keychain["openai", "api_key"] = KEY
    phone.answers("gpt-5.4-mini", "Mock AI: no key, no cost", CANCEL, 0)
    assert phone.run(forms.choose_model).wait() is True
    names = phone.asked[0].details["items"]
    assert "gpt-4" not in [name.split("-20")[0] for name in names]
    assert settings.load() == Settings(model="gpt-5.4-mini")
    phone.run(forms.choose_model).wait()
    assert settings.load() == Settings(model="gpt-5.4-mini", mock=True)
    assert phone.run(forms.choose_model).wait() is False
    assert settings.load().mock
    phone.run(forms.choose_model).wait()
    assert settings.load() == Settings(), "the choice is livetechno's again"


def test_a_model_without_a_key_leaves_mock_ai_answering_and_says_so(phone: Phone) -> None:
    phone.answers("gpt-5.4-mini", 1)
    phone.run(forms.choose_model).wait()
    assert messages(phone) == ["There is no key yet, so Mock AI still answers."]


def test_another_server_answers_without_a_key(phone: Phone) -> None:
    settings.save(Settings(base_url=ELSEWHERE, model="gemma"))
    assert forms.status() == "127.0.0.1:9 answers: gemma"


# the settings


def test_settings_are_kept_as_they_are_typed(phone: Phone) -> None:
    typed = {"mock": True, "model": " gpt-5.4-mini ", "base_url": ELSEWHERE, "language": "fr", "day": "2,50"}
    phone.answers(typed)
    assert phone.run(forms.change_settings).wait() is True
    assert settings.load() == Settings(base_url=ELSEWHERE, model="gpt-5.4-mini", mock=True, language="fr")
    assert app.store().budgets.caps()["day"] == Decimal("2.50")


def test_an_emptied_field_gives_the_choice_back(phone: Phone) -> None:
    settings.save(Settings(base_url=ELSEWHERE, model="m", language="fr"))
    phone.answers({"base_url": "", "model": " ", "language": "device", "day": ""})
    phone.run(forms.change_settings).wait()
    assert settings.load() == Settings()
    assert app.store().budgets.caps()["day"] is None


def test_a_form_that_is_left_as_it_was_changes_nothing(phone: Phone) -> None:
    before = state()
    phone.answers({})
    phone.run(forms.change_settings).wait()
    assert state() == before
    assert app.store().budgets.standing()[0].default, "our own cap is still ours"


def test_a_form_that_is_cancelled_changes_nothing(phone: Phone) -> None:
    before = state()
    phone.answers(CANCEL)
    assert phone.run(forms.change_settings).wait() is False
    assert state() == before


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"base_url": "http://evil.example/v1"}, "evil.example"),
        ({"day": "1,000"}, "1,000 is no amount"),
        ({"day": "99999999"}, "0 - 1000000"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_of_the_form_is_kept(
    phone: Phone, typed: dict[str, str], told: str
) -> None:
    before = state()
    phone.answers({"model": "another", "mock": True, **typed}, 1, CANCEL)
    assert phone.run(forms.change_settings).wait() is False
    assert state() == before
    assert told in messages(phone)[0]
    again = {field["key"]: field["value"] for field in phone.asked[-1].details["fields"]}
    assert (again["model"], again["mock"]) == ("another", True), "what was typed is there to be mended"


def test_the_settings_show_what_today_has_cost_and_what_is_in_memory(phone: Phone) -> None:
    phone.answers(CANCEL)
    phone.run(forms.change_settings).wait()
    footers = [section[2] for section in phone.asked[0].details["sections"] if len(section) > 2]
    assert any("Today has cost $0.00 (UTC)" in footer for footer in footers)
    assert any("In memory: 0.0 kB of at most 100.0 kB" in footer for footer in footers)
