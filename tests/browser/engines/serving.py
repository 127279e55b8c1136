"""livetechno as people start it: processes of their own, on ports that were free."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.browser.engines.driver import ended

KEY = "sk-" + "test-engines0123456789"


@contextmanager
def serving(pace: float | None = None) -> Iterator[str]:
    """The address of a page whose Mock AI answers at once, for a newcomer.

    With a `pace`, seconds between two pieces, the owner has a key and a model that takes its time.
    """
    with ExitStack() as processes:
        variables: dict[str, str] = {}
        if pace is not None:
            base_url = processes.enter_context(_started({}, "mock", "--port", "0", "--pace", str(pace)))
            variables = {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": KEY}
        yield processes.enter_context(_started(variables, "serve", "--port", "0", "--no-open"))


@contextmanager
def _started(variables: dict[str, str], *arguments: str) -> Iterator[str]:
    """The address that a command tells when it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "livetechno", *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process, ended(process):
        assert process.stdout is not None
        ready, _, address = process.stdout.readline().strip().partition(" ")
        assert ready == "READY", f"livetechno {' '.join(arguments)} did not start"
        yield address
