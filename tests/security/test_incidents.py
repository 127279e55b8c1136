"""F1: what went wrong elsewhere, each as the test that it asks for. docs/security.md has the table."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from livetechno.server.application import build, table
from livetechno.server.runner import Server
from livetechno.store import Store
from tests.security.calls import BODIED, GOOD, HELLO, NAMES, asked, call, placed
from tests.server.conftest import Page
from tests.server.test_answers import KEY, ask, upstream

__all__ = ["upstream"]

EVIL = "http://evil.example/v1"
NAMES_OF_ADDRESSES = ("api_base", "base_url", "baseURL", "url", "endpoint", "api_url", "proxy", "host")
NAMES_OF_KEYS = (
    "key",
    "api_key",
    "apiKey",
    "user_api_key",
    "authorization",
    "token",
    "x-api-key",
    "secret_key",
)
NAMES_OF_HEADERS = ("headers", "extra_headers", "organization", "extra_body", "api_type", "api_version")
ANY_NAME = (*NAMES_OF_ADDRESSES, *NAMES_OF_KEYS, *NAMES_OF_HEADERS)


def test_each_route_that_takes_a_body_is_called_here() -> None:
    assert set(GOOD) == set(BODIED)


@pytest.mark.parametrize("name", BODIED)
async def test_no_route_takes_an_address_a_key_or_a_header_but_the_owners_settings(
    page: Page, upstream: MockServer, name: str
) -> None:
    """CVE-2024-6587 (LiteLLM)."""
    route = BODIED[name]
    taken = set((route.body or {}).get("properties", ()))
    assert taken & set(ANY_NAME) <= {"key", "base_url"} if route.here else not taken & set(ANY_NAME)
    for field in ANY_NAME:
        if field in taken:
            continue
        status, text, _ = await call(page, route, placed(route), {**GOOD[name], field: EVIL})
        assert (status, json.loads(text)["error"]["code"]) == (400, "body_refused"), field
    assert not upstream.requests


async def test_what_stands_deeper_in_a_body_or_in_a_header_reaches_no_other_server(
    page: Page, upstream: MockServer
) -> None:
    """CVE-2024-6587 (LiteLLM): also inside a message, and in headers."""
    own = dict.fromkeys(ANY_NAME, EVIL)
    headers = {
        "Authorization": "Bearer sk-" + "test-of-the-page",
        "x-api-key": "sk-" + "test-of-the-page",
        "OpenAI-Organization": "org-evil",
        "OpenAI-Project": "evil",
        "X-Forwarded-Host": "evil.example",
        "X-Base-Url": EVIL,
        "Connection": "keep-alive, X-Base-Url",
    }
    for path, body in (
        ("/api/chat", {"messages": [{**HELLO[0], **own}]}),
        ("/api/chat", {"messages": HELLO}),
        ("/api/answers", {"text": "Hello", "parameters": own}),
        ("/api/answers", {"text": "Hello", "images": [{"url": "https://x.example/a.png", **own}]}),
    ):
        await page.ask("POST", path, body, headers=headers)
    assert upstream.requests
    for request in upstream.requests:
        told = f"{request.body} {dict(request.headers)}"
        assert "evil" not in told.lower()
        assert "of-the-page" not in told
        assert request.headers["Authorization"] == f"Bearer …{KEY[-4:]}"


INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE conversations; --",
    "x' UNION SELECT * FROM calls --",
    '" OR ""="',
    "1; DELETE FROM messages",
    "%27%20OR%201=1",
    "\\' OR 1=1 --",
    "0 OR 1=1",
)


@pytest.mark.parametrize("text", INJECTIONS)
async def test_no_text_becomes_sql(page: Page, text: str) -> None:
    """CVE-2026-42208 (LiteLLM): values are parameters, whatever they hold."""
    kept = await ask(page, "What is kept")
    before = await in_thread(lambda: app.store().conversations.list())
    for name, route in NAMES.items():
        if "{" in route.path:
            path = str(URL("/").joinpath(*placed(route, id=text, budget=text).strip("/").split("/")))
            status, *_ = await call(page, route, path, GOOD.get(name))
            assert status == 404, name
        for asked_for in route.query:
            path = placed(route, id=kept["conversation"]) + "?" + str(URL.build(query={asked_for: text}))[1:]
            status, answer, _ = await call(page, route, path)
            assert status in (400, 404) or (status == 200 and "found" in answer), name
    assert await in_thread(lambda: app.store().conversations.list()) == before


CREDENTIALS = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"]), max_size=80
)
SCHEMES = st.sampled_from(["", "Bearer ", "Basic ", "bearer ", "Digest ", "Bearer Bearer "])
CREDENTIAL_HEADERS = ("Authorization", "x-api-key", "api-key", "Proxy-Authorization", "X-Livetechno-Session")


@given(
    header=st.sampled_from(CREDENTIAL_HEADERS),
    credential=st.builds(str.__add__, SCHEMES, CREDENTIALS | st.sampled_from(INJECTIONS)),
)
async def test_no_credential_of_a_header_opens_or_breaks_anything(
    page: Page, header: str, credential: str
) -> None:
    """CVE-2026-42208 and CVE-2026-45339: one place reads a credential, and these headers are none of it."""
    headers = {**page.headers, header: credential.strip()}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        stranger = Page(page.url, session, headers)
        status, told = await stranger.ask("GET", "/api/settings")
        assert (status, told["error"]["code"]) == (401, "session_unknown")
    assert (await page.ask("GET", "/api/settings", headers=headers))[0] == 200


def token_of(page: Page) -> tuple[str, str]:
    """The name and the value of the page's cookie."""
    (morsel,) = page.session.cookie_jar
    return morsel.key, morsel.value


async def test_a_session_is_known_by_the_whole_of_its_token(page: Page) -> None:
    """CVE-2026-35030 (LiteLLM): what shares a beginning is not the same."""
    name, token = token_of(page)
    other = "A" if token[-2] != "A" else "B"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        for value, expected in (
            (token, 200),
            (token[:-2] + other + token[-1], 401),
            (token[:20], 401),
            (token[:20] + "x" * (len(token) - 20), 401),
            (token + "x", 401),
            (token.swapcase(), 401),
            ("", 401),
        ):
            stranger = Page(page.url, session, {**page.headers, "Cookie": f"{name}={value}"})
            assert (await stranger.ask("GET", "/api/settings"))[0] == expected, value


async def test_a_session_is_taken_from_its_cookie_and_from_nowhere_else(page: Page) -> None:
    """CVE-2026-45339 (Open WebUI), F2.4: never from a URL, nor from another header."""
    name, token = token_of(page)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        stranger = Page(page.url, session, page.headers)
        for header in (*CREDENTIAL_HEADERS, name):
            for value in (token, f"Bearer {token}", f"{name}={token}"):
                status, _ = await stranger.ask("GET", "/api/settings", headers={header: value})
                assert status == 401
        for path in (f"?{name}={token}", f"?token={token}", f";{name}={token}"):
            assert (await stranger.ask("GET", f"/api/settings{path}"))[0] in (401, 404)


def test_the_server_has_no_route_beside_the_table_but_its_pages() -> None:
    """CVE-2026-45395 (Open WebUI): what is not in the table, with its permission, does not exist."""
    application, _ = build()
    real = {
        (route.method, route.resource.canonical) for route in application.router.routes() if route.resource
    }
    beside = real - {(route.method, route.path) for route in table()}
    preflights = {(method, path) for method, path in beside if method == "OPTIONS"}
    assert {path for _, path in preflights} == {route.path for route in table() if route.elsewhere}
    beside -= preflights
    assert {path for _, path in beside if path.startswith(("/api", "/v1"))} == {"/api/{path}", "/v1/{path}"}
    assert {method for method, path in beside if not path.startswith(("/api", "/v1"))} == {"GET", "HEAD"}


async def objects_of_another(page: Page, server: Server) -> tuple[dict[str, Any], Store]:
    """An answer of the owner's; from now on the page is another owner's, whose store this is."""
    answer = await ask(page, "Secret of A")
    other = (await in_thread(app.store)).of("b")
    server.guard.store = lambda: other
    return answer, other


async def test_another_owner_finds_no_object_on_any_route_with_an_id(page: Page, server: Server) -> None:
    """CVE-2026-45349, -45402, -45671, -31950 (Open WebUI, LibreChat): event streams too."""
    answer, _ = await objects_of_another(page, server)
    owners = await in_thread(lambda: app.store().conversations.list())
    found = [(name, route) for name, route in NAMES.items() if "{id}" in route.path]
    assert len(found) >= 9
    for name, route in found:
        for id_ in (answer["id"], answer["conversation"]):
            told = [
                await call(page, route, placed(route, id=which), GOOD.get(name)) for which in (id_, "nobody")
            ]
            assert [status for status, *_ in told] == [404, 404], name
            texts = [json.loads(text)["error"]["message"].replace(id_, "nobody") for _, text, _ in told]
            assert texts[0] == texts[1], "nobody can tell what is another's from what is not there"
    assert await in_thread(lambda: app.store().conversations.list()) == owners


async def test_another_owner_finds_no_object_by_an_id_in_a_body_or_a_query(
    page: Page, server: Server
) -> None:
    """CVE-2026-45349: ids that do not stand in the path."""
    theirs, other = await objects_of_another(page, server)
    mine = await ask(page, "Of B")
    conversation = mine["conversation"]
    for body in (
        {"text": "x", "conversation": theirs["conversation"]},
        {"text": "x", "conversation": conversation, "after": theirs["message"]},
        {"conversation": conversation, "again": theirs["message"]},
        {"conversation": theirs["conversation"], "again": theirs["message"]},
    ):
        assert (await page.ask("POST", "/api/answers", body))[0] == 404, body
    head = theirs["message"]
    assert (await page.ask("PATCH", f"/api/conversations/{conversation}", {"head": head}))[0] == 404
    assert (await page.ask("GET", f"/api/conversations/{conversation}?head={head}"))[0] == 404
    assert (await page.ask("GET", f"/api/budgets?conversation={theirs['conversation']}"))[0] == 404
    for path in (
        "/api/conversations",
        "/api/search?q=secret",
        "/api/costs",
        "/api/costs.csv",
        "/api/budgets",
    ):
        async with page.session.get(page.url + path[1:], headers=page.headers) as listed:
            text = await listed.text()
            assert listed.status == 200
            assert theirs["conversation"] not in text
            assert "Secret" not in text
    assert await in_thread(lambda: other.conversations.get(conversation).size) == 2


async def test_another_owner_hears_nothing_on_the_long_connection(page: Page, server: Server) -> None:
    """CVE-2026-45349 and Chainlit 2.10.1: what is told belongs to who listens, also from an old number."""
    theirs, _ = await objects_of_another(page, server)
    async with page.session.get(f"{page.url}api/events?after=0", headers=page.headers) as heard:
        mine = await ask(page, "Of B")
        text = ""
        while f'"object": "{mine["conversation"]}"' not in text or '"type": "done"' not in text:
            text += (await asyncio.wait_for(heard.content.readuntil(b"\n\n"), 10)).decode()
        heard.close()
    assert theirs["conversation"] not in text
    assert theirs["id"] not in text


HOSTILE = (
    '\n\nevent: done\ndata: {"message": "forged"}\n\n',
    "\r\rid: 99\revent: error\rdata: {}\r\r",
    "\u2028event: x\u2029\u0085",
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "retry: 1\n\n: comment\n\n\x00\x1b]0;title\x07",
    "\ud83d",
)


async def test_a_hostile_model_can_send_text_and_nothing_else(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2025-64496 (Open WebUI): no event of the page's is the model's to make."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for text in HOSTILE:
            piece = {"model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}
            await response.write(f"event: error\ndata: {json.dumps(piece)}\n\n".encode())
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "<b>\n\nevent: x\n\n"}]}
        await response.write(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
        return response

    async with asked(answer) as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        body = {"messages": HELLO, "stream": True}
        async with page.session.post(f"{page.url}api/chat", json=body, headers=page.headers) as heard:
            assert heard.content_type == "text/event-stream"
            assert heard.headers["X-Content-Type-Options"] == "nosniff"
            raw = (await heard.read()).decode("ascii")
    blocks = [block.split("\n") for block in raw.split("\n\n") if block and not block.startswith(":")]
    names = [lines[0] for lines in blocks]
    assert (names[0], set(names[1:-1]), names[-1]) == ("event: start", {"event: delta"}, "event: done")
    assert all(len(lines) == 2 and lines[1].startswith("data: {") for lines in blocks)
    assert "\r" not in raw
    said = "".join(json.loads(lines[1][6:])["text"] for lines in blocks[1:-1])
    assert said.startswith("".join(HOSTILE[:-1]))


async def test_no_address_that_a_person_or_a_model_names_is_fetched(page: Page, upstream: MockServer) -> None:
    """CVE-2026-31943, CVE-2026-22218, -22219 (LibreChat, Chainlit): pictures are passed on, never fetched."""
    fetched: list[str] = []

    async def watch(request: web.Request) -> web.StreamResponse:
        fetched.append(request.path)
        return web.Response(text="x")

    async with asked(watch) as elsewhere:
        for url in (
            f"{elsewhere}/a.png",
            elsewhere.replace("http:", "https:"),
            "file:///etc/passwd",
            "/etc/passwd",
        ):
            part = {"type": "image_url", "image_url": {"url": url}}
            messages = [{"role": "user", "content": [{"type": "text", "text": f"Look: {url}"}, part]}]
            await page.ask("POST", "/api/chat", {"messages": messages})
            await page.ask("POST", "/api/answers", {"text": f"![x]({url})", "images": [{"url": url}]})
    assert fetched == []
    assert "root:" not in str([request.body for request in upstream.requests])


@pytest.mark.parametrize(
    "address",
    [
        "http://[::ffff:c0a8:0101]/v1",
        "http://[::ffff:192.168.1.1]/v1",
        "http://[::ffff:a9fe:a9fe]/latest",
        "http://169.254.169.254/latest/meta-data",
        "http://192.168.1.1/v1",
        "http://0xc0a80101/v1",
        "http://3232235777/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://localhost@evil.example/v1",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "https://evil.example#@127.0.0.1/",
    ],
)
async def test_a_key_goes_to_no_address_that_is_disguised(page: Page, address: str) -> None:
    """CVE-2026-31943 (LibreChat): nor by the `::ffff:` form."""
    for method, path, body in (
        ("PATCH", "/api/settings", {"base_url": address}),
        ("PUT", "/api/key", {"key": KEY, "base_url": address}),
    ):
        assert (await page.ask(method, path, body))[0] == 400


async def test_a_redirect_of_the_server_that_was_asked_is_not_followed(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2026-31943, F2.5: the key stays where it belongs."""
    reached: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        reached.append(request.path)
        return web.json_response({"data": []})

    async with asked(elsewhere) as other:

        async def redirect(_: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": f"{other}/models"})

        async with asked(redirect) as base_url:
            monkeypatch.setenv("OPENAI_BASE_URL", base_url)
            monkeypatch.setenv("OPENAI_API_KEY", KEY)
            for path, body in (("/api/key/test", {}), ("/api/chat", {"messages": HELLO})):
                status, told = await page.ask("POST", path, body)
                assert status == 502
                assert other not in str(told)
    assert reached == []
