"""Which port is served, and that stopping stops."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import sys

import aiohttp
import pytest

from livetechno.server import runner
from livetechno.server.runner import Server
from livetechno.server.visitors import Site
from tests import descriptors


def port_of(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])


async def test_a_free_port_is_taken_and_ours_is_found_again() -> None:
    assert await runner.find_port("127.0.0.1", 0) == runner.Found(0)
    server = Server()
    port = port_of(await server.start())
    assert await runner.find_port("127.0.0.1", port) == runner.Found(port, ours=True)
    found = await runner.find_port("127.0.0.1", port, reuse=False)
    assert (found.ours, found.passed[0]) == (False, port)
    await server.stop()
    assert await runner.find_port("127.0.0.1", port) == runner.Found(port)


async def test_a_silent_program_is_stepped_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(runner, "_SECONDS", 0.05)
        found = await runner.find_port("127.0.0.1", port)
        assert (found.ours, found.passed[0]) == (False, port)
        monkeypatch.setattr(runner, "STEPS", 1)
        with pytest.raises(runner.NoPortError):
            await runner.find_port("127.0.0.1", port)


async def test_a_stopped_server_answers_no_more() -> None:
    server = Server()
    url = await server.start()
    await server.stop()
    await server.stop()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url)


@descriptors.told
@pytest.mark.parametrize("steps", range(12))
async def test_a_start_that_is_cancelled_at_any_step_leaves_no_socket_open(steps: int) -> None:
    assert await descriptors.left_open(Server(), steps) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's address")
async def test_a_deployed_server_answers_to_the_address_that_it_listens_on() -> None:
    server = Server("127.0.0.2", site=Site(frozenset({"https://my.site"})))
    url = await server.start()
    assert url.startswith("http://127.0.0.2:")
    assert server.own_url.startswith("http://127.0.0.1:")
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{url}healthz")).status == 200
        assert (await session.get(f"{server.own_url}api/settings")).status == 401
        assert (await session.get(f"{url}api/settings")).status == 403
    await server.stop()
    await server.stop()


async def test_a_deployed_server_listens_nowhere_where_one_of_its_ports_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = Server(site=Site(), own_port=other.getsockname()[1])
        with pytest.raises(OSError, match="address already in use"):
            await server.start()
    await server.stop()


def test_an_address_of_ipv6_is_in_brackets() -> None:
    assert runner.url("::1", 8787) == "http://[::1]:8787/"


def test_a_server_runs_on_uvloop_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def loop() -> str:
        return type(asyncio.get_running_loop()).__module__.split(".")[0]

    pytest.importorskip("uvloop")
    assert runner.run(loop()) == "uvloop"
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert runner.run(loop()) == "asyncio"


async def test_bytes_that_are_no_request_leave_a_line_in_the_log_and_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    port = port_of(await server.start())
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"400"
        writer.close()
    finally:
        await server.stop()
    (record,) = (one for one in caplog.records if one.levelno >= logging.WARNING)
    assert record.exc_info is None
    # aiohttp's two parsers name it otherwise
    assert re.search(r"from 127.0.0.1 \((InvalidHeader|BadHttpMessage)\)$", record.getMessage())
