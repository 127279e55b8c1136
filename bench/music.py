"""Composing: checking and doing actions, a one-hour set as a MIDI file, a wish to a proposal.

python bench/music.py [RUNS]

Beside JSON Schema alone (fastjsonschema) and mido used plainly, in the same run, by turns.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import sys
import time
from collections.abc import Callable

import fastjsonschema
import mido

from livetechno.composer import compose
from livetechno.gpt import transport
from livetechno.gpt.client import Client
from livetechno.mock import MockServer
from livetechno.music import generator, midi_file, reading, schema, wish
from livetechno.music.actions import ActionBatch, AddMachine, Arrange, CreatePattern, EditPattern
from livetechno.music.expansion import expand
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.reduce import reduce
from livetechno.music.values import Project, Section, Step
from livetechno.music.wish import Intent

MACHINES = Catalogue()
HOUR = 60 * 130 // 4
"""Bars of an hour at 130 bpm."""
GOAL_MS = 300


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(runs: int, **works: Callable[[], object]) -> dict[str, float]:
    """The median seconds of each, by turns, after a round that warms up."""
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            times[name].append(seconds(work))
    return {name: statistics.median(of) for name, of in times.items()}


def hundred() -> tuple[Project, dict[str, object]]:
    """A project, and a document of a hundred actions that may be done to it."""
    actions = (AddMachine("behringer.rd9", "rd9", 10), CreatePattern("beat", "rd9", 64))
    project, _ = reduce(Project(), ActionBatch(actions), MACHINES)
    edits = [EditPattern("beat", put=tuple(Step(t, 36, 1 + n) for t in range(16))) for n in range(100)]
    return project, reading.document_of(ActionBatch(tuple(edits)))


def set_of(bars: int) -> Project:
    """A generated piece of so many bars."""
    intent = Intent("", style="berlin", bars=min(bars, 512), arranged=True)
    made, _ = reduce(Project(), generator.compose(intent, Project(), MACHINES, seed=1), MACHINES)
    sections = [section for _ in range(-(-bars // 512)) for section in made.arrangement]
    kept, count = [], 0
    for section in sections:
        length = min(section.bars, bars - count)
        if length > 0:
            kept.append(Section(section.name, length, section.patterns))
            count += length
    return reduce(made, Arrange(tuple(kept)), MACHINES)[0]


Told = list[list[tuple[int, dict[str, object]]]]


def told(data: bytes) -> Told:
    """What is in a file: for each track the messages, with their times, as plain values."""
    file = mido.MidiFile(file=io.BytesIO(data))
    return [
        [(message.time, message.dict()) for message in track if not message.is_meta] for track in file.tracks
    ]


def plainly(tracks: Told) -> bytes:
    """The same messages, whose times are known already, with mido alone."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for messages in tracks:
        track = mido.MidiTrack()
        for time_, values in messages:
            track.append(mido.Message(**{**values, "time": time_}))
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


async def proposal() -> float:
    """Milliseconds from a wish to a proposal, Mock AI over HTTP; the first, which loads, is left out."""
    mock = MockServer()
    client = Client(base_url=await mock.start(), openai=True)
    intent = wish.read("acid at 132 bpm, dark, four on the floor", MACHINES.solid_names())
    times = []
    for _ in range(6):
        began = time.perf_counter()
        await compose(client, intent, Project(), MACHINES)
        times.append(time.perf_counter() - began)
    await transport.close_pool()
    await mock.stop()
    return 1000 * statistics.median(times[1:])


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    project, document = hundred()
    validate = fastjsonschema.compile(schema.load("ActionBatch.v1"), use_default=False)
    took = median(
        runs,
        ours=lambda: reduce(project, reading.read_action(document), MACHINES),
        schema=lambda: validate(document),
    )
    print(f"100 actions read, checked and done, with what undoes them: {took['ours'] * 1000:.1f} ms")
    print(f"  {took['ours'] / took['schema']:.2f} x fastjsonschema that only validates them")

    long, half = set_of(HOUR), set_of(HOUR // 2)
    events = expand(long)
    messages = told(midi_file.write(events, MACHINES))
    took = median(
        max(3, runs // 2),
        ours=lambda: midi_file.write(expand(long), MACHINES),
        half=lambda: midi_file.write(expand(half), MACHINES),
        mido=lambda: plainly(messages),
    )
    count = sum(map(len, messages))
    print(f"one hour at 130 bpm, {len(events.notes):,} notes, {count:,} messages: {took['ours']:.2f} s")
    print(
        f"  {took['ours'] / took['mido']:.2f} x mido used plainly for the same messages, already worked out"
    )
    print(f"  {took['ours'] / took['half']:.2f} x half an hour (2 is linear)")

    took_ms = asyncio.run(proposal())
    print(f"a wish to a proposal with Mock AI, over HTTP: {took_ms:.0f} ms (goal: {GOAL_MS})")


if __name__ == "__main__":
    main()
