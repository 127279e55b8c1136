"""A proposal in lines: every kind of action in both languages, grids drawn once for bars that are alike."""

from __future__ import annotations

import pytest

from livetechno.composer import telling
from livetechno.composer.offers import MOST, allowed, offered
from livetechno.music.actions import (
    ACTIONS,
    Action,
    AddMachine,
    Arrange,
    CreatePattern,
    DeletePattern,
    EditPattern,
    ExportPlan,
    RemoveMachine,
    SetKey,
    SetMix,
    SetParam,
    SetTempo,
)
from livetechno.music.diff import Row, diff
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.reduce import reduce
from livetechno.music.values import Automation, Pattern, Project, Section, Step, Track
from livetechno.music.wish import Intent
from tests.music.making import MACHINES, desk

EVERY: list[tuple[Action, str]] = [
    (AddMachine("maker.bass", "b", 3), "put Maker Bass on the desk as b, channel 3"),
    (RemoveMachine("bass"), "take bass off the desk, with its patterns"),
    (CreatePattern("new", "bass", 16), "new pattern new for bass, 16 steps"),
    (EditPattern("beat"), "change the pattern beat"),
    (DeletePattern("beat"), "delete the pattern beat"),
    (SetParam("bass", "cutoff", 0.46), "set cutoff of bass to 46 %"),
    (SetParam("bass", "cutoff", None), "set cutoff of bass to –"),
    (SetTempo(bpm=132.0, swing=54.5), "set 132 bpm, swing 54.5 %"),
    (SetKey(key="C#", scale="minor"), "set key C#, scale minor"),
    (SetMix("bass", mute=True, level=0.5), "mixer of bass: level 0.5, mute ✓"),
    (Arrange((Section("intro", 8), Section("", 4))), "arrange: intro 8, … 4"),
    (ExportPlan((Track("bass", 2, "Acid"), Track("drums", 10, ""))), "export: Acid, drums"),
]


@pytest.mark.parametrize(("action", "told"), EVERY, ids=[told for _, told in EVERY])
def test_an_action_is_told_in_a_sentence(action: Action, told: str) -> None:
    assert telling.action_line(action, MACHINES, "en") == told
    assert telling.action_line(action, MACHINES, "fr") != told


def test_every_kind_of_action_is_told() -> None:
    assert {type(action) for action, _ in EVERY} == {*ACTIONS.values()}


def test_what_changes_in_a_pattern_is_told_before_and_after() -> None:
    edit = EditPattern("beat", put=(Step(1, 36, 60),), automate=(Automation("tune", 0, 1),))
    after, _ = reduce(desk(), edit, MACHINES)
    (changed,) = diff(desk(), after, MACHINES).patterns
    assert [line.text for line in telling.pattern_lines(changed, "en")] == [
        "   +1, moves tune",
        " - BD x... x... x... x...",
        " + BD xo.. x... x... x...",
    ]


def test_bars_that_are_alike_are_drawn_once() -> None:
    rows = (Row("BD", "", "x..............." * 3 + "x.......x......."),)
    drawn = [line.text for line in telling.grid_lines(Pattern("p", "d", 64), rows)]
    assert drawn == [
        "      1-3",
        "   BD x... .... .... ....",
        "      4",
        "   BD x... .... x... ....",
    ]


def test_machines_that_the_wish_names_are_offered_first_and_may_be_added() -> None:
    machines = Catalogue()
    intent = Intent("x", style="house", machines=("roland.tb03",))
    assert offered(intent, Project(), machines, None)[:2] == ("roland.tb03", "roland.tr8s")
    owned = frozenset({"behringer.td3"})
    assert offered(intent, Project(), machines, owned) == ("roland.tb03", "behringer.td3")
    assert allowed(intent, owned) == frozenset({"roland.tb03", "behringer.td3"})
    assert allowed(intent, None) is None


def test_no_more_machines_are_offered_than_a_schema_has_room_for() -> None:
    machines = Catalogue()
    everything = frozenset(machines)
    found = offered(Intent("x"), desk(), machines, everything)
    assert len(found) == MOST
