"""The ledger as CSV and JSON: exact to the last digit, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.store import costs_export
from livetechno.store.ledger import CallRow, Total

DAY = dt.date(2026, 11, 23)


def call(number: int = 1, usd: Decimal | None = None, text: str = "chat") -> CallRow:
    return CallRow(
        number=number,
        at="2026-11-23T12:00:00.000000Z",
        conversation=None,
        purpose=text,
        address="https://api.openai.com/v1",
        model=text,
        settled=True,
        usd=usd,
        worst=Decimal("0.01"),
        estimated=False,
        input_tokens=1000,
        output_tokens=None,
        cached_tokens=None,
        cache_write_tokens=None,
        cache_write_12h_tokens=None,
        reasoning_tokens=None,
        tier=text,
        request_id=text,
        finish=text,
    )


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


amounts = st.lists(st.decimals(0, 10**6, places=20), min_size=1, max_size=20)


@given(amounts)
def test_the_dollars_of_all_lines_add_up_to_the_last_digit(usd: list[Decimal]) -> None:
    rows = read(costs_export.csv_of_calls(call(number, one) for number, one in enumerate(usd)))
    for row, one in zip(rows, usd, strict=True):
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", row["usd"])
        assert Decimal(row["usd"]) == one


def test_a_line_has_every_column_of_a_call_in_a_fixed_order() -> None:
    head, line, end = costs_export.csv_of_calls([call(7, Decimal("1E-7"))]).split(b"\r\n")
    assert head == (
        b"number,at,conversation,purpose,address,model,settled,usd,worst,estimated,input_tokens,output_tokens,"
        b"cached_tokens,cache_write_tokens,cache_write_12h_tokens,reasoning_tokens,tier,request_id,finish"
    )
    assert line == (
        b"7,2026-11-23T12:00:00.000000Z,,chat,https://api.openai.com/v1,chat,true,0.0000001,0.01,false,1000,"
        b",,,,,chat,chat,chat"
    )
    assert end == b""


def test_what_is_not_known_is_empty() -> None:
    [row] = read(costs_export.csv_of_calls([call(usd=None)]))
    assert (row["usd"], row["conversation"], row["output_tokens"]) == ("", "", "")


def test_without_calls_there_is_the_head_alone() -> None:
    assert costs_export.csv_of_calls([]).count(b"\r\n") == 1


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("gpt-6-luna", "gpt-6-luna"),
        ("gpt 4 - turbo", "gpt 4 - turbo"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("\x1b[2J=1", "'=1"),
        ("＝1", "'＝1"),
        ("a; =1", "a; '=1"),
        ('a,"=1', "a,\"'=1"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_servers_text_is_never_a_formula(text: str, cell: str) -> None:
    [row] = read(costs_export.csv_of_calls([call(text=text)]))
    assert {row[name] for name in ("purpose", "model", "tier", "request_id", "finish")} == {cell}


@given(st.text(st.sampled_from("=+-@＝,;|'\"\t\n a1")) | st.text())
def test_whatever_separates_cells_no_cell_begins_as_a_formula(text: str) -> None:
    data = costs_export.csv_of_calls([call(text=text)]).decode("utf-8")
    assert data.count("\r\n") == 2
    for separator in (",", ";", "\t", "|"):
        for cell in re.split(rf"[{separator}\n]", data):
            assert not re.match(r"[\s\"]*[=+\-@]", cell), cell


def test_a_sum_is_named_by_what_it_is_of() -> None:
    total = Total(("2026-11-23", ""), 3, 10, 5, Decimal("0.30"), 1, Decimal("0.01"), 0, 1, 0)
    [row] = read(costs_export.csv_of_totals(("day", "conversation"), [total]))
    assert list(row) == [
        *("day", "conversation", "calls", "input_tokens", "output_tokens", "usd"),
        *("unknown", "at_worst", "unpriced", "unsettled", "estimated"),
    ]
    assert (row["day"], row["conversation"], row["calls"], row["usd"]) == ("2026-11-23", "", "3", "0.30")
    plain = costs_export.document(DAY, DAY, ("day", "conversation"), [total], replace(total, keys=()), None)
    assert plain["totals"][0]["conversation"] is None
    assert (plain["since"], plain["by"], plain["total"]["usd"]) == (
        "2026-11-23",
        ["day", "conversation"],
        "0.30",
    )
    assert "calls" not in plain


def test_a_call_in_json_is_exact_and_whole() -> None:
    plain = costs_export.document(DAY, DAY, (), [], costs_export.NOTHING, [call(1, Decimal("1E-7"), "=a\n")])
    [row] = plain["calls"]
    assert list(row) == list(costs_export.CALL_COLUMNS)
    assert (row["usd"], row["worst"], row["output_tokens"], row["model"]) == (
        "0.0000001",
        "0.01",
        None,
        "=a\n",
    )
    assert plain["total"]["usd"] == "0"
