"""The command as a whole: help, languages, exit codes, and how it fails."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import livetechno
from livetechno.cli import failures, group, main
from livetechno.environment import EnvironmentValueError
from livetechno.gpt import errors
from livetechno.settings import SettingsError
from livetechno.store.errors import StoreError, ValueRefusedError

COMMANDS = (
    "serve",
    "desktop",
    "chat",
    "conversations",
    "compose",
    "project",
    "machines",
    "eval",
    "models",
    "tokens",
    "costs",
    "budget",
    "key",
    "access",
    "mock",
    "doctor",
)
HEAVY = (
    "aiohttp",
    "rich",
    "prompt_toolkit",
    "pygments",
    "sqlite3",
    "asyncio",
    "ssl",
    "livetechno.gpt.client",
)
KEY = "sk-test-" + "c3d4" * 6


def fails_with(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def test_help_names_every_command_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in COMMANDS)
    assert "Usage: livetechno" in shown


def test_help_speaks_the_persons_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert main(["--help"]) == 0
    assert main(["chat", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Usage :" in shown
    assert "Commandes :" in shown
    assert "Afficher cette aide." in shown
    assert "Poser une question" in shown
    assert "Show this message" not in shown
    assert "cli." not in shown


def test_version_is_the_packages() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "livetechno", "--version"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"livetechno {livetechno.__version__}\n"


def test_the_bare_command_away_from_a_terminal_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "doctor" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from livetechno.cli import main; main(sys.argv[1:]);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert shown.stderr.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_loaded_when_it_is_called(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert isinstance(command, click.Command)


def test_an_unknown_command_is_a_usage_error_that_lists_the_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sing"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "sing" in shown.err
    assert ", ".join(COMMANDS) in shown.err


def test_an_unknown_option_is_a_usage_error_in_french_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert main(["chat", "--modle", "x"]) == 2
    assert "L'option --modle n'existe pas. Peut-être --model" in capsys.readouterr().err


def test_an_option_without_its_value_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--model"]) == 2
    assert "--model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.GPTError("x"), 1),
        (errors.UsageError("x"), 2),
        (errors.ParameterError(parameter="n", allowed="1"), 2),
        (SettingsError(Path("config.json"), "strict", "no"), 2),
        (EnvironmentValueError("LIVETECHNO_DATE", "x", "YYYY-MM-DD"), 2),
        (StoreError("full", path="livetechno.db"), 1),
        (ValueRefusedError("value", name="USD", allowed="0 - 1"), 2),
        (click.UsageError("x"), 2),
        (click.ClickException("x"), 1),
        (errors.AuthenticationError("x"), 3),
        (errors.SpendingLimitError("x"), 4),
        (errors.ServerFailedError("x"), 5),
        (errors.RateLimitError("x"), 5),
        (errors.ReplyInvalidError("x"), 6),
        (errors.CancelledByCaller("x"), 130),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (PermissionError(13, "Permission denied", "file"), 1),
        (BrokenPipeError(), 1),
        (ZeroDivisionError(), 1),
        (SystemExit(7), 7),
        (SystemExit(), 0),
    ],
)
def test_each_way_to_end_has_its_exit_code(error: BaseException, code: int) -> None:
    assert failures.exit_code(fails_with(error)) == code


def test_a_commands_own_number_is_the_exit_code_and_anything_else_is_ok() -> None:
    assert failures.exit_code(lambda: 3) == 3
    assert failures.exit_code(lambda: "text") == 0
    assert failures.exit_code(lambda: None) == 0


def test_an_error_is_one_line_with_what_to_do_and_the_requests_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failures.exit_code(fails_with(errors.ServerFailedError("boom\x1b[2J\nmore", request_id="req_1")))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "livetechno: " + " ".join(
        [str(errors.ServerFailedError("boom more")), "(request req_1)\n"]
    )


def test_an_error_of_the_store_is_one_line_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    failures.exit_code(fails_with(StoreError("full", path="here\x1b[2J\n.db")))
    shown = capsys.readouterr().err
    assert shown.startswith("livetechno: The disk that holds here .db is full")
    assert "Make room" in shown
    assert shown.count("\n") == 1


def test_a_broken_pipe_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    failures.exit_code(fails_with(BrokenPipeError()))
    assert capsys.readouterr() == ("", "")


def test_an_unexpected_error_is_one_line_and_names_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    failures.exit_code(fails_with(RuntimeError(f"at {KEY}")))
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "LIVETECHNO_DEBUG=1" in shown
    assert "Traceback" not in shown
    assert KEY[-8:] not in shown


def test_the_traceback_comes_with_the_debug_switch_and_names_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_DEBUG", "1")
    failures.exit_code(fails_with(RuntimeError(f"at {KEY}")))
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert KEY[-8:] not in shown


def test_a_warning_of_ours_is_one_line_and_another_stays_pythons(capsys: pytest.CaptureFixture[str]) -> None:
    from livetechno.gpt.catalogue import ModelNotice

    def run() -> None:
        warnings.warn("the model ends soon", ModelNotice, stacklevel=1)
        warnings.warn("from elsewhere", UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="from elsewhere"):
        assert failures.exit_code(run) == 0
    assert capsys.readouterr().err == "livetechno: the model ends soon\n"


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    shell = f"{sys.executable} -m livetechno --help | head -c 1"
    shown = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert shown.stdout == "U"
    assert shown.stderr == ""


def test_french_help_survives_an_ascii_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    shown = subprocess.run([sys.executable, "-m", "livetechno", "--help"], capture_output=True, check=True)
    assert b"doctor" in shown.stdout


def test_a_group_called_alone_shows_its_help_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key"]) == 2
    shown = capsys.readouterr()
    assert "\n  forget " in shown.out + shown.err
    assert "livetechno: Usage" not in shown.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["key", "nope"], "La commande nope n'existe pas. Il y a : forget, set, show, test."),
        (["key", "set", "--in", "nowhere"], "--in : nowhere n'en fait pas partie : keyring, file."),
        (["mock", "--port", "abc"], "--port : abc n'est pas un nombre entier."),
        (["mock", "--port", "99999"], "--port : 99999 n'est pas compris entre 0 et 65535."),
        (["mock", "--pace", "-1"], "--pace : -1 n'est pas compris entre 0 et 3600."),
        (["mock", "--seed", "x"], "--seed : x n'est pas un nombre entier."),
        (["mock", "--fault", "401"], "401 : écrivez NOM=TAUX, avec un taux de 0 à 1."),
        (["mock", "--fault", "cut;after=3"], "cut;after=3 : écrivez NOM=TAUX, avec un taux de 0 à 1."),
        (["mock", "--fault", "nope=1"], "La panne nope n'existe pas."),
        (["models", "gpt-5"], "gpt-5 est de trop ici."),
        (["costs", "--since", "hier"], "--since : hier n'est pas une date : écrivez AAAA-MM-JJ."),
        (["costs", "--by", "week"], "--by : week n'en fait pas partie : day, month, model, purpose"),
        (["costs", "--csv", "--json"], "--csv, --json s'excluent : n'en donnez qu'une."),
        (["budget", "set", "day", "deux"], "USD : deux n'est pas un montant en dollars"),
        (["budget", "set", "jour", "2"], "jour n'en fait pas partie : day, month, conversation."),
        (["chat", "--temperature"], "L'option --temperature demande une valeur."),
        (["chat", "--json=yes"], "L'option --json ne prend pas de valeur."),
    ],
)
def test_what_click_refuses_is_refused_in_french(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


def test_no_help_mixes_the_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    for words_ in ([name] for name in COMMANDS):
        assert main([*words_, "--help"]) == 0
    for word in ("set", "show", "test", "forget"):
        assert main(["key", word, "--help"]) == 0
    for word in ("set", "show", "clear"):
        assert main(["budget", word, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "(par défaut : 8788)" in shown
    assert "Options :" in shown
    for english in ("default:", "RANGE", "Options:", "Show", "x<="):
        assert english not in shown


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_crash(closed: str) -> None:
    shell = f"{sys.executable} -m livetechno chat hello {closed}"
    ran = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ("Mock AI" in ran.stdout) is (">&-" not in closed.replace("2>&-", ""))
