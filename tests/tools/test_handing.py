"""Handing the files to a phone."""

from __future__ import annotations

import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tools.handing import Offer

FILES = {"livetechno.zip": bytes(range(256)) * 400, "livetechno.py": b"print('started')\n"}


def get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        content: bytes = answer.read()
    return content


def as_requests() -> Any:
    """As much of the app's `requests` as the phone uses."""

    def get_it(url: str) -> SimpleNamespace:
        content = get(url)
        text = content.decode(errors="replace")
        return SimpleNamespace(content=content, text=text, raise_for_status=lambda: None)

    module = ModuleType("requests")
    vars(module)["get"] = get_it
    return module


def test_one_line_in_the_phones_console_fetches_both_and_ends_the_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "requests", as_requests())
    (tmp_path / "Documents").mkdir()
    with Offer(FILES, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.until_fetched)
        serving.start()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(server.address + "other")
        assert len(server.line()) < 80
        exec(server.line())
        serving.join(10)
        assert not serving.is_alive()
    assert {path.name: path.read_bytes() for path in (tmp_path / "Documents").iterdir()} == FILES
    assert "run livetechno.py" in capsys.readouterr().out
