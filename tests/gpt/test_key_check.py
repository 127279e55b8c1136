"""A key is tried before it is kept: refused only by a server that says that it does not know it."""

from __future__ import annotations

import pytest

from livetechno.gpt import key_check, redaction
from livetechno.gpt.secret import Secret
from livetechno.mock import MockServer

KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"


@pytest.mark.parametrize(("fault", "refused"), [("401", True), (None, False), ("403", False), ("500", False)])
async def test_only_a_server_that_does_not_know_the_key_refuses_it(fault: str | None, refused: bool) -> None:
    server = MockServer(script=[fault])
    address = await server.start()
    try:
        assert await key_check.refused(Secret(KEY), address) is refused
    finally:
        await server.stop()
        redaction.uninstall()


async def test_a_server_that_is_not_there_refuses_none() -> None:
    assert not await key_check.refused(Secret(KEY), "http://127.0.0.1:9/v1")
    redaction.uninstall()
