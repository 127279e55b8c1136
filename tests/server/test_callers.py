"""Access keys: which header, which key, whose data; and that nothing else opens their routes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from livetechno import app
from livetechno.server import bodies, callers, logs
from livetechno.server.application import SESSIONS
from livetechno.server.callers import CALLER, Callers, Policy
from livetechno.server.guard import Guard
from livetechno.server.routes import BODY, STORE, Permission, Route
from livetechno.server.sessions import Sessions
from livetechno.store.errors import StoreError
from tests.server.conftest import Page

ONE, TWO = "lt-" + "one" * 14 + "x", "lt-" + "two" * 14 + "x"


@dataclass
class Kept:
    """A kept access key."""

    id: str
    name: str
    models: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Keys:
    """The living keys."""

    living: dict[bytes, Kept] = field(default_factory=dict)
    asked: int = 0
    broken: bool = False

    def __call__(self, hashed: bytes) -> Kept | None:
        self.asked += 1
        if self.broken:
            raise StoreError("busy", path="livetechno.db")
        return self.living.get(hashed)

    def add(self, secret: str, kept: Kept) -> None:
        self.living[hashlib.sha256(secret.encode()).digest()] = kept


async def _tell(request: web.Request) -> web.StreamResponse:
    caller = request[CALLER]
    policy = caller.policy and caller.policy.models
    return web.json_response({"kind": caller.kind, "owner": request[STORE].owner, "policy": policy})


async def _wait(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.05)
    return await _tell(request)


async def _raw(request: web.Request) -> web.StreamResponse:
    policy = request[CALLER].policy
    assert policy is not None
    assert BODY not in request
    return web.json_response({"size": len(await bodies.read(request, policy.most_body))})


def _route(path: str, permission: Permission, handler: Any = _tell, **more: Any) -> Route:
    return Route("POST", path, handler, permission, "For a test.", **more)


ROUTES = (
    _route("/v1/tell", "access"),
    _route("/v1/wait", "access", _wait),
    _route("/v1/raw", "access", _raw, raw=True),
    _route("/api/chat", "chat"),
    _route("/api/owner", "owner"),
)


@pytest.fixture
def keys() -> Keys:
    found = Keys()
    found.add(ONE, Kept("1", "one", ("chat",), {"at_once": 2}))
    found.add(TWO, Kept("2", "two", (), {"most_body": 100, "per_minute": 3}))
    return found


@pytest.fixture
async def served(keys: Keys) -> AsyncIterator[Page]:
    """A server with a route of each permission; a page that has a session, too."""
    sessions = Sessions()
    rules = Guard(Callers(sessions, keys), app.store)
    application = web.Application(middlewares=[rules.middleware])
    application[SESSIONS] = sessions

    async def open_session(request: web.Request) -> web.StreamResponse:
        response = web.Response(status=204)
        sessions.give(request, response)
        return response

    for route in (*ROUTES, _route("/api/session", "public", open_session)):
        application.router.add_route(route.method, route.path, rules.wrap(route))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    rules.allow_port(port := runner.addresses[0][1])
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        opened = Page(f"http://127.0.0.1:{port}/", session)
        assert (await opened.ask("POST", "/api/session"))[0] == 204
        yield opened
    await runner.cleanup()


async def tell(page: Page, path: str = "/v1/tell", **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    status, told = await page.ask("POST", path, headers=named)
    return status, told["error"]["code"] if status >= 400 else told


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {ONE}"},
        {"Authorization": f"bearer  {ONE}"},
        {"x-api-key": ONE},
        {"X-API-KEY": f" {ONE} "},
    ],
)
async def test_each_header_that_holds_a_key_leads_to_the_same_caller_and_policy(
    served: Page, headers: dict[str, str]
) -> None:
    assert await tell(served, **headers) == (200, {"kind": "access", "owner": "access:1", "policy": ["chat"]})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ONE},
        {"Authorization": f"Basic {ONE}"},
        {"Authorization": f"Bearer {ONE}x"},
        {"Authorization": f"Bearer {ONE[:-1]}"},
        {"Authorization": f"Bearer {ONE[:20]}"},
        {"Authorization": f"Bearer {ONE.upper()}"},
        {"Authorization": "Bearer "},
        {"x-api-key": ""},
        {"x-api-key": f"Bearer {ONE}"},
        {"X-Livetechno-Session": ONE},
        {"api-key": ONE},
        {"Cookie": f"key={ONE}"},
    ],
)
async def test_a_key_is_known_by_the_whole_of_it_and_in_its_headers_only(
    served: Page, headers: dict[str, str]
) -> None:
    assert (await tell(served, **headers)) == (401, "key_unknown")


async def test_two_credentials_are_refused_whatever_they_are_worth(served: Page) -> None:
    for headers in (
        {"Authorization": f"Bearer {ONE}", "x-api-key": ONE},
        {"Authorization": f"Bearer {ONE}", "x-api-key": TWO},
        {"Authorization": f"Bearer {ONE}", "x-api-key": "wrong"},
        {"Authorization": "Bearer wrong", "x-api-key": ONE},
        {"x-api-key": ONE, "X-Livetechno-Session": "x"},
    ):
        assert await tell(served, **headers) == (401, "credentials_refused"), headers
    twice = [("Authorization", f"Bearer {ONE}"), ("Authorization", f"Bearer {ONE}")]
    async with served.session.post(f"{served.url}v1/tell", json={}, headers=twice) as answer:
        assert answer.status in (400, 401)


async def test_each_permission_has_its_own_credential(served: Page) -> None:
    """The owner's cookie opens no route of access keys, and a key none of the owner's."""
    assert await tell(served) == (401, "key_unknown")
    assert (await tell(served, "/api/owner", Authorization=f"Bearer {ONE}"))[1]["kind"] == "owner"
    assert (await tell(served, "/api/chat"))[1]["kind"] == "owner"
    assert (await tell(served, "/api/chat", Authorization=f"Bearer {ONE}"))[1]["kind"] == "owner"
    served.session.cookie_jar.clear()
    for path, headers in (
        ("/api/owner", {"Authorization": f"Bearer {ONE}"}),
        ("/api/owner", {"x-api-key": ONE}),
        ("/api/chat", {}),
        ("/api/chat", {"x-api-key": ONE}),
        ("/api/chat", {"X-Livetechno-Session": ONE}),
    ):
        assert await tell(served, path, **headers) == (401, "session_unknown"), path


CREDENTIALS = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"]), max_size=80
) | st.builds(lambda cut, more: ONE[:cut] + more, st.integers(0, 44), st.text("oneX'\"; ", max_size=5))


@given(st.sampled_from(("Authorization", "x-api-key")), st.sampled_from(("", "Bearer ")), CREDENTIALS)
async def test_no_text_in_place_of_a_key_opens_or_breaks_anything(
    served: Page, keys: Keys, header: str, scheme: str, text: str
) -> None:
    value = f"{scheme}{text}".strip()
    status, told = await tell(served, **{header: value})
    if value.removeprefix("Bearer ").strip() != ONE:
        assert (status, told) == (401, "key_unknown")


async def test_a_revoked_key_is_refused_within_a_second_though_it_was_known(
    served: Page, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callers.KNOWN_FOR < 1
    monkeypatch.setattr(callers, "KNOWN_FOR", 60)
    for _ in range(5):
        assert (await tell(served, x_api_key=ONE))[0] == 200
    assert keys.asked == 1
    monkeypatch.setattr(callers, "KNOWN_FOR", 0.01)
    assert (await tell(served, x_api_key=TWO))[0] == 200
    keys.living.clear()
    await asyncio.sleep(0.02)
    assert await tell(served, x_api_key=TWO) == (401, "key_unknown")


async def test_keys_that_cannot_be_looked_up_open_nothing(served: Page, keys: Keys) -> None:
    """F2.8: fail closed."""
    keys.broken = True
    assert (await tell(served, x_api_key=ONE))[0] == 503


async def test_the_limits_of_a_key_hold_whichever_header_it_comes_in(served: Page, keys: Keys) -> None:
    """CVE-2026-45339 (Open WebUI): one extractor, one policy."""
    headers = [{"Authorization": f"Bearer {TWO}"}, {"x-api-key": TWO}] * 2
    told = [await tell(served, **one) for one in headers]
    assert [status for status, _ in told] == [200, 200, 200, 429]
    assert told[-1][1] == "rate_limited"
    async with served.session.post(f"{served.url}v1/tell", json={}, headers={"x-api-key": TWO}) as answer:
        assert 1 <= int(answer.headers["Retry-After"]) <= 21
    assert (await tell(served, x_api_key=ONE))[0] == 200


async def test_more_at_once_than_may_be_are_refused_and_the_places_come_back(served: Page) -> None:
    told = await asyncio.gather(*[tell(served, "/v1/wait", x_api_key=ONE) for _ in range(4)])
    assert sorted(status for status, _ in told) == [200, 200, 429, 429]
    assert (await tell(served, "/v1/wait", x_api_key=ONE))[0] == 200


async def test_a_body_of_a_key_has_its_own_cap_read_by_the_guard_or_not(served: Page) -> None:
    for path in ("v1/tell", "v1/raw"):
        headers = {"x-api-key": TWO, "Content-Type": "application/json"}
        async with served.session.post(served.url + path, data=b" " * 101, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (413, "too_large")
    async with served.session.post(f"{served.url}v1/raw", data=b"{}", headers=headers) as answer:
        assert await answer.json() == {"size": 2}


async def test_the_log_names_who_asked_and_never_a_credential(
    served: Page, caplog: pytest.LogCaptureFixture
) -> None:
    logs.write_down()
    with caplog.at_level(logging.INFO, "livetechno.server"):
        await tell(served, x_api_key=ONE)
        await tell(served, "/api/owner")
        await tell(served, x_api_key="wrong-" + ONE)
        logs.write_down()
    told = "\n".join(record.getMessage() for record in caplog.records)
    lines = [json.loads(line) for line in told.splitlines()]
    assert [(line["caller"], line.get("name")) for line in lines] == [
        ("access", "one"),
        ("owner", None),
        ("nobody", None),
    ]
    assert ONE[3:11] not in caplog.text


def test_what_nobody_limits_has_limits_all_the_same() -> None:
    policy = Policy()
    assert policy.per_minute
    assert policy.at_once
    assert policy.most_tokens
    assert policy.most_body < bodies.LARGEST
