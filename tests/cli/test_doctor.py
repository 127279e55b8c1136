"""The doctor names what is missing, and how to mend it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from livetechno import app, environment
from livetechno.cli import main
from livetechno.cli.doctor import Check, examine

KEY = "sk-test-" + "a1b2" * 6


def look() -> dict[str, Check]:
    return {check.name: check for check in examine()}


@pytest.fixture(autouse=True)
def _away_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.chdir(tmp_path)


def test_a_new_machine_without_a_key_is_healthy_and_mock_ai_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor"]) == 0
    shown = capsys.readouterr()
    assert "Nothing must be mended." in shown.out
    assert "Mock AI: starts and answers" in shown.out
    assert "livetechno key set" in shown.out
    assert shown.err == ""


def test_the_doctor_speaks_french(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert main(["doctor"]) == 0
    assert "Rien n'est à corriger." in capsys.readouterr().out


def test_json_is_one_object_with_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert [check["name"] for check in document["checks"]] == [
        "python", "home", "store", "settings", "environment", "models", "address",
        "key", "server", "certificates", "terminal", "extras", "mock",
    ]  # fmt: skip
    assert all(check["state"] in ("ok", "info") for check in document["checks"])


def test_nothing_is_created_by_looking(tmp_path: Path) -> None:
    look()
    assert not environment.home().exists()


def test_broken_settings_are_named_and_end_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    environment.home().mkdir(parents=True)
    (environment.home() / "config.json").write_text("{broken", encoding="utf-8")
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "config.json" in shown
    assert "Correct or remove" in shown


def test_a_variable_with_a_wrong_value_is_named_with_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "perhaps")
    check = look()["environment"]
    assert check.state == "mend"
    assert "auto | always | never" in check.mend


def test_an_address_that_may_not_be_used_must_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://example.org/v1")
    checks = look()
    assert checks["address"].state == "mend"
    assert "https" in checks["address"].mend


def test_no_key_must_be_mended_when_mock_ai_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    check = look()["key"]
    assert check.state == "mend"
    assert "key set" in check.mend


def test_a_key_shows_its_last_four_and_never_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    main(["doctor"])
    shown = capsys.readouterr()
    assert f"…{KEY[-4:]}, OPENAI_API_KEY" in shown.out
    assert KEY[-8:] not in shown.out + shown.err


def test_a_server_that_does_not_answer_must_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    checks = look()
    assert checks["server"].state == "mend"
    assert f"127.0.0.1:{port}" in checks["server"].text


def test_a_server_of_ones_own_is_asked_for_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    from livetechno.gpt import background
    from livetechno.mock import MockServer

    server = MockServer()
    url = background.run(server.start())
    try:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        check = look()["server"]
    finally:
        background.run(server.stop())
    assert check.state == "ok"
    assert url in check.text


def test_a_key_file_that_others_can_read_must_be_mended() -> None:
    environment.home().mkdir(parents=True)
    file = environment.home() / "user_openai_key.json"
    file.write_text(json.dumps({"api_key": KEY}), encoding="utf-8")
    file.chmod(0o644)
    check = look()["key"]
    assert check.state == "mend"
    assert str(file) in check.text


def test_a_key_file_in_a_git_tree_must_be_mended() -> None:
    environment.home().mkdir(parents=True)
    (environment.home() / ".git").mkdir()
    file = environment.home() / "user_openai_key.json"
    file.write_text(json.dumps({"api_key": KEY}), encoding="utf-8")
    file.chmod(0o600)
    check = look()["key"]
    assert check.state == "mend"
    assert "git" in check.mend


def test_a_check_that_breaks_is_itself_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError(f"no luck with {KEY}")

    monkeypatch.setattr("livetechno.gpt.tls.context", broken)
    check = look()["certificates"]
    assert check.state == "mend"
    assert "no luck" in check.text
    assert KEY not in check.text


@pytest.mark.parametrize("content", ["{broken", '{"strict": 3}'])
def test_one_cause_is_told_once(content: str, capsys: pytest.CaptureFixture[str]) -> None:
    environment.home().mkdir(parents=True)
    (environment.home() / "config.json").write_text(content, encoding="utf-8")
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("Correct or remove") == 1
    assert shown.count("see above (settings)") >= 2


def test_fields_that_are_not_known_must_be_mended() -> None:
    environment.home().mkdir(parents=True)
    (environment.home() / "config.json").write_text('{"modle": "x"}', encoding="utf-8")
    checks = look()
    assert checks["settings"].state == "mend"
    assert "'modle'" in checks["settings"].mend
    assert [name for name, check in checks.items() if check.state == "mend"] == ["settings"]


def test_what_is_kept_is_counted_and_a_damaged_database_is_to_be_mended() -> None:
    def told() -> Check:
        return next(check for check in examine() if check.name == "store")

    assert told().state == "info"
    app.store().conversations.create()
    assert told().text.endswith("conversations: 1")
    app.close_store()
    path = environment.home() / app.DATABASE
    path.write_bytes(b"no database" * 1000)
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    broken = told()
    assert (broken.state, str(path) in broken.text) == ("mend", True)
