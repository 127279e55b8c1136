"""The page's one long connection, and answers that are resumed, stopped twice, cut, or outlived."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from livetechno import app
from livetechno.chat import Chat
from livetechno.gpt import background, keys
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from livetechno.server import running
from livetechno.server.errors import ApiError
from livetechno.server.runner import Server
from tests.server.conftest import Page
from tests.server.test_answers import KEY, ask, events, shown, upstream

__all__ = ["upstream"]
LONG = "Write a long text about a kick drum"


@pytest.fixture(autouse=True)
def _mock_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_warned_of_mock", True)


def spoil(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """The server that is asked plays this fault at the first request."""
    server = MockServer(script=[fault])
    monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    background.at_stop(server.stop)


class Listener:
    """A page that is open: all that it hears on its long connection."""

    def __init__(self, page: Page, path: str = "/api/events") -> None:
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        self.task = asyncio.create_task(self._listen(page, path))

    async def _listen(self, page: Page, path: str) -> None:
        async for event in events(page, path):
            async with self._news:
                self.heard.append(event)
                self._news.notify_all()

    async def until(self, name: str, least: int = 0, **fields: Any) -> Any:
        """Wait for an event with these fields, and a number that is no less."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: self._find(name, least, fields)), 10)
        return self._find(name, least, fields)

    def _find(self, name: str, least: int, fields: dict[str, Any]) -> Any:
        found = (data for kind, data in self.heard if kind == name and data.get("number", least) >= least)
        return next((data for data in found if all(data.get(key) == fields[key] for key in fields)), None)

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def begin(page: Page, text: str = LONG, **more: Any) -> tuple[str, str]:
    """Ask, and wait for the first piece; the answer's path and its conversation."""
    status, told = await page.ask("POST", "/api/answers", {"text": text, **more})
    assert status == 202
    path = f"/api/answers/{told['answer']['id']}"
    async for name, _ in events(page, f"{path}/events"):
        if name == "delta":
            break
    return path, told["conversation"]["id"]


async def test_two_pages_and_a_terminal_stay_in_step(page: Page) -> None:
    one, two = Listener(page), Listener(page)
    await one.until("hello")
    await two.until("hello")
    answer = await ask(page, "My name is Ada")
    for each in (one, two):
        done = await each.until("answer", type="done", id=answer["id"])
        assert done["message"]["text"] == answer["text"]
    number = (await one.until("change", object=answer["conversation"]))["number"]
    last = await in_thread(lambda: app.store().changes.last())
    chat = await in_thread(Chat.resume, answer["conversation"])
    await in_thread(chat.ask, "From the terminal")
    for each in (one, two):
        await each.until("change", last + 1, object=answer["conversation"])
    assert [m["text"] for m in (await shown(page, answer["conversation"]))["messages"]][2] == (
        "From the terminal"
    )
    late = Listener(page, f"/api/events?after={number}")
    await late.until("change", object=answer["conversation"])
    for each in (one, two, late):
        await each.leave()


async def test_all_pages_hear_of_another_setting_and_another_key(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keys, "script_folder", lambda: tmp_path / "script")
    listener = Listener(page)
    hello = await listener.until("hello")
    number = hello["change"]
    for method, path, body in (
        ("PATCH", "/api/settings", {"strict": True}),
        ("PUT", "/api/key", {"key": KEY}),
        ("DELETE", "/api/key", None),
    ):
        assert (await page.ask(method, path, body))[0] in (200, 204)
        told = await listener.until("change", number + 1, kind="settings")
        number = told["number"]
    await listener.leave()


async def test_a_page_that_comes_in_mid_answer_hears_what_was_and_the_rest_once(
    page: Page, upstream: MockServer
) -> None:
    path, conversation = await begin(page)
    late = Listener(page)
    hello = await late.until("hello")
    [answer] = hello["answers"]
    await late.until("answer", type="done")
    steps = [data for name, data in late.heard if name == "answer" and data["seq"] > answer["seq"]]
    stored = (await shown(page, conversation))["messages"][-1]
    assert answer["text"] + "".join(step.get("text", "") for step in steps) == stored["text"]
    assert path.endswith(answer["id"])
    await late.leave()


async def test_from_whichever_step_it_is_resumed_every_character_comes_once(page: Page) -> None:
    answer = await ask(page, "Tell me about acid")
    path = f"/api/answers/{answer['id']}/events"
    pieces = [data.get("text", "") async for _, data in events(page, path)]
    for known in range(-1, answer["seq"]):
        rest = [data.get("text", "") async for _, data in events(page, f"{path}?after={known}")]
        assert pieces[known + 1 :] == rest
    assert [name async for name, _ in events(page, path, **{"Last-Event-ID": str(answer["seq"])})] == []


async def test_a_cut_stream_is_kept_as_far_as_it_came(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    await in_thread(spoil, monkeypatch, "cut;after=3")
    answer = await ask(page, LONG)
    stored = (await shown(page, answer["conversation"]))["messages"][-1]
    assert (answer["state"], stored["partial"], stored["text"]) == ("failed", True, answer["text"])
    assert answer["text"]
    assert answer["error"]["code"]
    assert (answer["message"], stored["role"]) == (stored["id"], "assistant")


async def test_a_wrong_key_is_said_without_a_word_of_the_server_and_the_question_stays(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_thread(spoil, monkeypatch, "401")
    answer = await ask(page, "Hello")
    assert (answer["state"], answer["error"]["code"]) == ("failed", "authentication")
    assert KEY[-8:] not in json.dumps(answer)
    assert [one["role"] for one in (await shown(page, answer["conversation"]))["messages"]] == ["user"]


async def test_stopping_many_times_at_once_stops_once(page: Page, upstream: MockServer) -> None:
    path, conversation = await begin(page)
    stopped = await asyncio.gather(*(page.ask("POST", f"{path}/stop") for _ in range(5)))
    assert {status for status, _ in stopped} == {204}
    names = [name async for name, _ in events(page, f"{path}/events")]
    assert (names[-1], names.count("stopped")) == ("stopped", 1)
    assert (await shown(page, conversation))["messages"][-1]["partial"]
    assert (await page.ask("POST", f"{path}/stop"))[0] == 204


async def test_who_went_on_elsewhere_is_not_taken_back_by_an_answer(page: Page, upstream: MockServer) -> None:
    first = await ask(page, "One")
    path, conversation = await begin(page, conversation=first["conversation"])
    await page.ask("PATCH", f"/api/conversations/{conversation}", {"head": first["message"]})
    async for _ in events(page, f"{path}/events"):
        pass
    whole = await shown(page, conversation)
    assert whole["conversation"]["head"] == first["message"]
    assert len(whole["branches"]) == 2


async def test_a_server_that_stops_keeps_what_came_and_tells_who_listens(
    page: Page, server: Server, upstream: MockServer
) -> None:
    listener = Listener(page)
    await listener.until("hello")
    path, conversation = await begin(page)
    following = Listener(page, f"{path}/events")
    await following.until("start")
    await server.stop()
    await asyncio.wait_for(asyncio.gather(listener.task, following.task), 10)
    told = [data["type"] for name, data in listener.heard if name == "answer"]
    assert told[-1] == "stopped"  # that something is stored may be told after it
    assert following.heard[-1][0] == "stopped"
    [_, stored] = await in_thread(_branch, conversation)
    assert stored.partial
    assert stored.plain["content"]


def _branch(conversation: str) -> Any:
    store = app.store()
    return store.tree.branch(conversation, store.conversations.get(conversation).head)


async def test_more_answers_at_once_than_may_be_are_refused_before_anything_is_kept(
    page: Page, upstream: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST_AT_ONCE", 1)
    path, _ = await begin(page)
    status, told = await page.ask("POST", "/api/answers", {"text": "Another"})
    assert (status, told["error"]["code"]) == (429, "too_many_answers")
    assert len(await in_thread(lambda: app.store().conversations.list())) == 1
    await page.ask("POST", f"{path}/stop")


async def test_answers_that_have_ended_take_a_bounded_place(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "REMEMBERED", 2)
    answers = [await ask(page, "Hello") for _ in range(4)]
    found = [(await page.ask("GET", f"/api/answers/{one['id']}"))[0] for one in answers]
    assert found == [404, 200, 200, 200], "two, and the one that made the last go"


async def test_a_reader_that_is_too_slow_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_WAITING", 2)
    answers = running.Running()
    one = running.Answering("a", "local", "c", 1, "chat", None, "req_1")
    with answers.listening("local") as slow, answers.listening("other") as other:
        for number in range(5):
            answers._tell(one, one.step(number, "delta", text="x"))
        heard = [slow.get_nowait() for _ in range(slow.qsize())]
        assert heard[-1] is None
        assert len(heard) == 3
        assert other.empty()
    with pytest.raises(ApiError):
        answers.get("local", "a")
