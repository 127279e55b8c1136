"""The native chat, as a person uses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
import ui
from _app import CANCEL

from livetechno import app
from livetechno.hosts.pythonista import forms, looks, running, talks, waking
from livetechno.hosts.pythonista.chat_view import show
from livetechno.store.messages import NewMessage
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.upstream import Upstream, upstream

TEXT = ("<system>", 16)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, phone: Phone) -> Iterator[Upstream]:
    with upstream(monkeypatch) as one:
        phone.outside.add(urlsplit(one.model.base_url).port or 0)
        yield one
        running.stop_all()
        app.close_store()


class Chat:
    """The chat on the screen."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.run = phone.run(show)
        phone.until(lambda: bool(phone.app.presented), "the chat is shown")
        self.view = phone.screen
        self.settle()

    def settle(self) -> None:
        """Wait until what the talk has told is drawn."""
        self.phone.app.main.settle(ahead=0.2)

    @property
    def thread(self) -> ui.ScrollView:
        return max(self.phone.all(ui.ScrollView), key=lambda one: one.width * one.height)

    @property
    def texts(self) -> list[str]:
        """What is in the bubbles, from above."""
        found = [one for one in self.phone.all(ui.Label, font=TEXT) if _within(one, self.thread)]
        return [str(one.text) for one in sorted(found, key=lambda one: ui.convert_point((0, 0), one).y)]

    @property
    def bubbles(self) -> int:
        """How many messages have views."""
        return sum(1 for one in self.thread.subviews if one.width == self.thread.width)

    @property
    def buttons(self) -> list[str]:
        return [str(one.title) for one in self.phone.all(ui.Button)]

    def stays_on(self) -> bool:
        """Whether the screen does."""
        return self.phone.app.idle_timer_disabled

    def write(self, text: str) -> None:
        self.phone.type(self.phone.find(ui.TextView), text)

    def ask(self, text: str) -> None:
        self.write(text)
        self.phone.tap("Send")

    def until(self, *texts: str) -> None:
        """Wait until the bubbles say this."""
        self.phone.until(lambda: self.texts == list(texts), f"the bubbles say {texts}, not {self.texts}")

    def sees(self, title: str) -> None:
        """Wait until there is a button of that title."""
        self.phone.until(lambda: title in self.buttons, f"{title} is among {self.buttons}")

    def idle(self) -> None:
        """Wait until nothing is under way, and drawn."""
        self.phone.until(lambda: "Send" in self.buttons and not talks._open[-1].shown.busy)
        self.settle()

    def close(self) -> None:
        self.phone.on_main(self.view.close)
        self.run.wait()


def _within(view: ui.View, outer: ui.View) -> bool:
    each: ui.View | None = view
    while each is not None and each is not outer:
        each = each.superview
    return each is outer


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "TICK", 0.05)


@pytest.fixture
def chat(phone: Phone, model: Upstream) -> Chat:
    return Chat(phone)


def test_a_question_is_sent_and_its_answer_grows_piece_by_piece(chat: Chat, model: Upstream) -> None:
    assert not chat.phone.find(ui.Button, title="Send").enabled
    chat.ask("What is swing?")
    answer = model.asked()
    chat.until("What is swing?", "…")

    said = ""
    for piece in ("Late ", "off", "beats", ".\n\n", "That is all."):
        answer.say(piece)
        said += piece
        parts = [part for part in said.split("\n\n") if part]
        chat.until("What is swing?", *parts)
    assert chat.phone.find(ui.TextView).text == ""
    assert "Stop" in chat.buttons
    answer.end()

    chat.idle()
    assert chat.texts == ["What is swing?", "Late offbeats.", "That is all."]
    assert chat.view.name == "What is swing?"
    assert model.questions == 1


def test_the_screen_stays_on_while_an_answer_comes_and_not_longer(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    answer = model.asked()
    chat.settle()
    assert chat.stays_on()
    answer.say("Hi")
    answer.end()
    chat.idle()
    assert not chat.stays_on()

    model.refuse(400, "bad")
    chat.ask("And?")
    chat.sees("Ask again")
    chat.idle()
    assert not chat.stays_on()


def test_however_fast_the_pieces_come_the_view_changes_some_fifteen_times_a_second(
    chat: Chat, model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    measure = ui.measure_string

    def note(text: str, *rest: object) -> ui.Size:
        measured.append(text)
        return measure(text, *rest)  # type: ignore[arg-type]

    chat.ask("First")
    model.answer("An answer that stays as it is.")
    chat.idle()
    monkeypatch.setattr(ui, "measure_string", note)
    chat.ask("Second")
    answer = model.asked()
    chat.settle()
    measured.clear()
    answer.say("A paragraph.\n\n", *(f"{number} " for number in range(300)))
    answer.end()
    chat.idle()

    growing = [text for text in measured if text.startswith("0 ")]
    assert len(growing) < 30
    assert "An answer that stays as it is." not in measured
    assert measured.count("A paragraph.") == 1
    assert chat.texts[-1] == " ".join(map(str, range(300))) + " "


def test_a_stopped_answer_stays_and_is_gone_on_with_by_one_tap(chat: Chat, model: Upstream) -> None:
    chat.ask("Count")
    answer = model.asked()
    answer.say("One, two")
    chat.until("Count", "One, two")
    chat.phone.tap("Stop")
    chat.idle()
    chat.sees("Continue")
    assert chat.texts == ["Count", "One, two"]

    chat.phone.tap("Continue")
    model.answer(", three")
    chat.idle()
    assert chat.texts == [
        "Count",
        "One, two",
        "Continue exactly where you stopped, without repeating anything.",
        ", three",
    ]
    assert "Continue" not in chat.buttons


def test_one_can_ask_again(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("One")
    chat.idle()
    chat.phone.tap("Ask again")
    model.answer("Two")
    chat.idle()
    assert chat.texts == ["Hello", "Two"]


def test_an_error_is_told_quietly_with_what_to_do(chat: Chat, model: Upstream) -> None:
    model.refuse(401, "invalid_api_key")
    chat.ask("Hello")
    chat.sees("The key…")
    chat.idle()
    assert not chat.phone.asked
    assert any("Your question is kept." in str(one.text) for one in chat.phone.all(ui.Label))

    model.accept()
    chat.phone.tap("Ask again")
    model.answer("Hi")
    chat.idle()
    assert chat.texts == ["Hello", "Hi"]
    assert "The key…" not in chat.buttons


def test_what_an_error_leads_to_is_opened_beside_the_main_thread(
    chat: Chat, model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.refuse(401, "invalid_api_key")
    chat.ask("Hello")
    chat.sees("The key…")
    chat.idle()
    chat.phone.answers(CANCEL)
    chat.phone.tap("The key…")
    chat.phone.until(lambda: [one.kind for one in chat.phone.asked] == ["form_dialog"])
    chat.settle()
    chat.sees("The key…")

    monkeypatch.setattr(forms, "ask_key", lambda: True)
    chat.phone.tap("The key…")
    chat.phone.until(lambda: "The key…" not in chat.buttons)
    assert "Ask again" in chat.buttons
    assert model.questions == 1


def test_code_is_shown_in_its_font_and_copied_alone(chat: Chat, model: Upstream) -> None:
    chat.ask("Code?")
    model.answer("Look:\n\n```python\nx = 1\n", "\ty = 2\n```\n**Done.**")
    chat.idle()

    (code,) = chat.phone.all(ui.Label, font=("Menlo", 13))
    assert code.text == "x = 1\n\ty = 2"
    assert chat.texts == ["Code?", "Look:", "Done."]
    chat.phone.tap("Copy the code")
    assert chat.phone.app.clipboard == "x = 1\n\ty = 2"


def test_a_message_is_copied_and_shared_as_it_was_written(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("**Bold** words")
    chat.idle()
    copies = sorted(chat.phone.all(ui.Button, title="Copy"), key=lambda one: ui.convert_point((0, 0), one).y)
    chat.phone.tap(copies[-1])
    assert chat.phone.app.clipboard == "**Bold** words"
    assert copies[-1].title == "Copied"

    share = sorted(chat.phone.all(ui.Button, title="Share"), key=lambda one: ui.convert_point((0, 0), one).y)
    chat.phone.tap(share[0])
    chat.phone.until(lambda: chat.phone.app.shared == ["Hello"])


def test_what_can_be_done_with_a_message_stays_where_it_is(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("Hi")
    chat.idle()
    before = [one.frame for one in chat.phone.all(ui.Button)]
    for height in (336.0, 0.0, 336.0, 0.0):
        chat.phone.keyboard(height)
        chat.phone.scroll(chat.thread, 0)
    assert [one.frame for one in chat.phone.all(ui.Button)] == before
    right = max(one.x + one.width for one in chat.phone.all(ui.Button) if one.title == "Share")
    assert right <= chat.thread.width


def test_what_a_model_writes_stays_text(chat: Chat, model: Upstream) -> None:
    hostile = "<b>x</b> \x1b]0;owned\x07[y](javascript:alert(1)) \u202eevil"
    chat.ask("Hello")
    model.answer(hostile)
    chat.idle()
    assert chat.texts[-1] == "<b>x</b> y (javascript:alert(1)) evil"


def test_the_input_grows_to_five_lines_and_stays_above_the_keyboard(chat: Chat) -> None:
    field = chat.phone.find(ui.TextView)
    heights = []
    for _ in range(7):
        chat.write("line\n")
        heights.append(field.height)
    assert heights == sorted(heights)
    assert heights[-1] == heights[-2]
    assert heights[4] - heights[0] == pytest.approx(4 * (heights[1] - heights[0]), abs=25)

    for height in (336.0, 0.0, 291.0):
        chat.phone.keyboard(height)
        bottom = ui.convert_point((0, field.height), field).y
        top = chat.phone.app.screen[1] - height
        assert bottom <= top
        assert top - bottom < 40
    chat.phone.rotate()
    chat.phone.keyboard(200.0)
    assert ui.convert_point((0, field.height), field).y <= chat.phone.app.screen[1] - 200


def test_the_list_follows_the_end_when_the_keyboard_comes(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("\n\n".join(f"Paragraph {number}" for number in range(60)))
    chat.idle()
    chat.phone.keyboard(336.0)
    bottom = chat.thread.content_offset.y + chat.thread.height
    assert bottom == pytest.approx(chat.thread.content_size.height, abs=1)


def test_turned_in_mid_answer_everything_fits_and_nothing_is_lost(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    answer = model.asked()
    answer.say("A long paragraph, " * 20)
    chat.until("Hello", "A long paragraph, " * 20)
    before = chat.thread.content_size.height
    chat.phone.rotate()
    chat.settle()
    assert chat.thread.width == chat.phone.app.screen[0] - 2 * 44
    assert chat.thread.content_size.height < before
    answer.say("and its end.")
    answer.end()
    chat.idle()
    assert chat.texts == ["Hello", "A long paragraph, " * 20 + "and its end."]
    for view in chat.thread.subviews:
        assert view.x + view.width <= chat.thread.width


def test_it_is_dark_when_the_device_is(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("Hi")
    chat.idle()
    assert _hex(chat.view.background_color) == looks.LIGHT.paper
    chat.phone.dark()
    chat.phone.rotate()
    chat.settle()
    assert _hex(chat.view.background_color) == looks.DARK.paper
    assert {
        _hex(one.text_color) for one in chat.phone.all(ui.Label, font=TEXT) if _within(one, chat.thread)
    } == {looks.DARK.ink}


def test_it_becomes_dark_without_being_told(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "NOW_AND_THEN", 1)
    chat.phone.dark()
    chat.phone.until(lambda: _hex(chat.view.background_color) == looks.DARK.paper)


def test_who_scrolls_up_stays_there_until_the_button_leads_to_the_end(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    answer = model.asked()
    answer.say("\n\n".join(f"Paragraph {number}" for number in range(60)))
    chat.phone.until(lambda: "Paragraph 59" in chat.texts)
    assert "↓" not in chat.buttons
    chat.phone.scroll(chat.thread, 300)
    answer.say(" goes on", "\n\nMore", "\n\nand more")
    answer.end()
    chat.idle()
    assert chat.thread.content_offset.y == pytest.approx(300)
    chat.phone.tap("↓")
    bottom = chat.thread.content_offset.y + chat.thread.height
    assert bottom == pytest.approx(chat.thread.content_size.height)
    assert "↓" not in chat.buttons


def test_the_head_names_the_model_and_mock_ai_has_a_badge(phone: Phone) -> None:
    chat = Chat(phone)
    phone.find(ui.Label, text="Mock AI")
    chat.ask("Hello")
    chat.idle()
    phone.find(ui.Label, text="gpt-6-luna · $0.00")
    running.stop_all()


def test_of_500_messages_only_those_have_views_that_are_near(phone: Phone, model: Upstream) -> None:
    store = app.store()
    stored = store.conversations.create()
    head = None
    for number in range(250):
        question = NewMessage({"role": "user", "content": f"Question {number}"})
        answer = NewMessage({"role": "assistant", "content": f"Answer {number}. " + "word " * (number % 90)})
        head = store.tree.add(stored.id, [question, answer], after=head)

    chat = Chat(phone)
    phone.until(lambda: bool(chat.texts))
    assert chat.texts[-1].startswith("Answer 249")
    assert chat.bubbles < 25

    seen = set(chat.texts)
    steps = 0
    while "Question 0" not in seen:
        steps += 1
        assert steps < 400
        at = chat.thread.content_offset.y
        if at <= 0:
            phone.until(lambda: chat.thread.content_offset.y > 0, "older ones have come")
            continue
        phone.scroll(chat.thread, max(0.0, at - 600))
        seen.update(chat.texts)
        assert chat.bubbles < 25
    assert {f"Question {number}" for number in range(250)} <= seen
    tops = sorted((one.y, one.height) for one in chat.thread.subviews if one.width == chat.thread.width)
    assert all(y + height == pytest.approx(below) for (y, height), (below, _) in pairwise(tops))


def test_what_is_seen_stays_in_place_when_older_messages_come(phone: Phone, model: Upstream) -> None:
    store = app.store()
    stored = store.conversations.create()
    head = None
    for number in range(100):
        head = store.tree.add(
            stored.id,
            [NewMessage({"role": "user", "content": f"Question {number}"}),
             NewMessage({"role": "assistant", "content": f"Answer {number}"})],
            after=head,
        )  # fmt: skip
    chat = Chat(phone)
    phone.until(lambda: "Answer 99" in chat.texts)
    phone.scroll(chat.thread, 100)
    label = next(one for one in phone.all(ui.Label) if one.text == chat.texts[4])
    y = ui.convert_point((0, 0), label).y
    before = chat.thread.content_size.height
    phone.until(lambda: chat.thread.content_size.height > before, "older ones have come")
    chat.settle()
    assert ui.convert_point((0, 0), label).y == pytest.approx(y, abs=1)


def test_closed_in_mid_answer_and_opened_again_it_goes_on(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    answer = model.asked()
    answer.say("One")
    chat.until("Hello", "One")
    chat.write("A draft")
    chat.close()
    answer.say(", two")

    again = Chat(chat.phone)
    again.until("Hello", "One, two")
    assert chat.phone.find(ui.TextView).text == "A draft"
    assert "Stop" in again.buttons
    answer.say(".")
    answer.end()
    again.idle()
    assert again.texts == ["Hello", "One, two."]
    assert model.questions == 1


def test_closed_and_opened_again_it_is_the_conversation_of_last_time(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("Hi")
    chat.idle()
    chat.close()
    talks.stop_all()
    again = Chat(chat.phone)
    again.until("Hello", "Hi")
    assert again.view.name == "Hello"


def test_shown_a_second_time_it_takes_the_place_of_the_first(
    chat: Chat, model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "NOW_AND_THEN", 1000)
    chat.ask("Hello")
    answer = model.asked()
    answer.say("One")
    chat.until("Hello", "One")
    threading.Thread(target=show).start()  # as from a link, while the script still runs
    chat.run.wait()

    again = chat.phone.screen
    assert again is not chat.view
    assert len(chat.phone.app.presented) == 1
    answer.say(", two")
    chat.until("Hello", "One, two")
    answer.end()
    chat.idle()
    chat.phone.on_main(again.close)


SLEEPS = ["before the first word", "amid", "after the last word"]


@pytest.mark.parametrize("stage", SLEEPS)
def test_a_phone_that_sleeps_loses_nothing_and_asks_nothing_twice(
    chat: Chat, model: Upstream, stage: str
) -> None:
    chat.ask("Hello")
    answer = model.asked()
    expected = ["Hello"]
    if stage != SLEEPS[0]:
        answer.say("One, ", "two")
        chat.until("Hello", "One, two")
        expected.append("One, two")
    if stage == SLEEPS[2]:
        answer.say(".")
        chat.until("Hello", "One, two.")
        expected[-1] += "."
    chat.phone.suspend(120)

    chat.idle()
    assert chat.texts == expected
    assert model.questions == 1
    assert not chat.stays_on()
    chat.sees("Ask again" if stage == SLEEPS[0] else "Continue")
    kept = talks._open[-1].id
    assert kept is not None
    talks.stop_all()
    chat.close()
    again = Chat(chat.phone)
    again.until(*expected)
    if stage == SLEEPS[0]:
        chat.phone.tap("Ask again")
        model.answer("One")
        again.idle()
        assert again.texts == ["Hello", "One"]
    else:
        chat.phone.tap("Continue")
        model.answer("More")
        again.idle()
        assert again.texts[-1] == "More"
    assert model.questions == 2


def test_a_question_after_a_sleep_is_asked_although_the_old_connections_are_dead(
    chat: Chat, model: Upstream
) -> None:
    chat.ask("Hello")
    model.answer("Hi")
    chat.idle()
    chat.phone.suspend(120)
    chat.ask("And?")
    model.answer("So")
    chat.idle()
    assert chat.texts == ["Hello", "Hi", "And?", "So"]
    assert model.questions == 2


def test_a_new_conversation_is_begun_beside_an_answer_that_goes_on(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    answer = model.asked()
    chat.phone.tap("+")
    chat.settle()
    assert chat.texts == []
    chat.ask("Another")
    model.answer("Yes")
    chat.idle()
    assert chat.texts == ["Another", "Yes"]
    chat.phone.tap("☰")
    table = chat.phone.find(ui.TableView)
    chat.phone.until(lambda: table.titles() == ["Another", "Hello"])
    answer.say("Hi")
    answer.end()
    chat.phone.on_main(lambda: table.select(1))
    chat.until("Hello", "Hi")


def test_threads_end(chat: Chat, model: Upstream) -> None:
    chat.ask("Hello")
    model.answer("Hi")
    chat.idle()
    chat.close()
    chat.phone.until(lambda: not [one for one in threading.enumerate() if one.name == "livetechno-talk"])


def _hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour[:3])
