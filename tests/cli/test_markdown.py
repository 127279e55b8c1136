"""Markdown drawn as it arrives."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.cli.markdown import Markdown

SGR = re.compile(r"\x1b\[[0-9;]*m")
MARKED = st.text(
    alphabet=st.sampled_from("*_`~[]()!\\|>#-+1.: \n\nabcé中🙂\u0301 \u00a0https://x"), max_size=120
)


def drawn(text: str, columns: int = 80, *, coloured: bool = True) -> str:
    drawing = Markdown(columns, coloured=coloured)
    return drawing.feed(text) + drawing.finish()


def seen(text: str, columns: int = 80) -> str:
    """What a person sees, without styles."""
    return SGR.sub("", drawn(text, columns))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold** word", "\x1b[1mbold\x1b[0m word\n"),
        ("__so bold__", "\x1b[1mso\x1b[0m \x1b[1mbold\x1b[0m\n"),
        ("*leaning* _too_", "\x1b[3mleaning\x1b[0m \x1b[3mtoo\x1b[0m\n"),
        ("***both***", "\x1b[1;3mboth\x1b[0m\n"),
        ("**a *b* c**", "\x1b[1ma\x1b[0m \x1b[1;3mb\x1b[0m \x1b[1mc\x1b[0m\n"),
        ("~~gone~~", "\x1b[9mgone\x1b[0m\n"),
        ("`code` and `` a`b ``", "\x1b[36mcode\x1b[0m and \x1b[36ma`b\x1b[0m\n"),
        ("**`x` bold**", "\x1b[1;36mx\x1b[0m \x1b[1mbold\x1b[0m\n"),
        ("这是**粗体**文字", "这是\x1b[1m粗\x1b[0m\x1b[1m体\x1b[0m文字\n"),
        ("# Title", "\x1b[1mTitle\x1b[0m\n"),
        ("### A **b**", "\x1b[1mA\x1b[0m \x1b[1;1mb\x1b[0m\n"),
        ("[text](https://a.example/b_c_d)", "\x1b[4mtext\x1b[0m \x1b[2m(https://a.example/b_c_d)\x1b[0m\n"),
    ],
)
def test_marks_become_styles(written: str, shown: str) -> None:
    assert drawn(written) == shown


@pytest.mark.parametrize(
    "plain",
    [
        "2 * 3 * 4 = 24",
        "2**3**4 and f(*args, **kwargs)",
        "a snake_case_name and __init__.py_ and x_1",
        "an *unclosed mark and a ** lone one",
        "`unclosed code",
        "[not a link] and [a](b c) and (x)[y]",
        "https://a.example/_b_/c*d*e?f=_g_",
        "#hashtag and #1",
        "<b>raw</b> HTML & entities &amp;",
        "-5 degrees, 1.5 volts, 3) no",
        "C:\\new\\table",
        "!",
        "*",
        "**",
        "```inline```x",
    ],
)
def test_what_is_no_mark_is_shown_as_written(plain: str) -> None:
    expected = plain.replace("```", "") if plain.startswith("```") else plain
    assert seen(plain, 200) == expected + "\n"


def test_lists_are_bulleted_and_hang_under_their_text() -> None:
    assert seen("- one two three\n  - four\n10. five six seven\n", 12) == (
        "• one two\n  three\n  • four\n10. five six\n    seven\n"
    )


def test_a_quote_keeps_its_bar_when_it_wraps() -> None:
    assert seen("> one two three four\n> > deep", 12) == "│ one two\n│ three four\n│ │ deep\n"


def test_words_wrap_at_the_width_and_a_no_break_space_does_not_break() -> None:
    assert seen("un deux trois\u00a0! quatre", 14) == "un deux\ntrois\u00a0! quatre\n"


def test_a_word_wider_than_the_line_is_cut_where_the_line_is_full() -> None:
    assert (
        seen("go " + "x" * 25 + " on", 10) == "go\n" + "x" * 10 + "\n" + "x" * 10 + "\n" + "x" * 5 + " on\n"
    )


def test_wide_characters_count_for_two_cells() -> None:
    assert seen("中文没有空格", 6) == "中文没\n有空格\n"


def test_code_keeps_every_character_and_its_fences() -> None:
    code = '```python\ndef f(x):\n\n    return {\'a\': """b\n# c"""}   # *no* _marks_ `here`\n```\n'
    assert seen(code, 20) == code


def test_a_string_over_several_lines_is_coloured_to_its_end() -> None:
    lines = drawn('```python\nx = """one\ntwo\n"""\ny = 1\n```').split("\n")
    assert lines[2].startswith("\x1b[32mtwo")
    assert "\x1b[36m1\x1b[0m" in lines[4]


@pytest.mark.parametrize(
    "language",
    ["python", "js", "json", "bash", "html", "c", "rust", "console", "yaml", "diff", "php", "no-such"],
)
def test_colours_change_no_character_in_any_language(language: str) -> None:
    lines = ["if (a < 'b\\'') { return \"c\"; } # d", "$ ls <<EOF", "- x: 1", "<?php echo 1; ?>", "\té中🙂"]
    code = "\n".join([f"```{language}", *lines, "```", ""])
    assert seen(code) == code


def test_without_colours_code_has_its_backticks_and_bold_stays() -> None:
    assert drawn("`x` **y**\n```python\nif 1: pass\n```", coloured=False) == (
        "`x` \x1b[1my\x1b[0m\n\x1b[2m```python\x1b[0m\nif 1: pass\n\x1b[2m```\x1b[0m\n"
    )


def test_a_longer_fence_holds_a_shorter_one() -> None:
    text = "````md\n```\nx\n```\n````\n**b**\n"
    assert seen(text) == text.replace("**", "")


def test_a_table_is_aligned() -> None:
    assert seen("| Name | Price |\n|:--|--:|\n| a | 1 |\n| **bb** | 22 |\n\nafter") == (
        "Name   Price\n────────────\na          1\nbb        22\n\nafter\n"
    )


def test_a_wide_table_wraps_inside_its_cells_and_loses_nothing() -> None:
    words = [f"word{i}" for i in range(30)]
    shown = seen("| a | b |\n|---|---|\n| x | " + " ".join(words) + " |\n", 40)
    assert max(map(len, shown.split("\n"))) <= 40
    assert [word for word in shown.split() if word.startswith("word")] == words


def test_rows_with_too_many_or_too_few_cells_lose_nothing() -> None:
    shown = seen("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n| 4 |\n")
    assert all(digit in shown for digit in "1234")


def test_lines_with_bars_that_are_no_table_stay_as_they_are() -> None:
    assert seen("| a |\nb | c\n") == "| a |\nb | c\n"


def test_words_come_as_soon_as_they_are_whole() -> None:
    drawing = Markdown(80)
    assert drawing.feed("Hello wor") == "Hello"
    assert drawing.feed("ld and") == " world"
    assert drawing.finish() == " and\n"


def test_what_was_written_is_never_written_again() -> None:
    drawing = Markdown(80)
    written = [drawing.feed(char) for char in "# Title\n**bold** text\n- a\n"]
    assert "".join(written).count("Title") == 1
    assert all("\r" not in piece and "\x1b[K" not in piece for piece in written)


@given(MARKED, st.lists(st.integers(1, 9)), st.sampled_from([20, 80]))
def test_the_drawing_does_not_depend_on_how_the_text_was_cut(
    text: str, cuts: list[int], columns: int
) -> None:
    drawing, out, position = Markdown(columns), "", 0
    for length in [*cuts, *([1] * len(text))]:
        out += drawing.feed(text[position : position + length])
        position += length
    assert out + drawing.finish() == drawn(text, columns)


@given(MARKED)
def test_no_letter_is_lost_or_made_up(text: str) -> None:
    def letters(shown: str) -> list[str]:
        return sorted(char for char in shown if char.isalnum())

    assert letters(seen(text)) == letters(text)


@given(MARKED)
def test_an_answer_ends_its_line_and_its_styles(text: str) -> None:
    shown = drawn(text)
    assert not shown or shown.endswith("\n")
    codes: list[str] = SGR.findall(shown)
    assert all((code == "\x1b[0m") == bool(index % 2) for index, code in enumerate(codes))


@pytest.mark.parametrize(
    "nasty",
    ["*a " * 3000, "`" * 5000, "[" * 5000, "**" * 3000, "_a_" * 3000, "[a](" * 2000, "|" * 5000, "> " * 3000],
)
def test_text_made_to_be_slow_is_not(nasty: str) -> None:
    start = time.process_time()
    drawn(nasty)
    assert time.process_time() - start < 5


def test_a_bar_alone_stays_before_the_line_that_follows_it() -> None:
    assert seen("|\n\xa01\n") == "|\n\xa01\n"
