"""A conversation that is typed line by line: what its lines mean, and what is said of it between them.

In a terminal and in the console of a phone it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from livetechno import words
from livetechno.words.cleaning import one_line

FAREWELLS = frozenset({"quit", "exit", "bye"})
"""Words that end it, alone on their line."""
QUIT = "/quit"
NOTHING = "-"
"""`/system -` takes the system message away."""
_BEGINNING = 60
"""Characters that are shown of a question."""
_SHORTFALLS = {"length": "cli.chat.cut_by_limit", "content_filter": "cli.chat.filtered"}


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody typed: a command with its argument, or a question; neither where there is nothing."""

    question: str = ""
    command: str = ""
    argument: str = ""


def read(line: str) -> Line:
    """What a line means. It begins with two slashes where a question begins with one."""
    text = line.strip()
    if text.lower() in FAREWELLS:
        return Line(command=QUIT)
    if text.startswith("/") and not text.startswith("//"):
        name, _, argument = text.partition(" ")
        return Line(command=name.lower(), argument=argument.strip())
    return Line(line[1:] if line.startswith("//") else line) if text else Line()


def beginning(text: str) -> str:
    """Enough of a question to know it again, on one line."""
    line = one_line(text)
    return line if len(line) <= _BEGINNING else f"{line[: _BEGINNING - 1]}…"


def summary(model: str, tokens: int | None, usd: Decimal | None, finish: str | None) -> str:
    """One line about an answer: who answered, how many tokens, what it cost, and why it is not whole."""
    from livetechno.gpt.prices import format_usd

    count = "" if tokens is None else words.say("cli.chat.tokens", count=tokens)
    cost = words.say("cli.chat.cost_unknown") if usd is None else format_usd(usd)
    return " · ".join(filter(None, (one_line(model), count, cost, shortfall(finish))))


def shortfall(finish: str | None) -> str:
    """Why an answer is not whole, in a few words; "" when it is."""
    key = _SHORTFALLS.get(finish or "")
    return words.say(key) if key else ""


def costs(conversation: str | None) -> Iterator[str]:
    """What a conversation has cost, and what is left of the day's budget. Raises StoreError kinds."""
    from livetechno import app
    from livetechno.gpt.prices import format_usd

    ledger, budgets = app.store().ledger, app.store().budgets
    for total in ledger.totals(conversation=conversation) if conversation is not None else ():
        count, usd = total.input_tokens + total.output_tokens, format_usd(total.usd)
        yield words.say("cli.chat.cost", usd=usd, tokens=count, calls=total.calls)
        if total.unknown:
            usd = format_usd(total.at_worst)
            yield words.say("cli.chat.cost_not_known", calls=total.unknown, usd=usd)
    day, *_ = budgets.standing()
    spent, cap, left = format_usd(day.spent), format_usd(day.cap), format_usd(day.left)
    key = "cli.chat.cost_today" if day.cap is None else "cli.chat.cost_today_of"
    yield words.say(key, usd=spent, cap=cap, left=left)


def memory(held: int, most: int, size: int) -> str:
    """How many bytes of a conversation are in memory, how many may be, and how many messages are stored."""
    return words.say("cli.chat.memory", held=kilobytes(held), most=kilobytes(most), size=size)


def kilobytes(count: int) -> str:
    """A number of bytes, for people."""
    return words.say("cli.kilobytes", count=count / 1000)
