"""Adding a turn to a conversation of 10, 1,000 and 100,000 messages, and searching the last one.

    python bench/store.py [TURNS]

The rivals are what a script does by itself: a list that is written to a JSON file after each turn, and
reading every message to find a word. Both keep a flushed file; ours in its database.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

from livetechno.store import Store, search
from livetechno.store.messages import NewMessage

SIZES = (10, 1_000, 100_000)
WORDS = [
    f"{first}{last}"
    for first in ("kick", "snare", "acid", "swing", "delay")
    for last in ("", "s", "ed", "ing")
]
RARE = "ratchet"


def exchange(dice: random.Random, rare: bool = False) -> list[dict[str, str]]:
    said = " ".join(dice.choices(WORDS, k=40))
    return [
        {"role": "user", "content": said[:80]},
        {"role": "assistant", "content": f"{said} {RARE}" if rare else said},
    ]


def fill(store: Store, size: int) -> tuple[str, int]:
    """A conversation of that many messages; its id and its last message."""
    dice, id_ = random.Random(size), store.conversations.create().id
    head = None
    for number in range(size // 2):
        plain = exchange(dice, rare=number % 1000 == 0)
        head = store.tree.add(id_, [NewMessage(one) for one in plain], after=head)
    assert head is not None
    return id_, head


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Medians of wall time and CPU, in milliseconds."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls) * 1000, statistics.median(cpus) * 1000


def adding(store: Store, folder: Path, size: int, turns: int) -> tuple[float, float]:
    """Milliseconds of wall time of a turn: ours, and the JSON file's."""
    id_, head = fill(store, size)
    dice = random.Random(0)

    def ours() -> None:
        nonlocal head
        next(store.tree.exchanges(id_, head))
        head = store.tree.add(id_, [NewMessage(one) for one in exchange(dice)], after=head)

    conversation = [one for _ in range(size // 2) for one in exchange(dice)]
    path = folder / "conversation.json"

    def json_file() -> None:
        conversation.extend(exchange(dice))
        with path.open("w", encoding="utf-8") as file:
            json.dump(conversation, file)
            file.flush()
            os.fsync(file.fileno())

    ours()
    return timed(ours, turns)[0], timed(json_file, max(3, min(turns, 200_000 // size)))[0]


def searching(store: Store, text: str) -> None:
    found = len(store.search(text))
    ours = timed(partial(store.search, text), 15)[1]
    with patch.object(search, "has_index", return_value=False):
        reading = timed(partial(store.search, text), 5)[1]
    print(f"  {text!r:13}: {found:2} found, {ours:7.2f} ms; reading takes {reading / ours:6.2f} x ours")


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(folder / "livetechno.db")
        print("Adding a turn: wall time, flushed to disk, after reading the last one")
        first = 0.0
        for size in SIZES:
            ours, json_file = adding(store, folder, size, turns)
            first = first or ours
            print(
                f"  {size:7,} messages: {ours:6.2f} ms, {ours / first:5.2f} x that at {SIZES[0]};"
                f" a JSON file takes {json_file:8.2f} ms, {json_file / ours:7.1f} x ours"
            )
        print(f"Searching {SIZES[-1]:,} messages and more: CPU of a search for the best 50")
        for text in (RARE, "kick swing", "rat"):
            searching(store, text)
        store.close()


if __name__ == "__main__":
    main()
