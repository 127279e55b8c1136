"""What keeping the books costs: CPU of a call with and without them, beside the official SDK.

    python bench/budgets.py [CALLS]

Each call is reserved before it is sent and settled after, both flushed to the disk. The upstream
(bench/upstream.py) is a process of its own; the three are measured by turns, after one call that warms up.
Then the books alone, one by one and from leased slices, as the gateway keeps them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from decimal import Decimal
from pathlib import Path
from typing import Any

import openai

from livetechno.gpt import transport
from livetechno.gpt.accounting import Books
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Parameters, Request
from livetechno.gpt.messages import user
from livetechno.gpt.secret import Secret
from livetechno.store import Store
from livetechno.store.budgets import Reserved

MODEL = "gpt-6-luna"
KEY = "sk-" + "test-bench"
CHUNKS = 20
"""Of each answer: what an everyday answer is, to set the overhead in proportion."""
ROUNDS = 7
TOGETHER = 16
"""Calls at once, in the second comparison."""

Ask = Callable[[], Awaitable[object]]


def ours(url: str, books: Books | None) -> Ask:
    client = Client(base_url=url, key=Secret(KEY), books=books)
    request = Request((user("Go"),), MODEL, Parameters(max_tokens=CHUNKS))

    async def ask() -> None:
        async with client.stream(request) as events:
            async for _ in events:
                pass

    return ask


def official(url: str) -> Ask:
    client = openai.AsyncOpenAI(base_url=url, api_key=KEY)

    async def ask() -> None:
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Go"}], max_tokens=CHUNKS, stream=True
        )
        async for _ in stream:
            pass

    return ask


async def cpu_ms(ask: Ask, calls: int, together: int) -> tuple[float, float]:
    """Milliseconds of CPU and of wall time for a call."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls // together):
        await asyncio.gather(*(ask() for _ in range(together)))
    done = calls // together * together
    return (time.process_time() - cpu) * 1000 / done, (time.perf_counter() - wall) * 1000 / done


async def compare(url: str, store: Store, calls: int) -> None:
    books = Books(store.budgets, store.ledger)
    asks = {"with books": ours(url, books), "without": ours(url, None), "official SDK": official(url)}
    for together in (1, TOGETHER):
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in asks}
        for ask in asks.values():
            await ask()
        for _ in range(ROUNDS):
            for name, ask in asks.items():
                measured[name].append(await cpu_ms(ask, calls, together))
        cpu = {name: statistics.median(one[0] for one in rows) for name, rows in measured.items()}
        wall = {name: statistics.median(one[1] for one in rows) for name, rows in measured.items()}
        print(f"{together} at a time, {CHUNKS} chunks each: medians of {ROUNDS} interleaved rounds")
        for name in asks:
            ratio = cpu[name] / cpu["without"]
            print(f"  {name:12}  {cpu[name]:6.2f} ms CPU, {ratio:5.2f} x without; {wall[name]:6.2f} ms wall")
        overhead = cpu["with books"] - cpu["without"]
        share = overhead / cpu["official SDK"]
        print(f"  the books take {overhead:.2f} ms of CPU a call, {share:.2f} of what a call takes the SDK")


def booked(
    reserve: Callable[[], Reserved], settle: Callable[[int], Future[None]], calls: int
) -> tuple[float, ...]:
    """Microseconds of a call: CPU of who asks, CPU of all threads, wall time until all is on disk."""
    thread, cpu, wall = time.thread_time(), time.process_time(), time.perf_counter()
    for _ in range(calls):
        written = settle(reserve().number)
    asked = time.thread_time() - thread
    written.result()
    spans = asked, time.process_time() - cpu, time.perf_counter() - wall
    return tuple(span * 1_000_000 / calls for span in spans)


def compare_books(store: Store) -> None:
    leases = store.leases
    wish: dict[str, Any] = {
        "at": dt.datetime.now(dt.timezone.utc),
        "model": MODEL,
        "address": "http://127.0.0.1/v1",
        "purpose": "gateway",
        "base": Decimal("0.00012"),
        "per_token": Decimal("0.0000004"),
        "wanted": 4096,
        "least": 256,
    }
    end: dict[str, Any] = {
        "usd": Decimal("0.0000321"),
        "estimated": False,
        "model": MODEL,
        "tier": "default",
        "usage": {"input_tokens": 40, "output_tokens": 20},
        "request_id": "req_1",
        "finish": "stop",
    }

    def lease() -> Reserved:
        return leases.take(**wish) or leases.reserve(conversation=None, **wish).result()

    def reserve() -> Reserved:
        return store.budgets.reserve(conversation=None, **wish).result()

    def settled_at_once(number: int) -> Future[None]:
        written = store.ledger.settle(number, **end)
        written.result()
        return written

    ways: dict[str, Callable[[], tuple[float, ...]]] = {
        "one by one": lambda: booked(reserve, settled_at_once, 500),
        "leased": lambda: booked(lease, lambda number: leases.settle(number, **end), 20_000),
    }
    rows = {name: [way() for _ in range(ROUNDS)] for name, way in ways.items()}
    print(f"the books alone, reserve and settle: medians of {ROUNDS} rounds, microseconds a call")
    for name, measured in rows.items():
        caller, cpu, wall = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"  {name:12}  {caller:7.1f} CPU of who asks; {cpu:7.1f} CPU of all; {wall:7.1f} wall")


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 160
    upstream = [sys.executable, str(Path(__file__).with_name("upstream.py"))]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(upstream, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        store = Store.open(Path(folder) / "livetechno.db")
        store.budgets.set("day", Decimal(1_000_000))

        async def run(url: str) -> None:
            await compare(url, store, calls)
            await transport.close_pool()

        try:
            asyncio.run(run(server.stdout.readline().strip()))
            compare_books(store)
            unsettled = [row for row in store.ledger.calls() if not row.settled]
            assert not unsettled
        finally:
            store.close()
            server.terminate()


if __name__ == "__main__":
    main()
