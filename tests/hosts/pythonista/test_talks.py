"""Which talk is shown, and what becomes of those that are not."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import ModuleType

import pytest

from livetechno import app
from livetechno.hosts.pythonista import running, talks
from livetechno.store.messages import NewMessage
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.upstream import SECONDS, Upstream, upstream


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, phone: Phone) -> Iterator[Upstream]:
    with upstream(monkeypatch) as one:
        yield one
        running.stop_all()
        app.close_store()


def test_the_first_one_is_the_conversation_in_which_something_was_said_last(model: Upstream) -> None:
    assert talks.latest().id is None
    running.stop_all()
    store = app.store()
    for _ in range(2):
        kept = store.conversations.create()
        store.tree.add(kept.id, [NewMessage({"role": "user", "content": "Hello"})], after=None)

    assert talks.latest().id == kept.id


def test_one_that_answers_is_the_same_when_it_is_opened_again(model: Upstream) -> None:
    one = talks.of(None)
    one.ask("Hello")
    answer = model.asked()
    assert talks.of(None) is not one
    assert talks.of(one.id) is one
    answer.say("Hi")
    answer.end()
    assert one.wait(SECONDS)
    other = talks.of(None)
    assert talks.latest() is other
    assert talks.of(one.id) is not one


def test_another_life_of_the_modules_ends_what_the_first_has_begun_and_keeps_what_came(
    model: Upstream,
) -> None:
    one = talks.of(None)
    one.ask("Hello")
    model.asked().say("One, two")
    while len(one.shown.said) < 2 or one.text(one.shown.said[-1]) != "One, two":
        assert not one.wait(0.002)

    again = _loaded_anew().latest()

    again.open().join(SECONDS)
    assert [again.text(said) for said in again.shown.said] == ["Hello", "One, two"]
    assert again.shown.said[-1].partial
    assert model.questions == 1


def _loaded_anew() -> ModuleType:
    assert talks.__spec__ is not None
    spec = importlib.util.spec_from_file_location("talks_anew", talks.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
