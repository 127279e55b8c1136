"""`/api/chat`, as a page of a maker's calls it: stateless, whole or streamed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from tests.server.conftest import Page
from tests.server.test_answers import KEY, upstream
from tests.server.test_events import spoil

__all__ = ["upstream"]
HELLO = [{"role": "user", "content": "Hello"}]


async def streamed(page: Page, body: dict[str, Any]) -> list[tuple[str, Any]]:
    import json

    found = []
    async with page.session.post(f"{page.url}api/chat", json=body, headers=page.headers) as answer:
        assert answer.status == 200
        for block in (await answer.text()).split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
    return found


async def test_a_plain_fetch_gets_an_answer(page: Page) -> None:
    status, told = await page.ask("POST", "/api/chat", {"messages": HELLO})
    assert status == 200
    assert "Mock AI" in told["message"]
    assert told["cost"] == "0"
    assert told["request_id"].startswith("req_")
    assert await in_thread(lambda: app.store().conversations.list()) == ()


async def test_a_stream_has_its_pieces_and_then_the_whole(page: Page, upstream: MockServer) -> None:
    heard = await streamed(page, {"messages": HELLO, "stream": True, "model": "gpt-6-luna"})
    names = [name for name, _ in heard]
    assert (names[0], names[-1], set(names[1:-1])) == ("start", "done", {"delta"})
    done = heard[-1][1]
    assert "".join(data["text"] for name, data in heard if name == "delta") == done["message"]
    [row] = await in_thread(lambda: app.store().ledger.calls())
    assert Decimal(done["cost"]) == row.usd


async def test_a_client_that_leaves_stops_the_server_that_was_asked(page: Page, upstream: MockServer) -> None:
    body = {"messages": [{"role": "user", "content": "Write a long text about a kick drum"}], "stream": True}
    async with page.session.post(f"{page.url}api/chat", json=body, headers=page.headers) as answer:
        while b"delta" not in await answer.content.readline():
            pass
        answer.close()
    for _ in range(100):
        if not upstream.open_streams:
            break
        await asyncio.sleep(0.01)
    assert upstream.open_streams == 0


async def test_an_error_is_told_without_a_word_of_the_server_that_was_asked(
    page: Page, upstream: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_thread(lambda: app.store().budgets.set("day", Decimal("0.0000001")))
    status, told = await page.ask("POST", "/api/chat", {"messages": HELLO})
    assert (status, told["error"]["code"]) == (402, "budget_exceeded")
    [(_, _), (name, data)] = await streamed(page, {"messages": HELLO, "stream": True})
    assert (name, data["error"]["code"]) == ("error", "budget_exceeded")


@pytest.mark.parametrize(
    "field", ["api_base", "api_key", "base_url", "headers", "organization", "user_api_key"]
)
async def test_no_field_takes_a_key_or_an_address(page: Page, upstream: MockServer, field: str) -> None:
    status, _ = await page.ask("POST", "/api/chat", {"messages": HELLO, field: "http://evil.example"})
    assert (status, len(upstream.requests)) == (400, 0)


async def test_what_is_no_conversation_is_refused(page: Page) -> None:
    wrong: list[Any] = [[], "x", [{}], [{"role": "robot", "content": "x"}], [5], None]
    for messages in wrong:
        status, _ = await page.ask("POST", "/api/chat", {"messages": messages})
        assert status == 400


async def test_a_stream_of_events_never_holds_the_key(page: Page, upstream: MockServer) -> None:
    heard = await streamed(page, {"messages": HELLO, "stream": True})
    assert KEY.removeprefix("sk-")[:10] not in str(heard)


async def test_a_stream_that_breaks_in_the_middle_ends_with_an_error(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_thread(spoil, monkeypatch, "cut;after=3")
    heard = await streamed(page, {"messages": HELLO, "stream": True})
    assert [name for name, _ in heard][-2:] == ["delta", "error"]
    assert heard[-1][1]["error"]["request_id"] == heard[0][1]["id"]


async def test_a_fault_of_ours_ends_a_stream_in_its_own_form(
    page: Page, upstream: MockServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise ValueError(f"a secret {KEY}")

    monkeypatch.setattr(app, "cost", fail)
    heard = await streamed(page, {"messages": HELLO, "stream": True})
    assert (heard[-1][0], heard[-1][1]["error"]["code"]) == ("error", "internal")
    assert KEY not in str(heard)
    assert "failed" in caplog.text
