"""Run the project's checks one after the other and say at the end how each went.

    python tools/check.py lint     ruff, mypy, import-linter
    python tools/check.py test     the same, the page, the tests: today, with pure packages on the oldest
                                   Python and, in 90 days, on the newest, and of the page in browsers
    python tools/check.py browsers the page's core journeys in Firefox and WebKitGTK
    python tools/check.py soak     the tests with their full counts; `$LIVETECHNO_SEED` repeats a run

A failure does not stop the rest. Exit code 0 when all went well, else 1.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

ROOT = Path(__file__).resolve().parent.parent
SOAK_LOG = ROOT / "build" / "soak.log"
TODAY = "2026-11-23"
IN_90_DAYS = "2027-02-21"
SOAK_SECONDS = 60 * 60
IN_BROWSERS = "tests/browser"
READMES = "--ignore=tests/test_readmes.py"
"""They hold on the oldest Python as the examples do; two runs of them are enough."""
SUITE = ["-m", "pytest", f"--ignore={IN_BROWSERS}"]
PURE = ["--ignore=tests/music", "--ignore=tests/hosts/pythonista"]
"""No compiled package changes what they say: the pure profile runs them, on both of its Pythons."""
WORKERS = max(3, os.cpu_count() or 1)
"""On two cores three: there is always one test that waits."""
PARALLEL = ["-rs", "-n", str(WORKERS), "--dist", "worksteal", "-o", "faulthandler_timeout=120"]


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its name, its command (after `python`), its variables, its limit in seconds.

    Without any of the programs in `needs` it is absent.
    """

    name: str
    arguments: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    limit: float = 300
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How a step went: `ok`, `FAILED`, or `absent` when what it runs on is not here."""

    name: str
    outcome: Literal["ok", "FAILED", "absent"]
    seconds: float


LINT = [
    Step("ruff", ["-m", "ruff", "check", "--quiet"]),
    Step("ruff format", ["-m", "ruff", "format", "--check", "--quiet"]),
    Step("mypy", ["-m", "mypy"]),
    Step(
        "import-linter",
        ["-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo"],
    ),
]


def tests(name: str, date: str, program: list[str]) -> Step:
    """The suite on a given day."""
    return Step(name, [*program, *PARALLEL], {"LIVETECHNO_DATE": date})


TEST = [
    *LINT,
    Step("page", ["tools/page.py", "check"]),
    tests(f"tests on {TODAY}", TODAY, [*SUITE, *PURE]),
    tests(f"pure profile, 3.10, on {TODAY}", TODAY, ["tools/pure_profile.py", "3.10", "--", READMES]),
    tests(f"pure profile, 3.13, on {IN_90_DAYS}", IN_90_DAYS, ["tools/pure_profile.py", "3.13", "--"]),
    tests(f"SDKs on {IN_90_DAYS}", IN_90_DAYS, ["-m", "pytest", "tests/sdk"]),
    Step(
        "page in browsers",
        ["-m", "pytest", IN_BROWSERS, *PARALLEL],
        {"LIVETECHNO_DATE": TODAY},
        needs=("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "WebKitWebDriver"),
    ),
]

BROWSERS = [
    Step(
        "journeys",
        ["-m", "pytest", f"{IN_BROWSERS}/engines/journeys.py", "-rs"],
        {"LIVETECHNO_DATE": TODAY},
        limit=600,
        needs=("firefox-esr", "firefox", "WebKitWebDriver"),
    ),
]


def soak(seed: str) -> list[Step]:
    """The suite with the counts that the issues name."""
    options = ["-m", "pytest", f"--hypothesis-seed={seed}", *PARALLEL]
    variables = {"LIVETECHNO_SOAK": "1", "LIVETECHNO_SEED": seed, "LIVETECHNO_DATE": TODAY}
    return [Step(f"tests, full counts, seed {seed}", options, variables, limit=SOAK_SECONDS)]


def main(arguments: list[str]) -> int:
    """Run the list of checks that the one argument names."""
    match arguments:
        case ["lint"]:
            return run_all(LINT)
        case ["test"]:
            return run_all(TEST)
        case ["browsers"]:
            return run_all(BROWSERS)
        case ["soak"]:
            seed = os.environ.get("LIVETECHNO_SEED") or str(random.SystemRandom().randrange(10**9))
            SOAK_LOG.parent.mkdir(exist_ok=True)
            with SOAK_LOG.open("w", encoding="utf-8") as log:
                return run_all(soak(seed), log)
    print(__doc__, file=sys.stderr)
    return 2


def run_all(steps: list[Step], log: TextIO | None = None) -> int:
    """Run every step, then print the summary; what is printed also goes to `log`."""
    results = [run(step, log) for step in steps]
    say("\nSummary", log)
    for result in results:
        say(f"  {result.outcome:6} {result.seconds:6.1f} s  {result.name}", log)
    total = sum(result.seconds for result in results)
    failed = [result.name for result in results if result.outcome == "FAILED"]
    say(f"  {'FAILED: ' + ', '.join(failed) if failed else 'All is well'} ({total:.0f} s)", log)
    return 1 if failed else 0


def run(step: Step, log: TextIO | None) -> Result:
    """Run one step to its end or its limit, showing its output as it comes."""
    say(f"\n== {step.name}", log)
    if step.needs and not any(map(shutil.which, step.needs)):
        say("no browser for it is here: `make browsers` says how to get one", log)
        return Result(step.name, "absent", 0)
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *step.arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **step.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that a step's own children end with it
    )
    alarm = threading.Timer(step.limit, stop, [process])
    alarm.start()
    with process:
        try:
            for line in process.stdout or ():
                say(line.rstrip("\n"), log)
            code = process.wait()
        except KeyboardInterrupt:
            stop(process)
            raise
        finally:
            alarm.cancel()
    seconds = time.monotonic() - start
    if seconds >= step.limit:
        say(f"stopped: over its limit of {step.limit:.0f} s", log)
    return Result(step.name, "FAILED" if code else "ok", seconds)


def stop(process: subprocess.Popen[str]) -> None:
    """End a step and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)


def say(line: str, log: TextIO | None) -> None:
    """Print a line, also to the log."""
    print(line, flush=True)
    if log:
        print(line, file=log, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
