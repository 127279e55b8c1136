from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import pretokens
from livetechno.gpt.encoding import ENCODINGS

TRICKY = ["a", "B", "é", "É", "ſ", "ǅ", "ʰ", "中", "ก", "ั", "1", "²", " ", "\n", "\r", "\t", "\x1c", "\xa0"]
TRICKY += ["'s", "'LL", "'", "/", ".", "!", "😀", "_", " the", "\u200b", "\U0001e030", "\u0897"]


def cut(text: str, encoding: str = "o200k_base") -> list[str]:
    return list(chain.from_iterable(pretokens.pretokens(text, encoding)))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=st.text() | st.lists(st.sampled_from(TRICKY)).map("".join))
def test_pretokens_joined_are_the_text(encoding: str, text: str) -> None:
    pieces = cut(text, encoding)
    assert "".join(pieces) == text
    assert all(pieces)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=st.lists(st.sampled_from([*TRICKY, " word word", "x y"]), max_size=60).map("".join))
def test_a_long_text_is_cut_in_parts_where_it_would_be_cut_anyway(encoding: str, text: str) -> None:
    whole = cut(text, encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretokens, "_WINDOWS", pretokens.windows(3))
        assert cut(text, encoding) == whole


def test_words_take_the_blank_before_them_and_the_ending_after_them() -> None:
    assert cut("I can't, you'LL see  CamelCase 12345") == (
        ["I", " can't", ",", " you'LL", " see", " ", " Camel", "Case", " ", "123", "45"]
    )
    assert cut("I can't, CamelCase", "cl100k_base") == ["I", " can", "'t", ",", " CamelCase"]


def test_blanks_and_line_ends_stay_together_up_to_the_last_blank() -> None:
    assert cut("a  \r\n\n  b") == ["a", "  \r\n\n", " ", " b"]
    assert cut("a \n b", "cl100k_base") == ["a", " \n", " b"]


def test_letters_newer_than_this_python_are_letters() -> None:
    garay_and_gurung = "\U00010d50\U00010d70 \U00016100"  # Unicode 16
    assert cut("a" + garay_and_gurung, "cl100k_base") == ["a\U00010d50\U00010d70", " \U00016100"]


def test_control_characters_that_python_calls_blank_are_signs() -> None:
    assert cut("a\x1c!b") == ["a", "\x1c!", "b"]
