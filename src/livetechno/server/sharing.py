"""Files that leave by their host's own way, where a page can save none: by a phone's share sheet."""

from __future__ import annotations

import base64
from collections.abc import Callable

from aiohttp import web

from livetechno.gpt.threads import in_thread
from livetechno.server.errors import ApiError
from livetechno.server.filenames import name_of
from livetechno.server.routes import BODY, TEXT, Route, closed

Share = Callable[[str, bytes], object]
"""Called with a file's name and bytes; does not wait for the person."""

SHARE: web.AppKey[Share | None] = web.AppKey("livetechno.share")


async def _share(request: web.Request) -> web.StreamResponse:
    share, body = request.app[SHARE], request[BODY]
    if share is None:
        raise web.HTTPNotFound
    stem, _, ending = body["name"].rpartition(".")
    try:
        data = base64.b64decode(body["content"].partition(",")[2], validate=True)
    except ValueError:
        raise ApiError("body_unreadable", 400) from None
    await in_thread(share, f"{name_of(stem, 'livetechno')}.{ending}", data)
    return web.Response(status=204)


ROUTES = (
    Route(
        "POST",
        "/api/share",
        _share,
        "owner",
        "Have the host hand a file to the person, where `shares` of the settings says that it does.",
        body=closed(
            {
                "name": {**TEXT, "pattern": r"^.{1,200}\.[a-z0-9]{1,8}$"},
                "content": {**TEXT, "pattern": "^data:[^,]*;base64,", "description": "what is in it"},
            }
        ),
        status=204,
    ),
)
