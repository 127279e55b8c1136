"""Files that a page cannot save leave by its host."""

from __future__ import annotations

import aiohttp
import pytest

from livetechno.server.runner import Server
from tests.server.conftest import Page

CONTENT = "data:application/octet-stream;base64,w4k="


async def test_the_host_gets_a_files_name_and_bytes() -> None:
    given: list[tuple[str, bytes]] = []
    server = Server(share=lambda name, data: given.append((name, data)))
    url = await server.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        page = Page(url, session)
        assert (await page.ask("POST", "/api/share", {"name": "a.md", "content": CONTENT}))[0] == 401
        await page.ask("POST", "/api/session")
        assert (await page.ask("GET", "/api/settings"))[1]["shares"]
        assert (await page.ask("POST", "/api/share", {"name": "../Été.md", "content": CONTENT}))[0] == 204
    await server.stop()
    assert given == [("Été.md", "É".encode())]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a.md", "content": "data:text/plain,a"},
        {"name": "a.md", "content": "data:;base64,é"},
        {"name": "a", "content": CONTENT},
        {"name": "a.md/../../b", "content": CONTENT},
        {"content": CONTENT},
    ],
)
async def test_what_is_no_file_is_refused(body: dict[str, str]) -> None:
    given: list[str] = []
    server = Server(share=lambda name, _: given.append(name))
    url = await server.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        page = Page(url, session)
        await page.ask("POST", "/api/session")
        assert (await page.ask("POST", "/api/share", body))[0] == 400
    await server.stop()
    assert given == []


async def test_a_host_whose_pages_save_files_takes_none(page: Page) -> None:
    assert (await page.ask("POST", "/api/share", {"name": "a.md", "content": CONTENT}))[0] == 404
