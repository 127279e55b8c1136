"""Bars of dollars over time for a terminal, drawn with plotext."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from livetechno import words
from livetechno.cli.terminal import Abilities

HEIGHT = 11
"""Lines, those of the axes among them."""
WIDEST = 6
"""Most columns of a bar with the gap after it."""
_FRAME = str.maketrans("┌┐└┘─│┤┬", "++++-|++")
"""plotext's frame for a terminal that has only ASCII."""

Bar = tuple[str, Decimal]
"""What stands below it, and its dollars."""


def dollars(spent: Mapping[dt.date, Decimal], since: dt.date, until: dt.date, can: Abilities) -> str:
    """The plot with its heading, in the width of the terminal: a bar for each day, empty ones too.

    Where there are too many days for that, a bar is a month, from the first one that cost something.
    Nothing is drawn where nothing was spent.
    """
    if not any(spent.values()):
        return ""
    if (until - since).days < _room(max(spent.values()), can.columns):
        return f"{words.say('costs.plot.day')}\n{_draw(_by_day(spent, since, until), can)}"
    bars = _by_month(spent, until)
    room = _room(max(usd for _, usd in bars), can.columns)
    return f"{words.say('costs.plot.month')}\n{_draw(bars[-room:], can)}"


def _by_day(spent: Mapping[dt.date, Decimal], since: dt.date, until: dt.date) -> list[Bar]:
    days = (since + dt.timedelta(number) for number in range((until - since).days + 1))
    return [(day.isoformat()[5:], spent.get(day, Decimal(0))) for day in days]


def _by_month(spent: Mapping[dt.date, Decimal], until: dt.date) -> list[Bar]:
    sums: defaultdict[dt.date, Decimal] = defaultdict(Decimal)
    for day, usd in spent.items():
        sums[day.replace(day=1)] += usd
    bars, month = [], min(month for month, usd in sums.items() if usd)
    while month <= until:
        bars.append((month.isoformat()[:7], sums[month]))
        month = (month + dt.timedelta(32)).replace(day=1)
    return bars


def _scale(top: Decimal) -> dict[float, str]:
    """The marks beside the bars."""
    from livetechno.gpt.prices import format_usd

    return {float(top * share / 2): format_usd(top * share / 2) for share in range(3)}


def _room(top: Decimal, columns: int) -> int:
    """How many bars there is room for, when the highest is so many dollars."""
    return max(1, columns - max(map(len, _scale(top).values())) - 2)


def _draw(bars: Sequence[Bar], can: Abilities) -> str:
    """The bars at even distances, which plotext by itself does not keep to."""
    import plotext  # type: ignore[import-untyped]

    top = max(usd for _, usd in bars)
    scale, room = _scale(top), _room(top, can.columns)
    step = min(WIDEST, room // len(bars))
    wide = (step - 1 - step // 3) / step
    """From the middle of a bar's first column to that of its last, where 1 is from bar to bar."""
    apart = -(-(len(bars[0][0]) + 2) // step)
    named = range(len(bars) - 1, -1, -apart)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plotsize(can.columns - room + step * len(bars), HEIGHT)
    plotext.bar(
        range(len(bars)),
        [float(usd) for _, usd in bars],
        width=wide,
        marker="█" if can.unicode else "#",
        color="cyan",
        reset_ticks=False,
    )
    plotext.xlim(-wide / 2, len(bars) - 1 / step - wide / 2)
    plotext.ylim(0, float(top))
    plotext.xticks(list(named), [bars[number][0] for number in named])
    plotext.yticks(list(scale), list(scale.values()))
    drawn = plotext.build()
    plotext.clear_figure()
    if not can.coloured:
        drawn = "\n".join(line.rstrip() for line in plotext.uncolorize(drawn).splitlines())
    return f"{drawn if can.unicode else drawn.translate(_FRAME)}\n".replace("\n\n", "\n")
