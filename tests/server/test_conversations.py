from __future__ import annotations

import pytest

from livetechno import app
from tests.server.conftest import Page
from tests.server.test_answers import ask, shown


@pytest.fixture(autouse=True)
def _mock_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_warned_of_mock", True)


async def test_they_are_listed_renamed_deleted_restored_and_purged(page: Page) -> None:
    first, second = await ask(page, "One"), await ask(page, "Two")
    _, told = await page.ask("GET", "/api/conversations")
    assert [one["title"] for one in told["conversations"]] == ["Two", "One"]
    path = f"/api/conversations/{first['conversation']}"
    assert (await page.ask("PATCH", path, {"title": "Kicks"}))[1]["conversation"]["title"] == "Kicks"
    assert (await page.ask("DELETE", path))[0] == 204
    _, told = await page.ask("GET", "/api/conversations")
    assert [one["id"] for one in told["conversations"]] == [second["conversation"]]
    _, told = await page.ask("GET", "/api/conversations?deleted=true")
    assert [one["title"] for one in told["conversations"]] == ["Kicks"]
    assert (await page.ask("POST", f"{path}/restore"))[0] == 204
    assert len((await page.ask("GET", "/api/conversations"))[1]["conversations"]) == 2
    await page.ask("POST", f"{path}/purge")
    assert (await page.ask("GET", path))[0] == 200, "only what is deleted is purged"
    await page.ask("DELETE", path)
    assert (await page.ask("POST", f"{path}/purge"))[0] == 204
    assert (await page.ask("GET", path))[0] == 404


async def test_what_was_said_is_found(page: Page) -> None:
    answer = await ask(page, "Où est le kick ?")
    _, told = await page.ask("GET", "/api/search?q=ou%20kick")
    best = told["found"][0]
    assert best["conversation"] == answer["conversation"]
    assert [best["excerpt"][start:end] for start, end in best["marks"]] == ["Où", "kick"]
    assert (await page.ask("GET", "/api/search"))[1] == {"found": []}


async def test_it_leaves_as_a_file(page: Page) -> None:
    answer = await ask(page, "Été")
    path = f"{page.url}api/conversations/{answer['conversation']}/export"
    async with page.session.get(path, headers=page.headers) as got:
        assert got.headers["Content-Disposition"] == (
            "attachment; filename=\"Ete.md\"; filename*=UTF-8''%C3%89t%C3%A9.md"
        )
        assert "Été" in await got.text()
    async with page.session.get(f"{path}?format=json", headers=page.headers) as got:
        assert (await got.json())["format"] == "livetechno.conversation.v1"
    assert (await page.ask("GET", f"/api/conversations/{answer['conversation']}/export?format=exe"))[0] == 400


async def test_an_earlier_branch_can_be_looked_at(page: Page) -> None:
    first = await ask(page, "One")
    await ask(page, "Two", conversation=first["conversation"])
    _, told = await page.ask("GET", f"/api/conversations/{first['conversation']}?head={first['message']}")
    assert len(told["messages"]) == 2
    assert len((await shown(page, first["conversation"]))["messages"]) == 4


async def test_the_branch_of_any_message_comes_into_use_with_one_call(page: Page) -> None:
    first = await ask(page, "One")
    id_ = first["conversation"]
    second = await ask(page, "Two", conversation=id_)
    third = await ask(page, "Three", conversation=id_)
    edited = await ask(page, "Two, otherwise", conversation=id_, after=first["message"])
    path = f"/api/conversations/{id_}"
    for through, end in (
        (second["message"], third["message"]),
        (edited["question"], edited["message"]),
        (first["question"], edited["message"]),
    ):
        status, told = await page.ask("PATCH", path, {"through": through})
        assert (status, told["conversation"]["head"]) == (200, end)
    assert (await page.ask("PATCH", path, {"through": "999999", "title": "x"}))[0] == 404
    assert (await shown(page, id_))["conversation"]["title"] == "One"


@pytest.mark.parametrize("id_", ["nowhere", "' OR 1=1 --", "%2e%2e", "0123456789ab"])
async def test_what_is_not_there_is_404_whatever_is_done(page: Page, id_: str) -> None:
    path = f"/api/conversations/{id_}"
    asked = [
        await page.ask("GET", path),
        await page.ask("PATCH", path, {"title": "x"}),
        await page.ask("DELETE", path),
        await page.ask("POST", f"{path}/restore"),
        await page.ask("POST", f"{path}/purge"),
        await page.ask("GET", f"{path}/export"),
        await page.ask("GET", "/api/answers/nowhere"),
        await page.ask("POST", "/api/answers/nowhere/stop"),
        await page.ask("GET", "/api/answers/nowhere/events"),
    ]
    assert {status for status, _ in asked} == {404}
