"""What `make test` does where there is no browser, and how one comes there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import check

ROOT = Path(__file__).resolve().parents[1]


def program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def test_a_step_whose_programs_are_not_here_is_absent_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    step = check.Step("in browsers", ["-c", "raise SystemExit('it ran')"], needs=("no-such-browser",))
    assert check.run(step, None).outcome == "absent"
    assert "`make browsers` says how to get one" in capsys.readouterr().out


def test_a_step_runs_with_any_of_its_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "a-browser", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    step = check.Step("in browsers", ["-c", ""], needs=("no-such-browser", "a-browser"))
    assert check.run(step, None).outcome == "ok"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The programs of a Debian whose apt works, and nothing else."""
    program(tmp_path / "id", "echo 0")
    program(tmp_path / "env", 'shift; exec "$@"')
    program(tmp_path / "apt-get", 'echo "apt-get $*"')
    program(tmp_path / "apt-cache", "")
    return tmp_path


def browsers(machine: Path, *names: str) -> str:
    """What tools/browsers.sh says; nothing that is missing may end in an error."""
    ran = subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "browsers.sh"), *names],
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return ran.stdout


pytestmark = pytest.mark.skipif(os.name == "nt", reason="make's shell")


def test_root_gets_the_browsers_that_are_missing(machine: Path) -> None:
    program(machine / "Xvfb", "")
    said = browsers(machine, "firefox", "webkitgtk")
    assert "apt-get install -y -q --no-install-recommends firefox-esr webkit2gtk-driver\n" in said


def test_chromium_comes_without_a_window(machine: Path) -> None:
    assert " chromium-headless-shell" in browsers(machine, "chromium")


def test_where_there_is_no_chromium_without_a_window_the_whole_one_comes(machine: Path) -> None:
    program(machine / "apt-cache", "exit 100")
    said = browsers(machine, "chromium", "firefox")
    assert "headless" not in said
    assert " chromium " in said
    assert said.endswith(" firefox-esr\n")


def test_a_chromium_that_is_here_will_do_where_none_comes_without_a_window(machine: Path) -> None:
    program(machine / "apt-cache", "exit 100")
    program(machine / "google-chrome", "")
    assert "chromium" not in browsers(machine, "chromium", "firefox")


def test_nothing_is_installed_twice(machine: Path) -> None:
    for name in ("firefox", "WebKitWebDriver", "Xvfb"):
        program(machine / name, "")
    assert browsers(machine, "firefox", "webkitgtk") == ""


@pytest.mark.parametrize("trouble", ["not root", "no apt", "apt fails"])
def test_who_cannot_install_is_told_the_line_to_type(machine: Path, trouble: str) -> None:
    match trouble:
        case "not root":
            program(machine / "id", "echo 1000")
        case "no apt":
            (machine / "apt-get").unlink()
        case "apt fails":
            program(machine / "apt-get", "exit 100")
    said = browsers(machine, "firefox")
    assert said.endswith("    sudo apt-get install --no-install-recommends firefox-esr\n")
