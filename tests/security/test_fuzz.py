"""CVE-2026-31949 (LibreChat): whatever is sent is refused in our form, and the server goes on answering."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from livetechno.server.routes import Route
from tests.conftest import SOAK
from tests.security.calls import BODIED, GOOD, NAMES, call, placed
from tests.server.conftest import Page

pytestmark = pytest.mark.filterwarnings("ignore::livetechno.gpt.parameters.ParameterDroppedWarning")
NO_FIELD = {"no": {"such": ["field"]}}


@pytest.fixture(autouse=True)
def _mock_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")


def check(status: int, text: str, *, refused: bool = False) -> None:
    """No fault of ours, and an error in our form."""
    assert status < 500, text
    assert not refused or status >= 400, text
    if status >= 400:
        told = json.loads(text)
        assert set(told) == {"error"}
        assert set(told["error"]) == {"code", "message", "request_id", "retry_after"}
        assert told["error"]["message"]
        assert told["error"]["request_id"].startswith("req_")


def malformed(route: Route, good: Mapping[str, Any]) -> Iterator[bytes]:
    """Bodies that cannot fit, each for one reason."""
    yield from (b"{", b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b"'", b"nul", b"[" * 100_000, b'{"a":' * 5000)
    yield from (b"[]", b"null", b"5", b'"x"', b"true", b"1e999", b"NaN", b"9" * 5000)
    schema = route.body or {}
    for field in schema.get("required", ()):
        yield json.dumps({name: value for name, value in good.items() if name != field}).encode()
    for field in (*schema.get("properties", ()), "unknown", "__proto__", ""):
        yield json.dumps({**good, field: NO_FIELD}).encode()


@pytest.mark.parametrize("name", BODIED)
async def test_a_body_that_lacks_breaks_or_adds_something_is_refused(page: Page, name: str) -> None:
    route = BODIED[name]
    for body in malformed(route, GOOD[name]):
        status, text, _ = await call(page, route, placed(route, budget="day"), body)
        check(status, text, refused=True)
    assert (await page.ask("GET", "/healthz"))[0] == 200


SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
JSON = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        ("Accept-Language", "Accept", "Authorization", "Cookie", "Last-Event-ID", "Range", "Referer", "X-Id")
    ),
    VISIBLE.map(lambda text: "".join(one for one in text if not 127 <= ord(one) < 160)),
    max_size=3,
)
KINDS = st.sampled_from(("application/json", "application/json; charset=utf-16", ";", "a/b;c=d", "json"))


def bodies(name: str) -> st.SearchStrategy[bytes]:
    """Bytes, any JSON, and what fits with one thing changed."""
    good = GOOD.get(name, {})
    fields = st.sampled_from(
        (*good, "conversation", "again", "after", "head", "text", "model", "parameters", "x")
    )
    nearly = st.builds(lambda field, value: {**good, field: value}, fields, JSON)
    return st.binary(max_size=60) | (JSON | nearly).map(lambda one: json.dumps(one).encode())


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=1000 if SOAK else 15)
async def test_whatever_is_sent_no_route_fails(page: Page, name: str, data: st.DataObject) -> None:
    route = NAMES[name]
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    given_id = data.draw(texts.filter(lambda text: text.strip("/.") and text.isprintable()))
    path = URL("/").joinpath(*placed(route, id=f"x{given_id}", budget=f"x{given_id}").strip("/").split("/"))
    names = st.sampled_from((*route.query, "x")) if route.query else st.just("x")
    query = data.draw(st.dictionaries(names, texts | st.integers().map(str), max_size=2))
    headers = {"Content-Type": data.draw(KINDS), **data.draw(HEADERS)}
    status, text, _ = await call(page, route, str(path.with_query(query)), data.draw(bodies(name)), headers)
    check(status, text)
    assert (await page.ask("GET", "/healthz"))[0] == 200
