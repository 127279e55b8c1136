"""All machines: each is what its schema says, is found, and says how sure we are of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livetechno.music import documents, schema
from livetechno.music.machines import guide
from livetechno.music.machines.catalogue import GENERIC, Catalogue, Own
from livetechno.music.machines.device import Control, Machine

CATALOGUE = Catalogue()
BY_HAND = (
    "behringer.rd9",
    "behringer.td3",
    "eventide.h90",
    "moog.subsequent37",
    "roland.tb03",
    "roland.tb303",
    "roland.tr8s",
    *GENERIC,
)


def test_every_machine_follows_the_schema_and_can_be_sent() -> None:
    check = schema.validator("Machine.v1")
    for id_ in CATALOGUE:
        machine = CATALOGUE[id_]
        check({"type": "Machine.v1", **documents.write(machine)})
        assert machine.id == id_
        assert len({control.name for control in machine.controls}) == len(machine.controls)
        assert len({voice.name for voice in machine.voices}) == len(machine.voices)
        assert all(_can_be_sent(control) for control in machine.controls), id_


def _can_be_sent(control: Control) -> bool:
    wide = control.cc_lsb is not None or (control.cc is None and control.nrpn_msb is not None)
    channel_mode = control.cc is not None and control.cc >= 120
    return not channel_mode and 0 <= control.low <= control.high <= (16383 if wide else 127)


def test_all_devices_of_the_data_are_there_with_their_licence() -> None:
    assert len(guide.devices()) == 397
    assert len(CATALOGUE) == 397 + len(BY_HAND) - len(set(BY_HAND) & set(guide.devices()))
    assert sum(len(guide.machine(id_).controls) for id_ in guide.devices()) > 20_000
    assert guide.machine("moog.subphatty").sources == (guide.ATTRIBUTION,)
    root = guide._root()
    assert "Attribution-ShareAlike 4.0" in root.joinpath("LICENSE").read_text(encoding="utf-8")[:200]
    assert "midi.guide" in root.joinpath("ATTRIBUTION.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("id_", BY_HAND)
def test_a_machine_made_by_hand_names_its_sources(id_: str) -> None:
    machine = CATALOGUE[id_]
    assert machine.sources
    assert guide.ATTRIBUTION not in machine.sources


def test_unverified_facts_say_so() -> None:
    assert {voice.level for voice in CATALOGUE["behringer.rd9"].voices} == {"unverified"}
    assert CATALOGUE["eventide.h90"].level == "unverified"
    assert {control.level for control in guide.machine("moog.subphatty").controls} == {"guide"}


def test_settings_that_share_the_bits_of_one_value_are_no_controls() -> None:
    schmidt = guide.machine("schmidt.synthesizer")
    assert len(schmidt.controls) > 100
    assert not [control.name for control in schmidt.controls if guide.PACKED in control.note.lower()]
    assert (1, 42) not in {(control.nrpn_msb, control.nrpn_lsb) for control in schmidt.controls}


def test_facts_of_the_subsequent_37() -> None:
    moog = CATALOGUE["moog.subsequent37"]
    cutoff = moog.control("cutoff")
    assert cutoff is not None
    assert (cutoff.cc, cutoff.cc_lsb, cutoff.nrpn_msb, cutoff.nrpn_lsb, cutoff.high) == (
        19,
        51,
        3,
        115,
        16383,
    )
    theirs = {control.cc for control in guide.machine("moog.subsequent37").controls}
    assert {control.cc for control in moog.controls} <= theirs


def test_facts_of_the_acid_machines() -> None:
    assert [control.cc for control in CATALOGUE["behringer.td3"].controls] == [74]
    assert CATALOGUE["roland.tb03"].slide.cc == 102


def test_a_303_is_spoken_to_through_the_clone_that_its_owner_chose() -> None:
    assert CATALOGUE["roland.tb303"].controls == CATALOGUE["behringer.td3"].controls
    chosen = Catalogue(Own(through={"roland.tb303": "roland.tb03"}))["roland.tb303"]
    assert (chosen.through[0], chosen.controls) == ("roland.tb03", CATALOGUE["roland.tb03"].controls)


@pytest.mark.parametrize("wrong", ["none.such", "roland.tb303"])
def test_a_clone_that_is_none_changes_nothing(wrong: str) -> None:
    assert Catalogue(Own(through={"roland.tb303": wrong}))["roland.tb303"] == CATALOGUE["roland.tb303"]


def test_an_owner_s_notes_change_only_what_is_sent() -> None:
    voice = Catalogue(Own(notes={"behringer.rd9": {"SD": 40}}))["behringer.rd9"].voice(38)
    assert voice is not None
    assert (voice.name, voice.sends) == ("SD", 40)


def test_an_owner_s_machine_counts_before_ours() -> None:
    mine = replace(CATALOGUE["behringer.td3"], name="My TD-3")
    new = Machine("me.box", "Me", "Box", "synth")
    catalogue = Catalogue(Own(machines={one.id: one for one in (mine, new)}))
    assert (catalogue["behringer.td3"].name, "me.box" in catalogue, len(catalogue)) == (
        "My TD-3",
        True,
        len(CATALOGUE) + 1,
    )


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("moog subsequent 37", "moog.subsequent37"),
        ("TD-3", "behringer.td3"),
        ("tr 8s", "roland.tr8s"),
        ("rd9", "behringer.rd9"),
        ("h90", "eventide.h90"),
        ("vermona", "vermona.drm1mkiv"),
        ("instruo", "instruo.seashell"),
    ],
)
def test_a_machine_is_found_by_its_words(words: str, first: str) -> None:
    assert CATALOGUE.search(words)[0].id == first


def test_a_search_has_an_end() -> None:
    assert (len(CATALOGUE.search("roland", limit=5)), CATALOGUE.search("no such thing")) == (5, ())


def test_what_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        CATALOGUE["none.such"]
    assert "none.such" not in CATALOGUE
