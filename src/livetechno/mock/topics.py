"""What Mock AI knows: topics, and the words that lead to them. The answers are `mock.topic.*` in `words`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from livetechno.mock.hints import plain_words

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "key": "key keys api_key apikey clef cle cles keyring trousseau token secret sk",
        "cost": "cost costs price prices pricing dollar dollars cent cents euro euros expensive cheap "
        "cheaper free budget bill cout coute coutent prix tarif tarifs cher gratuit gratuite "
        "facture",
        "models": "model models modele modeles gpt gpt4 gpt5 alias aliases catalogue retired successor "
        "version",
        "mock": "mock fake simulated simulation simule simulateur offline fault faults panne pannes "
        "hors ligne demo",
        "pythonista": "pythonista iphone ipad ios phone telephone stash mobile",
        "commands": "command commands slash cli terminal commande commandes undo retry quit exit doctor "
        "help aide option options usage",
        "composer": "composer compose composing compositeur composition track tracks pattern patterns "
        "motif motifs morceau midi sequencer sequenceur wav song music musique studio",
        "streaming": "stream streams streaming streamed flux chunk chunks piece pieces progressive "
        "token_by_token",
        "limits": "limit limits limite limites rate quota 429 timeout timeouts retry retries delai lent "
        "slow error errors erreur erreurs context window",
        "script": "script scripts library import module function functions python code example exemple "
        "snippet programme program bibliotheque",
        "schema": "json schema schemas structured structure tool tools outil outils",
        "legacy": "legacy older old 0.27 chatcompletion ancien anciens anciennes migrate migrer migration",
        "privacy": "privacy private data confidential safe safety security secure send sent donnees "
        "prive privee confidentialite securite envoie envoyees",
        "language": "language languages french english langue langues francais anglais traduction translate",
        "acid": "303 tb303 acid squelch squelches resonance filter filtre bassline acide",
        "drums": "909 808 tr909 tr808 kick drum drums snare hihat hat clap batterie caisse charleston grosse",
        "tempo": "bpm tempo house trance speed vitesse groove swing four floor",
        "about": "livetechno who what you are can do qui tu es vous toi sais peux savez pouvez faire fais "
        "purpose capable capabilities",
    }
)
"""Each topic with its words, without accents, in singular and plural. Earlier topics win a draw."""

_WORDS = {name: frozenset(words.split()) for name, words in TOPICS.items()}
_VAGUE = {
    **dict.fromkeys(("who", "qui"), 2),
    **dict.fromkeys(
        [
            "what",
            "you",
            "are",
            "can",
            "do",
            "vous",
            "toi",
            "tu",
            "es",
            "sais",
            "peux",
            "pouvez",
            "savez",
            "faire",
            "fais",
        ],
        1,
    ),
    **dict.fromkeys(("safe", "old", "four", "floor", "grosse", "data"), 1),
}
"""Words that say little alone, with the tenths of a plain word that they weigh."""
ENOUGH = 3
"""Tenths of a word that make a topic."""


def topic_of(text: str) -> str | None:
    """The topic that the text is about, or None."""
    said = set(plain_words(text))
    weights = {name: sum(_VAGUE.get(word, 10) for word in said & words) for name, words in _WORDS.items()}
    best = max(weights, key=weights.__getitem__)
    return best if weights[best] >= ENOUGH else None
