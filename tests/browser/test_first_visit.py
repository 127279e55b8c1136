"""Who comes for the first time chats at once; who has a key types it once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from livetechno.gpt import addresses, keys
from livetechno.mock import MockServer
from livetechno.words import say
from tests.browser.chat import answers, ask, box, questions
from tests.browser.conftest import KEY, at_desk
from tests.browser.engine import Page, expect
from tests.browser.visits import Visits

RUNS = [KEY[8:][place : place + 8] for place in range(len(KEY) - 15)]
"""Every eight characters in a row of the key's secret part."""
EVERYTHING = """() => {
    const said = [document.title, location.href, document.cookie];
    for (const kept of [localStorage, sessionStorage]) said.push(JSON.stringify({...kept}));
    const read = (root) => {
        for (const one of root.querySelectorAll("*")) {
            said.push(one.cloneNode(false).outerHTML, one.value ?? "");
            if (one.shadowRoot) read(one.shadowRoot);
        }
        const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) said.push(texts.currentNode.data);
    };
    read(document);
    return said.join("\\n");
}"""
"""All that a page holds: texts, attributes, what is typed, what is kept."""


@asynccontextmanager
async def openai(monkeypatch: pytest.MonkeyPatch, **options: Any) -> AsyncIterator[MockServer]:
    """What is taken for OpenAI is on this machine; `options` are `MockServer`'s."""
    server = MockServer(**options)
    address = await server.start()
    monkeypatch.setattr(addresses, "OPENAI", address)
    monkeypatch.setattr(addresses, "is_openai", lambda url: url == address)
    yield server
    await server.stop()


def leaks(text: str) -> bool:
    return any(run in text for run in RUNS)


async def test_a_newcomer_has_an_answer_without_a_key(visits: Visits) -> None:
    page = await visits.open(first=True)
    await expect(page.locator("#mock")).to_be_visible()
    await visits.shot(page, "gate")
    await page.locator("#mock").click()
    await expect(box(page)).to_be_focused()
    await visits.shot(page, "empty")
    await ask(page, "What is a kick drum?")
    await expect(questions(page)).to_have_text(["What is a kick drum?"])
    await expect(answers(page).first).to_contain_text("kick")
    await expect(page.locator(".badge.mock")).to_be_visible()
    await visits.shot(page, "first-answer")


@at_desk
async def test_nobody_is_asked_twice(page: Page) -> None:
    await expect(box(page)).to_be_visible()
    await expect(page.locator("lt-key-gate")).to_have_count(0)


async def test_a_key_is_typed_once_and_then_only_its_last_four_characters_are_seen(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with openai(monkeypatch) as server:
        page = await visits.open(first=True)
        field = page.get_by_label(say("page.chat.gate.key"))
        await field.fill(KEY)
        await field.press("Enter")
        await ask(page, "Hello")
        await expect(page.locator(".badge.mock")).to_have_count(0)
        assert server.requests[-1].headers["Authorization"].endswith(KEY[-4:])
        assert not leaks(await page.evaluate(EVERYTHING))
        await page.goto(visits.url + "settings")
        await expect(page.locator("lt-key-card .last4")).to_have_text(f"•••• {KEY[-4:]}")
        await visits.shot(page, "key")
        assert not leaks(await page.evaluate(EVERYTHING))


async def test_a_key_that_is_refused_is_not_kept_and_can_be_typed_again(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits.allow("/api/key")
    async with openai(monkeypatch, script=["401"]):
        host = urlsplit(addresses.OPENAI).netloc
        page = await visits.open(first=True)
        field = page.get_by_label(say("page.chat.gate.key"))
        await field.fill(KEY)
        await page.get_by_role("button", name=say("page.chat.gate.use_key")).click()
        await expect(page.get_by_role("alert")).to_have_text(say("server.key_refused", host=host))
        await visits.shot(page, "gate-refused")
        assert keys.find(addresses.OPENAI) is None
        await expect(field).to_be_focused()
        await field.press("Enter")
        await expect(box(page)).to_be_visible()
        assert keys.find(addresses.OPENAI) is not None
