"""Our gateway beside nginx, a bare aiohttp pass-through and LiteLLM's proxy, in one run, by turns.

    python bench/gateway.py [REQUESTS] [ONLY ...]     REQUESTS of the growth (100000: the full count)

Each proxy has one core, the load and the fake OpenAI another. A busy machine spoils what the clock says, not
what a request takes of the CPU: of both, ratios are told. Ours runs with all it does: an access key, limits,
a budget, the books, the log. ONLY names the proxies to start: nginx, bare, ours, litellm.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

import proxies
from load import BrokenError, Connection, Target, connected, for_seconds, wear
from proxies import AbsentError, Proxy

STARTS = {"nginx": proxies.nginx, "bare": proxies.bare, "ours": proxies.ours, "litellm": proxies.litellm}
OURS, BARE, LITELLM = "ours", "bare aiohttp", "LiteLLM"
ROUNDS = 5
SECONDS = 1.5
"""Of one turn under load."""
CONNECTIONS = 32
WORDS = 50
"""Chunks of a stream."""
LATENCIES = 200
OPEN = 2000
LEAVE = 10
"""Every so many-th client goes at the first word."""
REQUESTS = 4000
SLOW = 100
"""A proxy of fewer streams a second gets fewer of what is counted, not timed: what `PATIENCE` seconds do."""
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked for."""

    words: int
    stream: bool
    pause_us: int = 0

    def to(self, target: Target) -> bytes:
        body: dict[str, object] = {
            "model": proxies.MODEL,
            "messages": [{"role": "user", "content": "Go"}],
            "max_completion_tokens": self.words,
            "stream": self.stream,
        }
        if self.pause_us:
            body["seed"] = self.pause_us
        return target.request(json.dumps(body).encode())


JSON_CALL = Call(WORDS, stream=False)
STREAM = Call(WORDS, stream=True)
FIRST_WORD = Call(3, stream=True, pause_us=2000)
HELD = Call(2, stream=True, pause_us=600_000_000)

Row = dict[str, float]
"""A value for each proxy."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Answers in a second by the clock, and milliseconds of CPU of each."""

    rate: Row
    cpu_ms: Row

    @property
    def of_a_core(self) -> Row:
        """Answers in a second of CPU: what a core of its own gives."""
        return {name: 1000 / cpu for name, cpu in self.cpu_ms.items()}


async def speed(all_: list[Proxy], direct: Target, call: Call) -> Speed:
    """Under load, by turns: medians of the rounds."""
    rates: dict[str, list[float]] = {"direct": [], **{proxy.name: [] for proxy in all_}}
    cpus: dict[str, list[float]] = {proxy.name: [] for proxy in all_}
    for _ in range(ROUNDS):
        for proxy in (None, *all_):
            target = proxy.target if proxy else direct
            request = call.to(target)
            async with connected(target, CONNECTIONS) as connections:
                await for_seconds(connections, request, call.words, 0.1)
                used, began = proxy.cpu() if proxy else 0.0, time.perf_counter()
                count = await for_seconds(connections, request, call.words, SECONDS)
                took = time.perf_counter() - began
            rates[proxy.name if proxy else "direct"].append(count / took)
            if proxy:
                cpus[proxy.name].append((proxy.cpu() - used) * 1000 / count)
    return Speed(medians(rates), medians(cpus))


async def latency(all_: list[Proxy], direct: Target, call: Call, *, of_first: bool) -> Row:
    """Milliseconds that each adds to one call at a time, to its first word or to its end."""
    targets = {"direct": direct, **{proxy.name: proxy.target for proxy in all_}}
    took: dict[str, list[float]] = {name: [] for name in targets}
    async with AsyncExitStack() as stack:
        connections: dict[str, Connection] = {}
        for name, target in targets.items():
            (connections[name],) = await stack.enter_async_context(connected(target, 1))
            await connections[name].ask(call.to(target), call.words)
        for _ in range(LATENCIES):
            for name, target in targets.items():
                began = time.perf_counter()
                await connections[name].ask(call.to(target), call.words)
                end = connections[name].first if of_first else time.perf_counter()
                took[name].append((end - began) * 1000)
    middle = medians(took)
    return {name: middle[name] - middle["direct"] for name in middle if name != "direct"}


async def per_open_stream(proxy: Proxy, number: int) -> float:
    """Kilobytes that one more open stream takes."""
    idle = proxy.memory()
    async with connected(proxy.target, number) as connections:
        request = HELD.to(proxy.target)
        for start in range(0, number, 50):
            group = connections[start : start + 50]
            await asyncio.gather(*(one.ask(request, HELD.words, only_first=True) for one in group))
        held = proxy.memory()
    return (held - idle) / number


async def growth(proxy: Proxy, count: int) -> float:
    """Kilobytes that `count` streams leave behind, after a fifth of that before; some clients go at once."""
    memory = []
    for number in (count // 5, count):
        request = STREAM.to(proxy.target)
        await wear(proxy.target, request, WORDS, count=number, at_once=CONNECTIONS, leave=LEAVE)
        await asyncio.sleep(1)
        memory.append(proxy.memory())
    return memory[1] - memory[0]


def medians(of: Mapping[str, list[float]]) -> Row:
    return {name: statistics.median(values) for name, values in of.items()}


class Table:
    """The rows as they come, a column for each proxy."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        print(f"{'':34}" + "".join(f"{name:>14}" for name in names))

    def row(self, what: str, values: Row, form: str = ",.0f", *, ratio: bool = False) -> None:
        self._line(what, values, form)
        if ratio and BARE in values:
            self._line(
                "  of the bare pass-through",
                {name: value / values[BARE] for name, value in values.items()},
                ".2f",
            )

    def _line(self, what: str, values: Row, form: str) -> None:
        cells = (f"{values[name]:{form}}" if name in values else "" for name in self._names)
        print(f"{what:34}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def told_goals(requests: Speed, streams: Speed, open_kb: Row, grown: Row) -> None:
    """The goals, where those that they compare with are here."""

    def ratio(row: Row, other: str) -> float | None:
        return row[OURS] / row[other] if OURS in row and other in row else None

    goals: list[tuple[str, float | None, Callable[[float], bool], str]] = [
        ("requests of a core / bare's", ratio(requests.of_a_core, BARE), lambda it: it >= 0.6, ">= 0.6"),
        ("streams of a core / bare's", ratio(streams.of_a_core, BARE), lambda it: it >= 0.8, ">= 0.8"),
        ("memory of an open stream / bare's", ratio(open_kb, BARE), lambda it: it <= 2, "<= 2"),
        ("requests of a core / LiteLLM's", ratio(requests.of_a_core, LITELLM), lambda it: it >= 50, ">= 50"),
        ("streams of a core / LiteLLM's", ratio(streams.of_a_core, LITELLM), lambda it: it >= 100, ">= 100"),
        ("growth in kB", grown.get(OURS), lambda it: it < 1024, "< 1 MB"),
    ]
    for what, value, reached, goal in goals:
        if value is not None:
            print(
                f"  {what:34} {value:8.2f}   goal {goal:6}  {'reached' if reached(value) else 'not reached'}"
            )


async def measure(all_: list[Proxy], direct: Target, count: int) -> None:
    table = Table(["direct", *(proxy.name for proxy in all_)])
    requests = await speed(all_, direct, JSON_CALL)
    told_speed(table, "requests", requests)
    streams = await speed(all_, direct, STREAM)
    told_speed(table, f"streams of {WORDS} chunks", streams)
    table.row("added to a request, ms", await latency(all_, direct, JSON_CALL, of_first=False), ".2f")
    table.row("added to the first word, ms", await latency(all_, direct, FIRST_WORD, of_first=True), ".2f")
    table.row("memory at rest, MB", {proxy.name: proxy.memory() / 1024 for proxy in all_})
    open_kb: Row = {}
    grown: Row = {}
    for proxy in all_:
        rate = streams.rate[proxy.name]
        affordable = int(PATIENCE * rate) if rate < SLOW else sys.maxsize
        held = min(OPEN, affordable // 4)
        if affordable < max(OPEN, count):
            print(f"  {proxy.name} gets {held:,} and {min(count, affordable):,} of these:", flush=True)
        try:
            open_kb[proxy.name] = await asyncio.wait_for(per_open_stream(proxy, held), 2 * PATIENCE)
        except asyncio.TimeoutError:
            print(f"  {proxy.name} does not hold {held:,} streams", flush=True)
        grown[proxy.name] = await growth(proxy, min(count, affordable))
    table.row(f"kB of each of {OPEN:,} open streams", open_kb, ".1f", ratio=True)
    table.row(f"kB grown in {count:,} requests", grown)
    told_goals(requests, streams, open_kb, grown)


def told_speed(table: Table, what: str, of: Speed) -> None:
    table.row(f"{what}/s by the clock", of.rate, ratio=True)
    table.row("  ms of CPU each", of.cpu_ms, ".3f")
    table.row("  in a second of CPU", of.of_a_core, ratio=True)


def main() -> None:
    if sys.platform != "linux":
        print("Gateways: measured on Linux only, which tells a process's CPU and keeps it on a core")
        return
    import uvloop

    count = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    names = sys.argv[2:] or list(STARTS)
    cores = sorted(os.sched_getaffinity(0))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    print(f"Gateways: medians of {ROUNDS} rounds by turns, {CONNECTIONS} connections, {len(cores)} cores")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        direct = stack.enter_context(proxies.upstream(Path(folder), cores[-1]))
        started: list[Proxy] = []
        for name in names:
            try:
                started.append(stack.enter_context(STARTS[name](Path(folder), cores[0], direct)))
            except AbsentError as error:
                print(f"  without {name}: {error}")
        os.sched_setaffinity(0, {cores[-1]})
        uvloop.install()
        try:
            asyncio.run(measure(started, direct, count))
        except BrokenError as error:
            raise SystemExit(f"  broken: {error}") from None


if __name__ == "__main__":
    main()
