"""Drums: rows of a style, a Euclidean figure around the kick, a fill at the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from livetechno.music.generator.dice import Dice
from livetechno.music.generator.styles import Style
from livetechno.music.roles import Drum

BAR = 16
Rows = Mapping[Drum, str]
"""One sign a step for each drum, as in `wire.notation`."""
_PERCUSSION: tuple[Drum, ...] = ("perc", "tom", "cowbell", "rim")


def beat(
    style: Style,
    dice: Dice,
    bars: int,
    energy: float,
    has: Collection[Drum],
    wanted: Collection[Drum] = (),
    without: Collection[Drum] = (),
) -> Rows:
    """The rows of a drum machine that has those drums. What is `wanted` is there; `without` is not."""
    rows: dict[Drum, str] = {}
    for drum, options in style.drums.items():
        choices = [option for option in options if option] if drum in wanted else options
        if drum in has and drum not in without and choices:
            rows[drum] = dice.pick(list(choices)) or "." * BAR
    if energy > 0.75 and "ride" in has and "ride" not in without and dice.falls(energy - 0.5):
        rows.setdefault("ride", "x...x...x...x...")
    _add_percussion(rows, style, dice, energy, has, without)
    for drum in wanted:
        if drum in has and drum not in without and not rows.get(drum, "").strip("."):
            rows[drum] = euclid(dice.between(2, 5), dice.between(0, 15), "x")
    if energy < 0.3:
        rows = {
            drum: row for drum, row in rows.items() if drum not in ("ride", "crash", "tom") or drum in wanted
        }
    whole = {drum: _varied(row, drum, dice, bars) for drum, row in rows.items()}
    return _with_fill(whole, dice, bars, has, without) if energy >= 0.3 and bars > 1 else whole


def euclid(hits: int, turned: int, sign: str) -> str:
    """So many hits spread over a bar as evenly as can be, turned by some steps (Toussaint 2005)."""
    figure = "".join(sign if (place * hits) % BAR < hits else "." for place in range(BAR))
    return figure[turned % BAR :] + figure[: turned % BAR]


def _add_percussion(
    rows: dict[Drum, str],
    style: Style,
    dice: Dice,
    energy: float,
    has: Collection[Drum],
    without: Collection[Drum],
) -> None:
    """A figure of its own, turned so that it leaves the kick alone."""
    free = [drum for drum in _PERCUSSION if drum in has and drum not in without and drum not in rows]
    if not free:
        return
    low, high = style.percussion
    hits = min(high, max(low, low + round(energy * (high - low)) + dice.between(-1, 1)))
    kick = rows.get("kick", "." * BAR)
    figures = [euclid(hits, turned, "4") for turned in range(BAR)]
    clashes = [sum(a != "." and b != "." for a, b in zip(one, kick, strict=True)) for one in figures]
    best = [one for one, count in zip(figures, clashes, strict=True) if count == min(clashes)]
    rows[dice.pick(free)] = dice.pick(best)


def _varied(row: str, drum: Drum, dice: Dice, bars: int) -> str:
    """A row for some bars: every second one may lack or add a soft hit."""
    other = row
    if drum not in ("kick", "clap", "snare") and dice.falls(0.5):
        silent = [place for place, sign in enumerate(row) if sign == "." and place % 2]
        if silent:
            place = dice.pick(silent)
            other = f"{row[:place]}3{row[place + 1 :]}"
    return "".join(other if number % 4 == 3 else row for number in range(bars))


def _with_fill(
    rows: dict[Drum, str], dice: Dice, bars: int, has: Collection[Drum], without: Collection[Drum]
) -> dict[Drum, str]:
    """The last half-bar says that something comes."""
    start = BAR * bars - 4
    match dice.between(0, 3):
        case 0 if "kick" in rows and rows["kick"][start] != ".":
            rows["kick"] = f"{rows['kick'][:start]}...."
        case 1:
            drum = next((one for one in ("snare", "clap", "rim") if one in rows), None)
            if drum:
                rows[drum] = rows[drum][:start] + dice.pick(("3579", ".5.7", "5.79"))
        case 2 if "tom" in has and "tom" not in without:
            row = rows.get("tom", "." * (start + 4))
            rows["tom"] = row[:start] + dice.pick(("x.x.", ".xx.", "x..x"))
        case _:
            if "closed_hat" in rows:
                rows["closed_hat"] = rows["closed_hat"][:start] + dice.pick(("5x5x", "x5.x", "xx5x"))
    return rows
