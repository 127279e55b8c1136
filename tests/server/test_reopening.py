"""A server whose sockets the system has made useless, as iOS does with an app that slept, listens anew."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.server import answers, runner
from livetechno.server.runner import Server
from livetechno.server.visitors import Site
from tests.browser.model import Model
from tests.server.conftest import Page

KEY = "sk-" + "test-canary0123456789uvwxyz"
STAGES = ("before any text", "amid it", "after all of it")


@pytest.fixture
async def model(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Model]:
    """A model that says what the test says; there is a key for it."""
    started = Model()
    await started.start()
    monkeypatch.setenv("OPENAI_BASE_URL", started.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield started
    await started.stop()


def sockets_die(server: Server) -> None:
    """What happens to an app's listeners and connections when iOS stops it."""
    for listener in server._listeners:
        for one in listener.sockets.sockets:
            with socket.socket(fileno=socket.dup(one.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)
        listener.door.cut_off()


async def steps(page: Page, id_: str, after: int = -1) -> AsyncIterator[tuple[int, str, dict[str, Any]]]:
    """Number, kind and data of the steps of an answer, until they end or are cut off."""
    path = f"{page.url}api/answers/{id_}/events?after={after}"
    number, kind = -1, ""
    try:
        async with page.session.get(path, headers=page.headers) as answer:
            async for raw in answer.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "event":
                    kind = value
                elif name == "data":
                    yield number, kind, json.loads(value)
    except aiohttp.ClientError:
        return


@pytest.mark.parametrize("stage", STAGES)
async def test_an_answer_goes_on_where_its_page_was_cut_off(
    server: Server, page: Page, model: Model, stage: str
) -> None:
    _, told = await page.ask("POST", "/api/answers", {"text": "Count"})
    id_, writing = told["answer"]["id"], await model.asked()
    heard: list[tuple[int, str, dict[str, Any]]] = []

    async def listen(until: int) -> None:
        last = heard[-1][0] if heard else -1
        async for step in steps(page, id_, last):
            heard.append(step)
            if step[0] == until:
                return

    await listen(0)
    if stage != STAGES[0]:
        await writing.say("One, ", "two")
        await listen(2)
    if stage == STAGES[2]:
        await writing.say(", three.")
        await writing.end()
    sockets_die(server)
    await server.reopen()
    if stage == STAGES[0]:
        await writing.say("One, ", "two")
    if stage != STAGES[2]:
        await writing.say(", three.")
        await writing.end()
    await listen(-1)
    assert [number for number, *_ in heard] == [0, 1, 2, 3, 4]
    assert "".join(data.get("text", "") for _, _, data in heard if "text" in data) == "One, two, three."
    assert heard[-1][1] == "done"
    assert len(model.exchanges) == 1


@pytest.mark.parametrize("known", [False, True])
async def test_a_question_that_is_cut_off_on_its_way_is_asked_once(
    server: Server, page: Page, model: Model, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    came, goes_on = threading.Event(), threading.Event()
    question = answers._question

    def slow(*given: Any) -> Any:
        came.set()
        assert goes_on.wait(5)
        return question(*given)

    monkeypatch.setattr(answers, "_question", slow)
    body = {"text": "Count", "id": "0123456789abcdef"}
    asking = asyncio.ensure_future(page.ask("POST", "/api/answers", body))
    assert await in_thread(came.wait, 5)
    sockets_die(server)
    await server.reopen()
    with pytest.raises(aiohttp.ClientError):
        await asking
    if known:  # before the answer that was asked for is known, or when it is
        goes_on.set()
        while (await page.ask("GET", "/api/answers/0123456789abcdef"))[0] != 200:
            pass
    asking = asyncio.ensure_future(page.ask("POST", "/api/answers", body))
    await asyncio.sleep(0.01)
    goes_on.set()
    status, again = await asking
    assert (status, again["answer"]["id"]) == (202, "0123456789abcdef")
    writing = await model.asked()
    await writing.say("One.")
    await writing.end()
    async for _ in steps(page, "0123456789abcdef"):
        pass
    _, whole = await page.ask("GET", f"/api/conversations/{again['conversation']['id']}")
    assert [message["text"] for message in whole["messages"]] == ["Count", "One."]
    assert len(model.exchanges) == 1


async def test_who_connects_to_dead_sockets_is_not_answered(
    server: Server, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await server.answers()
    sockets_die(server)
    assert not await server.answers()
    await server.reopen()
    assert await server.answers()
    monkeypatch.setattr(runner, "OWN_SECONDS", 0.05)
    (listener,) = server._listeners
    asyncio.get_running_loop().remove_reader(listener.sockets.sockets[0].fileno())  # accepts no more
    assert not await server.answers()
    await server.reopen()
    assert await server.answers()
    assert (await page.ask("GET", "/api/settings"))[0] == 200


async def test_a_deployed_server_opens_both_its_places_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    server = Server(site=Site(frozenset({"https://my.site"})))
    url = await server.start()
    sockets_die(server)
    await server.reopen()
    async with aiohttp.ClientSession() as session:
        for address in (url, server.own_url):
            assert (await session.get(f"{address}healthz")).status == 200
    await server.stop()


async def test_a_port_that_another_program_took_is_told_and_may_be_had_later(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "OWN_SECONDS", 0.05)
    url = await server.start()
    port = int(url.rstrip("/").rpartition(":")[2])
    for listener in server._listeners:
        listener.close()
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(OSError, match="address already in use"):
            await server.reopen()
        assert not await server.answers()
    await server.reopen()
    assert await server.answers()
