"""Where a key is looked for, and to which address it belongs.

The order: given by the program, `OPENAI_API_KEY`, the system's keyring (on a phone the app's keychain),
`user_openai_key.json` beside the script, the same in the home folder. A key belongs to one base URL, and
no other address ever receives it:

| key | belongs to |
|---|---|
| given by the program | the address it is given for |
| `OPENAI_API_KEY` | `OPENAI_BASE_URL`, else OpenAI |
| a keyring entry | the address it was stored for |
| `"api_key"` in a file | `"base_url"` in that file, else OpenAI |
| `"keys": {address: key}` in a file | its address |
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from livetechno import environment, words
from livetechno.gpt import addresses, key_file
from livetechno.gpt.errors import AddressRefusedError, KeyFileError, KeyProblem
from livetechno.gpt.key_file import FILE_NAME, KeyFileWarning
from livetechno.gpt.secret import Secret

__all__ = [
    "FoundKey",
    "find",
    "store",
    "forget",
    "use",
    "KeyStore",
    "KeyringStore",
    "HomeFileStore",
    "KeyFileWarning",
    "KeyringWarning",
    "home_file",
    "script_folder",
]

Source = Literal["explicit", "environment", "keyring", "file", "home"]
Place = Literal["keyring", "home"]

VARIABLE = "OPENAI_API_KEY"
SERVICE = "livetechno"
"""The keyring's name for our entries; the account is the base URL."""
KEYRING_SECONDS = 10.0
"""How long the keyring may take: long enough for a person to answer its dialog."""
KEYRINGS_OFF = ("keyring.backends.null.Keyring", "keyring.backends.fail.Keyring")
"""Values of `PYTHON_KEYRING_BACKEND` (keyring's own variable) that mean none."""
KEYRING_PRIORITY = 1
"""keyring's own mark of a recommended backend; plain-text ones are below it."""

T = TypeVar("T")


class KeyringWarning(UserWarning):
    """The system's keyring did not work and was passed over."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key, the kind of place it came from, and that place in words."""

    secret: Secret
    source: Source
    where: str


class KeyStore(Protocol):
    """A place that keeps one key per base URL. A host may bring its own."""

    @property
    def where(self) -> str:
        """The place, in words for a person."""

    def get(self, base_url: str) -> Secret | None:
        """The key of this address, if there is one."""

    def set(self, base_url: str, secret: Secret) -> None:
        """Keep this key for this address, in place of an older one."""

    def delete(self, base_url: str) -> bool:
        """Forget the key of this address; whether there was one."""


def find(
    base_url: str, *, explicit: Secret | str | None = None, beside: Path | None = None
) -> FoundKey | None:
    """The key for this address, from the first place that has one; None when no place has.

    `beside` is the folder of the running script (default: found out). A keyring that fails is passed
    over with a KeyringWarning; a file in a git tree gives a KeyFileWarning.
    Raises AddressRefusedError, KeyFileError for a file that is broken or readable by others, and
    KeyProblem for a value that cannot be a key.
    """
    address = addresses.check(base_url)
    if explicit is not None:
        secret = explicit if isinstance(explicit, Secret) else Secret(explicit)
        return FoundKey(secret, "explicit", words.say("keys.where.explicit"))
    return (
        _in_environment(address)
        or _in_keyring(address)
        or _in_file((beside or script_folder()) / FILE_NAME, "file", address)
        or _in_file(home_file(), "home", address)
    )


def store(secret: Secret, base_url: str, *, where: Place | None = None) -> FoundKey:
    """Keep the key for this address only: in the keyring where one works, else in the home folder.

    An older key of this address is removed from the other place, so that the new one is what `find` finds.
    Raises AddressRefusedError, KeyFileError, and KeyProblem when the keyring was asked for and fails.
    """
    address = addresses.check(base_url)
    home = HomeFileStore()
    if where != "home" and (keyring := _stored_in_keyring(address, secret, must=where == "keyring")):
        with contextlib.suppress(KeyFileError):
            home.delete(address)
        return FoundKey(secret, "keyring", keyring.where)
    home.set(address, secret)
    key_file.warn_if_published(home_file(), ours=True)
    if where == "home":
        _with_keyring(lambda keyring: keyring.delete(address))
    return FoundKey(secret, "home", home.where)


def forget(base_url: str) -> list[str]:
    """Remove the key of this address from the home folder and the keyring; says from where.

    What is not ours to remove stays: `OPENAI_API_KEY`, and a file beside a script. `find` tells whether
    one is left. Raises AddressRefusedError, and KeyFileError when the home's file is broken.
    """
    address = addresses.check(base_url)
    home = HomeFileStore()
    removed = [home.where] if home.delete(address) else []
    keyring = _with_keyring(lambda keyring: keyring.where if keyring.delete(address) else None)
    return [*removed, keyring] if keyring else removed


def use(store: KeyStore | None) -> None:
    """Have a host's own place for keys stand where the system's keyring does; None gives that back.

    Its methods may be called in any thread, and raise KeyProblem with the code `keyring` when it fails.
    """
    global _of_host
    _of_host = store


def home_file() -> Path:
    """The key file of the home folder. It may not exist."""
    return environment.home() / FILE_NAME


def script_folder() -> Path:
    """The folder of the running script; the current one for our own command and at a prompt."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    command = Path("".join(sys.argv[:1])).stem
    if not script or command == "livetechno" or Path(script).parent == Path(__file__).parents[1]:
        return Path.cwd()
    return Path(script).absolute().parent


def _in_environment(address: str) -> FoundKey | None:
    if not os.environ.get(VARIABLE, "").strip():
        return None
    try:
        if addresses.check(environment.base_url() or addresses.OPENAI) != address:
            return None
    except AddressRefusedError:
        return None
    return FoundKey(Secret(os.environ[VARIABLE], where=VARIABLE), "environment", VARIABLE)


def _in_keyring(address: str) -> FoundKey | None:
    def ask(keyring: KeyStore) -> FoundKey | None:
        secret = keyring.get(address)
        return FoundKey(secret, "keyring", keyring.where) if secret else None

    return _with_keyring(ask)


def _in_file(path: Path, source: Source, address: str) -> FoundKey | None:
    secret = key_file.read(path).get(address)
    if secret is None:
        return None
    key_file.warn_if_published(path, ours=source == "home")
    return FoundKey(secret, source, str(path))


class KeyringStore:
    """The system's keyring, through the package `keyring` (extra `desktop`).

    Its methods raise KeyProblem with the code `keyring` when it fails or does not answer in time.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    @classmethod
    def usable(cls) -> KeyringStore | None:
        """The keyring, or None when the package, or a backend that is really one, is missing."""
        if _hung or os.environ.get("PYTHON_KEYRING_BACKEND") in KEYRINGS_OFF:
            return None
        backend = _in_time(_keyring_backend)
        return cls(backend) if backend is not None else None

    @property
    def where(self) -> str:
        """The keyring, in words."""
        return words.say("keys.where.keyring", service=SERVICE)

    def get(self, base_url: str) -> Secret | None:
        """The key of this address, if there is one."""

        def ask() -> Secret | None:
            found = self._backend.get_password(SERVICE, base_url)
            try:
                return None if found is None else Secret(found, where=self.where)
            finally:
                del found  # the traceback of a refused key would show it

        return _in_time(ask)

    def set(self, base_url: str, secret: Secret) -> None:
        """Keep this key for this address."""
        _in_time(lambda: self._backend.set_password(SERVICE, base_url, secret.reveal()))

    def delete(self, base_url: str) -> bool:
        """Forget the key of this address; whether there was one."""

        def ask() -> bool:
            if self._backend.get_password(SERVICE, base_url) is None:
                return False
            self._backend.delete_password(SERVICE, base_url)
            return True

        return _in_time(ask)


def _keyring_backend() -> Any:
    try:
        backend = importlib.import_module("keyring").get_keyring()
    except ImportError:
        return None
    return backend if backend.priority >= KEYRING_PRIORITY else None


_hung = False


def _in_time(call: Callable[[], T]) -> T:
    """What the call returns; a keyring may hang (a dialog nobody sees), so it is left to a thread.

    One that has hung is not asked again by this process.
    """
    global _hung
    results: list[T] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 - a backend raises what its system raises
            failures.append(error)

    thread = threading.Thread(target=run, name="livetechno-keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_SECONDS)
    if results:
        return results[0]
    if failures and isinstance(failures[0], KeyProblem):
        raise failures[0]
    if failures:
        reason = f"{type(failures[0]).__name__}: {failures[0]}"
    else:
        _hung = True
        reason = words.say("keys.keyring.slow", seconds=KEYRING_SECONDS)
    raise KeyProblem(words.say("keys.keyring.failed", reason=reason), code="keyring")


_of_host: KeyStore | None = None
"""What stands in the keyring's place."""


def _keyring() -> KeyStore | None:
    return KeyringStore.usable() if _of_host is None else _of_host


def _with_keyring(call: Callable[[KeyStore], T | None]) -> T | None:
    """What the call returns; None, with a warning, when there is no keyring that works."""
    try:
        keyring = _keyring()
        return call(keyring) if keyring else None
    except KeyProblem as problem:
        if problem.code != "keyring":
            raise
        warnings.warn(problem.detail, KeyringWarning, stacklevel=4)
        return None


def _stored_in_keyring(address: str, secret: Secret, *, must: bool) -> KeyStore | None:
    def keep(keyring: KeyStore) -> KeyStore:
        keyring.set(address, secret)
        return keyring

    if not must:
        return _with_keyring(keep)
    keyring = _keyring()
    if keyring is None:
        raise KeyProblem(words.say("keys.keyring.none"), code="keyring")
    return keep(keyring)


class HomeFileStore:
    """`user_openai_key.json` in the home folder, readable by its owner only."""

    @property
    def where(self) -> str:
        """The file's path."""
        return str(home_file())

    def get(self, base_url: str) -> Secret | None:
        """The key of this address, if there is one. Raises KeyFileError."""
        return key_file.read(home_file()).get(base_url)

    def set(self, base_url: str, secret: Secret) -> None:
        """Keep this key. Raises KeyFileError, and changes nothing, when the file is a link.

        A file that others could read is mended: it is written anew for its owner only. A broken one
        stays beside as `.bad`.
        """
        key_file.write(home_file(), base_url, secret)

    def delete(self, base_url: str) -> bool:
        """Forget the key of this address; whether there was one. Raises KeyFileError."""
        path = home_file()
        if base_url not in key_file.read(path, private=False):
            return False
        key_file.write(path, base_url, None)
        return True
