"""Text of a model cannot drive the terminal."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.cli import terminal

HOSTILE = st.text(
    alphabet=st.sampled_from("\x1b\x9b\x9d\x90\x07\x9c\x18[]P\\m;?0 1Hab\n\té\r\x7f\x85\u202e\u2066\ud800")
)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("plain é 中 🙂\n\tend", "plain é 中 🙂\n\tend"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mred", "red"),
        ("\x9b2Jcleared", "cleared"),
        ("\x1b]0;your bank\x07text", "text"),
        ("\x1b]0;your bank\x1b\\text", "text"),
        ("\x1b]52;c;cm0gLXJm\x07text", "text"),
        ("\x1b]8;;https://bad.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9ctext", "text"),
        ("\x1bPq#0\x1b\\text", "text"),
        ("\x1b_Gpayload\x1b\\text", "text"),
        ("\x1bc\x1b7\x1b(0text", "text"),
        ("over\rwritten\b\b", "overwritten"),
        ("two\r\nlines", "two\nlines"),
        ("bell\x07 null\x00", "bell null"),
        ("\u202egnp.exe\u202c \u2066x\u2069", "gnp.exe x"),
        ("half \ud83d a pair", "half  a pair"),
        ("\x1bé", "é"),
        ("\x1b[1\nnext", "\nnext"),
    ],
)
def test_control_sequences_are_taken_out_and_the_text_stays(sent: str, shown: str) -> None:
    assert terminal.clean(sent) == shown


def test_a_control_string_that_is_never_closed_ends_with_its_line() -> None:
    assert terminal.clean("before \x1b]0;title\nafter\nand more") == "before \nafter\nand more"


@given(HOSTILE)
def test_no_control_character_but_newline_and_tab_is_ever_left(text: str) -> None:
    assert not CONTROLS.search(terminal.clean(text))


@given(st.lists(HOSTILE))
def test_the_cuts_of_a_stream_change_nothing(pieces: list[str]) -> None:
    cleaner = terminal.Cleaner()
    assert "".join(cleaner(piece) for piece in pieces) == terminal.clean("".join(pieces))


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cf"])))
def test_harmless_text_is_untouched(text: str) -> None:
    assert terminal.clean(text) == text


@given(HOSTILE)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert terminal.clean(terminal.clean(text)) == terminal.clean(text)


def test_a_name_from_a_server_is_one_clean_line() -> None:
    assert terminal.one_line("gpt\x1b[2J\n  evil\r") == "gpt evil"


@given(HOSTILE)
def test_json_is_exact_for_programs_and_harmless_on_a_terminal(text: str) -> None:
    shown = terminal.safe_json({"message": text})
    assert json.loads(shown) == {"message": text}
    assert not CONTROLS.search(shown)


class _Terminal(io.StringIO):
    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_styles_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    can = terminal.abilities(_Terminal())
    assert (can.terminal, can.styled, can.coloured) == (True, True, True)


def test_no_color_takes_the_colours_and_leaves_bold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    can = terminal.abilities(_Terminal())
    assert (can.styled, can.coloured) == (True, False)


@pytest.mark.parametrize(("term", "encoding"), [("dumb", "utf-8"), ("xterm", "ascii"), ("xterm", "latin-1")])
def test_a_dumb_terminal_and_a_small_encoding_are_plain(
    term: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    assert not terminal.abilities(_Terminal(encoding)).styled


def test_a_file_a_closed_stream_and_no_stream_are_no_terminals() -> None:
    closed = io.StringIO()
    closed.close()
    assert not any(terminal.abilities(stream).terminal for stream in (io.StringIO(), closed, None))


def test_a_notice_goes_to_stderr_and_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.notice("a \x1b[2Jb", dim=True)
    assert capsys.readouterr() == ("", "a b\n")


def test_a_long_notice_breaks_between_words_and_hangs() -> None:
    assert terminal.wrapped("one two three gpt-6.1-sol", 14, hang=2) == "one two three\n  gpt-6.1-sol"
