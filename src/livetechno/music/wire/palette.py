"""Which machines and controls an answer may name: those on the desk, and those that are offered.

A control belongs to its machine, so each machine is a seat of its own. A machine may have a hundred controls;
those that the wish speaks of and that are in use come first, then what is turned most while playing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from livetechno.music.machines.device import Control, Machine
from livetechno.music.values import Project

MOST_CONTROLS = 24
"""Controls of a machine that are offered at most."""
DRUMS_CHANNEL = 10
"""Where a drum machine goes by the custom of General MIDI."""
CHANNELS = range(1, 17)
_TURNED = (
    "cutoff",
    "resonance",
    "filter",
    "decay",
    "env",
    "attack",
    "release",
    "sustain",
    "drive",
    "distortion",
    "accent",
    "tune",
    "pitch",
    "level",
    "volume",
    "reverb",
    "delay",
    "feedback",
    "mix",
    "pan",
    "lfo",
    "rate",
    "depth",
    "wave",
    "glide",
)
"""What is turned most on stage."""
_FRENCH = {
    "coupure": "cutoff",
    "frequence": "cutoff",
    "filtre": "filter",
    "resonance": "resonance",
    "enveloppe": "env",
    "attaque": "attack",
    "declin": "decay",
    "relachement": "release",
    "saturation": "drive",
    "distorsion": "distortion",
    "accord": "tune",
    "hauteur": "pitch",
    "niveau": "level",
    "reverberation": "reverb",
    "retard": "delay",
    "onde": "wave",
    "glisse": "glide",
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One machine that an answer may name."""

    instance: str
    machine: Machine
    channel: int
    position: int
    stands: bool
    """Whether it is on the desk; else an answer may put it there, by this name and on this channel."""
    controls: tuple[Control, ...] = ()
    """Those that an answer may name."""

    def control(self, name: str) -> Control | None:
        """The control of that name, if an answer may name it."""
        return next((one for one in self.controls if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Palette:
    """All that an answer may name."""

    seats: tuple[Seat, ...] = ()

    def seat(self, instance: str) -> Seat | None:
        """The seat of that name."""
        return next((one for one in self.seats if one.instance == instance), None)

    @property
    def standing(self) -> tuple[Seat, ...]:
        """What is on the desk."""
        return tuple(one for one in self.seats if one.stands)

    @property
    def offered(self) -> tuple[Seat, ...]:
        """What could be put on it."""
        return tuple(one for one in self.seats if not one.stands)

    def with_controls(self, most: int) -> Palette:
        """The same with at most so many controls of a machine: the first."""
        return Palette(tuple(replace(one, controls=one.controls[:most]) for one in self.seats))


def palette(
    project: Project, machines: Mapping[str, Machine], offered: Sequence[str] = (), wish: str = ""
) -> Palette:
    """The seats of a project's machines, and one for each machine that is `offered` and not on the desk.

    A machine that the catalogue does not have is left out.
    """
    seats = [
        Seat(
            one.id,
            machine,
            one.channel,
            one.position,
            stands=True,
            controls=_picked(machine, wish, _used(project, one.id)),
        )
        for one in project.machines
        if (machine := machines.get(one.machine))
    ]
    here = {one.machine for one in project.machines}
    names = {one.id for one in project.machines}
    channels = {one.channel for one in project.machines}
    position = max((one.position for one in project.machines), default=-1)
    for id_ in offered:
        machine = machines.get(id_)
        channel = _free(channels, machine) if machine else None
        if id_ in here or machine is None or channel is None:
            continue
        position += 1
        name = _unused(id_.rpartition(".")[2], names)
        seats.append(
            Seat(name, machine, channel, position, stands=False, controls=_picked(machine, wish, ()))
        )
        here.add(id_)
        names.add(name)
        channels.add(channel)
    return Palette(tuple(seats))


def _used(project: Project, instance: str) -> tuple[str, ...]:
    on_desk = project.instance(instance)
    set_ = tuple(on_desk.params) if on_desk else ()
    return set_ + tuple(point.target for one in project.patterns_of(instance) for point in one.automation)


def _free(taken: set[int], machine: Machine) -> int | None:
    wanted = (DRUMS_CHANNEL, *CHANNELS) if machine.kind == "drums" else (*CHANNELS,)
    return next((channel for channel in wanted if channel not in taken), None)


def _unused(name: str, names: set[str]) -> str:
    numbered = (name, *(f"{name}-{number}" for number in range(2, 18)))
    return next(one for one in numbered if one not in names)


def _picked(machine: Machine, wish: str, used: Iterable[str]) -> tuple[Control, ...]:
    """The controls in the order of their weight, as many as are offered."""
    in_use, wished = set(used), _words(wish)
    places = {control.name: place for place, control in enumerate(machine.controls)}

    def weight(control: Control) -> tuple[bool, bool, int, int]:
        own = _words(f"{control.name} {control.title} {control.section}")
        turned = min((_TURNED.index(word) for word in own & set(_TURNED)), default=len(_TURNED))
        return control.name not in in_use, not own & wished, turned, places[control.name]

    return tuple(sorted(machine.controls, key=weight)[:MOST_CONTROLS])


def _words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    found = re.findall(r"[a-z]{3,}", plain)
    return {_FRENCH.get(word, word) for word in found}
