"""What the person chose, and what is in force: the address, the model, whether Mock AI answers."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from aiohttp import web

import livetechno
from livetechno import app, environment, settings
from livetechno.gpt import addresses, keys
from livetechno.gpt.errors import MissingKeyError
from livetechno.gpt.threads import in_thread
from livetechno.server.routes import BODY, TEXT, YES_NO, Route, closed, or_null
from livetechno.server.sharing import SHARE

KEY = closed({"last4": {**TEXT, "description": "empty when the key is too short to show any"}, "where": TEXT})
_ADDRESS = {**TEXT, "maxLength": 2048}
_MODEL = {**TEXT, "maxLength": 200, "pattern": r"\S"}
_RETIRED = {"enum": list(settings.RETIRED)}
_SETTINGS = closed(
    {
        "mock": {**YES_NO, "description": "Mock AI answers"},
        "mock_chosen": {**YES_NO, "description": "it is to answer although there is a key"},
        "language": {"enum": ["en", "fr"]},
        "base_url": TEXT,
        "key": or_null(KEY),
        "keychain": {**YES_NO, "description": "a key is kept where every script of the same app can read it"},
        "model": or_null(TEXT),
        "retired": _RETIRED,
        "strict": YES_NO,
        "fixed": {
            "type": "array",
            "items": {"enum": ["base_url", "model", "mock"]},
            "description": "what a variable of the environment decides, whatever is chosen here",
        },
        "shares": {**YES_NO, "description": "files leave by POST /api/share, as a page can save none here"},
        "version": TEXT,
    }
)
_writing = threading.Lock()


def key_for(base_url: str) -> dict[str, str] | None:
    """What may be told of the key of this address: its last four characters, and where it is."""
    found = keys.find(base_url)
    return None if found is None else {"last4": found.secret.last4, "where": found.where}


def _described(shares: bool) -> dict[str, Any]:
    chosen, base_url = settings.load(), app.address()
    by_variable = {
        "base_url": environment.base_url() is not None,
        "model": environment.default_model() is not None,
        "mock": environment.mock_mode() != "auto",
    }
    return {
        "mock": _mock_answers(),
        "mock_chosen": chosen.mock,
        "language": environment.language(),
        "base_url": base_url,
        "key": key_for(base_url),
        "keychain": environment.is_phone(),
        "model": environment.default_model() or chosen.model,
        "retired": chosen.retired,
        "strict": chosen.strict,
        "fixed": [name for name, fixed in by_variable.items() if fixed],
        "shares": shares,
        "version": livetechno.__version__,
    }


def _mock_answers() -> bool:
    try:
        return app.endpoint().mock
    except MissingKeyError:
        return False


def _change(changes: dict[str, Any]) -> None:
    if changes.get("base_url") is not None:
        changes["base_url"] = addresses.check(changes["base_url"])
    if "mock_chosen" in changes:
        changes["mock"] = changes.pop("mock_chosen")
    with _writing:
        settings.save(replace(settings.load(), **changes))
    app.tell_of_settings()


async def _show(request: web.Request) -> web.StreamResponse:
    return web.json_response(await in_thread(_described, request.app[SHARE] is not None))


async def _set(request: web.Request) -> web.StreamResponse:
    await in_thread(_change, request[BODY])
    return await _show(request)


ROUTES = (
    Route("GET", "/api/settings", _show, "owner", "The settings in force.", answer=_SETTINGS),
    Route(
        "PATCH",
        "/api/settings",
        _set,
        "owner",
        "Change some settings; null gives the choice back to livetechno.",
        body=closed(
            {},
            {
                "base_url": or_null(_ADDRESS),
                "model": or_null(_MODEL),
                "retired": _RETIRED,
                "strict": YES_NO,
                "mock_chosen": YES_NO,
            },
        ),
        answer=_SETTINGS,
        here=True,
    ),
)
