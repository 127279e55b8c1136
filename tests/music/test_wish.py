"""Wishes in French and English give what they name, and nothing that they do not."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.music import wish
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.wish import Intent

NAMES = Catalogue().solid_names()
WISHES: list[tuple[str, dict[str, Any]]] = [
    ("acid at 132 bpm", {"style": "acid", "bpm": 132.0, "instruments": ("acid",)}),
    (
        "acid à 132 bpm, sombre, kick sur tous les temps",
        {"style": "acid", "bpm": 132.0, "scale": "phrygian", "instruments": ("kick", "acid")},
    ),
    ("minimal techno, 126 BPM", {"style": "minimal", "bpm": 126.0}),
    ("techno minimale à 126,5 bpm", {"style": "minimal", "bpm": 126.5}),
    ("dub techno in A minor", {"style": "dub", "key": "A", "scale": "minor"}),
    ("dub en la mineur", {"style": "dub", "key": "A", "scale": "minor"}),
    ("hard techno, tempo 145", {"style": "hard", "bpm": 145.0}),
    ("un hardcore à 160 bpm", {"style": "hard", "bpm": 160.0}),
    ("Detroit, chords and strings", {"style": "detroit", "instruments": ("chords",)}),
    (
        "detroit avec des accords en fa dièse mineur",
        {"style": "detroit", "key": "F#", "scale": "minor", "instruments": ("chords",)},
    ),
    ("Berlin peak time at 135", {"style": "berlin", "bpm": 135.0, "energy": 0.9}),
    ("berlin, puissant, à 135", {"style": "berlin", "bpm": 135.0, "energy": 0.9}),
    ("industrial, no hats", {"style": "industrial", "without": ("closed_hat",)}),
    ("industriel sans charley", {"style": "industrial", "without": ("closed_hat",)}),
    ("hypnotic, 8 bars", {"style": "hypnotic", "bars": 8}),
    ("hypnotique sur huit mesures", {"style": "hypnotic", "bars": 8}),
    ("a breakbeat with toms", {"style": "breakbeat", "instruments": ("tom",)}),
    ("un breakbeat avec des toms", {"style": "breakbeat", "instruments": ("tom",)}),
    ("electro with a cowbell", {"style": "electro", "instruments": ("cowbell",)}),
    ("électro avec une cloche", {"style": "electro", "instruments": ("cowbell",)}),
    ("house, open hats and claps", {"style": "house", "instruments": ("open_hat", "clap")}),
    ("house, charleys ouverts et claps", {"style": "house", "instruments": ("open_hat", "clap")}),
    ("ambient, calm, pads", {"style": "ambient", "energy": 0.25, "instruments": ("pad",)}),
    ("ambiante et calme, avec des nappes", {"style": "ambient", "energy": 0.25, "instruments": ("pad",)}),
    ("more hats", {"more": ("closed_hat",)}),
    ("plus de charley", {"more": ("closed_hat",)}),
    ("add a ride", {"more": ("ride",)}),
    ("ajoute une ride", {"more": ("ride",)}),
    ("less bass", {"less": ("bass",)}),
    ("moins de basse", {"less": ("bass",)}),
    ("fewer percussions", {"less": ("perc",)}),
    ("moins de percussions", {"less": ("perc",)}),
    ("keep the kick, more clap", {"keep": ("kick",), "more": ("clap",)}),
    ("garde le kick, plus de clap", {"keep": ("kick",), "more": ("clap",)}),
    ("keep the kick and the bass but no clap", {"keep": ("kick", "bass"), "without": ("clap",)}),
    ("garde le kick et la basse mais enlève les claps", {"keep": ("kick", "bass"), "without": ("clap",)}),
    ("don't touch the pads", {"keep": ("pad",)}),
    ("ne touche pas aux nappes", {"keep": ("pad",)}),
    ("more energy", {"energy": 0.9}),
    ("plus d'énergie", {"energy": 0.9}),
    ("less energy", {"energy": 0.25}),
    ("moins d’énergie", {"energy": 0.25}),
    ("energy 0.6", {"energy": 0.6}),
    ("énergie à 60 %", {"energy": 0.6}),
    ("darker", {"scale": "phrygian"}),
    ("plus sombre", {"scale": "phrygian"}),
    ("in F sharp minor", {"key": "F#", "scale": "minor"}),
    ("en si bémol majeur", {"key": "A#", "scale": "major"}),
    ("in D dorian", {"key": "D", "scale": "dorian"}),
    ("en ré dorien", {"key": "D", "scale": "dorian"}),
    ("key of Eb", {"key": "D#"}),
    ("tonalité de mi", {"key": "E"}),
    ("Am, 128 bpm", {"key": "A", "scale": "minor", "bpm": 128.0}),
    ("mi phrygien", {"key": "E", "scale": "phrygian"}),
    ("G harmonic minor", {"key": "G", "scale": "harmonic_minor"}),
    ("sol mineur harmonique", {"key": "G", "scale": "harmonic_minor"}),
    ("a whole track of 64 bars", {"bars": 64, "arranged": True}),
    ("un morceau de 64 mesures", {"bars": 64, "arranged": True}),
    ("four bars", {"bars": 4}),
    ("quatre mesures", {"bars": 4}),
    ("an intro, a drop and an outro", {"arranged": True}),
    ("une montée puis un drop", {"arranged": True}),
    ("on the TR-8S and a TD-3", {"machines": ("roland.tr8s", "behringer.td3")}),
    ("avec la RD-9 et une TB-303", {"machines": ("behringer.rd9", "roland.tb303")}),
    ("Moog Subsequent 37 lead", {"machines": ("moog.subsequent37",), "instruments": ("lead",)}),
    ("une mélodie au Subsequent 37", {"machines": ("moog.subsequent37",), "instruments": ("lead",)}),
    ("bass drum and snare, seed 42", {"instruments": ("kick", "snare"), "seed": 42}),
    ("grosse caisse et caisse claire, graine 42", {"instruments": ("kick", "snare"), "seed": 42}),
    ("a rolling bassline without kick", {"instruments": ("bass",), "without": ("kick",)}),
    ("une ligne de basse sans kick", {"instruments": ("bass",), "without": ("kick",)}),
    ("bpm 500", {}),
    ("something nice", {}),
    ("quelque chose de beau", {}),
    ("la basse", {"instruments": ("bass",)}),
    ("", {}),
]


@pytest.mark.parametrize(("words", "named"), WISHES, ids=[words or "nothing" for words, _ in WISHES])
def test_a_wish_gives_what_it_names_and_nothing_else(words: str, named: dict[str, Any]) -> None:
    usual = Intent(words)
    found = wish.read(words, NAMES)
    told = {
        field.name: getattr(found, field.name)
        for field in fields(Intent)
        if getattr(found, field.name) != getattr(usual, field.name)
    }
    assert told == named


def test_a_line_says_what_shall_be_otherwise() -> None:
    found = wish.read("acid at 132 bpm with a clap\nbut 99 bpm, no clap\nmore hats", NAMES)
    assert (found.style, found.bpm, found.instruments) == ("acid", 99.0, ("acid",))
    assert (found.without, found.more) == (("clap",), ("closed_hat",))


def test_there_are_wishes_enough() -> None:
    assert len(WISHES) >= 60


@given(st.text(max_size=200))
def test_any_text_is_a_wish_that_its_document_brings_back(words: str) -> None:
    words = words.encode(errors="ignore").decode()
    intent = wish.read(words, NAMES)
    assert wish.of_document(wish.document(intent)) == intent


def test_a_very_long_wish_is_read_quickly() -> None:
    assert len(wish.read("garde le kick et " * 20_000, NAMES).words) == wish.MOST_WORDS
