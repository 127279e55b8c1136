"""The widget's script, for any page; and its page in a frame, for the named ones."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import aiohttp
import pytest

from livetechno.server import widget
from livetechno.server.pages import BUILT
from livetechno.server.runner import Server
from livetechno.server.visitors import Site
from tests.server.conftest import Page

SITE = "https://my.example"
HEADERS = {"Origin": "https://stranger.example", "Sec-Fetch-Site": "cross-site", "Accept-Encoding": "gzip"}


@pytest.fixture
async def deployed() -> AsyncIterator[str]:
    server = Server(site=Site(frozenset({SITE, "http://other.example:8000"})))
    yield await server.start()
    await server.stop()


async def test_the_script_is_for_every_page_of_every_site(page: Page) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(f"{page.url}gpt-chat.js", headers=HEADERS) as answer:
            body = await answer.read()
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert 0 < int(answer.headers["Cache-Control"].removeprefix("public, max-age=")) <= 600
        plain = {**HEADERS, "Accept-Encoding": "identity"}
        async with session.get(f"{page.url}gpt-chat.js", headers=plain) as answer:
            assert "Content-Encoding" not in answer.headers
            assert await answer.read() == gzip.decompress(body) == (BUILT / "gpt-chat.js").read_bytes()


async def test_a_script_that_is_known_is_not_sent_again(page: Page) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{page.url}gpt-chat.js", headers=HEADERS) as answer:
            tag = answer.headers["ETag"]
        known = {**HEADERS, "If-None-Match": tag}
        async with session.get(f"{page.url}gpt-chat.js", headers=known) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
            assert answer.headers["ETag"] == tag
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        other = {**HEADERS, "If-None-Match": 'W/"another"'}
        async with session.get(f"{page.url}gpt-chat.js", headers=other) as answer:
            assert answer.status == 200


async def test_the_script_too_is_only_for_hosts_that_are_ours(page: Page) -> None:
    status, told = await page.ask("GET", "gpt-chat.js", headers={"Host": "rebound.example"})
    assert (status, told["error"]["code"]) == (421, "host_refused")


def test_the_script_is_small_whole_and_makes_nothing_out_of_text() -> None:
    script = (BUILT / "gpt-chat.js").read_bytes()
    assert len(gzip.compress(script)) <= 30_000
    text = script.decode()
    assert not re.search(r"\bimport\s*[({\"']|\bfrom\s*[\"']|sourceMappingURL", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|new Function|createPolicy", text)


async def test_the_frame_is_for_named_sites_and_brings_no_session(deployed: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{deployed}embed") as answer:
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert answer.content_type == "text/html"
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert f"frame-ancestors http://other.example:8000 {SITE}" in policy
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not any("unsafe" in one for one in policy)


async def test_where_no_site_is_named_nobody_may_frame_it(page: Page) -> None:
    async with page.session.get(f"{page.url}embed") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", widget.GIVEN)
async def test_what_the_frames_address_gives_is_data(deployed: str, name: str) -> None:
    hostile = '"><script>alert(1)</script>\'<gpt-chat endpoint="https://evil.example/'
    asked = {name: hostile, "endpoint": "https://evil.example/", "onload": "alert(1)", "lang": '"><b>'}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{deployed}embed", params=asked) as answer,
    ):
        found = Elements(await answer.text()).found
    assert [tag for tag, _ in found].count("script") == 1
    (element,) = [attributes for tag, attributes in found if tag == "gpt-chat"]
    assert element == {"endpoint": "/api/chat", "lang": "en", name: hostile}


async def test_the_frame_speaks_the_language_of_its_address_else_the_readers(deployed: str) -> None:
    async with aiohttp.ClientSession(headers={"Accept-Language": "fr-CA"}) as session:
        for asked, language in (("", "fr"), ("?lang=en", "en"), ("?lang=de", "fr")):
            async with session.get(f"{deployed}embed{asked}") as answer:
                assert f'<html lang="{language}">' in await answer.text()


async def test_what_the_frames_address_gives_has_an_end(deployed: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{deployed}embed", params={"greeting": "x" * 5000}) as answer,
    ):
        assert f'greeting="{"x" * widget.MOST}"' in await answer.text()
