"""schemathesis drives every route as the API's own description says: no fault of ours, no untrue answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from livetechno.server import openapi
from livetechno.server.application import table
from livetechno.server.runner import Server

schemathesis = pytest.importorskip("schemathesis")

PLAIN = [route for route in table() if route.kind != "stream"]
CASES = 1500
"""For each route, in `make soak`."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on a loop of its own. Mock AI answers, whatever keys and addresses are tried."""
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Server()
    yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(10)  # the pool's among them
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.parametrize("route", PLAIN, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_as_the_description_says(route: Any, address: str, soak: Callable[[int], int]) -> None:
    schema = schemathesis.openapi.from_dict(openapi.document(table()))
    schema.config.base_url = address.rstrip("/")
    operation = schema[route.path][route.method]
    with requests.Session() as session:
        assert session.post(f"{address}api/session", json={}).status_code == 204
        for mode in schemathesis.GenerationMode:
            if mode is schemathesis.GenerationMode.NEGATIVE and not (route.body or route.query):
                continue

            @settings(
                max_examples=soak(CASES),
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def drive(case: Any) -> None:
                response = case.call(session=session)
                assert response.status_code < 500, (response.status_code, response.text)
                case.validate_response(
                    response,
                    checks=[
                        schemathesis.checks.not_a_server_error,
                        schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
                        schemathesis.checks.CHECKS.get_one("content_type_conformance"),
                    ],
                )

            drive()
