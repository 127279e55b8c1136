"""What docs/protocol.md shows can be done."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from livetechno.music import reading
from livetechno.music.actions import SetParam
from livetechno.music.checks import problems
from livetechno.music.machines.catalogue import Catalogue, Own
from livetechno.music.machines.device import Machine
from livetechno.music.reduce import reduce
from livetechno.music.values import Project
from livetechno.music.wire import answers
from livetechno.music.wire.palette import palette

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
MACHINES = Catalogue()
BLOCKS: list[Any] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
PROBLEM, ANSWER, MACHINE = BLOCKS


def test_the_answer_that_it_shows_is_one() -> None:
    seats = palette(Project(), MACHINES, ("behringer.rd9", "behringer.td3"))
    made, _ = reduce(Project(), answers.read(ANSWER, Project(), seats).batch, MACHINES)
    assert [pattern.id for pattern in made.patterns] == ["acid", "beat"]


def test_the_problem_that_it_shows_is_told_so() -> None:
    seats = palette(Project(), MACHINES, ("behringer.rd9", "behringer.td3"))
    made, _ = reduce(Project(), answers.read(ANSWER, Project(), seats).batch, MACHINES)
    (found,) = problems(made, SetParam("td3", "resonance", 1.0), MACHINES)
    assert found.under("/actions/2").document() == PROBLEM


def test_the_machine_that_it_shows_can_be_used() -> None:
    machine = reading.read_value("Machine.v1", Machine, MACHINE)
    assert Catalogue(Own({machine.id: machine}))["me.polybox"].control("detune")
