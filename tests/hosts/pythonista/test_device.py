"""What belongs on which thread, and what the device says of itself."""

from __future__ import annotations

import threading

import pytest
import ui
from _app import CANCEL

from livetechno import settings
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import device
from livetechno.settings import Settings
from tests.hosts.pythonista.phone import Phone


@pytest.fixture(autouse=True)
def _no_language_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVETECHNO_LANG")
    device.language.cache_clear()


@pytest.mark.parametrize(
    ("languages", "language"),
    [(["fr-CA", "en-US"], "fr"), (["en-GB", "fr-FR"], "en"), (["de-DE"], "en"), ([], "en")],
)
def test_the_devices_first_language_is_spoken(phone: Phone, languages: list[str], language: str) -> None:
    phone.app.languages = languages
    assert device.language() == language


def test_the_language_of_the_settings_comes_before_the_devices(phone: Phone) -> None:
    phone.app.languages = ["fr-FR"]
    settings.save(Settings(language="en"))
    assert device.language() == "en"


def test_broken_settings_leave_a_language_to_tell_of_them_in(phone: Phone) -> None:
    phone.app.languages = ["fr-FR"]
    settings.path().parent.mkdir(parents=True)
    settings.path().write_text("{")
    assert device.language() == "fr"


def test_what_is_said_follows_the_device_whichever_way_livetechno_comes_in(phone: Phone) -> None:
    from livetechno import words

    phone.app.languages = ["fr-FR"]
    pythonista.settle()
    assert words.say("phone.uninstall") == "Désinstaller"


def test_an_app_that_does_not_tell_of_dark_mode_is_light(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.dark()
    monkeypatch.delattr(ui, "get_ui_style")
    assert not device.dark()


def test_dark_mode_and_the_background_are_told_as_they_are(phone: Phone) -> None:
    assert not device.dark()
    phone.dark()
    assert device.dark()
    assert not device.in_background()
    phone.leave()
    assert device.in_background()


def test_the_main_thread_gives_back_what_it_makes_and_what_it_raises(phone: Phone) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    def script() -> str:
        with pytest.raises(ZeroDivisionError):
            device.on_main(fail)
        return device.on_main(lambda: threading.current_thread().name)

    assert phone.run(script).wait() == "main"
    assert phone.on_main(lambda: device.on_main(lambda: 7)) == 7


def test_later_does_not_wait(phone: Phone) -> None:
    done: list[str] = []

    def callback() -> None:
        device.later(lambda: done.append("later"))
        done.append("now")

    phone.on_main(callback)
    phone.settle()
    assert done == ["now", "later"]


def test_the_screen_stays_on_as_long_as_anything_needs_it(phone: Phone) -> None:
    for stay in (True, True, False):
        device.awake(stay)
    phone.settle()
    assert phone.app.idle_timer_disabled
    for stay in (False, False, True, False):
        device.awake(stay)
    phone.settle()
    assert not phone.app.idle_timer_disabled


def test_what_another_script_cancels_does_not_keep_the_screen_on_for_ever(phone: Phone) -> None:
    import ui

    device.awake(True)
    phone.settle()

    def cancelled() -> None:
        device.awake(False)
        ui.cancel_delays()

    phone.on_main(cancelled)
    for stay in (True, False):
        device.awake(stay)
    phone.settle()
    assert not phone.app.idle_timer_disabled


def test_what_goes_wrong_off_the_main_thread_is_told_in_a_sentence(phone: Phone) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    phone.answers(1)
    phone.on_main(lambda: device.off_main(fail)).join(5)
    assert [one.details["message"] for one in phone.asked] == ["The system refused: No space left on device."]


def test_a_dialog_that_is_cancelled_off_the_main_thread_ends_it_quietly(phone: Phone) -> None:
    import console

    phone.answers(CANCEL)
    device.off_main(lambda: console.alert("Sure?")).join(5)
    assert len(phone.asked) == 1
