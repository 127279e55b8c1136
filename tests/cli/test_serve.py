"""`livetechno serve` as a process, and what the bare command does."""

from __future__ import annotations

import contextlib
import http.server
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno import environment
from livetechno.cli import chat, main, serve, terminal


@contextlib.contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`livetechno serve` as a process, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "livetechno", "serve", "--no-open", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("READY http://127.0.0.1:"), line
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


def port_of(address: str) -> int:
    return int(address.rstrip("/").rpartition(":")[2])


@contextlib.contextmanager
def another_program(port: int = 0) -> Iterator[int]:
    """A web server that is none of ours."""
    server = http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_prints_ready_serves_and_stops_on_a_signal(number: signal.Signals, code: int) -> None:
    with serving("--port", "0") as (process, address):
        with urllib.request.urlopen(f"{address}healthz") as answer:
            assert json.load(answer)["app"] == "livetechno"
        process.send_signal(number)
        out, said = process.communicate(timeout=8)
        assert (process.returncode, out) == (code, "")
        assert said.strip() == f"The page is at {address}. Ctrl-C stops the server."


def test_a_server_of_ours_is_used_again() -> None:
    with serving("--port", "0") as (_, address):
        again = subprocess.run(
            [sys.executable, "-m", "livetechno", "serve", "--no-open", "--port", str(port_of(address))],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert (again.returncode, again.stdout) == (0, f"READY {address}\n")
        assert f"livetechno serves {address} already" in again.stderr


def test_another_programs_port_is_stepped_over_and_said() -> None:
    with another_program() as port, serving("--port", str(port)) as (process, address):
        assert port_of(address) > port
        process.terminate()
        assert f"Port {port} is taken by another program" in process.communicate(timeout=8)[1]


def test_a_folder_is_served_by_a_server_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>mine</title>", encoding="utf-8")
    with (
        serving("--port", "0") as (_, first),
        serving("--port", str(port_of(first)), "--folder", str(tmp_path)) as (_, second),
    ):
        assert second != first
        with urllib.request.urlopen(second) as answer:
            assert b"mine" in answer.read()


def test_the_log_has_a_line_of_json_for_each_request(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    with serving("--port", "0", "--log", str(log)) as (process, address):
        urllib.request.urlopen(f"{address}healthz").close()
        process.terminate()
        process.communicate(timeout=8)
    (line,) = log.read_text("utf-8").splitlines()
    told = json.loads(line)
    assert (told["path"], told["status"], told["level"]) == ("/healthz", 200, "info")
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--host", "0.0.0.0"], "this version serves its own machine only"),
        (["--host", "evil.example"], "this version serves its own machine only"),
        (["--port", "65536"], "not between"),
        (["--port", "x"], "whole number"),
        (["--folder", "nowhere"], "no folder"),
    ],
)
def test_what_cannot_be_served_is_a_usage_error(
    options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--no-open", *options]) == 2
    shown = capsys.readouterr()
    assert reason in " ".join(shown.err.split())
    assert shown.out == ""


def test_the_page_is_opened_where_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def opens(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", opens)
    monkeypatch.setattr(environment, "has_display", lambda: True)
    with serving("--port", "0") as (_, address):
        assert main(["serve", "--open", "--port", str(port_of(address))]) == 0
        until = time.monotonic() + 5
        while not opened and time.monotonic() < until:
            time.sleep(0.01)
        assert opened == [address]
        monkeypatch.setattr(environment, "has_display", lambda: False)
        capsys.readouterr()
        assert main(["serve", "--open", "--port", str(port_of(address))]) == 0
    assert f"Open {address} in a browser." in capsys.readouterr().err
    assert opened == [address]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, False),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="what Linux says of its displays")
def test_a_display_is_told_by_the_surroundings(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment.has_display() is expected


@pytest.mark.parametrize("display", [True, False])
def test_the_bare_command_opens_the_page_or_a_conversation(
    display: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[object] = []
    monkeypatch.setattr(terminal, "is_terminal", lambda _: True)
    monkeypatch.setattr(environment, "has_display", lambda: display)

    def served(**options: object) -> int:
        called.append(("serve", options["opening"], options["port"]))
        return 130

    monkeypatch.setattr(serve.command, "callback", served)
    monkeypatch.setattr(chat.command, "callback", lambda **_: called.append("chat"))
    assert main([]) == (130 if display else 0)
    assert called == ([("serve", True, serve.DEFAULT_PORT)] if display else ["chat"])
