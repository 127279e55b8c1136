"""CPU per 1,000 streamed chunks and time to the first token: ours beside the official SDK.

    python bench/streaming.py [ROUNDS]

The upstream (bench/upstream.py) is a process of its own; each client is measured in fresh
processes, by turns, after one stream that warms it up.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

MODEL = "bench"
KEY = "sk-" + "test-bench"
CHUNKS = 1000
STREAMS = 4
FIRSTS = 60
"""Shorter streams, for the time to the first text."""
FEW = 20
"""Chunks of each of them."""
PAUSES_US = {"in one burst": 0, "one by one, 1 ms apart": 1000}
GOAL = 0.5

Pieces = Callable[[int, int], AsyncIterator[str]]
"""The texts of one stream, for a number of chunks and a pause between them in microseconds."""


@asynccontextmanager
async def ours(url: str) -> AsyncIterator[Pieces]:
    from livetechno.gpt import transport
    from livetechno.gpt.client import Client
    from livetechno.gpt.completions import Parameters, Request, TextDelta
    from livetechno.gpt.messages import user
    from livetechno.gpt.secret import Secret

    client = Client(base_url=url, key=Secret(KEY))

    async def pieces(chunks: int, pause_us: int) -> AsyncIterator[str]:
        parameters = Parameters(max_tokens=chunks, seed=pause_us)
        async with client.stream(Request((user("Go"),), model=MODEL, parameters=parameters)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    yield event.text

    yield pieces
    await transport.close_pool()


@asynccontextmanager
async def sdk(url: str) -> AsyncIterator[Pieces]:
    import openai

    client = openai.AsyncOpenAI(base_url=url, api_key=KEY)

    async def pieces(chunks: int, pause_us: int) -> AsyncIterator[str]:
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Go"}],
            max_tokens=chunks,
            seed=pause_us,
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    yield pieces
    await client.close()


CLIENTS = {"ours": ours, "sdk": sdk}


async def measure(who: str, url: str, pause_us: int) -> tuple[float, float]:
    """CPU in ms per 1,000 chunks, and the median time to the first text in ms."""
    async with CLIENTS[who](url) as pieces:
        await one_stream(pieces, 50, 0)
        cpu = time.process_time()
        for _ in range(STREAMS):
            await one_stream(pieces, CHUNKS, pause_us)
        cpu = time.process_time() - cpu
        firsts = [await one_stream(pieces, FEW, pause_us) for _ in range(FIRSTS)]
    return cpu * 1e6 / (CHUNKS * STREAMS), statistics.median(firsts) * 1000


async def one_stream(pieces: Pieces, chunks: int, pause_us: int) -> float:
    """Seconds to the first text; ends the run when the texts are not all there, one by one."""
    start, first, count = time.perf_counter(), 0.0, 0
    async for text in pieces(chunks, pause_us):
        first = first or time.perf_counter() - start
        count += text == " acid"
    if count != chunks:
        raise SystemExit(f"{count} of {chunks} chunks came")
    return first


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    command = [sys.executable, str(Path(__file__).with_name("upstream.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as upstream:
        try:
            assert upstream.stdout is not None
            url = upstream.stdout.readline().strip()
            print(f"Streaming: medians of {rounds} rounds, Python {sys.version.split()[0]}", flush=True)
            for name, pause_us in PAUSES_US.items():
                compare(name, url, pause_us, rounds)
        finally:
            upstream.kill()
    print(f"  (goal: ratios of {GOAL} or less)")


def compare(name: str, url: str, pause_us: int, rounds: int) -> None:
    measured: dict[str, list[tuple[float, float]]] = {client: [] for client in CLIENTS}
    for _ in range(rounds):
        for client, results in measured.items():
            command = [sys.executable, __file__, client, url, str(pause_us)]
            results.append(tuple(json.loads(subprocess.check_output(command, text=True))))
    (cpu, first), (sdk_cpu, sdk_first) = (
        [statistics.median(values) for values in zip(*measured[client], strict=True)] for client in CLIENTS
    )
    print(f"  {name}")
    print(side_by_side("CPU per 1,000 chunks", cpu, sdk_cpu))
    print(side_by_side("to the first text", first, sdk_first), flush=True)


def side_by_side(what: str, mine: float, theirs: float) -> str:
    return f"    {what:20}   ours {mine:7.2f} ms   SDK {theirs:7.2f} ms   ratio {mine / theirs:.2f}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("ours" | "sdk") as who, url, pause]:
            print(json.dumps(asyncio.run(measure(who, url, int(pause)))))
        case _:
            main()
