from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from livetechno.cli import main


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


def test_a_picture_is_estimated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.gif"
    file.write_bytes(b"GIF89a" + (64).to_bytes(2, "little") * 2 + bytes(20))
    assert main(["tokens", "--json", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["tokens"] == 5
    assert main(["tokens", str(file)]) == 0
    assert "estimate" in capsys.readouterr().out


def test_what_cannot_be_read_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x00\xff")
    for name in (str(tmp_path / "missing"), str(tmp_path), str(binary)):
        assert main(["tokens", name]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert name in shown.err.replace("\n", "")
    assert main(["tokens"]) == 2
