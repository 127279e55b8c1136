"""The person's settings: `config.json` in the home folder.

    {"base_url": "https://...", "model": "gpt-5-mini", "retired": "replace", "strict": false, "mock": false,
     "language": "fr"}

Every field may be missing. Fields that we do not know are left as they are, and warned of once.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, cast

from livetechno import environment, words
from livetechno.environment import Language

Retired = Literal["replace", "fail"]
RETIRED: tuple[Retired, ...] = ("replace", "fail")
MOST_BYTES = 1024 * 1024
"""A larger `config.json` is something else."""


class SettingsError(ValueError):
    """`config.json` cannot be used: `file`, `field` (empty for the whole file) and `reason` say why."""

    def __init__(self, file: Path, field: str, reason: str) -> None:
        super().__init__(f"{file}: {field}: {reason}" if field else f"{file}: {reason}")
        self.file = file
        self.field = field
        self.reason = reason

    def __reduce__(self) -> tuple[type[SettingsError], tuple[Path, str, str]]:
        return SettingsError, (self.file, self.field, self.reason)


class SettingsWarning(UserWarning):
    """`config.json` has fields that we do not know: a slip of the pen, or of another version."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person chose. None leaves the choice to us."""

    base_url: str | None = None
    """Address of the server; checked where it is used. `OPENAI_BASE_URL` comes first."""
    model: str | None = None
    """What the alias `chat` means. `LIVETECHNO_MODEL` comes first."""
    retired: Retired = "replace"
    """A model past its end: its successor, or an error."""
    strict: bool = False
    """Whether a parameter that a model does not take is an error rather than a warning."""
    mock: bool = False
    """Whether Mock AI answers although there is a key. `LIVETECHNO_MOCK` comes first."""
    language: Language | None = None
    """What is spoken on the phone, where None follows the device. `LIVETECHNO_LANG` comes first."""


def path() -> Path:
    """Where the settings are kept. The file may not exist."""
    return environment.home() / "config.json"


def load() -> Settings:
    """The settings; the defaults where there is no file.

    Gives a SettingsWarning, once, for fields that we do not know. Raises SettingsError when the file is
    broken or a field has a value of the wrong kind.
    """
    file = path()
    plain = _read(file)
    _warn_of_unknown(file, plain)
    return _settings(file, plain)


def save(settings: Settings) -> None:
    """Write the settings, keeping the fields that we do not know. A reader never sees half a file.

    Raises SettingsError, and changes nothing, when a value is of the wrong kind, or when the file
    that is there is broken or cannot be written.
    """
    file = path()
    plain = _read(file)
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if value == field.default:
            plain.pop(field.name, None)
        else:
            plain[field.name] = value
    _settings(file, plain)
    try:
        # Through a link, so that settings kept among other dotfiles stay there.
        write_private(Path(os.path.realpath(file)), json.dumps(plain, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise SettingsError(file, "", error.strerror or str(error)) from None
    except (UnicodeEncodeError, RecursionError):
        raise SettingsError(file, "", words.say("settings.no_json")) from None


def write_private(file: Path, text: str) -> None:
    """Replace the file by this text at once, readable by its owner only (0600, a new folder 0700).

    A link is replaced, not followed. Raises OSError; then the old file is untouched.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp creates with O_EXCL and 0600.
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(file, "", error.strerror or str(error)) from None
    if len(data) > MOST_BYTES:
        raise SettingsError(file, "", words.say("settings.too_large", most=MOST_BYTES // 1024))
    try:
        plain = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise SettingsError(file, "", words.say("settings.no_json")) from None
    if not isinstance(plain, dict):
        raise SettingsError(file, "", words.say("settings.no_object"))
    return plain


_told: set[tuple[Path, tuple[str, ...]]] = set()


def _warn_of_unknown(file: Path, plain: dict[str, Any]) -> None:
    known = [field.name for field in fields(Settings)]
    unknown = tuple(name for name in plain if name not in known)
    if not unknown or (file, unknown) in _told:
        return
    _told.add((file, unknown))
    names = ", ".join(map(repr, unknown))
    warnings.warn(
        words.say("settings.unknown", file=file, names=names, known=", ".join(known)),
        SettingsWarning,
        stacklevel=3,
    )


def _settings(file: Path, plain: dict[str, Any]) -> Settings:
    return Settings(
        base_url=_text(file, plain, "base_url"),
        model=_text(file, plain, "model"),
        retired=cast("Retired", _one_of(file, plain, "retired", RETIRED, "replace")),
        strict=_yes_no(file, plain, "strict"),
        mock=_yes_no(file, plain, "mock"),
        language=cast("Language | None", _one_of(file, plain, "language", words.LANGUAGES, None)),
    )


def _text(file: Path, plain: dict[str, Any], field: str) -> str | None:
    value = plain.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(file, field, words.say("settings.no_text"))
    return value.strip()


def _one_of(
    file: Path, plain: dict[str, Any], field: str, allowed: tuple[str, ...], default: str | None
) -> object:
    value = plain.get(field, default)
    if value != default and value not in allowed:
        raise SettingsError(file, field, words.say("settings.one_of", allowed=" | ".join(allowed)))
    return value


def _yes_no(file: Path, plain: dict[str, Any], field: str) -> bool:
    value = plain.get(field, False)
    if not isinstance(value, bool):
        raise SettingsError(file, field, words.say("settings.one_of", allowed="true | false"))
    return value
