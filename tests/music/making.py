"""Projects and actions for tests: made of invented machines, by Hypothesis or step by step."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import strategies as st

from livetechno.music.actions import (
    Action,
    ActionBatch,
    AddMachine,
    Arrange,
    AutomationPlace,
    CreatePattern,
    DeletePattern,
    EditPattern,
    ExportPlan,
    RemoveMachine,
    SetKey,
    SetMix,
    SetParam,
    SetTempo,
    StepPlace,
)
from livetechno.music.machines.device import Control, Machine, Slide, Voice
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce
from livetechno.music.values import Automation, Pattern, Project, Section, Step, Track

DRUMS = Machine(
    "maker.drums",
    "Maker",
    "Drums",
    "drums",
    controls=(Control("tune", cc=20), Control("decay", cc=21)),
    voices=(Voice("BD", 36), Voice("SD", 38), Voice("CH", 42), Voice("OH", 46, sends=82)),
)
BASS = Machine(
    "maker.bass",
    "Maker",
    "Bass",
    "bass",
    controls=(
        Control("cutoff", title="Cut Off Freq", cc=74),
        Control("resonance", cc=71, cc_lsb=103, high=16383),
        Control("wave", nrpn_msb=1, nrpn_lsb=2, high=16383),
    ),
    low_note=24,
    high_note=72,
    slide=Slide("overlap"),
)
SYNTH = Machine("maker.synth", "Maker", "Synth", "synth", controls=(Control("cutoff", cc=74),))
EFFECT = Machine("maker.effect", "Maker", "Effect", "effect", controls=(Control("mix", cc=9),))
MACHINES = {one.id: one for one in (DRUMS, BASS, SYNTH, EFFECT)}
INSTANCES = ("drums", "bass", "synth", "fx")
PATTERNS = ("a", "b", "c", "d")


def project(*actions: Action) -> Project:
    """What becomes of an empty project by these actions."""
    return reduce(Project(), ActionBatch(actions), MACHINES)[0]


def desk() -> Project:
    """A drum machine and a bass, each with a pattern, in two sections."""
    return project(
        AddMachine("maker.drums", "drums", 10),
        AddMachine("maker.bass", "bass", 2, position=1),
        CreatePattern("beat", "drums", 16, steps=tuple(Step(t, 36, 100) for t in range(0, 16, 4))),
        CreatePattern(
            "line", "bass", 16, steps=(Step(0, 33, 100), Step(3, 45, 120, accent=True, slide=True))
        ),
        Arrange((Section("intro", 4, ("beat",)), Section("main", 8, ("beat", "line")))),
    )


def _thousandths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 1000), round(high * 1000)).map(lambda one: one / 1000)


UNIT = _thousandths(0, 1)
SWINGS = st.integers(5000, 7500).map(lambda one: one / 100)
SIZES = st.sampled_from(["1/8", "1/8T", "1/16", "1/16T", "1/32"])
STEPS = st.builds(
    Step,
    t=st.integers(0, 20),
    note=st.sampled_from([36, 38, 42, 46, 60]),
    vel=st.integers(1, 127),
    gate=_thousandths(0.001, 8),
    micro=_thousandths(-0.5, 0.5),
    ratchet=st.integers(1, 8),
    prob=UNIT,
    slide=st.booleans(),
    accent=st.booleans(),
)
POINTS = st.builds(
    Automation,
    target=st.sampled_from(["tune", "cutoff", "resonance", "wave", "mix"]),
    at=_thousandths(0, 20),
    value=UNIT,
    curve=st.sampled_from(["hold", "linear", "smooth"]),
)
_INSTANCE = st.sampled_from(INSTANCES)
_PATTERN = st.sampled_from(PATTERNS)
_SECTIONS = st.lists(
    st.builds(
        Section,
        st.sampled_from(["intro", "drop"]),
        st.integers(1, 4),
        st.lists(_PATTERN, max_size=3).map(tuple),
    ),
    max_size=3,
)
_TRACKS = st.lists(
    st.builds(Track, _INSTANCE, st.integers(1, 16), st.just("track"), st.sampled_from(["midi", "wav"])),
    max_size=3,
)
_STEPS = st.lists(STEPS, max_size=6, unique_by=lambda one: (one.t, one.note)).map(tuple)
_POINTS = st.lists(POINTS, max_size=3, unique_by=lambda one: (one.target, one.at)).map(tuple)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(
        AddMachine,
        st.sampled_from(sorted(MACHINES)),
        _INSTANCE,
        st.integers(1, 16),
        st.integers(0, 3),
        st.text("ab", max_size=3),
    ),
    st.builds(RemoveMachine, _INSTANCE),
    st.builds(
        CreatePattern,
        _PATTERN,
        _INSTANCE,
        st.integers(1, 24),
        st.text("ab", max_size=3),
        SIZES,
        st.none() | SWINGS,
        _STEPS,
        _POINTS,
    ),
    st.builds(
        EditPattern,
        _PATTERN,
        length=st.integers(1, 24),
        step_size=SIZES,
        swing=st.none() | SWINGS,
        drop=st.lists(st.builds(StepPlace, st.integers(0, 20), st.sampled_from([36, 42])), max_size=1).map(
            tuple
        ),
        put=_STEPS,
        release=st.lists(st.builds(AutomationPlace, st.just("cutoff"), st.just(0.0)), max_size=1).map(tuple),
        automate=_POINTS,
    ),
    st.builds(DeletePattern, _PATTERN),
    st.builds(SetParam, _INSTANCE, st.sampled_from(["tune", "cutoff", "mix", "wave"]), st.none() | UNIT),
    st.builds(SetTempo, bpm=st.integers(2000, 30000).map(lambda one: one / 100), swing=SWINGS),
    st.builds(SetKey, key=st.sampled_from(["A", "F#"]), scale=st.sampled_from(["minor", "dorian"])),
    st.builds(SetMix, _INSTANCE, level=UNIT, pan=_thousandths(-1, 1), mute=st.booleans()),
    st.builds(Arrange, _SECTIONS.map(tuple)),
    st.builds(ExportPlan, _TRACKS.map(tuple)),
)
"""Actions that can be read; about a third of them may be done to what the others have made."""


@st.composite
def fitting(draw: st.DrawFn, before: Project) -> Action:
    """An action that is more likely than one of `ACTIONS` to be one that may be done."""
    action = draw(ACTIONS)
    if isinstance(action, CreatePattern) and before.machines:
        on_desk = draw(st.sampled_from(before.machines))
        return _of(action, MACHINES[on_desk.machine], on_desk.id)
    if isinstance(action, EditPattern) and before.patterns:
        pattern = draw(st.sampled_from(before.patterns))
        on_desk = before.instance(pattern.instance) or before.machines[0]
        return _edit(action, MACHINES[on_desk.machine], pattern)
    return action


def _of(action: CreatePattern, machine: Machine, instance: str) -> CreatePattern:
    steps = tuple(one for one in action.steps if one.t < action.length and _plays(machine, one.note))
    points = tuple(
        one for one in action.automation if one.at <= action.length and machine.control(one.target)
    )
    return replace(action, instance=instance, steps=steps, automation=points)


def _edit(action: EditPattern, machine: Machine, pattern: Pattern) -> EditPattern:
    length = action.length if isinstance(action.length, int) else pattern.length
    places = {(one.t, one.note) for one in action.put}
    return replace(
        action,
        pattern=pattern.id,
        drop=tuple(
            StepPlace(one.t, one.note)
            for one in pattern.steps
            if one.t >= length and (one.t, one.note) not in places
        ),
        put=tuple(one for one in action.put if one.t < length and _plays(machine, one.note)),
        release=tuple(AutomationPlace(one.target, one.at) for one in pattern.automation if one.at > length),
        automate=tuple(one for one in action.automate if one.at <= length and machine.control(one.target)),
    )


def _plays(machine: Machine, note: int) -> bool:
    if machine.voices:
        return machine.voice(note) is not None
    return machine.kind != "effect" and machine.low_note <= note <= machine.high_note


@st.composite
def projects(draw: st.DrawFn, most: int = 12) -> Project:
    """A project that actions have made."""
    made = project(*(AddMachine(id_, INSTANCES[place], place + 1) for place, id_ in enumerate(MACHINES)))
    for _ in range(draw(st.integers(0, most))):
        try:
            made, _ = reduce(made, draw(fitting(made)), MACHINES)
        except Refused:
            continue
    return made


def random_project(dice: random.Random) -> Project:
    """Patterns of every kind, in an arrangement."""
    made = project(*(AddMachine(id_, id_[6:], place + 1) for place, id_ in enumerate(sorted(MACHINES))))
    for number in range(dice.randint(1, 5)):
        on_desk = dice.choice(made.machines)
        machine = MACHINES[on_desk.machine]
        pitches = [voice.note for voice in machine.voices] or range(30, 50)
        count = 0 if machine.kind == "effect" else dice.randint(0, 12)
        places = {(dice.randrange(16), dice.choice(list(pitches))) for _ in range(count)}
        steps = tuple(
            Step(
                t,
                note,
                dice.randint(1, 127),
                gate=dice.choice([0.001, 0.25, 0.5, 1.0, 7.5]),
                micro=dice.choice([0.0, 0.0, -0.5, 0.333, 0.5]),
                ratchet=dice.choice([1, 1, 1, 3, 8]),
                prob=dice.choice([1.0, 1.0, 0.5]),
                slide=dice.random() < 0.3,
                accent=dice.random() < 0.3,
            )
            for t, note in sorted(places)
        )
        names = [control.name for control in machine.controls]
        points = {
            (dice.choice(names), float(dice.randrange(17))): dice.random() for _ in range(dice.randint(0, 4))
        }
        automation = tuple(Automation(*place, value) for place, value in sorted(points.items()))
        create = CreatePattern(
            f"p{number}",
            on_desk.id,
            16,
            step_size=dice.choice(["1/16", "1/16T", "1/32"]),
            steps=steps,
            automation=automation,
        )
        made, _ = reduce(made, create, MACHINES)
    sections = []
    for _ in range(dice.randint(0, 3)):
        own = {pattern.instance: pattern.id for pattern in dice.sample(made.patterns, len(made.patterns))}
        sections.append(Section("s", dice.randint(1, 3), tuple(sorted(own.values()))))
    try:
        return reduce(made, Arrange(tuple(sections)), MACHINES)[0]
    except Refused:
        return made
