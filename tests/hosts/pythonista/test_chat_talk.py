"""The state of a talk: what was said, what is under way, what went wrong."""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livetechno import app, environment
from livetechno.hosts.pythonista import chat_answer
from livetechno.hosts.pythonista.chat_answer import Texts
from livetechno.hosts.pythonista.chat_shown import Shown
from livetechno.hosts.pythonista.chat_talk import PAGE, Talk
from livetechno.store.messages import NewMessage
from tests.hosts.pythonista.upstream import SECONDS, Upstream, upstream


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    with upstream(monkeypatch) as one:
        yield one
        app.close_store()


class Watched:
    """A talk, and all that was to be seen of it."""

    def __init__(self, id_: str | None = None) -> None:
        self.awake: list[bool] = []
        self.talk = Talk(id_, awake=self.awake.append)
        self._changed = threading.Condition()
        self.talk.watch(self._note)

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def until(self, holds: Callable[[Shown], object]) -> Shown:
        end = time.monotonic() + SECONDS
        with self._changed:
            while not holds(self.talk.shown):
                assert self._changed.wait(end - time.monotonic()), self.talk.shown
            return self.talk.shown

    def until_last(self, end: str) -> None:
        """Wait until the last message ends so."""
        self.until(lambda _: self.texts[-1].endswith(end))

    def idle(self) -> Shown:
        """How it stands when nothing is under way any more, and the costs are known."""
        self.until(lambda shown: not shown.busy)
        self.talk.tell_standing().join(SECONDS)
        return self.talk.shown

    def read(self) -> Shown:
        self.talk.open().join(SECONDS)
        return self.talk.shown

    @property
    def texts(self) -> list[str]:
        return [self.talk.text(one) for one in self.talk.shown.said]


def _reopened(watched: Watched) -> Watched:
    again = Watched(watched.talk.id)
    again.read()
    return again


def test_an_answer_is_seen_as_it_grows_and_kept_when_it_ends(model: Upstream) -> None:
    one = Watched()
    assert one.talk.ask("  Hello ")
    answer = model.asked()

    seen = []
    for piece in ("Good ", "day", "."):
        answer.say(piece)
        one.until_last(piece)
        seen.append(one.texts)
    assert seen == [["Hello", "Good "], ["Hello", "Good day"], ["Hello", "Good day."]]
    assert one.talk.shown.busy
    keys = [said.key for said in one.talk.shown.said]
    answer.end()

    shown = one.idle()
    assert [said.key for said in shown.said] == keys
    assert all(said.id for said in shown.said)
    assert not shown.said[-1].partial
    assert shown.title == "Hello"
    assert shown.unsure
    assert not shown.mock
    assert one.awake == [True, False]
    assert _reopened(one).texts == ["Hello", "Good day."]


def test_the_question_is_on_disk_before_it_is_asked(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    model.asked()

    other = Watched(one.talk.id)

    assert not other.read().busy
    assert other.texts == ["Hello"]
    assert other.talk.shown.unanswered
    one.talk.stop()
    one.idle()


def test_what_came_of_a_stopped_answer_is_kept_and_can_be_gone_on_with(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Count")
    model.asked().say("One, two")
    one.until_last("One, two")
    one.talk.stop()
    one.talk.stop()

    shown = one.idle()
    assert shown.said[-1].partial
    assert shown.trouble is None
    assert _reopened(one).texts == ["Count", "One, two"]

    assert one.talk.go_on()
    answer = model.asked()
    assert answer.asked == "Continue exactly where you stopped, without repeating anything."
    answer.say(", three")
    answer.end()
    one.idle()
    assert one.texts[-1] == ", three"
    assert len(one.talk.shown.said) == 4


def test_one_that_is_stopped_before_its_first_word_leaves_the_question(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    model.asked()
    one.talk.stop()

    shown = one.idle()
    assert one.texts == ["Hello"]
    assert shown.unanswered
    assert shown.trouble is None

    assert one.talk.again()
    model.answer("Yes?")
    one.idle()
    assert _reopened(one).texts == ["Hello", "Yes?"]
    assert model.questions == 2


def test_one_that_is_cut_is_kept_and_nothing_is_asked_twice(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    answer = model.asked()
    answer.say("Good")
    one.until_last("Good")
    answer.cut()

    shown = one.idle()
    assert shown.said[-1].partial
    assert shown.trouble is not None
    assert one.texts == ["Hello", "Good"]
    assert model.questions == 1
    assert one.awake == [True, False]


def test_a_refused_question_stays_and_is_asked_again_when_the_person_says_so(model: Upstream) -> None:
    model.refuse(401, "invalid_api_key")
    one = Watched()
    one.talk.ask("Hello")

    shown = one.idle()
    assert shown.trouble is not None
    assert shown.trouble.way == "key"
    assert one.texts == ["Hello"]
    assert one.awake == [True, False]

    model.accept()
    assert one.talk.again()
    assert one.talk.shown.trouble is None
    model.answer("Hello.")
    one.idle()
    assert _reopened(one).texts == ["Hello", "Hello."]


def test_asked_again_the_new_answer_takes_the_place_of_the_old_one(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    model.answer("One")
    one.idle()
    assert one.talk.again()
    answer = model.asked()
    assert one.texts == ["Hello", ""]
    answer.say("Two")
    answer.end()
    one.idle()

    assert one.texts == ["Hello", "Two"]
    again = _reopened(one)
    assert again.texts == ["Hello", "Two"]
    one.talk.ask("And?")
    model.answer("So.")
    one.idle()
    assert _reopened(one).texts == ["Hello", "Two", "And?", "So."]


def test_an_answer_stays_where_asking_again_fails(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    model.answer("One")
    one.idle()
    model.refuse(400, "no")

    one.talk.again()

    shown = one.idle()
    assert one.texts == ["Hello", "One"]
    assert shown.trouble is not None
    assert _reopened(one).texts == ["Hello", "One"]


def test_a_question_that_cannot_be_stored_is_not_asked_and_not_lost(
    model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livetechno.store.errors import StoreError
    from livetechno.store.tree import Tree

    def full(*_: object, **__: object) -> int:
        raise StoreError("full", path="livetechno.db")

    one = Watched()
    with monkeypatch.context() as patch:
        patch.setattr(Tree, "add", full)
        one.talk.ask("Hello")
        shown = one.idle()
    assert shown.trouble is not None
    assert one.texts == ["Hello"]
    assert one.talk.id is None
    assert model.questions == 0

    one.talk.again()
    model.answer("Yes")
    one.idle()
    assert _reopened(one).texts == ["Hello", "Yes"]


def test_an_answer_that_cannot_be_stored_is_still_shown(
    model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livetechno.store.errors import StoreError
    from livetechno.store.tree import Tree

    def full(*_: object, **__: object) -> int:
        raise StoreError("full", path="livetechno.db")

    one = Watched()
    one.talk.ask("Hello")
    answer = model.asked()
    with monkeypatch.context() as patch:
        patch.setattr(Tree, "add", full)
        answer.say("A word")
        answer.end()
        shown = one.idle()

    assert one.texts == ["Hello", "A word"]
    assert shown.said[-1].partial
    assert shown.trouble is not None


def test_a_second_question_waits_until_the_first_is_answered(model: Upstream) -> None:
    one = Watched()
    assert one.talk.ask("Hello")
    assert not one.talk.ask("And?")
    assert not one.talk.again()
    assert not Watched().talk.again()
    assert not Watched().talk.ask(" \n ")
    model.answer("Hi")
    one.idle()
    assert one.texts == ["Hello", "Hi"]


def test_what_was_said_elsewhere_meanwhile_is_shown_before_the_question(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    model.answer("Hi")
    one.idle()
    other = _reopened(one)
    other.talk.ask("From the console")
    model.answer("Yes")
    other.idle()

    one.talk.ask("From here")
    model.answer("Too")
    one.idle()

    assert one.texts == ["Hello", "Hi", "From the console", "Yes", "From here", "Too"]


def test_a_talk_goes_on_when_nobody_watches(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    answer = model.asked()
    one.talk.watch(None)
    answer.say("Hi")
    answer.end()

    one.talk.tell_standing().join(SECONDS)
    assert not one.talk.shown.busy
    assert _reopened(one).texts == ["Hello", "Hi"]


def test_what_an_app_has_heard_that_ios_ends_in_mid_answer_is_found_when_it_starts_again(
    model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_answer, "TICK", 0.005)
    one = Watched()
    one.talk.ask("Hello")
    answer = model.asked()
    answer.say("One, two")
    unfinished = environment.home() / "unfinished"
    end = time.monotonic() + SECONDS
    while not list(unfinished.glob("*.json")):
        assert time.monotonic() < end
        time.sleep(0.005)

    next_life = _reopened(one)
    assert next_life.texts == ["Hello", "One, two"]
    assert next_life.talk.shown.said[-1].partial
    assert _reopened(next_life).texts == ["Hello", "One, two"]

    one.talk.stop()
    one.idle()
    assert not list(unfinished.iterdir())


def test_what_is_kept_of_an_answer_is_of_no_use_once_there_is_one(model: Upstream) -> None:
    one = Watched()
    one.talk.ask("Hello")
    model.answer("Hi")
    one.idle()
    assert one.talk.id is not None
    question = one.talk.shown.said[0].id or 0
    late = json.dumps({"question": question, "text": "H"})
    for text in (late, "{", "[]", '{"question": "x"}'):
        file = environment.home() / "unfinished" / f"{one.talk.id}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        assert _reopened(one).texts == ["Hello", "Hi"]
        assert not file.exists()


def test_mock_ai_answers_where_there_is_no_key() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", app.MockAIWarning)
        one = Watched()
        one.talk.ask("Hello")
        shown = one.idle()

    assert shown.mock
    assert shown.cost == Decimal(0)
    assert not shown.unsure
    assert len(one.texts[-1]) > 10
    assert shown.model


def test_a_long_conversation_is_read_from_its_end_and_held_within_bounds() -> None:
    store = app.store()
    stored = store.conversations.create()
    head = None
    for number in range(80):
        two = [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "content": "x" * 4000},
        ]
        head = store.tree.add(stored.id, [NewMessage(one) for one in two], after=head)

    one = Watched(stored.id)
    shown = one.read()

    assert len(shown.said) == PAGE
    assert shown.older
    assert one.texts[-2] == "Question 79"
    while one.talk.shown.older:
        one.talk.read_older().join(SECONDS)
    assert len(one.talk.shown.said) == 160
    assert one.texts[::2] == [f"Question {number}" for number in range(80)]
    assert one.talk._texts.held <= 100_000


def test_pictures_and_calls_of_functions_are_no_words() -> None:
    store = app.store()
    stored = store.conversations.create()
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    store.tree.add(
        stored.id,
        [
            NewMessage({"role": "user", "content": [picture]}),
            NewMessage({"role": "assistant", "content": None, "tool_calls": [call]}),
            NewMessage({"role": "tool", "content": "42", "tool_call_id": "1"}),
            NewMessage({"role": "assistant", "content": "\x1b]0;title\x07Forty-two"}),
        ],
        after=None,
    )

    one = Watched(stored.id)
    one.read()

    assert one.texts == ["Attached picture", "Forty-two"]


def test_a_conversation_that_is_gone_is_told_of() -> None:
    assert Watched("nowhere").read().trouble is not None


ENDINGS = ("end", "stop", "cut", "refuse")


@settings(max_examples=settings().max_examples // 5)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ask", "again", "go on"]), st.integers(0, 3), st.sampled_from(ENDINGS)),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_happens_what_is_shown_is_what_is_stored_and_nothing_else_is_asked(
    model: Upstream, steps: list[tuple[str, int, str]]
) -> None:
    app.store().budgets.clear()  # so many calls that were cut are dear, as far as anybody knows
    one = Watched()
    for number, (step, pieces, ending) in enumerate(steps):
        before, asked = one.texts, model.questions
        if ending == "refuse":
            model.refuse(400, "no")
        begin: dict[str, Callable[[], bool]] = {
            "ask": partial(one.talk.ask, f"Question {number}"),
            "again": one.talk.again,
            "go on": one.talk.go_on,
        }
        began = begin[step]()
        assert began == (step != "again" or bool(before))
        if began and ending != "refuse":
            answer = model.asked()
            for piece in range(max(pieces, ending == "cut")):  # one that is cut before may be tried again
                answer.say(f"Piece {piece}. ")
                one.until_last(f"Piece {piece}. ")
            {"end": answer.end, "stop": one.talk.stop, "cut": answer.cut}[ending]()
        shown = one.idle()
        model.accept()
        if began and ending == "stop":
            answer.let_go()
        assert model.questions - asked == began
        assert not shown.busy
        assert (shown.trouble is not None) == (began and ending in ("cut", "refuse"))
        assert not any(said.growing for said in shown.said)
        if one.talk.id is not None:
            assert _reopened(one).texts == one.texts
        if step == "again" and ending == "refuse":
            assert one.texts == before
    assert one.awake.count(True) == one.awake.count(False)


def test_only_so_many_bytes_of_texts_are_kept() -> None:
    texts = Texts(1000)
    for key in range(10):
        texts.put(key, "x" * 100)
        assert texts.get(0) is not None or key > 5
    assert texts.held <= 1000
    assert texts.get(9) == "x" * 100
    assert texts.get(0) is None or texts.get(1) is None
    texts.put(9, "y" * 5000)
    assert texts.get(9) is None
    assert texts.held == 0
