from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

import livetechno
from livetechno import environment
from livetechno.cli.models import command
from livetechno.gpt import background
from livetechno.gpt.errors import ConnectionFailedError, GPTError, MissingKeyError
from livetechno.gpt.rate_limits import RateLimits

FAKE_KEY = "sk-test-" + "a1b2" * 4
LIMITS = RateLimits(500, 499, 12.0, 1000, 900, None)

Connect = Callable[..., None]


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-11-23")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Puts in place what the application would reach: a key's names and limits, or a problem."""

    def connect(
        *names: str,
        key: str | None = FAKE_KEY,
        mock: bool = False,
        url: str = "https://api.openai.com/v1",
        problem: GPTError | None = None,
        limits: RateLimits | None = None,
    ) -> None:
        async def list_models() -> tuple[str, ...]:
            if problem is not None:
                raise problem
            return names

        app: Any = types.ModuleType("livetechno.app")
        app.endpoint = lambda: types.SimpleNamespace(key=key, mock=mock, base_url=url)
        app.client = lambda: types.SimpleNamespace(list_models=list_models, rate_limits=limits)
        monkeypatch.setitem(sys.modules, "livetechno.app", app)
        monkeypatch.setattr(livetechno, "app", app, raising=False)

    connect(mock=True)
    return connect


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words), catch_exceptions=False)


@pytest.fixture(autouse=True)
def _no_loop_left() -> Any:
    yield
    background.stop()


def test_the_aliases_come_first_with_what_they_mean_today(connect: Connect) -> None:
    lines = run().stdout.splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["chat", "gpt-6-luna"],
        ["patterns", "gpt-6.1-terra"],
        ["reasoning", "gpt-6.2-astra"],
        ["code", "gpt-6.2-sol"],
    ]


def test_a_row_shows_use_context_prices_end_and_successor(connect: Connect) -> None:
    rows = [line.split() for line in run().stdout.splitlines()]
    assert ["gpt-6-luna", "chat", "1", "050", "000", "0.1", "0.5"] in rows
    assert ["gpt-5", "400", "000", "1.25", "10", "2026-12-11", "gpt-6.1-sol"] in rows


def test_the_columns_line_up_and_the_date_of_the_data_is_told(connect: Connect) -> None:
    lines = run().stdout.splitlines()
    head = lines[5]
    assert head.split()[:2] == ["name", "use"]
    for line in lines[6:]:
        if "2027-" in line:
            assert line.index("2027-") == head.index("ends")
    assert lines[-1].endswith("data checked on 2026-11-23.")


def test_ended_models_are_shown_only_on_request(connect: Connect) -> None:
    assert "gpt-5-codex" not in run().stdout
    assert "gpt-5-codex" in run("--all").stdout


def test_the_table_follows_the_day(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2027-02-21")
    shown = run().stdout
    assert "gpt-4.1-mini" not in shown
    assert "Prices of 2027-02-21" in shown


def test_a_pipe_gets_no_colours(connect: Connect) -> None:
    assert "\x1b" not in run().stdout


def test_french_readers_get_french(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    shown = run().stdout
    assert "successeur" in shown
    assert "données vérifiées le" in shown


def test_own_rows_without_a_price_say_unknown(connect: Connect) -> None:
    environment.home().mkdir(parents=True)
    own = {"models": {"llama-9": {"context": 8000, "max_output": 900}}, "aliases": {"chat": "llama-9"}}
    (environment.home() / "models.json").write_text(json.dumps(own), "utf-8")
    rows = [line.split() for line in run().stdout.splitlines()]
    assert ["llama-9", "chat", "8", "000", "unknown", "unknown"] in rows
    document = json.loads(run("--json").stdout)
    assert document["models"][-1]["usd_per_million"] is None


def test_json_is_one_document_of_exact_values(connect: Connect) -> None:
    document = json.loads(run("--json", "--all").stdout)
    assert document["date"] == document["checked"] == "2026-11-23"
    assert document["aliases"]["chat"] == "gpt-6-luna"
    assert document["key"] is None
    rows = {row["name"]: row for row in document["models"]}
    assert rows["gpt-5-codex"]["ended"] is True
    assert rows["gpt-6-luna"]["usd_per_million"]["cached"] == "0.01"
    assert rows["gpt-6-luna"]["use"] == ["chat"]


def test_with_a_key_the_names_it_may_use_and_the_limits_are_shown(connect: Connect) -> None:
    connect("gpt-4.1-2025-04-14", "gpt-6-luna", "whisper-9", limits=LIMITS)
    shown = run().stdout
    assert "Your key may use: gpt-4.1-2025-04-14, gpt-6-luna\n" in shown
    assert "not in the catalogue: 1" in shown
    assert "Requests: 499 of 500 left, full again in 12 s." in shown
    assert "Tokens: 900 of 1000 left" in shown
    assert "whisper-9" in run("--all").stdout
    key = json.loads(run("--json").stdout)["key"]
    assert key["models"] == ["gpt-4.1-2025-04-14", "gpt-6-luna", "whisper-9"]
    assert key["rate_limits"]["remaining_requests"] == 499


def test_limits_that_were_never_told_are_not_invented(connect: Connect) -> None:
    connect("gpt-6-luna", limits=RateLimits(limit_requests=5))
    shown = run().stdout
    assert "Requests" not in shown
    assert "Tokens" not in shown


def test_names_from_a_server_cannot_drive_the_terminal(connect: Connect) -> None:
    connect("gpt-6-luna", "\x1b]0;owned\x07evil")
    assert "\x1b" not in run("--all").stdout
    assert "\x07" not in run("--json").stdout


def test_when_asking_the_server_fails_the_table_stands_and_stderr_tells(connect: Connect) -> None:
    connect(problem=ConnectionFailedError(host="example.org"))
    result = run()
    assert result.exit_code == 0
    assert "gpt-6-luna" in result.stdout
    assert "No connection to example.org" in result.stderr
    assert "No connection" not in result.stdout
    assert json.loads(run("--json").stdout)["key"] is None


@pytest.mark.parametrize("absent", [{"key": None, "mock": True}, {"problem": MissingKeyError(url="x")}])
def test_without_a_key_only_the_table_is_shown(connect: Connect, absent: dict[str, Any]) -> None:
    connect("gpt-6-luna", **absent)
    result = run()
    assert "key" not in result.stdout
    assert result.stderr == ""


def test_the_command_loads_nothing_heavy() -> None:
    heavy = ("aiohttp", "rich", "prompt_toolkit", "fastjsonschema", "livetechno.gpt.catalogue")
    code = f"import sys, livetechno.cli.models; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("key", [None, FAKE_KEY])
def test_another_servers_names_are_all_shown_also_without_a_key(key: str | None, connect: Connect) -> None:
    connect("tiny-model", "gpt-6-luna", key=key, url="http://127.0.0.1:9/v1")
    shown = run().stdout
    assert "This server offers: tiny-model, gpt-6-luna\n" in shown
    assert "not in the catalogue" not in shown


def test_french_prices_have_their_comma(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    rows = [line.split() for line in run().stdout.splitlines()]
    assert ["gpt-6-luna", "chat", "1", "050", "000", "0,1", "0,5"] in rows


@pytest.mark.parametrize("columns", [200, 80, 60, 40])
def test_the_table_fits_the_terminal_and_says_what_is_left_out(
    columns: int, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("livetechno.cli.terminal.is_terminal", lambda _: True)
    result = run()
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    table = lines[5:]
    assert table[0].split()[0] == "name"
    assert "$/M in" in table[0]
    assert ("Not shown" in result.stderr) is ("context" not in table[0])
    assert columns < 200 or "successor" in table[0]
