"""The conversations that are kept, in the native chat."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import ui

from livetechno import app
from livetechno.hosts.pythonista import running
from livetechno.store.messages import NewMessage
from tests.hosts.pythonista.phone import Phone
from tests.hosts.pythonista.test_chat_view import Chat


@pytest.fixture
def chat(phone: Phone) -> Iterator[Chat]:
    """A chat with three conversations that are kept; the newest is shown."""
    store = app.store()
    for title in ("First", "Second", "Third"):
        kept = store.conversations.create(title=title)
        store.tree.add(kept.id, [NewMessage({"role": "user", "content": f"In {title}"})], after=None)
    yield Chat(phone)
    running.stop_all()


def _listed(chat: Chat) -> ui.TableView:
    chat.phone.tap("☰")
    table = chat.phone.find(ui.TableView)
    chat.phone.until(lambda: len(table.titles()) > 1)
    return table


def test_conversations_are_listed_the_newest_first_and_one_is_opened(chat: Chat) -> None:
    table = _listed(chat)
    assert table.titles() == ["Third", "Second", "First"]
    assert str(table.rows()[0].detail_text_label.text).endswith(" · 1 message")

    chat.phone.on_main(lambda: table.select(2))
    chat.until("In First")
    assert chat.view.name == "First"
    assert not chat.phone.all(ui.TableView)


def test_a_deleted_one_is_taken_back(chat: Chat) -> None:
    table = _listed(chat)
    chat.phone.on_main(lambda: table.delete(1))
    assert table.titles() == ["Third", "First"]
    chat.phone.until(lambda: len(app.store().conversations.list()) == 2)
    chat.phone.find(ui.Label, text="Second was deleted")

    chat.phone.tap("Undo")
    chat.phone.until(lambda: table.titles() == ["Third", "Second", "First"])
    assert "Undo" not in chat.buttons


def test_when_the_shown_one_is_deleted_a_new_one_begins(chat: Chat) -> None:
    table = _listed(chat)
    chat.phone.on_main(lambda: table.delete(0))
    chat.phone.tap("Close")
    chat.settle()
    assert chat.texts == []
    assert chat.view.name == "New conversation"


def test_a_new_one_is_begun(chat: Chat) -> None:
    _listed(chat)
    chat.phone.tap("New conversation")
    chat.settle()
    assert chat.texts == []
    assert not chat.phone.all(ui.TableView)


def test_where_nothing_is_kept_the_list_says_so(phone: Phone) -> None:
    chat = Chat(phone)
    chat.phone.tap("☰")
    table = phone.find(ui.TableView)
    chat.settle()
    assert table.titles() == ["No conversation yet. Your first question begins one."]
    phone.on_main(lambda: table.select(0))
    phone.tap("☰")
    assert not phone.all(ui.TableView)
    running.stop_all()


def test_turned_and_in_the_dark_the_list_fits(chat: Chat) -> None:
    _listed(chat)
    chat.phone.dark()
    chat.phone.rotate()
    chat.settle()
    table = chat.phone.find(ui.TableView)
    assert table.width == chat.phone.app.screen[0] - 2 * 44
    chat.phone.until(lambda: table.titles() == ["Third", "Second", "First"])
