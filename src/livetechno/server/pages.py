"""HTML and files: our own page, and with `--folder` a maker's.

Our page is built into `server/page/` when the package is built. It is the same HTML for each of its screens;
with it comes the owner's session. Its files are named after their content and may be kept for ever.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from aiohttp import web

from livetechno import words
from livetechno.gpt.threads import in_thread
from livetechno.server import bridge, entrance
from livetechno.server.errors import ApiError
from livetechno.server.sessions import Sessions

OWN = "/_livetechno/"
"""Where the files of our page are, so that they are in no maker's way."""
BUILT = Path(__file__).parent / "page"
SCREENS = ("chat", "studio", "review", "arrange", "mixer", "export", "costs", "settings")
OWN_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types lit-html",
    )
)
FOLDER_POLICY = "; ".join(
    (
        "default-src 'self' 'unsafe-inline' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
"""A maker's own page may have its style and script inline, and talks to this server only."""
FOREVER = "public, max-age=31536000, immutable"


class Pages:
    """What is served beside the API. `folder` is a maker's own page."""

    def __init__(self, sessions: Sessions, folder: Path | None = None) -> None:
        self._sessions = sessions
        self._folder = folder.resolve() if folder is not None else None

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Put the pages' routes behind those of the API."""
        router.add_get(bridge.PATH, _bridge)
        if not self._sessions.with_page:
            router.add_get(entrance.PATH, entrance.page)
        router.add_get(OWN + "{path:.+}", self._own_file)
        for screen in SCREENS:
            router.add_get(f"/{screen}", self._own_page)
        router.add_get("/chat/{id}", self._own_page)
        if self._folder is None:
            router.add_get("/", self._own_page)
        else:
            router.add_get("/{path:.*}", self._makers_file)

    async def _own_page(self, request: web.Request) -> web.StreamResponse:
        html = await in_thread(_read, BUILT / "index.html")
        response = web.Response(text=html or _not_built(), content_type="text/html")
        response.headers["Content-Security-Policy"] = OWN_POLICY
        response.headers["Cache-Control"] = "no-cache"
        self._give_session(request, response)
        return response

    async def _own_file(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": OWN_POLICY, "Cache-Control": FOREVER}
        return await _file(BUILT, request.match_info["path"], headers)

    async def _makers_file(self, request: web.Request) -> web.StreamResponse:
        assert self._folder is not None
        if not self._sessions.with_page and not self._sessions.holds(request):
            raise ApiError("session_unknown", 401)  # who opens our window is not who reads a maker's files
        path = request.match_info["path"]
        path = f"{path}index.html" if not path or path.endswith("/") else path
        headers = {"Content-Security-Policy": FOLDER_POLICY, "Cache-Control": "no-cache"}
        response = await _file(self._folder, path, headers)
        if response.content_type == "text/html" and _is_opened(request):
            assert isinstance(response.body, bytes)
            response.body = bridge.added_to(response.body)
            self._give_session(request, response)
        return response

    def _give_session(self, request: web.Request, response: web.StreamResponse) -> None:
        if self._sessions.with_page and _is_opened(request) and not self._sessions.holds(request):
            self._sessions.give(request, response)


def _is_opened(request: web.Request) -> bool:
    """Whether a page is opened, and not read by a script."""
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


async def _bridge(_: web.Request) -> web.StreamResponse:
    source = await in_thread(bridge.script)
    return web.Response(text=source, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def _file(folder: Path, path: str, headers: dict[str, str]) -> web.Response:
    """A file below the folder. What is hidden, or leads elsewhere, is not there."""
    wanted = folder.joinpath(*path.split("/"))
    hidden = any(part.startswith(".") or "\\" in part or "\0" in part for part in path.split("/"))
    data = None if hidden else await in_thread(_read_below, folder, wanted)
    if data is None:
        raise ApiError("not_here", 404)
    kind = mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
    charset = "utf-8" if kind.startswith("text/") or kind.endswith(("javascript", "json")) else None
    return web.Response(body=data, content_type=kind, charset=charset, headers=headers)


def _read_below(folder: Path, wanted: Path) -> bytes | None:
    try:
        real = wanted.resolve(strict=True)
        return real.read_bytes() if real.is_file() and real.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _not_built() -> str:
    return (
        f"<!doctype html><meta charset=utf-8><title>livetechno</title><p>{words.say('server.not_built')}</p>"
    )
