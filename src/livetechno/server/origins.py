"""Pages of other sites that may call this server, and what their browsers are told (Fetch, "CORS protocol").

None may unless its origin is named, and then only what is `Route.elsewhere`. A named origin is echoed, there
is never `*`, and there are never credentials: a page of another site has no session of the owner's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiohttp import web

from livetechno.server.routes import Handler

ORIGIN: web.RequestKey[str] = web.RequestKey("livetechno.origin", str)
"""`request[ORIGIN]`: the named origin that the request comes from; absent for our own pages."""
ABROAD: web.RequestKey[bool] = web.RequestKey("livetechno.abroad", bool)
"""`request[ABROAD]`: it came to where others than the owner ask; nothing of the owner's is there."""
VISITOR_HEADER = "X-Livetechno-Session"
"""What a visitor's token comes in (`visitors.py`)."""
_FORM = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_USUAL_PORTS = {"http": 80, "https": 443}
_SECONDS = 600
"""How long a browser may remember what a preflight was told."""


def read(text: str) -> str:
    """An origin (`scheme://host[:port]`) in the form that browsers send. Raises ValueError for all else."""
    found = _FORM.fullmatch(text)
    if found is None or (found[3] and not 0 < int(found[3]) < 65536):
        raise ValueError(f"{text!r} is no origin")
    scheme, host = found[1].lower(), found[2].lower()
    port = int(found[3] or _USUAL_PORTS[scheme])
    return f"{scheme}://{host}" + (f":{port}" if port != _USUAL_PORTS[scheme] else "")


def tell(response: web.StreamResponse, request: web.Request) -> None:
    """Let the page of a named origin read this response."""
    if ORIGIN in request:
        response.headers["Access-Control-Allow-Origin"] = request[ORIGIN]
        response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After"


def preflight(methods: Iterable[str]) -> Handler:
    """The handler that answers a browser's question before one of these methods."""
    allowed = ", ".join(methods)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.Response(status=204)
        if ORIGIN in request:
            response.headers["Access-Control-Allow-Methods"] = allowed
            response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {VISITOR_HEADER}"
            response.headers["Access-Control-Max-Age"] = f"{_SECONDS}"
            if request.headers.get("Access-Control-Request-Private-Network") == "true":
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response

    return answer
