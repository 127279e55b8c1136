"""Every test starts in a world of its own: an empty home, no key, English, a fixed day."""

from __future__ import annotations

import math
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from livetechno import app, environment
from livetechno.gpt import keys

SMALL_SHARE = 0.02
"""What `make test` runs of the counts that `make soak` runs whole."""
SOAK = os.environ.get("LIVETECHNO_SOAK") == "1"
SEED = int(os.environ.get("LIVETECHNO_SEED", "20261123"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that runs us in the background ignores Ctrl-C for all that we start, and tests send it
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "small", max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "soak", max_examples=2500, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("soak" if SOAK else "small")


def pytest_report_header() -> str:
    return f"livetechno: seed {SEED}, {'full counts' if SOAK else 'small counts'}, date {_date()}"


def _date() -> str:
    return os.environ.get("LIVETECHNO_DATE") or "2026-11-23"


@pytest.fixture(autouse=True)
def _own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    date = _date()
    for name in list(os.environ):
        if name.startswith(("LIVETECHNO_", "OPENAI_")) and name not in ("LIVETECHNO_SOAK", "LIVETECHNO_SEED"):
            monkeypatch.delenv(name)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIVETECHNO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LIVETECHNO_LANG", "en")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("LIVETECHNO_DATE", date)
    monkeypatch.setattr(environment, "host_language", None)
    monkeypatch.setattr(keys, "_of_host", None)
    monkeypatch.setattr(app, "_told_of_budget", True)  # a warning, once per process, fails a test at random
    yield
    app.close_store()


@pytest.fixture
def soak() -> Callable[[int], int]:
    """The count to run: all of it under `make soak`, about 2 % of it under `make test`."""
    return lambda full: full if SOAK else max(1, math.ceil(full * SMALL_SHARE))


@pytest.fixture
def rng() -> random.Random:
    """Dice with the run's seed."""
    return random.Random(SEED)
