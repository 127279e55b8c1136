"""The page in the WebView, for tests: what it asks of the server, over real sockets."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from livetechno.hosts.pythonista.web import PageView

SECONDS = 5.0


class Visitor:
    """Comes in by the address that a WebView has loaded, as the page at the entrance does."""

    def __init__(self, entrance: str) -> None:
        parts = urlsplit(entrance)
        self.host = parts.netloc
        self.given = parse_qs(parts.fragment)
        self.cookie = ""
        secret = json.dumps({"secret": self.given["secret"][0]})
        response, _ = self._call("POST", "/api/session", secret)
        assert response.status == 204
        self.cookie = str(response.headers["Set-Cookie"]).partition(";")[0]

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a file."""
        response, text = self._call("GET", path)
        return response.status, text

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON that the API gives."""
        response, text = self._call(method, path, json.dumps(body or {}) if method != "GET" else None)
        assert response.status < 300, text
        return json.loads(text) if text else None

    def steps(self, id_: str, after: int = -1) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Number, kind and data of an answer's steps, until they end or the connection is cut."""
        connection = self._connection()
        number, kind = -1, ""
        try:
            connection.request("GET", f"/api/answers/{id_}/events?after={after}", headers=self._headers())
            response = connection.getresponse()
            while line := response.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "event":
                    kind = value
                elif name == "data":
                    yield number, kind, json.loads(value)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _call(self, method: str, path: str, body: str | None = None) -> tuple[http.client.HTTPResponse, str]:
        connection = self._connection()
        try:
            connection.request(method, path, body, self._headers())
            response = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=SECONDS)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie, "Content-Type": "application/json"}


def lives(view: PageView, at: str) -> None:
    """Have the WebView's page say where it is."""
    view._web.page = lambda _: at


def dies(view: PageView) -> None:
    """iOS ends the page's process: no script is answered."""
    view._web.page = None
