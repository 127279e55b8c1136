"""F2.7 on a phone: a key that was typed, or put into the keychain, is seen, said and written nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import ui
from _app import CANCEL
from _ui_view import walk

from livetechno import app, settings
from livetechno.gpt import keys, redaction
from livetechno.gpt.threads import in_thread
from livetechno.hosts import pythonista
from livetechno.hosts.pythonista import forms
from livetechno.settings import Settings
from tests.hosts.pythonista.phone import Phone
from tests.security.calls import asked
from tests.security.test_canary import CANARY, answer, leaks


@pytest.fixture(autouse=True)
def _no_key_is_remembered() -> Iterator[None]:
    yield
    redaction.uninstall()


def on_screen(phone: Phone) -> Iterator[str]:
    """All that the views on screen hold, and the lines of their tables."""
    for root in phone.app.presented:
        for view in walk(root):
            yield repr(vars(view))
            if isinstance(view, ui.TableView):
                for section in range(view.sections):
                    yield str(view.data_source.tableview_title_for_header(view, section))
                    yield from view.titles(section)


async def test_a_canary_key_is_in_no_view_dialog_console_shortcut_log_or_database(
    phone: Phone, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone.app.shortcut = True

    async def run(script: Callable[[], Any], *answers: Any) -> Any:
        phone.answers(*answers)
        return await in_thread(phone.run(script).wait)

    async with asked(answer) as base_url:
        settings.save(Settings(base_url=base_url))
        pythonista.settle()
        assert await run(forms.ask_key, {"key": f"{CANARY} {CANARY}"}, 1, {"key": CANARY}, 1)
        assert phone.app.keychain == {("openai", base_url): CANARY}
        for question, told in (("Hello", "Yes"), ("Refuse", None), ("Break", None)):
            assert await run(partial(pythonista.main, ["--ask", question])) == told
        await run(forms.manage_key, "Test", 1)
        await run(forms.manage_key, "Replace", {"key": CANARY[:-1] + "é"}, 1, CANCEL)
        await run(forms.change_settings, {"base_url": f"https://{CANARY}@evil.example/"}, 1, CANCEL)
        screen = phone.run(pythonista.main)
        table = await in_thread(lambda: phone.find(ui.TableView))
        header = table.data_source.tableview_title_for_header
        await in_thread(lambda: phone.until(lambda: "127.0.0.1" in header(table, 0)))
        seen = list(on_screen(phone))
        phone.screen.close()
        await in_thread(screen.wait)
        seen += [phone.console.text, repr(phone.app.outputs), repr(keys.find(base_url)), caplog.text]
        # the form of the settings shows what is typed, and shows it again where it cannot be used
        seen += [repr(one) for one in phone.asked if one.details["title"] != "Settings"]
    assert len(phone.asked) > 10
    assert any(CANARY[-4:] in one for one in seen), "its last four characters are shown"
    assert [one for one in seen if leaks(one)] == []
    await in_thread(app.close_store)
    files = [file for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert app.DATABASE in {file.name for file in files}
    assert [file for file in files if leaks(file.read_bytes().decode("latin-1"))] == []
