from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from livetechno.cli import main
from livetechno.gpt import addresses, background, redaction
from livetechno.mock import MockServer
from livetechno.mock.faults import FaultSource

KEY = "sk-test-" + "p0o9i8u7" * 3


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-11-23")


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_the_first_number_is_the_count_then_how_sure_then_the_price(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    file.write_text("The quick brown fox jumps over the lazy dog.", encoding="utf-8")
    assert main(["tokens", str(file)]) == 0
    shown = capsys.readouterr().out
    assert re.findall(r"\d+", shown)[0] == "10"
    assert shown == "Tokens: 10 (exact, in o200k_base)\nPrice as input of gpt-6-luna: $0.000001\n"


def test_the_price_is_told_in_french(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    pipe(monkeypatch, b"bonjour")
    assert main(["tokens", "-"]) == 0
    assert "gpt-6-luna : 0,0000001" in capsys.readouterr().out


def test_a_special_token_in_a_text_is_text_and_gpt_4_has_its_own_encoding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, b"<|endoftext|>")
    assert main(["tokens", "--json", "-m", "gpt-4", "-"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {
        "tokens": 7,
        "exact": True,
        "counted_by": "livetechno",
        "encoding": "cl100k_base",
        "model": "gpt-4",
        "cost": pytest.approx(7 * 30 / 1e6),
    }
    assert "gpt-4 ended" in shown.err


def test_an_unknown_model_has_an_estimate_and_no_price(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, b"Hello")
    assert main(["tokens", "--model", "llama-9", "-"]) == 0
    assert capsys.readouterr().out == (
        "Tokens: 1 (an estimate, in o200k_base)\nPrice as input of llama-9: unknown\n"
    )


def test_nothing_is_no_token(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pipe(monkeypatch, b"")
    assert main(["tokens", "-"]) == 0
    assert capsys.readouterr().out.startswith("Tokens: 0 ")


@pytest.fixture
def picture(tmp_path: Path) -> str:
    file = tmp_path / "a.gif"
    file.write_bytes(b"GIF89a" + (64).to_bytes(2, "little") * 2 + bytes(20))
    return str(file)


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    """A Mock AI that is taken for OpenAI, with a key for it."""
    server = MockServer()
    base_url = background.run(server.start())
    monkeypatch.setenv("OPENAI_BASE_URL", base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(addresses, "is_openai", lambda url: url == base_url)
    yield server
    background.run(server.stop())
    background.stop()
    redaction.uninstall()


def test_a_picture_is_estimated_without_a_key(picture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", "--json", picture]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tokens"], told["exact"], told["counted_by"]) == (5, False, "livetechno")
    assert main(["tokens", picture]) == 0
    shown = capsys.readouterr()
    assert "estimate" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Tokens: 12 (exact, counted by OpenAI"), ("fr", "Jetons : 12 (compte exact")],
)
def test_openai_counts_a_picture_and_its_count_is_exact(
    openai: MockServer,
    picture: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    said: str,
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", language)
    assert main(["tokens", "-m", "chat", picture]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(said)
    assert shown.err == ""
    (asked,) = openai.requests
    assert (asked.path, asked.body["model"]) == ("/v1/responses/input_tokens", "gpt-6-luna")
    assert asked.headers["authorization"].endswith(f"…{KEY[-4:]}")
    assert main(["tokens", "--json", picture]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tokens"], told["exact"], told["counted_by"]) == (12, True, "server")
    assert told["cost"] == pytest.approx(12 * 0.1 / 1e6)


def test_a_text_is_never_sent_and_offline_nothing_is(
    openai: MockServer, picture: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, b"Hello")
    assert main(["tokens", "-"]) == 0
    assert main(["tokens", "--offline", picture]) == 0
    assert "estimate" in capsys.readouterr().out
    assert not openai.requests


@pytest.mark.parametrize("fault", ["401", "404_model", "429_quota", "html_200", "empty_body", "redirect"])
def test_when_openai_does_not_count_the_estimate_stands_and_the_reason_is_told(
    openai: MockServer,
    picture: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    monkeypatch.setattr(openai, "_faults", FaultSource({fault: 1.0}, (), 0))
    assert main(["tokens", picture]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Tokens: 5 (an estimate")
    assert shown.err.startswith("OpenAI did not count the image")
    assert shown.err.count("\n") == 1


def test_another_server_is_not_asked(
    openai: MockServer, picture: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(addresses, "is_openai", lambda _: False)
    assert main(["tokens", picture]) == 0
    assert "estimate" in capsys.readouterr().out
    assert not openai.requests


def test_where_a_key_is_a_must_a_picture_is_estimated_without_one(
    picture: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    assert main(["tokens", picture]) == 0
    shown = capsys.readouterr()
    assert ("estimate" in shown.out, shown.err) == (True, "")


def test_what_cannot_be_read_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x00\xff")
    for name in (str(tmp_path / "missing"), str(tmp_path), str(binary)):
        assert main(["tokens", name]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert name in shown.err.replace("\n", "")
    assert main(["tokens"]) == 2
