"""However long a conversation is, little of it is in memory on a phone; the rest is read from the disk."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator

import pytest

from livetechno import app
from livetechno.hosts.pythonista import chat_talk, console_chat, memory, running, talks
from livetechno.hosts.pythonista.chat_talk import PAGE, Talk
from livetechno.kept import PHONE_BYTES, StoredTurns
from livetechno.store import conversations, messages
from livetechno.store.conversations import Draft
from livetechno.store.messages import NewMessage
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.test_console_chat import begun
from tests.hosts.pythonista.upstream import upstream

TURNS = 3000
ANSWER = "So it goes, and the filter opens. " * 10


@pytest.fixture
def long(phone: Phone) -> Iterator[str]:
    """A stored conversation of many turns: over a megabyte."""
    id_, owner, at = app.store().conversations.new_id(), "local", "2026-11-23T10:00:00.000000Z"

    def work(connection: sqlite3.Connection) -> None:
        conversations.insert(connection, owner, id_, Draft(), at)
        head = None
        for number in range(TURNS):
            asked = _insert(connection, id_, "user", f"Question {number}", head, None, 2 * number)
            head = _insert(connection, id_, "assistant", f"{number}: {ANSWER}", asked, asked, 2 * number + 1)
        conversations.touch(connection, owner, id_, head, at, "Long")

    def _insert(
        connection: sqlite3.Connection,
        id_: str,
        role: str,
        text: str,
        parent: int | None,
        turn: int | None,
        place: int,
    ) -> int:
        new = NewMessage({"role": role, "content": text})
        return messages.insert(connection, owner, id_, new, parent=parent, turn=turn, place=place, at=at)

    app.store().tree._database.write(work).result()
    yield id_
    running.stop_all()


def test_a_script_reads_all_of_it_and_holds_little(long: str) -> None:
    turns = StoredTurns(app.store(), long)
    assert sum(1 for _ in StoredTurns(app.store(), long).newest()) == TURNS  # now all is loaded that reads
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number, turn in zip(reversed(range(TURNS)), turns.newest(), strict=True):
            assert turn.messages[0].text == f"Question {number}"
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert PHONE_BYTES / 2 < turns.held <= PHONE_BYTES
    assert after - before < 4 * PHONE_BYTES, "with all that Python needs around it; the whole takes megabytes"


def test_the_talk_of_the_console_and_of_the_chat_holds_little(long: str) -> None:
    talk = Talk(long)
    talk.open().join()
    for _ in range(9):
        assert talk.held <= PHONE_BYTES
        talk.read_older().join()
    assert len(talk.shown.said) == 10 * PAGE
    assert talk.held > PHONE_BYTES / 2
    first = next(one for one in talk.shown.said if one.mine)
    assert talk.text(first) == f"Question {TURNS - 5 * PAGE}", "what is not in memory is read"
    assert memory.told(talk) == (
        f"In memory: {talk.held / 1000:.1f} kB of at most 100.0 kB; stored: {2 * TURNS} messages."
    )


def test_the_console_tells_it_and_going_on_holds_little_too(
    phone: Phone, long: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with upstream(monkeypatch) as model:
        run = begun(phone)
        phone.until(lambda: f"Going on after: Question {TURNS - 1}" in phone.console.text)
        phone.console.types("And now?")
        model.answer("Now it closes.")
        phone.until(lambda: "Now it closes.\n" in phone.console.text)
        phone.console.types("/memory", "bye")
        run.wait()
    assert f"kB of at most 100.0 kB; stored: {2 * TURNS + 2} messages." in phone.console.text
    assert talks.latest().held <= PHONE_BYTES


def test_what_was_said_long_ago_in_this_run_is_let_go_of(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (console_chat, chat_talk):
        monkeypatch.setattr(module, "PAGE", 2)
    phone.console.types(*(f"{number} * 2" for number in range(8)), "bye")
    begun(phone).wait()
    assert app.store().conversations.list()[0].size == 16
    assert len(talks.latest().shown.said) <= 6
    running.stop_all()
