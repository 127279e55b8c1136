"""What stands below the last message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livetechno.gpt import errors
from livetechno.hosts.pythonista.chat_card import Step, card, title
from livetechno.hosts.pythonista.chat_shown import Said, Shown, trouble

QUESTION = Said(1, mine=True, id=1)
ANSWER = Said(2, mine=False, id=2)
PARTIAL = replace(ANSWER, partial=True)


def _steps(*said: Said, error: Exception | None = None, busy: bool = False) -> tuple[Step, ...] | None:
    shown = Shown(said, busy=busy, trouble=None if error is None else trouble(error))
    found = card(shown)
    return None if found is None else found.steps


def test_where_all_is_well_there_is_none() -> None:
    assert _steps(QUESTION, ANSWER) is None
    assert _steps(QUESTION, replace(ANSWER, growing=True), busy=True) is None


def test_an_empty_talk_invites_to_ask() -> None:
    found = card(Shown())
    assert found is not None
    assert found.calm
    assert not found.steps


@pytest.mark.parametrize(
    ("last", "steps"),
    [
        (QUESTION, ("again",)),
        (PARTIAL, ("go_on", "again")),
        (replace(PARTIAL, id=None), ("again",)),
        (replace(ANSWER, limited=True), ("go_on",)),
    ],
    ids=["unanswered", "partial", "not stored", "limited"],
)
def test_an_answer_that_is_missing_or_short_can_be_asked_for(last: Said, steps: tuple[Step, ...]) -> None:
    assert _steps(QUESTION, last) == steps


@pytest.mark.parametrize(
    ("error", "way"),
    [
        (errors.AuthenticationError(), ("key",)),
        (errors.MissingKeyError(url="https://api.openai.com/v1"), ("key",)),
        (errors.UnknownPriceError(model="x"), ("settings",)),
        (errors.ModelNotFoundError(model="x", successor=""), ("settings",)),
        (errors.StreamCutError(), ()),
        (ZeroDivisionError("no kind of ours"), ()),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_error_leads_to_where_it_is_mended(error: Exception, way: tuple[Step, ...]) -> None:
    assert _steps(QUESTION, error=error) == ("again", *way)
    assert _steps(QUESTION, PARTIAL, error=error) == ("go_on", "again", *way)
    assert _steps(QUESTION, ANSWER, error=error) == ("again", *way)
    assert _steps(error=error) == way


def test_a_question_that_failed_is_said_to_be_kept() -> None:
    found = card(Shown((QUESTION,), trouble=trouble(errors.StreamCutError())))
    assert found is not None
    assert found.sentence.endswith("Your question is kept.")


def test_every_step_has_a_title() -> None:
    steps: tuple[Step, ...] = ("go_on", "again", "key", "settings")
    assert len({title(step) for step in steps}) == len(steps)
