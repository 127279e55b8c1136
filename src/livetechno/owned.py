"""What a musician has said of machines: which are owned, what a voice sends, what stands in for a TB-303.

It is in the folder `machines` of the home folder: `owned.json`, and a file with a Machine.v1 for each machine
of the musician's making (docs/protocol.md shows one).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from livetechno import environment, words
from livetechno.music import reading
from livetechno.music.machines.catalogue import Catalogue, Own
from livetechno.music.machines.device import Machine
from livetechno.music.problems import Refused
from livetechno.settings import SettingsError, write_private

FOLDER, FILE = "machines", "owned.json"
MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Owned:
    """What is in the folder."""

    machines: Mapping[str, Machine] = field(default_factory=dict)
    """Of the musician's making."""
    inventory: frozenset[str] | None = None
    """Ids of the machines that are owned; None where nothing was said."""
    notes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """All machines, as the musician has them."""
        return Catalogue(Own(self.machines, self.notes, self.through))


def read() -> Owned:
    """What was said. Raises SettingsError for a file that cannot be used."""
    folder = environment.home() / FOLDER
    told = _told(folder / FILE)
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    machines = [_machine(file) for file in files if file.name != FILE]
    inventory = told.get("owned")
    return Owned(
        {one.id: one for one in machines},
        None if inventory is None else frozenset(inventory),
        told.get("notes", {}),
        told.get("through", {}),
    )


def own(ids: frozenset[str] | None) -> Owned:
    """Keep which machines are owned; None forgets it. Raises SettingsError."""
    return _write(replace(read(), inventory=ids))


def send(machine: str, voices: Mapping[str, int | None]) -> Owned:
    """Keep which notes a machine's voices send; None is as it was built. Raises SettingsError."""
    before = read()
    notes = {name: note for name, note in before.notes.get(machine, {}).items() if name not in voices}
    notes |= {name: note for name, note in voices.items() if note is not None}
    others = {id_: held for id_, held in before.notes.items() if id_ != machine}
    return _write(replace(before, notes=others | ({machine: notes} if notes else {})))


def stand_in(machine: str, other: str) -> Owned:
    """Keep through which machine another is played. Raises SettingsError."""
    before = read()
    return _write(replace(before, through={**before.through, machine: other}))


def _write(owned: Owned) -> Owned:
    folder = environment.home() / FOLDER
    told: dict[str, Any] = {"notes": _plain(owned.notes), "through": dict(sorted(owned.through.items()))}
    if owned.inventory is not None:
        told["owned"] = sorted(owned.inventory)
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        write_private(folder / FILE, text)
    except OSError as error:
        raise SettingsError(folder / FILE, "", error.strerror or str(error)) from None
    return owned


def _plain(notes: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {id_: dict(sorted(held.items())) for id_, held in sorted(notes.items())}


def _told(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    told = _json(file)
    texts = isinstance(told, dict) and _ids(told.get("owned", [])) and _names(told.get("through", {}))
    if not texts or not isinstance(told.get("notes", {}), dict):
        raise _unusable(file)
    if not all(isinstance(held, dict) and _numbers(held) for held in told.get("notes", {}).values()):
        raise _unusable(file)
    found: Mapping[str, Any] = told
    return found


def _ids(held: Any) -> bool:
    return isinstance(held, list) and all(isinstance(one, str) for one in held)


def _names(held: Any) -> bool:
    return isinstance(held, dict) and all(isinstance(one, str) for one in held.values())


def _numbers(held: dict[str, Any]) -> bool:
    return all(type(one) is int and 0 <= one <= 127 for one in held.values())


def _machine(file: Path) -> Machine:
    try:
        return reading.read_value("Machine.v1", Machine, _json(file))
    except Refused as error:
        raise SettingsError(file, error.problems[0].path, str(error)) from None


def _json(file: Path) -> Any:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise _unusable(file)
        return reading.parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Refused):
        raise _unusable(file) from None


def _unusable(file: Path) -> SettingsError:
    return SettingsError(file, "", words.say("machines.unusable"))
