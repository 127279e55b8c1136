"""F2: the checklist for what listens where browsers are. docs/security.md has the table."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from livetechno import app
from livetechno.cli import main
from livetechno.gpt.errors import BooksError
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from livetechno.server import bodies, chat, pages
from livetechno.server.application import table
from livetechno.server.runner import Server
from tests.security.calls import BODIED, GOOD, HELLO, NAMES, asked, call, placed
from tests.server.conftest import Page
from tests.server.test_answers import KEY, ask, upstream

__all__ = ["upstream"]
OWN_PAGES = ("/", *(f"/{screen}" for screen in pages.SCREENS), "/chat/0123456789ab")
ORG = "org-" + "Ab3dEf6hIj9kLmNo"
ECHOED = {"openai-organization": ORG, "x-request-id": f"req_{ORG}", "x-note": KEY, "retry-after-ms": "1"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_nothing_but_this_machine_is_listened_on(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """F2.1."""
    assert main(["serve", "--no-open", "--port", "0", "--host", host]) == 2
    assert capsys.readouterr().out == ""
    with pytest.raises(ValueError, match="not this machine alone"):
        Server(host)


def rebound(page: Page) -> list[str]:
    port = page.url.rstrip("/").rpartition(":")[2]
    return [
        f"evil.example:{port}",
        "evil.example",
        f"127.0.0.1.evil.example:{port}",
        f"localhost.:{port}",
        f"0.0.0.0:{port}",
        f"user@127.0.0.1:{port}",
        f"[::ffff:127.0.0.1]:{port}",
        f"127.0.0.1:{port}.evil.example",
        "127.0.0.1:1",
        "",
    ]


async def test_a_name_that_was_rebound_to_this_machine_gets_nothing_on_any_route(page: Page) -> None:
    """F2.2: with a session, and with the Origin that goes with the name."""
    for host in rebound(page):
        headers = {"Host": host, "Origin": f"http://{host}"}
        for name, route in NAMES.items():
            status, text, _ = await call(page, route, placed(route), GOOD.get(name), headers)
            assert (status, json.loads(text)["error"]["code"]) == (421, "host_refused"), (host, name)
        for path in OWN_PAGES:
            async with page.session.get(page.url + path[1:], headers={"Host": host}) as answer:
                assert answer.status == 421
                assert "Set-Cookie" not in answer.headers


def foreign(page: Page) -> list[str]:
    own = page.url.rstrip("/")
    port = own.rpartition(":")[2]
    return [
        "null",
        "http://evil.example",
        own.replace("http:", "https:"),
        f"http://localhost:{port}",
        "http://127.0.0.1",
        f"http://127.0.0.1:{int(port) - 1}",
        f"{own}.evil.example",
        f"{own}/",
        f"{own}, http://evil.example",
        "file://",
        "chrome-extension://abcdefghijklmnop",
    ]


async def test_a_page_of_another_origin_gets_nothing_on_any_route(page: Page) -> None:
    """F2.3: `Origin: null`, another port, another scheme; with a session. Nothing is reflected."""
    for origin in foreign(page):
        for name, route in NAMES.items():
            headers = {"Origin": origin}
            status, text, told = await call(page, route, placed(route), GOOD.get(name), headers)
            assert (status, json.loads(text)["error"]["code"]) == (403, "origin_refused"), (origin, name)
            assert not [header for header in told if header.lower().startswith("access-control")]
            assert told["Vary"] == "Origin"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "x"])
async def test_a_fetch_from_another_site_gets_nothing_of_the_api(page: Page, site: str) -> None:
    """F2.3: also where a browser sends no Origin, as for a picture or a script."""
    async with aiohttp.ClientSession(cookie_jar=page.session.cookie_jar) as session:
        without_origin = Page(page.url, session, {"Sec-Fetch-Site": site})
        for name, route in NAMES.items():
            if route.path.startswith("/api/"):
                status, text, _ = await call(without_origin, route, placed(route), GOOD.get(name))
                assert (status, json.loads(text)["error"]["code"]) == (403, "cross_site"), name
        for path in ("/", "/healthz"):
            assert (await session.get(page.url + path[1:], headers=without_origin.headers)).status == 200


async def test_no_preflight_is_answered_with_leave(page: Page) -> None:
    """F2.3: CORS, and Private Network Access."""
    for route in table():
        for origin in (foreign(page)[1], "null", page.url.rstrip("/")):
            headers = {
                "Origin": origin,
                "Access-Control-Request-Method": route.method,
                "Access-Control-Request-Headers": "content-type",
                "Access-Control-Request-Private-Network": "true",
            }
            url = page.url + placed(route)[1:]
            async with page.session.options(url, headers=headers) as answer:
                told = [name for name in answer.headers if name.lower().startswith("access-control")]
                assert told == []
                assert answer.status in ((204, 404) if origin == page.url.rstrip("/") else (403,))


@pytest.mark.parametrize("name", BODIED)
async def test_a_body_that_needs_no_preflight_is_refused_on_every_route(page: Page, name: str) -> None:
    """F2.4: what a form or a simple request could send."""
    route = BODIED[name]
    for kind in (
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "text/json",
        "",
    ):
        body = json.dumps(GOOD[name]).encode()
        status, text, _ = await call(page, route, placed(route), body, {"Content-Type": kind})
        assert (status, json.loads(text)["error"]["code"]) == (415, "not_json"), kind


async def test_what_changes_something_cannot_be_asked_for_by_a_link(page: Page) -> None:
    """F2.4: GET is for reading; HEAD and a method in a header or a query are no way around it."""
    reads = {route.path for route in table() if route.method == "GET"}
    for route in table():
        assert route.method != "GET" or route.body is None
        if route.method != "GET" and route.path not in reads:
            headers = {**page.headers, "X-HTTP-Method-Override": route.method}
            for method in ("GET", "HEAD"):
                url = f"{page.url}{placed(route)[1:]}?_method={route.method}"
                async with page.session.request(method, url, headers=headers) as answer:
                    assert answer.status == 404, route.path


async def test_no_token_is_in_a_page_an_address_or_anything_but_its_cookie(
    page: Page, server: Server
) -> None:
    """F2.4: HttpOnly and SameSite=Strict, and nowhere else."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        tokens = set()
        for path in OWN_PAGES:
            async with session.get(page.url + path[1:], allow_redirects=False) as answer:
                assert answer.status == 200
                cookie = answer.headers.get("Set-Cookie", "")
                assert "Location" not in answer.headers
                text = await answer.text()
            if cookie:
                assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
                tokens.add(cookie.partition("=")[2].partition(";")[0])
            assert not [token for token in tokens if token in text]
        assert len(tokens) == 1
        opened = Page(page.url, session, page.headers)
        for name, route in NAMES.items():
            _, text, headers = await call(opened, route, placed(route), GOOD.get(name))
            told = text + str({key: value for key, value in headers.items() if key != "Set-Cookie"})
            assert not [token for token in tokens if token in told], name


async def test_a_body_a_conversation_and_a_nesting_have_an_end(page: Page, upstream: MockServer) -> None:
    """F2.5: the caps on what a page may send."""
    route = NAMES["POST /api/chat"]
    for body, expected in (
        (b" " * (bodies.LARGEST + 1), 413),
        (json.dumps({"messages": HELLO * (chat.MOST_MESSAGES + 1)}).encode(), 400),
        (b'{"messages": ' + b"[" * 61 + b"]" * 61 + b"}", 400),
        (b'{"messages": [' + b'{"role": "user", "content": "x", "n": ' * 9 + b"1" * 5000, 400),
    ):
        assert (await call(page, route, "/api/chat", body))[0] == expected
    async with aiohttp.ClientSession() as session:
        packed = {**page.headers, "Content-Type": "application/json", "Content-Encoding": "gzip"}
        stranger = Page(page.url, session, packed)
        assert (await call(stranger, NAMES["POST /api/session"], "/api/session", b"\x1f\x8b\x08x"))[0] == 400
    assert not upstream.requests


async def test_who_calls_is_judged_before_what_is_sent_and_a_budget_before_anybody_is_asked(
    page: Page, upstream: MockServer
) -> None:
    """F2.6: Host, Origin, session, body, budget, and only then the server that answers."""
    await in_thread(lambda: app.store().budgets.set("day", Decimal("0.0000001")))
    route = NAMES["POST /api/chat"]
    good, bad = json.dumps({"messages": HELLO}).encode(), b"{"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        stranger = Page(page.url, session, page.headers)
        for caller, headers, body, expected in (
            (stranger, {"Host": "evil.example", "Origin": "null"}, bad, "host_refused"),
            (stranger, {"Origin": "null"}, bad, "origin_refused"),
            (stranger, {}, bad, "session_unknown"),
            (page, {}, bad, "body_unreadable"),
            (page, {}, good, "budget_exceeded"),
        ):
            _, text, _ = await call(caller, route, "/api/chat", body, headers)
            assert json.loads(text)["error"]["code"] == expected
    assert not upstream.requests


async def test_an_error_tells_nothing_of_the_server_that_was_asked(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F2.7: no header, no organisation, no part of a key, on no route, in no stream, log or file."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    echo = (
        f"Incorrect API key provided: {KEY[:7]}{'*' * 20}{KEY[-4:]}; {ORG} and {KEY}. See platform.example."
    )
    body = {"error": {"message": echo, "code": "", "type": "x", "param": "", "organization": ORG}}
    for status in (400, 401, 403, 404, 409, 429, 500):
        for code in ("", f"code_{ORG}"):
            body["error"]["code"] = body["error"]["param"] = code

            async def refuse(_: web.Request, status: int = status) -> web.StreamResponse:
                return web.json_response(body, status=status, headers=ECHOED)

            async with asked(refuse) as base_url:
                monkeypatch.setenv("OPENAI_BASE_URL", base_url)
                told = [
                    await call(page, NAMES["POST /api/key/test"], "/api/key/test"),
                    await call(page, NAMES["POST /api/chat"], "/api/chat", {"messages": HELLO}),
                    await call(
                        page, NAMES["POST /api/chat"], "/api/chat", {"messages": HELLO, "stream": True}
                    ),
                ]
                told_of_answer = json.dumps(await ask(page, "Hello"))
            assert [code for code, *_ in told if code == 200] == [200], "a stream begins before it fails"
            shown = told_of_answer + "".join(f"{text} {dict(headers)}" for _, text, headers in told)
            kept = "".join(file.read_bytes().decode("latin-1") for file in files(tmp_path / "home"))
            for secret in (ORG, KEY[-4:], KEY[3:11], "platform.example", "Incorrect API key"):
                assert secret not in shown, (status, secret)
                assert secret not in caplog.text
                assert secret not in kept


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_without_books_nothing_is_asked(
    page: Page, upstream: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2.8: fail closed where budgets cannot be looked up."""

    def broken(*_: Any) -> Any:
        raise BooksError("the disk is gone")

    monkeypatch.setattr(app, "books", broken)
    monkeypatch.setattr(app, "_clients", {})
    status, told = await page.ask("POST", "/api/chat", {"messages": HELLO})
    assert (status, told["error"]["code"]) == (503, "books")
    assert (await ask(page, "Hello"))["error"]["code"] == "books"
    assert not upstream.requests


async def test_every_page_and_every_answer_says_what_it_may_do(page: Page) -> None:
    """F3: CSP with Trusted Types on our pages, nosniff, no-referrer, COOP; a policy on all else, too."""
    built = [f"{pages.OWN}{file.relative_to(pages.BUILT).as_posix()}" for file in files(pages.BUILT)]
    for path in (
        *OWN_PAGES,
        *built,
        "/nothing",
        "/healthz",
        "/api/settings",
        "/api/openapi.json",
        "/api/nothing",
    ):
        async with page.session.get(page.url + path[1:], headers=page.headers) as answer:
            ours = path in OWN_PAGES or path.startswith(pages.OWN)
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert policy[0] == "default-src 'none'"
            assert {"form-action 'none'", "frame-ancestors 'none'"} <= set(policy), path
            assert ("require-trusted-types-for 'script'" in policy) is ours
            assert not [rule for rule in policy if "unsafe" in rule or "http" in rule or "*" in rule]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Cross-Origin-Embedder-Policy" not in answer.headers
