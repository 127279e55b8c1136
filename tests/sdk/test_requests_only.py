"""The example without livetechno: plain HTTP through `requests`, as on a phone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno.gpt import background
from livetechno.mock import MockServer
from livetechno.mock.faults import parse_fault

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "build" / "legacy-sdk"
"""`make setup` installs requests there, with openai 0.27.2."""
KEY = "sk-test-" + "a1b2" * 6


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    server = MockServer(seed=5)
    monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
    yield server
    background.run(server.stop())


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The example in a folder of its own, where a key may lie beside it."""
    return Path(shutil.copy(ROOT / "examples" / "requests_only.py", tmp_path))


def run(script: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGES), "PYTHONIOENCODING": "utf-8", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


def test_it_answers_the_words_it_is_given(script: Path, mock: MockServer) -> None:
    done = run(script, "Comment", "ranger", "ma", "clé", "?", OPENAI_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "livetechno key set" in done.stdout
    assert mock.requests[-1].body["messages"] == [{"role": "user", "content": "Comment ranger ma clé ?"}]
    assert mock.requests[-1].headers["Authorization"].endswith(KEY[-4:])


def test_a_key_beside_it_goes_to_its_own_address_only(script: Path, mock: MockServer) -> None:
    file = script.with_name("user_openai_key.json")
    file.write_text(json.dumps({"api_key": KEY}))
    assert run(script).returncode == 0
    assert "Authorization" not in mock.requests[-1].headers
    file.write_text(json.dumps({"api_key": KEY, "base_url": os.environ["OPENAI_BASE_URL"] + "/"}))
    assert run(script).returncode == 0
    assert mock.requests[-1].headers["Authorization"].endswith(KEY[-4:])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("401", "HTTP 401: Incorrect API key provided."),
        ("429_credit", "HTTP 429: You exceeded"),
        ("html_502", "HTTP 502: this is no answer"),
        ("empty_body", "HTTP 200: this is no answer"),
        ("connection_reset", "No answer: "),
    ],
)
def test_what_goes_wrong_is_said_in_one_line_without_the_key(
    script: Path, mock: MockServer, fault: str, said: str
) -> None:
    mock._faults._script.append(parse_fault(fault))
    done = run(script, OPENAI_API_KEY=KEY)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert KEY[8:16] not in done.stderr


def test_no_key_stands_in_the_code() -> None:
    text = (ROOT / "examples" / "requests_only.py").read_text(encoding="utf-8")
    assert "sk-" not in text
