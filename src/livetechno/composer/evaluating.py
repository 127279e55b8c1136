"""How well a model composes: wishes put to it, and what of its answers could be used.

    outcomes = await evaluate(client, WISHES, machines, model="patterns")

Nothing is kept. An answer counts as valid at first try when no call was needed to mend it, and as in style
when the style's judge finds all its measures inside their bands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from livetechno.composer.asking import Price, compose
from livetechno.composer.errors import NotComposedError
from livetechno.composer.proposals import Used
from livetechno.gpt.client import Client
from livetechno.gpt.errors import ReplyInvalidError
from livetechno.music import judge, wish
from livetechno.music.generator.styles import USUAL
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.values import Project

WISHES: tuple[str, ...] = (
    "minimal techno, 126 bpm, 4 bars",
    "acid at 132 bpm in A phrygian, 4 bars",
    "dub techno, chords, 120 bpm",
    "hard techno, 145 bpm, no hats",
    "Detroit with chords in D dorian",
    "Berlin peak time, 134 bpm",
    "industrial, toms, dark",
    "hypnotic, 8 bars, a lead",
    "breakbeat at 134 bpm",
    "electro with a cowbell",
    "house, open hats and claps, 124 bpm",
    "ambient, calm, pads",
    "techno minimale à 126 bpm, 4 mesures",
    "acide et sombre à 132 bpm, kick sur tous les temps",
    "dub avec des accords en la mineur",
    "techno dure à 145 bpm sans charley",
    "Detroit avec des accords en ré dorien",
    "Berlin, puissant, 134 bpm",
    "industriel, sombre, avec des toms",
    "hypnotique sur huit mesures avec une mélodie",
    "un breakbeat à 134 bpm",
    "électro avec une cloche",
    "house, charleys ouverts et claps, 124 bpm",
    "ambiante et calme, avec des nappes",
)
"""Each style in both languages."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one wish."""

    words: str
    used: Used
    seconds: float
    composed: bool
    in_style: bool
    reason: str = ""
    """Why nothing came of it."""

    @property
    def first_try(self) -> bool:
        """Whether the first answer could be used."""
        return self.composed and self.used.repairs == 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Shares and sums of outcomes."""

    wishes: int
    first_try: float
    composed: float
    in_style: float
    """Of what was composed."""
    repairs: int
    output_tokens: int
    seconds: float
    """For one wish, in the mean."""
    cost: Decimal | None


async def evaluate(
    client: Client,
    wishes: Sequence[str],
    machines: Catalogue,
    *,
    model: str = "patterns",
    structured: bool = True,
    price: Price = lambda _: None,
    tell: Callable[[Outcome], object] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Put each wish to the model, one after the other; `tell` hears of each. Raises GPTError kinds."""
    outcomes = []
    for words in wishes:
        outcome = await _put(client, words, machines, model, structured, price)
        tell(outcome)
        outcomes.append(outcome)
    return tuple(outcomes)


def summed_up(outcomes: Sequence[Outcome]) -> Summary:
    """The shares and sums. Of no outcomes they are 0."""
    count, composed = len(outcomes), [one for one in outcomes if one.composed]
    costs = [one.used.cost for one in outcomes]
    known = [cost for cost in costs if cost is not None]
    return Summary(
        count,
        _share([one.first_try for one in outcomes]),
        _share([one.composed for one in outcomes]),
        _share([one.in_style for one in composed]),
        sum(one.used.repairs for one in outcomes),
        sum(one.used.output_tokens for one in outcomes),
        sum(one.seconds for one in outcomes) / max(1, count),
        sum(known, Decimal(0)) if len(known) == len(costs) else None,
    )


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.0


async def _put(
    client: Client, words: str, machines: Catalogue, model: str, structured: bool, price: Price
) -> Outcome:
    intent = wish.read(words, machines.solid_names())
    start = time.perf_counter()
    try:
        proposal = await compose(
            client, intent, Project(), machines, model=model, structured=structured, price=price
        )
    except NotComposedError as error:
        return Outcome(
            words, error.used, time.perf_counter() - start, False, False, str(error.problems[0].code)
        )
    except ReplyInvalidError as error:
        return Outcome(words, Used(1, cost=None), time.perf_counter() - start, False, False, error.code or "")
    seconds = time.perf_counter() - start
    verdict = judge.judge(proposal.after, machines, intent.style or USUAL)
    return Outcome(words, proposal.used, seconds, True, verdict.inside, ", ".join(verdict.outside))
