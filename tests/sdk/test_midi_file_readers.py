"""Our MIDI files, read by mido and by npm's midi-file, which share no code: the same events."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido

from livetechno.music import midi_file
from livetechno.music.expansion import expand
from tests.music.making import MACHINES, random_project
from tools import page

SCRIPT = Path(__file__).parent / "scripts" / "midi_file.mjs"
_KINDS = {
    "note_on": ("noteOn", "note", "velocity"),
    "note_off": ("noteOff", "note", "velocity"),
    "control_change": ("controller", "control", "value"),
    "program_change": ("programChange", "program", ""),
    "set_tempo": ("setTempo", "tempo", ""),
}


def by_mido(data: bytes) -> list[Any]:
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    events = []
    for number, track in enumerate(file.tracks):
        now = 0
        for message in track:
            now += message.time
            if message.type in _KINDS:
                kind, *names = _KINDS[message.type]
                values = [getattr(message, name) if name else 0 for name in names]
                events.append([number, now, kind, getattr(message, "channel", -1), *values])
    return [file.type, file.ticks_per_beat, events]


def test_two_readers_find_the_same_events(tmp_path: Path, soak: Callable[[int], int]) -> None:
    dice = random.Random(5)
    files = [midi_file.write(expand(random_project(dice)), MACHINES) for _ in range(soak(10_000))]
    together = tmp_path / "files"
    together.write_bytes(b"".join(len(data).to_bytes(4, "big") + data for data in files))
    node = page.node_folder() / ("node.exe" if os.name == "nt" else "bin/node")
    package = (page.WEB / "node_modules" / "midi-file" / "index.js").as_uri()
    done = subprocess.run(
        [node, SCRIPT, together],
        env={**os.environ, "MIDI_FILE": package},
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(files)
    for data, theirs in zip(files, told, strict=True):
        assert theirs == by_mido(data)
