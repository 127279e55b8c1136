"""Scripts for openai 0.27 print the same through the real 0.27.2 and through ours, from the same file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from livetechno.gpt import background
from livetechno.mock import MockServer

SCRIPTS = Path(__file__).parent / "scripts"
REAL = Path(__file__).parents[2] / "build" / "legacy-sdk"
"""`make setup` installs openai 0.27.2 there."""
OURS = ["-m", "livetechno.gpt.legacy"]
KEY = "sk-test-" + "a1b2" * 6
FAULTS = (
    "429_rate",
    "429_credit",
    "400",
    "400_context",
    "404_retired",
    "401",
    "403",
    "500",
    "502",
    "503_overloaded",
    "408",
    "413",
    "malformed_json",
    "409",
)


def run(
    script: str,
    program: Sequence[str] = (),
    *,
    faults: Sequence[str | None] = (),
    said: str = "",
    **variables: str,
) -> tuple[str, MockServer]:
    """What the script printed, with the real 0.27.2 unless a `program` runs it; and the server it asked."""
    server = MockServer(seed=7, script=faults)
    base_url = background.run(server.start())
    address = {"OPENAI_BASE_URL": base_url} if program else {"OPENAI_API_BASE": base_url}
    try:
        done = subprocess.run(
            [sys.executable, *program, str(SCRIPTS / script)],
            env={
                **os.environ,
                **address,
                "OPENAI_API_KEY": KEY,
                "PYTHONPATH": os.pathsep.join(sys.path) if program else str(REAL),
                "PYTHONIOENCODING": "utf-8",
                **variables,
            },
            input=said,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
    finally:
        background.run(server.stop())
    assert done.returncode == 0, done.stderr
    assert KEY[8:] not in done.stdout + done.stderr
    return done.stdout, server


@pytest.mark.parametrize(
    "script",
    ["question.py", "stream.py", "asynchronous.py", "threads.py", "models.py", "session.py"],
    ids=lambda name: name,
)
def test_a_script_prints_the_same_through_ours_as_through_the_real_one(script: str) -> None:
    expected, _ = run(script)
    assert len(expected) > 50
    assert run(script, OURS)[0] == expected


def test_a_conversation_on_the_console_is_the_same() -> None:
    said = "Hello\nWhat did I say before?\nquit\n"
    expected, _ = run("conversation.py", said=said)
    assert "“Hello”" in expected
    printed, server = run("conversation.py", OURS, said=said)
    assert printed == expected
    assert [len(request.body["messages"]) for request in server.requests] == [2, 4]


def test_errors_have_the_same_types_status_and_words() -> None:
    expected, _ = run("errors.py", faults=FAULTS, FAULTS=str(len(FAULTS)))
    printed, server = run("errors.py", OURS, faults=FAULTS, FAULTS=str(len(FAULTS)))
    assert printed == expected
    assert len(server.requests) == len(FAULTS) + 2, "only a 409 is tried again, as 0.27 did"


def test_a_script_that_tries_again_itself_sees_each_failure_once() -> None:
    faults = ["429_rate", None, "500", "429_rate", "429_rate", "429_rate"]
    expected, _ = run("retry.py", faults=faults)
    assert expected.count("waiting") == 3
    assert run("retry.py", OURS, faults=faults)[0] == expected


@pytest.mark.parametrize("fault", ["slow_first_byte;seconds=30"])
def test_request_timeout_ends_a_slow_call_in_the_same_way(fault: str) -> None:
    expected, _ = run("slow.py", faults=[fault])
    assert run("slow.py", OURS, faults=[fault])[0] == expected


def test_without_a_key_or_an_address_a_script_talks_to_mock_ai_and_is_told_so() -> None:
    done = subprocess.run(
        [sys.executable, *OURS, str(SCRIPTS / "stream.py")],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "'stop' chat.completion.chunk" in done.stdout.replace("] stop", "] 'stop'")
    assert done.stderr.count("MockAIWarning") == 1
