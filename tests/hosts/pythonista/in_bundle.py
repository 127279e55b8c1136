"""A program for test_bundle: the unpacked bundle in an interpreter like the app's, then a piece of code.

    python -I -S in_bundle.py <folder of the bundle> <code>

The standard library, the bundle and the stand-in of the app's modules are all there is. Compiled modules and
other processes are refused. The app's old packages are loaded already, and whoever touches them is told.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve()
APP = HERE.parent / "app"
PURE = HERE.parents[3] / "tools" / "pure" / "sitecustomize.py"
EXECUTABLE = "/app/Pythonista3.app/Pythonista3"
PROCESSES = (
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
)
OLD = {"aiohttp": "3.6.2", "requests": "2.9.1", "openai": "0.27.2", "certifi": "2017.4.17", "attr": "16.3.0"}
OLD |= dict.fromkeys(("multidict", "yarl", "idna", "async_timeout", "aiosignal", "frozenlist"), "0.1")
USED: set[str] = set()
"""What was taken from the app's old packages."""


class Old(ModuleType):
    """A package of the app's, too old to be of use."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__version__ = OLD[name]
        self.__file__ = f"/app/{name}/__init__.py"

    def __getattr__(self, name: str) -> object:
        if not name.startswith("__"):
            USED.add(f"{self.__name__}.{name}")
        raise AttributeError(name)


def refuse(event: str, _: object) -> None:
    """Other processes do not exist on a phone."""
    if event in PROCESSES:
        raise OSError(f"{event}: not on a phone")


def main(folder: str, code: str) -> None:
    """Make the interpreter like the app's and run the code."""
    sys.addaudithook(refuse)
    sys.executable = EXECUTABLE
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, str(APP)])
    sys.path[:0] = [folder, str(APP)]
    runpy.run_path(str(PURE))
    for name in OLD:
        sys.modules[name] = Old(name)
    exec(compile(code, "<script>", "exec"), {"__name__": "__main__", "OLD": OLD, "USED": USED})


if __name__ == "__main__":
    main(*sys.argv[1:])
