"""`livetechno eval`: how well a model composes, in numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from livetechno import words
from livetechno.cli import columns, terminal
from livetechno.cli.spoken import Command, Option, number

if TYPE_CHECKING:
    from livetechno.composer.evaluating import Outcome


@click.command("eval", cls=Command, help="eval.help")
@click.argument("what", metavar="[WISH]...", nargs=-1)
@click.option("--model", "-m", cls=Option, default="patterns", metavar="NAME", help="compose.help_model")
@click.option("--limit", cls=Option, metavar="NUMBER", callback=number(int, 1, 1000), help="eval.help_limit")
@click.option("--no-schema", cls=Option, is_flag=True, help="eval.help_no_schema")
@click.option("--json", "as_json", cls=Option, is_flag=True, help="models.help_json")
def command(what: tuple[str, ...], model: str, limit: int | None, no_schema: bool, as_json: bool) -> None:
    """Put wishes to a model, and tell what of its answers could be used."""
    from livetechno import app, owned
    from livetechno.composer import evaluating
    from livetechno.gpt import background
    from livetechno.gpt.prices import format_usd

    client = app.client()
    app.announce()
    wishes = (what or evaluating.WISHES)[:limit]
    outcomes = background.run(
        evaluating.evaluate(
            client,
            wishes,
            owned.read().catalogue,
            model=app.model(model),
            structured=not no_schema,
            price=app.cost,
            tell=_tell,
        )
    )
    summary = evaluating.summed_up(outcomes)
    if as_json:
        told = [
            {"wish": one.words, "composed": one.composed, "in_style": one.in_style, **_used(one)}
            for one in outcomes
        ]
        plain = {**asdict(summary), "cost": None if summary.cost is None else float(summary.cost)}
        click.echo(terminal.safe_json({"summary": plain, "outcomes": told}))
        return
    rows = [
        {
            "wish": terminal.one_line(one.words),
            "first_try": _mark(one.first_try),
            "composed": _mark(one.composed),
            "in_style": _mark(one.in_style),
            "repairs": str(one.used.repairs),
            "output": str(one.used.output_tokens),
            "seconds": f"{one.seconds:.1f}",
        }
        for one in outcomes
    ]
    total = {
        "wish": words.say("eval.total", count=summary.wishes, cost=format_usd(summary.cost)),
        "first_try": f"{summary.first_try:.0%}",
        "composed": f"{summary.composed:.0%}",
        "in_style": f"{summary.in_style:.0%}",
        "repairs": str(summary.repairs),
        "output": str(summary.output_tokens),
        "seconds": f"{summary.seconds:.1f}",
    }
    heads = {name: words.say(f"eval.column.{name}") for name in total}
    columns.show(
        heads, rows, total, numbers=("repairs", "output", "seconds"), least_needed=("seconds", "repairs")
    )


def _tell(outcome: Outcome) -> None:
    if not outcome.composed:
        terminal.notice(
            words.say("eval.failed", wish=terminal.one_line(outcome.words), reason=outcome.reason)
        )


def _used(outcome: Outcome) -> dict[str, object]:
    return {
        "repairs": outcome.used.repairs,
        "output_tokens": outcome.used.output_tokens,
        "seconds": round(outcome.seconds, 3),
        "reason": outcome.reason,
    }


def _mark(held: bool) -> str:
    return "✓" if held else "–"
