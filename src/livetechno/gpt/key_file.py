"""The JSON file that keeps keys: `user_openai_key.json`.

    {"api_key": "sk-..."}                                       a key of OpenAI
    {"api_key": "...", "base_url": "https://..."}               a key of another address
    {"api_key": "...", "keys": {"https://...": "..."}}          several

No function here raises while it holds a key as plain text, so no traceback shows one.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import warnings
from pathlib import Path
from typing import Any

from livetechno import words
from livetechno.gpt import addresses
from livetechno.gpt.errors import AddressRefusedError, KeyFileError, KeyProblem
from livetechno.gpt.secret import Secret
from livetechno.settings import write_private

FILE_NAME = "user_openai_key.json"
MOST_BYTES = 64 * 1024
"""A larger file is no key file."""
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)


class KeyFileWarning(UserWarning):
    """A key's file lies where it may be published (a git tree, a synchronised folder), or was set aside."""


def read(path: Path, *, private: bool = True) -> dict[str, Secret]:
    """The keys in a file by base URL; none when there is no file.

    Raises KeyFileError when the file is broken, or, if it must be `private`, readable by others.
    """
    document, problem = _load(path, private=private)
    if document is None or problem:
        _raise(path, problem)
        return {}
    keys, problem = _parsed(document)
    del document
    _raise(path, problem)
    return keys


def write(path: Path, base_url: str, secret: Secret | None) -> None:
    """Put the key of this address into the file, or take it out (None). A file left empty is removed.

    The file is written anew at once, for its owner only, and keeps fields that we do not know. A
    broken one stays beside as `.bad` when a key is put in, which a KeyFileWarning tells.
    Raises KeyFileError, and changes nothing, when it is a link or cannot be written, or when a key is
    to be taken out of a broken one.
    """
    _raise(path, _changed(path, base_url, secret))


def warn_if_published(path: Path, *, ours: bool = False) -> None:
    """Warn when the file lies in a git tree or a folder that iCloud copies; `ours`: in the home folder."""
    folders = path.resolve().parents
    kind = "home" if ours else "file"
    if any((folder / ".git").exists() for folder in folders):
        warnings.warn(words.say(f"keys.{kind}.in_git", path=path), KeyFileWarning, stacklevel=4)
    elif any(folder.name in ("Mobile Documents", "com~apple~CloudDocs") for folder in folders):
        warnings.warn(words.say(f"keys.{kind}.in_icloud", path=path), KeyFileWarning, stacklevel=4)


def _raise(path: Path, problem: str) -> None:
    if problem:
        raise KeyFileError(problem, path=str(path), code="key_file")


def _load(path: Path, *, private: bool) -> tuple[dict[str, Any] | None, str]:
    """The JSON object in a file (None when there is no file), and why it cannot be used."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None, words.say("keys.file.not_regular")
            if private and _others_may_read(status):
                return None, words.say("keys.file.readable", path=path)
            data = file.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    except OSError as error:
        return None, error.strerror or str(error)
    if len(data) > MOST_BYTES:
        return None, words.say("keys.file.too_large", most=MOST_BYTES // 1024)
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None, words.say("keys.file.no_json")
    if not isinstance(document, dict):
        return None, words.say("keys.file.no_object")
    return document, ""


def _others_may_read(status: os.stat_result) -> bool:
    # On iOS every app has a sandbox of its own, and editors there leave 0644.
    if os.name != "posix" or sys.platform == "ios" or "Pythonista" in sys.executable:
        return False
    return bool(status.st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _parsed(document: dict[str, Any]) -> tuple[dict[str, Secret], str]:
    """The keys of a file's object by base URL, and what is wrong with it."""
    entries: list[tuple[str, object, object]] = []
    if "api_key" in document:
        entries.append(("api_key", document.get("base_url", addresses.OPENAI), document["api_key"]))
    several = document.get("keys", {})
    if not isinstance(several, dict):
        return {}, words.say("keys.file.field", field="keys", reason=words.say("keys.file.no_object"))
    entries += [("keys", url, key) for url, key in several.items()]
    if not entries and "keys" not in document:
        return {}, words.say("keys.file.no_key")
    keys: dict[str, Secret] = {}
    for field, url, key in entries:
        try:
            address = addresses.check(url)  # type: ignore[arg-type] # it refuses what is no str
        except AddressRefusedError as error:
            return {}, words.say("keys.file.field", field="base_url", reason=error.what())
        try:
            keys.setdefault(address, Secret(key))  # type: ignore[arg-type] # so does it
        except KeyProblem as error:
            return {}, words.say("keys.file.field", field=field, reason=error.detail)
    return keys, ""


def _changed(path: Path, address: str, secret: Secret | None) -> str:
    """Write the file with this key for this address, or without one. Returns what prevented it."""
    if path.is_symlink():
        return words.say("keys.file.link")
    document, problem = _load(path, private=False)
    document = document or {}
    if document and not problem:
        _, problem = _parsed(document)
    if problem and (secret is None or not path.is_file()):
        return problem
    if problem:
        document = {}
        if failed := _set_aside(path, problem):
            return failed
    _remove(document, address)
    if secret is not None:
        _add(document, address, secret)
    elif document and "api_key" not in document:
        document.setdefault("keys", {})
    try:
        if document:
            write_private(path, json.dumps(document, indent=2) + "\n")
        else:
            path.unlink()
    except (OSError, RecursionError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def _set_aside(path: Path, reason: str) -> str:
    """Keep what is broken beside itself, for its owner only. Returns what prevented it."""
    names = (path.with_name(f"{path.name}.bad{count}") for count in ("", *range(2, 1000)))
    kept = next(name for name in names if not os.path.lexists(name))
    try:
        with (
            path.open("rb") as broken,
            open(kept, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as copy,
        ):
            shutil.copyfileobj(broken, copy)
    except OSError as error:
        kept.unlink(missing_ok=True)
        return error.strerror or str(error)
    warnings.warn(words.say("keys.file.set_aside", reason=reason, kept=kept), KeyFileWarning, stacklevel=4)
    return ""


def _add(document: dict[str, Any], address: str, secret: Secret) -> None:
    if "api_key" in document:
        document.setdefault("keys", {})[address] = secret.reveal()
        return
    document["api_key"] = secret.reveal()
    document.pop("base_url", None)
    if address != addresses.OPENAI:
        document["base_url"] = address


def _remove(document: dict[str, Any], address: str) -> None:
    if "api_key" in document and addresses.check(document.get("base_url", addresses.OPENAI)) == address:
        del document["api_key"]
        document.pop("base_url", None)
    several = document.get("keys", {})
    for url in [url for url in several if addresses.check(url) == address]:
        del several[url]
    if not several:
        document.pop("keys", None)
