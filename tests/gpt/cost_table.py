"""The table of costs worked out by hand (`data/costs.json`), read without a line of the product's code."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "costs.json"
SUM = re.compile(r"\d+([*/][1-9]\d*)*( \+ \d+([*/][1-9]\d*)*)*")


@dataclass(frozen=True, slots=True)
class Case:
    """One call: what the server told of it, and the dollars, None where nobody can know."""

    name: str
    format: str
    """Of the answer: chat or responses."""
    model: str
    service_tier: str | None
    on: dt.date
    regional: bool
    usage: Any
    dollars: Fraction | None
    source: str


def worked_out(text: str) -> Fraction:
    """A sum of products and quotients of whole numbers: `80*2/10 + 3*1/2`."""
    if not SUM.fullmatch(text):
        raise ValueError(f"no sum of fractions: {text}")
    return sum((_term(term) for term in text.split(" + ")), Fraction(0))


def _term(text: str) -> Fraction:
    first, *rest = re.split(r"([*/])", text)
    value = Fraction(int(first))
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        value = value * int(number) if sign == "*" else value / int(number)
    return value


def reply(case: Case) -> dict[str, Any]:
    """The whole answer in which the usage came."""
    told: dict[str, Any] = {"id": "x-1", "model": case.model, "usage": case.usage}
    if case.service_tier is not None:
        told["service_tier"] = case.service_tier
    if case.format == "chat":
        message = {"role": "assistant", "content": "Oui."}
        return {**told, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    parts = [{"type": "output_text", "text": "Oui."}]
    return {**told, "status": "completed", "output": [{"type": "message", "content": parts}]}


def _case(row: dict[str, Any]) -> Case:
    dollars = None if row["dollars"] is None else worked_out(row["dollars"])
    on = dt.date.fromisoformat(row["on"])
    return Case(**{"regional": False, **row, "on": on, "dollars": dollars})


CASES = tuple(_case(row) for row in json.loads(FILE.read_text(encoding="utf-8"))["cases"])
