"""How often, and how many at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.server import limits
from livetechno.server.callers import Policy
from livetechno.server.errors import ApiError
from livetechno.server.limits import Limits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(counted: Limits, policy: Policy, *names: str) -> bool:
    try:
        with counted.enter(policy, *names):
            return True
    except ApiError as error:
        told = (error.code, error.status, 0 < (error.retry_after or 0) <= 60)
    assert told == ("rate_limited", 429, True)
    return False


def test_as_many_as_a_minute_allows_come_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    counted, policy = Limits(clock), Policy(per_minute=6)
    assert [ask(counted, policy, "a") for _ in range(8)] == [True] * 6 + [False] * 2
    clock.now += 9.9
    assert not ask(counted, policy, "a")
    clock.now += 0.2
    assert [ask(counted, policy, "a") for _ in range(2)] == [True, False]
    clock.now += 60
    assert [ask(counted, policy, "a") for _ in range(7)] == [True] * 6 + [False]


@given(st.integers(1, 1000), st.lists(st.floats(0, 90), min_size=1, max_size=40))
def test_no_window_of_time_holds_more_than_its_share_and_a_full_minute(
    per_minute: int, pauses: list[float]
) -> None:
    clock = Clock()
    counted, policy = Limits(clock), Policy(per_minute=per_minute)
    let_in = 0
    for pause in pauses:
        for _ in range(per_minute + 2):
            let_in += ask(counted, policy, "a")
        clock.now += pause
    assert per_minute <= let_in <= per_minute * (1 + (clock.now - 1000) / 60) + 1e-3


def test_one_name_takes_nothing_from_another() -> None:
    counted, policy = Limits(Clock()), Policy(per_minute=1)
    assert ask(counted, policy, "a")
    assert ask(counted, policy, "b")
    assert not ask(counted, policy, "a")


def test_a_request_counts_under_each_of_its_names_or_under_none() -> None:
    counted, policy = Limits(Clock()), Policy(per_minute=2)
    assert ask(counted, policy, "token 1", "address")
    assert ask(counted, policy, "token 2", "address")
    assert not ask(counted, policy, "token 3", "address"), "another token is no way around the address"
    assert [ask(counted, policy, "token 3") for _ in range(3)] == [True, True, False]


def test_those_at_once_leave_by_whatever_way() -> None:
    counted, policy = Limits(Clock()), Policy(at_once=2)
    first, second = counted.enter(policy, "a"), counted.enter(policy, "a")
    with first:
        with pytest.raises(ApiError) as caught:
            counted.enter(policy, "a")
        with pytest.raises(ValueError, match="on the way"), second:
            raise ValueError("on the way")
        with counted.enter(policy, "a"):
            pass
    assert (caught.value.code, caught.value.status) == ("too_many_at_once", 429)
    assert caught.value.retry_after == 1


def test_names_without_end_take_no_memory_without_end_and_reset_nobodys_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MOST", 100)
    clock = Clock()
    counted, policy = Limits(clock), Policy(per_minute=1)
    assert ask(counted, policy, "held")
    let_in = sum(ask(counted, policy, f"{number}") for number in range(1000))
    assert (let_in, len(counted)) == (99, 100), "no room is made by forgetting who is limited"
    assert not ask(counted, policy, "held")
    clock.now += 61
    assert ask(counted, policy, "another")
    assert len(counted) == 1
