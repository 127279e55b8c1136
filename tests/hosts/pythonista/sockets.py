"""What iOS does to the sockets of an app that sleeps (TN2277): defunct, beneath their owners."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_accept, _connect = socket.socket.accept, socket.socket.connect


def accept(listener: socket.socket) -> tuple[socket.socket, Any]:
    """`socket.accept` as iOS has it: ECONNABORTED at a listener that died while the app slept (85038)."""
    try:
        return _accept(listener)
    except OSError as error:
        if error.errno == errno.EINVAL:  # what Linux says of it
            raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED)) from None
        raise


def connect(one: socket.socket, address: Any) -> None:
    """`socket.connect`, which waits for the network: on the main thread the app would stand still (DOC17)."""
    from _app import app

    if one.family != socket.AF_UNIX and app().main.is_here:
        app().violate(f"the network is waited for on the main thread: {address}")
    _connect(one, address)


def kill(which: Callable[[int], bool] = lambda _: True, *, reset: bool = False) -> None:
    """Make the TCP sockets of this process useless whose port at our end is one of `which`.

    Nothing says what reading such a connection gives: an end, or with `reset` an error.
    """
    for number in map(int, os.listdir("/dev/fd")):  # noqa: PTH208 - a Path of each is for nothing
        one = _socket(number)
        if one is None:
            continue
        with one:
            is_tcp = one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM
            if is_tcp and which(one.getsockname()[1]):
                with suppress(OSError):  # it was not connected
                    if reset and _is_connected(one):
                        _reset(one)
                    else:
                        one.shutdown(socket.SHUT_RDWR)


def _is_connected(one: socket.socket) -> bool:
    try:
        one.getpeername()
    except OSError:
        return False
    return True


def _reset(one: socket.socket) -> None:
    """Connect it to no address at all (AF_UNSPEC), which Python has no word for: both ends get ECONNRESET."""
    nowhere = ctypes.create_string_buffer(16)
    ctypes.CDLL(None, use_errno=True).connect(one.fileno(), nowhere, len(nowhere))


def _socket(number: int) -> socket.socket | None:
    """The socket that has this number, under a number of ours; None where none has it, or no more."""
    try:
        copy = os.dup(number)
    except OSError:  # closed since it was listed
        return None
    if stat.S_ISSOCK(os.fstat(copy).st_mode):
        return socket.socket(fileno=copy)
    os.close(copy)
    return None
