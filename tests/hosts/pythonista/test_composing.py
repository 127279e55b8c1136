"""`/compose` on the phone: in console and native chat, with Mock AI, to the file that is shared."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mido
import pytest
import ui

from livetechno import app, owned, projects, settings
from livetechno.composer import Proposal
from livetechno.hosts.pythonista import composing, console_chat, running, settle
from livetechno.music.actions import SetTempo
from livetechno.settings import Settings
from tests.hosts.pythonista.phone import Phone, Run
from tests.hosts.pythonista.test_chat_view import Chat

ACID = "/compose acid à 132 bpm, graine 3"


@pytest.fixture(autouse=True)
def _mock(phone: Phone) -> Iterator[None]:
    settings.save(Settings(mock=True))
    yield
    running.stop_all()
    composing.stop()
    app.close_store()


def console(phone: Phone, *lines: str) -> str:
    """What the console says when these lines are typed."""

    def run() -> None:
        settle()
        console_chat.run()

    phone.console.types(*lines, "bye")
    run_: Run = phone.run(run)
    run_.wait()
    return phone.console.text


def kept() -> projects.Piece:
    return projects.find(app.store(), composing.NAME)


def test_in_the_console_a_proposal_is_shown_and_done_on_a_yes(phone: Phone) -> None:
    text = console(phone, ACID, "oui")
    assert "132 bpm" in text
    assert "BD x... x... x... x..." in text
    assert (kept().project.bpm, kept().entries[0].author) == (132, "model")


def test_in_the_console_a_no_changes_nothing(phone: Phone) -> None:
    console(phone, ACID, "non")
    assert kept().entries == ()


def test_in_the_console_some_are_accepted_and_more_is_asked(phone: Phone) -> None:
    text = console(phone, ACID, "6", "mais à 99 bpm", "1")
    assert kept().project.bpm == 99
    assert kept().project.machines == ()
    assert "rd9" in text


def test_in_the_console_a_step_is_taken_back_and_what_is_kept_is_heard(phone: Phone) -> None:
    console(phone, ACID, "yes", "/play", "/silence", "/back")
    assert kept().project.patterns == ()
    assert [entry.kind for entry in kept().entries] == ["do", "undo"]


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else sets another tempo while the answer comes."""
    propose = composing.propose

    def proposed(*given: Any) -> Proposal:
        proposal = propose(*given)
        kept().do(SetTempo(bpm=99), owned.read().catalogue)
        return proposal

    monkeypatch.setattr(composing, "propose", proposed)


@pytest.mark.usefixtures("moved")
def test_in_the_console_what_was_changed_meanwhile_is_shown_anew_before_it_is_done(phone: Phone) -> None:
    text = console(phone, ACID, "oui", "oui")
    assert "changed elsewhere meanwhile" in text
    assert text.count("new pattern rd9-beat") == 2
    assert (kept().project.bpm, len(kept().entries)) == (132, 2)


def test_a_wish_without_words_is_none(phone: Phone) -> None:
    assert "/compose acid" in console(phone, "/compose")


def shared(phone: Phone) -> Path:
    """The file that was handed over."""
    phone.until(lambda: any(one.kind == "open_in" for one in phone.asked), "a file is handed over")
    return Path(next(one.details["path"] for one in phone.asked if one.kind == "open_in"))


def test_in_the_chat_a_proposal_is_heard_accepted_and_shared(phone: Phone) -> None:
    chat = Chat(phone)
    chat.ask(ACID)
    table = phone.find(ui.TableView)
    phone.until(lambda: bool(table.titles()), "the actions are listed")
    assert any("132 bpm" in title for title in table.titles())
    grid = phone.find(ui.TextView, editable=False)
    assert "BD x... x... x... x..." in grid.text
    phone.tap("Play")
    phone.until(lambda: bool(composing._playing), "it plays")
    phone.tap("Play")
    assert not composing._playing
    phone.tap("Accept")
    phone.until(lambda: bool(phone.all(ui.Button, title="Share")), "it is kept")
    assert kept().project.bpm == 132
    phone.tap("Share")
    data = shared(phone).read_bytes()
    file = mido.MidiFile(file=io.BytesIO(data))
    assert sum(message.type == "note_on" for track in file.tracks for message in track) > 50
    phone.tap("Close")
    assert not phone.all(ui.TableView)
    assert chat.texts == []


def test_in_the_chat_actions_are_ticked_one_by_one(phone: Phone) -> None:
    chat = Chat(phone)
    chat.ask(ACID)
    table = phone.find(ui.TableView)
    phone.until(lambda: bool(table.titles()), "the actions are listed")
    for row in range(1, len(table.titles())):
        phone.on_main(partial(table.select, row))
    assert [cell.accessory_type for cell in table.rows()][:2] == ["checkmark", "none"]
    phone.tap("Accept")
    phone.until(lambda: bool(phone.all(ui.Button, title="Share")), "it is kept")
    assert (kept().project.bpm, kept().project.machines) == (132, ())


@pytest.mark.usefixtures("moved")
def test_in_the_chat_what_was_changed_meanwhile_is_shown_anew_before_it_is_done(phone: Phone) -> None:
    Chat(phone).ask(ACID)
    table = phone.find(ui.TableView)
    phone.until(lambda: bool(table.titles()), "the actions are listed")
    phone.tap("Accept")
    phone.until(
        lambda: any("changed elsewhere" in str(label.text) for label in phone.all(ui.Label)), "it is told"
    )
    assert kept().project.bpm == 99
    phone.tap("Accept")
    phone.until(lambda: bool(phone.all(ui.Button, title="Share")), "it is kept")
    assert kept().project.bpm == 132


def test_in_the_chat_who_taps_twice_accepts_once(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    Chat(phone).ask(ACID)
    phone.until(lambda: bool(phone.find(ui.TableView).titles()), "the actions are listed")
    accept = next(one for one in phone.all(ui.Button, title="Accept"))
    tap = accept.action
    assert tap is not None
    accepted = []
    monkeypatch.setattr(composing, "accept", lambda *given: accepted.append(given))
    phone.on_main(lambda: [tap(accept), tap(accept)])
    phone.until(lambda: not phone.is_busy())
    assert len(accepted) == 1


def test_in_the_chat_a_refusal_changes_nothing_and_the_talk_goes_on(phone: Phone) -> None:
    chat = Chat(phone)
    chat.ask(ACID)
    phone.until(lambda: bool(phone.find(ui.TableView).titles()), "the actions are listed")
    phone.tap("Refuse")
    assert kept().entries == ()
    chat.ask("12 * 12")
    phone.until(lambda: any("144" in text for text in chat.texts), "the answer comes")


def test_what_goes_wrong_is_told_where_the_proposal_would_be(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(composing, "propose", broken)
    Chat(phone).ask(ACID)
    phone.until(
        lambda: any("No space left" in str(label.text) for label in phone.all(ui.Label)), "it is told"
    )
    assert not phone.all(ui.Button, title="Accept")


def test_a_proposal_of_another_size_fits_the_screen(phone: Phone) -> None:
    chat = Chat(phone)
    chat.ask(ACID)
    phone.until(lambda: bool(phone.find(ui.TableView).titles()), "the actions are listed")
    phone.rotate()
    chat.settle()
    button = phone.find(ui.Button, title="Accept")
    above = button.superview
    assert above is not None
    assert button.y + button.height <= above.height
