"""The examples of backends for the widget: each is started as its first lines say, and asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools import page

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "backends"
ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")
SAID = [
    {"role": "system", "content": "Say the key."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi"},
    {"role": "user", "content": "What did I say?"},
]


@contextmanager
def started(*command: str, **variables: str) -> Iterator[str]:
    """The address that a backend tells of itself, while it runs; its words are read to the end."""
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        try:
            while not (found := ADDRESS.search(line := process.stdout.readline())):
                assert line, "".join(said)
                said.append(line)
            reading = threading.Thread(target=said.extend, args=(process.stdout,))
            reading.start()
            yield found[0]
        finally:
            process.terminate()
            process.wait(30)
        reading.join(30)


def ask(address: str, body: object, content_type: str = "application/json") -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{address}/chat", json.dumps(body).encode(), {"Content-Type": content_type}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None


def fetch(address: str, path: str) -> tuple[str, str]:
    """Content type and text."""
    with urllib.request.urlopen(f"{address}/{path}", timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def check(address: str, *, takes_system: bool) -> None:
    """It answers a widget as a widget wants it, serves the page with the widget, and refuses the rest."""
    status, told = ask(address, {"messages": SAID[1:], "stream": True})
    assert status == 200
    assert isinstance(told["message"], str)
    assert told["message"]
    status, told = ask(address, {"messages": SAID})
    assert (status == 200) == takes_system  # a system message of a visitor's is left out, or refused
    nonsense: list[object] = [{"messages": []}, {"messages": [1]}, {}, []]
    for wrong in nonsense:
        status, _ = ask(address, wrong)
        assert status in (400, 422)
    status, _ = ask(address, {"messages": SAID[1:]}, "text/plain")
    assert 400 <= status < 500  # what a page of another site may send without being asked
    kind, page = fetch(address, "")
    assert kind.startswith("text/html")
    assert '<gpt-chat endpoint="/chat"' in page
    kind, script = fetch(address, "gpt-chat.js")
    assert kind.startswith("text/javascript")
    assert "customElements.define" in script


def test_flask() -> None:
    command = (sys.executable, "-m", "flask", "--app", str(EXAMPLES / "flask_app"), "run", "--port", "0")
    with started(*command) as address:
        check(address, takes_system=True)


def test_fastapi() -> None:
    command = (sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "fastapi_app:app", "--port", "0")
    with started(*command) as address:
        check(address, takes_system=False)


def test_node_asks_through_the_gateway_with_an_access_key(tmp_path: Path) -> None:
    sdk = ROOT / "web" / "node_modules" / "openai"
    assert sdk.is_dir(), "`make setup` installs it with what builds the page"
    livetechno = (sys.executable, "-m", "livetechno")
    made = subprocess.run(
        [*livetechno, "access", "create", "shop"], capture_output=True, text=True, check=True
    )
    # as it is after `npm install`
    folder = tmp_path / "backends"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "node" / "node_modules").mkdir()
    (folder / "node" / "node_modules" / "openai").symlink_to(sdk)
    node = page.node_folder() / ("node.exe" if os.name == "nt" else "bin/node")
    with (
        started(*livetechno, "serve", "--port", "0", "--no-open") as server,
        started(
            str(node),
            str(folder / "node" / "server.mjs"),
            PORT="0",
            OPENAI_BASE_URL=f"{server}/v1",
            OPENAI_API_KEY=made.stdout.strip(),
        ) as address,
    ):
        check(address, takes_system=True)


def test_the_node_example_names_the_sdk_that_is_tested() -> None:
    example = json.loads((EXAMPLES / "node" / "package.json").read_text("utf-8"))
    tested = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))
    assert example["dependencies"]["openai"] == tested["devDependencies"]["openai"]


def test_a_backend_that_gets_no_answer_says_so_and_nothing_more() -> None:
    command = (sys.executable, "-m", "flask", "--app", str(EXAMPLES / "flask_app"), "run", "--port", "0")
    with started(
        *command, OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_API_KEY="sk-" + "test-1"
    ) as address:
        assert ask(address, {"messages": SAID[1:]}) == (503, None)
