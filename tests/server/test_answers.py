"""Answers in stored conversations, over the API, as the owner's page asks for them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from livetechno import app
from livetechno.chat import Chat
from livetechno.gpt import background
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from livetechno.server import answers, running
from livetechno.server.runner import Server
from tests.server.conftest import Page

KEY = "sk-" + "test-canary0123456789uvwxyz"


@pytest.fixture(autouse=True)
def _mock_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_warned_of_mock", True)


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """A server on this machine that is taken to ask OpenAI's prices; the key is there."""
    server = MockServer(pace=0.002)
    monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    background.at_stop(server.stop)
    return server


async def events(page: Page, path: str, **headers: str) -> AsyncIterator[tuple[str, Any]]:
    """The events of a stream, with their data."""
    async with page.session.get(page.url + path.lstrip("/"), headers={**page.headers, **headers}) as answer:
        assert answer.status == 200
        name = ""
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                yield name, json.loads(line[6:])


async def ask(page: Page, text: str, **more: Any) -> dict[str, Any]:
    """Ask, and wait for the end; the answer and its conversation."""
    status, told = await page.ask("POST", "/api/answers", {"text": text, **more})
    assert status == 202, told
    async for _ in events(page, f"/api/answers/{told['answer']['id']}/events"):
        pass
    _, ended = await page.ask("GET", f"/api/answers/{told['answer']['id']}")
    return {**ended["answer"], "conversation": told["conversation"]["id"]}


async def shown(page: Page, id_: str) -> Any:
    status, told = await page.ask("GET", f"/api/conversations/{id_}")
    assert status == 200
    return told


async def test_a_question_is_kept_at_once_and_its_answer_when_it_is_done(page: Page) -> None:
    status, told = await page.ask("POST", "/api/answers", {"text": "What is a kick?", "system": "Be brief"})
    assert status == 202
    id_ = told["conversation"]["id"]
    assert told["conversation"]["title"] == "What is a kick?"
    assert (await shown(page, id_))["messages"][0]["text"] == "What is a kick?"
    texts = [
        data.get("text", "") async for _, data in events(page, f"/api/answers/{told['answer']['id']}/events")
    ]
    whole = await shown(page, id_)
    question, answer = whole["messages"]
    assert answer["text"] == "".join(texts)
    assert (answer["parent"], answer["partial"], answer["about"]["cost"]) == (question["id"], False, "0")
    assert whole["conversation"]["system"] == "Be brief"
    assert (whole["answer"], whole["conversation"]["answer"]) == (None, None)


async def test_the_terminal_goes_on_with_what_a_page_has_said(page: Page) -> None:
    answer = await ask(page, "My name is Ada")
    chat = await in_thread(Chat.resume, answer["conversation"])
    assert await in_thread(lambda: [message.role for message in chat.messages]) == ["user", "assistant"]
    await in_thread(chat.ask, "And yours?")
    messages = (await shown(page, answer["conversation"]))["messages"]
    assert [message["text"] for message in messages][::2] == ["My name is Ada", "And yours?"]
    assert (await ask(page, "Third", conversation=answer["conversation"]))["state"] == "done"
    assert await in_thread(lambda: len(chat.messages)) == 6


async def test_editing_and_asking_again_make_branches(page: Page) -> None:
    first = await ask(page, "One")
    id_ = first["conversation"]
    second = await ask(page, "Two", conversation=id_)
    again = await ask(page, "", conversation=id_, again=second["message"])
    edited = await ask(page, "Two, otherwise", conversation=id_, after=first["message"])
    assert {again["state"], edited["state"]} == {"done"}
    whole = await shown(page, id_)
    assert [message["text"] for message in whole["messages"]][::2] == ["One", "Two, otherwise"]
    assert len(whole["branches"]) == 3
    assert len(whole["messages"][2]["siblings"]) == 2
    status, _ = await page.ask("PATCH", f"/api/conversations/{id_}", {"head": again["message"]})
    back = await shown(page, id_)
    assert (status, back["messages"][-1]["id"]) == (200, again["message"])
    assert back["messages"][-1]["siblings"] == [second["message"], again["message"]]


async def test_an_answer_goes_on_without_its_page_and_is_found_after_a_reload(
    page: Page, upstream: MockServer
) -> None:
    _, told = await page.ask("POST", "/api/answers", {"text": "Write a long text about a kick drum"})
    path = f"/api/answers/{told['answer']['id']}"
    heard, seq = "", -1
    async for name, data in events(page, f"{path}/events"):
        heard += data.get("text", "") if name == "delta" else ""
        seq += 1
        if len(heard) > 10:
            break
    found = (await shown(page, told["conversation"]["id"]))["answer"]
    assert found is not None
    rest = [
        data
        async for name, data in events(page, f"{path}/events", **{"Last-Event-ID": str(seq)})
        if name == "delta"
    ]
    stored = (await shown(page, told["conversation"]["id"]))["messages"][-1]
    assert heard + "".join(one["text"] for one in rest) == stored["text"]


async def test_a_stopped_answer_keeps_what_came_and_stops_upstream(page: Page, upstream: MockServer) -> None:
    _, told = await page.ask("POST", "/api/answers", {"text": "Write a long text about a kick drum"})
    path = f"/api/answers/{told['answer']['id']}"
    async for name, _ in events(page, f"{path}/events"):
        if name == "delta":
            break
    assert (await page.ask("POST", f"{path}/stop"))[0] == 204
    _, ended = await page.ask("GET", path)
    stored = (await shown(page, told["conversation"]["id"]))["messages"][-1]
    assert (ended["answer"]["state"], stored["partial"]) == ("stopped", True)
    assert stored["text"] == ended["answer"]["text"] != ""
    for _ in range(100):
        if not upstream.open_streams:
            break
        await asyncio.sleep(0.01)
    assert upstream.open_streams == 0


async def test_an_answer_that_is_stopped_when_it_is_stored_already_is_whole(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, go_on, look = threading.Event(), threading.Event(), running._kept

    def held(*arguments: Any) -> dict[str, Any]:
        stored.set()
        assert go_on.wait(10)
        return look(*arguments)

    monkeypatch.setattr(running, "_kept", held)
    _, told = await page.ask("POST", "/api/answers", {"text": "What is a kick?"})
    path = f"/api/answers/{told['answer']['id']}"
    assert await in_thread(stored.wait, 10)
    known = server._application[answers.RUNNING].get(app.store().owner, told["answer"]["id"])
    stopping = asyncio.create_task(page.ask("POST", f"{path}/stop"))
    while not known.stopping:  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    go_on.set()
    assert (await stopping)[0] == 204
    *_, (name, end) = [event async for event in events(page, f"{path}/events")]
    message = (await shown(page, told["conversation"]["id"]))["messages"][-1]
    assert (name, end["message"]["id"]) == ("done", message["id"])
    assert not message["partial"]


async def test_a_stopped_answer_tells_what_the_books_have_of_it_and_the_total_is_of_all_branches(
    page: Page, upstream: MockServer
) -> None:
    _, told = await page.ask("POST", "/api/answers", {"text": "Write a long text about a kick drum"})
    path, id_ = f"/api/answers/{told['answer']['id']}", told["conversation"]["id"]
    async for name, _ in events(page, f"{path}/events"):
        if name == "delta":
            break
    await page.ask("POST", f"{path}/stop")
    stopped = (await shown(page, id_))["messages"][-1]["about"]
    [row] = await in_thread(lambda: app.store().ledger.calls())
    assert (stopped["request_id"], stopped["finish"]) == (row.request_id, "stopped")
    assert stopped["estimated"]
    assert stopped["usage"] == row.usage
    assert row.usd
    assert Decimal(stopped["cost"]) == row.usd

    again = await ask(page, "", conversation=id_, again=told["answer"]["question"])
    whole = await shown(page, id_)
    [*_, answer] = whole["messages"]
    assert answer["id"] == again["message"]
    assert not answer["about"]["estimated"]
    both = Decimal(stopped["cost"]) + Decimal(answer["about"]["cost"])
    assert (whole["total"]["calls"], Decimal(whole["total"]["usd"])) == (2, both)


async def test_a_stopped_answer_is_continued_by_a_model_that_sees_how_far_it_came(
    page: Page, upstream: MockServer
) -> None:
    _, told = await page.ask("POST", "/api/answers", {"text": "Write a long text about a kick drum"})
    path, id_ = f"/api/answers/{told['answer']['id']}", told["conversation"]["id"]
    async for name, _ in events(page, f"{path}/events"):
        if name == "delta":
            break
    await page.ask("POST", f"{path}/stop")
    half = (await shown(page, id_))["messages"][-1]
    await ask(page, "Continue", conversation=id_, after=half["id"])
    sent = [(one["role"], one["content"]) for one in upstream.requests[-1].body["messages"]]
    assert sent[1:] == [("assistant", half["text"]), ("user", "Continue")]
    assert [one["partial"] for one in (await shown(page, id_))["messages"]] == [False, True, False, False]


async def test_a_question_that_fails_is_kept_and_can_be_asked_again(
    page: Page, upstream: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_thread(lambda: app.store().budgets.set("day", Decimal("0.0000001")))
    failed = await ask(page, "Hello")
    assert (failed["state"], failed["error"]["code"], failed["message"]) == (
        "failed",
        "budget_exceeded",
        None,
    )
    whole = await shown(page, failed["conversation"])
    assert [message["role"] for message in whole["messages"]] == ["user"]
    assert whole["answer"]["error"]["code"] == "budget_exceeded"
    await in_thread(lambda: app.store().budgets.clear())
    again = await ask(page, "", conversation=failed["conversation"], again=failed["question"])
    assert again["state"] == "done"
    assert (await shown(page, failed["conversation"]))["answer"] is None


async def test_all_pages_hear_of_answers_and_of_changes_over_one_connection(page: Page) -> None:
    heard: list[tuple[str, Any]] = []

    begun = asyncio.Event()

    async def listen() -> None:
        async for name, data in events(page, "/api/events"):
            heard.append((name, data))
            begun.set()
            if name == "answer" and data["type"] == "done":
                return

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(begun.wait(), 10)
    answer = await ask(page, "Hello")
    await asyncio.wait_for(listening, 10)
    assert heard[0] == ("hello", {"change": 0, "answers": []})
    steps = [data for name, data in heard if name == "answer"]
    assert [step["seq"] for step in steps] == list(range(len(steps)))
    assert "".join(step.get("text", "") for step in steps) == answer["text"]
    changed = [data["object"] for name, data in heard if name == "change" and data["kind"] == "conversation"]
    assert answer["conversation"] in changed


async def test_parameters_are_the_conversations_here_and_in_the_terminal(
    page: Page, upstream: MockServer
) -> None:
    first = await ask(page, "One", model="gpt-4o", parameters={"temperature": 0.5, "top_p": None})
    id_ = first["conversation"]
    await ask(page, "Two", conversation=id_)
    assert [request.body["temperature"] for request in upstream.requests] == [0.5, 0.5]
    path = f"/api/conversations/{id_}"
    _, told = await page.ask("PATCH", path, {"parameters": {"temperature": 1.5, "max_tokens": 300}})
    assert told["conversation"]["parameters"] == {"temperature": 1.5, "max_tokens": 300}
    chat = await in_thread(Chat.resume, id_)
    await in_thread(chat.ask, "Three")
    assert upstream.requests[-1].body["temperature"] == 1.5
    assert (await page.ask("PATCH", path, {"parameters": {"temperature": 7}}))[0] == 400
    assert (await shown(page, id_))["conversation"]["parameters"]["temperature"] == 1.5
    other = await ask(page, "Elsewhere")
    assert (await shown(page, other["conversation"]))["conversation"]["parameters"] == {}
    assert "temperature" not in upstream.requests[-1].body


async def test_pictures_go_along_and_are_kept_once(page: Page, upstream: MockServer) -> None:
    pixel = "data:image/png;base64,iVBORw0KGgo="
    answer = await ask(page, "Look", images=[{"url": pixel}])
    question = (await shown(page, answer["conversation"]))["messages"][0]
    assert question["images"] == [{"url": pixel, "detail": "auto"}]
    assert upstream.requests[-1].body["messages"][0]["content"][1]["image_url"]["url"] == pixel


async def test_what_makes_no_question_is_refused_and_kept_nowhere(page: Page) -> None:
    bodies: list[Any] = [
        {},
        {"text": "  "},
        {"text": 5},
        {"text": "x", "api_base": "http://evil.example"},
        {"text": "x", "conversation": "nowhere", "after": "1"},
        {"again": "1"},
        {"text": "x", "images": [{"url": "file:///etc/passwd"}]},
        {"text": "x", "parameters": {"temperature": "hot"}},
        {"text": "x", "parameters": {"temperature": 7}},
    ]
    for body in bodies:
        status, told = await page.ask("POST", "/api/answers", body)
        assert 400 <= status < 500, told
    assert await in_thread(lambda: app.store().conversations.list()) == ()


async def test_the_owners_conversations_and_answers_are_not_there_for_another(
    page: Page, server: Server
) -> None:
    answer = await ask(page, "Secret")
    other = (await in_thread(app.store)).of("b")
    server.guard.store = lambda: other
    for path in (f"/api/conversations/{answer['conversation']}", f"/api/answers/{answer['id']}"):
        assert (await page.ask("GET", path))[0] == 404
    assert (await page.ask("GET", f"/api/answers/{answer['id']}/events"))[0] == 404
    assert (await page.ask("POST", f"/api/answers/{answer['id']}/stop"))[0] == 404
    assert (await page.ask("GET", "/api/conversations"))[1] == {"conversations": []}
    assert (await page.ask("GET", "/api/search?q=secret"))[1] == {"found": []}
    status, _ = await page.ask("POST", "/api/answers", {"text": "x", "conversation": answer["conversation"]})
    assert status == 404


async def test_no_answer_database_or_log_holds_the_key(
    page: Page, upstream: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask(page, "Hello")
    _, listed = await page.ask("GET", "/api/conversations")
    whole = await shown(page, answer["conversation"])
    kept = b"".join(path.read_bytes() for path in app.store().path.parent.iterdir() if path.is_file())
    secret = KEY.removeprefix("sk-")[:12]
    assert secret not in json.dumps([answer, listed, whole]) + caplog.text
    assert secret.encode() not in kept


async def test_a_page_that_leaves_while_its_question_is_being_kept_has_asked_all_the_same(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go_on = asyncio.Event(), threading.Event()
    loop, keep = asyncio.get_running_loop(), answers._question

    def slow(*given: Any) -> Any:
        loop.call_soon_threadsafe(arrived.set)
        go_on.wait(10)
        return keep(*given)

    monkeypatch.setattr(answers, "_question", slow)
    asking = asyncio.create_task(page.ask("POST", "/api/answers", {"text": "Hello"}))
    await asyncio.wait_for(arrived.wait(), 10)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    go_on.set()
    for _ in range(500):
        [*kept] = await in_thread(lambda: app.store().conversations.list())
        if [one.size for one in kept] == [2]:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the question or its answer was lost")
