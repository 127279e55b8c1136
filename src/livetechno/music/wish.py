"""A wish in French or English, and what of it is certain.

    wish.read("acid à 132 bpm, sombre, plus de charley, sans clap")
    Intent(words=..., style="acid", bpm=132.0, scale="phrygian", without=("clap",), more=("closed_hat",))

Only what the words say is set. A model gets the words too; the generator has nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast

from livetechno.music import documents, reading
from livetechno.music.roles import Role
from livetechno.music.scales import KEYS
from livetechno.music.values import Key, Scale

Style = Literal[
    "minimal",
    "acid",
    "dub",
    "hard",
    "detroit",
    "berlin",
    "industrial",
    "hypnotic",
    "breakbeat",
    "electro",
    "house",
    "ambient",
]
MOST_WORDS = 4000


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wished for; None and () where the words say nothing."""

    words: str
    style: Style | None = None
    bpm: float | None = None
    key: Key | None = None
    scale: Scale | None = None
    bars: int | None = None
    energy: float | None = None
    """0 to 1."""
    machines: tuple[str, ...] = ()
    """Ids in the catalogue."""
    instruments: tuple[Role, ...] = ()
    without: tuple[Role, ...] = ()
    more: tuple[Role, ...] = ()
    less: tuple[Role, ...] = ()
    keep: tuple[str, ...] = ()
    """Parts, or ids of patterns or machines."""
    seed: int | None = None
    arranged: bool = False
    """Whether a piece with sections is wanted."""


_STYLES: dict[Style, str] = {
    "minimal": r"minimale?s?",
    "acid": r"acide?s?",
    "dub": r"dub(by|techno)?",
    "hard": r"hard(core|techno)?|schranz",
    "detroit": r"detroit",
    "berlin": r"berlin(oise?)?|berghain",
    "industrial": r"industriel(le)?s?|industrial",
    "hypnotic": r"hypnotic|hypnotiques?",
    "breakbeat": r"break ?beats?|breaks|jungle",
    "electro": r"electro",
    "house": r"house",
    "ambient": r"ambient|ambiante?",
}
_ROLES: tuple[tuple[Role, str], ...] = (
    ("kick", r"kicks?|bass ?drums?|grosses? caisses?|four on the floor|pied|beat droit"),
    ("snare", r"snares?|caisses? claires?"),
    ("clap", r"claps?|hand ?claps?"),
    ("open_hat", r"open (hi[- ]?)?hats?|(charleys?|charlestons?|hats?) ouverts?"),
    ("closed_hat", r"(closed )?(hi[- ]?)?hats?|hihats?|charleys?|charlestons?"),
    ("rim", r"rims?( ?shots?)?"),
    ("tom", r"toms?"),
    ("ride", r"rides?"),
    ("crash", r"crash(es)?|cymbales?"),
    ("cowbell", r"cow ?bells?|cloches?"),
    ("perc", r"percs?|percussions?|congas?|bongos?"),
    ("acid", r"acid (line|bass|lead)s?|lignes? acides?|(?<!tb-)(?<!tb )303"),
    ("bass", r"bass(es?)?|bass ?lines?|lignes? de basse|sub"),
    ("lead", r"leads?|melod(y|ies?|ique)|arp(eggio|ege)?s?"),
    ("chords", r"chords?|accords?|stabs?"),
    ("pad", r"pads?|nappes?|drones?"),
)
"""Asked in this order; what one has found is not asked again."""
_SCALES: tuple[tuple[Scale, str], ...] = (
    ("harmonic_minor", r"harmonic minor|mineure? harmonique"),
    ("phrygian_dominant", r"phrygian dominant|phrygien dominant"),
    ("pentatonic_major", r"pentatonic major|major pentatonic|pentatonique majeure?"),
    ("pentatonic_minor", r"pentatonic( minor)?|minor pentatonic|pentatonique( mineure?)?"),
    ("whole_tone", r"whole[- ]tone|par tons"),
    ("dorian", r"dorian|dorienn?e?"),
    ("phrygian", r"phrygian|phrygienn?e?"),
    ("lydian", r"lydian|lydienn?e?"),
    ("mixolydian", r"mixolydian|mixolydienn?e?"),
    ("locrian", r"locrian|locrienn?e?"),
    ("blues", r"blues"),
    ("chromatic", r"chromatic|chromatique"),
    ("minor", r"minor|mineure?|min"),
    ("major", r"major|majeure?|maj"),
)
_ANY_SCALE = "|".join(pattern for _, pattern in _SCALES)
_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SYLLABLES = {"do": 0, "re": 2, "mi": 4, "fa": 5, "sol": 7, "la": 9, "si": 11}
_BENT = r"(?P<bent> ?(#|sharp|diese|flat|bemol)| ?b(?= |$))?"
_KEYS = (
    rf"\b(?P<note>[a-g]){_BENT} ?(?:{_ANY_SCALE}|m)\b",
    rf"\b(?:in|key of|key|en|tonalite de|tonalite) (?P<note>[a-g]){_BENT}(?= |$|[,.;!])",
    rf"\b(?P<note>do|re|mi|fa|sol|la|si){_BENT} (?:{_ANY_SCALE})\b",
    rf"\b(?:tonalite de|tonalite|en) (?P<note>do|re|mi|fa|sol|la|si){_BENT}(?=$|[,.;!])",
)
_NUMBERS = {
    name: number
    for number, names in {
        1: "un une one",
        2: "deux two",
        3: "trois three",
        4: "quatre four",
        6: "six",
        8: "huit eight",
        12: "douze twelve",
        16: "seize sixteen",
        24: "vingt-quatre twenty-four",
        32: "trente-deux thirty-two",
        64: "soixante-quatre sixty-four",
    }.items()
    for name in names.split()
}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_BARS = rf"\b{_COUNT}[- ](?:bars?|mesures?|measures?)\b"
_BPM = (
    r"\b(\d{2,3}(?:[.,]\d{1,2})?) ?bpm\b",
    r"\bbpm ?(?:a|de|of|:|=)? ?(\d{2,3}(?:[.,]\d{1,2})?)\b",
    r"\btempo (?:a|de|of|to|at|:|=)? ?(\d{2,3}(?:[.,]\d{1,2})?)\b",
    r"\b(?:at|a) (\d{2,3}(?:[.,]\d{1,2})?)(?= *(?:$|[,;.!]))",
)
_CALM = r"calmes?|calm|dou(x|ce)|soft|quiet|mellow|planante?|slow|lente?|reposante?|chill"
_FULL = (
    r"energi(que|e|quement)|energetic|peak ?time|banging|puissante?|intense|massive?|dure?s?|brutale?|full|"
    r"fast|rapide"
)
_ENERGY = r"\benerg(?:y|ie)(?: (?:a|of|de|at))? ?:? ?(\d{1,3} ?%|\d(?:[.,]\d+)?)"
_DARK = r"sombres?|dark(er)?|noire?s?|menacante?|sinistre"
_ARRANGED = (
    r"arrang\w*|structure\w*|track|morceau|piece|full set|intro|outro|break(down)?|drop|build ?up|montee"
)
_SEED = r"\b(?:seed|graine) ?(?:=|:)? ?(\d{1,9})\b"
_OPERATORS: tuple[tuple[str, str], ...] = (
    ("keep", r"garde[rsz]?|conserve[rsz]?|keep(ing)?|ne touche[sz]? pas|don'?t (touch|change)|leave"),
    (
        "without",
        r"sans|without|no|pas d[e']|enleve[rsz]?|retire[rsz]?|supprime[rsz]?|remove|drop the|take out|mute",
    ),
    ("less", r"moins d[e']|moins|less|fewer|reduce|reduis"),
    ("more", r"plus d[e']|davantage d[e']|more|busier|ajoute[rsz]?|add|rajoute[rsz]?"),
    ("", r"avec|with|mais|but|puis|then"),
)
"""What is to be done with the parts that follow."""
_OPERATOR = re.compile(
    "|".join(rf"(?P<o{place}>\b(?:{pattern}))(?!\w)" for place, (_, pattern) in enumerate(_OPERATORS))
)


def read(words: str, names: Mapping[str, str] | None = None) -> Intent:
    """What of the words is certain. `names` are those of machines, in small letters and digits, with ids.

    Each line says what shall be otherwise than in the lines before.
    """
    first, *later = words[:MOST_WORDS].split("\n")
    found = _line(first, names or {})
    for line in later:
        found = _followed(found, _line(line, names or {}))
    return replace(found, words=words[:MOST_WORDS])


def _followed(before: Intent, after: Intent) -> Intent:
    """What two lines say together: of what both say the second counts, and parts come together."""
    said: dict[str, Any] = {}
    for each in fields(Intent):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if isinstance(new, tuple):
            said[each.name] = (*old, *(one for one in new if one not in old))
        else:
            said[each.name] = old if new is None or new is False else new
    for part in after.without:
        said["instruments"] = tuple(one for one in said["instruments"] if one != part)
    return Intent(**said)


def _line(words: str, names: Mapping[str, str]) -> Intent:
    text = _plain(words)
    style = _first(text, _STYLES)
    groups = _groups(text)
    key, scale = _key(text), _scale(text)
    dark = re.search(rf"\b(?:{_DARK})\b", text)
    bars = _count(text)
    return Intent(
        words,
        style=cast("Style | None", style),
        bpm=_bpm(text),
        key=key,
        scale=scale or ("phrygian" if dark else None),
        bars=bars,
        energy=_energy(text, groups["more"], groups["less"]),
        machines=_machines(text, names),
        instruments=_roles(groups[""], style),
        without=_roles(groups["without"]),
        more=_roles(groups["more"]),
        less=_roles(groups["less"]),
        keep=_roles(groups["keep"]),
        seed=int(found[1]) if (found := re.search(_SEED, text)) else None,
        arranged=bool(re.search(rf"\b(?:{_ARRANGED})\b", text)) or (bars or 0) > 16,
    )


def language(words: str) -> Literal["en", "fr"]:
    """The language of a wish, as far as its little words say."""
    text = _plain(words)
    french = len(
        re.findall(r"\b(?:le|la|les|un|une|des|du|de|et|avec|sans|plus|moins|en|sur|a|garde|ajoute)\b", text)
    )
    english = len(re.findall(r"\b(?:the|an|of|and|with|without|more|less|in|on|at|keep|add|bars?)\b", text))
    accents = unicodedata.normalize("NFC", words.lower())
    return "fr" if french > english or re.search("[àâçéèêëîïôûù]", accents) else "en"


def document(intent: Intent) -> dict[str, Any]:
    """The UserIntent.v1 that stands for it."""
    return {"type": "UserIntent.v1", **documents.write(intent)}


def of_document(told: Any) -> Intent:
    """The intent that a UserIntent.v1 stands for. Raises Refused."""
    return reading.read_value("UserIntent.v1", Intent, told)


def _plain(words: str) -> str:
    text = unicodedata.normalize("NFKD", words.lower().replace("♯", "#").replace("♭", "b").replace("’", "'"))
    plain = "".join(sign for sign in text if not unicodedata.combining(sign))
    return re.sub(r"[ \t]+", " ", plain).strip()


def _first(text: str, patterns: Mapping[Any, str]) -> Any:
    """The name whose pattern is found first in the text."""
    places = {
        name: found.start()
        for name, pattern in patterns.items()
        if (found := re.search(rf"\b(?:{pattern})\b", text))
    }
    return min(places, key=lambda name: places[name]) if places else None


def _groups(text: str) -> dict[str, str]:
    """The text by what is to be done with the parts that it names: "" is to have them."""
    groups = {name: "" for name, _ in _OPERATORS}
    for clause in re.split(r"[,;.!?\n]", text):
        name, start = "", 0
        for found in _OPERATOR.finditer(clause):
            groups[name] += f" {clause[start : found.start()]}"
            name, start = _OPERATORS[int((found.lastgroup or "o0")[1:])][0], found.end()
        groups[name] += f" {clause[start:]}"
    return groups


def _roles(text: str, style: str | None = None) -> tuple[Role, ...]:
    """The parts that a text names, in its order; a style's name is no part."""
    found: list[tuple[int, Role]] = []
    for role, pattern in _ROLES:
        match = re.search(rf"\b(?:{pattern})\b", text)
        if match:
            found.append((match.start(), role))
            text = re.sub(rf"\b(?:{pattern})\b", lambda one: " " * len(one[0]), text)
    if style == "acid" and not any(role == "acid" for _, role in found):
        found.append((len(text), "acid"))
    return tuple(role for _, role in sorted(found))


def _bpm(text: str) -> float | None:
    for pattern in _BPM:
        found = re.search(pattern, text)
        if found and 20 <= (bpm := float(found[1].replace(",", "."))) <= 300:
            return bpm
    return None


def _key(text: str) -> Key | None:
    for pattern in _KEYS:
        found = re.search(pattern, text)
        if found:
            note = found["note"]
            number = _LETTERS[note] if note in _LETTERS else _SYLLABLES[note]
            bent = (found["bent"] or "").strip()
            number += (bent in ("#", "sharp", "diese")) - (bent in ("b", "flat", "bemol"))
            return KEYS[number % 12]
    return None


def _scale(text: str) -> Scale | None:
    for scale, pattern in _SCALES:
        if re.search(rf"\b(?:{pattern})\b", text):
            return scale
    return "minor" if re.search(r"\b[a-g]#?m\b", text) else None


def _count(text: str) -> int | None:
    found = re.search(_BARS, text)
    if not found:
        return None
    bars = _NUMBERS.get(found["count"]) or int(found["count"])
    return bars if 1 <= bars <= 512 else None


def _energy(text: str, more: str, less: str) -> float | None:
    told = re.search(_ENERGY, text)
    if told:
        number = float(told[1].rstrip(" %").replace(",", "."))
        return min(1.0, number / 100 if "%" in told[1] else number)
    energy = re.compile(r"\benerg(y|ie)\b")
    if energy.search(less) or re.search(rf"\b(?:{_CALM})\b", text):
        return 0.25
    if energy.search(more) or re.search(rf"\b(?:{_FULL})\b", text):
        return 0.9
    return None


def _machines(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Machines whose name one to four words of the text are, joined."""
    words = re.findall(r"[a-z0-9]+", text)
    found: dict[str, None] = {}
    place = 0
    while place < len(words):
        for count in (4, 3, 2, 1):
            id_ = names.get("".join(words[place : place + count]))
            if id_:
                found[id_] = None
                place += count - 1
                break
        place += 1
    return tuple(found)
