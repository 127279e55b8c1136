"""What both READMEs tell people to type, typed."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.fr.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (name, body)
        for name in READMES
        for kind, body in BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
        if kind == language
    ]


def steps(body: str) -> list[tuple[str, str]]:
    """Commands of a transcript, each with what it prints."""
    found: list[tuple[str, str]] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        else:
            command, printed = found[-1]
            found[-1] = (command, printed + line)
    return found


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `livetechno` and `python` are the ones under test."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, arguments in (("python", ""), ("livetechno", "-m livetechno ")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        program.chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(("readme", "transcript"), blocks("console"))
def test_a_transcript_is_what_really_happens(
    readme: str, transcript: str, shell: dict[str, str], tmp_path: Path
) -> None:
    for command, printed in steps(transcript):
        ran = subprocess.run(
            ["sh", "-c", command],
            env=shell,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, (readme, command, ran.stderr)
        assert ran.stdout == printed, (readme, command)
        if made := re.search(r"> (\S+)$", command):
            assert (tmp_path / made[1]).read_text(encoding="utf-8").strip(), (readme, command)


@pytest.mark.parametrize(("readme", "commands"), blocks("sh"))
def test_a_command_that_is_named_alone_does_what_is_said_of_it(
    readme: str, commands: str, shell: dict[str, str], tmp_path: Path
) -> None:
    for line in commands.splitlines():
        command, _, said = line.partition("#")
        if command.startswith("make "):
            continue  # held by the test below: it would run this one
        if command.startswith("livetechno serve "):
            file = re.search(r"--system-file (\S+)", command)
            assert file
            (tmp_path / file[1]).write_text("You are a lighthouse.", encoding="utf-8")
            command, path = f"{command} --port 0 --no-open --mock", "healthz"
        else:
            assert command.split()[:3] == ["livetechno", "mock", "--port"], (readme, command)
            assert "READY http://127.0.0.1:8788/v1" in said
            command, path = command.replace("8788", "0"), "/models"
        server = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            env=shell,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with server:
            try:
                assert server.stdout is not None
                ready = re.fullmatch(r"READY (http://127\.0\.0\.1:\d+/(v1)?)\n", server.stdout.readline())
                assert ready, (readme, command)
                with urllib.request.urlopen(f"{ready[1]}{path}", timeout=20) as answer:
                    assert json.load(answer)
                server.terminate()
                assert server.wait(20) == 0
            finally:
                server.kill()


@pytest.mark.parametrize(("readme", "content"), blocks("json"))
def test_a_file_of_settings_is_taken_as_it_stands(readme: str, content: str) -> None:
    from livetechno import environment, settings
    from livetechno.gpt.catalogue import load_catalogue

    environment.home().mkdir(parents=True)
    plain = json.loads(content)
    if "models" in plain:
        (environment.home() / "models.json").write_text(content, encoding="utf-8")
        catalogue, today = load_catalogue(), environment.today()
        assert all(catalogue.find(name) for name in plain["models"])
        assert all(catalogue.resolve(use, today).name == name for use, name in plain["aliases"].items())
    else:
        settings.path().write_text(content, encoding="utf-8")
        assert {name: getattr(settings.load(), name) for name in plain} == plain
        assert set(plain) == {field.name for field in dataclasses.fields(settings.Settings)}


@pytest.mark.parametrize(("readme", "script"), blocks("python"))
def test_an_example_runs_as_it_stands(readme: str, script: str, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(script, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, file], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, (readme, ran.stderr)
    assert ran.stdout.strip()


@pytest.mark.parametrize(("readme", "script"), blocks("py"))
def test_an_example_of_an_sdk_runs_with_an_access_key(
    readme: str, script: str, shell: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("openai", minversion="3.0")
    key = subprocess.run(
        ["sh", "-c", "livetechno access create band"], env=shell, capture_output=True, text=True, check=True
    ).stdout.strip()
    server = subprocess.Popen(
        ["sh", "-c", "exec livetechno serve --port 0 --no-open"], env=shell, stdout=subprocess.PIPE, text=True
    )
    with server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().removeprefix("READY ").strip()
            file = tmp_path / "example.py"
            file.write_text(script.replace("http://127.0.0.1:8787/", address).replace("lt-...", key), "utf-8")
            ran = subprocess.run(
                [sys.executable, file], capture_output=True, text=True, timeout=60, check=False
            )
        finally:
            server.terminate()
    assert ran.returncode == 0, (readme, ran.stderr)
    assert ran.stdout.strip()


def test_both_readmes_have_the_same_commands_and_examples() -> None:
    for kind in ("sh", "console", "python", "py", "json"):
        counts = {name: sum(1 for readme, _ in blocks(kind) if readme == name) for name in READMES}
        assert len(set(counts.values())) == 1, (kind, counts)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")
def test_the_make_targets_that_are_named_exist() -> None:
    named = {
        line.split()[1] for _, body in blocks("sh") for line in body.splitlines() if line.startswith("make ")
    }
    assert named == {"run", "test"}
    for target in sorted(named):
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)


def test_the_exit_codes_told_are_the_exit_codes_used() -> None:
    from livetechno.gpt import errors

    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GPTError)
    }
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        (line,) = [line for line in text.splitlines() if line.startswith(("Exit codes", "Codes de sortie"))]
        assert codes <= {int(number) for number in re.findall(r"\d+", line)}
