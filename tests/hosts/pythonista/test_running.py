"""What runs is ended by name, by a later run or by an update, whoever started it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import running


@pytest.fixture(autouse=True)
def _nothing_runs() -> Iterator[None]:
    sys.modules.pop("_livetechno_running", None)
    yield
    sys.modules.pop("_livetechno_running", None)


def test_what_ran_under_a_name_is_ended_before_the_next_is_noted() -> None:
    ended: list[str] = []
    running.replace("server", lambda: ended.append("first"))
    running.replace("other", lambda: ended.append("other"))
    running.replace("server", lambda: ended.append("second"))
    assert ended == ["first"]
    running.stop("server")
    running.stop("server")
    assert ended == ["first", "second"]


def test_all_is_ended_the_newest_first_even_where_one_fails() -> None:
    ended: list[str] = []

    def fail() -> None:
        ended.append("fails")
        raise OSError("no")

    running.replace("one", lambda: ended.append("one"))
    running.replace("two", fail)
    running.replace("three", lambda: ended.append("three"))
    with pytest.raises(OSError, match="no"):
        running.stop_all()
    running.stop_all()
    assert ended == ["three", "fails", "one"]


def test_modules_that_are_loaded_anew_end_what_the_old_ones_started(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    running.replace("server", lambda: ended.append("old"))
    monkeypatch.setattr(pythonista, "running", running)  # and back
    monkeypatch.delitem(sys.modules, running.__name__)
    new = importlib.import_module(running.__name__)
    assert new is not running
    new.replace("server", lambda: ended.append("new"))
    assert ended == ["old"]
    new.stop_all()
    assert ended == ["old", "new"]


def test_a_closer_may_end_others() -> None:
    ended: list[str] = []

    def end_both() -> None:
        running.stop("inner")
        ended.append("outer")

    running.replace("inner", lambda: ended.append("inner"))
    running.replace("outer", end_both)
    running.stop_all()
    assert ended == ["inner", "outer"]
