"""Pages of other sites that are named: what they may ask, and that nothing of the owner's is theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from livetechno.server import origins
from livetechno.server.application import table
from livetechno.server.routes import NOTHING, Route
from livetechno.server.runner import Server
from livetechno.server.visitors import Site
from tests.server.conftest import Page

NAMED = "https://my.site"
READABLE = {"allow-origin": NAMED, "expose-headers": "X-Request-Id, Retry-After"}


@pytest.fixture
async def visited() -> AsyncIterator[Page]:
    """A server that knows one other site, called by a page of that site; the owner's session it has, too."""
    server = Server(site=Site(frozenset({origins.read(NAMED)})))
    url = await server.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        (await session.post(f"{server.own_url}api/session", json={})).close()
        yield Page(url, session, {"Origin": NAMED, "Sec-Fetch-Site": "cross-site"})
    await server.stop()


async def answered(page: Page, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The status, and what CORS says."""
    body: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    async with page.session.request(
        method, page.url + path[1:], headers={**page.headers, **headers}, **body
    ) as answer:
        assert answer.headers["Vary"] == "Origin"
        told = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, {
            name.removeprefix("access-control-"): told[name] for name in told if "access-control" in name
        }


async def test_a_named_site_may_ask_whether_it_is_us_and_read_the_answer(visited: Page) -> None:
    assert await answered(visited, "GET", "/healthz") == (200, READABLE)


async def test_its_preflight_is_answered_without_credentials(visited: Page) -> None:
    status, told = await answered(visited, "OPTIONS", "/healthz")
    assert (status, told["allow-origin"], told["allow-methods"]) == (204, NAMED, "GET")
    for path in ("/api/chat", "/api/session"):
        status, told = await answered(visited, "OPTIONS", path)
        assert (status, told["allow-origin"], told["allow-methods"]) == (204, NAMED, "POST")
        assert told["allow-headers"] == "Content-Type, X-Livetechno-Session"
    assert not {"allow-credentials", "allow-private-network"} & set(told)
    asks = {"Access-Control-Request-Private-Network": "true"}
    assert (await answered(visited, "OPTIONS", "/healthz", **asks))[1]["allow-private-network"] == "true"


async def test_nothing_of_the_owners_is_open_to_it(visited: Page) -> None:
    closed = [(route.method, route.path) for route in table() if not route.elsewhere]
    for method, path in [
        *closed,
        ("GET", "/"),
        ("GET", "/chat"),
        ("POST", "/v1/models"),
        ("GET", "/nothing"),
    ]:
        for called in (method, "OPTIONS"):
            assert await answered(visited, called, path) == (403, {}), path


@pytest.mark.parametrize(
    "origin",
    ["null", "https://my.site.evil.example", "http://my.site", "https://my.site:444", f"{NAMED}, {NAMED}"],
)
async def test_another_site_is_refused_as_ever(visited: Page, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        assert await answered(visited, method, "/healthz", Origin=origin) == (403, {})


async def test_our_own_page_needs_no_leave(visited: Page) -> None:
    own = {"Origin": visited.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert (await answered(visited, "GET", "/healthz", **own))[0] == 200
    assert (await answered(visited, "OPTIONS", "/healthz", **own))[0] == 204


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://my.site", "https://my.site"),
        ("HTTPS://My.Site:443", "https://my.site"),
        ("http://my.site:80", "http://my.site"),
        ("http://my.site:8080", "http://my.site:8080"),
        ("https://my.site:080", "https://my.site:80"),
        ("http://127.0.0.1:5500", "http://127.0.0.1:5500"),
        ("http://[::1]:5500", "http://[::1]:5500"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_has_the_form_that_browsers_send(text: str, origin: str) -> None:
    assert origins.read(text) == origin
    assert origins.read(origin) == origin


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "null", "https://*", "https://*.my.site", "https://", "my.site", "//my.site", "file://"),
        *(
            "ftp://my.site",
            "https://my.site/",
            "https://my.site/path",
            "https://my.site?x",
            "https://my.site#x",
        ),
        *("https://user@my.site", "https://my.site:", "https://my.site:0", "https://my.site:65536"),
        *("https://my site", " https://my.site", "https://my.site\n", "https://-my.site-", "https://[::1"),
        *(
            "https://my.site,https://x.site",
            "https://bücher.example",
            "https://\u212aelvin.example",
            "https://my.site\\x",
        ),
    ],
)
def test_anything_else_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        origins.read(text)


def test_a_route_of_the_owners_cannot_be_opened() -> None:
    async def handler(_: object) -> web.StreamResponse:
        raise NotImplementedError

    with pytest.raises(ValueError, match="is the owner's"):
        Route("POST", "/api/x", handler, "owner", "X.", body=NOTHING, elsewhere=True)
    assert [route.path for route in table() if route.elsewhere] == ["/healthz", "/api/session", "/api/chat"]
