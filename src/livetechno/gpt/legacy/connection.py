"""Which client a script's call goes through: its own key and address, or the process's."""

from __future__ import annotations

import copy
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from livetechno import environment, words
from livetechno.gpt import addresses, keys, wiring
from livetechno.gpt.errors import (
    ConfigurationError,
    ConflictError,
    GPTError,
    KeyProblem,
    MissingKeyError,
    ParameterError,
)
from livetechno.gpt.legacy.error import InvalidAPIType
from livetechno.gpt.legacy.notices import tell
from livetechno.gpt.retry import Retry
from livetechno.gpt.secret import Secret

if TYPE_CHECKING:
    from livetechno.gpt.client import Client
    from livetechno.gpt.transport import Timeouts

OLD_BASE = "OPENAI_API_BASE"
"""What 0.27 called `OPENAI_BASE_URL`; read, with `OPENAI_API_KEY`, where the newer name is not set."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a call goes and as whom; None leaves it to the process. `seconds` limits the whole call."""

    key: Secret | None = None
    base_url: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    connect_seconds: float | None = None
    seconds: float | None = None


class _RetryAsBefore(Retry):
    """As in 0.27 only a 409 is tried again: the rest is the script's to see, and to deal with."""

    def wait(self, error: GPTError, attempt: int) -> float | None:
        return super().wait(error, attempt) if isinstance(error, ConflictError) else None


RETRY = _RetryAsBefore()


def default_base() -> str:
    """What `openai.api_base` says unless a script sets it."""
    return environment.base_url() or os.environ.get(OLD_BASE) or addresses.OPENAI


def take(given: dict[str, Any], module: ModuleType) -> Connection:
    """Take what is about the connection out of a call's keywords, over what is set on the module.

    The key leaves `given` as a Secret. One that cannot be a key, such as the placeholder of an example,
    counts as none, with a warning. Raises InvalidAPIType for Azure's own addresses, ParameterError for
    a timeout that is none.
    """
    key = _key(given, module)
    base = given.pop("api_base", None) or vars(module).get("api_base")
    kind = str(given.pop("api_type", None) or module.api_type or "open_ai").lower()
    if kind not in ("open_ai", "openai"):
        raise InvalidAPIType(words.say("legacy.api_type", kind=kind), code="api_type")
    for without_effect in ("api_version", "request_id"):
        given.pop(without_effect, None)
    if module.proxy:
        tell(words.say("legacy.proxy"))
    headers = dict(given.pop("headers", None) or {})
    organization = given.pop("organization", None) or module.organization
    if organization:
        headers["OpenAI-Organization"] = organization
    limits = _limits(given.pop("request_timeout", None), given.pop("timeout", None))
    return Connection(
        key,
        None if base == default_base() else base,
        tuple((str(name), str(value)) for name, value in headers.items()),
        *limits,
    )


def client(connection: Connection) -> Client:
    """The client for a call. With `LIVETECHNO_MOCK=always` it is Mock AI, whatever the script says.

    A key of the script goes to the script's address, else to that of the environment, else to OpenAI;
    one that is found belongs to its own address only (`livetechno.gpt.keys`).
    Raises AddressRefusedError, KeyProblem kinds and ConfigurationError.
    """
    from livetechno.gpt.client import Client

    connection = _with_old_variables(connection)
    of_process = connection.key is None and connection.base_url is None
    if wiring.default_client is not None and (of_process or _always_mock()):
        built = copy.copy(wiring.default_client())
        built.timeouts = _timeouts(connection, built.timeouts)
        built.retry = RETRY
        built._headers = {**built._headers, **dict(connection.headers)}
        return built
    base = addresses.check(connection.base_url or default_base())
    found = keys.find(base, explicit=connection.key)
    if found is None and addresses.is_openai(base):
        raise MissingKeyError(code="key_missing", url=base)
    return Client(
        base_url=base,
        key=found.secret if found else None,
        timeouts=_timeouts(connection),
        retry=RETRY,
        headers=dict(connection.headers),
        books=wiring.default_books() if wiring.default_books is not None else None,
    )


def _with_old_variables(connection: Connection) -> Connection:
    old = os.environ.get(OLD_BASE)
    if connection.base_url is not None or environment.base_url() or not old:
        return connection
    key = connection.key
    if key is None and os.environ.get(keys.VARIABLE, "").strip():
        key = Secret(os.environ[keys.VARIABLE], where=keys.VARIABLE)
    return replace(connection, base_url=old, key=key)


def _always_mock() -> bool:
    try:
        return environment.mock_mode() == "always"
    except environment.EnvironmentValueError as error:
        problem = ConfigurationError.of_variable(error)
    raise problem


def _key(given: dict[str, Any], module: ModuleType) -> Secret | None:
    try:
        if given.get("api_key") is not None:
            return Secret(given.pop("api_key"), where="api_key")
        if module.api_key_path:
            return Secret(Path(module.api_key_path).read_text(encoding="utf-8"), where="api_key_path")
        # only what the script set: a key of the environment belongs to the environment's address
        if (key := vars(module).get("api_key")) is not None:
            return Secret(key, where="openai.api_key")
    except KeyProblem as problem:
        reason = problem.detail
    except (OSError, UnicodeDecodeError) as error:
        reason = f"api_key_path: {getattr(error, 'strerror', None) or type(error).__name__}"
    else:
        given.pop("api_key", None)
        return None
    tell(words.say("legacy.no_key", reason=reason))
    return None


def _limits(request_timeout: object, timeout: object) -> tuple[float | None, float | None]:
    """Seconds to connect and in all. `timeout`, which 0.27 let pass without effect, limits the call too."""
    name = "timeout" if request_timeout is None else "request_timeout"
    limit = timeout if request_timeout is None else request_timeout
    connect, total = limit if isinstance(limit, (tuple, list)) and len(limit) == 2 else (None, limit)
    return _seconds(connect, name), _seconds(total, name)


def _seconds(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ParameterError(
            parameter=name, allowed=words.say("legacy.allowed.seconds"), code="parameter_value"
        )
    return float(value)


def _timeouts(connection: Connection, usual: Timeouts | None = None) -> Timeouts:
    from livetechno.gpt.transport import Timeouts

    timeouts = usual or Timeouts()
    if connection.connect_seconds is not None:
        timeouts = replace(timeouts, connect=connection.connect_seconds)
    return timeouts if connection.seconds is None else replace(timeouts, total=connection.seconds)
