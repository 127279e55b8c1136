from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from livetechno.cli import main
from livetechno.cli.mock import command, read_rate, read_script
from livetechno.mock.faults import FAULTS

RUN = (
    "import sys\nfrom livetechno.cli.mock import command\n"
    "sys.exit(command.main(sys.argv[1:], 'mock', standalone_mode=False))"
)


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`livetechno mock` as a process, and its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("READY http://127.0.0.1:"), line
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_prints_ready_answers_and_stops_on_a_signal(number: signal.Signals, code: int) -> None:
    with running("--seed", "3") as (process, base_url):
        with urllib.request.urlopen(f"{base_url}/models/gpt-4.1") as answer:
            assert json.load(answer)["id"] == "gpt-4.1"
        process.send_signal(number)
        assert process.wait(5) == code


def ask(base_url: str, said: str, **headers: str) -> bytes:
    body = {"model": "gpt-4.1", "stream": True, "messages": [{"role": "user", "content": said}]}
    head = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{base_url}/chat/completions", json.dumps(body).encode(), head)
    with urllib.request.urlopen(request) as answer:
        told: bytes = answer.read()
    return told


@pytest.mark.parametrize(
    ("language", "recording", "recorded", "replaying"),
    [
        ("en", "is recording: requests go to", "Recorded in {}: 1.", "is replaying the recordings in {} (1)"),
        (
            "fr",
            "enregistre : les requêtes vont à",
            "Enregistrements faits dans {} : 1.",
            "rejoue les enregistrements de {} (1)",
        ),
    ],
)
def test_it_records_another_server_and_replays_without_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    recording: str,
    recorded: str,
    replaying: str,
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", language)
    tape = tmp_path / "tape"
    with running() as (_, upstream):
        with running("--record", str(tape), "--upstream", upstream) as (process, base_url):
            told = ask(base_url, "Hello", Authorization="Bearer sk-test-" + "a1b2" * 6)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=5)
        assert process.returncode == 130
        assert f"{recording} {upstream}" in said
        assert said.count(upstream) == 2  # a key that is missing is told
        assert recorded.format(tape) in said
    with running("--replay", str(tape), "--pace", "0.0001") as (process, base_url):
        assert ask(base_url, "Hello") == told
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(base_url, "Goodbye")
        process.terminate()
        assert replaying.format(tape) in process.communicate(timeout=5)[1]


def test_what_does_not_go_together_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape, url = str(tmp_path / "tape"), "http://127.0.0.1:9/v1"
    for options, reason in (
        (["--record", tape, "--upstream", url, "--replay", tape], "exclude each other"),
        (["--record", tape], "go together"),
        (["--replay", tape, "--upstream", url], "go together"),
        (["--record", tape, "--upstream", url, "--fault", "500=1"], "belong to a replay"),
        (["--record", tape, "--upstream", "http://example.com/v1"], "may not be used"),
        (["--replay", tape], "holds no recordings"),
    ):
        assert main(["mock", "--port", "0", *options]) == 2, options
        assert reason in " ".join(capsys.readouterr().err.split()), options
    assert not (tmp_path / "tape").exists()


def test_openai_is_not_recorded_without_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "tape"
    options = ["--record", str(tape), "--upstream", "https://api.openai.com/v1"]
    assert main(["mock", "--port", "0", *options]) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert "livetechno key set" in said
    assert "Recorded" not in said
    assert not tape.exists()


def test_a_taken_port_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    with running() as (_, base_url):
        port = base_url.split(":")[2].split("/")[0]
        result = CliRunner().invoke(command, ["--port", port])
    assert result.exit_code == 2
    assert f"Port {port} cannot be used" in result.output


def test_the_faults_are_listed_with_what_they_do() -> None:
    result = CliRunner().invoke(command, ["--faults"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    assert all(len(line.split()) > 2 for line in lines)


@pytest.mark.parametrize("text", ["500=2", "500=x", "500", "=1", "nothing=0.5", "500=nan", "cut;after=z=0.5"])
def test_a_bad_rate_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.BadParameter):
        read_rate(text)
    assert CliRunner().invoke(command, ["--fault", text]).exit_code == 2


def test_a_rate_may_belong_to_a_fault_with_options() -> None:
    assert read_rate("cut;after=3=0.25") == ("cut;after=3", 0.25)


def test_a_script_is_a_json_list_or_lines(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text('["500", null, "cut;after=2"]', "utf-8")
    assert read_script(script) == ["500", None, "cut;after=2"]
    script.write_text("# first\n500\n\n-\nok  # nothing\ncut;after=2\n", "utf-8")
    assert read_script(script) == ["500", None, None, "cut;after=2"]
    script.write_bytes(b"")
    assert read_script(script) == []


@pytest.mark.parametrize(
    "raw", [b"[", b'{"a": 1}', b"[1]", b"\xff\xfe\x00", b"unheard_of\n", b"[" * 100_000, b"#" * 1_100_000]
)
def test_a_broken_script_is_a_usage_error(tmp_path: Path, raw: bytes) -> None:
    script = tmp_path / "script"
    script.write_bytes(raw)
    result = CliRunner().invoke(command, ["--script", str(script)])
    assert result.exit_code == 2
    assert "--script" in result.output
    assert CliRunner().invoke(command, ["--script", str(tmp_path / "none")]).exit_code == 2
    assert CliRunner().invoke(command, ["--script", str(tmp_path)]).exit_code == 2
