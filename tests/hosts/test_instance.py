"""One window for each home: a second call brings it to the front, a killed one is in nobody's way."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno.gpt import background
from livetechno.hosts import instance

HOLDING = """
import sys, time
from pathlib import Path
from livetechno.hosts import instance

place = instance.take(Path(sys.argv[1]))
with instance.listening(place, lambda: print("to front", flush=True)):
    print("here", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def loop_ended() -> Iterator[None]:
    yield
    background.stop()


def test_a_second_call_brings_the_first_window_to_the_front(tmp_path: Path) -> None:
    called = threading.Event()
    place = instance.take(tmp_path / "home")
    assert place is not None
    with place, instance.listening(place, called.set):
        assert instance.take(tmp_path / "home") is None
        assert called.is_set()
    again = instance.take(tmp_path / "home")
    assert again is not None
    again.close()


def test_a_call_waits_for_a_window_that_is_just_starting(tmp_path: Path) -> None:
    answers: list[object] = []
    place = instance.take(tmp_path)
    assert place is not None
    second = threading.Thread(target=lambda: answers.append(instance.take(tmp_path)))
    second.start()
    with place, instance.listening(place, lambda: None):
        second.join()
    assert answers == [None]


def test_a_window_of_another_process_is_found_and_one_that_was_killed_is_not_in_the_way(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "here\n"
            assert instance.take(tmp_path) is None
            assert process.stdout.readline() == "to front\n"
        finally:
            process.kill()
    assert json.loads((tmp_path / instance.FILE).read_bytes())["process"] == process.pid
    place = instance.take(tmp_path)
    assert place is not None
    assert (tmp_path / instance.FILE).read_bytes() == b""
    place.close()


def test_a_window_that_does_not_answer_is_named_by_its_process(tmp_path: Path) -> None:
    place = instance.take(tmp_path)
    assert place is not None
    with place, socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
        closed.close()
        place.write(json.dumps({"port": port, "key": "x", "process": os.getpid()}).encode())
        with pytest.raises(instance.NotAnsweringError) as raised:
            instance.take(tmp_path, patience=0)
    assert raised.value.process == os.getpid()


@pytest.mark.parametrize("said", [b"\n", b"guess\n", b"x" * 1000 + b"\n", b"\xff\xfe\n", b"no end"])
def test_who_does_not_know_the_key_moves_no_window(tmp_path: Path, said: bytes) -> None:
    moved = threading.Event()
    place = instance.take(tmp_path)
    assert place is not None
    with place, instance.listening(place, moved.set):
        told = json.loads((tmp_path / instance.FILE).read_bytes())
        with socket.create_connection(("127.0.0.1", told["port"]), 5) as connection:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(100) == b""
    assert not moved.is_set()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_key_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    place = instance.take(tmp_path / "home")
    assert place is not None
    with place:
        assert (tmp_path / "home" / instance.FILE).stat().st_mode & 0o077 == 0
        assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_two_homes_have_a_window_each(tmp_path: Path) -> None:
    first, second = instance.take(tmp_path / "a"), instance.take(tmp_path / "b")
    assert first is not None
    assert second is not None
    first.close()
    second.close()
