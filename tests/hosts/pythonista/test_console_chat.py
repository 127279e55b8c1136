"""A conversation in the console: what is typed, what is printed and in which colour, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import _app
import keychain
import pytest

from livetechno import app, settings
from livetechno.hosts.pythonista import console_chat, ink, running, settle, talks, unfinished
from livetechno.kept import find
from livetechno.settings import Settings
from livetechno.store.messages import NewMessage, text_of
from livetechno.words import say
from tests.hosts.pythonista.phone import Phone, Run
from tests.hosts.pythonista.test_start import opened, select
from tests.hosts.pythonista.upstream import Upstream, upstream


@pytest.fixture
def model(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    with upstream(monkeypatch) as one:
        phone.outside.add(int(one.model.base_url.rpartition(":")[2].partition("/")[0]))
        yield one
        running.stop_all()


@pytest.fixture
def mock(phone: Phone) -> Iterator[None]:
    """Nobody has a key."""
    yield
    running.stop_all()


def begun(phone: Phone) -> Run:
    """The conversation, at its prompt or in mid-answer."""

    def run() -> None:
        settle()
        console_chat.run()

    return phone.run(run)


def until(phone: Phone, text: str) -> None:
    phone.until(lambda: text in phone.console.text, f"{text!r} in {phone.console.text!r}")


def stored() -> list[tuple[str, str, bool]]:
    """What is kept of the newest conversation."""
    store = app.store()
    id_ = find(store).id
    return [
        (str(one.plain["role"]), text_of(one.plain), one.partial)
        for one in store.tree.branch(id_, store.tree.head(id_))
    ]


def colours(phone: Phone) -> dict[str, _app.Colour | None]:
    """The colour of each text that is one."""
    return {text.strip(): colour for text, colour in phone.console.spans}


def talk_about(*texts: str) -> str:
    """A stored conversation: questions and answers in turn."""
    store = app.store()
    id_, head = store.conversations.create().id, None
    for question, answer in zip_longest(texts[::2], texts[1::2]):
        head = asked = store.tree.add(id_, [NewMessage({"role": "user", "content": question})], after=head)
        if answer is not None:
            new = NewMessage({"role": "assistant", "content": answer})
            head = store.tree.add(id_, [new], after=asked, turn=asked)
    return id_


def test_the_start_screen_leads_here(phone: Phone, mock: None) -> None:
    settings.save(Settings(mock=True))
    run, table = opened(phone)
    select(phone, table, table.titles(0).index("Console"), 0)
    phone.console.types("12 * 12", "bye")
    run.wait()
    assert "144" in phone.console.text


def test_an_answer_is_printed_as_it_comes(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Why does it squelch?")
    answer = model.asked()
    assert answer.asked == "Why does it squelch?"
    answer.say("Reso")
    until(phone, "Reso")
    assert "Resonance" not in phone.console.text
    under_way = phone.app.activity, phone.app.idle_timer_disabled
    assert under_way == (True, True), "it is seen, and the screen stays on"
    answer.say("nance.")
    answer.end()
    until(phone, "Resonance.\n")
    phone.console.types("quit")
    run.wait()
    phone.settle()
    assert (phone.app.activity, phone.app.idle_timer_disabled) == (False, False)
    assert stored() == [("user", "Why does it squelch?", False), ("assistant", "Resonance.", False)]


@pytest.mark.parametrize("farewell", ["quit", "exit", "bye", "/quit", " Bye "])
def test_a_farewell_ends_it(phone: Phone, mock: None, farewell: str) -> None:
    phone.console.types(farewell)
    begun(phone).wait()
    assert "help for the commands" in phone.console.text


def test_the_stop_button_at_the_prompt_ends_it(phone: Phone, mock: None) -> None:
    run = begun(phone)
    until(phone, "> ")
    phone.stop_button()
    run.wait()
    assert "Traceback" not in phone.console.text


def test_the_stop_button_ends_an_answer_and_keeps_what_came(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Count")
    model.asked().say("One, two, ")
    until(phone, "One, two")
    phone.stop_button()
    until(phone, "Stopped; what came is kept. /continue")
    assert stored() == [("user", "Count", False), ("assistant", "One, two, ", True)]
    phone.console.types("/continue")
    rest = model.asked()
    assert rest.asked == say("page.chat.go_on_words")
    rest.say("three.")
    rest.end()
    until(phone, "three.")
    phone.console.types("bye")
    run.wait()


def test_stopped_before_a_word_the_question_can_be_asked_again(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Count")
    model.asked()
    phone.stop_button()
    until(phone, "Stopped before anything came; /retry asks again.")
    phone.console.types("/retry")
    model.answer("One.")
    until(phone, "One.")
    phone.console.types("bye")
    run.wait()
    assert stored() == [("user", "Count", False), ("assistant", "One.", False)]


def test_mock_ai_says_once_that_it_answers(phone: Phone, mock: None) -> None:
    phone.console.types("12 * 12", "13 * 13", "bye")
    begun(phone).wait()
    assert phone.console.text.count("Mock AI: no key needed, nothing leaves this device; /key") == 1
    assert "144" in phone.console.text
    assert "169" in phone.console.text
    assert "[Mock AI] > " in phone.console.text


def test_answers_are_in_colours_that_are_given_back(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Show")
    model.answer("# Kick\nA **loud** `one`:\n```py\nx = 1\n```\n- done")
    until(phone, "• done")
    phone.console.types("bye")
    run.wait()
    found = colours(phone)
    assert found["Kick"] == found["loud"] == ink.ACCENT
    assert found["x = 1"] == found["one"] == ink.CODE
    assert found["```py"] == ink.SOFT
    assert found["• done"] is None
    assert phone.app.colour is None


def test_nothing_that_a_model_writes_controls_the_console(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Show")
    model.answer("a\x1b[2Jb\x07c\x1b]0;title\x07d\u202ee")
    until(phone, "abcde")
    phone.console.types("bye")
    run.wait()


def test_what_goes_wrong_is_a_sentence_with_what_to_do(phone: Phone, model: Upstream) -> None:
    model.refuse(401, "invalid_api_key")
    run = begun(phone)
    phone.console.types("Hello")
    until(phone, "Your words are kept")
    phone.console.types("bye")
    run.wait()
    assert "choose Key to type another one" in phone.console.text
    assert "/key does that from here." in phone.console.text
    assert "Traceback" not in phone.console.text
    warned = [text for text, colour in phone.console.spans if colour == ink.WARNING]
    assert len(warned) == 1
    assert phone.app.colour is None
    assert stored() == [("user", "Hello", False)]


def test_an_answer_that_the_night_cuts_is_kept_and_gone_on_with(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Count")
    answer = model.asked()
    answer.say("One, ")
    until(phone, "One,")
    phone.suspend(8 * 3600)
    until(phone, "What came is kept: /continue goes on with it")
    assert stored() == [("user", "Count", False), ("assistant", "One, ", True)]
    assert model.questions == 1, "nothing is asked again by itself"
    phone.console.types("/continue")
    model.answer("two.")
    until(phone, "two.")
    phone.console.types("bye")
    run.wait()
    assert [text for _, text, _ in stored()] == ["Count", "One, ", say("page.chat.go_on_words"), "two."]


def test_a_night_before_the_first_word_asks_nothing_twice(phone: Phone, model: Upstream) -> None:
    run = begun(phone)
    phone.console.types("Count")
    model.asked()
    phone.suspend(8 * 3600)
    until(phone, "Your words are kept")
    assert model.questions == 1
    phone.console.types("/continue")
    model.answer("One.")
    until(phone, "One.")
    phone.console.types("bye")
    run.wait()
    assert [text for _, text, _ in stored()] == ["Count", "One."]


def test_it_goes_on_where_it_was_left(phone: Phone, mock: None) -> None:
    talk_about("Why?", "Because **so**.")
    phone.console.types("bye")
    begun(phone).wait()
    assert "Going on after: Why?\nBecause so.\n" in phone.console.text


def test_a_question_that_the_end_of_the_app_left_is_told(phone: Phone, mock: None) -> None:
    talk_about("Why?")
    phone.console.types("bye")
    begun(phone).wait()
    assert "Going on after: Why?\nThis question has no answer yet; /retry" in phone.console.text


def test_what_had_come_when_ios_ended_the_app_is_gone_on_with(phone: Phone, model: Upstream) -> None:
    id_ = talk_about("Count")
    unfinished.keep(id_, app.store().tree.head(id_) or 0, "One, ")
    run = begun(phone)
    until(phone, "Going on after: Count\nOne, \nThis answer was cut off; /continue goes on with it.")
    phone.console.types("/continue")
    model.answer("two.")
    until(phone, "two.")
    phone.console.types("bye")
    run.wait()
    assert [text for _, text, _ in stored()] == ["Count", "One, ", say("page.chat.go_on_words"), "two."]


def test_an_answer_that_was_too_long_is_gone_on_with(phone: Phone, mock: None) -> None:
    id_ = talk_about("Hello", "Hello.")
    app.store().conversations.change(id_, parameters={"max_tokens": 16})
    phone.console.types("Tell me about livetechno", "/continue", "bye")
    begun(phone).wait()
    cut = "cut by the limit of tokens\nThis answer was cut off; /continue goes on with it.\n"
    assert cut in phone.console.text
    assert ("user", say("page.chat.go_on_words"), False) in stored()


def test_the_stop_button_between_question_and_answer_stops_too(
    phone: Phone, model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = console_chat.ConsoleChat._follow
    stops = iter([KeyboardInterrupt()])

    def stopped(chat: console_chat.ConsoleChat) -> bool:
        for stop in stops:
            raise stop
        return follow(chat)

    monkeypatch.setattr(console_chat.ConsoleChat, "_follow", stopped)
    run = begun(phone)
    phone.console.types("Count")
    until(phone, "Stopped before anything came")
    phone.console.types("bye")
    run.wait()
    assert stored() == [("user", "Count", False)]


def test_a_retry_that_fails_leaves_the_answer(phone: Phone, model: Upstream) -> None:
    talk_about("Why?", "So.")
    model.refuse(429, "insufficient_quota")
    run = begun(phone)
    phone.console.types("/retry")
    phone.until(lambda: ink.WARNING in [colour for _, colour in phone.console.spans])
    phone.console.types("bye")
    run.wait()
    assert [text for _, text, _ in stored()] == ["Why?", "So."]
    assert "cost unknown" not in phone.console.text


def test_an_answer_under_way_is_found_again(phone: Phone, model: Upstream) -> None:
    settle()
    talks.of(None).ask("Why?")
    answer = model.asked()
    answer.say("Be")
    run = begun(phone)
    until(phone, "Going on after: Why?\nBe")
    answer.say("cause.")
    answer.end()
    until(phone, "Because.")
    phone.console.types("bye")
    run.wait()


def test_a_stored_conversation_is_opened_by_its_number(phone: Phone, mock: None) -> None:
    talk_about("About kicks", "They kick.")
    talk_about("About snares", "They rattle.")
    phone.console.types("/new", "/history", "/history 2", "/history 3", "bye")
    begun(phone).wait()
    text = phone.console.text.partition("A new conversation")[2]
    assert "About snares\n" in text.partition(" 2  ")[0]
    assert "Going on after: About kicks\nThey kick.\n" in text
    assert "no number 3" in text


def test_an_exchange_is_taken_back(phone: Phone, model: Upstream) -> None:
    talk_about("One?", "One.", "Two?", "Two.")
    run = begun(phone)
    phone.console.types("/undo", "Three?")
    answer = model.asked()
    said = [one["content"] for one in answer._answer.asked["messages"]]
    assert said == ["One?", "One.", "Three?"]
    answer.end()
    until(phone, "Taken back: Two?")
    phone.console.types("bye")
    run.wait()


def test_model_and_system_message_are_its_own_before_it_is_stored_and_after(
    phone: Phone, model: Upstream
) -> None:
    run = begun(phone)
    phone.console.types("/new", "/model gpt-5.2", "/system Be brief.", "/save Squelch", "Why?")
    asked = model.asked()
    assert asked._answer.asked["model"] == "gpt-5.2"
    assert asked._answer.asked["messages"][0]["content"] == "Be brief."
    asked.say("So.")
    asked.end()
    until(phone, "So.\n")
    phone.console.types("/system -", "/model gpt-5.4", "And?")
    again = model.asked()
    assert again._answer.asked["model"] == "gpt-5.4"
    assert [one["role"] for one in again._answer.asked["messages"]] == ["user", "assistant", "user"]
    again.end()
    until(phone, "No system message.\n> /model gpt-5.4\nModel: gpt-5.4\n")
    phone.console.types("bye")
    run.wait()
    assert find(app.store()).title == "Squelch"


def test_the_other_commands_say_what_they_know(phone: Phone, mock: None) -> None:
    phone.console.types("/help", "/cost", "/memory", "/continue", "/retry", "/undo", "/nonsense", "bye")
    begun(phone).wait()
    text = phone.console.text
    for told in (
        "/history [N]",
        "Today: $0.00",
        "In memory: 0.0 kB of at most 100.0 kB; stored: 0 messages.",
        "No answer was cut off here.",
        "Nothing has been asked yet.",
        "There is nothing to take back.",
        "That is no command; nothing was sent.",
    ):
        assert told in text
    assert "livetechno chat" not in text, "there is no terminal here"


def test_a_dialog_that_is_cancelled_goes_back_to_the_prompt(phone: Phone, mock: None) -> None:
    phone.answers(None, None)
    phone.console.types("/key", "/settings", "bye")
    begun(phone).wait()
    assert [one.kind for one in phone.asked] == ["form_dialog", "form_dialog"]


def test_an_entry_of_the_keychain_that_is_no_key_is_a_sentence(phone: Phone, mock: None) -> None:
    keychain.set_password("openai", "api_key", "not a key")
    phone.console.types("Hello", "bye")
    begun(phone).wait()
    assert "entry openai" in phone.console.text
    assert "not a key" not in phone.console.text


def test_in_french_it_speaks_french(phone: Phone, mock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    phone.console.types("/memory", "bye")
    begun(phone).wait()
    assert "pour les commandes, quit pour quitter" in phone.console.text
    assert "0,0 ko sur 100,0 ko" in phone.console.text


@pytest.mark.parametrize("colour", [ink.SOFT, ink.ACCENT, ink.CODE, ink.WARNING])
def test_every_colour_is_readable_on_white_and_on_black(colour: ink.Ink) -> None:
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    light = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (light + 0.05) >= 4.5
    assert (light + 0.05) / 0.05 >= 4.5
