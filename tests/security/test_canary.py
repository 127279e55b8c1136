"""CVE-2024-9606 (LiteLLM), and F2.7: a key that was given in any way comes out nowhere."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from livetechno import app
from livetechno.gpt import keys
from livetechno.gpt.secret import Secret
from livetechno.gpt.threads import in_thread
from livetechno.server import logs, pages, settings
from livetechno.server.routes import Route
from tests.gpt.test_keys import Keyring, plug_in
from tests.security.calls import GOOD, NAMES, asked, call, placed
from tests.server.conftest import Page
from tests.server.test_answers import ask

CANARY = "sk-test-" + "Zc7vB2nM9kL4jH6gF1dSqW8e"
SECRET = CANARY.removeprefix("sk-test-")
RUNS = [SECRET[place : place + 8] for place in range(len(SECRET) - 7)]
"""Every eight characters in a row of its secret part."""
WAYS = ("environment", "page", "file", "keyring")


def leaks(text: str) -> bool:
    return any(run in text for run in RUNS)


async def answer(request: web.Request) -> web.StreamResponse:
    """A server that answers, or refuses with all that it knows of who asks."""
    body: dict[str, Any] = await request.json() if request.can_read_body else {}
    given = request.headers["Authorization"]
    assert given == f"Bearer {CANARY}"
    said = json.dumps(body)
    if "Refuse" in said:
        message = f"Incorrect API key provided: {CANARY[:11]}***{CANARY[-9:]}, as in {given}."
        return web.json_response({"error": {"message": message, "code": CANARY}}, status=401)
    if request.path.endswith("/models"):
        return web.json_response({"data": [{"id": "gpt-6-luna"}]})
    if not body.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": "Yes"}, "finish_reason": "stop"}
        return web.json_response({"id": "c", "model": body["model"], "choices": [choice]})
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in ({"delta": {"content": "Yes"}}, {"delta": {}, "finish_reason": "stop"}):
        chunk = {"id": "c", "model": body["model"], "choices": [{"index": 0, **piece}]}
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    if "Break" in said:
        await response.write(f'data: {{"error": {{"message": "for {CANARY}"}}}}\n\n'.encode())
    await response.write(b"data: [DONE]\n\n")
    return response


async def give(way: str, page: Page, base_url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the key in this way; what was told of it."""
    if way == "environment":
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", CANARY)
        return []
    assert (await page.ask("PATCH", "/api/settings", {"base_url": base_url}))[0] == 200
    if way == "page":
        status, told = await page.ask("PUT", "/api/key", {"key": CANARY})
        assert (status, told["key"]["last4"]) == (200, CANARY[-4:])
        return [json.dumps(told)]
    if way == "keyring":
        plug_in(monkeypatch, Keyring())
    await in_thread(
        lambda: keys.store(Secret(CANARY), base_url, where="keyring" if way == "keyring" else "home")
    )
    return []


def spoilt(name: str) -> list[Any]:
    """A body for a route that fits, and some that are wrong and hold the key."""
    good = GOOD.get(name, {})
    return [
        good,
        {**good, "api_key": CANARY},
        {**good, CANARY: CANARY},
        {field: [CANARY] for field in (*good, "model")},
        {"messages": [{"role": CANARY, "content": CANARY}]},
        {"text": "x", "images": [{"url": CANARY}], "parameters": {"effort": CANARY}},
        {"key": f"{CANARY} {CANARY}", "base_url": f"https://{CANARY}@evil.example/"},
        {"base_url": f"https://evil.example/?key={CANARY}"},
        CANARY,
        f'{{"key": "{CANARY}"'.encode(),
    ]


async def everything(page: Page, route: Route, name: str, ids: tuple[str, ...]) -> list[str]:
    """All that comes back from a route, whatever it is asked."""
    told: list[str] = []
    bodies = spoilt(name) if name in GOOD else [None]
    if name in ("PUT /api/key", "PATCH /api/settings"):
        bodies = bodies[1:]  # what fits would change which key is in use
    paths = {placed(route, id=id_, budget="day") for id_ in (*ids, CANARY)} | {placed(route)}
    queries = ["", f"?{CANARY}=1", *(f"?{query}={CANARY}" for query in route.query)]
    for path in sorted(paths):
        for language in ("en", "fr"):
            for body in bodies:
                headers = {"Accept-Language": language, "x-api-key": CANARY, "Last-Event-ID": CANARY}
                for query in queries:
                    status, text, head = await call(page, route, path + query, body, headers)
                    assert status != 500, (name, path, body)
                    told.append(f"{name} {status} {text} {dict(head)}")
    return told


@pytest.mark.filterwarnings("ignore::livetechno.gpt.parameters.ParameterDroppedWarning")
@pytest.mark.parametrize("way", WAYS)
async def test_a_canary_key_is_in_no_answer_log_database_export_or_page(
    way: str, page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home = tmp_path / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    with logs.kept_in(home / "serve.log"):
        async with asked(answer) as base_url:
            told = await give(way, page, base_url, monkeypatch)
            status, _, _ = await call(page, NAMES["POST /api/key/test"], "/api/key/test")
            assert status == 200, "the key is in use"
            answers = [await ask(page, text) for text in ("Hello", "Refuse", "Break")]
            assert [one["state"] for one in answers] == ["done", "failed", "failed"]
            for text in ("Hello", "Refuse", "Break"):
                for stream in (True, False):
                    body = {"messages": [{"role": "user", "content": text}], "stream": stream}
                    told.append((await call(page, NAMES["POST /api/chat"], "/api/chat", body))[1])
            ids = (answers[0]["conversation"], answers[1]["id"])
            last = ("POST /api/conversations/{id}/purge", "DELETE /api/key")
            for name, route in sorted(NAMES.items(), key=lambda each: each[0] in last):
                told += await everything(page, route, name, ids)
            for path in ("", *pages.SCREENS):
                async with page.session.get(page.url + path, headers=page.headers) as shown:
                    told.append(f"{await shown.text()} {shown.headers}")
        failing = RuntimeError(f"Authorization: Bearer {CANARY} and {SECRET[4:16]}")

        def fails() -> None:
            raise failing

        monkeypatch.setattr(settings, "_described", fails)
        status, text, _ = await call(page, NAMES["GET /api/settings"], "/api/settings")
        assert (status, json.loads(text)["error"]["code"]) == (500, "internal")
        told.append(text)
    assert len(told) > 300
    assert [one for one in told if leaks(one)] == []
    assert "Traceback" in caplog.text
    assert not leaks(caplog.text)
    assert not leaks(repr([vars(record) for record in caplog.records if record.exc_info is None]))
    await in_thread(app.close_store)
    kept = {file: file.read_bytes().decode("latin-1") for file in home.rglob("*") if file.is_file()}
    assert {app.DATABASE, "serve.log"} <= {file.name for file in kept}
    assert "Traceback" in kept[home / "serve.log"]
    assert {file for file, text in kept.items() if leaks(text)} <= {keys.home_file()}
    built = [file.read_bytes().decode("latin-1") for file in pages.BUILT.rglob("*") if file.is_file()]
    assert not [text for text in built if leaks(text)]


@pytest.mark.parametrize("kind", ["markdown", "json"])
async def test_a_key_that_was_typed_into_a_conversation_is_in_no_export(page: Page, kind: str) -> None:
    """CVE-2024-9606: also where a person pasted it, once it is known to be one."""
    Secret(CANARY)
    asked_ = await ask(page, f"My key is {CANARY}, or {SECRET[2:14]}")
    path = f"api/conversations/{asked_['conversation']}/export?format={kind}"
    async with page.session.get(page.url + path, headers=page.headers) as exported:
        assert exported.status == 200
        assert not leaks(await exported.text())
        assert not leaks(str(exported.headers))
