from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from livetechno.store.money import DecimalSum, from_pico, plain, to_pico

AMOUNTS = st.decimals(0, 1000, places=20)


@given(AMOUNTS)
def test_picodollars_are_never_less_and_less_than_one_more(usd: Decimal) -> None:
    pico = to_pico(usd)
    assert 0 <= pico - Fraction(usd) * 10**12 < 1


@given(st.integers(0, 10**18))
def test_picodollars_come_back_as_they_were(pico: int) -> None:
    assert to_pico(from_pico(pico)) == pico


def test_what_is_beyond_an_integer_of_sqlite_counts_as_very_much() -> None:
    assert to_pico(Decimal(10) ** 30) == 2**62


@given(st.lists(st.none() | AMOUNTS))
def test_a_sum_is_exact_and_leaves_nulls_out(amounts: list[Decimal | None]) -> None:
    total = DecimalSum()
    for amount in amounts:
        total.step(None if amount is None else f"{amount:f}")
    assert Fraction(total.finalize()) == sum(Fraction(amount) for amount in amounts if amount is not None)


def test_an_amount_is_written_without_exponent_and_idle_zeros() -> None:
    assert [f"{plain(Decimal(text))}" for text in ("1E+2", "0.500", "10", "0.0")] == ["100", "0.5", "10", "0"]
