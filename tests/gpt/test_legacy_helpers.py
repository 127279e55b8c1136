"""One-call helpers on plain lists of messages: text or None, what they say, and what they cost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from livetechno.gpt import background, wiring
from livetechno.gpt.client import Client
from livetechno.gpt.errors import ParameterError
from livetechno.gpt.legacy import call_api_async, call_gpt_with_retry, count_tokens, estimate_cost
from livetechno.gpt.retry import Retry
from livetechno.mock import MockServer
from livetechno.mock.faults import parse_fault

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def of_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    """The server that the client of this process talks to."""
    server = MockServer(seed=3)
    client = Client(base_url=background.run(server.start()), retry=Retry(attempts=3))
    monkeypatch.setattr(wiring, "default_client", lambda: client)
    yield server
    background.run(server.stop())


def faults(server: MockServer, *script: str | None) -> None:
    """From now on the server plays these."""
    server._faults._script.extend(parse_fault(name) if name else None for name in script)


async def _until(true: Callable[[], Any]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


def test_a_call_gives_the_answers_text(of_process: MockServer, capsys: pytest.CaptureFixture[str]) -> None:
    text = call_gpt_with_retry(HELLO, model="gpt-4o", temperature=0.1)
    assert text is not None
    assert "Mock AI" in text
    assert of_process.requests[-1].body["temperature"] == 0.1
    assert capsys.readouterr().out == ""


def test_a_call_tries_again_and_says_so(of_process: MockServer, capsys: pytest.CaptureFixture[str]) -> None:
    faults(of_process, "429_rate", "503_overloaded", None)
    assert call_gpt_with_retry(HELLO, model="gpt-4o")
    said = capsys.readouterr().out.splitlines()
    assert [line.partition("(try")[2] for line in said] == [" 1 of 3).", " 2 of 3)."]
    assert said[0].startswith("Too many requests")
    assert len(of_process.requests) == 3


def test_a_call_gives_up_after_its_tries_with_none(
    of_process: MockServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    faults(of_process, "429_rate", "429_rate")
    assert call_gpt_with_retry(HELLO, model="gpt-4o", max_retries=2) is None
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Trop de requêtes")
    assert said[-1].startswith("Pas de réponse")
    assert len(of_process.requests) == 2


@pytest.mark.parametrize("fault", ["401", "429_credit", "400"])
def test_what_waiting_does_not_mend_is_not_tried_again(
    of_process: MockServer, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    faults(of_process, fault)
    assert call_gpt_with_retry(HELLO, model="gpt-4o") is None
    assert len(of_process.requests) == 1
    assert capsys.readouterr().out.startswith("No answer: ")


@pytest.mark.parametrize("messages", [[], "Hello", None, [{"role": "nobody", "content": "Hello"}]])
def test_messages_that_make_no_sense_are_said_and_give_none(
    of_process: MockServer, capsys: pytest.CaptureFixture[str], messages: Any
) -> None:
    assert call_gpt_with_retry(messages) is None
    assert capsys.readouterr().out.startswith("No answer: ")
    assert not of_process.requests


@pytest.mark.parametrize("tries", [0, -1, 1.5, True, None])
def test_a_senseless_number_of_tries_is_refused(tries: Any) -> None:
    with pytest.raises(ParameterError):
        call_gpt_with_retry(HELLO, max_retries=tries)


def test_a_call_in_the_background_calls_back(of_process: MockServer) -> None:
    replies: list[str | None] = []
    handle = call_api_async(HELLO, replies.append, model="gpt-4o")
    assert handle.wait(10)
    assert replies
    assert "Mock AI" in str(replies[0])
    faults(of_process, "401")
    assert call_api_async(HELLO, replies.append, model="gpt-4o").wait(10)
    assert replies[1:] == [None]


def test_a_call_in_the_background_can_be_cancelled(of_process: MockServer) -> None:
    faults(of_process, "no_answer")
    replies: list[str | None] = []
    handle = call_api_async(HELLO, replies.append, model="gpt-4o")
    background.run(_until(lambda: of_process.requests))
    handle.cancel()
    assert handle.wait(10)
    assert replies == []


def test_the_cost_of_sending_is_estimated_with_todays_price() -> None:
    count = count_tokens(HELLO)
    assert estimate_cost(HELLO, model="gpt-6-luna") == {
        "input_tokens": count,
        "estimated_cost_usd": pytest.approx(count * 0.10 / 1e6),
    }
    assert json.dumps(estimate_cost(HELLO))


def test_the_cost_of_a_retired_model_is_its_successors_and_of_an_unknown_one_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-11-23")
    successor = estimate_cost(HELLO, model="gpt-5.6-luna")
    assert estimate_cost(HELLO, model="gpt-4.1-nano") == successor
    assert estimate_cost(HELLO, model="llama-9")["estimated_cost_usd"] is None
