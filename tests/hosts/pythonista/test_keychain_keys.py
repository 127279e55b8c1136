"""The key in the app's keychain: at its place, for its address, from any thread, and shown nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import keychain
import pytest

from livetechno.gpt import addresses, keys, redaction
from livetechno.gpt.errors import KeyProblem
from livetechno.gpt.secret import Secret
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista.keychain_keys import KeychainStore
from tests.hosts.pythonista.phone import Phone

KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"
OTHER = "https://x.example/v1"


@pytest.fixture(autouse=True)
def _no_key_is_remembered() -> Iterator[None]:
    yield
    redaction.uninstall()


def test_a_key_is_at_the_briefs_place_and_another_address_has_its_own(phone: Phone) -> None:
    pythonista.settle()
    keys.store(Secret(KEY), addresses.OPENAI)
    keys.store(Secret(KEY[:-1]), OTHER)
    assert phone.app.keychain == {("openai", "api_key"): KEY, ("openai", OTHER): KEY[:-1]}
    assert not keys.home_file().exists()
    found = keys.find(addresses.OPENAI)
    assert found == keys.FoundKey(Secret(KEY), "keyring", "the app's keychain (entry openai)")


def test_a_key_that_another_script_has_put_there_is_found_and_forgotten(phone: Phone) -> None:
    pythonista.settle()
    assert keys.find(addresses.OPENAI) is None
    keychain.set_password("openai", "api_key", f" {KEY}\n")
    keychain.set_password("github", "api_key", "not ours")
    found = keys.find(addresses.OPENAI)
    assert found is not None
    assert found.secret.reveal() == KEY
    assert len(keys.forget(addresses.OPENAI)) == 1
    assert keys.forget(addresses.OPENAI) == []
    assert phone.app.keychain == {("github", "api_key"): "not ours"}


def test_the_keychain_keeps_the_promises_of_every_store(phone: Phone) -> None:
    kept: keys.KeyStore = KeychainStore()
    assert kept.get(OTHER) is None
    assert not kept.delete(OTHER)
    kept.set(OTHER, Secret(KEY[:-1]))
    kept.set(OTHER, Secret(KEY))
    assert kept.get(OTHER) == Secret(KEY)
    assert kept.delete(OTHER)
    assert kept.get(OTHER) is None


def test_a_worker_thread_finds_the_key(phone: Phone) -> None:
    pythonista.settle()
    keychain.set_password("openai", "api_key", KEY)
    found: list[keys.FoundKey | None] = []
    thread = threading.Thread(target=lambda: found.append(keys.find(addresses.OPENAI)))
    thread.start()
    thread.join(5)
    assert [one.secret.last4 for one in found if one] == [KEY[-4:]]


def test_a_keychain_that_fails_is_told_without_the_key(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: str) -> str:
        raise RuntimeError(f"locked: {given}")

    for name in ("get_password", "set_password"):
        monkeypatch.setattr(keychain, name, fails)
    with pytest.raises(KeyProblem, match="keychain does not work") as caught:
        KeychainStore().set(OTHER, Secret(KEY))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY[8:20] not in shown
    with pytest.raises(KeyProblem):
        KeychainStore().get(OTHER)
    pythonista.settle()
    with pytest.warns(keys.KeyringWarning):
        assert keys.find(OTHER) is None


def test_an_entry_that_cannot_be_a_key_is_named_and_not_quoted(phone: Phone) -> None:
    keychain.set_password("openai", "api_key", f"{KEY} {KEY}")
    with pytest.raises(KeyProblem, match="entry openai") as caught:
        KeychainStore().get(addresses.OPENAI)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY[8:20] not in shown


def test_a_script_that_imports_livetechno_has_the_key_of_the_keychain_and_the_devices_language() -> None:
    program = f"""
import sys
sys.path.append({str(Path(__file__).with_name("app"))!r})
sys.executable = "Pythonista3"
import _app
phone = _app.launch()
phone.languages = ["fr-FR"]
phone.keychain["openai", "api_key"] = {KEY!r}
from livetechno import app, words
print(app.endpoint().source, app.endpoint().key, words.say("phone.ok"), words.say("phone.uninstall"))
phone.end()
"""
    surroundings = {name: value for name, value in os.environ.items() if name != "LIVETECHNO_LANG"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
        check=True,
        env={**surroundings, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.split() == ["keyring", f"…{KEY[-4:]}", "OK", "Désinstaller"]


def test_another_app_with_python_in_it_goes_without() -> None:
    program = (
        "import sys; sys.executable = 'Pythonista3'; from livetechno.gpt import keys; print(keys._of_host)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == ["None"]
