"""Our tokens against tiktoken's own and quicktok's. tiktoken gets its vocabulary from us, as it has none."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from livetechno.gpt import encoding

PARTS = [
    "a",
    "A",
    "é",
    "É",
    "ſ",
    "中",
    "ก",
    "ั",
    "́",
    " ",
    "  ",
    "\n",
    "\r",
    "\t",
    "\xa0",
    "\x1c",
    "1",
    "٣",
    "²",
    "'",
]
PARTS += [
    "'s",
    "'S",
    "'ll",
    "'RE",
    "’",
    "/",
    "//",
    ".",
    "!",
    "=",
    "-",
    "<|endoftext|>",
    "😀",
    "ǅ",
    "ʰ",
    "\u200b",
]
PARTS += [
    "\ud800",
    "\x85",
    "_",
    "the",
    " the",
    "\r\n",
    "ßẞ",
    "İ",
    "K",
    "\U0001e030",
    "\u0897",
    "\u088f",
    "\U000323b0",
]

texts = st.text() | st.lists(
    st.builds(
        lambda part, times: part * times, st.sampled_from(PARTS), st.sampled_from([1, 1, 2, 3, 17, 300])
    ),
    max_size=30,
).map("".join)


@cache
def tiktoken(name: str) -> Any:
    from tiktoken import Encoding

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            openai_public, "load_tiktoken_bpe", lambda *_path, **_hash: encoding._vocabulary(name).ranks
        )
        return Encoding(**getattr(openai_public, name)())


@pytest.mark.parametrize("name", encoding.ENCODINGS)
@given(text=texts)
def test_our_tokens_are_tiktokens(name: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_quick", lambda _name: None)
        ours = encoding.encode(text, name)
        counted = encoding.count(text, name)
    assert ours == tiktoken(name).encode_ordinary(text)
    assert counted == len(ours)


@pytest.mark.parametrize("name", encoding.ENCODINGS)
@given(text=texts)
def test_the_tokens_through_quicktok_are_tiktokens(name: str, text: str) -> None:
    assert encoding._quick(name) is not None
    assert encoding.encode(text, name) == tiktoken(name).encode_ordinary(text)
    assert encoding.count(text, name) == len(encoding.encode(text, name))


@pytest.mark.parametrize("name", encoding.ENCODINGS)
@pytest.mark.parametrize("quick", [False, True])
def test_every_character_is_cut_as_tiktoken_cuts_it(
    name: str,
    quick: bool,
    monkeypatch: pytest.MonkeyPatch,
    soak: Callable[[int], int],
    rng: random.Random,
) -> None:
    if not quick:
        monkeypatch.setattr(encoding, "_quick", lambda _name: None)
    for point in rng.sample(range(0x110000), soak(0x110000)):
        char = chr(point)
        text = f"a{char}B {char}c{char}1{char}'s {char}{char}."
        assert encoding.encode(text, name) == tiktoken(name).encode_ordinary(text), hex(point)


@pytest.mark.parametrize("unit", ["a", " ", "=", "\n", "中", "การ", "QUJD", "é", "😀", "0"])
@pytest.mark.parametrize("name", encoding.ENCODINGS)
def test_long_runs_have_the_tokens_of_quicktok(name: str, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = encoding._quick(name)
    assert quick is not None
    monkeypatch.setattr(encoding, "_quick", lambda _name: None)
    text = unit * 5000
    assert encoding.encode(text, name) == quick.encode_ordinary(text)
