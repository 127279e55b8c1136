"""What the surroundings say, and who says it first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno import environment


@pytest.fixture
def on_a_phone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.delenv("LIVETECHNO_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/var/containers/Pythonista3.app/Pythonista3")
    environment._system_home.cache_clear()
    yield
    environment._system_home.cache_clear()


@pytest.mark.skipif(sys.platform == "win32", reason="there the home is not HOME")
def test_on_a_phone_the_home_is_where_apps_keep_what_they_do_not_show(
    on_a_phone: None, tmp_path: Path
) -> None:
    assert environment.home() == tmp_path / "Library" / "Application Support" / "livetechno"
    assert not environment.has_display()


def test_a_host_knows_the_language_better_than_the_system_and_a_variable_better_than_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setattr(environment, "host_language", lambda: "fr")
    assert environment.language() == "en", "as LIVETECHNO_LANG says"
    monkeypatch.delenv("LIVETECHNO_LANG")
    assert environment.language() == "fr"
    monkeypatch.setattr(environment, "host_language", None)
    assert environment.language() == "en"
