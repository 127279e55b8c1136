"""A project of a MIDI file: a machine for each of its parts, its patterns, its sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from livetechno.music import midi_reading, patterns
from livetechno.music.actions import Action, ActionBatch, AddMachine, Arrange
from livetechno.music.machines.device import Machine
from livetechno.music.midi_reading import Imported
from livetechno.music.problems import Problem
from livetechno.music.reduce import reduce
from livetechno.music.values import Pattern, Project, Section
from livetechno.music.wire.palette import DRUMS_CHANNEL

DRUMS, SYNTH = "generic.drums", "generic.synth"


def project(data: bytes, machines: Mapping[str, Machine]) -> tuple[Imported, Project]:
    """What the file holds, and a project of it: General MIDI's drums on channel 10, else synthesizers.

    Notes that the drums have no voice for are left out, and counted among the losses. Raises Refused.
    """
    chosen = {channel: machines[DRUMS if channel == DRUMS_CHANNEL else SYNTH] for channel in range(1, 17)}
    imported = midi_reading.read(data, chosen)
    first = Project(imported.name, bpm=imported.bpm, signature=imported.signature, ppq=imported.ppq)
    actions: list[Action] = []
    lost = 0
    taken: set[int] = set()
    kept: set[str] = set()
    for position, part in enumerate(imported.parts):
        channel = part.channel if part.channel not in taken else _free(taken)
        if channel is None:
            continue
        taken.add(channel)
        machine = chosen[part.channel]
        actions.append(AddMachine(machine.id, part.key, channel, position, part.name))
        for pattern in part.patterns:
            playable = _playable(pattern, machine)
            lost += len(pattern.steps) - len(playable.steps)
            kept.add(pattern.id)
            actions.append(patterns.create(playable))
    sections = tuple(_section(one, kept) for one in imported.sections)
    made, _ = reduce(first, ActionBatch((*actions, Arrange(sections))), machines)
    losses = (*imported.losses, Problem("midi_voice", "", (), {"count": lost})) if lost else imported.losses
    return replace(imported, losses=losses), made


def _playable(pattern: Pattern, machine: Machine) -> Pattern:
    if not machine.voices:
        return pattern
    return replace(pattern, steps=tuple(step for step in pattern.steps if machine.voice(step.note)))


def _section(section: Section, kept: set[str]) -> Section:
    return replace(section, patterns=tuple(id_ for id_ in section.patterns if id_ in kept))


def _free(taken: set[int]) -> int | None:
    return next((number for number in range(1, 17) if number not in taken), None)
