"""`livetechno serve` as a process, and what the bare command does."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from livetechno import app, environment
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
        (["--host", "0.0.0.0"], "nobody is named who may ask"),
        (["--host", "::", "--mock"], "livetechno access create"),
        (["--host", "evil.example"], "no address to listen on"),
        (["--allow-origin", "https://my.site/", "--mock"], "an origin is a scheme and a host"),
        (["--allow-origin", "*", "--mock"], "an origin is a scheme and a host"),
        (["--allow-origin", "https://my.site"], "There is no key"),
        (["--allow-origin", "https://my.site", "--host", "0.0.0.0"], "--mock"),
        (["--allow-origin", "https://my.site", "--name", "a/b"], "a name is a host"),
        (["--allow-origin", "https://my.site", "--system-file", "nowhere.txt"], "must be a text file"),
        (["--allow-origin", "https://my.site", "--budget", "1"], "no budget"),
        (["--allow-origin", "https://my.site", "--rpm", "0"], "not between"),
        (["--allow-origin", "https://my.site", "--model", "gpt-9"], "gpt-9"),
        (["--allow-origin", "https://my.site", "--model", "chat,patterns"], "not several"),
        (["--budget", "1/day"], "--allow-origin"),
        (["--trust-proxy"], "--allow-origin"),
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


def ask(address: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of a request."""
    data = None if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{address}{path}", data, named)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)["error"]["code"]


def test_a_site_is_served_on_a_budget_of_its_own_and_the_owner_at_another_port(tmp_path: Path) -> None:
    (tmp_path / "system.txt").write_text("You are a lighthouse.", "utf-8")
    site, log = "https://my.site", tmp_path / "log"
    options = ["--allow-origin", site, "--system-file", str(tmp_path / "system.txt"), "--budget", "2/month"]
    with serving(
        *("--port", "0", "--host", "0.0.0.0", "--mock", "--rpm", "3", "--log", str(log)), *options
    ) as (process, address):
        _, given = ask(address, "api/session", {}, Origin=site)
        asked = {"messages": [{"role": "user", "content": "Hello"}]}
        headers = {"Origin": site, "X_Livetechno_Session": given["token"]}
        status, told = ask(address, "api/chat", asked, **headers)
        assert (status, told["cost"]) == (200, None)
        assert [ask(address, "api/chat", asked, **headers)[0] for _ in range(3)] == [200, 200, 429]
        assert ask(address, "api/settings", **headers) == (403, "origin_refused")
        assert ask(address, "api/settings") == (403, "not_from_here")
        process.terminate()
        said = process.communicate(timeout=8)[1]
    assert f"Pages of {site} may chat at {address}." in said
    found = re.search("Your own page is at (http://127.0.0.1:[0-9]+/)", said)
    assert found
    assert found[1] != address
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {(line["caller"], line["name"]) for line in lines if line["path"] == "/api/chat"} == {
        ("visitor", site)
    }
    assert given["token"] not in log.read_text("utf-8")
    caps = app.store().of(f"site:{site}").budgets.caps()
    assert (caps["day"], caps["month"]) == (None, Decimal(2))
    assert app.store().of(f"site:{site}").ledger.calls()
    app.close_store()


def test_with_an_access_key_other_machines_may_be_let_in_without_a_site() -> None:
    _, secret = app.store().access.create("band")
    with serving("--port", "0", "--host", "0.0.0.0", "--mock") as (process, address):
        assert ask(address, "v1/models", Authorization=f"Bearer {secret}")[0] == 200
        assert ask(address, "v1/models")[0] == 401
        assert ask(address, "api/session", {})[0] == 403
        process.terminate()
        assert f"access key may ask at {address}." in process.communicate(timeout=8)[1]
    app.close_store()


def test_a_model_whose_price_nobody_knows_answers_no_site(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-" + "test-of-nobody-at-all-0000000000")
    monkeypatch.setenv("LIVETECHNO_MODEL", "our-own-model")
    assert main(["serve", "--no-open", "--port", "0", "--allow-origin", "https://my.site"]) == 2
    assert "Nobody here knows what our-own-model costs" in " ".join(capsys.readouterr().err.split())


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
