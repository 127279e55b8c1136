"""A process that is killed -9 while it writes, and what it had acknowledged."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def killed(program: str, path: Path, *, awaited: str, after: float) -> list[str]:
    """The lines of a program that is killed some seconds after its first line that begins in `awaited`."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        lines: list[str] = []
        for line in writer.stdout:
            lines.append(line)
            if line.startswith(awaited):
                break
        time.sleep(after)
        writer.kill()
        return [*lines, *writer.stdout]
