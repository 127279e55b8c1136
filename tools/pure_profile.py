"""The pure profile: the core's tests with pure-Python packages only, as in Pythonista.

    python tools/pure_profile.py [3.10] [3.13] [-- pytest's options]

The packages in build/pure come from requirements/pure.txt, resolved for Python 3.10 (`make setup`).
A Python counts as found only when it runs: `$PYTHON310`, `python3.10`, then pyenv's. Where one is missing
the interpreter at hand takes its place, and the output says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "build" / "pure" / "packages"
VERSIONS = ("3.10", "3.13")
NEEDS_COMPILED = ("tests/browser", "tests/sdk", "tests/tls")
"""Tests that drive us with browsers or compiled third-party packages."""


def main(arguments: list[str]) -> int:
    """Run the tests on each version asked for (default: all); the first failure's code is ours."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    versions, options = arguments[:split] or [*VERSIONS], arguments[split + 1 :]
    if not PACKAGES.is_dir():
        print("pure profile: build/pure is missing; run `make setup`", file=sys.stderr)
        return 2
    compiled = [
        str(path) for path in PACKAGES.rglob("*") if path.name.endswith((".pyd", *EXTENSION_SUFFIXES))
    ]
    if compiled:
        print("pure profile: compiled files in build/pure:", *compiled, sep="\n  ", file=sys.stderr)
        return 1
    codes = [run_tests(version, options) for version in versions]
    return next((code for code in codes if code), 0)


def run_tests(version: str, options: list[str]) -> int:
    """The exit code of pytest on this version of Python, or on the one at hand."""
    python = find_python(version)
    if python is None:
        python = getattr(sys, "_base_executable", sys.executable)
        print(f"pure profile: no Python {version} runs here, so its place is taken by", end=" ")
    else:
        print("pure profile:", end=" ")
    print(describe(python), flush=True)
    command = [python, "-m", "pytest", "-o", f"cache_dir={ROOT / 'build' / 'pure' / 'pytest_cache'}"]
    command += [f"--ignore={folder}" for folder in NEEDS_COMPILED] + options
    return subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL).returncode


def environment() -> dict[str, str]:
    """Variables under which Python, and every Python it starts, sees our sources and pure packages only."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    paths = [ROOT / "tools" / "pure", ROOT / "src", PACKAGES]
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONNOUSERSITE": "1"}


def find_python(version: str) -> str | None:
    """A Python of this version that runs, or None."""
    candidates = [
        os.environ.get(f"PYTHON{version.replace('.', '')}"),
        shutil.which(f"python{version}"),
        *map(str, sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python"))),
    ]
    return next(
        (python for python in candidates if python and describe(python).startswith(f"Python {version}.")),
        None,
    )


def describe(python: str) -> str:
    """`Python 3.10.13 (path)`; empty when it does not run."""
    code = "import platform, sys; print('Python', platform.python_version(), f'({sys.executable})')"
    try:
        answer = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
