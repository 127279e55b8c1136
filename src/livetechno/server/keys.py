"""The key: taken once, kept where Python keeps keys, and never given back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from livetechno import app, words
from livetechno.gpt import addresses, key_check, keys
from livetechno.gpt.errors import MissingKeyError, UsageError
from livetechno.gpt.secret import Secret
from livetechno.gpt.threads import in_thread
from livetechno.server.errors import ApiError
from livetechno.server.routes import BODY, TEXT, WHOLE, YES_NO, Route, closed, or_null
from livetechno.server.settings import KEY, key_for


def _given(body: dict[str, Any]) -> tuple[Secret, str]:
    """The key of a body, which does not hold it any more, and the address that it is for."""
    given = body.get("base_url")
    return Secret(body.pop("key")), app.address() if given is None else addresses.check(given)


def _keep(secret: Secret, base_url: str) -> dict[str, Any]:
    stored = keys.store(secret, base_url)
    app.tell_of_settings()
    first = keys.find(base_url)
    shadowed = first is not None and first.secret != secret
    return {
        "key": {"last4": secret.last4, "where": stored.where},
        "first": key_for(base_url) if shadowed else None,
    }


def _client_of_the_key() -> Any:
    """The client that uses the key. Raises GPTError kinds, also when Mock AI answers instead."""
    if not app.endpoint().mock:
        return app.client()
    address = app.address()
    if keys.find(address) is None:
        raise MissingKeyError(url=address, code="key_missing")
    raise UsageError(words.say("key.test.mock"), code="mock")


async def _put(request: web.Request) -> web.StreamResponse:
    secret, base_url = await in_thread(_given, request[BODY])
    if request[BODY].get("tried") and await key_check.refused(secret, base_url):
        raise ApiError("key_refused", 400, host=urlsplit(base_url).netloc)
    return web.json_response(await in_thread(_keep, secret, base_url))


def _forgotten() -> None:
    keys.forget(app.address())
    app.tell_of_settings()


async def _forget(_: web.Request) -> web.StreamResponse:
    await in_thread(_forgotten)
    return web.Response(status=204)


async def _test(_: web.Request) -> web.StreamResponse:
    client = await in_thread(_client_of_the_key)
    names = await client.list_models()
    return web.json_response({"ok": True, "models": len(names)})


ROUTES = (
    Route(
        "PUT",
        "/api/key",
        _put,
        "owner",
        "Keep a key for an address (default: the one in use). `first`: another key that goes before it.",
        body=closed(
            # the longest are refused with a sentence of their own
            {"key": {**TEXT, "maxLength": 10_000, "writeOnly": True}},
            {
                "base_url": {**TEXT, "maxLength": 2048},
                "tried": {**YES_NO, "description": "only if the server that it is for knows it"},
            },
        ),
        answer=closed({"key": KEY, "first": or_null(KEY)}),
        here=True,
    ),
    Route(
        "DELETE",
        "/api/key",
        _forget,
        "owner",
        "Forget the key that is kept for the address in use.",
        status=204,
        here=True,
    ),
    Route(
        "POST",
        "/api/key/test",
        _test,
        "owner",
        "Try the key with a call that costs nothing.",
        body=closed({}),
        answer=closed({"ok": {"const": True}, "models": WHOLE}),
        here=True,
    ),
)
