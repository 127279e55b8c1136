"""A real https server under a test authority: whom we trust, and whom not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from livetechno.gpt import errors, tls, transport
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Request
from livetechno.gpt.messages import user
from livetechno.gpt.retry import Retry
from livetechno.gpt.secret import Secret

KEY = "sk-test-" + "m1n2b3v4c5x6" * 2
HELLO = Request((user("hello"),))
REPLY = {"choices": [{"message": {"content": "secure"}, "finish_reason": "stop"}]}


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    file = tmp_path / "authority.pem"
    made.cert_pem.write_to_path(str(file))
    return made, file


class Secure:
    """An https server for `localhost` that counts what reaches it."""

    def __init__(self) -> None:
        self.asked = 0
        self.base_url = ""

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(REPLY)


@pytest.fixture
async def secure(
    authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Secure]:
    tls._context.cache_clear()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert("localhost").configure_cert(context)
    served = Secure()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    served.base_url = f"https://localhost:{port}/v1"
    yield served
    await transport.close_pool()
    await runner.cleanup()
    tls._context.cache_clear()


@pytest.fixture
def no_system_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in Pythonista: the system has no authorities at all."""
    empty = tmp_path / "empty"
    empty.mkdir()
    paths = ssl.get_default_verify_paths()._replace(cafile="", capath=str(empty))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)


async def ask(secure: Secure) -> str:
    client = Client(base_url=secure.base_url, key=Secret(KEY), retry=Retry(attempts=1))
    return (await client.complete(HELLO)).text


async def test_an_unknown_authority_is_refused_before_the_key_is_sent(secure: Secure) -> None:
    with pytest.raises(errors.CertificateError) as caught:
        await ask(secure)
    assert "SSL_CERT_FILE" in caught.value.todo("en")
    assert secure.asked == 0


async def test_ssl_cert_file_names_whom_to_trust(
    secure: Secure, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    assert await ask(secure) == "secure"
    assert tls.source() == str(authority[1])


@pytest.mark.usefixtures("no_system_authorities")
async def test_without_a_system_store_certifi_is_trusted(
    secure: Secure, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certifi.where", lambda: str(authority[1]))
    assert tls.source() == "certifi"
    assert await ask(secure) == "secure"


@pytest.mark.usefixtures("no_system_authorities")
async def test_without_a_system_store_strangers_are_still_refused(secure: Secure) -> None:
    with pytest.raises(errors.CertificateError):
        await ask(secure)
    assert secure.asked == 0


async def test_pythonista_always_trusts_certifi(
    secure: Secure, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/var/containers/Pythonista3.app/Pythonista3")
    monkeypatch.setattr("certifi.where", lambda: str(authority[1]))
    assert await ask(secure) == "secure"


async def test_a_certificate_for_another_name_is_refused(
    secure: Secure, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    secure.base_url = secure.base_url.replace("localhost", "127.0.0.1")
    with pytest.raises(errors.CertificateError):
        await ask(secure)
    assert secure.asked == 0


@pytest.mark.parametrize("content", [None, "", "no certificate\n"])
async def test_a_certificate_file_that_cannot_be_used_is_a_clear_error(
    secure: Secure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "broken.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(errors.UsageError, match="SSL_CERT_FILE"):
        await ask(secure)


async def test_https_proxy_is_used_and_never_sees_the_key(
    secure: Secure, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        port = int(secure.base_url.rsplit(":", 1)[1].split("/")[0])
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer), return_exceptions=True)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            seen.append(data)
            writer.write(data)
        writer.close()

    proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
    monkeypatch.setattr("livetechno.gpt.addresses.is_loopback", lambda _: False)
    assert await ask(secure) == "secure"
    assert seen[0].startswith(b"CONNECT localhost:")
    assert KEY.encode() not in b"".join(seen)
    await transport.close_pool()
    proxy.close()


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "kept.example")
    assert transport.proxy_for("https://api.openai.com/v1") == "http://proxy.example:3128"
    assert transport.proxy_for("http://127.0.0.1:8080/v1") is None
    assert transport.proxy_for("https://localhost/v1") is None
    assert transport.proxy_for("https://kept.example/v1") is None
