from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from livetechno import Chat, app, ask, environment
from livetechno.gpt import addresses, background, errors
from livetechno.gpt.accounting import BudgetNotice
from livetechno.gpt.completions import Completion, Usage
from livetechno.mock import MockServer
from livetechno.store.errors import StoreError

KEY = "sk-test-" + "z1x2c3v4b5n6" * 2


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "_current", None)
    monkeypatch.setattr(app, "_warned_of_mock", True)
    yield
    background.stop()


def configure(**settings: object) -> None:
    environment.home().mkdir(parents=True, exist_ok=True)
    (environment.home() / "config.json").write_text(json.dumps(settings))


def test_without_a_key_mock_ai_answers_on_this_machine() -> None:
    where = app.endpoint()
    assert where.mock
    assert where.key is None
    assert addresses.is_loopback(where.base_url)
    assert app.endpoint() == where


def test_with_a_key_it_is_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    where = app.endpoint()
    assert (where.base_url, where.mock, where.source) == (addresses.OPENAI, False, "environment")
    assert where.key is not None
    assert where.key.last4 == KEY[-4:]


def test_the_key_of_one_address_never_goes_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    configure(base_url="https://elsewhere.example/v1")
    where = app.endpoint()
    assert where.base_url == "https://elsewhere.example/v1"
    assert where.key is None


def test_a_compatible_server_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert app.endpoint() == app.Endpoint("http://127.0.0.1:9/v1", None, mock=False)


def test_an_address_that_may_not_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.168.1.4/v1")
    with pytest.raises(errors.AddressRefusedError):
        app.endpoint()


def test_mock_ai_can_be_asked_for_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    assert app.endpoint().mock


@pytest.mark.parametrize("broken", ["{", "[]", '{"base_url": 5}', '{"retired": "perhaps"}'])
def test_broken_settings_are_a_clear_error_and_stay_as_they_are(broken: str) -> None:
    environment.home().mkdir(parents=True)
    file = environment.home() / "config.json"
    file.write_text(broken)
    with pytest.raises(errors.UsageError, match=r"config\.json"):
        app.endpoint()
    assert file.read_text() == broken


def test_a_switch_that_makes_no_sense_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "perhaps")
    with pytest.raises(errors.UsageError, match="LIVETECHNO_MOCK"):
        app.endpoint()


def test_one_client_serves_as_long_as_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = app.client()
    assert app.client() is first
    configure(strict=True)
    assert app.client() is not first


def test_the_settings_may_choose_what_chat_means(monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.model("chat") == "chat"
    configure(model="gpt-6.1-terra")
    assert app.model("chat") == "gpt-6.1-terra"
    assert app.model("code") == "code"
    monkeypatch.setenv("LIVETECHNO_MODEL", "gpt-5-mini")
    assert app.model("chat") == "chat"


def test_an_answer_of_mock_ai_costs_nothing() -> None:
    assert app.cost(Completion("x", "gpt-6-luna", "stop", Usage(1000, 1000))) == 0


def test_an_answer_has_its_price_and_an_unknown_one_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert app.cost(Completion("x", "gpt-6-luna", "stop", Usage(1_000_000, 0))) == Decimal("0.20")
    assert app.cost(Completion("x", "unheard-of", "stop", Usage(1000, 1000))) is None
    assert app.cost(Completion("x", "gpt-6-luna", "stop", None)) is None


def test_an_answer_from_a_chosen_region_has_the_price_of_that_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://eu.api.openai.com/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert app.cost(Completion("x", "gpt-6-luna", "stop", Usage(1_000_000, 0))) == Decimal("0.22")


def test_the_home_may_not_exist_yet() -> None:
    assert not Path(environment.home()).exists()
    assert app.endpoint().mock


# --- the books


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """A server on this machine that is taken to ask OpenAI's prices; the key is there."""
    server = MockServer()
    monkeypatch.setenv("OPENAI_BASE_URL", background.run(server.start()))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(app, "_told_of_budget", True)
    background.at_stop(server.stop)
    return server


def test_each_call_is_in_the_ledger_at_what_it_cost(paid: MockServer) -> None:
    chat = Chat(model="gpt-6-luna")
    chat.ask("Hello")
    [row] = app.store().ledger.calls()
    assert chat.last is not None
    assert row.usd == app.cost(chat.last)
    assert row.usd
    assert (row.model, row.request_id, row.settled) == (chat.last.model, chat.last.request_id, True)
    assert app.store().budgets.standing()[0].spent == row.usd


def test_what_a_budget_does_not_pay_for_is_not_asked(paid: MockServer) -> None:
    app.store().budgets.set("day", Decimal("0.00001"))
    with pytest.raises(errors.BudgetExceededError) as caught:
        ask("Hello", model="gpt-6.2-sol")
    assert caught.value.exit_code == 4
    assert "livetechno budget set day" in str(caught.value)
    assert not paid.requests


def test_mock_ai_costs_nothing_and_says_so_in_the_ledger() -> None:
    app.store().budgets.set("day", Decimal(0))
    Chat().ask("Hello")
    [row] = app.store().ledger.calls()
    assert (row.usd, row.settled, row.finish) == (Decimal(0), True, "stop")


def test_an_older_script_has_its_calls_in_the_ledger_too(
    paid: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livetechno.gpt import legacy

    for name in [name for name in sys.modules if name.partition(".")[0] == "openai"]:
        monkeypatch.delitem(sys.modules, name)
    openai: Any = legacy.install()
    hello = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Hello"}]}
    openai.ChatCompletion.create(**hello)
    openai.ChatCompletion.create(**hello, api_key=KEY, api_base=environment.base_url())
    legacy.uninstall()
    assert [row.usd is not None for row in app.store().ledger.calls()] == [True, True]


def test_the_default_budget_is_told_once_and_never_again(
    paid: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_told_of_budget", False)
    with pytest.warns(BudgetNotice, match=r"\$1\.00.*livetechno budget set day 5") as caught:
        [ask("Hello"), ask("Hello")]
    assert len(caught) == 1
    monkeypatch.setattr(app, "_told_of_budget", False)
    ask("As if in another process")


def test_a_budget_that_cannot_be_told_of_is_an_error_that_says_so(
    paid: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_told_of_budget", False)
    busy = StoreError("busy", path="x.db", reason="locked")
    monkeypatch.setattr(app.store().budgets, "first_time", Mock(side_effect=busy))
    with pytest.raises(errors.BooksError, match=r"x\.db"):
        ask("Hello")


def test_who_has_set_a_budget_is_told_of_none(paid: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_told_of_budget", False)
    app.store().budgets.set("day", Decimal(3))
    ask("Hello")


@pytest.mark.parametrize("mock", [True, False], ids=["Mock AI", "a real server"])
def test_without_a_place_for_the_books_only_mock_ai_answers(
    paid: MockServer, monkeypatch: pytest.MonkeyPatch, mock: bool
) -> None:
    (environment.home() / app.DATABASE).mkdir(parents=True)
    if mock:
        monkeypatch.setenv("LIVETECHNO_MOCK", "always")
        assert ask("Hello")
        return
    with pytest.raises(errors.BooksError) as caught:
        ask("Hello")
    assert app.DATABASE in str(caught.value)
    assert not paid.requests


def test_what_is_under_way_when_the_process_ends_is_booked_all_the_same(tmp_path: Path) -> None:
    script = tmp_path / "leaves.py"
    script.write_text(
        "from livetechno import Chat\n"
        "stream = Chat().stream('Write a long text about a kick')\n"
        "next(stream)\n"
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30, check=True)
    assert "Traceback" not in ran.stderr
    [row] = app.store().ledger.calls()
    assert row.settled
    assert row.finish in ("stop", "stopped")
