"""The description of the API: complete, valid, and of the form that tools read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from livetechno.mock import MockServer
from livetechno.server import openapi, routes
from livetechno.server.application import table
from tests.server.conftest import Page
from tests.server.test_answers import events, upstream
from tests.server.test_chat import streamed
from tests.server.test_events import LONG, Listener, begin, spoil

__all__ = ["upstream"]
OPENED_BY = {"public": set(), "owner": {"session"}, "access": {"key"}, "chat": {"session", "visitor"}}


async def test_every_route_is_described_and_no_other(page: Page) -> None:
    status, told = await page.ask("GET", "/api/openapi.json")
    assert status == 200
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in table()}
    cookie = told["components"]["securitySchemes"]["session"]["name"]
    assert told == json.loads(json.dumps(openapi.document(table(), cookie)))


def test_it_says_what_each_route_asks_for_and_gives() -> None:
    document = openapi.document(table())
    for route in table():
        operation = document["paths"][route.path][route.method.lower()]
        opened_by = {name for one in operation["security"] for name in one}
        assert opened_by == OPENED_BY[route.permission]
        assert opened_by <= set(document["components"]["securitySchemes"])
        assert str(route.status) in operation["responses"]
        assert operation["responses"]["default"]["content"]["application/json"]["schema"] == {
            "$ref": f"#/components/schemas/{'OpenAIsError' if '/v1/' in route.path else 'Error'}"
        }
        assert ("requestBody" in operation) == (route.method in ("POST", "PUT", "PATCH"))
        named = {one["name"] for one in operation.get("parameters", ())}
        assert named == {*route.query, *re.findall(r"\{(\w+)\}", route.path)}
        streamed = "text/event-stream" in operation["responses"][str(route.status)].get("content", {})
        assert streamed == bool(route.events), route.path
        may_stream = route.kind == "stream" or "stream" in (route.body or {}).get("properties", {})
        assert streamed == may_stream, route.path


def test_what_may_be_left_out_of_a_query_is_said_so_and_its_default_is_true() -> None:
    document = openapi.document(table())
    for route in table():
        operation = document["paths"][route.path][route.method.lower()]
        for one in operation.get("parameters", ()):
            assert one["required"] is (one["in"] == "path")
            if "default" in one["schema"]:
                assert routes.validator(one["schema"])(one["schema"]["default"]) == one["schema"]["default"]


async def test_a_query_that_is_left_out_is_never_refused(page: Page) -> None:
    for route in table():
        if route.query and "{" not in route.path:
            async with page.session.get(page.url + route.path[1:], headers=page.headers) as answer:
                assert answer.status == 200, route.path
                answer.close()


def test_each_operation_has_a_name_of_its_own() -> None:
    operations = [
        operation["operationId"]
        for methods in openapi.document(table())["paths"].values()
        for operation in methods.values()
    ]
    assert len(operations) == len(set(operations))


async def test_the_session_is_the_cookie_that_this_server_gives(page: Page) -> None:
    _, told = await page.ask("GET", "/api/openapi.json")
    scheme = told["components"]["securitySchemes"]["session"]
    given = [cookie.key for cookie in page.session.cookie_jar]
    assert ("cookie", [scheme["name"]]) == (scheme["in"], given)


def check_events(path: str, heard: list[tuple[str, Any]]) -> set[str]:
    """See that what was heard is as that path is described; the kinds of events."""
    (described,) = (route.events for route in table() if route.path == path and route.events)
    for name, data in heard:
        routes.validator(described[name])(data)
    return {name for name, _ in heard}


async def test_the_events_of_a_chat_are_as_described(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"messages": [{"role": "user", "content": "Hello"}], "stream": True}
    kinds = check_events("/api/chat", await streamed(page, asked))
    spoil(monkeypatch, "cut")
    kinds |= check_events("/api/chat", await streamed(page, asked))
    assert kinds == {"start", "delta", "done", "error"}


async def test_the_events_of_an_answer_are_as_described_on_both_streams(
    page: Page, upstream: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(page)
    await listener.until("hello")
    kinds: set[str] = set()
    path, _ = await begin(page, "Hello")
    kinds |= check_events("/api/answers/{id}/events", [one async for one in events(page, f"{path}/events")])
    path, _ = await begin(page, LONG)
    await page.ask("POST", f"{path}/stop", {})
    kinds |= check_events("/api/answers/{id}/events", [one async for one in events(page, f"{path}/events")])
    spoil(monkeypatch, "cut")
    path, _ = await begin(page, LONG)
    kinds |= check_events("/api/answers/{id}/events", [one async for one in events(page, f"{path}/events")])
    assert kinds == {"start", "delta", "done", "stopped", "error"}
    await listener.until("answer", type="error")
    assert check_events("/api/events", listener.heard) == {"hello", "change", "answer"}
    await listener.leave()
