"""Who may call: the checks of security.md F2, each by name."""

from __future__ import annotations

import asyncio
import json
import logging
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from livetechno.mock import MockServer
from livetechno.server import guard
from livetechno.server.application import table
from livetechno.server.runner import Server
from livetechno.server.sessions import COOKIE
from tests.server.conftest import Page
from tests.server.test_answers import upstream

__all__ = ["upstream"]


async def test_anybody_here_may_ask_whether_it_is_us(page: Page) -> None:
    status, told = await page.ask("GET", "/healthz")
    assert (status, told["app"]) == (200, "livetechno")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "localhost.evil:1"]
)
async def test_a_name_that_is_not_ours_gets_nothing(page: Page, host: str) -> None:
    for path in ("/", "/healthz", "/api/session", "/api/nothing"):
        status, told = await page.ask("GET", path, headers={"Host": host})
        assert (status, told["error"]["code"]) == (421, "host_refused")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
async def test_each_name_of_this_machine_is_ours(page: Page, name: str) -> None:
    port = page.url.rstrip("/").rpartition(":")[2]
    host = f"{name}:{port}"
    status, _ = await page.ask("GET", "/healthz", headers={"Host": host, "Origin": f"http://{host}"})
    assert status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:1", "http://127.0.0.1:1"]
)
async def test_pages_of_other_origins_are_refused(page: Page, origin: str) -> None:
    status, told = await page.ask("POST", "/api/session", headers={"Origin": origin})
    assert (status, told["error"]["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_fetches_of_other_sites_are_refused_of_the_api_only(page: Page, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    status, told = await page.ask("POST", "/api/session", headers=headers)
    assert (status, told["error"]["code"]) == (403, "cross_site")
    assert (await page.ask("GET", "/healthz", headers=headers))[0] == 200


async def test_no_answer_lets_other_origins_read_it(page: Page) -> None:
    async with page.session.get(page.url + "healthz") as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"
    async with page.session.options(
        page.url + "api/session", headers={"Origin": "http://evil.example"}
    ) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_body_that_a_form_could_send_is_refused(page: Page) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {**page.headers, "Content-Type": kind}
        async with page.session.post(page.url + "api/session", data=b"{}", headers=headers) as answer:
            assert answer.status == 415


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 9_000, b'{"secret": ' + b"[" * 61 + b"]" * 61 + b"}"])
async def test_what_is_no_json_is_refused(page: Page, raw: bytes) -> None:
    headers = {**page.headers, "Content-Type": "application/json"}
    async with page.session.post(page.url + "api/session", data=raw, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "body_unreadable"


async def test_fields_that_nobody_knows_are_refused(page: Page) -> None:
    status, told = await page.ask("POST", "/api/session", {"api_base": "http://evil.example"})
    assert (status, told["error"]["code"]) == (400, "body_refused")


async def test_every_answer_has_its_id_and_says_how_to_be_treated(page: Page) -> None:
    for path in ("", "healthz", "api/nothing", "nothing"):
        async with page.session.get(page.url + path) as answer:
            assert answer.headers["X-Request-Id"].startswith("req_")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert "Cross-Origin-Embedder-Policy" not in answer.headers


async def test_our_own_html_brings_the_session_in_a_cookie_that_no_script_reads(server: Server) -> None:
    url = await server.start()
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        cookie = answer.headers["Set-Cookie"]
        html = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert cookie.startswith(f"{COOKIE}_{URL(url).port}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert cookie.partition("=")[2].partition(";")[0] not in html
    assert "unsafe-inline" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_with_a_secret_only_who_shows_it_gets_a_session() -> None:
    server = Server(secret="s3cret-of-the-app")
    url = await server.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert "Set-Cookie" not in answer.headers
        for given, expected in (
            ({}, 403),
            ({"secret": "x"}, 403),
            ({"secret": "\ud800"}, 403),
            ({"secret": "s3cret-of-the-app"}, 204),
        ):
            async with session.post(f"{url}api/session", json=given) as answer:
                assert answer.status == expected
    await server.stop()


async def test_a_foreign_cookie_is_no_session(page: Page) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        stranger = Page(
            page.url, session, {**page.headers, "Cookie": f"{COOKIE}_{URL(page.url).port}=invented"}
        )
        for route in table():
            if route.permission != "owner":
                continue
            path = route.path.replace("{", "").replace("}", "")
            status, told = await stranger.ask(route.method, path)
            assert (status, told["error"]["code"]) == (401, "session_unknown"), route.path


async def test_two_servers_on_one_host_leave_each_others_sessions_alone(page: Page) -> None:
    other = Server()
    url = await other.start()
    (await page.session.get(url)).close()  # a browser keeps one jar for both ports
    assert (await page.ask("GET", "/api/settings"))[0] == 200
    async with page.session.get(f"{url}api/settings") as answer:
        assert answer.status == 200
    await other.stop()


async def test_what_takes_a_key_or_an_address_is_for_this_machine_only(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = {
        (route.method, route.path)
        for route in table()
        if {"key", "base_url", "api_key", "url"} & set((route.body or {}).get("properties", {}))
    }
    assert taking == {("PUT", "/api/key"), ("PATCH", "/api/settings")}
    monkeypatch.setattr(guard, "is_from_here", lambda _: False)
    for method, path in taking:
        status, told = await page.ask(method, path)
        assert (status, told["error"]["code"]) == (403, "not_from_here")


async def test_the_log_has_a_line_for_a_client_that_left(
    page: Page, caplog: pytest.LogCaptureFixture, upstream: MockServer
) -> None:
    with caplog.at_level(logging.INFO, "livetechno.server"):
        body = {
            "messages": [{"role": "user", "content": "Write a long text about a kick drum"}],
            "stream": True,
        }
        async with page.session.post(f"{page.url}api/chat", json=body, headers=page.headers) as answer:
            await answer.content.readline()
            answer.close()
        for _ in range(200):
            if "/api/chat" in caplog.text:
                break
            await asyncio.sleep(0.01)
    told = "\n".join(record.getMessage() for record in caplog.records)
    (line,) = [line for line in told.splitlines() if "/api/chat" in line]
    assert json.loads(line)["status"] == guard.LEFT


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        (("127.0.0.1", 5000), True),
        (("127.9.9.9", 5000), True),
        (("::1", 5000, 0, 0), True),
        (("192.0.2.7", 5000), False),
        (("fe80::1%eth0", 5000, 0, 2), False),
        ("", False),
        (None, False),
    ],
)
def test_who_is_on_this_machine_is_told_by_the_connection(peer: object, here: bool) -> None:
    transport = Mock()
    transport.get_extra_info.return_value = peer
    headers = {"X-Forwarded-For": "127.0.0.1", "Host": "127.0.0.1"}
    request = make_mocked_request("GET", "/", headers=headers, transport=transport)
    assert guard.is_from_here(request) is here


def test_no_route_lacks_its_permission() -> None:
    public = {(route.method, route.path) for route in table() if route.permission == "public"}
    assert public == {("GET", "/healthz"), ("POST", "/api/session")}
    assert all(route.path.startswith("/api/") for route in table() if route.permission == "owner")
