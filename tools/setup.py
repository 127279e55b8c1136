"""Make the virtual environment and fill it from the hashed locks; a moment when nothing changed.

    python tools/setup.py run     what people run
    python tools/setup.py dev     also the tools, the rivals, the pure profile

`$VENV` names the folder (default `.venv`). Needs only the standard library.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
VENV = ROOT / os.environ.get("VENV", ".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LEGACY_SDK = ROOT / "build" / "legacy-sdk"
LITELLM = ROOT / "build" / "litellm"
WINDOW = ROOT / "build" / "window"
PURE = ROOT / "build" / "pure" / "packages"

PROFILES = {"run": ["run.txt", "build.txt"], "dev": ["dev.txt"]}
ONLY_PURE = ["--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.10"]
"""Wheels marked py3-none-any, for the oldest Python."""

UNBUILT = ["--no-binary=proxy-tools", "--no-build-isolation"]
"""One of pywebview's packages has no wheel; the environment's own setuptools builds it."""


class SetupError(Exception):
    """Something that the person has to mend; the text says what to do."""


def main(arguments: list[str]) -> int:
    """Set up the profile that the one argument names."""
    if len(arguments) != 1 or arguments[0] not in PROFILES:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        set_up(arguments[0])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def set_up(profile: str) -> None:
    """Bring the environment to what the locks say, doing only what is missing."""
    make_venv()
    fill_venv(profile)
    build_page()
    if profile == "dev":
        fill_folder(LEGACY_SDK, "legacy-sdk.txt", [], note=version_with_pip(PYTHON))
        fill_folder(LITELLM, "litellm.txt", [])
        fill_folder(PURE, "pure.txt", ONLY_PURE)
        fill_folder(WINDOW, "window.txt", UNBUILT)


def make_venv() -> None:
    """Create the virtual environment unless there is one that works, of the Python asked for."""
    version = version_with_pip(PYTHON)
    if version and (version == sys.version or not os.environ.get("PYTHON")):
        return
    say(f"Making {VENV.name} with Python {sys.version.split()[0]}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(venv_advice(made.stdout + made.stderr))


def venv_advice(said: str) -> str:
    """What to do when `python -m venv` failed, with the name of Debian's package where that is it."""
    version = "{}.{}".format(*sys.version_info)
    if "ensurepip" in said or "No module named venv" in said:
        return (
            f"{sys.executable} cannot make virtual environments. On Debian and Ubuntu this is a package:\n"
            f"    apt install python3-venv        (or python{version}-venv)\n"
            "Then run make again."
        )
    return f"{sys.executable} could not make {VENV}:\n{said.strip()}"


def fill_venv(profile: str) -> None:
    """Install a profile's locks with their hashes, then livetechno itself in place."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = {name: fingerprint(locks, str(ROOT), project) for name, locks in PROFILES.items()}
    stamp = VENV / f".livetechno-{profile}"
    if read(stamp) == wanted[profile]:
        return
    say(f"Installing {' and '.join(PROFILES[profile])}")
    pip("--require-hashes", "--only-binary=:all:", *requirements(PROFILES[profile]))
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(wanted[profile], encoding="utf-8")
    if profile == "dev":  # its lock holds all that people run
        (VENV / ".livetechno-run").write_text(wanted["run"], encoding="utf-8")


def build_page() -> None:
    """The page that the server shows, unless it is built as the sources have it."""
    if subprocess.run([PYTHON, ROOT / "tools" / "page.py", "build"], stdin=subprocess.DEVNULL).returncode:
        raise SetupError("The page could not be built (see above). Is the network there?")


def fill_folder(folder: Path, lock: str, options: list[str], note: str = "") -> None:
    """Install a lock into a folder of its own, anew, whenever the lock or `note` changed."""
    stamp = folder / ".livetechno"
    wanted = fingerprint([lock], note)
    if read(stamp) == wanted:
        return
    say(f"Installing {lock} into {folder.relative_to(ROOT).as_posix()}")
    shutil.rmtree(folder, ignore_errors=True)
    # The lock lists every package; looking at their needs, pip would judge what .venv holds.
    options = ["--require-hashes", "--only-binary=:all:", "--no-deps", "--target", str(folder), *options]
    pip(*options, *requirements([lock]))
    stamp.write_text(wanted, encoding="utf-8")


def requirements(locks: list[str]) -> list[str]:
    """The options with which pip reads these locks."""
    return [word for lock in locks for word in ("--requirement", str(LOCKS / lock))]


def pip(*arguments: str) -> None:
    """Run `pip install` of the environment, quietly; raises SetupError when it fails."""
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        raise SetupError(
            f"pip failed (its words are above). Is the network there? To see more:\n  {' '.join(command)}"
        )


def fingerprint(locks: list[str], *more: str) -> str:
    """What an installation depends on, as one hash: its locks, and `more`."""
    digest = hashlib.sha256()
    for lock in locks:
        digest.update((LOCKS / lock).read_bytes())
    digest.update("\n".join(more).encode())
    return digest.hexdigest()


def read(stamp: Path) -> str:
    """A stamp's text; empty when there is none."""
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


def version_with_pip(python: Path) -> str:
    """The `sys.version` of a Python that starts and has pip; empty for any other."""
    if not python.exists():
        return ""
    code = "import pip, sys; print(sys.version, end='')"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout


def say(text: str) -> None:
    """A line of progress, at once."""
    print(f"setup: {text} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
