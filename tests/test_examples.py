"""Every example runs as a person runs it: a file, no key, Mock AI."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
MOST_LINES = 60
ELSEWHERE = {"requests_only.py"}
"""Needs a package that we do not: tests/sdk runs it."""
EXPECTED = {
    "two_lines.py": ["A TB-303 squelches"],
    "streaming.py": ["Swing delays", "tokens in, "],
    "tools.py": ["step_seconds", "1.7143"],
    "structured.py": [" bpm\n", "x"],
    "background.py": ["Answer: ", "Swing delays"],
    "legacy_script.py": ["from livetechno import", "You are welcome"],
    "conversation.py": ["You: Assistant: "],
    "ai_composer.py": ["Mock AI", " BD x... x... x... x...", " patterns, ", "loop.mid"],
}


def run(name: str, said: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


def test_every_example_is_run_somewhere_and_short() -> None:
    found = {path.name for path in EXAMPLES.glob("*.py")}
    assert found == EXPECTED.keys() | ELSEWHERE
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_example_says_what_it_should_and_that_mock_ai_answers(name: str) -> None:
    done = run(name, "Hello\nbye\n")
    assert done.returncode == 0, done.stderr
    for words in EXPECTED[name]:
        assert words in done.stdout
    assert done.stderr.count("MockAIWarning") == 1
    assert "Traceback" not in done.stderr


def test_the_conversation_remembers_and_ends_at_a_word_or_at_the_end_of_input() -> None:
    for last in ("quit\n", "EXIT\n", "bye\n", ""):
        done = run("conversation.py", "Hello\n\nWhat did I say?\n" + last)
        assert done.returncode == 0, done.stderr
        assert "“Hello”" in done.stdout
        assert done.stdout.count("Assistant: ") == 2


def test_an_error_is_said_and_the_conversation_goes_on() -> None:
    done = run("conversation.py", "Hello\nHello\nbye\n", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert done.returncode == 0
    assert done.stdout.count("No connection to 127.0.0.1") == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_the_background_example_quietly() -> None:
    server = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
    server += "print(s.getsockname()[1], flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", server], stdout=subprocess.PIPE, text=True) as silent:
        assert silent.stdout is not None
        port = silent.stdout.readline().strip()
        with subprocess.Popen(
            [sys.executable, str(EXAMPLES / "background.py")],
            env={**os.environ, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as example:
            assert example.stdout is not None
            assert example.stdout.read(1) == "."
            time.sleep(0.05)
            example.send_signal(signal.SIGINT)
            said, complaints = example.communicate(timeout=30)
        silent.kill()
    assert example.returncode == 0, complaints
    assert said.endswith("Stopped.\n")
    assert "Answer" not in said


def test_plain_http_without_requests_says_what_is_missing() -> None:
    code = (
        "import runpy, sys; sys.modules['requests'] = None;"
        f"runpy.run_path({str(EXAMPLES / 'requests_only.py')!r}, run_name='__main__')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "pip install requests" in ran.stderr
    assert ran.stderr.count("\n") == 1
