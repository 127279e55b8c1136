"""What `livetechno serve` is told of sites: whose pages may ask, and what they may cost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livetechno import words
from livetechno.cli.access import read_budgets, read_models
from livetechno.cli.spoken import Option, number

if TYPE_CHECKING:
    from livetechno.server.visitors import Site
    from livetechno.store.budgets import Name

LARGEST_SYSTEM = 100_000
"""Bytes of a system message: it is paid for with each answer."""
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Deployment:
    """A site, the caps of what each origin may spend, and whether Mock AI answers."""

    site: Site
    caps: dict[Name, Decimal]
    mock: bool


def _read_origins(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    from livetechno.server import origins

    try:
        return frozenset(map(origins.read, values))
    except ValueError:
        raise click.BadParameter(
            words.say("serve.no_origin", values=", ".join(values)), context, option
        ) from None


def _read_names(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    from livetechno.server import origins

    try:
        return frozenset(origins.read(f"https://{value}").removeprefix("https://") for value in values)
    except ValueError:
        raise click.BadParameter(
            words.say("serve.no_name", values=", ".join(values)), context, option
        ) from None


def _read_model(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = read_models(context, option, value)
    if len(names) > 1:
        raise click.BadParameter(words.say("serve.one_model", names=", ".join(names)), context, option)
    return names


def _read_system(context: click.Context, option: click.Parameter, value: Path | None) -> str | None:
    if value is None:
        return None
    try:
        text = value.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text or len(text.encode()) > LARGEST_SYSTEM:
        told = words.say("serve.no_system", file=value, most=LARGEST_SYSTEM // 1000)
        raise click.BadParameter(told, context, option)
    return text


_OPTIONS = (
    click.option(
        "--allow-origin",
        "origins",
        cls=Option,
        multiple=True,
        metavar="URL",
        callback=_read_origins,
        help="serve.help_allow_origin",
    ),
    click.option(
        "--system-file",
        "system",
        cls=Option,
        type=Path,
        metavar="FILE",
        callback=_read_system,
        help="serve.help_system_file",
    ),
    click.option(
        "--budget",
        "caps",
        cls=Option,
        multiple=True,
        metavar="USD/day|month",
        callback=read_budgets,
        help="serve.help_budget",
    ),
    click.option(
        "--rpm", "per_minute", cls=Option, metavar="N", callback=number(int, 1, MOST), help="serve.help_rpm"
    ),
    click.option(
        "--model", "models", cls=Option, metavar="NAME", callback=_read_model, help="serve.help_model"
    ),
    click.option(
        "--most-tokens", cls=Option, metavar="N", callback=number(int, 1, MOST), help="serve.help_most_tokens"
    ),
    click.option(
        "--name",
        "names",
        cls=Option,
        multiple=True,
        metavar="HOST",
        callback=_read_names,
        help="serve.help_name",
    ),
    click.option("--trust-proxy", cls=Option, is_flag=True, help="serve.help_trust_proxy"),
    click.option("--mock", cls=Option, is_flag=True, help="serve.help_mock"),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a site."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read(host: str, *, alone: bool, origins: frozenset[str], **given: Any) -> Deployment | None:
    """What is deployed; None for a server that is `alone` on its machine and names no site.

    Raises click.UsageError for what nobody could safely be let in to, and for options that need a site.
    """
    if not origins and alone:
        for option in (
            "system",
            "caps",
            "per_minute",
            "models",
            "most_tokens",
            "names",
            "trust_proxy",
            "mock",
        ):
            if given[option]:
                raise click.UsageError(words.say("serve.needs_site", option=_SPELLED[option]))
        return None
    if not origins and not _access_keys():
        raise click.UsageError(words.say("serve.not_alone", host=host))
    from livetechno.server.visitors import POLICY, Site

    limits = {name: given[name] for name in ("system", "per_minute", "models", "most_tokens") if given[name]}
    site = Site(origins, given["names"], replace(POLICY, **limits), trust_proxy=given["trust_proxy"])
    return Deployment(site, given["caps"], given["mock"])


_SPELLED = {
    "system": "--system-file",
    "caps": "--budget",
    "per_minute": "--rpm",
    "models": "--model",
    "most_tokens": "--most-tokens",
    "names": "--name",
    "trust_proxy": "--trust-proxy",
    "mock": "--mock",
}


def _access_keys() -> bool:
    from livetechno import app

    return bool(app.store().access.list())


@contextmanager
def prepared(deployment: Deployment) -> Iterator[None]:
    """Have each site on its budget, and Mock AI answer for all or for nobody, until the block ends.

    Raises click.UsageError when nobody could answer: there is no key, or no price that a budget could hold.
    """
    from livetechno import app
    from livetechno.server.visitors import EMBED, owner_of

    with _mock_answers("always" if deployment.mock else "never"):
        _check_that_somebody_answers(deployment)
        for name in (*deployment.site.origins, EMBED) if deployment.caps else ():
            budgets = app.store().of(owner_of(name)).budgets
            for period in ("day", "month"):
                if period in deployment.caps:
                    budgets.set(period, deployment.caps[period])
                else:
                    budgets.clear(period)
        yield


def _check_that_somebody_answers(deployment: Deployment) -> None:
    from livetechno import app, environment
    from livetechno.gpt import addresses, prices
    from livetechno.gpt.catalogue import load_catalogue
    from livetechno.gpt.errors import MissingKeyError

    try:
        endpoint = app.endpoint()
    except MissingKeyError:
        raise click.UsageError(words.say("serve.no_key")) from None
    if endpoint.mock or addresses.is_loopback(endpoint.base_url) or not deployment.site.origins:
        return
    today, chosen = environment.today(), (*deployment.site.policy.models, "chat")[0]
    model = load_catalogue().resolve(app.model(chosen), today).name
    if prices.worst_case(1, model, on=today) is None:
        raise click.UsageError(words.say("serve.no_price", model=model))


@contextmanager
def _mock_answers(mode: str) -> Iterator[None]:
    before = os.environ.get("LIVETECHNO_MOCK")
    os.environ["LIVETECHNO_MOCK"] = mode
    try:
        yield
    finally:
        if before is None:
            del os.environ["LIVETECHNO_MOCK"]
        else:
            os.environ["LIVETECHNO_MOCK"] = before
