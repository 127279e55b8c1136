"""A script of another site asks our server as a visitor, as both READMEs say, and for nothing more."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from livetechno import app
from livetechno.server.visitors import Site as Visited
from tests.browser.conftest import at_desk
from tests.browser.engine import ROOT, expect
from tests.browser.site import Site
from tests.browser.visits import Served, Visits

SCRIPT = re.compile(r"^```javascript\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_THE_OWNER = (
    "/",
    "/chat",
    "/api/settings",
    "/api/conversations",
    "/api/costs",
    "/api/events",
    "/v1/models",
)


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[Site]:
    started = Site()
    await started.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def served(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(app, "_warned_of_mock", True)
    started = Served(site=Visited(frozenset({site.url})))
    await started.start()
    yield started
    await started.stop()


@at_desk
@pytest.mark.parametrize("readme", ["README.md", "README.fr.md"])
async def test_the_readmes_script_has_an_answer_on_another_origin(
    visits: Visits, site: Site, readme: str
) -> None:
    scripts = SCRIPT.findall((ROOT / readme).read_text(encoding="utf-8"))
    (script,) = [one for one in scripts if "/api/session" in one]
    script = re.sub(r"https://chat\.[a-z.]+", visits.url.rstrip("/"), script)
    script = script.replace("console.log(", "document.querySelector('output').append(")
    site.page = f"<!doctype html><title>Mine</title><output></output><script type=module>{script}</script>"
    page = await visits.open(site.url, first=True)
    await expect(page.locator("output")).to_contain_text("Mock AI")
    assert await page.context.cookies() == []


@at_desk
async def test_a_named_site_reads_nothing_of_the_owners(visits: Visits, site: Site) -> None:
    visits.allow("CORS policy")
    visits.allow("Failed to load resource")
    site.page = "<!doctype html><title>Mine</title>"
    page = await visits.open(site.url, first=True)
    for path in OF_THE_OWNER:
        for credentials in ("include", "omit"):
            asked = f"fetch('{visits.url}{path[1:]}', {{credentials: '{credentials}'}})"
            outcome = await page.evaluate(f"{asked}.then(() => 'read', () => 'refused')")
            assert outcome == "refused", path
