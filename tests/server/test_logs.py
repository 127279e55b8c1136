"""The log in a file: lines of JSON, requests a few at a time, warnings at once, never a key."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from livetechno.server import logs

KEY = "sk-" + "test-0123456789abcdef"
LOGGER = logging.getLogger(logs.LOGGER)
ASKED = logs.Asked("POST", "/v1/models", "nobody", "")


@pytest.fixture(autouse=True)
def nothing_waits() -> None:
    logs.write_down()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


async def test_requests_are_in_the_file_in_their_order_at_the_end_at_the_latest(tmp_path: Path) -> None:
    with logs.kept_in(tmp_path / "log"):
        for number in range(logs.MOST_WAITING + 1):
            logs.tell(f"{number}", 200, 0.0123, ASKED)
    told = lines(tmp_path / "log")
    assert [line.pop("request") for line in told] == [f"{number}" for number in range(logs.MOST_WAITING + 1)]
    times = [line.pop("at") for line in told]
    assert times == sorted(times)
    fields = {"level": "info", "status": 200, "ms": 12.3, "method": "POST", "path": "/v1/models"}
    assert told == [fields | {"caller": "nobody"}] * len(told)


async def test_a_single_request_does_not_wait_for_others(tmp_path: Path) -> None:
    with logs.kept_in(tmp_path / "log"):
        logs.tell("1", 200, 0.0, ASKED)
        for _ in range(100):
            if lines(tmp_path / "log"):
                break
            await asyncio.sleep(0.02)
        assert [line["request"] for line in lines(tmp_path / "log")] == ["1"]


def test_a_warning_is_in_the_file_at_once_with_its_traceback(tmp_path: Path) -> None:
    with logs.kept_in(tmp_path / "log"):
        try:
            raise ValueError("odd")
        except ValueError:
            LOGGER.exception("it %s", "failed")
        (line,) = lines(tmp_path / "log")
    assert (line["level"], line["message"]) == ("error", "it failed")
    assert line["traceback"].endswith("ValueError: odd")


async def test_what_requests_hold_of_a_key_is_not_in_the_file(tmp_path: Path) -> None:
    with logs.kept_in(tmp_path / "log"):
        for name in (KEY, "band"):
            logs.tell("1", 404, 0.0, logs.Asked("GET", f'/{KEY}"}}\n', "access", name))
    assert KEY[3:] not in (tmp_path / "log").read_text()
    told = lines(tmp_path / "log")
    assert [line["name"][:3] for line in told] == ["sk-", "ban"]
    assert all(line["path"].startswith("/sk-") for line in told)


def test_a_message_that_looks_like_json_is_a_message(tmp_path: Path) -> None:
    with logs.kept_in(tmp_path / "log"):
        LOGGER.warning('{"level": "info"}')
    assert lines(tmp_path / "log")[0]["message"] == '{"level": "info"}'
