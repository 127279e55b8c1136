from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno import app
from livetechno.gpt import keys, redaction
from tests.server.conftest import page, server

__all__ = ["page", "server"]


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    monkeypatch.setattr(keys, "script_folder", lambda: tmp_path / "script")
    yield
    redaction.uninstall()
