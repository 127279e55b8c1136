"""What a call costs at worst: the fast sum holds no less than the exact one."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.prices import WorstCase
from livetechno.server.gateway.upstream import Each

PRICE = st.decimals(0, Decimal("0.01"), places=15)
COUNT = st.integers(0, 1_000_000)


@given(PRICE, PRICE, COUNT, st.integers(1, 8), COUNT)
def test_picodollars_hold_no_less_than_the_worst_case_and_hardly_more(
    prompt: Decimal, reply: Decimal, most_input: int, answers: int, tokens: int
) -> None:
    each = Each.of(WorstCase(prompt, reply))
    exact = each.worst(most_input, answers).usd(tokens).scaleb(12)
    assert exact <= each.pico(most_input, answers * tokens) <= exact + most_input + answers * tokens
