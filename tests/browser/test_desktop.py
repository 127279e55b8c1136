"""`livetechno desktop` for real: pywebview on GTK, a display that nobody sees, Debian's own Python."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from livetechno import environment
from livetechno.hosts import instance
from tests.browser.engine import ROOT
from tests.browser.engines.webkitgtk import display
from tests.browser.model import Answer, Model

PYTHON = Path("/usr/bin/python3")
PACKAGES = [ROOT / "src", ROOT / "build" / "window", ROOT / "build" / "pure" / "packages"]
GTK = """
import sys, gi
gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
sys.exit(sys.version_info < (3, 10))
"""
LIMIT = 30
"""Seconds for anything, on a machine that is busy."""
PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Mon chat</title></head>
<body><script src="app.js"></script></body></html>
"""
SCRIPT = """
const early = typeof window.pywebview.api.callGPT;
let told = 0;

async function callGPT(messages) {
  return await window.pywebview.api.callGPT(messages);
}

window.addEventListener("pywebviewready", async () => {
  told += 1;
  const answer = await callGPT([{ role: "user", content: "Bonjour" }]);
  // until pywebview's own object is there
  while (!window.pywebview.token) await new Promise((next) => setTimeout(next, 20));
  const pieces = [];
  const whole = await window.pywebview.api.streamGPT("Par morceaux", (text) => pieces.push(text));
  const refused = await window.livetechno.callGPT(42).catch((error) => error.code);
  const plain = await fetch("app.js");
  localStorage.visits = Number(localStorage.visits ?? 0) + 1;
  const { visits } = localStorage;
  const { platform } = window.pywebview;
  const report = { early, told, answer, pieces, whole, refused, plain: plain.status, visits, platform };
  await fetch("/api/answers", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text: JSON.stringify(report) }),
  });
});
"""


def missing() -> str | None:
    """What a window needs and is not here."""
    if shutil.which("Xvfb") is None or not PYTHON.exists():
        return "no Xvfb with Debian's Python here: `make browsers` says how to get it"
    if subprocess.run([PYTHON, "-c", GTK], capture_output=True, check=False).returncode:
        return "no GTK for Debian's Python here: `make browsers` says how to get it"
    if not all(folder.is_dir() for folder in PACKAGES):
        return "pywebview is not in build/window: `make setup` puts it there"
    return None


MISSING = missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of a program with a window on a display of its own."""
    homes = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(tmp_path))
    here = {"GDK_BACKEND": "x11", "GTK_A11Y": "none", "NO_AT_BRIDGE": "1"}
    packages = os.pathsep.join(map(str, PACKAGES))
    with display() as screen:
        yield {**os.environ, **homes, **here, "DISPLAY": screen, "PYTHONPATH": packages}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page as a maker has it for pywebview: it loads nothing of ours."""
    folder = tmp_path / "projet"
    folder.mkdir()
    (folder / "app.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    return folder / "index.html"


@asynccontextmanager
async def started(world: dict[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`livetechno` with these arguments; it is ended if the test did not."""
    process = await asyncio.create_subprocess_exec(
        PYTHON,
        *("-m", "livetechno", *arguments),
        env={**world, **{name: value for name, value in os.environ.items() if name.startswith("OPENAI_")}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        for said in await process.communicate():
            print(said.decode())


async def answered(model: Model, *pieces: str) -> Answer:
    """The next question's answer, given in these pieces. A window takes its time to open."""
    answer = await model.asked(LIMIT)
    await answer.say(*pieces)
    await answer.end()
    return answer


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


async def test_a_page_for_pywebview_runs_in_a_window_with_all_that_it_was_promised(
    world: dict[str, str], page: Path, model: Model
) -> None:
    command = ("desktop", "--port", free_port(), str(page))
    for visit in ("1", "2"):
        async with started(world, *command) as window:
            greeted = await answered(model, "Sa", "lut")
            assert greeted.asked["messages"] == [{"role": "user", "content": "Bonjour"}]
            await answered(model, "un ", "deux")
            last = await model.asked(LIMIT)
            report = json.loads(last.asked["messages"][-1]["content"])
            assert "".join(report.pop("pieces")) == "un deux"
            assert report == {
                "early": "function",
                "told": 1,
                "answer": "Salut",
                "whole": "un deux",
                "refused": "body_refused",
                "plain": 200,
                "visits": visit,
                "platform": "gtkwebkit2",
            }

            async with started(world, "desktop") as second:
                said = (await asyncio.wait_for(second.communicate(), LIMIT))[1].decode()
                assert (second.returncode, "it is in front now" in said) == (0, True)

            await last.say("kept although the window closes")
            await asyncio.sleep(0.05)
            window.terminate()
            assert await asyncio.wait_for(window.wait(), LIMIT) == 0

        async with started(world, "conversations", "show") as showing:
            shown = (await asyncio.wait_for(showing.communicate(), LIMIT))[0].decode()
            assert "kept although the window closes" in shown


async def test_a_window_that_was_killed_is_not_in_the_way(
    world: dict[str, str], model: Model, page: Path
) -> None:
    for _ in range(2):
        async with started(world, "desktop", "--port", "0", str(page)) as window:
            await answered(model, "Salut")
            window.kill()
    assert (environment.home() / instance.FILE).exists()
