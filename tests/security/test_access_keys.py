"""Access keys: each opens `/v1` and nothing else, on its own budget. What went wrong elsewhere with such."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.server import logs
from livetechno.server.application import table
from livetechno.server.runner import Server
from tests.gpt import raw_server
from tests.gpt.raw_server import KEY, Exchange
from tests.security.calls import GOOD, WITH_BODY, placed
from tests.security.test_incidents import ANY_NAME, CREDENTIALS, EVIL, INJECTIONS, SCHEMES
from tests.server.access import CHAT, HELLO, REPLY, RESPONSE, Program, band, program, upstream
from tests.server.conftest import Page
from tests.server.test_gateway_calls import STREAM

__all__ = ["band", "upstream"]

ORG = "org-" + "secretive"
BODIES: dict[str, dict[str, Any]] = {"chat/completions": CHAT, "responses": RESPONSE}


async def status_of(one: Program, headers: dict[str, str], path: str = "models") -> int:
    async with one.session.get(f"{one.url}v1/{path}", headers=headers) as answer:
        return answer.status


async def test_an_access_key_is_known_by_the_whole_of_it(band: Program) -> None:
    """CVE-2026-35030 (LiteLLM): what shares a beginning is not the same, also once it is remembered."""
    secret = band.secret
    other = "A" if secret[-2] != "A" else "B"
    for value, expected in (
        (secret, 200),
        (secret[:-2] + other + secret[-1], 401),
        (secret[:20], 401),
        (secret[:20] + "x" * (len(secret) - 20), 401),
        (secret + "x", 401),
        (secret.swapcase(), 401),
        (secret.removeprefix("lt-"), 401),
        (band.key.id, 401),
        (band.key.name, 401),
        ("", 401),
    ):
        assert await status_of(band, {"Authorization": f"Bearer {value}"}) == expected, value
        assert await status_of(band, {"x-api-key": value}) == expected, value


@pytest.mark.parametrize("text", INJECTIONS)
async def test_no_credential_becomes_sql(band: Program, text: str) -> None:
    """CVE-2026-42208 (LiteLLM): a key is looked for by its hash, and a value is a parameter."""
    before = await in_thread(app.store().access.list)
    for header, value in (("Authorization", f"Bearer {text}"), ("x-api-key", text)):
        assert await status_of(band, {header: value}) == 401
        assert await status_of(band, {header: value + band.secret}) == 401
    assert await in_thread(app.store().access.list) == before


@given(
    header=st.sampled_from(["Authorization", "x-api-key"]),
    credential=st.builds(str.__add__, SCHEMES, CREDENTIALS),
)
async def test_no_other_credential_opens_or_breaks_anything(
    band: Program, header: str, credential: str
) -> None:
    """CVE-2026-42208 (LiteLLM), fuzzed."""
    assert await status_of(band, {header: credential.strip()}) == 401


async def test_an_access_key_opens_nothing_but_v1(band: Program) -> None:
    """CVE-2026-47101, CVE-2026-42271 (LiteLLM): a key cannot do what its maker does, nor make another one."""
    for route in table():
        if route.permission in ("owner", "chat"):
            for headers in ({"Authorization": f"Bearer {band.secret}"}, {"x-api-key": band.secret}):
                data = None
                if route.method in WITH_BODY:
                    headers["Content-Type"] = "application/json"
                    data = io.BytesIO(json.dumps(GOOD[f"{route.method} {route.path}"]).encode())
                url = band.url + placed(route)[1:]
                async with band.session.request(route.method, url, data=data, headers=headers) as answer:
                    assert answer.status == 401, route.path
    beside = {route.path for route in table() if route.permission == "access"}
    assert beside == {"/v1/chat/completions", "/v1/responses", "/v1/models", "/v1/models/{id}"}
    for path in ("key/generate", "keys", "access", "chat/completions/c1", "responses/r1", "files"):
        assert (await band.ask(path))[0] in (404, 405)


async def test_the_owners_session_does_not_open_v1(page: Page) -> None:
    """CVE-2026-45339 (Open WebUI): each permission has one kind of credential."""
    status, told = await page.ask("GET", "/v1/models")
    assert (status, told["error"]["code"]) == (401, "key_unknown")


async def test_both_headers_hold_one_credential_and_count_as_one(
    server: Server, upstream: raw_server.Server
) -> None:
    """CVE-2026-45339 (Open WebUI): limits held for `Authorization` and not for `x-api-key`."""
    async with program(await server.start(), limits={"per_minute": 2}) as one:
        bearer, plain = {"Authorization": f"Bearer {one.secret}"}, {"x-api-key": one.secret}
        assert [await status_of(one, headers) for headers in (bearer, plain)] == [200, 200]
        assert [await status_of(one, headers) for headers in (plain, bearer)] == [429, 429]
        assert await status_of(one, bearer | plain) == 401, "two credentials at once"


async def test_another_key_finds_nothing_of_the_first_and_has_its_own_budget(
    server: Server, upstream: raw_server.Server
) -> None:
    """CVE-2026-45349 and others: user B is a second access key."""
    url = await server.start()
    async with program(url, "a") as a, program(url, "b") as b:
        assert (await a.ask("chat/completions", CHAT, {"Idempotency-Key": "same"}))[0] == 200
        assert (await b.ask("chat/completions", CHAT, {"Idempotency-Key": "same"}))[0] == 200
        assert len({exchange.headers["idempotency-key"] for exchange in upstream.exchanges}) == 2
        assert len(await a.rows()) == len(await b.rows()) == 1
        for body in ({"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"prompt": {"id": "p"}}):
            assert (await b.ask("responses", {**RESPONSE, **body}))[0] == 400
        for path in ("responses/resp_1", "chat/completions/c1", "responses/resp_1/cancel"):
            assert (await b.ask(path))[0] == 404
        store = await in_thread(app.store)
        spent = {one.key.name: store.of(one.key.owner).budgets.standing()[1].spent for one in (a, b)}
        assert spent["a"] == spent["b"] > 0
        assert store.budgets.standing()[1].spent == 0, "the owner's own are apart"


@pytest.mark.parametrize("path", BODIES)
async def test_no_call_names_an_address_a_key_or_a_header(
    band: Program, upstream: raw_server.Server, path: str
) -> None:
    """CVE-2024-6587 (LiteLLM): an address in the body got the real key."""
    for name in ANY_NAME:
        status, told = await band.ask(path, {**BODIES[path], name: EVIL})
        assert (status, told["error"]["code"]) == (400, "field_refused"), name
        assert told["error"]["param"] == name
    nested = {**CHAT, "messages": [{**HELLO[0], "api_base": EVIL}]}
    assert (await band.ask("chat/completions", nested))[0] == 400
    assert not upstream.exchanges


async def test_an_error_tells_nothing_of_the_server_behind(
    band: Program, upstream: raw_server.Server, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """F2.7: no header, no organisation, no part of a key, in no answer, stream, log or file."""
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 503):
        for code in ("", f"code_{ORG}", "model_not_found", "insufficient_quota"):

            async def refuse(exchange: Exchange, status: int = status, code: str = code) -> None:
                echo = f"Incorrect API key provided: {KEY[:7]}***{KEY[-4:]}; {ORG}. See platform.example."
                error = {"message": echo, "code": code, "param": code, "type": ORG}
                await exchange.json({"error": error}, status, openai_organization=ORG, x_request_id=ORG)

            upstream.answers = [refuse]
            asked: list[tuple[str, dict[str, Any]]] = [*BODIES.items(), ("chat/completions", STREAM)]
            for path, body in asked:
                async with band.asks(path, body) as answer:
                    told = f"{await answer.text()} {dict(answer.headers)}"
                    assert answer.status >= 400
                for secret in (ORG, KEY[-4:], KEY[8:16], "platform.example", "Incorrect API key"):
                    assert secret not in told
                    assert secret not in caplog.text
    kept = "".join(file.read_bytes().decode("latin-1") for file in (tmp_path / "home").rglob("*.db*"))
    assert ORG not in kept


NONSENSE = st.recursive(st.none() | st.text(), st.lists, max_leaves=5)


@given(raw=st.binary(max_size=200) | NONSENSE.map(lambda it: json.dumps(it).encode()))
async def test_whatever_is_sent_no_call_fails(band: Program, raw: bytes) -> None:
    """CVE-2026-31949 (LibreChat), fuzzed."""
    for path in BODIES:
        status, told = await band.ask(path, raw)
        assert status == 429 or (status == 400 and told["error"]["code"] == "body_unreadable")


async def test_a_page_of_another_site_cannot_use_a_key(band: Program) -> None:
    """F2.2 and F2.3: also with a key that is right."""
    for headers, status in (
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ):
        async with band.asks("chat/completions", CHAT, headers) as answer:
            assert answer.status == status
            assert not [name for name in answer.headers if name.startswith("Access-Control")]
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert (await band.ask("chat/completions", CHAT, {"Content-Type": kind}))[0] == 415


async def test_the_owners_key_and_the_access_key_are_in_no_answer_log_or_database(
    server: Server, upstream: raw_server.Server, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """CVE-2024-9606 (LiteLLM): a canary of each, given in every way."""
    caplog.set_level(logging.DEBUG)
    home = tmp_path / "home"
    home.mkdir(mode=0o700, exist_ok=True)

    async def answer(exchange: Exchange) -> None:
        if "Refuse" in str(exchange.body):
            await exchange.json({"error": {"message": f"no {KEY}", "code": KEY, "param": KEY}}, 401)
        elif exchange.body.get("stream"):
            await exchange.begin_stream()
            await exchange.event({"error": {"message": f"for {KEY}"}})
            await exchange.send(b"0\r\n\r\n")
        else:
            await exchange.json(REPLY)

    upstream.answers = [answer]
    told: list[str] = []
    with logs.kept_in(home / "serve.log"):
        async with program(await server.start(), limits={"per_minute": 1000}) as one:
            refused = {**CHAT, "messages": [{"role": "user", "content": "Refuse"}]}
            for body in (
                CHAT,
                STREAM,
                refused,
                {**CHAT, one.secret: one.secret},
                {**CHAT, "model": one.secret},
                {**CHAT, "messages": [{"role": one.secret, "content": "x"}]},
                {**CHAT, "stream_options": {one.secret: 1}},
                one.secret.encode(),
            ):
                for path in BODIES:
                    async with one.asks(path, body, {"Accept-Language": "fr"}) as answered:
                        told.append(f"{await answered.text()} {dict(answered.headers)}")
            for path in (f"models/{one.secret}", f"models?key={one.secret}", one.secret):
                told.append(str(await one.ask(path)))
            await one.rows()
            secret = one.secret
    await in_thread(app.close_store)
    kept = {file: file.read_bytes().decode("latin-1") for file in home.rglob("*") if file.is_file()}
    assert {app.DATABASE, "serve.log"} <= {file.name for file in kept}
    for canary in (secret.removeprefix("lt-"), KEY.removeprefix("sk-test-")):
        runs = [canary[place : place + 8] for place in range(len(canary) - 7)]
        for text in (*told, caplog.text, *kept.values()):
            assert not [run for run in runs if run in text], text[:500]


async def test_a_key_that_is_shown_over_a_link_is_none(band: Program) -> None:
    """F2.4: a key in an address opens nothing."""
    async with aiohttp.ClientSession() as session:
        for path in (f"v1/models?api_key={band.secret}", f"v1/models?key={band.secret}"):
            async with session.get(band.url + path) as answer:
                assert answer.status == 401
