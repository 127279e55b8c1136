"""What this process has open."""

from __future__ import annotations

from pathlib import Path

import pytest

_OPEN = Path("/dev/fd")
told = pytest.mark.skipif(not _OPEN.is_dir(), reason="the system does not tell what is open")


def count() -> int:
    """How many files and sockets this process has open."""
    return len(list(_OPEN.iterdir()))
