"""Who is told that the app was away, and when."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from livetechno.hosts.pythonista import running, waking
from tests.hosts.pythonista.phone import Phone


@pytest.fixture(autouse=True)
def _quick(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(waking, "TICK", 0.002)
    yield
    running.stop_all()


def looks(count: int = 4) -> None:
    """Wait until the thread has looked so often."""
    seen = threading.Semaphore(0)
    end = waking.now_and_then(seen.release)
    for _ in range(count):
        assert seen.acquire(timeout=5)
    end()


def test_a_return_is_told_once_to_each(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "NOW_AND_THEN", 1)
    told: list[str] = []
    waking.on_leaving(lambda: told.append("left"))
    waking.on_return(lambda: told.append("one"))
    end = waking.on_return(lambda: told.append("two"))
    looks()
    assert told == []
    phone.leave()
    phone.until(lambda: "left" in told)
    phone.come_back(120)
    phone.until(lambda: "two" in told)
    looks()
    assert told == ["left", "one", "two"]
    end()
    phone.suspend(60)
    phone.until(lambda: told.count("one") == 2)
    looks()
    assert told.count("two") == 1


def test_a_sleep_that_nobody_saw_is_known_by_the_clock(phone: Phone) -> None:
    told = threading.Event()
    waking.on_return(told.set)
    phone.suspend(600)  # it is back before anybody has looked
    assert told.wait(5)


def test_a_sleep_that_goes_on_in_the_background_is_a_return_only_in_front(phone: Phone) -> None:
    told = threading.Event()
    waking.on_return(told.set)
    phone.leave()
    phone._clock += 60  # woken for a moment, and still behind another app
    assert not told.wait(0.03)
    phone.come_back(5)
    assert told.wait(5)


def test_one_who_fails_keeps_the_others_from_nothing(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError("no port")

    told = threading.Event()
    waking.on_return(fail)
    waking.on_return(told.set)
    phone.suspend()
    assert told.wait(5)
    assert "no port" in caplog.text


def test_the_thread_ends_with_all_that_runs_and_begins_anew(phone: Phone) -> None:
    def threads() -> int:
        return sum(one.name == "livetechno-waking" for one in threading.enumerate())

    told: list[str] = []
    waking.on_return(lambda: told.append("old"))
    waking.on_return(lambda: told.append("old"))
    assert threads() == 1
    running.stop_all()
    assert threads() == 0
    new = threading.Event()
    waking.on_return(new.set)
    assert threads() == 1
    phone.suspend()
    assert new.wait(5)
    assert told == []


def test_a_last_call_comes_once_and_only_while_there_is_time(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "LAST_CALL", 0.01)
    told: list[str] = []
    waking.before_sleep(lambda: told.append("sleep"))
    waking.on_return(lambda: told.append("back"))
    phone.leave()
    phone.until(lambda: bool(told))
    phone.come_back(1)
    phone.until(lambda: "back" in told)
    assert told == ["sleep", "back"]
    monkeypatch.setattr(waking, "LAST_CALL", 30.0)
    phone.suspend(3600)  # most of that was slept
    phone.until(lambda: told.count("back") == 2)
    assert told.count("sleep") == 1
