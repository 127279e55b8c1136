"""One browser for each worker; for each test a home, a server and pages of its own.

All of it lives on one event loop, which lasts as long as the browser. A test takes `page`, a chat that is
open and past the gate, once at a desk and once on a phone; `at_desk` leaves it at the desk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from livetechno import app
from livetechno.server.pages import BUILT
from tests.browser.limit import limited

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from tests.browser.model import Model
    from tests.browser.visits import Served, Visits

HERE = Path(__file__).parent
KEY = "sk-" + "test-canary0123456789wxyz"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def _within_limit(item: pytest.Item) -> Generator[None]:
    with limited():
        yield


pytest_runtest_setup = pytest.hookimpl(wrapper=True)(_within_limit)
pytest_runtest_call = pytest.hookimpl(wrapper=True)(_within_limit)
pytest_runtest_teardown = pytest.hookimpl(wrapper=True)(_within_limit)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; a page that is not built fails here, and not in every test in its own way."""
    from tests.browser import engine

    assert (BUILT / "index.html").is_file(), "the page is not built: `make setup` builds it"
    engine.SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    async with engine.async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=engine.CHROMIUM, args=engine.FLAGS)
        yield started
        await started.close()


@pytest.fixture(params=["desk", "phone"])
def view(request: pytest.FixtureRequest) -> str:
    """What the page is seen on."""
    name: str = request.param
    return name


at_desk = pytest.mark.parametrize("view", ["desk"], indirect=True)
"""For what the size of the window does not touch."""


@pytest_asyncio.fixture(loop_scope="session")
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """A server whose Mock AI answers, unless the test takes `model` too."""
    from tests.browser.visits import Served

    monkeypatch.setattr(app, "_warned_of_mock", True)
    started = Served()
    await started.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def visits(browser: Browser, served: Served, view: str) -> AsyncIterator[Visits]:
    """Opens pages; at the end nothing may have gone wrong in any of them."""
    from tests.browser.visits import Visits

    opened = Visits(browser, served, view)
    yield opened
    await opened.end()
    assert opened.wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(visits: Visits) -> Page:
    """The chat, open and past the gate."""
    return await visits.open()


@pytest_asyncio.fixture(loop_scope="session")
async def model(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Model]:
    """A model that says what the test says, piece by piece; there is a key for it."""
    from tests.browser.model import Model

    started = Model()
    await started.start()
    monkeypatch.setenv("OPENAI_BASE_URL", started.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield started
    await started.stop()
