"""Hand files to a phone in the same network: a page that is one Python script, and the files it fetches."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

PORT = 8765
PATIENCE = 10.0
"""Seconds that a phone may take over one request."""

FETCH = """\
import hashlib, os, requests
for name, digest in {digests}.items():
    answer = requests.get("{address}" + name)
    answer.raise_for_status()
    assert hashlib.sha256(answer.content).hexdigest() == digest, name + " did not arrive whole: try again"
    with open(os.path.expanduser("~/Documents/" + name), "wb") as file:
        file.write(answer.content)
    print(name, len(answer.content))
print("Now run livetechno.py.  Lance maintenant livetechno.py.")
"""
"""What the phone runs. Its `requests` came with the app."""


class Offer(HTTPServer):
    """Serves the script at `/` and the files beside it; `left` are those that nobody has fetched yet."""

    def __init__(self, files: Mapping[str, bytes], host: str, port: int = PORT) -> None:
        super().__init__((host, port), _Handler)
        self.address = f"http://{host}:{self.server_address[1]}/"
        self.files = files
        self.left = set(files)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        self.script = FETCH.format(digests=digests, address=self.address).encode()

    def line(self) -> str:
        """What a person types into the phone's console."""
        return f'import requests; exec(requests.get("{self.address}").text)'

    def until_fetched(self) -> None:
        """Serve until each file has been fetched once."""
        while self.left:
            self.handle_request()


class _Handler(BaseHTTPRequestHandler):
    server: Offer
    timeout = PATIENCE

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        content = self.server.files.get(name) if name else self.server.script
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if name else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.server.left.discard(name)


def offer(files: Mapping[str, bytes]) -> None:
    """Tell what to type on the phone, and serve until it has everything. Ctrl-C ends it sooner."""
    with _opened(files, own_address()) as server:
        print(
            "In Pythonista's console, on a phone in the same network (it may ask for leave to look into it):"
        )
        print(f"\n    {server.line()}\n")
        print("Whoever is in this network can fetch it, too. Ctrl-C ends this.", flush=True)
        server.until_fetched()
    print("The phone has it: run livetechno.py there.")


def _opened(files: Mapping[str, bytes], host: str) -> Offer:
    """At the usual port, or at another where that is taken."""
    try:
        return Offer(files, host)
    except OSError:
        return Offer(files, host, 0)


def own_address() -> str:
    """The address of the machine in the network that it uses; nothing is sent to find it.

    Raises OSError without a network.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # for documentation only: RFC 5737
        address: str = probe.getsockname()[0]
    return address
