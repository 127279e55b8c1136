"""The dated table of models: what each takes, costs and becomes, and which one an alias means today.

The facts are data with their sources (`data/models.json`). A file `models.json` in the home folder,
`{"models": {name: row or part of a row}, "aliases": {alias: name or dated list}}`, is laid over them.

    catalogue = load_catalogue()
    resolved = catalogue.resolve("chat", environment.today())
    resolved.name       # the name to send
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from livetechno import environment, words
from livetechno.gpt import notices
from livetechno.gpt.completions import Effort
from livetechno.gpt.errors import ConfigurationError, ParameterError, RetiredModelError

Endpoint = Literal["chat", "responses"]
Sampling = Literal["always", "effort_none", "never"]
Retired = Literal["replace", "fail"]

NEAR_DAYS = 60
"""From how many days before its end a name is warned about."""
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{4})\Z")
"""The date at the end of a snapshot's name, as in gpt-4.1-2025-04-14 or gpt-4-0613."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, standard tier, from the day `since` (None: since ever).

    `cached` is None where no price of cached input is known; `cache_write` equals `input` where a
    write costs nothing more; `cache_write_12h` is for writes kept twelve hours.
    """

    since: dt.date | None
    input: Decimal
    cached: Decimal | None
    output: Decimal
    cache_write: Decimal
    cache_write_12h: Decimal | None
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Factor:
    """What a service tier multiplies the price by, from the day `since` (None: since ever).

    `cached` is the price of cached input at that tier where the vendor publishes one that is no such
    product; it holds for requests that are not long.
    """

    tier: str
    since: dt.date | None
    factor: Fraction
    cached: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LongContext:
    """Above `over` input tokens the whole request is multiplied: input, everything cached, output."""

    over: int
    input: Decimal
    cache: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class Model:
    """One row: sizes in tokens, what it accepts, when it ends (the first day without it), prices."""

    name: str
    context: int
    max_input: int
    max_output: int
    endpoints: frozenset[str]
    """Among chat, responses, batch."""
    reasoning: bool
    efforts: tuple[Effort, ...]
    default_effort: Effort | None
    sampling: Sampling
    """When temperature and top_p are accepted: always, only at effort none, never."""
    penalties: bool
    stop: bool
    verbosity: bool
    tools_endpoint: Endpoint
    released: dt.date | None
    ends: dt.date | None
    successor: str | None
    long_context: bool
    """Whether the long-context rule of prices applies."""
    prices: tuple[Price, ...]
    tiers: tuple[Factor, ...]

    def ended(self, on: dt.date) -> bool:
        """Whether the name no longer works on that day."""
        return self.ends is not None and on >= self.ends


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell once: `name` ends soon, or has ended, and `successor` takes its place."""

    name: str
    kind: Literal["ending", "ended"]
    ends: dt.date
    successor: str

    def text(self, language: str | None = None) -> str:
        """The notice as a sentence."""
        return words.say(
            f"catalogue.{self.kind}", language, model=self.name, ends=self.ends, successor=self.successor
        )


class ModelNotice(UserWarning):
    """A model's name ends soon, or has been replaced."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name means on a day: the name to send, its row if known, and what to tell."""

    asked: str
    name: str
    model: Model | None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an alias means from the day `since` (None: since ever)."""

    since: dt.date | None
    model: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rows, aliases and rules, as of the day `checked`."""

    checked: dt.date
    models: Mapping[str, Model]
    names: Mapping[str, str]
    """Other names that the vendor gives to a row."""
    aliases: Mapping[str, tuple[Meaning, ...]]
    long_context: LongContext
    regional: Decimal
    """What processing in a chosen region multiplies the price by."""

    def find(self, name: str) -> Model | None:
        """The row of a model's name, also with the date of a snapshot after it; None if unknown."""
        for candidate in (name, _SNAPSHOT.sub("", name)):
            row = self.models.get(self.names.get(candidate, candidate))
            if row is not None:
                return row
        return None

    def alias(self, alias: str, on: dt.date) -> str | None:
        """The living model that an alias means on that day; None when there is no such alias."""
        meanings = self.aliases.get(alias)
        if not meanings:
            return None
        meaning = in_force(meanings, on) or meanings[0]
        row = self.find(meaning.model)
        return self._living(row, on).name if row is not None and row.ended(on) else meaning.model

    def resolve(
        self, name: str, on: dt.date, *, openai: bool = True, retired: Retired = "replace"
    ) -> Resolved:
        """What to send for a name or an alias on that day.

        `LIVETECHNO_MODEL` stands in for the alias `chat`. With `openai` (OpenAI's address or Mock AI)
        a name that has ended becomes its living successor, and one near its end brings a notice.
        Raises RetiredModelError for an ended name when `retired` is "fail", ParameterError for no name.
        """
        _check_name(name)
        wanted = (environment.default_model() if name == "chat" else None) or name
        meant = self.alias(wanted, on)
        if meant is not None:
            return Resolved(name, meant, self.find(meant))
        row = self.find(wanted)
        notice = self._notice(wanted, row, on) if openai and row is not None else None
        if row is None or notice is None or notice.kind == "ending":
            return Resolved(name, wanted, row, notice)
        if retired == "fail":
            raise RetiredModelError(
                code="model_retired", model=wanted, ended=notice.ends.isoformat(), successor=notice.successor
            )
        return Resolved(name, notice.successor, self.find(notice.successor), notice)

    def successor_of(self, name: str, on: dt.date) -> str | None:
        """The living model to use in place of `name` on that day; None when none is known."""
        row = self.find(name)
        if row is None or row.successor is None:
            return None
        return self._living(self.models[row.successor], on).name

    def _notice(self, name: str, row: Model, on: dt.date) -> Notice | None:
        if row.ends is None or row.ends - on > dt.timedelta(NEAR_DAYS):
            return None
        # A name near its end is advised to one that outlives it.
        successor = self._living(row, max(on, row.ends)).name
        return Notice(name, "ended" if row.ended(on) else "ending", row.ends, successor)

    def _living(self, row: Model, on: dt.date) -> Model:
        while row.ended(on) and row.successor is not None:
            row = self.models[row.successor]
        return row


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.strip():
        raise ParameterError(parameter="model", allowed=words.say("catalogue.a_name"))


class _Dated(Protocol):
    @property
    def since(self) -> dt.date | None: ...


_Entry = TypeVar("_Entry", bound=_Dated)


def in_force(entries: Iterable[_Entry], on: dt.date) -> _Entry | None:
    """Of entries in order of time, the last one that holds on that day; None if none does yet."""
    begun = [entry for entry in entries if entry.since is None or entry.since <= on]
    return begun[-1] if begun else None


def endpoint_for(model: Model | None, *, tools: bool, effort: str | None) -> Endpoint:
    """Where to send a request: to Responses what only works there, to Chat Completions the rest.

    The address does not matter: who offers a model by OpenAI's name passes its rules on.
    """
    if model is None:
        return "chat"
    if "chat" not in model.endpoints:
        return "responses"
    if tools and model.tools_endpoint == "responses":
        return "responses"
    # The effort max belongs to Responses; Chat Completions may answer 400.
    return "responses" if effort == "max" and "max" in model.efforts else "chat"


_told: set[tuple[str, str]] = set()


def warn_once(notice: Notice | None) -> None:
    """Issue the notice as a ModelNotice warning, once per process for each name and kind."""
    if notice is None or (notice.name, notice.kind) in _told:
        return
    _told.add((notice.name, notice.kind))
    notices.warn(notice.text(), ModelNotice)


def load_catalogue() -> Catalogue:
    """The shipped table with the home folder's `models.json` laid over it; read again when that changes.

    Raises ConfigurationError naming the file and the field when that is broken; then nothing of it holds.
    """
    path = environment.home() / "models.json"
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _load(None, 0, 0)
    except OSError as error:
        raise _broken(path, "", error.strerror or str(error)) from None
    return _load(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _load(path: Path | None, _modified_ns: int, _size: int) -> Catalogue:
    shipped = json.loads(_data("models.json"))
    if path is None:
        return _build(shipped)
    own = _read_own(path)
    for name, fields in own.get("models", {}).items():
        shipped["models"][name] = shipped["models"].get(name, {}) | fields
    shipped["aliases"] |= own.get("aliases", {})
    _check_whole(shipped, path)
    return _build(shipped)


def _data(name: str) -> str:
    return (resources.files("livetechno.gpt") / "data" / name).read_text(encoding="utf-8")


def _broken(path: Path, field: str, reason: str) -> ConfigurationError:
    where = f"{path} ({field})" if field else str(path)
    return ConfigurationError(
        code="models_file", parameter=field or None, source=where, reason=reason, file=str(path)
    )


def _read_own(path: Path) -> dict[str, Any]:
    import fastjsonschema

    try:
        own: dict[str, Any] = _validator()(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise _broken(path, "", error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, fastjsonschema.JsonSchemaValueException):
            field = ".".join(error.path[1:])
            raise _broken(path, field, _refusal(error)) from None
        raise _broken(path, "", words.say("settings.no_json")) from None
    return own


def _refusal(error: Any) -> str:
    """What fastjsonschema found, in the person's language where it is more than a rule of JSON Schema."""
    if error.rule == "additionalProperties":
        return words.say("catalogue.unknown_field")
    if error.rule == "type" and error.rule_definition == "object":
        return words.say("settings.no_object")
    return f"{error.rule}: {error.rule_definition}"


@cache
def _validator() -> Callable[[Any], Any]:
    import fastjsonschema

    schema = json.loads(_data("models.schema.json"))
    validate: Callable[[Any], Any] = fastjsonschema.compile(
        schema, formats={"date": _is_date}, use_default=False
    )
    return validate


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_whole(table: dict[str, Any], path: Path) -> None:
    """What no schema says: needed fields of new rows, successors that exist and lead somewhere living."""
    models = table["models"]
    for name, row in models.items():
        for field in ("context", "max_output"):
            if field not in row:
                raise _broken(path, f"models.{name}.{field}", words.say("catalogue.missing"))
        current, seen = name, {name}
        while models[current].get("ends") or models[current].get("successor"):
            successor = models[current].get("successor")
            if successor not in models or successor in seen:
                raise _broken(path, f"models.{current}.successor", words.say("catalogue.no_living_successor"))
            seen.add(successor)
            current = successor
    for alias, meanings in table["aliases"].items():
        for meaning in _meanings(meanings):
            if meaning.model in table["aliases"]:
                raise _broken(path, f"aliases.{alias}", words.say("catalogue.alias_of_alias"))


def _build(table: dict[str, Any]) -> Catalogue:
    rules = table["rules"]
    long = rules["long_context"]
    return Catalogue(
        checked=dt.date.fromisoformat(table["checked"]),
        models={name: _model(name, row) for name, row in table["models"].items()},
        names=table["names"],
        aliases={alias: _meanings(meanings) for alias, meanings in table["aliases"].items()},
        long_context=LongContext(
            long["over"], Decimal(long["input"]), Decimal(long["cache"]), Decimal(long["output"])
        ),
        regional=Decimal(rules["regional"]["factor"]),
    )


def _meanings(meanings: str | list[dict[str, Any]]) -> tuple[Meaning, ...]:
    if isinstance(meanings, str):
        return (Meaning(None, meanings),)
    return _by_day(Meaning(_date(entry.get("from")), entry["model"]) for entry in meanings)


def _model(name: str, row: dict[str, Any]) -> Model:
    efforts = tuple(row.get("efforts", ()))
    reasoning = row.get("reasoning", bool(efforts))
    endpoints = frozenset(row.get("endpoints", ("chat",)))
    return Model(
        name=name,
        context=int(row["context"]),
        max_input=int(row.get("max_input", row["context"])),
        max_output=int(row["max_output"]),
        endpoints=endpoints,
        reasoning=reasoning,
        efforts=efforts,
        default_effort=row.get("default_effort"),
        sampling=row.get("sampling", "never" if reasoning else "always"),
        penalties=row.get("penalties", not reasoning),
        stop=row.get("stop", not reasoning),
        verbosity=row.get("verbosity", False),
        tools_endpoint=row.get("tools_endpoint", "chat" if "chat" in endpoints else "responses"),
        released=_date(row.get("released")),
        ends=_date(row.get("ends")),
        successor=row.get("successor"),
        long_context=row.get("long_context", False),
        prices=_by_day(map(_price, row.get("prices", ()))),
        tiers=_by_day(
            Factor(
                tier,
                _date(entry.get("from")),
                Fraction(entry["factor"]),
                _decimal(entry.get("cached")),
            )
            for tier, entries in row.get("tiers", {}).items()
            for entry in entries
        ),
    )


def _price(entry: dict[str, Any]) -> Price:
    return Price(
        since=_date(entry.get("from")),
        input=Decimal(entry["input"]),
        cached=_decimal(entry.get("cached")),
        output=Decimal(entry["output"]),
        cache_write=Decimal(entry.get("cache_write") or entry["input"]),
        cache_write_12h=_decimal(entry.get("cache_write_12h")),
        source=entry.get("source", ""),
        mark=entry.get("mark", "own"),
    )


def _by_day(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.since or dt.date.min))


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
