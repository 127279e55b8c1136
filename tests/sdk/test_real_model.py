"""Our client against a real, small model, where one is served. Opt in with

LIVETECHNO_REAL_MODEL=http://127.0.0.1:18080/v1 python -m pytest tests/sdk/test_real_model.py

It is a base model of 270 million parameters: what is held here is the wire, not the wit.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from livetechno import Chat
from livetechno.composer import NotComposedError, compose
from livetechno.gpt import background
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Done, Parameters, Request, Schema, TextDelta
from livetechno.gpt.errors import ReplyInvalidError
from livetechno.gpt.messages import assistant, system, user
from livetechno.music import wish
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.reduce import reduce
from livetechno.music.values import Project

ADDRESS = os.environ.get("LIVETECHNO_REAL_MODEL", "")
"""Read here: every test starts without the variables of livetechno."""

pytestmark = pytest.mark.skipif(not ADDRESS, reason="LIVETECHNO_REAL_MODEL names no server")

QUESTION = (system("You answer in one sentence."), user("What is a drum machine?"))
SHORT = Parameters(max_tokens=24, temperature=0.0, seed=1)
PATTERN = {
    "type": "object",
    "properties": {
        "name": {"enum": ["acid", "dub", "house"]},
        "bpm": {"type": "integer", "minimum": 60, "maximum": 200},
    },
    "required": ["name", "bpm"],
    "additionalProperties": False,
}


@pytest.fixture
def client() -> Client:
    return Client(base_url=ADDRESS)


def test_a_whole_answer_with_its_usage(client: Client) -> None:
    completion = background.run(client.complete(Request(QUESTION, "real", SHORT)))
    assert completion.text.strip()
    assert completion.finish in ("stop", "length")
    assert completion.usage is not None
    assert completion.usage.input_tokens > 10
    assert 0 < completion.usage.output_tokens <= 24


def test_a_stream_gives_the_same_text_in_pieces_and_its_usage(client: Client) -> None:
    request = Request(QUESTION, "real", SHORT)
    events = list(background.iterate(lambda: client.stream(request)))
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    done = events[-1]
    assert isinstance(done, Done)
    assert len(pieces) > 3
    assert "".join(pieces) == done.completion.text
    assert done.completion.usage is not None
    whole = background.run(client.complete(request))
    assert whole.text == done.completion.text


def test_a_schema_is_followed(client: Client) -> None:
    messages = (
        system("You answer with JSON."),
        user("A pattern"),
        assistant('{"name": "dub", "bpm": 118}'),
        user("Another pattern"),
    )
    request = Request(messages, "real", Parameters(max_tokens=60), schema=Schema("pattern", PATTERN))
    completion = background.run(client.complete(request))
    assert completion.parsed["name"] in ("acid", "dub", "house")
    assert 60 <= completion.parsed["bpm"] <= 200


def test_cancelling_stops_the_model(client: Client) -> None:
    long = Request((user("Count to a thousand: 1 2 3 4 5"),), "real", Parameters(max_tokens=4000))

    async def first_pieces() -> int:
        count = 0
        async with client.stream(long) as events:
            async for _ in events:
                count += 1
                if count == 5:
                    break
        return count

    assert background.run(asyncio.wait_for(first_pieces(), 60)) == 5
    slots = wait_until_idle()
    assert not any(slot["is_processing"] for slot in slots)


def wait_until_idle() -> list[dict[str, bool]]:
    """What the server's slots do, once they do nothing or ten seconds have passed."""
    slots: list[dict[str, bool]] = []
    for _ in range(50):
        with urllib.request.urlopen(ADDRESS.removesuffix("/v1") + "/slots", timeout=10) as answer:
            slots = json.load(answer)
        if not any(slot["is_processing"] for slot in slots):
            break
        time.sleep(0.2)
    return slots


def test_a_conversation_keeps_its_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", ADDRESS)
    chat = Chat("You are brief.", max_tokens=16)
    first = chat.ask("Name a drum machine.")
    second = "".join(chat.stream("Name another one."))
    assert [message.text for message in chat.messages[1:]] == [
        "Name a drum machine.",
        first,
        "Name another one.",
        second,
    ]


def test_code_of_the_older_kind_runs_from_its_file() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "livetechno.gpt.legacy",
            str(Path(__file__).parent / "scripts" / "session.py"),
        ],
        env={
            **os.environ,
            "OPENAI_BASE_URL": ADDRESS,
            "OPENAI_API_KEY": "sk-test-" + "a1b2" * 6,
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Assistant: ") == 2
    assert "Assistant: None" not in done.stdout
    for same in ("streamed the same", "asynchronous the same", "counted"):
        assert f"{same}: True" in done.stdout


MACHINES = {id_: Catalogue()[id_] for id_ in ("behringer.td3",)}


@pytest.mark.parametrize("structured", [True, False], ids=["with a schema", "without"])
@pytest.mark.parametrize("words", ["tempo 99", "acid at 132 bpm on the td-3"])
def test_a_wish_for_music_is_composed_mended_or_refused(client: Client, words: str, structured: bool) -> None:
    """Whatever so small a model says, nothing invalid gets through, and a refusal says why."""
    intent = wish.read(words, {"td3": "behringer.td3"})
    owned = frozenset(MACHINES)
    composing = compose(
        client,
        intent,
        Project(),
        MACHINES,
        inventory=owned,
        model="real",
        most_tokens=300,
        structured=structured,
    )
    proposal, refusal = None, None
    try:
        proposal = background.run(composing)
    except (NotComposedError, ReplyInvalidError) as error:
        refusal = error
    if proposal is None:
        assert str(refusal)
        assert not isinstance(refusal, NotComposedError) or refusal.used.calls == 3
    else:
        assert reduce(Project(), proposal.batch, MACHINES, owned)[0] == proposal.after
