"""A maker's own page, served by `livetechno serve --folder`, asks with a plain fetch."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from livetechno import app
from tests.browser.conftest import at_desk
from tests.browser.engine import ROOT, expect
from tests.browser.visits import Served, Visits

SCRIPT = re.compile(r"^```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """The README's own script in a page with its style and script inline, beside a picture."""
    monkeypatch.setattr(app, "_warned_of_mock", True)
    (script,) = SCRIPT.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    script = script.replace("console.log(", "document.querySelector('output').append(")
    page = (
        "<!doctype html><meta charset=utf-8><title>Mine</title><style>output { color: rgb(1, 2, 3) }</style>"
        f"<output></output><script type=module>{script}</script>"
    )
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(page, encoding="utf-8")
    started = Served(folder=tmp_path / "site")
    await started.start()
    yield started
    await started.stop()


@at_desk
async def test_the_readmes_script_has_an_answer_without_a_key(visits: Visits) -> None:
    visits.allow("favicon.ico")
    page = await visits.open()
    await expect(page.locator("output")).to_contain_text("Mock AI")
    await expect(page.locator("output")).to_have_css("color", "rgb(1, 2, 3)")
    assert "key" not in await page.evaluate("JSON.stringify([document.cookie, {...localStorage}])")


@at_desk
async def test_our_own_page_is_there_beside_it(visits: Visits) -> None:
    page = await visits.open("chat")
    await expect(page.locator("lt-composer")).to_be_visible()
