"""`callGPT` and `streamGPT` in a maker's page, as scripts for pywebview call them, in a plain browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from livetechno import app
from tests.browser.conftest import KEY, at_desk
from tests.browser.engine import expect
from tests.browser.model import Model
from tests.browser.visits import Served, Visits

PAGE = """<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><title>Mon chat</title></head>
<body>
<form><input name="question"><button>Demander</button></form>
<ol></ol>
<script>
  window.events = [];
  window.addEventListener("pywebviewready", () => events.push(typeof window.pywebview.api.callGPT));
  const said = [{ role: "system", content: "Tu réponds en un mot." }];
  const show = (text) => document.querySelector("ol").append(
    Object.assign(document.createElement("li"), { textContent: text }));

  document.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    said.push({ role: "user", content: event.target.question.value });
    try {
      const answer = await window.pywebview.api.callGPT(said);
      said.push({ role: "assistant", content: answer });
      show(answer);
    } catch (error) {
      show(`${error.name} ${error.code}: ${error.message}`);
    }
  });
</script>
</body>
</html>
"""


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """The page above, which loads no script of ours by itself."""
    monkeypatch.setattr(app, "_warned_of_mock", True)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(PAGE, encoding="utf-8")
    started = Served(folder=tmp_path / "site")
    await started.start()
    yield started
    await started.stop()


@at_desk
async def test_a_page_for_pywebview_runs_as_it_is(visits: Visits, model: Model) -> None:
    visits.allow("favicon.ico")
    page = await visits.open()
    for question, answer in (("Bonjour", "Salut"), ("Encore", "Oui")):
        await page.fill("input", question)
        await page.click("button")
        asked = (await model.answer(*answer)).asked
        await expect(page.locator("li").last).to_have_text(answer)
    assert [one["content"] for one in asked["messages"]][1:] == ["Bonjour", "Salut", "Encore"]
    assert await page.evaluate("events") == ["function"]


@at_desk
async def test_both_names_are_there_before_the_pages_own_script(visits: Visits, served: Served) -> None:
    visits.allow("favicon.ico")
    page = await visits.open()
    assert await page.evaluate(
        "[livetechno.callGPT === pywebview.api.callGPT, livetechno.streamGPT === pywebview.api.streamGPT]"
    ) == [True, True]
    assert "Mock AI" in await page.evaluate("livetechno.callGPT('Bonjour')")


@at_desk
async def test_a_text_is_a_question_and_each_piece_comes_as_it_is_written(
    visits: Visits, model: Model
) -> None:
    visits.allow("favicon.ico")
    page = await visits.open()
    await page.evaluate(
        "window.pieces = []; window.whole = livetechno.streamGPT('Salut', (text) => pieces.push(text)); null"
    )
    answer = await model.asked()
    await answer.say("Un ")
    await page.wait_for_function("pieces.join('') === 'Un '")
    await answer.say("deux")
    await answer.end()
    assert await page.evaluate("whole") == "Un deux"
    assert await page.evaluate("pieces.join('')") == "Un deux"
    assert answer.asked["messages"] == [{"role": "user", "content": "Salut"}]


FAILING = """async (name) => {
  try { return await livetechno[name]("Bonjour"); }
  catch ({name, code, message, stack}) { return {name, code, message, stack}; }
}"""


@at_desk
@pytest.mark.parametrize("name", ["callGPT", "streamGPT"])
async def test_an_error_is_a_rejection_with_our_sentence_in_the_pages_language(
    visits: Visits, model: Model, name: str
) -> None:
    for noise in ("favicon.ico", "502"):
        visits.allow(noise)
    model.refuse(401, "invalid_api_key")
    page = await visits.open()
    failed = await page.evaluate(FAILING, name)
    assert (failed["name"], failed["code"]) == ("GPTError", "authentication")
    assert "clé" in failed["message"]
    assert KEY[-8:] not in json.dumps(failed)
    assert "Traceback" not in failed["stack"]


@at_desk
@pytest.mark.parametrize("name", ["callGPT", "streamGPT"])
async def test_a_server_that_has_gone_is_told_as_that(visits: Visits, served: Served, name: str) -> None:
    for noise in ("favicon.ico", "ERR_CONNECTION_REFUSED"):
        visits.allow(noise)
    page = await visits.open()
    await served.stop()
    failed = await page.evaluate(FAILING, name)
    assert failed["code"] == "unreachable"
    assert "livetechno" in failed["message"]


@at_desk
async def test_what_is_no_conversation_is_refused_by_name(visits: Visits) -> None:
    for noise in ("favicon.ico", "400"):
        visits.allow(noise)
    page = await visits.open()
    refused = "livetechno.callGPT(42).catch((error) => error.code + ': ' + error.message)"
    assert (await page.evaluate(refused)).startswith("body_refused: ")
    assert "messages" in await page.evaluate(refused)


@at_desk
async def test_a_session_that_was_forgotten_is_renewed_once(visits: Visits, served: Served) -> None:
    for noise in ("favicon.ico", "401"):
        visits.allow(noise)
    page = await visits.open()
    await served.stop()
    await served.start()
    assert "Mock AI" in await page.evaluate("livetechno.callGPT('Bonjour')")


@at_desk
async def test_what_pywebview_puts_there_later_keeps_our_names_and_is_told_once(visits: Visits) -> None:
    visits.allow("favicon.ico")
    page = await visits.open()
    await page.wait_for_function("events.length === 1")
    assert await page.evaluate("""() => {
      window.pywebview = { token: "theirs", api: { other: () => 1 } };
      window.dispatchEvent(new CustomEvent("pywebviewready"));
      return [pywebview.token, typeof pywebview.api.other, typeof pywebview.api.callGPT, events.length];
    }""") == ["theirs", "function", "function", 1]
