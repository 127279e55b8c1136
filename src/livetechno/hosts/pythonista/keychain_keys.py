"""The key in Pythonista's keychain, where the system's keyring is elsewhere.

iOS keeps it from other apps; **every script in Pythonista can read it**, as it can read any entry there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import keychain

from livetechno import words
from livetechno.gpt import addresses
from livetechno.gpt.errors import KeyProblem
from livetechno.gpt.redaction import redact
from livetechno.gpt.secret import Secret

SERVICE = "openai"
ACCOUNT = "api_key"
"""The account of OpenAI's own key; another address is an account of its own."""

T = TypeVar("T")


class KeychainStore:
    """`gpt.keys.KeyStore` in the app's keychain; from any thread.

    Its methods raise KeyProblem with the code `keyring` when the keychain fails.
    """

    @property
    def where(self) -> str:
        """The keychain, in words."""
        return words.say("phone.keychain", service=SERVICE)

    def get(self, base_url: str) -> Secret | None:
        """The key of this address, if there is one. Raises KeyProblem for an entry that cannot be a key."""
        found = _asked(lambda: keychain.get_password(SERVICE, account(base_url)))
        try:
            return None if found is None else Secret(found, where=self.where)
        finally:
            del found  # the traceback of a refused key would show it

    def set(self, base_url: str, secret: Secret) -> None:
        """Keep this key for this address, in place of an older one."""
        _asked(lambda: keychain.set_password(SERVICE, account(base_url), secret.reveal()))

    def delete(self, base_url: str) -> bool:
        """Forget the key of this address; whether there was one."""
        if _asked(lambda: keychain.get_password(SERVICE, account(base_url)) is None):
            return False
        _asked(lambda: keychain.delete_password(SERVICE, account(base_url)))
        return True


def account(base_url: str) -> str:
    """The account under which the key of this address is kept."""
    return ACCOUNT if base_url == addresses.OPENAI else base_url


def _asked(call: Callable[[], T]) -> T:
    """What the call returns; whatever the app raises, of which nothing is documented, as a KeyProblem."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001
        reason = redact(f"{type(error).__name__}: {error}")
    # outside, so that no frame that holds the key hangs on it
    raise KeyProblem(words.say("keys.keyring.failed", reason=reason), code="keyring")
