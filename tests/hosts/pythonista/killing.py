"""A program for test_starter: end what the starter does before each of its steps on the disk, and look.

    python killing.py <home> <before> <role>...

`before` is a copy of the home folder. Prints one line of JSON for each step: the version that a
script can import after the end, then the one that it can import after the next whole run.
"""

from __future__ import annotations

import base64  # noqa: F401 - what the starter imports is loaded once, for all children
import hashlib  # noqa: F401
import importlib
import io
import json
import locale  # noqa: F401
import os
import shutil
import sys
import tempfile  # noqa: F401
import zipfile  # noqa: F401
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import Any


def main(home: str, before: str, *arguments: str) -> None:
    """Go through the steps until there is one more than the starter makes."""
    step, ended = 0, True
    while ended:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(before, home)
        code(str(Path(home) / "Documents" / "livetechno.py"))
        ended = in_child(partial(run, home, arguments, step)) == "killed"
        found = in_child(partial(imported, home))
        in_child(partial(run, home, arguments))
        print(json.dumps([found, in_child(partial(imported, home))]))
        step += 1


def in_child(work: Callable[[], str]) -> str:
    """What `work` returns, in a process of its own; `killed` when it was."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        sys.stdout = sys.stderr = io.StringIO()
        try:
            os.write(writing, work().encode())
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, 100)
    os.close(reading)
    return "killed" if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) else said.decode()


def run(home: str, arguments: Sequence[str], step: int | None = None) -> str:
    """Run the starter, to its end or as far as the step."""
    left = step

    def watch(event: str, details: tuple[Any, ...]) -> None:
        nonlocal left
        if left is None or not changes_the_disk(event, details):
            return
        if left == 0:
            os._exit(137)
        left -= 1

    sys.addaudithook(watch)
    starter = str(Path(home) / "Documents" / "livetechno.py")
    sys.argv = [starter, *arguments]
    sys.stdin = io.StringIO()
    exec(code(starter), {"__name__": "__main__", "__file__": starter})
    return "done"


@cache
def code(starter: str) -> CodeType:
    """The starter, compiled once for all children."""
    return compile(Path(starter).read_text("utf-8"), starter, "exec")


def changes_the_disk(event: str, details: tuple[Any, ...]) -> bool:
    """Whether this event of Python's is about something that stays."""
    if event == "open":
        return bool(details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")


def imported(home: str) -> str:
    """The version that a script in another folder gets, or that there is none."""
    documents = Path(home) / "Documents"
    sys.path[:0] = [str(documents), str(documents / "site-packages")]
    try:
        version: str = importlib.import_module("livetechno").__version__
    except ImportError:
        return "none"
    return version


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(*sys.argv[1:])
