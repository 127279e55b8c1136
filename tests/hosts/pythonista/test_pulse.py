"""Something is done on the main thread, no more often than the eye can tell."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest
import ui

from livetechno.hosts.pythonista import pulse
from livetechno.hosts.pythonista.pulse import Pulse
from tests.hosts.pythonista.phone import Phone


def test_many_calls_from_any_thread_become_few_on_the_main_thread(phone: Phone) -> None:
    times: list[float] = []
    threads: set[str] = set()

    def beat() -> None:
        times.append(time.monotonic())
        threads.add(threading.current_thread().name)

    call = Pulse(beat, 0.02)
    begun = time.monotonic()
    while time.monotonic() - begun < 0.1:
        call()
        time.sleep(0.0005)
    last = time.monotonic()
    call()
    phone.app.main.settle(ahead=0.1)

    assert 2 <= len(times) <= 8
    assert all(later - earlier >= 0.018 for earlier, later in pairwise(times))
    assert threads == {phone.app.main.thread.name}
    assert times[-1] >= last


def test_one_that_another_script_has_cancelled_beats_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "LOST", 0.01)
    beats: list[int] = []
    call = Pulse(lambda: beats.append(1), 0.03)
    call()
    phone.settle()
    call()
    ui.cancel_delays()
    time.sleep(0.045)
    assert len(beats) == 1
    call()
    phone.settle()
    assert len(beats) == 2
