"""The MIDI Guide data set as machines: 397 devices, each read when it is asked for.

Source and licence of the data: midi_guide/ATTRIBUTION.md. CCs from 120 are channel mode messages by MIDI 1.0,
not controls, whatever a row says; a row with neither CC nor NRPN is no control either. Where the bits of one
NRPN hold several settings (the Schmidt), to send one would set the others: these are left out.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from livetechno.music.machines.device import Choice, Control, Kind, Machine, Voice

if TYPE_CHECKING:
    from importlib.abc import Traversable

ATTRIBUTION = "MIDI Guide, https://midi.guide, CC BY-SA 4.0"
TRIGGERS = ".triggers.csv"
PACKED = "bit-packed"
"""What a row's notes say of such a value."""
MODES = 120
"""The first CC that is a channel mode message."""
EFFECTS = frozenset(
    (
        "Animal Factory Amplification",
        "Chase Bliss",
        "Empress",
        "Hologram",
        "Kinotone",
        "Line 6",
        "Meris",
        "NUX",
        "OTO Machines FX",
        "Red Panda",
        "Sherman",
        "Strymon",
        "TC Electronic",
        "TC Helicon",
        "VONGON",
        "Zoom",
    )
)
"""Makers whose devices in the data set are effects."""
Row = Mapping[str, str]


@cache
def devices() -> Mapping[str, tuple[str, str]]:
    """Maker and device of each machine, by its id; no file is opened."""
    found = {}
    for folder in sorted(_root().iterdir(), key=lambda one: one.name):
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith(".csv"):
                device = file.name.removesuffix(TRIGGERS).removesuffix(".csv")
                found[f"{_letters(folder.name)}.{_letters(device)}"[:48]] = (folder.name, device)
    return found


@cache
def machine(id_: str) -> Machine:
    """The machine of that id. Raises KeyError."""
    maker, device = devices()[id_]
    folder = _root().joinpath(maker)
    rows = _rows(folder.joinpath(f"{device}.csv"))
    voices = _voices(folder.joinpath(f"{device}{TRIGGERS}"))
    return Machine(
        id_,
        maker,
        device,
        _kind(maker, voices),
        controls=tuple(_controls(rows)),
        voices=voices,
        level="guide",
        sources=(ATTRIBUTION,),
    )


def _root() -> Traversable:
    return resources.files(__package__).joinpath("midi_guide")


def _rows(file: Traversable) -> list[Row]:
    if not file.is_file():  # of some there are only the notes
        return []
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def _kind(maker: str, voices: tuple[Voice, ...]) -> Kind:
    if voices:
        return "drums"
    return "effect" if maker in EFFECTS else "synth"


def _controls(rows: list[Row]) -> Iterator[Control]:
    names: set[str] = set()
    for row in rows:
        cc, lsb = _number(row["cc_msb"], 127), _number(row["cc_lsb"], 127)
        msb, fine = _number(row["nrpn_msb"], 127), _number(row["nrpn_lsb"], 127)
        if cc is not None and cc >= MODES:
            cc = None
        if cc is None and (msb is None or fine is None or PACKED in row["notes"].lower()):
            continue
        title = row["parameter_name"].strip()
        name = _unused(_name(title) or _name(row["section"]) or "control", _name(row["section"]), names)
        names.add(name)
        low, high, default = _range(row, cc, lsb)
        yield Control(
            name,
            title[:120],
            row["section"].strip()[:120],
            cc=cc,
            cc_lsb=lsb if cc is not None and lsb is not None and lsb < MODES else None,
            nrpn_msb=msb if fine is not None else None,
            nrpn_lsb=fine if msb is not None else None,
            low=low,
            high=high,
            default=default if default is not None and low <= default <= high else None,
            centred=row["orientation"].strip() == "centered",
            choices=tuple(_choices(row["usage"], low, high)),
            level="guide",
            note=row["notes"].strip()[:400],
        )


def _range(row: Row, cc: int | None, lsb: int | None) -> tuple[int, int, int | None]:
    """The ends of what is sent, and where it stands at first."""
    kind = "nrpn" if cc is None else "cc"
    low = _number(row[f"{kind}_min_value"], 16383) or 0
    high = _number(row[f"{kind}_max_value"], 16383)
    default = _number(row[f"{kind}_default_value"], 16383)
    if kind == "cc" and lsb is not None and lsb < MODES:
        return 0, 16383, None if default is None or default > 127 else default << 7
    if kind == "cc":
        high = min(127, 127 if high is None else high)
    elif high is None:
        high = 127
    return (low, high, default) if low <= high else (0, high, default)


def _choices(usage: str, low: int, high: int) -> Iterator[Choice]:
    """What ranges of a switch mean: `0-63: Off; 64-127: On`. A range with `~` is no switch."""
    for part in usage.split(";"):
        found = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*:\s*(.+?)\s*", part)
        if found:
            first, last = int(found[1]), int(found[2] or found[1])
            if low <= first <= last <= high:
                yield Choice(first, last, found[3][:80])


def _voices(file: Traversable) -> tuple[Voice, ...]:
    voices: dict[int, Voice] = {}
    names: set[str] = set()
    for row in _rows(file):
        note = _number(row["note_number_default_value"], 127)
        if note is None or note in voices:
            continue
        name = _unused_name(row["sound_name"].strip()[:16] or str(note), names)
        names.add(name)
        voices[note] = Voice(name, note, row["sound_description"].strip()[:80], level="guide")
    return tuple(voices.values())


def _number(text: str | None, most: int) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and int(text) <= most else None


def _letters(text: str) -> str:
    """Small letters and digits."""
    return re.sub(r"[^a-z0-9]", "", _plain(text)) or "x"


def _name(text: str) -> str:
    """Small letters, digits and _."""
    return re.sub(r"[^a-z0-9]+", "_", _plain(text)).strip("_")[:56]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def _unused(name: str, section: str, names: set[str]) -> str:
    if name in names and section and not name.startswith(section):
        name = f"{section}_{name}"[:56]
    return _unused_name(name, names, "_")


def _unused_name(name: str, names: set[str], between: str = " ") -> str:
    number, wanted = 1, name
    while wanted in names:
        number += 1
        wanted = f"{name}{between}{number}"
    return wanted
