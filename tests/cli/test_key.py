"""`livetechno key`: set, show, test, forget; never the key itself."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from livetechno import settings
from livetechno.cli import key as key_command
from livetechno.cli import terminal
from livetechno.gpt import addresses, keys, redaction
from livetechno.gpt.errors import (
    AddressRefusedError,
    AuthenticationError,
    GPTError,
    KeyProblem,
    MissingKeyError,
    UsageError,
)
from livetechno.gpt.secret import Secret

KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"
KEY_2 = "sk-test-" + "Qw7eRt5yUi3oPa1sDf9g"
OTHER = "https://x.example/v1"

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keys, "script_folder", lambda: tmp_path / "script")
    yield
    redaction.uninstall()


@pytest.fixture
def run() -> Run:
    """Run a subcommand with this on its stdin; whatever happens, nothing of a key is shown."""

    def run(*words: str, piped: str = "", fails: type[GPTError] | None = None) -> Result:
        result = CliRunner().invoke(key_command.command, words, input=piped)
        said = result.output + str(result.exception)
        assert "aZ3kQ9xT" not in said
        assert "Qw7eRt5y" not in said
        if fails is None:
            assert result.exception is None, result.exception
        else:
            assert type(result.exception) is fails, result.exception
        return result

    return run


class Models(BaseHTTPRequestHandler):
    """Lists two models to whoever has the one key."""

    seen: list[str | None]

    def do_GET(self) -> None:
        given = self.headers["Authorization"]
        self.seen.append(given)
        good = given == f"Bearer {KEY}"
        body = json.dumps(
            {"object": "list", "data": [{"id": "gpt-5-mini"}, {"id": "gpt-4.1"}]}
            if good
            else {"error": {"message": f"Incorrect API key provided: {given}", "code": "invalid_api_key"}}
        ).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The base URL of a server on this machine that knows one key."""
    from livetechno.gpt import background

    Models.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Models) as serving:
        serving.daemon_threads = True
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/v1"
        background.stop()
        serving.shutdown()
        thread.join()


def test_a_piped_key_is_kept_and_shown_by_its_last_four(run: Run) -> None:
    said = run("set", piped=KEY + "\n").output
    assert "…R8nB" in said
    assert addresses.OPENAI in said
    assert str(keys.home_file()) in said
    shown = run("show").output
    assert "…R8nB" in shown
    assert addresses.OPENAI in shown
    assert str(keys.home_file()) in shown


def test_a_typed_key_is_asked_for_unseen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda _: True)
    result = run("set", piped=KEY + "\n")
    assert "not shown" in result.stderr
    assert "not shown" not in result.stdout
    assert keys.find(addresses.OPENAI) is not None


def test_a_key_as_an_argument_is_refused_and_nothing_is_kept(run: Run) -> None:
    result = run("set", KEY, fails=UsageError)
    assert "history" in str(result.exception)
    assert not keys.home_file().exists()


def test_help_does_not_invite_an_argument(run: Run) -> None:
    assert "REFUSED" not in run("set", "--help").output.upper()


def test_one_key_per_address(run: Run) -> None:
    run("set", piped=KEY)
    run("set", "--base-url", "HTTPS://X.example/v1/", piped=KEY_2)
    assert "…R8nB" in run("show").output
    said = run("show", "--base-url", OTHER).output
    assert "…Df9g" in said
    assert OTHER in said
    run("forget", "--yes")
    run("show", fails=MissingKeyError)
    assert OTHER in run("show", "--base-url", OTHER).output


@pytest.mark.parametrize("way", ["variable", "settings"])
def test_the_address_in_use_is_the_one_that_is_meant(
    run: Run, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "variable":
        monkeypatch.setenv("OPENAI_BASE_URL", OTHER)
    else:
        settings.save(settings.Settings(base_url=OTHER))
    assert OTHER in run("set", piped=KEY).output
    assert keys.find(addresses.OPENAI) is None


@pytest.mark.parametrize("piped", ["", " \n", "two words", KEY + "\n" + KEY_2, "\x00\xff", "x" * 9999])
def test_what_cannot_be_a_key_is_refused_and_the_old_one_stays(run: Run, piped: str) -> None:
    run("set", piped=KEY)
    assert run("set", piped=piped, fails=KeyProblem).exception.exit_code == 3  # type: ignore[union-attr]
    assert keys.HomeFileStore().get(addresses.OPENAI) == Secret(KEY)


def test_bytes_that_are_no_text_are_refused(run: Run) -> None:
    result = CliRunner().invoke(key_command.command, ["set"], input=b"\xff\xfe\x80sk-")
    assert isinstance(result.exception, KeyProblem)


def test_an_address_that_may_not_be_used_is_refused_before_the_key_is_read(run: Run) -> None:
    run("set", "--base-url", "http://x.example", piped=KEY, fails=AddressRefusedError)


def test_the_keyring_is_used_only_where_there_is_one(run: Run) -> None:
    result = run("set", "--in", "keyring", piped=KEY, fails=KeyProblem)
    assert "no keyring here" in str(result.exception)
    run("set", "--in", "file", piped=KEY)
    assert CliRunner().invoke(key_command.command, ["set", "--in", "elsewhere"]).exit_code == 2


def test_a_key_that_comes_first_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY_2)
    assert "OPENAI_API_KEY" in run("set", piped=KEY).stderr


def test_without_a_key_show_says_how_to_store_one(run: Run) -> None:
    result = run("show", fails=MissingKeyError)
    assert result.exception is not None
    assert "livetechno key set" in str(result.exception)


def test_forgetting_asks_first(run: Run) -> None:
    run("set", piped=KEY)
    assert CliRunner().invoke(key_command.command, ["forget"], input="n\n").exit_code == 1
    assert keys.find(addresses.OPENAI)
    assert str(keys.home_file()) in run("forget", piped="y\n").stdout
    assert keys.find(addresses.OPENAI) is None
    assert "No key is stored" in run("forget", "--yes").output


def test_forgetting_says_what_it_cannot_remove(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "OPENAI_API_KEY" in run("forget", "--yes").stderr


def test_a_key_that_works_is_told(run: Run, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    run("set", piped=KEY)
    said = run("test").output
    assert "works" in said
    assert "2 models" in said
    assert server in said


def test_a_key_that_the_server_does_not_know_is_a_key_error(
    run: Run, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    run("set", piped=KEY_2)
    result = run("test", fails=AuthenticationError)
    assert result.exception is not None
    assert "does not accept this key" in str(result.exception)


def test_the_key_of_another_address_is_never_sent(
    run: Run, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2024-6587, at the socket: an address from the settings gets no key of OpenAI's."""
    from livetechno import app
    from livetechno.gpt import background

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    settings.save(settings.Settings(base_url=server))
    run("test", fails=MissingKeyError)
    assert Models.seen == []
    with pytest.raises(AuthenticationError):
        background.run(app.client().list_models())
    assert Models.seen == [None]


def test_with_mock_ai_forced_there_is_nothing_to_test(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    run("test", fails=UsageError)


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal")
def test_a_real_terminal_does_not_echo_the_key(tmp_path: Path) -> None:
    import pty

    program = "from livetechno.cli.key import command; command(['set'])"
    screen, terminal_end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=terminal_end,
        stdout=terminal_end,
        stderr=terminal_end,
        cwd=tmp_path,
        start_new_session=True,
    ) as child:
        os.close(terminal_end)
        shown = b""
        while b"not shown" not in shown:
            shown += os.read(screen, 1024)
        os.write(screen, KEY.encode() + b"\n")
        with contextlib.suppress(OSError):  # Linux ends a pseudo-terminal so
            while piece := os.read(screen, 1024):
                shown += piece
        assert child.wait(10) == 0, shown
    os.close(screen)
    assert b"aZ3kQ9xT" not in shown
    assert "…R8nB" in shown.decode()
    assert keys.HomeFileStore().get(addresses.OPENAI) == Secret(KEY)


@pytest.mark.parametrize("yes", ["o", "oui", "y", "YES"])
@pytest.mark.parametrize(("language", "asks"), [("fr", "[o/N]"), ("en", "[y/N]")])
def test_a_yes_in_either_language_is_a_yes(
    yes: str, language: str, asks: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", language)
    run("set", piped=KEY)
    assert asks in run("forget", piped=f"{yes}\n").stderr
    assert keys.find(addresses.OPENAI) is None


@pytest.mark.parametrize("no", ["\n", "n\n", "non\n", "ok\n"])
def test_anything_else_is_a_no(no: str, run: Run) -> None:
    run("set", piped=KEY)
    assert CliRunner().invoke(key_command.command, ["forget"], input=no).exit_code == 1
    assert keys.find(addresses.OPENAI)


def test_a_broken_key_file_is_replaced_kept_beside_and_told(run: Run) -> None:
    keys.home_file().parent.mkdir(parents=True)
    keys.home_file().write_text("{", encoding="utf-8")
    with pytest.warns(keys.KeyFileWarning, match="beside"):
        run("set", piped=KEY)
    assert "…R8nB" in run("show").output
    assert keys.home_file().with_name("user_openai_key.json.bad").read_text("utf-8") == "{"


def test_where_no_key_is_needed_show_does_not_promise_mock_ai(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    told = str(run("show", fails=MissingKeyError).exception)
    assert "Calls go there without one" in told
    assert "Mock AI" not in told
