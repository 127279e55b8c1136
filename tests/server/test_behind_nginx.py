"""nginx as both READMEs configure it, before a deployed server: streams, addresses, and what stays shut."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from livetechno import app
from livetechno.gpt.threads import in_thread
from livetechno.mock import MockServer
from livetechno.server.callers import Policy
from tests.server.test_answers import upstream
from tests.server.visits import deployed, visitor

__all__ = ["upstream"]
ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="there is no nginx here")


@asynccontextmanager
async def nginx(readme: str, server: str, folder: Path) -> AsyncIterator[str]:
    """nginx with the README's block, but for the certificate, before that server; its address."""
    found = re.search(r"^```nginx\n(.*?)^```$", (ROOT / readme).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    block = re.sub(r"^ *ssl_.*\n", "", found[1], flags=re.MULTILINE)
    block = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    assert "http://127.0.0.1:8787;" in block
    block = block.replace("http://127.0.0.1:8787;", f"{server.rstrip('/')};")
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}}\n"
        f"http {{ access_log off; {paths}\n{block}}}\n",
        encoding="utf-8",
    )
    process = await asyncio.create_subprocess_exec(NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"))
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    ("readme", "name"), [("README.md", "chat.my.site"), ("README.fr.md", "chat.mon.site")]
)
async def test_a_chat_passes_the_proxy_of_the_readme(
    readme: str, name: str, tmp_path: Path, upstream: MockServer
) -> None:
    policy = Policy(per_minute=3)
    async with (
        deployed(names=frozenset({name}), policy=policy, trust_proxy=True) as (_, url),
        nginx(readme, url, tmp_path) as proxy,
        visitor(proxy, Host=name) as page,
    ):
        long = {
            "messages": [{"role": "user", "content": "Write a long text about a kick drum"}],
            "stream": True,
        }
        async with page.session.post(f"{proxy}api/chat", json=long, headers=page.headers) as answer:
            while b"delta" not in await answer.content.readline():
                pass
            assert upstream.open_streams == 1, "the first words are here before the last ones are said"
            answer.close()
        for _ in range(200):
            if not upstream.open_streams:
                break
            await asyncio.sleep(0.01)
        assert upstream.open_streams == 0, "who leaves the proxy stops the server that was asked"
        page.headers["X-Forwarded-For"] = "192.0.2.7"
        body = {"messages": [{"role": "user", "content": "Hello"}]}
        told = [(await page.ask("POST", "/api/chat", body))[0] for _ in range(3)]
        assert told == [200, 200, 429], "what a visitor says of its address does not count"
        for path in ("/", "/api/settings", "/api/conversations"):
            async with page.session.get(proxy + path[1:], headers={"Host": name}) as answer:
                assert answer.status == 403
    assert len(await in_thread(lambda: app.store().of("site:https://here.example").ledger.calls())) == 3
