"""An older document is brought up to date wherever it is read: from outside, and from a stored log."""

from __future__ import annotations

from typing import Any

import pytest

from livetechno.music import migrations, reading
from livetechno.music.actions import ActionBatch, SetTempo
from livetechno.music.machines.device import Machine
from livetechno.music.problems import Refused

OLDEST = {"type": "Tempo.v1", "beats": 132}


@pytest.fixture(autouse=True)
def _older(monkeypatch: pytest.MonkeyPatch) -> None:
    def second(document: dict[str, Any]) -> dict[str, Any]:
        return {"type": "Tempo.v2", "tempo": document["beats"]}

    def third(document: dict[str, Any]) -> dict[str, Any]:
        return {"type": "SetTempo.v1", "bpm": document["tempo"]}

    def machine(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "type": "Machine.v1", "kind": "synth"}

    steps = {"Tempo.v1": second, "Tempo.v2": third, "Machine.v0": machine}
    monkeypatch.setattr(migrations, "STEPS", steps)


def test_an_old_action_is_read_alone_and_in_a_batch() -> None:
    assert reading.read_action(OLDEST) == SetTempo(bpm=132)
    batch = {"type": "ActionBatch.v1", "actions": [OLDEST, {"type": "Tempo.v2", "tempo": 99}]}
    assert reading.read_action(batch) == ActionBatch((SetTempo(bpm=132), SetTempo(bpm=99)))


def test_what_an_old_log_holds_is_read() -> None:
    assert reading.trusted({"actions": [OLDEST]}) == ActionBatch((SetTempo(bpm=132),))


def test_any_other_document_is_read() -> None:
    told = {"type": "Machine.v0", "id": "me.box", "maker": "Me", "name": "Box"}
    assert reading.read_value("Machine.v1", Machine, told) == Machine("me.box", "Me", "Box", "synth")


def test_what_it_becomes_is_checked_like_any_other() -> None:
    with pytest.raises(Refused) as caught:
        reading.read_action({"type": "Tempo.v1", "beats": 900})
    assert [one.path for one in caught.value.problems] == ["/bpm"]
