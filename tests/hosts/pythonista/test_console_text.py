"""Markdown in the console: what loses its signs, what has a colour, and that pieces make no difference."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.hosts.pythonista.console_text import ConsoleText
from livetechno.words.styles import BOLD, CYAN, DIM, PLAIN, Style


def drawn(*pieces: str) -> list[tuple[str, Style]]:
    """What is seen, neighbours of one style as one."""
    text = ConsoleText()
    spans = [span for piece in pieces for span in text.feed(piece)] + list(text.finish())
    together = groupby((span for span in spans if span.text), key=lambda span: span.style)
    return [("".join(span.text for span in each), style) for style, each in together]


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("Plain words.", [("Plain words.\n", PLAIN)]),
        ("## A kick\nso", [("A kick", BOLD), ("\nso\n", PLAIN)]),
        ("#techno 5 * 3", [("#techno 5 * 3\n", PLAIN)]),
        ("- one\n  * two", [("• one\n  • two\n", PLAIN)]),
        ("a **b** c", [("a ", PLAIN), ("b", BOLD), (" c\n", PLAIN)]),
        ("Use `x`.", [("Use ", PLAIN), ("x", CYAN), (".\n", PLAIN)]),
        (
            "```py\na = '#'\n\n# b\n```\nEnd",
            [
                ("```py", DIM),
                ("\n", PLAIN),
                ("a = '#'", CYAN),
                ("\n\n", PLAIN),
                ("# b", CYAN),
                ("\n", PLAIN),
                ("```", DIM),
                ("\nEnd\n", PLAIN),
            ],
        ),
        (
            "````\n```\n````\n- x",
            [
                ("````", DIM),
                ("\n", PLAIN),
                ("```", CYAN),
                ("\n", PLAIN),
                ("````", DIM),
                ("\n• x\n", PLAIN),
            ],
        ),
        ("---\n-", [("---\n-\n", PLAIN)]),
        ("", []),
    ],
)
def test_little_is_drawn_and_nothing_lost(markdown: str, seen: list[tuple[str, Style]]) -> None:
    assert drawn(markdown) == seen


def test_code_shows_before_its_line_has_ended() -> None:
    text = ConsoleText()
    assert [span.text for span in text.feed("```\nfor x")] == ["```", "\n", "for x"]


@given(st.text("#*-+`~_ \tab1[]()\n", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_what_is_seen_does_not_depend_on_the_pieces(markdown: str, cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(markdown)})
    pieces = [markdown[start:end] for start, end in pairwise(places)]
    assert drawn(*pieces) == drawn(markdown)


@given(st.text(max_size=60))
def test_words_are_neither_lost_nor_made(text: str) -> None:
    signs = "#*-+`~_ \t[]()\\!•\n"
    kept = str.maketrans("", "", signs)
    assert "".join(shown for shown, _ in drawn(text)).translate(kept) == text.translate(kept)
