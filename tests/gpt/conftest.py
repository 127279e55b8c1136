from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from livetechno.gpt import transport
from tests.gpt.raw_server import Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    await served.start()
    yield served
    await transport.close_pool()
    await served.stop()
