"""From a wish to a batch of actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from livetechno import words
from livetechno.music import judge, patterns, roles, scales, wish
from livetechno.music.actions import (
    UNCHANGED,
    Action,
    ActionBatch,
    AddMachine,
    Arrange,
    SetKey,
    SetParam,
    SetTempo,
)
from livetechno.music.checks import MOST_MACHINES, Machines
from livetechno.music.generator import beats, lines
from livetechno.music.generator.dice import Dice
from livetechno.music.generator.edits import edits
from livetechno.music.generator.lines import Ground
from livetechno.music.generator.sections import Layer, arranged
from livetechno.music.generator.styles import STYLES, USUAL, Style
from livetechno.music.machines.device import Machine
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce
from livetechno.music.roles import Drum, Part, Role
from livetechno.music.values import Automation, Instance, Key, Pattern, Project, Scale, Section, Step
from livetechno.music.wire import notation
from livetechno.music.wire.palette import palette
from livetechno.music.wish import Intent

CANDIDATES = 4
LOOP = 4
"""Bars of a loop, where nothing else is wished."""
MOST_BARS = 16
"""Bars that one pattern holds."""
BAR = 16


def compose(
    intent: Intent,
    project: Project,
    machines: Machines,
    *,
    seed: int,
    inventory: frozenset[str] | None = None,
    candidates: int = CANDIDATES,
) -> ActionBatch:
    """The actions that a wish comes to. Only machines that are owned are added, or that the wish names.

    An empty batch where the wish asks for nothing that can be done, as more of a part that no machine plays.
    """
    if _only_changes(intent, project):
        return _changes(intent, project, machines, Dice(seed, "edit"))
    style = intent.style or USUAL
    best: tuple[float, ActionBatch] | None = None
    for number in range(candidates):
        batch = _Composing(intent, project, machines, inventory, Dice(seed, style, number)).batch()
        try:
            after, _ = reduce(project, batch, machines)
        except Refused:  # a desk that is full, or a machine that cannot play what is wished
            continue
        score = judge.judge(after, machines, style).score
        if best is None or score > best[0]:
            best = score, batch
    return best[1] if best else ActionBatch(())


def _only_changes(intent: Intent, project: Project) -> bool:
    """Whether a wish for a project that has patterns says no more than what to change."""
    anew = intent.style or intent.instruments or intent.machines or intent.bars or intent.arranged
    changes = intent.more or intent.less or intent.without or intent.bpm or intent.key or intent.scale
    return bool(project.patterns and not anew and (changes or intent.energy is not None))


def _changes(intent: Intent, project: Project, machines: Machines, dice: Dice) -> ActionBatch:
    named = bool(intent.more or intent.less or intent.without)
    if intent.energy is not None and not named:
        hats: tuple[Role, ...] = ("closed_hat", "open_hat", "ride")
        intent = replace(intent, more=hats) if intent.energy > 0.5 else replace(intent, less=hats)
    actions = [*_tempo_and_key(intent, project), *edits(intent, project, machines, dice)]
    return ActionBatch(tuple(actions), _explained(intent, "changed" if actions else "nothing", None))


def _tempo_and_key(intent: Intent, project: Project) -> list[Action]:
    found: list[Action] = []
    if intent.bpm is not None and intent.bpm != project.bpm:
        found.append(SetTempo(bpm=intent.bpm))
    key, scale = intent.key or project.key, intent.scale or project.scale
    if (key, scale) != (project.key, project.scale):
        found.append(
            SetKey(UNCHANGED if key == project.key else key, UNCHANGED if scale == project.scale else scale)
        )
    return found


def _explained(intent: Intent, kind: str, style: str | None) -> str:
    language = wish.language(intent.words)
    return words.say(f"music.generator.{kind}", language, style=style)


@dataclass(frozen=True, slots=True)
class _Seat:
    """A machine that plays, and as what."""

    instance: str
    machine: Machine
    part: Part | None = None
    """None for drums."""


class _Composing:
    """One candidate on its way."""

    def __init__(
        self,
        intent: Intent,
        project: Project,
        machines: Machines,
        inventory: frozenset[str] | None,
        dice: Dice,
    ) -> None:
        self.intent, self.project, self.dice = intent, project, dice
        self.machines, self.inventory = machines, inventory
        self.name = intent.style or USUAL
        self.style: Style = STYLES[self.name]
        self.energy = self.style.energy if intent.energy is None else intent.energy
        self.bars = min(MOST_BARS, intent.bars or LOOP)
        self.arranged = intent.arranged
        if self.arranged:
            self.bars = LOOP
        kept = set(intent.keep)
        self.kept = {one.id for one in project.machines if one.id in kept or self._keeps(one)}

    def batch(self) -> ActionBatch:
        """The candidate."""
        added, seats = self._seats()
        key, scale = self._key_and_scale()
        layers: list[Layer] = []
        made: list[Pattern] = []
        params: list[Action] = []
        rows = self._beat(seats)
        kick = frozenset(place for place, sign in enumerate(rows.get("kick", "")[:BAR]) if sign != ".")
        drums_placed = False
        for seat in seats:
            if seat.part is None:
                own = _drum_patterns(seat, rows, self.bars, self.arranged) if not drums_placed else []
                drums_placed = True
            else:
                ground = Ground(
                    key, scale, self.bars, self.energy, seat.machine.low_note, seat.machine.high_note, kick
                )
                own = self._line(seat, ground)
                params += self._settings(seat)
            made += [pattern for _, pattern in own]
            if own:
                layers.append(Layer(seat.instance, {kind: pattern.id for kind, pattern in own}))
        actions = [*self._whole(key, scale), *added, *params, *self._written(made)]
        actions += self._sections(layers)
        return ActionBatch(tuple(actions), _explained(self.intent, "composed", self.name))

    def _keeps(self, one: Instance) -> bool:
        """Whether the wish keeps a part that this machine plays."""
        machine = self.machines.get(one.machine)
        return bool(machine and not machine.voices and set(roles.parts(machine)[:1]) & set(self.intent.keep))

    def _key_and_scale(self) -> tuple[Key, Scale]:
        fresh = not self.project.patterns
        key, scale = self.project.key, self.project.scale
        if fresh:
            key, scale = self.dice.pick(scales.KEYS), self.dice.pick(self.style.scales)
        return self.intent.key or key, self.intent.scale or scale

    def _whole(self, key: Key, scale: Scale) -> list[Action]:
        """Tempo, swing and key."""
        low, high = self.style.bpm
        fresh = not self.project.patterns or self.intent.style is not None
        bpm = self.intent.bpm or (float(self.dice.between(low, high)) if fresh else self.project.bpm)
        swing = self.dice.pick(self.style.swing) if fresh else self.project.swing
        found: list[Action] = []
        if (bpm, swing) != (self.project.bpm, self.project.swing):
            found.append(SetTempo(bpm, swing))
        if (key, scale) != (self.project.key, self.project.scale):
            found.append(SetKey(key, scale))
        return found

    def _seats(self) -> tuple[list[Action], list[_Seat]]:
        """The machines that play: those that the wish names, else the desk's, else what suits the style."""
        wanted = [id_ for id_ in self.intent.machines if id_ in self.machines]
        if not wanted and not self.project.machines:
            wanted = self._usual()
        wanted += self._for_parts(wanted)
        offered = palette(self.project, self.machines, wanted).offered
        room = max(0, MOST_MACHINES - len(self.project.machines))
        added: list[Action] = [
            AddMachine(seat.machine.id, seat.instance, seat.channel, seat.position) for seat in offered[:room]
        ]
        here = [
            (one.id, machine)
            for one in self.project.machines
            if (machine := self.machines.get(one.machine)) and one.id not in self.kept
        ]
        here += [(seat.instance, seat.machine) for seat in offered[:room]]
        return added, self._with_parts(here)

    def _usual(self) -> list[str]:
        """What suits the style, of the inventory where there is one."""
        wanted = [self.style.drums_by, *self.style.machines]
        if self.inventory is None:
            return [id_ for id_ in wanted if id_ in self.machines]
        owned = [id_ for id_ in sorted(self.inventory) if id_ in self.machines]
        return [id_ for id_ in wanted if id_ in self.inventory] or owned[:3]

    def _for_parts(self, wanted: Sequence[str]) -> list[str]:
        """Machines for parts that the wish names and that nothing would play."""
        here = [*wanted, *(one.machine for one in self.project.machines)]
        kinds = [self.machines[id_] for id_ in here if id_ in self.machines]
        parts = {part for machine in kinds for part in roles.parts(machine)}
        found = []
        asked = (*self.intent.instruments, *self.intent.more)
        if any(role in roles.DRUMS for role in asked) and not any(machine.voices for machine in kinds):
            found.append(self.style.drums_by)
        if any(role in roles.PARTS and role not in parts for role in asked):
            found.append("behringer.td3" if set(asked) <= {"acid", "bass"} else "moog.subsequent37")
        allowed = self.inventory
        return [id_ for id_ in found if id_ in self.machines and (allowed is None or id_ in allowed)]

    def _with_parts(self, here: Sequence[tuple[str, Machine]]) -> list[_Seat]:
        """Who plays what: the parts that the wish names first, each once."""
        wanted: list[Part] = [part for part in roles.PARTS if part in self.intent.instruments]
        taken: set[Part] = set()
        seats: list[_Seat] = []
        for instance, machine in here:
            if machine.voices:
                seats.append(_Seat(instance, machine))
                continue
            able = [part for part in roles.parts(machine) if part not in self.intent.without]
            free = [part for part in able if part not in taken] or able
            part = next((one for one in wanted if one in free), None) or self._part(machine, free)
            if part is not None:
                taken.add(part)
                seats.append(_Seat(instance, machine, part))
        return seats

    def _part(self, machine: Machine, free: Sequence[Part]) -> Part | None:
        """What a machine plays where the wish does not say it."""
        if not free:
            return None
        if machine.kind == "bass" and "acid" in free:
            return "acid" if self.dice.falls(self.style.acid) or "bass" not in free else "bass"
        if self.name == "ambient" and "pad" in free:
            return "pad"
        likely: list[tuple[Part, float]] = [
            ("bass", 3.0 if self.style.acid < 0.9 else 0.0),
            ("chords", 1.0 if "none" not in self.style.harmony else 0.4),
            ("pad", 1.0 if "pads" in self.style.harmony else 0.0),
            ("lead", self.style.lead),
        ]
        choices = [(part, weight) for part, weight in likely if part in free and weight]
        return self.dice.weighed(choices) if choices else free[0]

    def _beat(self, seats: Sequence[_Seat]) -> beats.Rows:
        machine = next((seat.machine for seat in seats if seat.part is None), None)
        has = roles.drums(machine) if machine else {}
        wanted: list[Drum] = [
            drum for drum in roles.DRUMS if drum in (*self.intent.instruments, *self.intent.more)
        ]
        without: list[Drum] = [drum for drum in roles.DRUMS if drum in self.intent.without]
        return beats.beat(self.style, self.dice, self.bars, self.energy, list(has), wanted, without)

    def _line(self, seat: _Seat, ground: Ground) -> list[tuple[str, Pattern]]:
        dice, part = self.dice, seat.part
        match part:
            case "acid":
                steps, kind = lines.acid(ground, dice), "bass"
            case "bass":
                steps, kind = lines.bass(dice.pick(self.style.bass), ground, dice), "bass"
            case "lead":
                steps, kind = lines.lead(ground, dice), "lead"
            case "pad":
                steps, kind = lines.harmony("pads", ground, dice), "chords"
            case _:
                options = [one for one in self.style.harmony if one not in ("none", "pads")] or ["stabs"]
                steps, kind = lines.harmony(dice.pick(options), ground, dice), "chords"
        pattern = Pattern(
            f"{seat.instance}-{part}",
            seat.instance,
            self.bars * BAR,
            steps=steps,
            automation=self._movement(seat),
        )
        return [(kind, pattern)]

    def _movement(self, seat: _Seat) -> tuple[Automation, ...]:
        """A filter that opens over the pattern, now and then."""
        if not seat.machine.control("cutoff") or not self.dice.falls(0.6 if seat.part == "acid" else 0.3):
            return ()
        low = self.dice.pick((0.2, 0.25, 0.3, 0.35))
        high = min(0.9, low + self.dice.pick((0.2, 0.3, 0.4)) * (0.5 + self.energy))
        end = float(self.bars * BAR - 1)
        return (Automation("cutoff", 0.0, low), Automation("cutoff", end, round(high, 2)))

    def _settings(self, seat: _Seat) -> list[Action]:
        """How a bass or lead is set at first."""
        if seat.part not in ("acid", "bass", "lead"):
            return []
        values = {
            "cutoff": round(0.25 + 0.3 * self.energy, 2),
            "resonance": 0.7 if seat.part == "acid" else 0.3,
        }
        return [
            SetParam(seat.instance, name, value)
            for name, value in values.items()
            if seat.machine.control(name)
        ]

    def _written(self, made: Sequence[Pattern]) -> list[Action]:
        """Patterns under ids that are free, or as edits of those that are there."""
        taken = {pattern.id: pattern for pattern in self.project.patterns}
        found: list[Action] = []
        for pattern in made:
            before = taken.get(pattern.id)
            if before is None or before.instance != pattern.instance:
                found.append(patterns.create(pattern))
            elif (change := patterns.edit(before, replace(pattern, name=before.name))) != patterns.edit(
                before, before
            ):
                found.append(change)
        return found

    def _sections(self, layers: Sequence[Layer]) -> list[Action]:
        kept = [
            Layer(id_, dict.fromkeys(("beat", "beat-intro", "bass"), own[0].id))
            for id_ in sorted(self.kept)
            if (own := self.project.patterns_of(id_))
        ]
        all_ = [*layers, *kept]
        if not all_:
            return []
        if self.arranged:
            return [Arrange(arranged(all_, self.intent.bars or 64))]
        played = tuple(sorted(next(iter(layer.patterns.values())) for layer in all_))
        return [Arrange((Section("loop", self.bars, played),))]


def _drum_patterns(seat: _Seat, rows: beats.Rows, bars: int, whole: bool) -> list[tuple[str, Pattern]]:
    """The beat, and for a whole piece the same with less in it."""
    layers: dict[str, Mapping[Drum, str]] = {"beat": rows}
    if whole:
        layers["beat-intro"] = {drum: row for drum, row in rows.items() if drum in ("kick", "closed_hat")}
        layers["beat-break"] = {drum: row for drum, row in rows.items() if drum != "kick"}
    found = []
    for kind, own in layers.items():
        steps = _drum_steps(own, seat.machine, bars * BAR)
        if steps or kind == "beat":
            found.append((kind, Pattern(f"{seat.instance}-{kind}", seat.instance, bars * BAR, steps=steps)))
    return found


def _drum_steps(rows: Mapping[Drum, str], machine: Machine, length: int) -> tuple[Step, ...]:
    voices = roles.drums(machine)
    steps = [
        step
        for drum, row in rows.items()
        if drum in voices
        for step in notation.read_row(row, voices[drum][0].note, length)
    ]
    return tuple(sorted(steps, key=lambda step: (step.t, step.note)))
