"""What is served beside the API: a maker's own folder, and nothing outside of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from livetechno.server.bridge import added_to
from livetechno.server.runner import Server
from livetechno.server.sessions import COOKIE

HTML = """<!doctype html><meta charset="utf-8"><title>Mon chat</title>
<style>body { font-family: sans-serif }</style>
<script>
async function ask(text) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ messages: [{ role: "user", content: text }] });
  const answer = await fetch("/api/chat", { method: "POST", headers, body });
  return (await answer.json()).message;
}
</script>"""


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a server with a maker's folder; beside the folder lies a secret."""
    folder = tmp_path / "mine"
    (folder / "sub").mkdir(parents=True)
    (folder / "index.html").write_text(HTML, encoding="utf-8")
    (folder / "sub" / "index.html").write_text("sub", encoding="utf-8")
    (folder / "style.css").write_text("body {}", encoding="utf-8")
    (folder / ".hidden").write_text("secret", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "out").symlink_to(tmp_path / "secret.txt")
    (folder / "outside").symlink_to(tmp_path)
    server = Server(folder=folder)
    yield await server.start()
    await server.stop()


async def test_a_makers_page_comes_with_a_session_and_may_have_its_script_inline(served: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(served) as answer:
        assert await answer.text() == added_to(HTML.encode()).decode()
        assert answer.content_type == "text/html"
        assert answer.headers["Set-Cookie"].startswith(f"{COOKIE}_")
        policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_pages_own_fetch_gets_an_answer(served: str) -> None:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
    body = '{"messages": [{"role": "user", "content": "Bonjour"}]}'
    headers = {"Content-Type": "application/json", "Origin": served.rstrip("/")}
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.post(f"{served}api/chat", data=body, headers=headers) as answer:
            assert answer.status == 401
        (await session.get(served)).close()
        async with session.post(f"{served}api/chat", data=body, headers=headers) as answer:
            assert answer.status == 200
            assert (await answer.json())["message"]


async def test_files_and_folders_of_it_are_served_with_their_kind(served: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{served}style.css") as answer:
            assert (answer.status, answer.content_type) == (200, "text/css")
            assert "Set-Cookie" not in answer.headers
        async with session.get(f"{served}sub/") as answer:
            assert (await answer.text()).endswith("</script>sub")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "sub/%2e%2e/%2e%2e/secret.txt",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "..%5csecret.txt",
        ".hidden",
        "out",
        "outside/secret.txt",
        "index.html%00.png",
        "nothing",
        "sub",
    ],
)
async def test_what_is_hidden_or_outside_is_not_there(served: str, path: str) -> None:
    from yarl import URL

    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(served + path, encoded=True)) as answer,
    ):
        assert answer.status == 404
        assert "secret" not in await answer.text()
