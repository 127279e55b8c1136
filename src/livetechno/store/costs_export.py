"""The ledger for programs and spreadsheets: JSON and CSV, dollars as exact decimals in text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from livetechno.store.ledger import By, CallRow, Total
from livetechno.words import cleaning

NOTHING = Total((), 0, 0, 0, Decimal(0), 0, Decimal(0), 0, 0, 0)
CALL_COLUMNS = tuple(field.name for field in fields(CallRow))
SUM_COLUMNS = tuple(field.name for field in fields(Total) if field.name != "keys")
_FORMULA = re.compile(r"""(^|[,;|'"]\s*)(?=[=+\-@＝＋－＠])""")
"""Where a spreadsheet might see a formula begin: in a cell, and where another separator would begin one."""


def document(
    since: dt.date,
    until: dt.date,
    by: Sequence[By],
    totals: Iterable[Total],
    total: Total,
    calls: Iterable[CallRow] | None,
) -> dict[str, Any]:
    """All of it as plain values; `calls` are left out where they were not asked for."""
    plain: dict[str, Any] = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "by": list(by),
        "totals": [{name: exact(value) for name, value in _named(by, one).items()} for one in totals],
        "total": {name: exact(value) for name, value in _named((), total).items()},
    }
    if calls is not None:
        plain["calls"] = [{name: exact(getattr(call, name)) for name in CALL_COLUMNS} for call in calls]
    return plain


def csv_of_calls(calls: Iterable[CallRow]) -> bytes:
    """A line for each call, under the names of `CallRow`."""
    return _csv(CALL_COLUMNS, ([getattr(call, name) for name in CALL_COLUMNS] for call in calls))


def csv_of_totals(by: Sequence[By], totals: Iterable[Total]) -> bytes:
    """A line for each sum: what it is of, then the numbers of `Total`."""
    return _csv((*by, *SUM_COLUMNS), (list(_named(by, total).values()) for total in totals))


def _named(by: Sequence[By], total: Total) -> dict[str, Any]:
    """A sum's values by column; no conversation is None."""
    keys = {name: key or None for name, key in zip(by, total.keys, strict=True)}
    return keys | {name: getattr(total, name) for name in SUM_COLUMNS}


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """RFC 4180 in UTF-8; lines end with CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8")


def exact(value: object) -> object:
    """A value for JSON: dollars as text with all their digits, anything else as it is."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def _cell(value: object) -> str:
    """A value as text. A server's text is cleaned, and no spreadsheet takes it for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _FORMULA.sub(r"\1'", cleaning.one_line(value))
    return str(exact(value))
