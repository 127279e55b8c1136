"""Write the hashed locks in requirements/ from pyproject.toml: `make lock`.

Run inside a virtual environment of its own; uv comes from PyPI, or is the program that `$UV` names.
Nothing younger than eight days enters a lock, so that a poisoned release has time to be found out.
"""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
COOLDOWN = datetime.timedelta(days=8)
OLDEST = "3.10"

UNIVERSAL = ["--universal", "--python-version", OLDEST]
"""One lock for Python 3.10 to 3.13 and every system, with markers."""
EXACTLY_OLDEST = ["--python-version", OLDEST, "--python-platform", "linux"]
"""No markers: what Python 3.10 needs. Newer Pythons find a little more than they need."""
LIKE_RUN = ["--constraint", "run.txt"]
"""The same versions that people run."""

RECIPES: dict[str, list[str]] = {
    "run.txt": ["../pyproject.toml", *UNIVERSAL],
    "build.txt": ["--group", "../pyproject.toml:build", "--group", "../pyproject.toml:page", *UNIVERSAL],
    "dev.txt": [
        "../pyproject.toml",
        *("--group", "../pyproject.toml:dev", "--group", "../pyproject.toml:rivals"),
        *("--constraint", "build.txt"),
        *UNIVERSAL,
        *LIKE_RUN,
    ],
    "pure.txt": ["../pyproject.toml", "--group", "../pyproject.toml:pure", *EXACTLY_OLDEST, *LIKE_RUN],
    "phone.txt": ["--group", "../pyproject.toml:phone", *EXACTLY_OLDEST, *LIKE_RUN],
    "legacy-sdk.txt": ["--group", "../pyproject.toml:legacy-sdk", *UNIVERSAL, *LIKE_RUN],
    "window.txt": ["--group", "../pyproject.toml:window", *EXACTLY_OLDEST],
    "litellm.txt": ["--group", "../pyproject.toml:litellm", "--no-deps", *UNIVERSAL],
}

HEADER = """\
# Written by `make lock` from pyproject.toml: the newest releases as of {day}, with their hashes.
"""


def main() -> int:
    """Write every lock anew; the first that cannot be resolved ends the run."""
    uv = find_uv()
    newest = datetime.datetime.now(datetime.timezone.utc).date() - COOLDOWN
    LOCKS.mkdir(exist_ok=True)
    for name, recipe in RECIPES.items():
        print(f"requirements/{name}", flush=True)
        write(uv, name, recipe, newest)
    return 0


def find_uv() -> str:
    """The uv to use: `$UV`, else one that pip installs beside this interpreter."""
    chosen = os.environ.get("UV")
    if chosen:
        return chosen
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
    found = shutil.which("uv", path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit("make lock: pip installed uv, but no program came with it")
    return found


def write(uv: str, name: str, recipe: list[str], newest: datetime.date) -> None:
    """One lock. No address of a registry and no path of this machine gets into it."""
    command = [uv, "pip", "compile", *recipe, "--exclude-newer", newest.isoformat(), "--upgrade"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    resolved = subprocess.run(command, cwd=LOCKS, check=True, stdout=subprocess.PIPE, text=True).stdout
    (LOCKS / name).write_text(HEADER.format(day=newest.isoformat()) + resolved, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
