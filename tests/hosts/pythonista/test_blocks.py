"""A model's Markdown becomes blocks of plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.hosts.pythonista.blocks import LINES, LONGEST, WIDEST, Block, blocks, grown, plain, whole_code

ANSWER = """# A groove

A **warm** kick, *deep* as `**this**`, see [the page](https://a.org/b).
- one
  - two
1. three

> said
> before

| step | sound |
|------|:-----:|
| 1    | **kick** |

```python
print("*not* bold")
\tx = 1
```
after
***
end"""


def _shown(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in blocks(text)]


def test_each_part_of_an_answer_becomes_a_block() -> None:
    assert _shown(ANSWER) == [
        ("heading", "A groove"),
        (
            "text",
            "A warm kick, deep as `**this**`, see the page (https://a.org/b).\n• one\n  • two\n1. three",
        ),
        ("quote", "said\nbefore"),
        ("table", "step  sound\n1     kick"),
        ("code", 'print("*not* bold")\n\tx = 1'),
        ("text", "after"),
        ("rule", ""),
        ("text", "end"),
    ]


@pytest.mark.parametrize(
    "text", ["2*3*4", "a_b_c", "snake__case__name", "** not bold **", "f(*a, **b)", "[x] y"]
)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    assert _shown(text) == [("text", text)]


def test_code_that_is_not_closed_yet_is_code() -> None:
    assert _shown("look:\n```py\nx = 1\n\n# no heading") == [
        ("text", "look:"),
        ("code", "x = 1\n\n# no heading"),
    ]


def test_a_fence_is_closed_by_one_that_is_as_long() -> None:
    assert _shown("````\n```\nx\n```\n````\ny") == [("code", "```\nx\n```"), ("text", "y")]


def test_nothing_a_model_writes_is_markup() -> None:
    assert _shown("<script>alert(1)</script> <b>x</b>") == [("text", "<script>alert(1)</script> <b>x</b>")]


def test_a_long_block_goes_on_in_another_one() -> None:
    found = blocks("word " * LONGEST + "\n\n```\n" + "x = 1\n" * LONGEST + "```")

    assert all(len(one.text) <= LONGEST + 1 for one in found)
    assert {one.joined for one in found[1:]} == {True, False}
    assert "".join(one.text for one in found if one.kind == "text") == "word " * LONGEST
    assert "\n".join(one.text for one in found if one.kind == "code") == "\n".join(["x = 1"] * LONGEST)


def test_no_block_is_larger_than_a_label_can_be() -> None:
    for text in ("\n".join("x" * 2000), "```\n" + "\n" * 500 + "y" * 5000 + "\n```", "| a |\n" * 300):
        for block in (*blocks(text), *plain(text)):
            assert block.text.count("\n") < LINES
            assert len(block.text) <= LONGEST
            if block.kind in ("code", "table"):
                assert max(map(len, block.text.split("\n"))) <= WIDEST


def test_code_is_copied_whole_however_many_blocks_it_takes() -> None:
    code = "x = 1\n\ty = 2\n" * 200 + "z" * 3000
    found = blocks(f"Look:\n```py\n{code}\n```\n```\nother\n```")

    assert len(found) > 4
    assert whole_code(found, 1) == code
    assert whole_code(found, len(found) - 1) == "other"


def test_what_a_person_wrote_stays_as_it_is() -> None:
    text = "# no **heading**\n\n\n```\n| x |\n"
    assert "\n".join(one.text for one in plain(text)) == text.rstrip("\n")
    assert plain("") == ()
    assert "".join(one.text for one in plain("y" * 5000)) == "y" * 5000


_MARKS = ["```", "````", "~~~", "`", "#", "# ", "> ", "| a ", "|", "- ", "**", "*", "---", "1. ", "[a](b)"]
_PIECES = st.lists(st.sampled_from(["word ", "\n", "\n\n", "\t", "x" * 500, "é", *_MARKS]), max_size=25)


@given(_PIECES)
def test_an_answer_that_grows_has_the_blocks_it_has_when_it_is_whole(pieces: list[str]) -> None:
    text, found = "", tuple[Block, ...]()
    for piece in pieces:
        text += piece
        found = grown(found, text)
        assert found == blocks(text)


def test_a_block_that_stays_as_it_was_is_the_same_object() -> None:
    before = blocks("one\n\ntwo\n\nthree")

    after = grown(before, "one\n\ntwo\n\nthree, four\n\nfive")

    assert [one.text for one in after] == ["one", "two", "three, four", "five"]
    assert all(one is other for one, other in zip(before[:2], after[:2], strict=True))


@given(st.text(max_size=200))
def test_any_text_can_be_shown(text: str) -> None:
    assert "".join(one.text for one in plain(text)).replace("\n", "") == text.replace("\n", "")
    assert [one.start for one in blocks(text)] == sorted({one.start for one in blocks(text)})
