"""The whole server as one aiohttp application: the table of routes behind the guard, then the pages."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import ModuleType

from aiohttp import web

import livetechno
from livetechno import app as wiring
from livetechno.server import bodies, widget
from livetechno.server.callers import Callers, LookUp
from livetechno.server.errors import ApiError
from livetechno.server.guard import Guard
from livetechno.server.limits import Limits
from livetechno.server.origins import ABROAD, ORIGIN, VISITOR_HEADER, preflight
from livetechno.server.pages import Pages
from livetechno.server.routes import BODY, MOMENT, TEXT, Route, closed
from livetechno.server.sessions import Sessions
from livetechno.server.sharing import SHARE, Share
from livetechno.server.visitors import Site, Visitors
from livetechno.store import Store

SESSIONS: web.AppKey[Sessions] = web.AppKey("livetechno.sessions", Sessions)
VISITORS: web.AppKey[Visitors | None] = web.AppKey("livetechno.visitors")
PARTS: tuple[str, ...] = (
    "chat",
    "answers",
    "conversations",
    "events",
    "settings",
    "keys",
    "costs",
    "budgets",
    "models",
    "sharing",
    "gateway",
    "openapi",
)
"""Modules of this room that have ROUTES, and may have `set_up(application)`."""


def build(
    *,
    folder: Path | None = None,
    secret: str | None = None,
    site: Site | None = None,
    share: Share | None = None,
    store: Callable[[], Store] = wiring.store,
) -> tuple[web.Application, Guard]:
    """The application, and its guard, which must be told the port (`allow_port`, with a site `allow_site`).

    `folder` holds a maker's own page; with a `secret` only who shows it gets a session. Pages of a `site`
    may call what is `Route.elsewhere`. `share` takes the files that a page cannot save.
    """
    sessions, visits = Sessions(secret), Limits()
    visitors = None if site is None else Visitors(site, visits)
    callers = Callers(sessions, _known_to(store), visitors.find if visitors else None)
    rules = Guard(callers, store, site=site, visits=visits)
    application = web.Application(client_max_size=bodies.LARGEST, middlewares=[rules.middleware])
    application[SESSIONS], application[VISITORS], application[SHARE] = sessions, visitors, share
    for route in table():
        application.router.add_route(route.method, route.path, rules.wrap(route))
    for path, routes in groupby(filter(attrgetter("elsewhere"), table()), attrgetter("path")):
        answer = preflight(route.method for route in routes)
        application.router.add_route("OPTIONS", path, rules.elsewhere(answer))
    for part in _parts():
        if hasattr(part, "set_up"):
            part.set_up(application)
    application.router.add_route("*", "/api/{path:.*}", _not_here)
    application.router.add_route("*", "/v1/{path:.*}", _not_here)
    widget.add_to(application.router, rules)
    Pages(sessions, folder).add_to(application.router)
    return application, rules


def table() -> tuple[Route, ...]:
    """Every route of the API."""
    return (*ROUTES, *(route for part in _parts() for route in part.ROUTES))


def _known_to(store: Callable[[], Store]) -> LookUp:
    """Who finds access keys in what is kept."""
    return lambda sha256: store().access_of(sha256)


def _parts() -> list[ModuleType]:
    return [import_module(f"livetechno.server.{name}") for name in PARTS]


async def _not_here(_: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def _health(_: web.Request) -> web.StreamResponse:
    return web.json_response({"app": "livetechno", "version": livetechno.__version__})


async def _session(request: web.Request) -> web.StreamResponse:
    sessions, visitors = request.app[SESSIONS], request.app[VISITORS]
    if visitors is not None and ORIGIN in request:
        token, expires = visitors.give(request, request[ORIGIN])
        return web.json_response({"token": token, "expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}"})
    if ABROAD in request:
        raise ApiError("origin_refused", 403)
    if not sessions.admits(request[BODY].get("secret")):
        raise web.HTTPForbidden
    response = web.Response(status=204)
    sessions.give(request, response)
    return response


ROUTES = (
    Route(
        "GET",
        "/healthz",
        _health,
        "public",
        "Whether this is livetechno, and which version.",
        answer=closed({"app": TEXT, "version": TEXT}),
        elsewhere=True,
    ),
    Route(
        "POST",
        "/api/session",
        _session,
        "public",
        "Give this page a session: the owner's in a cookie, to a page of a named site a visitor's token.",
        body=closed({}, {"secret": TEXT}),
        answer=closed(
            {"token": {**TEXT, "description": "for the header " + VISITOR_HEADER}, "expires": MOMENT}
        ),
        status=204,
        elsewhere=True,
    ),
)
