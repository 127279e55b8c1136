"""What a typed line means, and what is said of a conversation between its lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.hosts import conversing
from livetechno.hosts.conversing import Line


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", Line()),
        ("  \t", Line()),
        ("Why?", Line("Why?")),
        ("  keeps its blanks ", Line("  keeps its blanks ")),
        ("bye", Line(command="/quit")),
        (" EXIT ", Line(command="/quit")),
        ("quit it", Line("quit it")),
        ("/Model  gpt-4.1 ", Line(command="/model", argument="gpt-4.1")),
        ("/system Be brief. And /kind", Line(command="/system", argument="Be brief. And /kind")),
        ("//etc is a folder", Line("/etc is a folder")),
    ],
)
def test_a_line_is_a_question_a_command_or_nothing(line: str, meant: Line) -> None:
    assert conversing.read(line) == meant


@given(st.text())
def test_no_line_is_both_a_question_and_a_command(line: str) -> None:
    meant = conversing.read(line)
    assert not (meant.question and meant.command)
    assert bool(meant.question or meant.command) == bool(line.strip())


def test_a_long_question_is_known_again_by_its_beginning() -> None:
    assert conversing.beginning("Why\nso?") == "Why so?"
    assert conversing.beginning("x" * 61) == "x" * 59 + "…"


def test_a_summary_says_what_is_known() -> None:
    assert conversing.summary("gpt", 12, Decimal("0.5"), "stop") == "gpt · 12 tokens · $0.50"
    assert (
        conversing.summary("gpt", None, None, "length") == "gpt · cost unknown · cut by the limit of tokens"
    )
