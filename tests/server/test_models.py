"""The table of models over the API."""

from __future__ import annotations

from livetechno import environment
from livetechno.gpt.catalogue import load_catalogue
from livetechno.server.application import table
from livetechno.server.routes import validator
from tests.server.conftest import Page


async def test_every_living_model_is_told_and_what_each_alias_means(page: Page) -> None:
    status, told = await page.ask("GET", "/api/models")
    assert status == 200
    (route,) = [one for one in table() if one.path == "/api/models"]
    assert route.answer is not None
    validator(route.answer)(told)
    catalogue, today = load_catalogue(), environment.today()
    names = [model["name"] for model in told["models"]]
    assert names == [row.name for row in catalogue.models.values() if not row.ended(today)]
    assert told["aliases"].keys() == catalogue.aliases.keys()
    assert set(told["aliases"].values()) <= set(names)


async def test_the_settings_may_choose_what_chat_means(page: Page) -> None:
    await page.ask("PATCH", "/api/settings", {"model": "gpt-6-sol"})
    _, told = await page.ask("GET", "/api/models")
    assert told["aliases"]["chat"] == "gpt-6-sol"
    (row,) = [model for model in told["models"] if model["name"] == "gpt-6-sol"]
    assert "chat" in row["use"]
