"""The script with `callGPT` is put into a maker's page, before any of its own."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.server import bridge
from livetechno.server.runner import Server

TAG = b'<script src="/_livetechno/bridge.js"></script>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<!doctype html><html lang=fr><head>", b"<title>x</title><script>1</script></head>"),
        (b"<!DOCTYPE HTML>\n<HTML>\n<HEAD profile='a>b'>\n", b"<SCRIPT>1</SCRIPT>"),
        (
            b"\xef\xbb\xbf<!-- <script>no</script> -->\n<!doctype html>\n",
            b"<meta charset=utf-8><script>1</script>",
        ),
        (b"", b"<script>1</script>"),
        (b"", b"<header>no head</header>"),
        (b"", b"only text"),
        (b'<html data-a="1>2"\n lang="fr">', b"<body><script>1</script>"),
        (b"<html><!-- not closed <head>"[:6], b"<!-- not closed <head>"),
        (b"", b""),
    ],
)
def test_the_script_comes_before_every_other_and_where_html_allows_it(before: bytes, after: bytes) -> None:
    assert bridge.added_to(before + after) == before + TAG + after


def test_a_page_that_loads_it_by_itself_is_left_as_it_is() -> None:
    html = b'<!doctype html><head><script src="/_livetechno/bridge.js" defer></script></head>'
    assert bridge.added_to(html) == html


@given(
    st.lists(
        st.sampled_from(["<!--", "-->", "<html", "<head", "<script>", ">", '"', "'", " a=", "<!doctype"])
    )
)
def test_nothing_of_a_page_is_lost_and_the_script_is_added_once(parts: list[str]) -> None:
    html = "".join(parts).encode()
    assert bridge.added_to(html).replace(TAG, b"") == html
    assert bridge.added_to(html).count(TAG) == 1
    assert bridge.added_to(bridge.added_to(html)) == bridge.added_to(html)


async def test_a_page_that_is_opened_has_it_and_one_that_a_script_reads_has_not(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>mine</title>", encoding="utf-8")
    server = Server(folder=tmp_path)
    url = await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                assert await answer.read() == TAG + b"<title>mine</title>"
            async with session.get(url, headers={"Sec-Fetch-Dest": "empty"}) as answer:
                assert await answer.read() == b"<title>mine</title>"
    finally:
        await server.stop()


@pytest.mark.parametrize(("language", "sentence"), [("fr", "livetechno ne r"), ("en", "livetechno does not")])
async def test_it_speaks_the_language_of_who_asks(server: Server, language: str, sentence: str) -> None:
    url = await server.start()
    headers = {"Accept-Language": language}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url + bridge.PATH[1:], headers=headers) as answer,
    ):
        assert answer.content_type == "text/javascript"
        assert sentence in await answer.text()
