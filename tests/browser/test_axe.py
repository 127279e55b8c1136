"""axe finds nothing serious: at a desk and on a phone, in the light and in the dark."""

from __future__ import annotations

import pytest

from livetechno import environment
from livetechno.words import say
from tests.browser.axe import findings
from tests.browser.chat import answers, entry, facts, show_list
from tests.browser.engine import expect
from tests.browser.stored import keep
from tests.browser.visits import Visits
from tests.cli.booked import book

OF_EVERY_KIND = """# A heading

- a point with `code` and a [link](https://x.example/a)

| a | b |
|---|---|
| 1 | 2 |

```python
print("a drum")  # said
```
"""
in_both_themes = pytest.mark.parametrize("theme", ["light", "dark"])


@in_both_themes
async def test_the_first_visit_and_an_empty_chat(visits: Visits, theme: str) -> None:
    page = await visits.open(first=True, color_scheme=theme)
    await expect(page.locator("#mock")).to_be_visible()
    assert await findings(page) == []
    await page.locator("#mock").click()
    await expect(page.locator(".starters")).to_be_visible()
    assert await findings(page) == []
    await visits.shot(page, f"empty-{theme}")


@in_both_themes
async def test_a_chat_its_list_and_its_panel(visits: Visits, theme: str) -> None:
    id_ = keep("Everything?", OF_EVERY_KIND, "And less?", "Less.", title="Said")
    page = await visits.open(f"chat/{id_}", color_scheme=theme)
    await expect(facts(page)).to_have_count(2)
    await expect(answers(page).first.locator("pre span").first).to_be_attached()  # colours come later
    assert await findings(page) == []
    await visits.shot(page, f"chat-{theme}")
    await page.locator("#tune").click()
    await expect(page.locator("lt-conversation-panel select")).to_be_visible()
    assert await findings(page) == []
    await visits.shot(page, f"panel-{theme}")
    await page.locator("#tune").click()
    await show_list(page)
    await entry(page, "Said").get_by_role("button", name=say("page.chat.more", title="Said")).click()
    assert await findings(page) == []
    await visits.shot(page, f"list-{theme}")


@in_both_themes
async def test_settings_costs_and_what_is_not_built_yet(visits: Visits, theme: str) -> None:
    book("0.25", environment.today().isoformat())
    page = await visits.open("settings", color_scheme=theme)
    await expect(page.locator("lt-budgets meter").first).to_be_visible()
    assert await findings(page) == []
    await visits.shot(page, f"settings-{theme}")
    await page.get_by_role("link", name=say("page.tab.costs")).click()
    await expect(page.locator("lt-plot")).to_be_visible()
    assert await findings(page) == []
    await visits.shot(page, f"costs-{theme}")
    await page.get_by_role("link", name=say("page.tab.studio")).click()
    await expect(page.locator("lt-later-screen")).to_be_visible()
    assert await findings(page) == []
